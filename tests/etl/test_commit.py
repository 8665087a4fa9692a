"""A snapshot to be shared: only what may be passed on, only of the real services, counted once."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from etl import commit, snapshot, store
from etl.__main__ import main
from etl.commit import CommitRefused, commit_snapshot, named
from etl.model import Catalog, Record, RecordMatch, Search
from tests.etl.answers import NOON, source

SEARCH = Search(
    "s1:a:imam:name", "s1", "a", "imam", "name", "q", "https://a.example.org/api?q", "a", NOON, 1, 1, True
)
RECORD = Record("a", "1", "trial", "A title", "https://a.example.org/1", conditions=("x",), year=2020)
MATCH = RecordMatch("s1", "a", "1", "imam", SEARCH.search_id, "title", "x")
RECEIPT = snapshot.Receipt("s1", NOON, NOON, "1", "cafe", {"a": "a.example.org"}, {"a": "a"})


def catalog(redistribute: str = "counts_links") -> Catalog:
    return Catalog({}, {"a": source("a", redistribute=redistribute)}, "cafe")


def local(tmp_path: Path, receipt: snapshot.Receipt = RECEIPT) -> Path:
    return snapshot.write(tmp_path / "local", receipt, [SEARCH], [], [RECORD], [MATCH])


@pytest.mark.parametrize(
    ("allowed", "title"), [("counts_links", ""), ("metadata", "A title"), ("full", "A title")]
)
def test_records_are_cut_down_to_what_the_source_allows(tmp_path: Path, allowed: str, title: str) -> None:
    shared = snapshot.read(commit_snapshot(local(tmp_path), catalog(allowed), tmp_path / "shared"))
    (record,) = shared.records
    assert record.title == title and record.url == RECORD.url
    assert (record.conditions == ("x",)) == (allowed == "full")
    assert shared.searches == (SEARCH,) and shared.matches == (MATCH,) and shared.receipt.redistributable


def test_answers_of_other_hosts_are_never_shared(tmp_path: Path) -> None:
    folder = local(tmp_path, replace(RECEIPT, hosts={"a": "127.0.0.1"}))
    with pytest.raises(CommitRefused, match=r"127\.0\.0\.1"):
        commit_snapshot(folder, catalog(), tmp_path / "shared")
    assert not (tmp_path / "shared").exists()


def test_sharing_a_snapshot_leaves_this_machine_what_it_knew(tmp_path: Path) -> None:
    """The two forms count once: the whole one, in whatever order the folders are read."""
    commit_snapshot(local(tmp_path), catalog(), tmp_path / "shared")
    roots = (tmp_path / "shared", tmp_path / "local")
    for order in (roots, roots[::-1]):
        (one,) = snapshot.read_all(order)
        assert not one.receipt.redistributable and one.records == (RECORD,)
    (one,) = snapshot.read_all(roots[:1])
    assert one.receipt.redistributable and one.records[0].title == ""


def test_a_later_shared_snapshot_finds_its_records_in_the_shared_form_of_an_earlier_one(
    tmp_path: Path,
) -> None:
    """Although that one is read whole on this machine; what it was not allowed to pass on is not put in."""
    for number in (2, 3):
        commit_snapshot(weekly(tmp_path, number, RECORD), catalog(), tmp_path / "shared")
    shutil.rmtree(tmp_path / "local" / "s3")
    whole, shared = snapshot.read_all((tmp_path / "shared", tmp_path / "local"))
    assert whole.records == (RECORD,)
    assert (shared.receipt.snapshot_id, shared.records[0].title) == ("s3", "")


def test_it_is_shared_once(tmp_path: Path) -> None:
    folder = local(tmp_path)
    commit_snapshot(folder, catalog(), tmp_path / "shared")
    with pytest.raises(snapshot.SnapshotError, match="never rewritten"):
        commit_snapshot(folder, catalog(), tmp_path / "shared")


def weekly(tmp_path: Path, number: int, *records: Record) -> Path:
    name = f"s{number}"
    receipt = replace(RECEIPT, snapshot_id=name, started=NOON + timedelta(weeks=number))
    matches = [replace(MATCH, snapshot_id=name, record_id=r.record_id) for r in records]
    return snapshot.write(tmp_path / "local", receipt, [], [], records, matches)


def test_a_record_that_an_earlier_one_holds_unchanged_is_left_out_and_read_back(tmp_path: Path) -> None:
    shared, full = tmp_path / "shared", catalog("full")
    changed = replace(RECORD, status="COMPLETED")
    history = ([RECORD], [RECORD, replace(RECORD, record_id="2")], [changed], [changed])
    for number, records in enumerate(history, 2):
        commit_snapshot(weekly(tmp_path, number, *records), full, shared)
    assert [s.records for s in snapshot.read_all([shared])] == [tuple(records) for records in history]
    assert [len(snapshot.read(shared / f"s{n}").records) for n in (2, 3, 4, 5)] == [1, 1, 1, 0]


def test_a_missing_earlier_one_is_told_and_no_record_is_lost_in_silence(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    for number in (2, 3):
        commit_snapshot(weekly(tmp_path, number, RECORD), catalog("full"), shared)
    shutil.rmtree(shared / "s2")
    with pytest.raises(snapshot.SnapshotError, match="s3: 1 records, the first a 1, lie in an earlier"):
        snapshot.read_all([shared])


def test_an_older_one_is_not_shared_after_a_younger(tmp_path: Path) -> None:
    younger, older = weekly(tmp_path, 3, RECORD), weekly(tmp_path, 2, RECORD)
    commit_snapshot(younger, catalog(), tmp_path / "shared")
    with pytest.raises(CommitRefused, match="in their order"):
        commit_snapshot(older, catalog(), tmp_path / "shared")


def test_a_shared_file_that_was_changed_is_told(tmp_path: Path) -> None:
    folder = commit_snapshot(local(tmp_path), catalog(), tmp_path / "shared")
    (folder / "records.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(snapshot.SnapshotError, match=r"records\.jsonl\.gz"):
        snapshot.read(folder)


def test_a_snapshot_is_named_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    folder = local(tmp_path)
    assert named("s", tmp_path / "local") == folder
    with pytest.raises(CommitRefused, match="There are: s1"):
        named("t", tmp_path / "local")
    with pytest.raises(CommitRefused, match="names 0"):
        named("", tmp_path / "local")


def test_the_command_says_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = store.Paths(tmp_path, tmp_path / "x.duckdb", (tmp_path / "shared", tmp_path / "local"))
    monkeypatch.setattr(commit.store.Paths, "of", lambda *_: paths)
    result = CliRunner().invoke(main, ["commit-snapshot", "2026"])
    assert result.exit_code == 1 and "There are: none" in result.output
