"""Who received what, recomputed from the CSV files with plain Python; nothing is a rate."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dashboard import case_treatments, cases, queries
from dashboard.case_treatments import Received
from dashboard.figures import case_dots
from dashboard.queries import patients as asked
from dashboard.text import translate
from tests.conftest import ROOT

EN = translate("en")


def rows(name: str) -> list[dict[str, str]]:
    folder = "catalog" if name == "interventions" else "curated"
    with (ROOT / "data" / folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


CASES = {r["case_id"]: r for r in rows("cases") if r["n"] == "1"}
CLASS = {r["intervention_id"]: r["class_id"] for r in rows("interventions")}
PRIMARY = [r for r in rows("case_treatments") if r["source_level"] == "primary"]


@pytest.fixture
def found(embedded: Path) -> list[Received]:
    known = queries.cases("imam")
    return case_treatments.received(known.patients, known.treatments, asked.beside("imam").named, EN)


def by_id(found: list[Received], treatment: str) -> Received:
    return next(row for row in found if row.treatment_id == treatment)


def test_counts_are_those_of_the_files(found: list[Received]) -> None:
    for row in found:
        told = [r for r in PRIMARY if row.treatment_id in (r["intervention_id"], CLASS[r["intervention_id"]])]
        who = {r["case_id"] for r in told}
        assert {p["case_id"] for p in row.patients} == who, row.treatment_id
        outcomes = [CASES[case]["outcome"] for case in who]
        assert row.well == sum(o in ("remission", "improved") for o in outcomes)
        assert row.unknown == outcomes.count("not_reported")
        assert set(row.sure) == {c for c in who if CASES[c]["label_certainty"] == "named_imam"}
        assert sum(row.with_outcome(code) for code in cases.OUTCOMES) == row.n, "nobody is lost"
    drugs = {row.treatment_id for row in found if not row.is_class and row.n}
    assert drugs == {r["intervention_id"] for r in PRIMARY}


def test_what_is_only_listed_keeps_an_empty_lane(found: list[Received]) -> None:
    listed = {r["treatment_id"] for r in rows("named_treatments")}
    assert {row.treatment_id for row in found if row.listed_by} == listed
    for treatment in ("methotrexate", "mycophenolate_mofetil", "immunoglobulin_iv", "rituximab"):
        row = by_id(found, treatment)
        assert row.n == 0
        assert case_treatments.sentence(row, EN) == "none met in readable text"
        assert "seed" in row.listed_by.casefold()
    calcineurin = by_id(found, "calcineurin_inhibitor")
    assert calcineurin.n == 0
    assert calcineurin.second_hand == ("kim2022_1",)
    assert case_treatments.sentence(calcineurin, EN).endswith("1 by another document only")


def test_second_hand_drugs_of_one_patient_count_nowhere(found: list[Received]) -> None:
    azathioprine = by_id(found, "azathioprine")
    assert [p["case_id"] for p in azathioprine.patients] == ["carrera2006_1"]
    assert azathioprine.second_hand == ("kim2022_1",)


def test_the_interval_stands_only_from_five_on_and_under_its_words(found: list[Received]) -> None:
    known = queries.cases("imam")
    limits = asked.intervals(end for row in found if row.ends for end in row.ends)
    table = case_treatments.table(found, known.treatments, limits, EN)
    shown = dict(
        zip(
            table["Treatment"].str.strip(),
            table["If these were a random sample, which they are not"],
            strict=True,
        )
    )
    assert shown["Glucocorticoid"] == "28.4–99.5\u00a0%"
    assert {said for name, said in shown.items() if name != "Glucocorticoid"} == {"fewer than five"}
    assert "%" not in " ".join(
        map(str, table.drop(columns=["If these were a random sample, which they are not"]).to_numpy().ravel())
    )
    assert "%" not in case_dots.alt(found, EN)


def test_unknown_outcomes_widen_the_interval_on_both_sides() -> None:
    patients = tuple(
        {"case_id": str(n), "outcome": o} for n, o in enumerate(["improved"] * 4 + ["not_reported"] * 2)
    )
    row = Received("x", "X", "c", False, patients=patients)
    assert row.ends == ((4, 6), (6, 6))


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("narrow", [False, True])
def test_one_dot_a_patient_and_drug(embedded: Path, lang: str, narrow: bool) -> None:
    known, text = queries.cases("imam"), translate(lang)
    found = case_treatments.received(known.patients, known.treatments, asked.beside("imam").named, text)
    figure = case_dots.figure(known.patients, known.treatments, found, text, "light", narrow=narrow)
    dots = sum(len(t.x) for t in figure.data if t.name == "received")
    assert dots == len({(r["case_id"], r["intervention_id"]) for r in PRIMARY})
    empty = sum(t.name == "empty lane" for t in figure.data)
    assert empty == sum(row.n == 0 for row in found) >= 5
    hatched = sum(t.name == "unknown treatment" for t in figure.data)
    assert hatched == len(set(CASES) - {r["case_id"] for r in rows("case_treatments")})
    told = case_dots.alt(found, text)
    assert all(row.label in told for row in found)
