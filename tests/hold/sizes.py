"""What the child of :mod:`tests.hold.bounded` reads: bodies of some size, and files that never end.

``python -m tests.hold.sizes KIND SKIPPED [SIZE [FLOORS]]``. ``mixed`` and ``every`` read bodies in memory,
filled with a mixture of hostile pieces or with each. ``huge`` reads files of 100 MB of which no row ends, and
the largest body that the edge lets through; ``full`` reads what is sound and as large as it may be. ``few``
is a part of the first and the third. With ``FLOORS`` the library alone reads each body of some size too.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from typing import Any

from defusedxml.ElementTree import fromstring

from etl.http import MAX_BODY
from etl.sources._body import LARGEST
from tests.hold.bodies import bodies, numbered
from tests.hold.bounded import Task, work
from tests.hold.parsers import Parser, parsers

MEGABYTE = 2**20
FILE_SIZE = 100 * MEGABYTE


#: One body in so many is read by ``few``: no multiple of how many there are at one place.
_FEW_BODIES, _FEW_FILES = 11, 13


def main(kind: str, skipped: int, size: int = MEGABYTE, floors: int = 0) -> None:
    mixed = partial(of_size, size, every=False, floors=bool(floors))
    kinds: dict[str, Callable[[], Iterable[Task]]] = {
        "few": lambda: chain(islice(mixed(), 0, None, _FEW_BODIES), islice(huge(), 0, None, _FEW_FILES)),
        "mixed": mixed,
        "every": partial(of_size, size, every=True, floors=bool(floors)),
        "huge": huge,
        "full": full,
        "wrong": wrong,
    }
    work(kinds[kind](), skipped)


# --- bodies in memory -----------------------------------------------------------------------------


def chosen() -> Iterator[Parser]:
    """One sample for each kind of answer of each reader: the longest."""
    kept: dict[tuple[str, str], Parser] = {}
    for parser in parsers():
        place = (parser.function, parser.what.partition(" ")[2] or parser.what)
        if place not in kept or len(parser.sound) > len(kept[place].sound):
            kept[place] = parser
    yield from kept.values()


def of_size(size: int, every: bool, floors: bool) -> Iterator[Task]:
    for parser in chosen():
        for name, body in bodies(parser, size, every):
            floor = partial(bare, parser.form, body) if floors and parser.form != "toml" else None
            yield Task(parser.name, name, partial(_read, parser.read, body), floor)


def _read(read: Callable[[bytes], Any], body: bytes) -> tuple[Any, int]:
    return read(body), len(body)


def bare(form: str, body: bytes) -> None:
    """The same body in the hands of the library alone: what a parser cannot do without."""
    with suppress(Exception):
        text = body.decode(errors="replace")
        if form == "json":
            json.loads(text)
        elif form in ("xml", "html"):
            fromstring(body)
        elif form == "csv":
            for _ in csv.reader(io.StringIO(text, newline="")):
                pass
        else:
            text.splitlines()


# --- files that are not there ---------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A file of about ``size`` bytes made as it is read: ``head``, ``piece`` again and again, ``tail``."""

    def __init__(self, head: str, piece: str, tail: str, size: int = FILE_SIZE) -> None:
        self._head, self._tail = head.encode(), tail.encode()
        self._period = len(piece.encode())
        self._block = piece.encode() * (2**16 // self._period + 2)
        self._middle = size // self._period * self._period
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset if whence == 0 else self._at + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        inside = self._at - len(self._head)
        if inside < 0:
            found = self._head[self._at :]
        elif inside < self._middle:
            start = inside % self._period
            found = self._block[start : start + min(2**16, self._middle - inside)]
        else:
            found = self._tail[inside - self._middle :]
        found = found[: len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)


#: What goes on without an end, by form: name -> piece. ``@`` in a sound file is where it begins.
_WITHOUT_END = {
    "csv": {
        "a line": "a",
        "cells": "ab;ab,ab\t",
        "a quoted cell": '"a',
        "a quoted cell of lines": '"a\n',
        "quoted cells of lines": '"a\n";"a\n","a\n"\t',
        "lines that are no rows": "a\n",
        "quotes": '"',
        "zeros": "\0",
    },
    "xml": {
        "a text": "a",
        "a text of lines": "a\n",
        "empty elements": "<a/>",
        "elements in elements": "<a>",
        "a comment": "<!-- a",
        "a comment of lines": "<!-- \n",
        "an attribute": '<a a="a',
        "attributes": '<a a="" ',
        "a section": "<![CDATA[a",
        "an instruction": "<?a a",
    },
}
_WITHOUT_END["html"] = _WITHOUT_END["xml"] | {
    "cells": "<td>a",
    "rows of no cell": "<tr></tr>",
    "brackets": "<",
}
#: Beginnings that only count once: what follows them is the piece that is repeated.
_ONCE = re.compile(r'^(<!-- |<a a=""? ?|<!\[CDATA\[|<\?a |")(?=.)', re.DOTALL)


def huge() -> Iterator[Task]:
    """100 MB in which no row ends, at every place where one may begin; and a body larger than any."""
    for parser in parsers():
        if parser.stream is None:
            continue
        for where, head in _beginnings(parser):
            for name, piece in _WITHOUT_END[parser.form].items():
                yield Task(parser.name, f"{name} {where}", partial(_stream, parser, head, piece, ""))
    for parser in chosen():
        if parser.function.startswith("etl.sources.") and parser.function.endswith(".read"):
            piece = "<a/>" if parser.form == "xml" else "[],"
            yield Task(parser.name, "the largest body", partial(_whole, parser, piece))


def _stream(parser: Parser, head: str, piece: str, tail: str, size: int = FILE_SIZE) -> tuple[Any, int]:
    once = _ONCE.match(piece)
    if once and piece not in ('"a\n";"a\n","a\n"\t',):
        head, piece = head + once[0], piece[once.end() :]
    assert parser.stream
    return parser.stream(io.BufferedReader(Endless(head, piece, tail, size))), size  # type: ignore[arg-type]


def _whole(parser: Parser, piece: str) -> tuple[Any, int]:
    return parser.read(piece.encode() * (MAX_BODY // len(piece))), MAX_BODY


def _beginnings(parser: Parser) -> Iterator[tuple[str, str]]:
    """Where what has no end may begin: at once, behind the header, inside the first row."""
    sound = parser.sound.decode()
    yield "at once", "<html>" if parser.form == "html" else "<a>" if parser.form == "xml" else ""
    if parser.form == "csv":
        rows = sound.splitlines(keepends=True)
        yield "behind the header", "".join(rows[:-1])
    else:
        row = re.search(r"<(Trial|Disorder|td)>", sound)
        first = re.search(r"<(TrialID|OrphaCode|tr)>", sound)
        assert row and first
        yield "behind the header", sound[: row.start()]
        yield "in a row", sound[: first.end()]


def wrong() -> Iterator[Task]:
    """What must be found out, and what must not."""
    for name, read in (
        ("nothing", lambda: None),
        ("an hour", lambda: re.match(r"(a|a)*b", "a" * 40)),
        ("all memory", lambda: bytearray(2**33)),
        ("another error", lambda: int("x")),
    ):
        yield Task("none", name, lambda read=read: (read(), 0), seconds=1)  # type: ignore[misc]


# --- sound and large ------------------------------------------------------------------------------


#: Seconds for a large and sound file: matter for the benchmark of imports, not a hang.
_MINUTES = 300


def full() -> Iterator[Task]:
    """Sound rows, as many as 25 MB hold, and sound records in a body as large as an adapter reads."""
    for parser in parsers():
        if parser.stream is not None:
            yield Task(parser.name, "sound rows", partial(_sound_rows, parser), seconds=_MINUTES)
    for parser in chosen():
        if parser.stream is None and parser.function.startswith("etl.sources."):
            named = bodies(parser, LARGEST - MEGABYTE, every=False)
            many = (one for one in named if one[0].startswith("many "))
            for name, body in islice(many, 2):
                yield Task(parser.name, name, partial(_read, parser.read, body), seconds=_MINUTES)


def _sound_rows(parser: Parser) -> tuple[Any, int]:
    sound = parser.sound.decode()
    if parser.form == "csv":
        *heading, row = sound.splitlines(keepends=True)
        head, tail = "".join(heading), ""
    else:
        rows = list(re.finditer(r"<(Trial|Disorder|tr)>.*?</\1>", sound, re.DOTALL))
        row, head, tail = rows[-1][0], sound[: rows[-1].start()], sound[rows[-1].end() :]
    return _stream(parser, head, "".join(numbered(row, 300)), tail, FILE_SIZE // 4)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *map(int, sys.argv[3:]))
