"""Trials joined from hand-kept rows and live records, and what their status allows to say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from dashboard import trials
from dashboard.figures import timeline
from dashboard.figures import trials as figure
from dashboard.text import translate

TODAY = date(2026, 11, 23)
EN = translate("en")
INTERVENTIONS = pd.DataFrame(
    {
        "intervention_id": ["rituximab", "prednisone"],
        "label_en": ["Rituximab", "Prednisone"],
        "label_fr": ["Rituximab", "Prednisone"],
        "synonyms": [["anti-CD20"], []],
        "class_id": ["b_cell_directed", "glucocorticoid"],
        "class_order": [50, 10],
    }
)


def curated(trial: str = "NCT00000001", **changes: Any) -> dict[str, Any]:
    """One hand-kept trial × disease."""
    row = {
        "trial_id": trial, "disease_id": "dm", "other_ids": [], "registry": "ClinicalTrials.gov",
        "title": "A trial", "phase": "2", "status": "recruiting", "status_as_of": "2026-06",
        "start_year": 2020, "interventions": ["rituximab"], "confidence": "high", "has_results": "unknown",
        "result": None, "result_direction": "not_reported", "url": "https://example.org/1",
        "citation_short": "A 2020",
    }  # fmt: skip
    return {**row, **changes}


def live(record: str, cluster: str, **changes: Any) -> dict[str, Any]:
    """One live record × disease."""
    row = {
        "cluster_id": cluster, "source_id": "isrctn", "source_name": "ISRCTN registry", "disease_id": "dm",
        "match": "condition", "record_id": record, "title": "Live", "url": "https://example.org/2",
        "other_ids": [], "phases": ["PHASE3"], "status": "RECRUITING", "status_as_of": "2026-11-01",
        "has_results": None, "year": 2024, "interventions": ["Drug: anti-CD20 infusion"],
    }  # fmt: skip
    return {**row, **changes}


def gathered(kept: list[dict[str, Any]], met: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows of both, joined."""
    return trials.gathered(
        pd.DataFrame(kept, columns=list(curated())),
        pd.DataFrame(met, columns=list(live("", ""))),
        INTERVENTIONS,
        TODAY,
    )


@pytest.mark.parametrize(
    ("status", "as_of", "said"),
    [
        ("recruiting", "2026-06", "open"),
        ("not_yet_recruiting", "2025-11-23", "open"),
        ("recruiting", "2025-11-22", "unsure"),
        ("recruiting", "2025-11", "unsure"),
        ("recruiting", "", "unsure"),
        ("recruiting", "2027-01-01", "unsure"),
        ("active_not_recruiting", "2026-10-01", "closed"),
        ("active_not_recruiting", "2020", "unsure"),
        ("completed", "", "ended"),
        ("withdrawn", "2001", "ended"),
        ("unknown", "2026-11-01", "unsure"),
    ],
)
def test_only_a_status_read_lately_lets_a_patient_in(status: str, as_of: str, said: str) -> None:
    assert trials.standing(status, as_of, TODAY) == said


def test_a_trial_kept_by_hand_and_met_in_a_register_counts_once() -> None:
    rows = gathered(
        [curated(other_ids=["ISRCTN00000007"])],
        [live("ISRCTN00000007", "isrctn:00000007", status="COMPLETED")],
    )
    assert list(rows["trial"]) == ["NCT00000001"]
    row = rows.iloc[0]
    assert row["status"] == "completed", "the status read last"
    assert row["status_as_of"] == "2026-11-01"
    assert row["year"] == 2020
    assert row["registries"] == ["isrctn"]
    assert row["records"] == [("ISRCTN registry", "ISRCTN00000007", "https://example.org/2")]


def test_one_trial_in_two_registers_is_one_trial_in_two_registers() -> None:
    both = [
        live("NCT00000009", "nct:00000009", source_id="clinicaltrials_gov", source_name="ClinicalTrials.gov"),
        live("ISRCTN00000009", "nct:00000009"),
    ]
    rows = gathered([curated()], both)
    assert trials.registered(rows) == (2, 2, 2)
    joined = rows[rows["trial"] == "NCT00000009"].iloc[0]
    assert len(joined["records"]) == 2
    assert joined["phase"] == "3"


def test_a_drug_that_the_catalog_does_not_know_is_seen_as_unmapped() -> None:
    rows = gathered(
        [], [live("ISRCTN1", "isrctn:1", interventions=["Anti-CD20 twice", "Wonderol", "Placebo"])]
    )
    row = rows.iloc[0]
    assert row["drugs"] == ["rituximab"]
    assert row["classes"] == ["b_cell_directed", "unmapped"]
    assert row["unmapped"] == ["Wonderol"]
    silent = gathered([], [live("ISRCTN2", "isrctn:2", interventions=[])]).iloc[0]
    assert silent["classes"] == ["unmapped"]


def test_a_record_under_a_broader_label_is_never_among_those_that_name_the_disease() -> None:
    rows = gathered(
        [curated()],
        [live("ISRCTN3", "isrctn:3", disease_id="imam", match="broader"), live("ISRCTN3", "isrctn:3")],
    )
    named = trials.named(rows)
    assert "imam" not in set(named["disease_id"])
    eligibility = pd.DataFrame([{"trial_id": "NCT00000001", "verdict": "unclear", "note": "x"}])
    apart = trials.broader(rows, eligibility, "imam")
    assert dict(zip(apart["trial"], apart["verdict"], strict=True)) == {
        "NCT00000001": "unclear",
        "ISRCTN3": "met",
    }


def test_a_status_without_a_date_says_so() -> None:
    row = gathered([curated(status_as_of=None)], []).iloc[0].to_dict()
    assert trials.status_line(row, EN) == "recruiting (status undated)"
    assert trials.status_line({**row, "status_as_of": "2026-06"}, EN) == "recruiting (read Jun 2026)"
    assert "statut non daté" in trials.status_line(row, translate("fr"))


def test_only_secure_addresses_become_links() -> None:
    names = trials.Names(trials.class_names(pd.DataFrame([]), EN), INTERVENTIONS, EN)
    rows = gathered([curated(url="http://example.org"), curated("b", url="javascript:alert(1)")], [])
    assert set(trials.table(rows, {}, names, EN)["Link"]) == {""}


def cell(disease: str, **changes: Any) -> dict[str, Any]:
    """The cell of registered trials."""
    row = {
        "disease_id": disease, "abbreviation": disease.upper(), "role": "focus", "state": "unproven", "n": 0,
        "bound": "exact", "freshness": "fresh", "answered_on": "2026-11", "broader_n": 3, "candidate_n": 0,
        "implied_by": None, "proven_sources": 0, "required_sources": 5, "said": "None <seen> so far.",
    }  # fmt: skip
    return {**row, **changes}


def texts(drawn: Any, name: str) -> list[str]:
    """What stands in the middle of the boxes called ``name``."""
    traces = {trace.name: trace for trace in drawn.data}
    boxes, said = traces[name], traces["texts"]
    middles = {(x, base + y / 2) for x, base, y in zip(boxes.x, boxes.base, boxes.y, strict=True)}
    return [text for x, y, text in zip(said.x, said.y, said.text, strict=True) if (x, y) in middles]


@pytest.mark.parametrize("narrow", [False, True])
def test_the_empty_lane_is_drawn_in_its_state_and_undated_trials_have_their_place(narrow: bool) -> None:
    rows = gathered([curated(), curated("b", start_year=None), curated("c", status="completed")], [])
    names = trials.Names({"b_cell_directed": "B cells"}, INTERVENTIONS, EN)
    cells = pd.DataFrame([cell("imam"), cell("dm", state="found", n=3, role="comparator")])
    drawn = figure.figure(rows, rows, cells, names, EN, span=(2015, 2026), theme="light", narrow=narrow)
    traces = {trace.name: trace for trace in drawn.data}
    assert len(traces["absent"].x) == 1
    (absent,) = texts(drawn, "absent")
    assert "0?" in absent
    assert "<seen>" not in absent, "evidence is escaped"
    assert len(traces["full"].x) + len(traces["plain"].x) == 3
    assert any("no year" in said for said in traces["years"].text)
    rule = max(x for x in traces["rules"].x if x is not None)
    assert rule >= max(traces["full"].x)


def test_a_filter_that_empties_a_lane_keeps_it_and_says_how_many_there_are() -> None:
    rows = gathered([curated()], [])
    names = trials.Names({}, INTERVENTIONS, EN)
    drawn = figure.figure(
        rows, rows.iloc[:0], pd.DataFrame([cell("dm")]), names, EN, span=(2015, 2026), theme="dark"
    )
    assert texts(drawn, "empty") == ["0 of 1 in this filter"]


def test_too_many_trials_become_numbers() -> None:
    many = [timeline.Tile("dm", 2020 if i % 2 else None, "", "plain", "") for i in range(timeline.EACH + 40)]
    drawn = timeline.figure([timeline.Lane("dm", "DM")], many, (2015, 2026), EN, "light")
    assert texts(drawn, "counted") == ["150", "150"]
