"""Every cell of the Cases page can be traced to a reference and a place in it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from html import escape
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import case_report, cases, queries
from dashboard.text import translate
from tests.conftest import ROOT
from tests.dashboard.test_cases_page import opened  # noqa: F401  # a fixture

Open = Callable[..., AppTest]


def rows(name: str) -> list[dict[str, str]]:
    with (ROOT / "data" / "curated" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


REFERENCES = {r["reference_id"]: r for r in rows("references")}
STUDIES = {r["study_id"]: r for r in rows("studies")}
CASES = {r["case_id"]: r for r in rows("cases")}
TREATMENTS = rows("case_treatments")
SHORT = {r["citation_short"] for r in REFERENCES.values()}


def reference_of(case: str) -> dict[str, str]:
    return REFERENCES[STUDIES[CASES[case]["study_id"]]["reference_id"]]


def places(case: str) -> set[str]:
    """Where the treatments of a case are said."""
    return {
        f"{REFERENCES[t['reference_id']]['citation_short']}: {t['locator']}"
        for t in TREATMENTS
        if t["case_id"] == case
    }


def trace_case(row: dict[str, object]) -> None:
    case = CASES[str(row["Case"])]
    assert case["locator"], "a row says where it was read"
    assert str(row["Read"]).endswith(case["locator"])
    assert row["Link"] == reference_of(case["case_id"])["url"]
    assert str(row["Report"]).startswith(reference_of(case["case_id"])["citation_short"])


def trace_treatment(row: dict[str, object]) -> None:
    counted = [c for c in str(row["Cases"]).split(", ") if c]
    assert len(counted) == row["Received it (alone or combined)"] + row["By another document only"]  # type: ignore[operator]
    said = str(row["Said where"])
    assert said, "an empty lane names the document that lists it"
    for case in counted:
        assert any(place in said for place in places(case)), (row["Treatment"], case)
    for place in said.split(" · "):
        citation, _colon, locator = place.partition(": ")
        assert citation in SHORT, place
        assert locator, place


def trace_report(row: dict[str, object]) -> None:
    assert row["Report"] in SHORT
    known = [r for r in REFERENCES.values() if r["citation_short"] == row["Report"]]
    assert row["Link"] in {"", None, *(_address(r) for r in known)}


def _address(reference: dict[str, str]) -> str:
    if reference["url"] or not (reference["doi"] or reference["pmid"]):
        return reference["url"]
    if reference["doi"]:
        return f"https://doi.org/{reference['doi']}"
    return f"https://pubmed.ncbi.nlm.nih.gov/{reference['pmid']}/"


def trace_agreement(row: dict[str, object]) -> None:
    assert "evidence README" in str(row["Said where"])


def tracer(table: pd.DataFrame) -> Callable[[dict[str, object]], None]:
    """How the rows of a table are traced, by the column that names their source."""
    for column, trace in {"Case": trace_case, "Cases": trace_treatment, "Report": trace_report}.items():
        if column in table:
            return trace
    assert "Said where" in table, list(table)
    return trace_agreement


def test_every_row_of_every_table_of_the_page(opened: Open) -> None:  # noqa: F811
    page = opened()
    walked = {}
    for shown in page.dataframe:
        trace = tracer(shown.value)
        for row in shown.value.to_dict("records"):
            trace({str(name): value for name, value in row.items()})
        walked[trace.__name__] = walked.get(trace.__name__, 0) + len(shown.value)
    assert walked == {
        "trace_case": len(CASES),
        "trace_treatment": 14,
        "trace_agreement": len(rows("agreement")),
        "trace_report": len(STUDIES) + len(rows("related_labels")),
    }


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_sheet_of_a_patient_says_where(embedded: Path, lang: str) -> None:
    found, text = queries.cases("imam"), translate(lang)
    sheets = case_report.one_by_one(found.patients, found.treatments, text)
    for case, (_heading, sheet) in zip(found.patients["case_id"], sheets, strict=True):
        assert escape(CASES[case]["locator"]) in sheet
        assert escape(reference_of(case)["citation_short"]) in sheet
        for treatment in (t for t in TREATMENTS if t["case_id"] == case):
            assert escape(treatment["locator"]) in sheet
        facts = sheet.count("<dt>")
        assert facts == sheet.count("<dd>") >= 20, "each field is there, known or not"


def test_every_strip_of_the_lanes_names_its_document(embedded: Path) -> None:
    found = queries.cases("imam")
    for lane in cases.lanes(found.patients, found.treatments, translate("en")):
        short = {
            REFERENCES[t["reference_id"]]["citation_short"]
            for t in TREATMENTS
            if t["case_id"] == lane.case_id
        }
        assert all(any(s in chip.hover for s in short) for chip in lane.chips)


def test_every_series_that_stands_apart_says_where(embedded: Path) -> None:
    found = queries.cases("imam")
    known = case_report.series(found.patients, found.studies, found.treatments, translate("en"))
    assert [s.n for s in known] == [27, 49]
    for series in known:
        assert any(series.title.startswith(short) for short in SHORT)
        assert series.read
        assert series.url.startswith("https://")


def test_a_minor_who_died_is_no_headline(opened: Open) -> None:  # noqa: F811
    page = opened()
    dead = [
        c for c in CASES.values() if c["outcome"] == "died" and c["age_years"] and float(c["age_years"]) < 18
    ]
    assert dead
    headings = [h.value for h in (*page.title, *page.header)] + [e.label for e in page.expander]
    for case in dead:
        short = reference_of(case["case_id"])["citation_short"]
        own = [h for h in headings if short in h.replace("\\", "")]
        assert own
        assert not any("died" in h for h in own)
    assert not any("died" in h for h in headings)
