"""Truth tables of judging: little tables in, one state out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.judge import judge_cell, judge_funders, judge_readers, judge_source, quarantined, speaks_for
from etl.model import (
    Cell,
    Control,
    Judgement,
    Question,
    Reason,
    Search,
    SourceEvidence,
    SourceRule,
    Verdict,
)

NOON = datetime(2026, 11, 23, 12)
RULE = SourceRule("registry", rungs=("name", "synonyms", "broader"))
LITERATURE = SourceRule("literature", rungs=("name",), echo="full", known_items=True)


def search(rung="name", **changes) -> Search:
    base = Search(
        f"s-{rung}",
        "snap",
        "registry",
        "imam",
        rung,
        '"abundant macrophages"',
        "https://x",
        "v2",
        NOON,
        0,
        0,
        True,
        echo="x",
    )
    return replace(base, **changes)


def control(kind: str, found: int | None, **changes) -> Control:
    base = Control(f"c-{kind}", "snap", "registry", "", kind, "name", "q", NOON, found)
    return replace(base, **changes)


GOOD_CONTROLS = (control("positive", 9), control("nonsense", 0))
ALL_RUNGS = (search("name"), search("synonyms"), search("broader"))
CLEAN = SourceEvidence("registry", ALL_RUNGS, GOOD_CONTROLS, named=0)


def codes(verdict) -> set[str]:
    return {r.code for r in verdict.reasons}


@pytest.mark.parametrize(
    ("what", "evidence", "state", "reason"),
    [
        ("all asked, all controls passed", CLEAN, "zero", None),
        ("nobody asked", SourceEvidence("registry"), "unsearched", None),
        ("a rung not asked", replace(CLEAN, searches=ALL_RUNGS[:2]), "unproven", "rung_missing"),
        (
            "only a part of the registry",
            replace(CLEAN, searches=(search(coverage="part"), *ALL_RUNGS[1:])),
            "unproven",
            "part_of_source",
        ),
        (
            "fewer records than announced",
            replace(CLEAN, searches=(search(total=5, received=4, complete=False), *ALL_RUNGS[1:])),
            "unproven",
            "incomplete",
        ),
        (
            "a rung failed",
            replace(
                CLEAN, searches=(search(total=None, fault="http_status", complete=False), *ALL_RUNGS[1:])
            ),
            "unproven",
            "failed",
        ),
        (
            "a term was dropped",
            replace(CLEAN, searches=(search(warnings=(Reason("term_dropped", "x"),)), *ALL_RUNGS[1:])),
            "unproven",
            "term_dropped",
        ),
        ("no positive control", replace(CLEAN, controls=GOOD_CONTROLS[1:]), "unproven", "positive_missing"),
        (
            "zero to everything",
            replace(CLEAN, controls=(control("positive", 0), GOOD_CONTROLS[1])),
            "unproven",
            "positive_found_nothing",
        ),
        (
            "the positive control failed",
            replace(CLEAN, controls=(control("positive", None, fault="unreachable"), GOOD_CONTROLS[1])),
            "unproven",
            "positive_missing",
        ),
        ("no nonsense control", replace(CLEAN, controls=GOOD_CONTROLS[:1]), "unproven", "nonsense_missing"),
        (
            "finds anything",
            replace(CLEAN, controls=(GOOD_CONTROLS[0], control("nonsense", 3))),
            "unproven",
            "nonsense_found_something",
        ),
        ("a near miss waits", replace(CLEAN, near_misses=2), "unproven", "near_miss_undecided"),
        ("answers wait for a reader", replace(CLEAN, answers_directly=False), "unsearched", "needs_a_reader"),
        ("found", replace(CLEAN, named=4), "found", None),
        (
            "found though a control failed",
            replace(CLEAN, named=4, controls=(control("positive", 0), GOOD_CONTROLS[1])),
            "found",
            "positive_found_nothing",
        ),
        (
            "never answered, last check failed",
            SourceEvidence("registry", failed="unreachable"),
            "unsearched",
            "failed",
        ),
    ],
)
def test_truth_table_of_a_source(what, evidence, state, reason):
    verdict = judge_source(RULE, evidence)
    assert verdict.state == state, what
    assert (reason in codes(verdict)) if reason else not verdict.reasons, what


def test_a_faulted_control_beside_a_passing_one_is_still_missing():
    faulted = control("positive", None, control_id="c-other", fault="unreachable")
    verdict = judge_source(RULE, replace(CLEAN, controls=(*GOOD_CONTROLS, faulted)))
    assert (verdict.state, codes(verdict)) == ("unproven", {"positive_missing"})
    assert [r.code for r in quarantined((*GOOD_CONTROLS, faulted), {}, {}, {})] == ["positive_missing"]


@pytest.mark.parametrize(
    ("minutes", "speaks"), [(-1, False), (0, True), (1, True), (60, True), (61, False), (2880, False)]
)
def test_a_positive_control_speaks_for_a_search_answered_up_to_an_hour_before(minutes, speaks):
    """A control from before the search, or long after it, says nothing about that moment."""
    searched = search(finished_at=NOON + timedelta(hours=3))
    asked_at = NOON + timedelta(hours=3, minutes=minutes)
    assert speaks_for(control("positive", 9, asked_at=asked_at), searched) is speaks
    controls = tuple(replace(c, asked_at=asked_at) for c in GOOD_CONTROLS)
    verdict = judge_source(
        replace(RULE, rungs=("name",)), replace(CLEAN, searches=(searched,), controls=controls)
    )
    assert (verdict.state, "positive_missing" in codes(verdict)) == (
        ("zero", False) if speaks else ("unproven", True)
    )


def test_a_control_of_another_rung_does_not_speak_for_this_one():
    only_name = tuple(replace(c, disease_id="imam", rung="name") for c in GOOD_CONTROLS)
    verdict = judge_source(RULE, replace(CLEAN, controls=only_name))
    assert (verdict.state, codes(verdict)) == ("unproven", {"positive_missing"})


def test_a_name_that_is_newer_than_the_search_forbids_its_zero():
    verdict = judge_source(RULE, replace(CLEAN, names_missing=("A new name",)))
    assert (verdict.state, codes(verdict)) == ("unproven", {"name_not_asked"})


@pytest.mark.parametrize(
    ("gathered", "named", "held"), [(5, 0, True), (4, 0, False), (5, 1, False), (5, None, False)]
)
def test_a_source_that_names_none_of_many_gathered_records_is_quarantined(gathered, named, held):
    now = {} if named is None else {"dm": named}
    assert bool(quarantined(GOOD_CONTROLS, now, {}, {"dm": gathered})) == held


def test_a_quarantined_run_forbids_the_zero_of_its_searches():
    fallen = Reason("dropped_below_floor", "dm: 33 gathered, none met")
    verdict = judge_source(RULE, replace(CLEAN, quarantine=(fallen,)))
    assert (verdict.state, codes(verdict)) == ("unproven", {"dropped_below_floor"})


def test_a_form_never_verified_is_at_best_unproven():
    verdict = judge_source(replace(RULE, form_verified=False), CLEAN)
    assert (verdict.state, codes(verdict)) == ("unproven", {"form_unverified"})


@pytest.mark.parametrize(
    ("found", "expected", "state", "reason"),
    [
        (2, 2, "zero", None),
        (0, 0, "zero", None),
        (1, 2, "unproven", "known_items_missed"),
        (3, None, "unproven", "known_items_missed"),
        (None, 2, "unproven", "known_items_missing"),
    ],
)
def test_known_items_recall_is_part_of_the_proof(found, expected, state, reason):
    controls = (*GOOD_CONTROLS, control("known_items", found, expected=expected))
    verdict = judge_source(LITERATURE, SourceEvidence("literature", (search(),), controls))
    assert verdict.state == state
    assert codes(verdict) == ({reason} if reason else set())


def test_a_source_with_full_echo_must_echo():
    controls = (*GOOD_CONTROLS, control("known_items", 1, expected=1))
    verdict = judge_source(LITERATURE, SourceEvidence("literature", (search(echo=""),), controls))
    assert (verdict.state, codes(verdict)) == ("unproven", {"echo_missing"})


def test_found_with_a_doubt_is_a_floor():
    doubted = replace(CLEAN, named=4, searches=ALL_RUNGS[:2])
    assert judge_source(RULE, doubted).bound == "floor"
    assert judge_source(RULE, replace(CLEAN, named=4)).bound == "exact"


def test_a_part_that_held_some_is_no_number_and_says_so():
    part = replace(CLEAN, searches=(search(coverage="part"), *ALL_RUNGS[1:]))
    assert [
        (v.state, v.n, v.bound) for v in (judge_source(RULE, replace(part, named=n)) for n in (0, 27))
    ] == [
        ("unproven", None, "exact"),
        ("unproven", None, "floor"),
    ]


doubts = st.fixed_dictionaries(
    {
        "rung": st.booleans(),
        "part": st.booleans(),
        "fault": st.booleans(),
        "incomplete": st.booleans(),
        "positive": st.sampled_from([None, 0, 9]),
        "nonsense": st.sampled_from([None, 0, 2]),
        "near": st.integers(0, 3),
        "verified": st.booleans(),
    }
)


@given(doubts)
def test_no_doubt_ever_becomes_a_zero(doubt):
    first = search(coverage="part" if doubt["part"] else "whole")
    if doubt["incomplete"]:
        first = replace(first, complete=False, total=3)
    if doubt["fault"]:
        first = replace(first, total=None, fault="not_parsable", complete=False)
    rungs = (first,) if doubt["rung"] else (first, *ALL_RUNGS[1:])
    controls = tuple(
        control(kind, doubt[kind]) for kind in ("positive", "nonsense") if doubt[kind] is not None
    )
    evidence = SourceEvidence("registry", rungs, controls, named=0, near_misses=doubt["near"])
    verdict = judge_source(replace(RULE, form_verified=doubt["verified"]), evidence)
    clean = doubt == {
        "rung": False,
        "part": False,
        "fault": False,
        "incomplete": False,
        "positive": 9,
        "nonsense": 0,
        "near": 0,
        "verified": True,
    }
    assert (verdict.state == "zero") == clean
    assert (verdict.n == 0) == clean


# --- readers -------------------------------------------------------------------------------------

READ = Judgement("none_found", "a reader", "2026-11-23", "another", "whole_table", 0)


@pytest.mark.parametrize(
    ("what", "judgements", "state", "reason"),
    [
        ("read whole, confirmed", [READ], "zero", None),
        ("no second reader", [replace(READ, second_reader="")], "unproven", "no_second_reader"),
        ("nobody named", [replace(READ, judged_by="")], "unproven", "no_reader"),
        ("no date", [replace(READ, judged_on="")], "unproven", "no_reader"),
        ("by name only", [replace(READ, search_depth="name_search")], "unproven", "shallow_search"),
        ("one document says so", [replace(READ, search_depth="single_source")], "claimed", None),
        ("nobody looked", [Judgement("not_searched", "a reader", "")], "unsearched", None),
        (
            "another entry not searched",
            [READ, Judgement("not_searched", "a reader", "")],
            "unproven",
            "source_unsearched",
        ),
        ("no row", [], "unsearched", None),
        (
            "only candidates",
            [Judgement("candidate", "a reader", "2026-11-23")],
            "unproven",
            "only_candidates",
        ),
        ("one found", [READ, Judgement("found", "a reader", "2026-11-23", n=3)], "found", None),
    ],
)
def test_truth_table_of_readers(what, judgements, state, reason):
    verdict = judge_readers("curated", judgements)
    assert verdict.state == state, what
    assert (reason in codes(verdict)) if reason else not verdict.reasons, what


@pytest.mark.parametrize(
    ("checked", "open_", "state", "detail"),
    [(3, 0, "zero", None), (8, 24, "unproven", "8 of 32"), (0, 5, "unsearched", None)],
)
def test_a_programme_is_zero_only_when_every_funder_was_checked(checked, open_, state, detail):
    judgements = [READ] * checked + [Judgement("not_searched", "a reader", "")] * open_
    verdict = judge_funders("curated", judgements)
    assert verdict.state == state
    unchecked = [r.detail for r in verdict.reasons if r.code == "funders_unchecked"]
    assert unchecked == ([detail] if detail else [])


# --- cells ---------------------------------------------------------------------------------------

QUESTION = Question("trials_registered", "registry", ("a", "b"), ("c",))


def verdict(source: str, state: str, n: int | None = None, bound="exact") -> Verdict:
    return Verdict(source, state, n, bound, answered_on="2026-11-23")


@pytest.mark.parametrize(
    ("verdicts", "claims", "expected"),
    [
        ([verdict("a", "zero", 0), verdict("b", "zero", 0)], 0, ("zero", 0, "exact", 2)),
        ([verdict("a", "zero", 0)], 0, ("unproven", None, "exact", 1)),
        ([verdict("a", "zero", 0), verdict("b", "unproven")], 0, ("unproven", None, "exact", 1)),
        ([verdict("a", "unproven")], 1, ("unproven", None, "exact", 0)),
        ([], 1, ("claimed", None, "exact", 0)),
        ([], 0, ("unsearched", None, "exact", 0)),
        ([verdict("a", "found", 3), verdict("b", "zero", 0)], 0, ("found", 3, "exact", 2)),
        ([verdict("a", "found", 3)], 0, ("found", 3, "floor", 1)),
        ([verdict("c", "found", 46, "floor")], 1, ("found", 46, "floor", 0)),
        # a part of an optional source met some: it is no number, and the others' zero does not stand
        (
            [verdict("a", "zero", 0), verdict("b", "zero", 0), verdict("c", "unproven", None, "floor")],
            0,
            ("unproven", None, "exact", 2),
        ),
        (
            [verdict("a", "zero", 0), verdict("b", "zero", 0), verdict("c", "unproven")],
            0,
            ("zero", 0, "exact", 2),
        ),
        (
            [verdict("a", "found", 3), verdict("b", "zero", 0), verdict("c", "found", 5, "floor")],
            0,
            ("found", 5, "floor", 2),
        ),
    ],
)
def test_truth_table_of_a_cell(verdicts, claims, expected):
    cell = judge_cell(QUESTION, {v.source_id: v for v in verdicts}, claims=claims)
    assert (cell.state, cell.n, cell.bound, cell.proven_sources) == expected
    assert cell.required_sources == 2


def test_one_trial_in_two_registries_counts_once():
    verdicts = {"a": verdict("a", "found", 3), "b": verdict("b", "found", 2)}
    assert judge_cell(QUESTION, verdicts, distinct=4).n == 4


RECRUITING = replace(QUESTION, question_id="trials_recruiting", depends_on="trials_registered")


@pytest.mark.parametrize(
    ("parent", "own", "expected"),
    [
        (Cell("zero", 0, "exact", 2, 2), [], ("zero", 0, "trials_registered")),
        (Cell("unproven", None, "exact", 0, 2), [], ("unproven", None, "trials_registered")),
        (Cell("found", 7, "floor", 0, 2), [], ("unsearched", None, "")),
        (Cell("claimed", None, "exact", 0, 2), [verdict("a", "unproven")], ("unproven", None, "")),
        (Cell("unsearched", None, "exact", 0, 2), [], ("unsearched", None, "")),
        (Cell("zero", 0, "exact", 2, 2), [verdict("a", "found", 1)], ("found", 1, "")),
    ],
)
def test_an_absence_follows_from_another_and_never_a_finding(parent, own, expected):
    cell = judge_cell(RECRUITING, {v.source_id: v for v in own}, follows=parent)
    assert (cell.state, cell.n, cell.implied_by) == expected


states = st.sampled_from(["found", "zero", "unproven", "claimed", "unsearched"])


@given(st.lists(states, min_size=2, max_size=3), st.integers(0, 2))
def test_a_cell_is_zero_only_if_every_required_source_is(given_states, claims):
    counted = {"found": 2, "zero": 0}
    verdicts = {
        source: verdict(source, state, counted.get(state))
        for source, state in zip("abc", given_states, strict=False)
    }
    cell = judge_cell(QUESTION, verdicts, claims=claims)
    required_zero = given_states[0] == given_states[1] == "zero"
    assert (cell.state == "zero") == (required_zero and "found" not in given_states)
    assert (cell.state == "found") == ("found" in given_states)
    assert 0 <= cell.proven_sources <= cell.required_sources


# --- quarantine ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "held"),
    [
        (10, 7, False),
        (10, 6, True),
        (100, 70, False),
        (100, 69, True),
        (0, 0, False),
        (5, 3, True),
        (4, 0, False),  # too few to compare with
    ],
)
def test_the_drop_gate_holds_below_seventy_per_cent(before, now, held):
    reasons = quarantined(GOOD_CONTROLS, {"dm": now}, {"dm": before}, {})
    assert bool(reasons) == held


def test_a_disease_not_asked_in_this_run_has_not_dropped():
    assert quarantined(GOOD_CONTROLS, {"dm": 10}, {"dm": 10, "pm": 20}, {}) == ()


@pytest.mark.parametrize(
    ("controls", "code"),
    [
        ((control("positive", 0), control("nonsense", 0)), "positive_found_nothing"),
        ((control("positive", 9), control("nonsense", 1)), "nonsense_found_something"),
    ],
)
def test_a_run_whose_control_failed_is_quarantined(controls, code):
    assert [r.code for r in quarantined(controls, {}, {}, {})] == [code]
