"""Two thousand generated patients of another disease: the page stays readable. None of them is real."""

from __future__ import annotations

import csv
import random
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from dashboard import case_treatments, cases, queries
from dashboard.figures import case_dots, case_lanes
from dashboard.queries import patients as asked
from dashboard.text import translate
from etl import store as built
from etl.tables import table
from tests.conftest import ROOT
from tests.dashboard.test_cases_page import Open, html, lanes, opened  # noqa: F401  # a fixture

N = 2000
DRUGS = ("prednisone", "azathioprine", "methotrexate", "rituximab", "tacrolimus", "immunoglobulin_iv")


def append(data: Path, name: str, rows: list[dict[str, str]]) -> None:
    declared = table(name)
    with (data / declared.file).open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, [c.name for c in declared.columns], restval="", lineterminator="\n").writerows(
            rows
        )


def generated(data: Path) -> None:
    """Write generated reports, patients and treatments of dermatomyositis."""
    chance = random.Random(5)
    reports, studies, patients, treatments = [], [], [], []
    for r in range(N // 10):
        name = f"generated_{r:03}"
        reports.append(
            {"reference_id": name, "kind": "article", "citation_short": f"GENERATED {r:03}",
             "title": "Generated",
             "year": "" if r % 9 == 0 else str(1990 + r % 36), "access": ("full_text", "abstract")[r % 2],
             "url": "https://example.org/generated", "accessed_on": "2026-11-23", "language": "en"}
        )  # fmt: skip
        studies.append(
            {"study_id": name, "disease_id": "dm", "reference_id": name, "design": "case_series",
             "n_patients": "10", "included": "yes", "label_certainty": "named_imam", "extractor": "generated"}
        )  # fmt: skip
    for p in range(N):
        case, study = f"generated_case_{p:04}", f"generated_{p // 10:03}"
        outcome = chance.choice(list(cases.OUTCOMES))
        patients.append(
            {"case_id": case, "study_id": study, "n": "1",
             "age_years": chance.choice(["", "9", "25", "50", "70"]),
             "sex": chance.choice(["female", "male", "unknown"]),
             "relapse": chance.choice(["yes", "no", "not_reported"]),
             "outcome": outcome, "outcome_extractor_a": outcome, "locator": "generated",
             "adjudication": "single_extractor",
             "label_certainty": chance.choice(["named_imam", "doubtful"]), "confidence": "low",
             "followup_months": "24" if p % 5 == 0 else ""}
        )  # fmt: skip
        for line, drug in enumerate(chance.sample(DRUGS, chance.randint(0, 3)), 1):
            timed = {"start_month": str(6 * line - 6), "still_given": "yes"} if p % 5 == 0 else {}
            treatments.append(
                {"case_id": case, "line": str(line), "intervention_id": drug,
                 "role": "initial" if line == 1 else "added",
                 "source_level": "primary", "reference_id": study, "locator": "generated", **timed}
            )  # fmt: skip
    for name, rows in zip(
        ("reference", "study", "case_", "case_treatment"),
        (reports, studies, patients, treatments),
        strict=True,
    ):
        append(data, name, rows)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    for part in ("catalog", "curated"):
        shutil.copytree(ROOT / "data" / part, folder / "data" / part)
    generated(folder / "data")
    link = folder / "lacuna.duckdb"
    built.build_and_publish(built.Paths(folder / "data", link, ()), datetime(2026, 11, 23, 20, 0))
    return link


@pytest.fixture
def crowded(many: Path, opened: Open, monkeypatch: pytest.MonkeyPatch) -> Open:  # noqa: F811
    monkeypatch.setenv("LACUNA_STORE", str(many))
    return opened


def test_fifty_lanes_a_page_and_all_in_the_table(crowded: Open) -> None:
    page = crowded(disease="DM")
    assert f"Of {N:,} patients described one by one" in html(page)
    assert len(lanes(page)) == 50
    assert len(page.dataframe[0].value) == N
    first = lanes(page)
    page.button(key="lanes-next").click().run()
    assert not page.exception
    assert len(lanes(page)) == 50
    assert lanes(page) != first
    assert any(f"Lanes 51 to 100 of {N:,}" in m.value for m in page.markdown)


def test_a_page_of_lanes_beyond_the_last_is_the_last(crowded: Open) -> None:
    page = crowded(disease="DM", lanes=["99999"])
    assert any(f"Lanes 1,951 to {N:,} of {N:,}" in m.value for m in page.markdown)


def test_the_dots_become_counts_that_lose_nobody(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LACUNA_STORE", str(many))
    found, text = queries.cases("dm"), translate("en")
    counted = case_treatments.received(found.patients, found.treatments, asked.beside("dm").named, text)
    for row in counted:
        assert sum(row.with_outcome(code) for code in cases.OUTCOMES) == row.n
    drugs = {row.treatment_id: row.n for row in counted if not row.is_class}
    assert drugs == found.treatments.groupby("intervention_id")["case_id"].nunique().to_dict()
    figure = case_dots.figure(found.patients, found.treatments, counted, text, "light")
    said = {str(w) for t in figure.data if t.text is not None for w in t.text}
    assert {text.number(row.with_outcome("died")) for row in counted} <= said
    assert figure.layout.height < 1000


def test_known_times_become_swimmer_lanes(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LACUNA_STORE", str(many))
    found, text = queries.cases("dm"), translate("en")
    told = set(found.treatments.loc[found.treatments["still_given"].notna(), "case_id"])
    drawn = cases.lanes(found.patients.iloc[:50], found.treatments, text)
    assert {lane.case_id for lane in drawn if lane.timed} == told & set(found.patients["case_id"].iloc[:50])
    figure = case_lanes.figure(found.patients.iloc[:50], found.treatments, text, "light")
    going = next(t for t in figure.data if t.name == "ongoing")
    assert len(going.x) == sum(len(lane.chips) for lane in drawn if lane.timed)
    said = [str(w) for t in figure.data if t.text is not None for w in t.text]
    assert said.count("24 months") == sum(lane.timed for lane in drawn)
    assert "↻ relapse" in said
