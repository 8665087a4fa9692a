"""Building and publishing: all or nothing, and readers see the new store at once."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from etl import catalog, provenance, snapshot, store, tables

from .conftest import DATA, NOW
from .test_evidence import snapshot as a_run

ROOT = Path(__file__).resolve().parents[2]
#: Seconds after which a test gives up what should long have happened.
DEADLINE = 240


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
    assert provenance.broken(embedded) == []


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
    left = {p.name for p in paths.link.parent.glob("*.duckdb*")} | {
        p.name for p in paths.link.parent.glob(".*")
    }
    assert left == {paths.link.name, first.name, f".{paths.link.name}.lock"}


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


# --- no number without provenance -----------------------------------------------------------------


@pytest.fixture
def embedded_copy(paths):
    """A store that may be spoiled."""
    with duckdb.connect(str(store.build_and_publish(paths, NOW))) as connection:
        yield connection


SPOILED = {
    "its searches are lost": (
        "DELETE FROM cell_search WHERE question_id = 'orphan_designation_us' AND disease_id = 'imam'",
        "no search of this question and disease: orphan_designation_us × imam, fda_orphan",
    ),
    "its search is of another disease": (
        "DELETE FROM cell_search WHERE question_id = 'orphan_designation_us' AND disease_id = 'imam';"
        "INSERT INTO cell_search SELECT 'orphan_designation_us', 'imam', search_id FROM search"
        " WHERE source_id = 'fda_orphan' AND disease_id = 'dm'",
        "no search of this question and disease: orphan_designation_us × imam, fda_orphan",
    ),
    "its table was counted for another question": (
        "DELETE FROM cell_search WHERE question_id = 'prevalence_estimate' AND disease_id = 'imam';"
        "INSERT INTO cell_search SELECT 'prevalence_estimate', 'imam', search_id FROM search"
        " WHERE source_id = 'orphadata' AND disease_id = 'imam' AND question_id <> 'prevalence_estimate'",
        "no search of this question and disease: prevalence_estimate × imam, orphadata",
    ),
    "its rows were not gathered": (
        "UPDATE verdict SET state = 'found', n = 3, bound = 'floor', answered_on = '2026-11-23'"
        " WHERE question_id = 'patient_organisation' AND disease_id = 'imam' AND source_id = 'curated'",
        "no row was gathered: patient_organisation × imam",
    ),
    "nobody confirmed its zero": (
        "UPDATE verdict SET state = 'zero', n = 0, bound = 'exact', answered_on = '2026-11-23'"
        " WHERE question_id = 'patient_organisation' AND disease_id = 'imam' AND source_id = 'curated'",
        "no reading by two persons: patient_organisation × imam",
    ),
    "no verdict gives its number": (
        "UPDATE cell_judged SET state = 'found', n = 7, answered_on = '2026-11-23'"
        " WHERE question_id = 'patient_organisation' AND disease_id = 'imam'",
        "no verdict: patient_organisation × imam",
    ),
    "one of its required sources found no zero": (
        "UPDATE cell_judged SET state = 'zero', n = 0, answered_on = '2026-11-23'"
        " WHERE question_id = 'trials_registered' AND disease_id = 'imam'",
        "no verdict: trials_registered × imam",
    ),
    "what it follows from is no zero": (
        "UPDATE cell_judged SET state = 'zero', n = 0, answered_on = '2026-11-23',"
        " implied_by = 'trials_registered'"
        " WHERE question_id = 'trials_recruiting' AND disease_id = 'imam'",
        "no verdict: trials_recruiting × imam",
    ),
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_number_or_zero_is_refused_when(embedded_copy, what):
    spoil, told = SPOILED[what]
    assert provenance.broken(embedded_copy) == []
    for statement in spoil.split(";"):
        embedded_copy.execute(statement)
    assert [fault for fault in provenance.broken(embedded_copy) if fault.endswith(told)]


def test_a_store_without_a_cell_is_refused(embedded_copy):
    with pytest.raises(duckdb.ConstraintException):
        embedded_copy.execute("UPDATE cell_judged SET n = 0 WHERE state = 'unsearched'")
    embedded_copy.execute("DELETE FROM cell_judged WHERE disease_id = 'pm'")
    with pytest.raises(store.BuildRefused, match="has no cell"):
        store.refuse_broken(embedded_copy)


def test_a_zero_that_two_readers_stand_behind_is_published(paths):
    """Such a zero has no search of its own: its provenance is the reading."""
    file = paths.data / "curated/landscape.csv"
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    (row,) = [r for r in rows if r["item_id"] == "ls_imam_patientorg"]
    row.update(second_reader="somebody else", search_depth="whole_table")
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(row))
        writer.writeheader()
        writer.writerows(rows)
    store.build_and_publish(paths, NOW)
    query = """SELECT state, n, (SELECT count(*) FROM cell_search AS s WHERE s.question_id = c.question_id
                                 AND s.disease_id = c.disease_id)
               FROM cell AS c WHERE question_id = 'patient_organisation' AND disease_id = 'imam'"""
    assert ask(paths.link, query) == [("zero", 0, 0)]


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

    readers = [threading.Thread(target=read, daemon=True) for _ in range(6)]
    for reader in readers:
        reader.start()
    newer = NOW + timedelta(days=1)
    end = time.monotonic() + DEADLINE
    try:
        store.build_and_publish(paths, newer)
        published.set()
        while seen[-6:].count(newer) < 6:
            assert time.monotonic() < end, f"readers died or saw nothing new: {seen[-6:]}"
            assert all(reader.is_alive() for reader in readers), "a reader was broken by the publication"
    finally:
        stop.set()
    for reader in readers:
        reader.join(DEADLINE)
    assert late == []
    assert {NOW, newer} == set(seen)


# --- one builder at a time, whatever happens to it ----------------------------------------------------


def builder(mode: str, paths: store.Paths, *step: str) -> subprocess.Popen[str]:
    """A build in a process of its own (see tests/etl/builds.py)."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.etl.builds", mode, str(paths.data), str(paths.link), *step],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Output and errors of a process that ends well in time."""
    try:
        output, errors = process.communicate("go on\n", timeout=DEADLINE)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    return output, errors


def test_of_two_builds_at_once_the_later_one_waits_and_its_evidence_stays(paths):
    early = builder("hold", paths)
    assert early.stdout.readline() == "read\n"
    write(paths.snapshots[0], a_run(1))
    late = builder("hold", paths)
    assert "Another build of" in late.stderr.readline()
    assert not paths.link.exists()
    finished(early)
    finished(late)
    assert ask(paths.link, "SELECT snapshots FROM receipt") == [(["snap1"],)]
    assert store.publication.stores(paths.link)[-1] == paths.link.resolve()
    assert not store.out_of_date(paths)


def test_a_builder_that_died_leaves_no_lock(paths):
    dead = builder("hold", paths)
    assert dead.stdout.readline() == "read\n"
    dead.kill()
    dead.communicate(timeout=DEADLINE)
    said: list[str] = []
    store.build_and_publish(paths, NOW, say=said.append)
    assert said == []


@pytest.mark.parametrize(
    ("mode", "step", "kills"),
    [
        ("kill", "9", 5),
        pytest.param("kill", "4", 12, marks=pytest.mark.long),
        pytest.param("fill", "15", 2, marks=pytest.mark.long),
        pytest.param("kill", "1", 50, marks=pytest.mark.long),
        pytest.param("fill", "2", 15, marks=pytest.mark.long),
    ],
)
def test_a_build_killed_at_any_step_loses_nothing_and_the_next_one_tidies_up(paths, mode, step, kills):
    paths.link.parent.joinpath("out").mkdir()
    apart = store.Paths(paths.data, paths.link.parent / "out" / paths.link.name, paths.snapshots)
    output, _ = finished(builder(mode, apart, step))
    assert int(output) >= kills


def test_only_a_few_old_stores_are_kept_and_other_files_stay(paths):
    others = [paths.data / "lacuna-trial.duckdb", paths.data / "lacuna-trial-20261123T120000-00000000.duckdb"]
    others += [paths.data / "lacuna-my-copy.duckdb"]
    for other in others:
        other.write_bytes(b"somebody's own")
    for hour in range(6):
        last = store.build_and_publish(paths, NOW + timedelta(hours=hour))
    kept = store.publication.stores(paths.link)
    assert last == kept[-1]
    assert len(kept) == store.publication.KEPT
    assert all(other.read_bytes() == b"somebody's own" for other in others)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=-1)])
def test_stores_sort_in_the_order_of_publication_whatever_the_clock_says(paths, later):
    first = store.build_and_publish(paths, NOW)
    second = store.build_and_publish(paths, NOW + later)
    assert store.publication.stores(paths.link) == [first, second]
    assert paths.link.resolve() == second
    assert store.last_two(paths.link) == (str(first), str(second))


# --- when to build anew ---------------------------------------------------------------------------


def test_a_store_is_out_of_date_when_an_input_says_something_else(paths):
    assert store.out_of_date(paths)
    store.build_and_publish(paths, NOW)
    assert not store.out_of_date(paths)
    cases = paths.data / "curated/cases.csv"
    kept = cases.read_bytes()
    cases.write_bytes(kept.replace(b"Japan", b"Korea", 1))
    assert store.out_of_date(paths)
    cases.write_bytes(kept)
    assert not store.out_of_date(paths)


def test_times_of_files_say_nothing(paths):
    store.build_and_publish(paths, NOW)
    later = paths.link.stat().st_mtime + 5
    os.utime(paths.data / "curated/cases.csv", (later, later))
    assert not store.out_of_date(paths)


def test_a_snapshot_or_another_program_makes_a_store_out_of_date(paths, monkeypatch):
    store.build_and_publish(paths, NOW)
    folder = write(paths.snapshots[0], a_run(1))
    assert store.out_of_date(paths)
    store.build_and_publish(paths, NOW)
    assert not store.out_of_date(paths)
    receipt = folder / "snapshot.json"
    written = receipt.read_text()
    receipt.write_text(written.replace('"tool_version": "', '"tool_version": "9'))
    assert store.out_of_date(paths)
    receipt.write_text(written)
    assert not store.out_of_date(paths)
    monkeypatch.setattr(store.inputs, "_program", lambda: "another program")
    assert store.out_of_date(paths)


def test_an_unreadable_store_is_out_of_date(paths):
    store.build_and_publish(paths, NOW).write_bytes(b"no store")
    assert store.out_of_date(paths)


# --- what cannot be built is said -----------------------------------------------------------------


def test_a_snapshot_of_a_renamed_disease_is_refused_with_file_line_and_advice(paths):
    write(paths.snapshots[0], replace_disease(a_run(1), "imam", "old_name"))
    with pytest.raises(store.BuildRefused) as told:
        store.build_and_publish(paths, NOW)
    assert "Snapshot snap1, searches.jsonl, line 1: 'old_name' is no disease" in str(told.value)
    assert "put its row back into data/catalog/diseases.csv" in str(told.value)
    assert not paths.link.exists()


def replace_disease(run: snapshot.Snapshot, old: str, new: str) -> snapshot.Snapshot:
    return replace(
        run,
        searches=tuple(replace(s, disease_id=new) if s.disease_id == old else s for s in run.searches),
        matches=tuple(replace(m, disease_id=new) if m.disease_id == old else m for m in run.matches),
    )


def test_a_place_that_cannot_be_written_is_told_with_a_remedy(paths):
    (paths.data / "file").write_text("not a folder")
    elsewhere = store.Paths(paths.data, paths.data / "file" / "lacuna.duckdb", ())
    with pytest.raises(store.BuildRefused, match=r"cannot be written beside .*LACUNA_STORE="):
        store.build_and_publish(elsewhere, NOW)


def test_rows_that_do_not_fit_are_told_with_their_table(embedded_copy):
    row = dict(zip(("kind", "name", "sha256"), ("catalog", "", "x"), strict=True))
    with pytest.raises(store.BuildRefused, match="rows of the table store_input do not fit"):
        store._insert_rows(embedded_copy, "store_input", [row])
