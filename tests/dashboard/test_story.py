"""The slides claim no more than the states behind them, whatever the states are."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from dashboard import story, wording
from dashboard.queries import story as asked
from dashboard.story.cells import STATES, focus_cells, focus_table
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Bars, Slide, Tiles
from dashboard.story.trials import standing
from dashboard.text import translate
from tests.dashboard.conftest import STATE_OF

DAY = STATE_OF.date()
#: What no sentence may say, in either language.
TOO_MUCH = re.compile(
    r"\bproves?\b|\bprouvent?\b|nobody has|personne n['’]a (?:étudié|publié)|there is no\b|\bno \w+ exists?\b"
    r"|il n['’]existe|il n['’]y a (?:pas|aucun)|\bonly\b|%",
    re.IGNORECASE,
)
NONE_FOUND = re.compile(r"none found|aucun(?:e)? trouvé", re.IGNORECASE)


@pytest.fixture
def rows(embedded: Path) -> Rows:
    return asked.rows("imam", DAY)


def without_data(rows: Rows) -> Rows:
    """The same disease as if nobody had ever looked for anything."""
    cells = rows.cells.copy()
    own = cells["disease_id"] == rows.focus
    cells.loc[own, ["state", "bound", "freshness", "answered_on"]] = [
        "unsearched",
        "exact",
        "never_answered",
        "",
    ]
    cells.loc[own, ["proven_sources", "broader_n", "candidate_n"]] = 0
    cells.loc[own, ["n", "implied_by"]] = None
    empty = {
        name: getattr(rows, name).iloc[:0]
        for name in ("claims", "reasons", "searches", "trials", "broader", "funders",
                     "patients", "treatments", "studies", "related", "steps", "references")
    }  # fmt: skip
    return replace(rows, cells=cells, read_in_full=0, read_in_part=0, evidence_day="", **empty)


def shuffled(rows: Rows, dice: random.Random) -> Rows:
    """The same questions with any states, numbers, ages and coverages that the store allows."""
    lines = []
    for cell in rows.cells.to_dict("records"):
        state = dice.choice(STATES)
        required = int(cell["required_sources"])
        proven = {"zero": required, "unsearched": 0, "claimed": 0}.get(state, dice.randint(0, required))
        answered = state in ("found", "zero", "unproven")
        lines.append(
            {
                **cell,
                "state": state,
                "n": dice.choice([1, 2, 1234]) if state == "found" else 0 if state == "zero" else None,
                "bound": dice.choice(["exact", "floor"]) if state == "found" else "exact",
                "proven_sources": proven,
                "freshness": dice.choice(["fresh", "stale", "last_check_failed"])
                if answered
                else "never_answered",
                "answered_on": dice.choice(["2024", "2025-07", "2026-11-23"]) if answered else "",
                "broader_n": dice.choice([0, 1, 3]),
                "candidate_n": dice.choice([0, 1, 3]),
                "implied_by": None,
            }
        )
    cells = pd.DataFrame(lines).astype({"n": "Int64"})
    kept = dice.choice([1, 99])
    return replace(
        rows,
        cells=cells,
        funders=rows.funders.iloc[: dice.choice([0, 1, 32])],
        patients=rows.patients.iloc[:kept],
        steps=rows.steps.iloc[:kept],
    )


def said(slide: Slide) -> str:
    return "\n".join([slide.sentence, slide.plain, *slide.notes, slide.alt])


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("seed", range(20))
def test_no_sentence_says_more_than_its_states(rows: Rows, seed: int, lang: str) -> None:
    made = shuffled(rows, random.Random(seed))
    text = translate(lang)
    zeros = {c["question_id"] for c in focus_cells(made) if c["state"] == "zero"}
    slides = {s.key: s for s in story.slides(made, Filter(), text)}
    assert list(slides) == list(story.TITLES)
    for slide in slides.values():
        assert not TOO_MUCH.search(slide.sentence), slide.sentence
        assert not re.search(r"\{\w*\}|\bnan\b|\bNone\b(?! (?:found|seen|of))|<NA>", said(slide)), said(slide)
    for key, question in (("trials", "trials_registered"), ("money", "disease_programmes")):
        assert bool(NONE_FOUND.search(slides[key].sentence)) == (question in zeros), slides[key].sentence
    assert bool(NONE_FOUND.search(slides["biomarkers"].sentence)) == any("biomarker_" in z for z in zeros)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_each_state_picks_its_own_verb(rows: Rows, lang: str) -> None:
    text = translate(lang)
    sentences = set()
    for state in STATES:
        made = shuffled(rows, random.Random(1))
        cells = made.cells.assign(
            state=state, n=7 if state == "found" else None, bound="floor", freshness="fresh"
        )
        cells["proven_sources"] = cells["required_sources"]
        sentences.add(story.slides(replace(made, cells=cells), Filter(), text)[5].sentence)
    assert len(sentences) == len(STATES)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_disease_without_any_data_keeps_nine_slides_that_say_so(rows: Rows, lang: str) -> None:
    text = translate(lang)
    slides = story.slides(without_data(rows), Filter(), text)
    unsearched = text.gettext("Not looked for yet").lower()
    assert [s.number for s in slides] == list(range(1, 10))
    assert unsearched in slides[1].sentence
    assert unsearched in slides[3].sentence
    assert slides[6].figure.table().rows == ()
    assert all(s.sentence and s.plain and s.alt for s in slides)
    assert not any(NONE_FOUND.search(s.sentence) for s in slides)


def test_the_embedded_numbers_stand_in_the_sentences(rows: Rows) -> None:
    by = {s.key: s.sentence for s in story.slides(rows, Filter(), translate("en"))}
    assert "counts 49 cases" in by["patients"]
    assert "33 patients so labelled; two more have an uncertain label" in by["patients"]
    assert "not added" in by["patients"]
    assert by["cases"].startswith(
        "Eight patients described one by one: remission 2, improved 3 (1 with an uncertain label)"
    )
    assert "died 1 (1 with an uncertain label), outcome unknown 2" in by["cases"]
    assert "among the 32 funders listed (8 of 32 checked)" in by["money"]
    assert "one ended, none with a dated open status, two of undated" in by["trials"]


def test_a_trial_with_an_old_or_undated_status_is_not_open() -> None:
    assert standing("recruiting", "2026-06", "2026-11-23") == "open"
    assert standing("recruiting", "2025-06", "2026-11-23") == "old"
    assert standing("recruiting", None, "2026-11-23") == "undated"
    assert standing("completed", None, "2026-11-23") == "ended"
    assert standing("unknown", "2026-11-20", "2026-11-23") == "undated"


def test_a_filter_changes_what_is_drawn_and_no_state(rows: Rows) -> None:
    text = translate("en")
    whole = story.slides(rows, Filter(), text)
    some = story.slides(rows, Filter(years=(2003, 2010), undated=False), text)
    assert focus_table(rows, text) == some[2].extra
    assert whole[2] == some[2]
    assert whole[3].sentence == some[3].sentence
    assert whole[6].sentence != some[6].sentence
    assert "in this filter" in some[3].alt
    assert any("2003–2010" in note for note in some[3].notes)


def test_empty_lanes_have_a_state_and_no_number(rows: Rows) -> None:
    figure = story.slides(rows, Filter(), translate("en"))[3].figure
    assert isinstance(figure, Bars)
    assert figure.categories[0] == "IMAM"
    assert {series.values[0] for series in figure.series} == {None}
    assert figure.states[0][0] == "unproven"
    assert not any(value == 0 for series in figure.series for value in series.values)


def test_tiles_say_what_the_cells_say(rows: Rows) -> None:
    slide = story.slides(rows, Filter(), translate("fr"))[4]
    assert isinstance(slide.figure, Tiles)
    assert len(slide.figure.lines) == 7
    for _label, tiles in slide.figure.lines:
        for tile in tiles:
            cell = rows.by_cell[tile.question, tile.disease]
            assert tile.state == cell["state"]
            assert (
                wording.word(wording.STATES, cell["state"], translate("fr")) in tile.says
                or cell["state"] == "found"
            )


def test_ages_stay_bands(rows: Rows) -> None:
    ages = {str(int(a)) for a in rows.patients["age_years"].dropna()}
    shown = "\n".join(
        cell for row in story.slides(rows, Filter(), translate("en"))[6].table.rows for cell in row[:2]
    )
    assert not any(
        re.search(rf"\b{age}\b", shown.replace("18–39", "").replace("40–59", "").replace("under 18", ""))
        for age in ages
    )
