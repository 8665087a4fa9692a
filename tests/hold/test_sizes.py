"""No body hangs a parser or fills the memory, however it is made.

The bodies are read in a process that the system ends where one takes too much (``tests.hold.bounded``): no
clock is looked at, so a slow machine fails nothing. How fast they are read says ``tests.bench_parsers``.
"""

from __future__ import annotations

import io
from typing import Any

import pytest

from etl.sources import _stream
from tests.hold import bounded, sizes
from tests.hold.parsers import FILES, read_stream


def failed(found: list[dict[str, Any]]) -> list[str]:
    return [f"{one['parser']}: {one['body']}: {one['failed']}" for one in found if "failed" in one]


@pytest.mark.parametrize(
    "kind", ["few", *(pytest.param(k, marks=pytest.mark.long) for k in ("huge", "mixed", "every", "full"))]
)
def test_no_body_hangs_or_fills_the_memory(kind: str) -> None:
    """``few``: a part of the bodies of a megabyte and of the files of 100 MB of which no row ends. The long
    ones are all of them, each field filled with each hostile piece, and what is sound and large."""
    found = bounded.run(kind, *([str(sizes.MEGABYTE // 4)] if kind == "every" else []))
    assert len(found) > 100 if kind != "full" else found
    assert failed(found) == []


def test_a_reader_that_hangs_or_fills_the_memory_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above would hold whatever a parser did."""
    found = bounded.run("wrong")
    assert [one["body"] for one in found if "failed" in one] == ["an hour", "all memory", "another error"]
    assert [one["body"] for one in found if "seconds" in one] == ["nothing"]


@pytest.mark.parametrize("name", [name for name in FILES if FILES[name][1].endswith((".rows", "disorders"))])
def test_a_row_without_an_end_is_refused_with_its_line(name: str) -> None:
    """Whatever the form of a file: its line or how much it holds is told, and no row is made of it."""
    form, sound = FILES[name][2], FILES[name][3].decode()
    head = "" if form == "csv" else sound[: sound.rindex("</")] + "<!-- "
    stream = io.BufferedReader(sizes.Endless(head, "a", ""))  # type: ignore[arg-type]
    with pytest.raises(_stream.Fault, match=r"line \d+: (a row of more than|a tag without)"):
        list(FILES[name][0](stream))


@pytest.mark.parametrize("name", [name for name in FILES if FILES[name][2] == "csv" and "kind" not in name])
def test_a_file_of_which_nothing_can_be_read_is_not_told_row_by_row(name: str) -> None:
    sound = FILES[name][3]
    lines = sound + b'"x"\n' * (2 * _stream.MOST_LOST)
    assert read_stream(FILES[name][0], io.BytesIO(lines)) <= _stream.MOST_LOST + 1
