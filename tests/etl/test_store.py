"""Building and publishing: all or nothing, and readers see the new store at once."""

from __future__ import annotations

import os
import shutil
import threading
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from etl import catalog, snapshot, store, tables

from .conftest import DATA, NOW
from .test_evidence import snapshot as a_run


def write(root: Path, run: snapshot.Snapshot) -> Path:
    return snapshot.write(root, run.receipt, run.searches, run.controls, run.records, run.matches)


@pytest.fixture
def paths(tmp_path: Path) -> store.Paths:
    data = tmp_path / "data"
    for folder in ("catalog", "curated"):
        shutil.copytree(DATA / folder, data / folder)
    return store.Paths(data, data / "lacuna.duckdb", (data / "snapshots",))


def ask(link: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_store_holds_every_cell_and_its_dictionary(embedded):
    (cells,) = embedded.execute("SELECT count(*) FROM cell").fetchone()
    assert cells == 39 * 9
    undocumented = embedded.execute(
        "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL ORDER BY 1"
    ).fetchall()
    assert undocumented == []
    assert store.broken(embedded) == []


def test_every_hand_kept_table_is_in_the_store_row_by_row(embedded):
    loaded = catalog.load(DATA)
    for declared in tables.TABLES:
        (n,) = embedded.execute(f'SELECT count(*) FROM "{declared.name}"').fetchone()
        assert n == len(loaded.tables[declared.name]), declared.name


def test_a_mistake_stops_the_build_and_the_old_store_stays(paths):
    first = store.build_and_publish(paths, NOW)
    cases = paths.data / "curated/cases.csv"
    cases.write_text(cases.read_text(encoding="utf-8").replace(",44,male", ",44,man"), encoding="utf-8")
    with pytest.raises(catalog.CatalogMistakes, match=r"cases\.csv, line 7, column sex"):
        store.build_and_publish(paths, NOW)
    assert paths.link.resolve() == first
    left = {p.name for p in paths.link.parent.glob("*.duckdb*")}
    assert left == {paths.link.name, first.name}


def test_a_snapshot_of_another_host_never_enters_the_store(paths):
    run = a_run(1)
    foreign = snapshot.Snapshot(
        snapshot.Receipt("snap1", NOW, NOW, "0", "0", {"clinicaltrials_gov": "127.0.0.1"}),
        run.searches,
        run.controls,
    )
    write(paths.snapshots[0], foreign)
    with pytest.raises(store.BuildRefused, match=r"snap1 holds answers of 127\.0\.0\.1"):
        store.build_and_publish(paths, NOW)
    assert not paths.link.exists()
    assert store.build_and_publish(paths, NOW, frozenset({"127.0.0.1"})).exists()


def test_a_damaged_snapshot_stops_the_build(paths):
    store.build_and_publish(paths, NOW)
    folder = write(paths.snapshots[0], a_run(1))
    with (folder / "searches.jsonl").open("a", encoding="utf-8") as handle:
        handle.write("{}\n")
    with pytest.raises(snapshot.SnapshotError, match=r"searches\.jsonl"):
        store.build_and_publish(paths, NOW)
    assert ask(paths.link, "SELECT count(*) FROM cell") == [(351,)]


def test_a_good_run_makes_the_verdict_zero_and_raises_the_coverage(paths):
    query = """SELECT state, proven_sources, freshness FROM cell_at(DATE '2026-11-23')
               WHERE question_id = 'trials_registered' AND disease_id = 'imam'"""
    store.build_and_publish(paths, NOW)
    assert ask(paths.link, query) == [("unproven", 0, "stale")]
    write(paths.snapshots[0], a_run(1))
    store.build_and_publish(paths, NOW)
    assert ask(paths.link, query) == [("unproven", 1, "fresh")]
    verdict = "SELECT state, n FROM verdict WHERE source_id = 'clinicaltrials_gov' AND disease_id = 'imam'"
    assert ask(paths.link, f"{verdict} AND question_id = 'trials_registered'") == [("zero", 0)]


def test_a_failed_check_keeps_the_last_good_evidence(paths):
    write(paths.snapshots[0], a_run(1))
    write(paths.snapshots[0], a_run(2, fault="wrong_content"))
    store.build_and_publish(paths, NOW)
    query = """SELECT c.freshness, v.state, v.failed, v.answered_on FROM cell AS c JOIN verdict AS v
               USING (question_id, disease_id)
               WHERE question_id = 'trials_registered' AND disease_id = 'imam'
                 AND source_id = 'clinicaltrials_gov'"""
    assert ask(paths.link, query) == [("last_check_failed", "zero", "wrong_content", "2026-11-02")]


def test_the_store_is_a_function_of_its_inputs(paths):
    def content() -> list[tuple]:
        return ask(paths.link, "SELECT * FROM cell_at(DATE '2026-11-23') ORDER BY ALL")

    store.build_and_publish(paths, NOW)
    first = content()
    paths.link.resolve().unlink()
    paths.link.unlink()
    store.build_and_publish(paths, NOW + timedelta(hours=1))
    assert content() == first


def test_the_store_refuses_a_number_without_provenance(paths):
    with duckdb.connect(str(store.build_and_publish(paths, NOW))) as connection:
        connection.execute("DELETE FROM cell_search WHERE question_id = 'orphan_designation_us'")
        assert any("where it comes from" in fault for fault in store.broken(connection))
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("UPDATE cell_judged SET n = 0 WHERE state = 'unsearched'")
        connection.execute("DELETE FROM cell_judged WHERE disease_id = 'pm'")
        with pytest.raises(store.BuildRefused, match="has no cell"):
            store.refuse_broken(connection)


def test_six_overlapping_readers_see_a_new_publication_at_once(paths):
    """Replacing one path in place was measured to leave overlapping readers on the old file."""
    store.build_and_publish(paths, NOW)
    published, stop = threading.Event(), threading.Event()
    late: list[datetime] = []
    seen: list[datetime] = []

    def read() -> None:
        while not stop.is_set():
            after = published.is_set()
            ((built,),) = ask(paths.link, "SELECT built_at FROM receipt")
            seen.append(built)
            if after and built == NOW:
                late.append(built)

    readers = [threading.Thread(target=read) for _ in range(6)]
    for reader in readers:
        reader.start()
    newer = NOW + timedelta(days=1)
    store.build_and_publish(paths, newer)
    published.set()
    while seen[-6:].count(newer) < 6:
        pass
    stop.set()
    for reader in readers:
        reader.join()
    assert late == []
    assert {NOW, newer} == set(seen)


def test_only_a_few_old_stores_are_kept(paths):
    for hour in range(6):
        last = store.build_and_publish(paths, NOW + timedelta(hours=hour))
    kept = sorted(paths.link.parent.glob("lacuna-*.duckdb"))
    assert last in kept
    assert len(kept) == 3


def test_a_store_is_out_of_date_when_an_input_is_newer(paths):
    assert store.out_of_date(paths)
    store.build_and_publish(paths, NOW)
    assert not store.out_of_date(paths)
    later = paths.link.stat().st_mtime + 5
    os.utime(paths.data / "curated/cases.csv", (later, later))
    assert store.out_of_date(paths)
