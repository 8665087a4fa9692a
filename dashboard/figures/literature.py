"""Publications by year, a lane a kind; patients as dots, one a person. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
import plotly.graph_objects as go

from dashboard import literature, wording
from dashboard.cases import Row, records, word
from dashboard.figures import boxes, timeline
from dashboard.figures.template import Trace, assembled
from dashboard.figures.timeline import Lane, Tile
from dashboard.marks import mark, palette
from dashboard.text import Text

#: How a publication stands to the disease -> look of its tile.
LOOKS: dict[str, str] = {"named": "full", "doubtful": "doubtful", "apart": "apart"}
#: More people than this are a bar of numbers, not rows of dots.
_DOTS = 400
_ROW = 20


def figure(
    every: pd.DataFrame,
    shown: pd.DataFrame,
    cell: Row,
    text: Text,
    *,
    span: tuple[int, int],
    theme: str,
    narrow: bool = False,
) -> go.Figure:
    """Draw ``shown``, the rows of ``every`` that the filters leave, one lane a kind of report.

    ``cell`` is that of the question on publications, with ``said``, the sentence its state allows: it
    is drawn as one empty lane where nothing was gathered. Reports under another label are the last lane.
    """
    counted = every[every["standing"] != literature.APART]
    lanes = [
        _lane(code, rows, shown, text)
        for code in literature.TYPES
        if len(rows := counted[counted["study_type"] == code])
    ]
    if counted.empty:
        short = wording.word(wording.STATES, cell["state"], text)
        look = mark(cell, text, palette(theme))
        lanes.append(
            Lane("none", text.gettext("Publications"), "", look, str(cell["said"]), short, focus=True)
        )
    apart = every[every["standing"] == literature.APART]
    if len(apart):
        name = text.gettext("Other label")
        lanes.append(_with(literature.APART, name, apart, shown[shown["standing"] == literature.APART], text))
    return timeline.figure(
        lanes, [_tile(row, text) for row in records(shown)], span, text, theme, narrow=narrow
    )


def _lane(code: str, rows: pd.DataFrame, shown: pd.DataFrame, text: Text) -> Lane:
    own = shown[(shown["study_type"] == code) & (shown["standing"] != literature.APART)]
    said = word(literature.TYPES, code, text)
    return _with(code, said[:1].upper() + said[1:], rows, own, text)


def _with(lane: str, name: str, rows: pd.DataFrame, own: pd.DataFrame, text: Text) -> Lane:
    n, left = text.number(len(rows)), text.number(len(own))
    note = n if len(own) == len(rows) else text.gettext("{n} of {m}").format(n=left, m=n)
    empty = text.gettext("{n} of {m} in this filter").format(n=left, m=n)
    return Lane(lane, name, note, None, empty, empty)


def _tile(row: Row, text: Text) -> Tile:
    apart = row["standing"] == literature.APART
    n = row["n_patients"]
    patients: str = "" if pd.isna(n) else text.ngettext("{n} patient", "{n} patients", int(n))
    title = str(row["title"])
    said = [
        f"<b>{escape(str(row['citation']))}</b>",
        escape(title if len(title) <= 80 else title[:79] + "…"),
        escape(word(literature.TYPES, row["study_type"], text)),
        escape(word(literature.STANDINGS, row["standing"], text)),
        escape(patients),
    ]
    year: int | None = None if pd.isna(row["year"]) else int(row["year"])
    number: str = "" if pd.isna(n) else str(int(n))
    lane = literature.APART if apart else str(row["study_type"])
    return Tile(lane, year, number, LOOKS[row["standing"]], "<br>".join(filter(None, said)))


def alt(shown: pd.DataFrame, text: Text) -> str:
    """The publications in words, from the same rows."""
    if shown.empty:
        return text.gettext("No publication stands in these lanes.")
    said = []
    for (standing, kind), rows in shown.groupby(["standing", "study_type"], sort=False):
        years = ", ".join(
            str(int(y)) if not pd.isna(y) else text.gettext("no year") for y in rows["year"].sort_values()
        )
        kind_word = word(literature.TYPES, kind, text)
        said.append(f"{kind_word} ({word(literature.STANDINGS, standing, text)}){text.colon}{years}")
    return "; ".join(said) + "."


def patients(
    counts: Mapping[str, tuple[int, int]], text: Text, theme: str, *, narrow: bool = False
) -> go.Figure:
    """Described, with treatment, with outcome: one dot a person, hollow where the label is doubtful."""
    colours = palette(theme)
    across = 20 if narrow else 50
    left = 0.0 if narrow else 21.0
    sure: list[tuple[float, float]] = []
    doubtful: list[tuple[float, float]] = []
    words: list[tuple[float, float, str]] = []
    y = 14.0
    for name, label in literature.COUNTED.items():
        n, other = counts[name]
        said = text.gettext(label)
        words.append((0, y, f"<b>{text.number(n)}</b>{_plus(other)}  {escape(said)}"))
        y += 20 if narrow else 0
        drawn = n + other
        for i in range(drawn if drawn <= _DOTS else 0):
            place = (left + i % across + 0.5, y + i // across * 15)
            (sure if i < n else doubtful).append(place)
        y += max(-(-min(drawn, _DOTS) // across), 1) * 15 + 18
    ink = colours.link if theme == "dark" else colours.fills[3]
    dots = [_dots("named", sure, "circle", ink), _dots("doubtful", doubtful, "circle-open", ink)]
    told = boxes.words("said", words, colours.ink, 13)
    return assembled(theme, [*dots, told], **boxes.axes((-0.05, left + across), y))


def _dots(name: str, places: Sequence[tuple[float, float]], symbol: str, ink: str) -> Trace:
    return {
        "type": "scatter",
        "name": name,
        "x": [x for x, _y in places],
        "y": [y for _x, y in places],
        "mode": "markers",
        "hoverinfo": "skip",
        "cliponaxis": False,
        "marker": {"symbol": symbol, "size": 10, "color": ink, "line": {"width": 1.6}},
    }


def _plus(other: int) -> str:
    return f" + {other} ?" if other else ""
