"""Which answers are in force: the latest good one per source × disease × rung."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from etl import catalog, evidence
from etl.cells import EvidenceRow, judge_all
from etl.model import Control, Record, RecordMatch, Search
from etl.snapshot import Receipt, Snapshot

from .conftest import DATA

CATALOG = catalog.load(DATA)
DAY = datetime(2026, 11, 1)
SOURCE = "clinicaltrials_gov"
ASKED = {
    (t.disease_id, t.rung): t.words
    for row in CATALOG.tables["disease"]
    for t in catalog.terms(CATALOG, str(row["disease_id"]))
}


def snapshot(
    number: int,
    total: int = 0,
    *,
    fault: str = "",
    positive: int | None = 9,
    nonsense: int | None = 0,
    named: dict[str, int] | None = None,
    rungs: tuple[str, ...] = ("name", "synonyms", "broader"),
    disease: str = "imam",
) -> Snapshot:
    """A run of one source: ``named`` says how many records name each disease."""
    name, when = f"snap{number}", DAY + timedelta(days=number)
    diseases = sorted({disease, *(named or {})})
    searches = tuple(
        Search(
            f"{name}:{d}:{rung}",
            name,
            SOURCE,
            d,
            rung,
            "q",
            "https://clinicaltrials.gov/api/v2/studies",
            "v2",
            when,
            None if fault else total,
            0 if fault else total,
            not fault,
            fault=fault,
            asked_names=ASKED.get((d, rung), ()),
        )
        for d in diseases
        for rung in rungs
    )
    controls = (
        Control(f"{name}:p", name, SOURCE, "", "positive", "name", "q", when, positive),
        Control(f"{name}:n", name, SOURCE, "", "nonsense", "name", "q", when, nonsense),
    )
    records, matches = [], []
    for d, count in (named or {}).items():
        for i in range(count):
            record = f"NCT{d}{i:05d}"
            records.append(Record(SOURCE, record, "trial", record, "u", study_type="INTERVENTIONAL"))
            matches.append(RecordMatch(name, SOURCE, record, d, f"{name}:{d}:name", "condition", d))
    receipt = Receipt(name, when, when, "0", CATALOG.sha256, {SOURCE: "clinicaltrials.gov"})
    return Snapshot(receipt, searches, controls, tuple(records), tuple(matches))


def current(*snapshots: Snapshot) -> evidence.Current:
    return evidence.current(CATALOG, snapshots, evidence.table_searches(CATALOG))


def verdict(*snapshots: Snapshot, disease: str = "imam") -> dict:
    judged = judge_all(CATALOG, current(*snapshots), [], _answers(snapshots))
    return next(
        v
        for v in judged.verdicts
        if (v["question_id"], v["disease_id"], v["source_id"]) == ("trials_registered", disease, SOURCE)
    )


def _answers(snapshots) -> list[tuple[str, str, str, bool]]:
    return [("trials_registered", SOURCE, r.record_id, False) for s in snapshots for r in s.records]


GOOD, FAILED, SILENT = snapshot(1), snapshot(2, fault="wrong_content"), snapshot(2, positive=0)


@pytest.mark.parametrize(
    ("what", "snapshots", "state", "failed", "answered_on"),
    [
        ("a good run", [GOOD], "zero", "", "2026-11-02"),
        ("a newer good run replaces it", [GOOD, snapshot(3)], "zero", "", "2026-11-04"),
        ("a failed run keeps the last good", [GOOD, FAILED], "zero", "wrong_content", "2026-11-02"),
        ("mended again", [GOOD, FAILED, snapshot(4)], "zero", "", "2026-11-05"),
        ("never answered", [FAILED], "unsearched", "wrong_content", ""),
        ("zero to everything, first run", [SILENT], "unproven", "positive_found_nothing 0", "2026-11-03"),
        (
            "zero to everything after a good run",
            [GOOD, SILENT],
            "zero",
            "positive_found_nothing 0",
            "2026-11-02",
        ),
        ("a rung never asked", [snapshot(1, rungs=("name",))], "unproven", "", "2026-11-02"),
        (
            "rungs asked in two runs",
            [snapshot(1, rungs=("name",)), snapshot(2, rungs=("synonyms", "broader"))],
            "zero",
            "",
            "2026-11-02",
        ),
    ],
)
def test_the_latest_good_answer_is_in_force(what, snapshots, state, failed, answered_on):
    row = verdict(*snapshots)
    assert (row["state"], row["failed"], row["answered_on"]) == (state, failed, answered_on), what


def test_a_refresh_of_one_disease_drops_no_other():
    both = current(snapshot(1), snapshot(2, disease="mmf"))
    live = {s.disease_id for s in both.searches if s.search_id in both.in_force and s.url}
    assert live == {"imam", "mmf"}


def test_a_comparator_that_fell_below_seventy_per_cent_quarantines_the_run():
    good, fallen = snapshot(1, named={"dm": 10}), snapshot(2, named={"dm": 6})
    assert verdict(good, fallen, disease="dm")["n"] == 10
    assert "dropped_below_floor" in verdict(good, fallen)["failed"]
    assert verdict(good, snapshot(2, named={"dm": 7}), disease="dm")["n"] == 7


def test_a_text_only_match_is_a_near_miss_until_decided():
    run = snapshot(1, named={"imam": 1})
    missed = replace(run, matches=tuple(replace(m, match="text") for m in run.matches))
    assert verdict(missed)["state"] == "unproven"
    decided = replace(
        CATALOG,
        tables={
            **CATALOG.tables,
            "decision": (
                {
                    "source_id": SOURCE,
                    "record_id": run.records[0].record_id,
                    "disease_id": "imam",
                    "verdict": "does_not_count",
                },
            ),
        },
    )
    force = evidence.current(decided, [missed], evidence.table_searches(decided))
    judged = judge_all(decided, force, [], _answers([missed]))
    row = next(
        v
        for v in judged.verdicts
        if (v["question_id"], v["disease_id"], v["source_id"]) == ("trials_registered", "imam", SOURCE)
    )
    assert row["state"] == "zero"


def test_a_trial_that_lacks_the_deciding_field_forbids_the_zero():
    run = snapshot(1, named={"imam": 1})
    undecided = [("trials_registered", SOURCE, r.record_id) for r in run.records]
    judged = judge_all(CATALOG, current(run), [], [], undecided)
    rows = {(v["question_id"], v["disease_id"], v["source_id"]): v for v in judged.verdicts}
    assert rows["trials_registered", "imam", SOURCE]["state"] == "unproven"


@pytest.mark.parametrize(("text_counts", "state"), [(False, "unproven"), (True, "found")])
def test_an_abstract_counts_only_where_the_question_says_so(text_counts, state):
    """``publications`` counts articles whose title or abstract names the disease; a trial does not."""
    run = snapshot(1, named={"imam": 1})
    in_text = replace(run, matches=tuple(replace(m, match="text") for m in run.matches))
    answers = [(q, s, r, text_counts) for q, s, r, _ in _answers([in_text])]
    judged = judge_all(CATALOG, current(in_text), [], answers)
    rows = {(v["question_id"], v["disease_id"], v["source_id"]): v for v in judged.verdicts}
    assert rows["trials_registered", "imam", SOURCE]["state"] == state


@pytest.mark.parametrize(("disease", "state"), [("imam", "unproven"), ("mmf", "zero")])
def test_a_disease_without_a_parent_needs_no_broader_rung(disease, state):
    assert (
        verdict(snapshot(1, disease=disease, rungs=("name", "synonyms")), disease=disease)["state"] == state
    )


def test_a_record_met_at_two_rungs_names_a_disease_in_the_strongest_way():
    run = snapshot(1, named={"dm": 1})
    weaker = replace(run.matches[0], match="text", search_id="snap1:dm:broader")
    force = current(replace(run, matches=(weaker, *run.matches)))
    (match,) = force.matches
    assert (match.match, match.names_disease, match.near_miss) == ("condition", True, False)


def test_a_reading_older_than_the_search_does_not_speak_for_its_answers():
    """``needs_a_reader`` until somebody reads what the newer search brought."""
    row = EvidenceRow(
        "diagnostic_code", "imam", "absent", "landscape", "x", 1, "2026-11-23", "a", "b", "whole_table"
    )
    question = next(q for q in catalog.questions(CATALOG) if q.question_id == "trials_registered")
    asked = replace(
        CATALOG,
        sources={**CATALOG.sources, SOURCE: replace(CATALOG.sources[SOURCE], answers=())},
    )
    states = {}
    for read_on in ("2026-11-01", "2026-11-02", "2026-11-23"):
        rows = [replace(row, question_id=question.question_id, answered_on=read_on)]
        force = evidence.current(asked, [GOOD], evidence.table_searches(asked))
        judged = judge_all(asked, force, rows, [])
        states[read_on] = next(
            v["state"]
            for v in judged.verdicts
            if (v["question_id"], v["disease_id"], v["source_id"]) == (question.question_id, "imam", SOURCE)
        )
    assert states == {"2026-11-01": "unsearched", "2026-11-02": "zero", "2026-11-23": "zero"}


def test_a_name_added_after_the_search_takes_its_zero_away():
    name = {"disease_id": "imam", "name": "A name of today", "kind": "synonym", "lang": "en"}
    first = CATALOG.tables["disease_name"][0]
    renamed = replace(
        CATALOG,
        tables={**CATALOG.tables, "disease_name": (*CATALOG.tables["disease_name"], {**first, **name})},
    )
    force = evidence.current(renamed, [GOOD], evidence.table_searches(renamed))
    judged = judge_all(renamed, force, [], [])
    row = next(
        v
        for v in judged.verdicts
        if (v["question_id"], v["disease_id"], v["source_id"]) == ("trials_registered", "imam", SOURCE)
    )
    reasons = {(r["code"], r["detail"]) for r in judged.reasons if r["source_id"] == SOURCE}
    assert row["state"] == "unproven" and ("name_not_asked", "A name of today") in reasons


def test_a_field_word_added_after_the_search_takes_its_zero_away():
    """Beside *lung* the acronym may have been met; it was not asked for there."""
    rows = tuple(
        {**r, "field_words": [*r["field_words"], "lung"]} if r["disease_id"] == "imam" else r
        for r in CATALOG.tables["disease"]
    )
    widened = replace(CATALOG, tables={**CATALOG.tables, "disease": rows})
    for known, state in ((CATALOG, "zero"), (widened, "unproven")):
        force = evidence.current(known, [GOOD], evidence.table_searches(known))
        judged = judge_all(known, force, [], [])
        told = {(v["question_id"], v["disease_id"], v["source_id"]): v["state"] for v in judged.verdicts}
        assert told["trials_registered", "imam", SOURCE] == state


def test_a_synonym_added_after_a_file_was_read_takes_its_zero_away():
    """A file of designations is passed over once, for every name; its only rung is called *name*."""
    source_id, question = "fda_orphan", "orphan_designation_us"
    run = of_source(snapshot(1, rungs=("name",)), source_id)
    first = CATALOG.tables["disease_name"][0]
    name = {**first, "disease_id": "imam", "name": "A name of today", "kind": "synonym"}
    renamed = replace(
        CATALOG, tables={**CATALOG.tables, "disease_name": (*CATALOG.tables["disease_name"], name)}
    )
    for known, state in ((CATALOG, "zero"), (renamed, "unproven")):
        judged = judge_all(known, evidence.current(known, [run], ([], [])), [], [])
        told = {(v["question_id"], v["disease_id"], v["source_id"]): v["state"] for v in judged.verdicts}
        assert told[question, "imam", source_id] == state


def test_a_quarantined_run_does_not_move_the_baseline_of_the_drop_gate():
    """Else two bad runs would make the fallen count the new normal."""
    runs = [snapshot(n, named={"dm": count}) for n, count in ((1, 10), (2, 6), (3, 6))]
    assert verdict(*runs, disease="dm")["n"] == 10
    assert "dropped_below_floor" in verdict(*runs)["failed"]


@pytest.mark.parametrize(
    ("what", "snapshots", "n"),
    [
        ("a week later the same", [(1, 100), (8, 60), (15, 62)], 62),
        ("asked twice within days", [(1, 100), (8, 60), (9, 60)], 100),
        ("fallen further", [(1, 100), (8, 60), (15, 20)], 100),
        ("the further fall confirmed", [(1, 100), (8, 60), (15, 20), (22, 21)], 21),
        ("up again, then down", [(1, 100), (8, 60), (15, 90), (22, 60)], 90),
        ("asked again and again, five days in all", [(1, 100), (8, 60), (10, 61), (13, 60)], 60),
    ],
)
def test_a_fall_is_accepted_when_a_later_run_shows_it_again(what, snapshots, n):
    """Else a source that truly lost records would stand still for ever."""
    runs = [snapshot(day, named={"dm": count}) for day, count in snapshots]
    assert verdict(*runs, disease="dm")["n"] == n, what


def test_a_run_whose_control_failed_confirms_no_fall():
    runs = [snapshot(1, named={"dm": 100}), snapshot(8, named={"dm": 60}, positive=0)]
    assert verdict(*runs, snapshot(15, named={"dm": 60}), disease="dm")["n"] == 100


def test_one_record_that_was_withdrawn_does_not_hold_a_source():
    runs = [snapshot(1, named={"imam": 1}), snapshot(2, named={"imam": 0})]
    assert (verdict(*runs)["state"], verdict(*runs)["failed"]) == ("zero", "")


def test_a_name_taken_out_of_the_catalog_is_no_fall():
    """A wrong synonym brought most of them."""
    before = snapshot(1, named={"dm": 100})
    wider = replace(
        before, searches=tuple(replace(s, asked_names=(*s.asked_names, "Rash")) for s in before.searches)
    )
    narrower = snapshot(2, named={"dm": 40})
    assert verdict(wider, narrower, disease="dm")["n"] == 40
    assert verdict(before, narrower, disease="dm")["n"] == 100


def cut_short(run: Snapshot, rung: str = "synonyms", **changes) -> Snapshot:
    """``run`` with one rung that did not end well."""
    changed = {"complete": False, **changes}
    searches = tuple(replace(s, **changed) if s.rung == rung else s for s in run.searches)
    return replace(run, searches=searches)


@pytest.mark.parametrize("how", [{}, {"fault": "unreachable", "total": None}])
def test_a_run_that_was_cut_short_neither_falls_nor_moves_the_baseline(how):
    """Else 100, then 72 of them in a broken run, then 55 would pass for small steps."""
    whole, broken = snapshot(1, named={"dm": 100}), cut_short(snapshot(2, named={"dm": 60}), **how)
    assert "dropped" not in verdict(whole, broken)["failed"]
    broken = cut_short(snapshot(2, named={"dm": 72}), **how)
    assert "dm: 100 to 55" in verdict(whole, broken, snapshot(3, named={"dm": 55}))["failed"]


@pytest.mark.parametrize(
    ("before", "bad", "code"),
    [
        ({"dm": 100}, {"dm": 5, "imam": 0}, "dropped_below_floor"),
        ({"mmf": 0}, {"dm": 0, "imam": 0}, "dropped_below_floor"),
    ],
)
def test_a_quarantined_run_proves_no_zero_of_a_disease_asked_there_first(before, bad, code):
    """Its own controls passed; another disease showed that the run cannot be right."""
    runs = [snapshot(1, named=before, disease=next(iter(before))), snapshot(2, named=bad)]
    judged = judge_all(CATALOG, current(*runs), [], _answers(runs))
    told = {r["code"] for r in judged.reasons if (r["disease_id"], r["source_id"]) == ("imam", SOURCE)}
    assert verdict(*runs)["state"] == "unproven" and code in told


def test_a_control_of_another_shape_that_failed_forbids_the_zero_of_the_whole_run():
    run = snapshot(1)
    other = replace(run.controls[1], control_id="x", disease_id="dm", found=7)
    assert verdict(replace(run, controls=(*run.controls, other)))["state"] == "unproven"


def whole_table() -> Search:
    return next(s for s in evidence.table_searches(CATALOG)[0] if s.coverage == "whole" and s.total)


def of_source(run: Snapshot, source_id: str) -> Snapshot:
    """``run``, asked of another source with the names that it asks for."""
    asked = {
        d: {t.rung: t.words for t in CATALOG.sources[source_id].asked(catalog.terms(CATALOG, d))}
        for d in {s.disease_id for s in run.searches}
    }
    searches = tuple(
        replace(s, source_id=source_id, asked_names=asked[s.disease_id][s.rung]) for s in run.searches
    )
    parts = (run.controls, run.records, run.matches)
    controls, records, matches = (tuple(replace(r, source_id=source_id) for r in rows) for rows in parts)
    return Snapshot(run.receipt, searches, controls, records, matches)


@pytest.mark.parametrize(
    ("run", "state", "n"),
    [
        ({"nonsense": 3}, "found", "counted"),
        ({"fault": "unreachable"}, "found", "counted"),
        ({}, "zero", 0),
    ],
)
def test_a_run_that_does_not_count_leaves_a_table_that_was_counted_in_force(run, state, n):
    table = whole_table()
    question = next(
        str(r["question"]) for r in CATALOG.tables["dataset_search"] if r["search_id"] == table.search_id
    )
    row = EvidenceRow(
        question, table.disease_id, "table", "dataset_searches", table.search_id, table.total or 0, "2022"
    )
    live = of_source(snapshot(1, disease=table.disease_id, rungs=("name",), **run), table.source_id)
    judged = judge_all(CATALOG, current(live), [row], [])
    told = next(
        v
        for v in judged.verdicts
        if (v["question_id"], v["disease_id"], v["source_id"])
        == (question, table.disease_id, table.source_id)
    )
    assert (told["state"], told["n"]) == (state, table.total if n == "counted" else n)


@pytest.mark.parametrize(
    ("what", "later", "state", "bound"),
    [
        ("cut short", [cut_short(snapshot(2, named={"imam": 1}), "name")], "unproven", "exact"),
        ("its controls failed", [snapshot(2, named={"imam": 1}, nonsense=3)], "unproven", "exact"),
        (
            "and then no answer at all",
            [cut_short(snapshot(2, named={"imam": 1}), "name"), snapshot(3, fault="unreachable")],
            "unproven",
            "exact",
        ),
        ("it met none", [cut_short(snapshot(2))], "zero", "exact"),
        (
            "a good run did not meet it again",
            [cut_short(snapshot(2, named={"imam": 1}), "name"), snapshot(3)],
            "zero",
            "exact",
        ),
    ],
)
def test_a_record_met_since_by_a_run_that_does_not_count_takes_the_old_zero_away(what, later, state, bound):
    row = verdict(GOOD, *later)
    assert (row["state"], row["bound"]) == (state, bound), what


def test_a_number_is_a_floor_when_a_later_run_that_does_not_count_met_more():
    few, more = snapshot(1, named={"dm": 10}), snapshot(2, named={"dm": 12}, nonsense=3)
    row = verdict(few, more, disease="dm")
    assert (row["state"], row["n"], row["bound"]) == ("found", 10, "floor")
    assert verdict(few, snapshot(2, named={"dm": 9}, nonsense=3), disease="dm")["bound"] == "exact"


def test_what_an_incomplete_first_run_found_outlives_a_run_without_answer():
    found = cut_short(snapshot(1, named={"dm": 12}), "name")
    row = verdict(found, snapshot(2, disease="dm", fault="unreachable"), disease="dm")
    assert (row["state"], row["n"], row["failed"]) == ("found", 12, "unreachable")


@pytest.mark.parametrize(
    "worse", [{"coverage": "part"}, {"asked_at": DAY - timedelta(days=400)}], ids=["a part", "an older file"]
)
def test_neither_a_part_nor_an_older_answer_written_later_takes_the_place_of_the_whole(worse):
    """As when snapshots of two machines are put together."""
    later = snapshot(2, named={"dm": 9})
    later = replace(later, searches=tuple(replace(s, **worse) for s in later.searches))
    assert verdict(snapshot(1, named={"dm": 10}), later, disease="dm")["n"] == 10


def test_a_first_run_that_failed_does_not_displace_the_table_that_was_counted():
    table = next(s for s in evidence.table_searches(CATALOG)[0] if s.source_id == SOURCE)
    force = current(snapshot(1, disease=table.disease_id, fault="unreachable"))
    assert table.search_id in force.in_force
    assert table.search_id not in current(snapshot(1, disease=table.disease_id)).in_force


def test_a_run_that_meets_none_of_the_many_gathered_trials_is_quarantined():
    """Forty-odd trials of dermatomyositis carry this registry's number."""
    assert "none met" in verdict(snapshot(1, disease="dm"), disease="dm")["failed"]


@pytest.mark.parametrize(("n", "state"), [(0, "claimed"), (49, "unsearched")])
def test_only_a_document_that_says_there_is_none_is_a_claim_of_none(n, state):
    row = EvidenceRow("preclinical_study", "imam", "claimed", "trial_claims", "x", n, "2025")
    judged = judge_all(CATALOG, current(), [row], [])
    cells = {(c["question_id"], c["disease_id"]): c["state"] for c in judged.cells}
    assert cells["preclinical_study", "imam"] == state


def test_records_under_the_broader_label_are_counted_once_beside_the_curated_ones():
    run = snapshot(1, named={"imam": 3})
    under = replace(run, matches=tuple(replace(m, match="broader") for m in run.matches))
    known = run.records[0].record_id
    rows = [
        EvidenceRow("trials_registered", "imam", "broader", "trials", row_id, 1, "2026")
        for row_id in (known, "another")
    ]
    judged = judge_all(CATALOG, current(under), rows, _answers([under]))
    cells = {(c["question_id"], c["disease_id"]): c for c in judged.cells}
    assert cells["trials_registered", "imam"]["broader_n"] == 4
