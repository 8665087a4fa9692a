"""Snapshots: whole or not there, never rewritten, read back as they were written."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from etl.model import Control, Reason, Record, RecordMatch, Search
from etl.snapshot import (
    Receipt,
    Snapshot,
    SnapshotError,
    foreign_hosts,
    read,
    read_all,
    redistributable,
    write,
)
from tests.etl.answers import NOON, source

SEARCH = Search(
    "s1:script:imam:name",
    "s1",
    "script",
    "imam",
    "name",
    '"é" OR "x"',
    "https://script.example.org/api?q=1",
    "a script",
    NOON,
    2,
    2,
    True,
    warnings=(Reason("term_dropped", "x", "script"),),
    answers=("abc",),
)
CONTROL = Control("c1", "s1", "script", "imam", "known_items", "name", "q", NOON, 1, 2, ("kim2022",))
RECORD = Record(
    "script",
    "1",
    "trial",
    "Titre\u2028étrange",
    "https://script.example.org/1",
    conditions=("x",),
    keywords=("y",),
    texts=("long",),
    phases=("PHASE2", "PHASE3"),
    has_results=False,
    year=2020,
)
MATCH = RecordMatch("s1", "script", "1", "imam", SEARCH.search_id, "title", "x")
RECEIPT = Receipt("s1", NOON, NOON, "1.0", "cafe", {"script": "script.example.org"}, {"script": "a script"})
SOURCES = {"script": source("script")}


def saved(root: Path, receipt: Receipt = RECEIPT) -> Path:
    return write(root, receipt, [SEARCH], [CONTROL], [RECORD], [MATCH])


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    found = read(saved(tmp_path))
    assert found.searches == (SEARCH,) and found.controls == (CONTROL,) and found.matches == (MATCH,)
    assert found.records == (replace(RECORD, texts=()),)
    assert found.receipt.counts == {"searches": 1, "controls": 1, "records": 1, "matches": 1}
    assert replace(found.receipt, counts={}, sha256={}) == RECEIPT
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s1"]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = saved(tmp_path / "a"), saved(tmp_path / "b")
    assert {p.name: p.read_bytes() for p in one.iterdir()} == {p.name: p.read_bytes() for p in two.iterdir()}


def test_a_snapshot_is_never_rewritten(tmp_path: Path) -> None:
    before = (saved(tmp_path) / "snapshot.json").read_bytes()
    with pytest.raises(SnapshotError, match="never rewritten"):
        saved(tmp_path, replace(RECEIPT, tool_version="2.0"))
    assert (tmp_path / "s1" / "snapshot.json").read_bytes() == before


def test_what_a_killed_refresh_left_is_no_snapshot_and_is_taken_away(tmp_path: Path) -> None:
    dead = next(pid for pid in range(400_000, 500_000) if not Path(f"/proc/{pid}").exists())
    (tmp_path / f".s0.{dead}").mkdir(parents=True)
    (tmp_path / f".s0.{os.getpid()}").mkdir()
    assert read_all([tmp_path]) == ()
    saved(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f".s0.{os.getpid()}", "s1"]
    assert len(read_all([tmp_path])) == 1


def test_all_snapshots_oldest_first_and_each_once(tmp_path: Path) -> None:
    committed, local = tmp_path / "committed", tmp_path / "local"
    saved(local, replace(RECEIPT, snapshot_id="s2", started=NOON - timedelta(days=1)))
    saved(local)
    saved(committed, replace(RECEIPT, tool_version="committed"))
    found = read_all([committed, local, tmp_path / "absent"])
    assert [(s.receipt.snapshot_id, s.receipt.tool_version) for s in found] == [
        ("s2", "1.0"),
        ("s1", "committed"),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("searches.jsonl", '"received": 2', '"received": 3', "searches.jsonl: changed since it was written"),
        (
            "searches.jsonl",
            '"received": 2',
            '"received": "2"',
            "searches.jsonl, line 1: field 'received' is '2'",
        ),
        ("records.jsonl", '"trial"', '"song"', "records.jsonl, line 1: field 'kind' is 'song', not one of"),
        ("records.jsonl", '"year"', '"century"', "records.jsonl, line 1: unknown field 'century'"),
        ("matches.jsonl", '"title"', '"tit', "matches.jsonl, line 1: "),
        ("controls.jsonl", '"asked_at": "2026', '"asked_at": "soon', "controls.jsonl, line 1: "),
        ("controls.jsonl", '["kim2022"]', '"kim2022"', "controls.jsonl, line 1: field 'missed'"),
        ("searches.jsonl", '"term_dropped"', '"bored"', "searches.jsonl, line 1: unknown reason"),
        (
            "snapshot.json",
            '"tool_version": "1.0"',
            '"tool_version": 1',
            "snapshot.json: field 'tool_version'",
        ),
        ("snapshot.json", '"snapshot_id": "s1"', '"snapshot_id": "s9"', "snapshot.json: snapshot_id is 's9'"),
        (
            "snapshot.json",
            '"started": "2026',
            '"started": "2030',
            "snapshot.json: changed since it was written",
        ),
        ("snapshot.json", '"script.example.org"', '"x.example.org"', "snapshot.json: changed since it was"),
    ],
)
def test_damage_is_told_by_file_and_line(tmp_path: Path, file: str, old: str, new: str, says: str) -> None:
    path = saved(tmp_path) / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SnapshotError) as caught:
        read(tmp_path / "s1")
    assert says in str(caught.value)


def test_a_snapshot_whose_receipt_has_no_hash_of_its_own_is_still_read(tmp_path: Path) -> None:
    """As the first ones were written."""
    file = saved(tmp_path) / "snapshot.json"
    written = json.loads(file.read_text())
    del written["sha256"]["snapshot.json"]
    file.write_text(json.dumps(written))
    assert read(tmp_path / "s1").searches == (SEARCH,)


@pytest.mark.parametrize("file", ["snapshot.json", "records.jsonl"])
def test_a_missing_file_is_told(tmp_path: Path, file: str) -> None:
    (saved(tmp_path) / file).unlink()
    with pytest.raises(SnapshotError, match=f"{file}: missing"):
        read(tmp_path / "s1")


def test_a_missing_required_field_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path) / "matches.jsonl"
    row = json.loads(path.read_text())
    del row["match"]
    path.write_text(json.dumps(row))
    with pytest.raises(SnapshotError, match=r"matches\.jsonl, line 1: .*'match'"):
        read(tmp_path / "s1")


def test_hosts_that_no_source_lists_are_foreign() -> None:
    assert foreign_hosts(Snapshot(RECEIPT, (SEARCH,)), SOURCES) == ()
    elsewhere = replace(RECEIPT, hosts={"script": "127.0.0.1"})
    assert foreign_hosts(Snapshot(elsewhere, (SEARCH,)), SOURCES) == ("127.0.0.1",)
    moved = replace(SEARCH, url="http://localhost:8/x")
    assert foreign_hosts(Snapshot(RECEIPT, (moved,)), SOURCES) == ("localhost",)
    assert foreign_hosts(Snapshot(RECEIPT), {}) == ("script.example.org",)


@pytest.mark.parametrize(
    ("rule", "title", "conditions", "phases"),
    [
        ("full", RECORD.title, ("x",), ("PHASE2", "PHASE3")),
        ("metadata", RECORD.title, (), ("PHASE2", "PHASE3")),
        ("counts_links", "", (), ()),
    ],
)
def test_only_what_a_source_allows_is_passed_on(
    rule: str, title: str, conditions: tuple[str, ...], phases: tuple[str, ...]
) -> None:
    sources = {"script": source("script", redistribute=rule)}
    passed_on = redistributable(Snapshot(RECEIPT, (SEARCH,), (CONTROL,), (RECORD,), (MATCH,)), sources)
    (record,) = passed_on.records
    assert (record.title, record.conditions, record.phases, record.texts) == (title, conditions, phases, ())
    assert (record.record_id, record.url, record.year) == ("1", RECORD.url, 2020)
    assert passed_on.searches == (SEARCH,) and passed_on.receipt.redistributable


def test_an_unknown_source_passes_on_ids_and_links_only(tmp_path: Path) -> None:
    passed_on = redistributable(Snapshot(RECEIPT, records=(RECORD,)), {})
    folder = write(tmp_path, passed_on.receipt, [], [], passed_on.records, [])
    assert read(folder).records[0].title == "" and read(folder).receipt.started == datetime(2026, 11, 23, 12)
