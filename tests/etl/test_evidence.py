"""Which answers are in force: the latest good one per source × disease × rung."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from etl import catalog, evidence
from etl.model import Control, Record, RecordMatch, Search
from etl.snapshot import Receipt, Snapshot

from .conftest import DATA

CATALOG = catalog.load(DATA)
DAY = datetime(2026, 11, 1)
SOURCE = "clinicaltrials_gov"
ASKED = {
    (t.disease_id, t.rung): (*t.phrases, *t.acronyms)
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
    judged = evidence.judge_all(CATALOG, current(*snapshots), [], _answers(snapshots))
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
    judged = evidence.judge_all(decided, force, [], _answers([missed]))
    row = next(
        v
        for v in judged.verdicts
        if (v["question_id"], v["disease_id"], v["source_id"]) == ("trials_registered", "imam", SOURCE)
    )
    assert row["state"] == "zero"


def test_a_trial_that_lacks_the_deciding_field_forbids_the_zero():
    run = snapshot(1, named={"imam": 1})
    undecided = [("trials_registered", SOURCE, r.record_id) for r in run.records]
    judged = evidence.judge_all(CATALOG, current(run), [], [], undecided)
    rows = {(v["question_id"], v["disease_id"], v["source_id"]): v for v in judged.verdicts}
    assert rows["trials_registered", "imam", SOURCE]["state"] == "unproven"


@pytest.mark.parametrize(("text_counts", "state"), [(False, "unproven"), (True, "found")])
def test_an_abstract_counts_only_where_the_question_says_so(text_counts, state):
    """``publications`` counts articles whose title or abstract names the disease; a trial does not."""
    run = snapshot(1, named={"imam": 1})
    in_text = replace(run, matches=tuple(replace(m, match="text") for m in run.matches))
    answers = [(q, s, r, text_counts) for q, s, r, _ in _answers([in_text])]
    judged = evidence.judge_all(CATALOG, current(in_text), [], answers)
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
    row = evidence.EvidenceRow(
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
        judged = evidence.judge_all(asked, force, rows, [])
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
    judged = evidence.judge_all(renamed, force, [], [])
    row = next(
        v
        for v in judged.verdicts
        if (v["question_id"], v["disease_id"], v["source_id"]) == ("trials_registered", "imam", SOURCE)
    )
    reasons = {(r["code"], r["detail"]) for r in judged.reasons if r["source_id"] == SOURCE}
    assert row["state"] == "unproven" and ("name_not_asked", "A name of today") in reasons


def test_a_quarantined_run_does_not_move_the_baseline_of_the_drop_gate():
    """Else two bad runs would make the fallen count the new normal."""
    runs = [snapshot(n, named={"dm": count}) for n, count in ((1, 10), (2, 6), (3, 6))]
    assert verdict(*runs, disease="dm")["n"] == 10
    assert "dropped_below_floor" in verdict(*runs)["failed"]


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
    row = evidence.EvidenceRow("preclinical_study", "imam", "claimed", "trial_claims", "x", n, "2025")
    judged = evidence.judge_all(CATALOG, current(), [row], [])
    cells = {(c["question_id"], c["disease_id"]): c["state"] for c in judged.cells}
    assert cells["preclinical_study", "imam"] == state


def test_records_under_the_broader_label_are_counted_once_beside_the_curated_ones():
    run = snapshot(1, named={"imam": 3})
    under = replace(run, matches=tuple(replace(m, match="broader") for m in run.matches))
    known = run.records[0].record_id
    rows = [
        evidence.EvidenceRow("trials_registered", "imam", "broader", "trials", row_id, 1, "2026")
        for row_id in (known, "another")
    ]
    judged = evidence.judge_all(CATALOG, current(under), rows, _answers([under]))
    cells = {(c["question_id"], c["disease_id"]): c for c in judged.cells}
    assert cells["trials_registered", "imam"]["broader_n"] == 4
