"""A state is told by shape and text; colours are readable; age shows on every state alike."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.marks import DARK, LIGHT, SHAPES, Palette, mark, palette, says
from dashboard.text import translate

CELL: dict[str, Any] = {
    "state": "found",
    "n": 46,
    "bound": "exact",
    "freshness": "fresh",
    "proven_sources": 1,
    "required_sources": 5,
    "broader_n": 0,
    "candidate_n": 0,
    "implied_by": None,
    "answered_on": "2022-01-13",
}
STATES = ("found", "zero", "unproven", "claimed", "unsearched")


def drawn(lang: str = "en", colours: Palette = LIGHT, **change: Any) -> Any:
    return mark({**CELL, **change}, translate(lang), colours)


@pytest.mark.parametrize(
    ("change", "text", "outline", "hatched"),
    [
        ({"n": 46}, "46", "none", False),
        ({"n": 46, "bound": "floor"}, "≥\u202f46", "none", False),
        ({"state": "zero"}, "0", "solid", False),
        ({"state": "unproven"}, "0?", "dotted", False),
        ({"state": "claimed"}, "claimed", "dashed", False),
        ({"state": "unsearched"}, "", "none", True),
    ],
)
def test_each_state_has_its_own_shape_and_text(
    change: dict[str, Any], text: str, outline: str, hatched: bool
) -> None:
    m = drawn(**change)
    assert (m.text, m.outline, m.hatched) == (text, outline, hatched)


def test_states_differ_without_colour() -> None:
    assert set(SHAPES) == set(STATES)
    assert len({(drawn(state=s).text, *SHAPES[s]) for s in STATES}) == len(STATES)


def test_a_claim_is_a_word_and_never_a_nought() -> None:
    assert drawn("fr", state="claimed").text == "affirmé"
    assert "0" not in drawn(state="claimed", n=None).text


@pytest.mark.parametrize("state", STATES[:4])
def test_age_shows_alike_whatever_the_state(state: str) -> None:
    old = drawn(state=state, freshness="stale")
    assert (old.corner, old.fill, old.ink) == ("2022", LIGHT.faded_fill, LIGHT.faded_ink)
    failed = drawn(state=state, freshness="last_check_failed")
    assert failed.corner == "!"
    assert drawn(state=state).corner == ""


def test_what_follows_and_what_stands_apart() -> None:
    m = drawn(state="unproven", implied_by="trials_registered", broader_n=3, candidate_n=2)
    assert m.follows
    assert m.text == "↳\u202f0?"
    assert m.aside == "(+3) ○2"
    assert "3" not in m.text


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("n", [1, 3, 10, 99])
@pytest.mark.parametrize("freshness", ["fresh", "stale"])
def test_text_is_readable_and_frames_are_seen(colours: Palette, state: str, n: int, freshness: str) -> None:
    m = drawn(colours=colours, state=state, n=n, freshness=freshness)
    assert contrast(m.ink, m.fill) >= 4.5
    if m.outline != "none":
        assert contrast(m.edge, colours.paper) >= 3
    for ink in (colours.ink, colours.quiet, colours.accent, colours.link):
        assert contrast(ink, colours.paper) >= 4.5
        assert contrast(ink, colours.panel) >= 4.5


def test_said_aloud() -> None:
    said = says({**CELL, "state": "unproven", "freshness": "stale", "broader_n": 3}, translate("en"))
    assert said == "unproven · 1 of 5 sources · out of date (13 Jan 2022) · 3 under a broader label"
    assert palette("anything") is LIGHT


def contrast(first: str, second: str) -> float:
    """The ratio of WCAG 2.2."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
