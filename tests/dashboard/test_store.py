"""Readers: read-only, locked, and never left behind on a store that was replaced."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboard import store
from etl.publication import publish

READERS = 6
PUBLICATIONS = 5


def built(folder: Path, number: int) -> Path:
    file = folder / f"lacuna-{number:03}.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE TABLE build AS SELECT {number} AS number")
    return file


@pytest.fixture
def link(tmp_path: Path, closed_network: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "lacuna.duckdb"
    monkeypatch.setenv("LACUNA_STORE", str(path))
    publish(built(tmp_path, 0), path)
    return path


def seen() -> int:
    return int(store.frame("SELECT number FROM build")["number"].iloc[0])


def test_six_overlapping_readers_see_a_new_publication_at_once(link: Path) -> None:
    """Readers ask without pause while stores are published; what a reader asks for after a
    publication is never the store before it."""
    published, stop, wrong = 0, threading.Event(), []
    reads = [0] * READERS

    def reader(number: int) -> None:
        while not stop.is_set():
            least = published
            try:
                got = seen()
            except Exception as error:
                wrong.append(repr(error))
                return
            reads[number] += 1
            if got < least:
                wrong.append(f"saw {got} after {least} was published")

    readers = [threading.Thread(target=reader, args=[n]) for n in range(READERS)]
    for thread in readers:
        thread.start()
    for number in range(1, PUBLICATIONS + 1):
        before = list(reads)
        publish(built(link.parent, number), link)
        published = number
        while not wrong and any(now <= then for now, then in zip(reads, before, strict=True)):
            stop.wait(0.01)
    stop.set()
    for thread in readers:
        thread.join(30)
    assert wrong == []
    assert seen() == PUBLICATIONS


def test_a_run_reads_one_store_though_another_is_published_meanwhile(link: Path) -> None:
    """Half of one store beside half of another would be a page that never was true."""
    seen_in_run: list[int] = []

    def run() -> None:
        with store.one_run():
            seen_in_run.append(seen())
            publish(built(link.parent, 1), link)
            seen_in_run.append(seen())
        with store.one_run():
            seen_in_run.append(seen())

    script = threading.Thread(target=run)
    script.start()
    script.join(30)
    assert seen_in_run == [0, 0, 1]
    assert seen() == 1, "outside a run, what is published now"


def test_a_run_opens_the_store_once_and_closes_it(link: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[duckdb.DuckDBPyConnection] = []
    connect = duckdb.connect

    def counted(*given: Any, **named: Any) -> duckdb.DuckDBPyConnection:
        opened.append(connect(*given, **named))
        return opened[-1]

    monkeypatch.setattr(duckdb, "connect", counted)
    with store.one_run():
        assert opened == [], "a warm page opens nothing"
        for number in range(3):
            store.frame("SELECT number + ? FROM build", [number])
    assert len(opened) == 1
    with pytest.raises(duckdb.ConnectionException):
        opened[0].execute("SELECT 1")


def test_one_batch_reads_one_and_the_same_file(link: Path) -> None:
    got = store.frames(
        {"a": ("SELECT number FROM build", []), "b": ("SELECT number + ? AS n FROM build", [1])}
    )
    assert (got["a"]["number"].iloc[0], got["b"]["n"].iloc[0]) == (0, 1)


def test_a_store_that_is_not_there_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LACUNA_STORE", str(tmp_path / "none.duckdb"))
    with pytest.raises(store.StoreMissing, match="make run"):
        store.frame("SELECT 1")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE x (a INT)",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SET enable_external_access = true",
        "ATTACH '/tmp/other.duckdb'",
        "COPY build TO '/tmp/out.csv'",
    ],
)
def test_a_reader_cannot_write_nor_leave_the_store(link: Path, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        store.read(store.identity(), statement)


def test_the_usual_place_and_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LACUNA_STORE", raising=False)
    assert store.link() == store.ROOT / "data" / "lacuna.duckdb"


def test_what_a_reader_writes_into_its_rows_no_other_reader_sees(link: Path) -> None:
    first = store.frame("SELECT number FROM build")
    first["number"] = 99
    first.loc[0, "number"] = 98
    assert store.frame("SELECT number FROM build")["number"].iloc[0] == 0
    batch = store.frames({"a": ("SELECT number FROM build", [])})
    batch["a"].loc[0, "number"] = 97
    assert store.frames({"a": ("SELECT number FROM build", [])})["a"]["number"].iloc[0] == 0
