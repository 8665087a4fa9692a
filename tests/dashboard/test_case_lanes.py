"""The lanes: one a patient, nothing invented, what is missing drawn as missing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import plotly.graph_objects as go
import pytest

from dashboard import cases, queries
from dashboard.figures import case_lanes
from dashboard.queries import Cases
from dashboard.text import translate

EN = translate("en")


@pytest.fixture
def found(embedded: Path) -> Cases:
    return queries.cases("imam")


def words(figure: go.Figure) -> list[str]:
    """Every text drawn."""
    return [str(said) for trace in figure.data for said in (trace.text if trace.text is not None else ())]


def boxes(figure: go.Figure, look: str) -> int:
    """How many strips have this look."""
    return sum(list(t.x).count(None) for t in figure.data if t.name == look)


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_one_lane_a_patient(found: Cases, lang: str, theme: str, narrow: bool) -> None:
    figure = case_lanes.figure(found.patients, found.treatments, translate(lang), theme, narrow=narrow)
    said = words(figure)
    for lane in cases.lanes(found.patients, found.treatments, translate(lang)):
        assert said.count(f"<b>{lane.title}</b>") == 1
    levels = Counter(found.treatments["source_level"])
    assert boxes(figure, "given") == levels["primary"]
    assert boxes(figure, "second_hand") == levels["secondary"]
    told = found.patients["case_id"].isin(found.treatments["case_id"])
    single = found.patients["n"] == 1
    untold = int((~told & single).sum())
    unknown = int(((found.patients["outcome"] == "not_reported") & single).sum())
    assert boxes(figure, "unread") == untold + unknown + int((~single).sum())
    assert not figure.layout.xaxis.visible, "no time axis"
    assert not figure.layout.yaxis.visible


def test_a_group_is_drawn_as_its_patients_and_counted_nowhere_else(found: Cases) -> None:
    figure = case_lanes.figure(found.patients, found.treatments, EN, "light")
    dots = next(t for t in figure.data if t.name == "group")
    assert len(dots.x) == int(found.patients.loc[found.patients["n"] > 1, "n"].sum()) == 27
    assert "treatment and outcome not in the part read" in words(figure)


def test_strips_have_one_length_because_time_is_unknown(found: Cases) -> None:
    figure = case_lanes.figure(found.patients, found.treatments, EN, "light")
    lengths = {
        round(t.x[i + 1] - t.x[i], 6)
        for t in figure.data
        if t.name in ("given", "second_hand")
        for i in range(0, len(t.x), 6)
    }
    assert len(lengths) == 1


def test_no_exact_age_anywhere_in_the_figure(found: Cases) -> None:
    aged = found.patients.assign(age_years=44.0)
    for narrow in (False, True):
        figure = case_lanes.figure(aged, found.treatments, EN, "light", narrow=narrow)
        assert not any("44" in said for said in words(figure))
        assert "44" not in json.dumps(
            [t.hovertext for t in figure.data if t.hovertext is not None], default=list
        )
    assert "44" not in case_lanes.alt(aged, found.treatments, EN)


def test_doubt_stands_beside_the_outcome(found: Cases) -> None:
    said = words(case_lanes.figure(found.patients, found.treatments, EN, "light", narrow=True))
    assert any(s.startswith("<b>died</b>") and "label doubtful" in s for s in said)
    assert sum("label second-hand" in s for s in said) == 1


def test_switch_and_addition_have_their_signs(found: Cases) -> None:
    told = found.treatments.copy()
    said = words(case_lanes.figure(found.patients, told, EN, "light"))
    assert "→ Tacrolimus ?" in said
    added = told.assign(role="added")
    assert "+ Prednisone" in words(case_lanes.figure(found.patients, added, EN, "light"))


def test_alternative_text_tells_every_lane(found: Cases) -> None:
    for lang in ("en", "fr"):
        text = translate(lang)
        said = case_lanes.alt(found.patients, found.treatments, text)
        for lane in cases.lanes(found.patients, found.treatments, text):
            assert lane.title in said
            assert all(chip.label in said for chip in lane.chips)


def test_empty_lanes_keep_the_axes(found: Cases) -> None:
    nobody = found.patients.iloc[:0]
    figure = case_lanes.figure(nobody, found.treatments, EN, "light", empty="not <looked> for")
    said = words(figure)
    assert {"Patient", "Outcome"} <= set(said)
    assert "not &lt;looked&gt; for" in said
    assert boxes(figure, "unread") == 3


def test_evidence_is_escaped(found: Cases) -> None:
    bad = found.patients.assign(citation_short="<a href='x'>A</a>")
    assert not any("<a " in said for said in words(case_lanes.figure(bad, found.treatments, EN, "light")))


def test_many_steps_go_below_each_other(found: Cases) -> None:
    long = found.treatments.copy()
    long["line"] = range(1, len(long) + 1)
    long["case_id"] = "kim2022_1"
    figure = case_lanes.figure(found.patients, long, EN, "light")
    lefts = {t.x[0] for t in figure.data if t.name == "given"}
    assert len(lefts) == 1
