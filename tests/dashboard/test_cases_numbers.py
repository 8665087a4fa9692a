"""What the Cases page says, recomputed from the CSV files with plain Python."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from dashboard import case_report, cases, queries
from dashboard.queries import Cases
from dashboard.text import translate
from tests.conftest import ROOT

CURATED = ROOT / "data" / "curated"
WORDS = {
    "en": ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
    "fr": ["aucun", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"],
}


def rows(name: str) -> list[dict[str, str]]:
    """A curated file as it is."""
    with (CURATED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


STUDIES = {r["study_id"]: r for r in rows("studies")}
REFERENCES = {r["reference_id"]: r for r in rows("references")}
IMAM = [
    r
    for r in rows("cases")
    if STUDIES[r["study_id"]]["disease_id"] == "imam" and STUDIES[r["study_id"]]["included"] == "yes"
]
SINGLE = [r for r in IMAM if r["n"] == "1"]
TREATED = {r["case_id"] for r in rows("case_treatments")}


@pytest.fixture
def found(embedded: Path) -> Cases:
    return queries.cases("imam")


def test_every_row_of_the_file_stands_in_the_frame(found: Cases) -> None:
    assert sorted(found.patients["case_id"]) == sorted(r["case_id"] for r in IMAM)
    told = [
        (r["case_id"], r["line"], r["intervention_id"], r["source_level"]) for r in rows("case_treatments")
    ]
    assert sorted(told) == sorted(
        (t["case_id"], str(t["line"]), t["intervention_id"], t["source_level"])
        for t in found.treatments.to_dict("records")
    )


def test_headline_counts_every_patient_once(found: Cases) -> None:
    said = case_report.headline(found.patients, "IMAM", translate("en"))
    counted = Counter(r["outcome"] for r in SINGLE)
    verbs = {
        "remission": "reached remission",
        "improved": "improved",
        "died": "died",
        "not_reported": "are unknown",
    }
    assert set(counted) <= set(verbs)
    word = WORDS["en"]
    for outcome, n in counted.items():
        assert f"{word[n]} {verbs[outcome]}" in said
    assert said.startswith(f"Of {word[len(SINGLE)]} patients described one by one, ")
    assert sum(counted.values()) == len(SINGLE)
    doubtful = [r for r in SINGLE if r["label_certainty"] == "doubtful"]
    assert said.count("doubtful") == len(doubtful) == 1
    assert "%" not in said


def test_headline_reads_as_written_in_both_languages(found: Cases) -> None:
    assert case_report.headline(found.patients, "IMAM", translate("en")) == (
        "Of eight patients described one by one, two reached remission, three improved "
        "(one not called IMAM by its own abstract), one died (IMAM doubtful), two are unknown; "
        "published cases favour success."
    )
    french = case_report.headline(found.patients, "IMAM", translate("fr")).replace("\u202f", " ")
    assert french == (
        "Sur huit patients décrits un à un, deux sont en rémission, trois améliorés "
        "(l’un non nommé IMAM par son propre résumé), un décédé (étiquette IMAM douteuse), deux inconnus ; "
        "les cas publiés favorisent les succès."
    )


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_title_counts_those_with_treatment_and_outcome(found: Cases, lang: str) -> None:
    known = [r for r in SINGLE if r["outcome"] != "not_reported" and r["case_id"] in TREATED]
    said = case_report.finding(found.patients, found.treatments, translate(lang))
    assert WORDS[lang][len(known)] in said
    assert WORDS[lang][len(SINGLE)] in said
    assert not any(r["followup_months"] or r["time_to_outcome_months"] for r in SINGLE)
    assert ("for none, how long" in said) or ("la durée, pour aucun" in said)


def test_one_patient_reads_in_the_singular(found: Cases) -> None:
    one = found.patients[found.patients["case_id"] == "carrera2006_1"]
    assert case_report.headline(one, "IMAM", translate("en")).startswith(
        "Of one patient described alone, one improved"
    )
    assert case_report.headline(one, "IMAM", translate("fr")).startswith(
        "Sur un patient décrit seul, un amélioré"
    )


def test_table_holds_each_row_once_and_no_exact_age_unless_asked(found: Cases) -> None:
    text = translate("en")
    table = case_report.table(found.patients, found.treatments, text)
    assert list(table["Case"]) == list(found.patients["case_id"])
    for row in IMAM:
        shown = table[table["Case"] == row["case_id"]].iloc[0]
        reference = REFERENCES[STUDIES[row["study_id"]]["reference_id"]]
        assert shown["Year"] == reference["year"]
        assert shown["Link"] == reference["url"]
        assert row["locator"] in shown["Read"]
        assert (shown["Age band"] == "not in the part read") == (row["age_years"] == "")
        assert (shown["Outcome"] == "not in the part read") == (row["outcome"] == "not_reported")
    ages = {r["age_years"] for r in IMAM if r["age_years"]}
    assert not ages & {str(value) for column in table for value in table[column]}
    exact = case_report.table(found.patients, found.treatments, text, exact=True)
    assert {float(a) for a in ages} == set(exact["Age (years)"].dropna())


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, "under 18"),
        (17.9, "under 18"),
        (18, "18–39"),
        (39, "18–39"),
        (40, "40–59"),
        (60, "60 or over"),
        (None, ""),
    ],
)
def test_age_bands(age: float | None, band: str) -> None:
    assert cases.band(age, translate("en")) == band


def test_every_field_of_every_patient_can_be_opened(found: Cases) -> None:
    sheets = case_report.one_by_one(found.patients, found.treatments, translate("en"))
    assert len(sheets) == len(IMAM)
    by_id = dict(zip(found.patients["case_id"], sheets, strict=True))
    for row in IMAM:
        heading, html = by_id[row["case_id"]]
        reference = REFERENCES[STUDIES[row["study_id"]]["reference_id"]]
        assert reference["citation_short"] in heading.replace("\\", "")
        assert reference["url"] in html
        assert "Outcome read by extractor A" in html
        assert "Outcome read by extractor B" in html
        assert "Reason" in html
        for field in ("ck_u_per_l", "ferritin_ng_per_ml", "imaging", "biopsy", "antibodies"):
            if not row[field]:
                assert 'class="lc-gap lc-unread">not in the part read' in html


def test_silence_of_a_paper_read_whole_looks_different(found: Cases) -> None:
    whole = found.patients.assign(access="full_text")
    _heading, html = case_report.one_by_one(whole, found.treatments, translate("en"))[0]
    assert "lc-silent" in html
    assert "lc-unread" not in html
    assert "not reported" in html


def test_evidence_cannot_write_html(found: Cases) -> None:
    bad = found.patients.assign(
        biopsy="<script>x</script>", url="javascript:alert(1)", citation_short="*<b>A*"
    )
    heading, html = case_report.one_by_one(bad, found.treatments, translate("en"))[0]
    assert "<script>" not in html
    assert "javascript:" not in html
    assert "\\*\\<b\\>A\\*" in heading
