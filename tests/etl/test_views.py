"""The embedded values counted a second time, in plain Python over the CSV files."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"
Row = dict[str, str]


def rows(file: str) -> list[Row]:
    with (DATA / f"{file}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


TRIALS = rows("curated/trials")
LANDSCAPE = rows("curated/landscape")
MARKERS = rows("curated/biomarkers")
FUNDING = rows("curated/funding")
CASES = rows("curated/cases")
STUDIES = rows("curated/studies")
TABLES = rows("curated/dataset_searches")
FUNDERS = rows("curated/funder_checks")
DISEASES = [r["disease_id"] for r in rows("catalog/diseases")]
DOUBTFUL = ("doubtful", "label_from_secondary_source")


def trials(disease: str, keep: Callable[[Row], bool] = lambda r: True) -> int:
    return sum(disease in r["diseases"].split(";") and keep(r) for r in TRIALS)


def landscape(disease: str, topics: tuple[str, ...], state: str, words: str = "") -> int:
    return sum(
        r["disease_id"] == disease and r["question"] in topics and r["state"] == state and words in r["title"]
        for r in LANDSCAPE
    )


def funded(disease: str, keep: Callable[[Row], bool]) -> int:
    return sum(disease in r["disease_ids"].split(";") and r["scope"] == "named" and keep(r) for r in FUNDING)


def programme(row: Row) -> bool:
    return row["kind"] in ("programme", "call")


def public_grant(row: Row) -> bool:
    return row["kind"] == "grant" and row["funder_class"] == "public"


def umbrella(recruiting: bool) -> int:
    open_to = {
        r["trial_id"]
        for r in rows("curated/trial_eligibility")
        if r["disease_id"] == "imam" and r["verdict"] == "yes_by_umbrella_label"
    }
    return sum(t["trial_id"] in open_to and (not recruiting or t["status"] == "recruiting") for t in TRIALS)


def of_imam(disease: str, number: int) -> int:
    return number if disease == "imam" else 0


OBSERVATIONAL = ("patient_registry", "natural_history_study")


def expected(question: str, disease: str) -> Counter[str]:
    """Role -> number (rows for absent and open), as ``counts_from`` in questions.csv says."""
    found: Counter[str] = Counter()
    if question == "trials_registered":
        found["floor"] = trials(disease)
        found["numbered"] = trials(disease, lambda r: r["registry"] != "")
        found["broader"] = of_imam(disease, umbrella(recruiting=False))
    elif question == "trials_recruiting":
        found["floor"] = trials(disease, lambda r: r["status"] == "recruiting")
        found["broader"] = of_imam(disease, umbrella(recruiting=True))
    elif question == "trials_with_results":
        found["floor"] = trials(disease, lambda r: r["has_results"] == "yes")
    elif question == "observational_studies":
        found["floor"] = landscape(disease, OBSERVATIONAL, "found", "NCT")
        found["broader"] = of_imam(disease, landscape("iim", OBSERVATIONAL, "found", "NCT"))
    elif question.startswith("biomarker_"):
        of_category = [
            m
            for m in MARKERS
            if m["disease_id"] == disease and m["best_category"] == question.removeprefix("biomarker_")
        ]
        found["floor"] = sum(m["level"] == "established" for m in of_category)
        found["candidate"] = sum(m["level"] in ("limited", "candidate") for m in of_category)
        found["absent"] = sum(m["level"] == "none_found" for m in of_category)
    elif question == "disease_programmes":
        found["floor"] = funded(disease, programme)
        found["broader"] = of_imam(disease, funded("iim", programme))
        checks = [f for f in FUNDERS if f["disease_id"] == disease and "fc_any" not in f["check_id"]]
        found["absent"] = sum(f["result"] == "none_found" for f in checks)
        found["open"] = sum(f["result"] == "not_searched" for f in checks)
        found["claimed"] = sum(f["check_id"] == "fc_any_seed" for f in FUNDERS if f["disease_id"] == disease)
    elif question == "public_grants":
        found["floor"] = funded(disease, public_grant)
        found["broader"] = of_imam(disease, funded("iim", public_grant))
    elif question in ("publications", "reviews") or question.startswith("patients_"):
        found = literature(question, disease)
    elif question != "diagnostic_code":
        topics = (question, "animal_model") if question == "preclinical_study" else (question,)
        listed = "listed" if question == "orphan_designation_us" else "floor"
        found[listed] = landscape(disease, topics, "found")
        found["absent"] = landscape(disease, (question,), "none_found")
        found["open"] = landscape(disease, (question,), "not_searched")
    if question == "long_term_outcome":
        found["floor"] += of_imam(disease, sum(c["followup_months"] != "" for c in CASES))
    return +found


def literature(question: str, disease: str) -> Counter[str]:
    found: Counter[str] = Counter()
    if disease != "imam":
        return found
    kept = [s for s in STUDIES if s["included"] == "yes"]
    if question == "publications":
        found["floor"] = sum(s["label_certainty"] == "named_imam" for s in kept)
        found["candidate"] = sum(s["label_certainty"] in DOUBTFUL for s in kept)
    elif question == "reviews":
        found["floor"] = sum(s["design"] in ("systematic_review", "review") for s in kept)
    elif question == "patients_with_treatment":
        treated = {r["case_id"] for r in rows("curated/case_treatments") if r["source_level"] == "primary"}
        found["candidate"] = len(treated & {"bouzidi2015_1", "kim2022_1"})
        found["floor"] = len(treated) - found["candidate"]
    else:
        told = [c for c in CASES if question == "patients_described" or c["outcome"] != "not_reported"]
        found["floor"] = sum(int(c["n"]) for c in told if c["label_certainty"] == "named_imam")
        found["candidate"] = sum(int(c["n"]) for c in told if c["label_certainty"] in DOUBTFUL)
    if question == "patients_described":
        found["claimed"] = sum(int(s["n_patients"]) for s in STUDIES if s["study_id"] == "review2025")
    return found


QUESTIONS = [r["question_id"] for r in rows("catalog/questions")]
BY_ROWS = ("absent", "open")


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_counts_what_its_declaration_says(embedded, question):
    for disease in DISEASES:
        counted = Counter()
        for role, n, number in embedded.execute(
            """SELECT role, sum(n), count(*) FROM evidence
               WHERE question_id = ? AND disease_id = ? GROUP BY role""",
            [question, disease],
        ).fetchall():
            if role in ("value", "table"):
                continue
            if role == "claimed" and question == "disease_programmes":
                n = number
            counted[role] = number if role in BY_ROWS else int(n)
        assert +counted == expected(question, disease), disease


@pytest.mark.parametrize("disease", DISEASES)
def test_whole_tables_give_the_value_and_parts_are_never_added(embedded, disease):
    for question in {t["question"] for t in TABLES}:
        whole = [
            (t["search_id"], int(t["answering_count"]))
            for t in TABLES
            if (t["question"], t["disease_id"], t["coverage"]) == (question, disease, "whole")
        ]
        values = embedded.execute(
            "SELECT row_id, n FROM evidence WHERE question_id = ? AND disease_id = ? AND role = 'value'",
            [question, disease],
        ).fetchall()
        assert sorted(values) == sorted(whole)


def test_the_seed_claims_three_zeros_for_imam(embedded):
    claims = embedded.execute(
        "SELECT count(*), sum(n) FROM evidence WHERE role = 'claimed' AND question_id = 'trials_registered'"
    ).fetchone()
    assert claims == (3, 0)


# --- what the cells say on 23 November 2026 ------------------------------------------------------


def cell(embedded, question: str, disease: str) -> tuple:
    return embedded.execute(
        "SELECT state, n, bound, freshness, proven_sources, required_sources, broader_n, candidate_n,"
        " implied_by FROM cell_at(DATE '2026-11-23') WHERE question_id = ? AND disease_id = ?",
        [question, disease],
    ).fetchone()


@pytest.mark.parametrize(
    ("question", "disease", "row"),
    [
        ("trials_registered", "imam", ("unproven", None, "exact", "stale", 0, 5, 3, 0, None)),
        ("trials_recruiting", "imam", ("unproven", None, "exact", "stale", 0, 4, 1, 0, "trials_registered")),
        (
            "trials_with_results",
            "imam",
            ("unproven", None, "exact", "stale", 0, 4, 0, 0, "trials_registered"),
        ),
        ("trials_registered", "dm", ("found", 46, "floor", "fresh", 0, 5, 0, 0, None)),
        ("orphan_designation_us", "imam", ("zero", 0, "exact", "stale", 1, 1, 0, 0, None)),
        ("orphan_designation_us", "dm", ("found", 11, "exact", "stale", 1, 1, 0, 0, None)),
        ("diagnostic_code", "imam", ("zero", 0, "exact", "fresh", 1, 1, 0, 0, None)),
        ("public_grants", "imam", ("unsearched", None, "exact", "never_answered", 0, 4, 1, 0, None)),
        ("preclinical_study", "imam", ("claimed", None, "exact", "never_answered", 0, 2, 0, 0, None)),
        ("disease_programmes", "imam", ("unproven", None, "exact", "fresh", 0, 1, 7, 0, None)),
        ("patients_described", "imam", ("found", 33, "floor", "fresh", 0, 2, 0, 2, None)),
        ("prevalence_estimate", "iim", ("found", 2, "floor", "fresh", 1, 1, 0, 0, None)),
        ("biomarker_diagnostic", "imam", ("unproven", None, "exact", "fresh", 0, 2, 0, 12, None)),
    ],
)
def test_what_a_cell_says(embedded, question, disease, row):
    assert cell(embedded, question, disease) == row


def test_no_trial_cell_of_imam_is_a_zero_before_a_registry_was_asked(embedded):
    states = embedded.execute(
        "SELECT DISTINCT state FROM cell JOIN question USING (question_id)"
        " WHERE disease_id = 'imam' AND \"group\" = 'trials'"
    ).fetchall()
    assert {s for (s,) in states} <= {"claimed", "unproven"}


def test_freshness_is_derived_when_read(embedded):
    later = embedded.execute(
        "SELECT freshness FROM cell_at(DATE '2027-06-01')"
        " WHERE question_id = 'trials_registered' AND disease_id = 'dm'"
    ).fetchone()
    assert later == ("stale",)


def test_every_zero_names_the_whole_table_behind_it(embedded):
    zeros = embedded.execute(
        """SELECT c.question_id, c.disease_id, count(s.search_id)
           FROM cell AS c
           LEFT JOIN cell_search AS b USING (question_id, disease_id)
           LEFT JOIN search AS s ON s.search_id = b.search_id AND s.coverage = 'whole'
           WHERE c.state = 'zero' AND c.implied_by IS NULL GROUP BY ALL"""
    ).fetchall()
    assert zeros
    assert all(searches > 0 for _, _, searches in zeros)
