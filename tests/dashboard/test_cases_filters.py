"""Filters leave exactly the rows that a plain loop leaves, and change nothing."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import cases, queries
from dashboard.queries import Cases

_FOUND: dict[str, Cases] = {}


@pytest.fixture(autouse=True, scope="module")
def found(published: Path) -> Iterator[None]:
    """Read once: hypothesis asks many times."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LACUNA_STORE", str(published))
        _FOUND["imam"] = queries.cases("imam")
    yield


DRUGS = ["prednisone", "azathioprine", "tacrolimus", "unspecified_glucocorticoid", "rituximab"]
CLASSES = ["glucocorticoid", "calcineurin_inhibitor", "conventional_immunosuppressant", "b_cell_directed"]


def some(codes: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Nothing three times out of four, so that several filters at once leave somebody."""
    picked = st.lists(st.sampled_from(codes), unique=True, max_size=3).map(tuple)
    return st.one_of(st.just(()), st.just(()), st.just(()), picked)


chosen = st.builds(
    cases.Filters,
    years=st.none()
    | st.tuples(st.integers(1990, 2030), st.integers(1990, 2030)).map(lambda y: (min(y), max(y))),
    undated=st.booleans(),
    drugs=st.lists(st.sampled_from(DRUGS), unique=True, max_size=3).map(tuple),
    classes=st.lists(st.sampled_from(CLASSES), unique=True, max_size=3).map(tuple),
    untold=st.booleans(),
    conditions=some(["mas_hlh", "dermatomyositis", "vaccination", "unknown"]),
    sexes=some(["female", "male", "unknown"]),
    ages=some(["under_18", "18_39", "40_59", "60_on", "unknown"]),
    certainties=some(["named_imam", "doubtful", "label_from_secondary_source"]),
    levels=some(["primary", "secondary", "unknown"]),
    confidence=some(["high", "medium", "low"]),
)


def traits_fit(patient: dict[Hashable, Any], told: list[dict[Hashable, Any]], f: cases.Filters) -> bool:
    """Whether the patient's own traits are among those asked for; the unknown only where asked for."""
    age = patient["age_years"]
    bands = {"under_18": (0, 18), "18_39": (18, 40), "40_59": (40, 60), "60_on": (60, 999)}
    has: dict[str, list[str]] = {
        "conditions": list(patient["associated_conditions"]) or ["unknown"],
        "sexes": [patient["sex"]],
        "ages": ["unknown"] if pd.isna(age) else [b for b, (low, high) in bands.items() if low <= age < high],
        "certainties": [patient["label_certainty"]],
        "levels": [t["source_level"] for t in told] or ["unknown"],
        "confidence": [patient["confidence"]],
    }
    return all(not getattr(f, name) or set(getattr(f, name)) & set(codes) for name, codes in has.items())


def plainly(patients: pd.DataFrame, treatments: pd.DataFrame, f: cases.Filters) -> list[str]:
    """The same, one patient at a time."""
    left = []
    for patient in patients.to_dict("records"):
        told = [t for t in treatments.to_dict("records") if t["case_id"] == patient["case_id"]]
        year = None if pd.isna(patient["year"]) else int(patient["year"])
        in_years = not f.years or (f.undated if year is None else f.years[0] <= year <= f.years[1])
        fits = True
        for column, wanted in (("intervention_id", f.drugs), ("class_id", f.classes)):
            if wanted:
                fits = fits and (any(t[column] in wanted for t in told) if told else f.untold)
        if in_years and fits and traits_fit(patient, told, f):
            left.append(str(patient["case_id"]))
    return left


@settings(max_examples=150, deadline=None)
@given(
    f=chosen, undated=st.lists(st.booleans(), min_size=9, max_size=9), sort=st.sampled_from(list(cases.SORTS))
)
def test_a_filter_leaves_what_a_plain_loop_leaves(f: cases.Filters, undated: list[bool], sort: str) -> None:
    found = _FOUND["imam"]
    patients = found.patients.copy()
    patients["year"] = patients["year"].astype("Int64").mask(pd.Series(undated, index=patients.index))
    before, told = patients.copy(), found.treatments.copy()
    ordered = cases.ordered(patients, found.treatments, sort, "en")
    shown = cases.kept(ordered, found.treatments, f)
    assert list(shown["case_id"]) == plainly(ordered, found.treatments, f)
    assert sorted(ordered["case_id"]) == sorted(before["case_id"]), "sorting loses nobody"
    assert list(ordered["n"] > 1) == sorted(ordered["n"] > 1), "groups stand last"
    pd.testing.assert_frame_equal(patients, before)
    pd.testing.assert_frame_equal(found.treatments, told)
    pd.testing.assert_frame_equal(shown, patients.loc[shown.index])


@settings(max_examples=100, deadline=None)
@given(f=chosen)
def test_a_filter_that_empties_the_page_is_named(f: cases.Filters) -> None:
    found = _FOUND["imam"]
    named = cases.emptied_by(found.patients, found.treatments, f)
    left = plainly(found.patients, found.treatments, f)
    assert bool(named) == (not left)
    assert set(named) <= set(f.active)
    one_is_enough = [n for n in f.active if plainly(found.patients, found.treatments, f.without(n))]
    if not left and one_is_enough:
        assert list(named) == one_is_enough


def test_sorting_by_outcome_and_treatment() -> None:
    found = _FOUND["imam"]
    by_outcome = cases.single(cases.ordered(found.patients, found.treatments, "outcome", "en"))
    places = [list(cases.OUTCOMES).index(o) for o in by_outcome["outcome"]]
    assert places == sorted(places)
    by_drug = cases.single(cases.ordered(found.patients, found.treatments, "treatment", "en"))
    told = by_drug["case_id"].isin(found.treatments["case_id"]).tolist()
    assert told == sorted(told, reverse=True), "unknown treatments last"


def test_second_hand_matches_are_counted() -> None:
    found = _FOUND["imam"]
    f = cases.Filters(drugs=("azathioprine",))
    shown = cases.kept(found.patients, found.treatments, f)
    assert set(shown["case_id"]) == {"carrera2006_1", "kim2022_1"}
    assert cases.second_hand_only(found.treatments, shown, f) == 1
