"""The visual language of absence: how a cell looks, in shape and text first, in colour last.

A state gives the outline and the pattern, the bound and the number give the text, the freshness
gives the mark in the corner, whatever the state: an old 46 looks as old as an old 0. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboard import wording
from dashboard.text import Text
from dashboard.wording import Row

Outline = Literal["none", "solid", "dotted", "dashed"]
Theme = Literal["light", "dark"]

THIN_SPACE = "\u202f"
FOLLOWS = "↳"
CANDIDATE = "○"


@dataclass(frozen=True)
class Palette:
    """Colours of one theme, from Okabe and Ito's, darkened or lightened until text is readable."""

    paper: str
    panel: str
    ink: str
    quiet: str
    hairline: str
    link: str
    accent: str
    zero: str
    claimed: str
    hatch: str
    fills: tuple[str, ...]
    inks: tuple[str, ...]
    faded_fill: str
    faded_ink: str


#: ``fills`` and ``inks`` go with :data:`STEPS`: more found, deeper blue.
LIGHT = Palette(
    paper="#fdfcf9",
    panel="#f3f0e8",
    ink="#1f2933",
    quiet="#55606d",
    hairline="#d9d4c7",
    link="#005a8c",
    accent="#a33c00",
    zero="#a33c00",
    claimed="#7a3f66",
    hatch="#857d6e",
    fills=("#d3e4ee", "#a5c9de", "#5b9fc4", "#005a8c"),
    inks=("#14303f", "#14303f", "#0b1a24", "#ffffff"),
    faded_fill="#e9e6dd",
    faded_ink="#5c5f63",
)
DARK = Palette(
    paper="#15191e",
    panel="#20262d",
    ink="#e8e6e1",
    quiet="#a9b3bd",
    hairline="#39424c",
    link="#8cc8f0",
    accent="#f2a36e",
    zero="#f2a36e",
    claimed="#dfa6c9",
    hatch="#75818d",
    fills=("#1d3a4b", "#24536d", "#2f7ba6", "#8cc8f0"),
    inks=("#e3eef5", "#eef5fa", "#ffffff", "#0c1c27"),
    faded_fill="#2b3036",
    faded_ink="#b0b5ba",
)
#: A tile takes the deepest fill whose step its number reaches.
STEPS = (1, 3, 10, 25)


def palette(theme: str) -> Palette:
    """The colours of a theme; anything but ``dark`` is light."""
    return DARK if theme == "dark" else LIGHT


@dataclass(frozen=True)
class Mark:
    """How one cell is drawn.

    ``text`` is the tile's own text (empty when nobody looked), ``aside`` what stands beside it and
    is never added, ``corner`` the year of an old answer or ``!`` after a failed check, ``word`` the
    state in words.
    """

    text: str
    aside: str
    corner: str
    word: str
    outline: Outline
    hatched: bool
    bold: bool
    fill: str
    ink: str
    edge: str
    aged: bool
    follows: bool


def mark(cell: Row, text: Text, colours: Palette) -> Mark:
    """The mark of a row that has the columns of the view ``cell``."""
    state = str(cell["state"])
    aged = cell["freshness"] in ("stale", "last_check_failed")
    follows = not wording.missing(cell["implied_by"])
    outline, hatched = SHAPES[state]
    fill, ink, edge = _colours(cell, colours, aged)
    return Mark(
        text=(FOLLOWS + THIN_SPACE if follows else "") + tile_text(cell, text),
        aside=aside_text(cell),
        corner=_corner(cell),
        word=wording.word(wording.STATES, state, text),
        outline=outline,
        hatched=hatched,
        bold=state == "zero",
        fill=fill,
        ink=ink,
        edge=edge,
        aged=aged,
        follows=follows,
    )


#: State -> outline, hatched.
SHAPES: dict[str, tuple[Outline, bool]] = {
    "found": ("none", False),
    "zero": ("solid", False),
    "unproven": ("dotted", False),
    "claimed": ("dashed", False),
    "unsearched": ("none", True),
}


def tile_text(cell: Row, text: Text) -> str:
    """The text of the tile: a number, ``0``, ``0?``, the word for a claim, or nothing."""
    state = cell["state"]
    if state == "found":
        floor = "≥" + THIN_SPACE if cell["bound"] == "floor" else ""
        return floor + text.number(int(cell["n"]))
    if state == "claimed":
        return wording.word(wording.STATES, "claimed", text)
    return {"zero": "0", "unproven": "0?"}.get(str(state), "")


def aside_text(cell: Row) -> str:
    """Broader label and candidates, small and apart: ``(+3) ○2``."""
    parts = []
    if cell["broader_n"]:
        parts.append(f"(+{int(cell['broader_n'])})")
    if cell["candidate_n"]:
        parts.append(f"{CANDIDATE}{int(cell['candidate_n'])}")
    return " ".join(parts)


def _corner(cell: Row) -> str:
    if cell["freshness"] == "last_check_failed":
        return "!"
    return str(cell["answered_on"])[:4] if cell["freshness"] == "stale" else ""


def _colours(cell: Row, colours: Palette, aged: bool) -> tuple[str, str, str]:
    state = cell["state"]
    if state == "found":
        step = max(i for i, least in enumerate(STEPS) if int(cell["n"]) >= least)
        fill, ink = colours.fills[step], colours.inks[step]
        return (colours.faded_fill, colours.faded_ink, colours.faded_fill) if aged else (fill, ink, fill)
    if aged:
        return colours.faded_fill, colours.faded_ink, colours.faded_ink
    ink = {"zero": colours.zero, "claimed": colours.claimed}.get(str(state), colours.quiet)
    return colours.paper, ink, colours.hatch if state == "unsearched" else ink


def says(cell: Row, text: Text) -> str:
    """One line of words for a cell: what a tile shows, read aloud."""
    state = wording.word(wording.STATES, cell["state"], text)
    shown = tile_text(cell, text)
    parts = [shown if cell["state"] == "found" else state, wording.coverage(cell, text)]
    if cell["freshness"] in ("stale", "last_check_failed"):
        fresh = wording.word(wording.FRESHNESS, cell["freshness"], text)
        parts.append(f"{fresh} ({text.day(cell['answered_on'])})")
    if not wording.missing(cell["implied_by"]):
        parts.append(text.gettext("follows from another question"))
    if cell["broader_n"]:
        parts.append(text.gettext("{n} under a broader label").format(n=text.number(int(cell["broader_n"]))))
    if cell["candidate_n"]:
        parts.append(text.gettext("{n} as candidates").format(n=text.number(int(cell["candidate_n"]))))
    return " · ".join(parts)
