"""Funding over the years, one line an item, diseases one below the other; what is absent has its own lane."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import funding
from dashboard.cases import Row, by, missing, records
from dashboard.figures import template
from dashboard.marks import Palette, mark, palette
from dashboard.text import Text

_ROW, _HEAD, _LANE, _GAP = 21, 28, 25, 12
_TOP = 30
#: Shares of the width: labels, the column without a year, the years, the amounts.
_UNDATED, _FIRST, _LAST, _MONEY = 0.375, 0.425, 0.73, 0.755
_LONGEST = 58
#: Kind -> marker and colour (Okabe-Ito); the marker alone tells them apart.
_SIGNS: dict[str, tuple[str, str]] = {
    "programme": ("square", "#0072B2"),
    "call": ("diamond-open", "#56B4E9"),
    "grant": ("circle", "#009E73"),
    "infrastructure": ("triangle-up", "#E69F00"),
    "sponsorship": ("cross", "#CC79A7"),
    "private_investment": ("star", "#D55E00"),
}


@dataclass
class _Sheet:
    """What is drawn so far, by look."""

    colours: Palette
    text: Text
    span: tuple[int, int]
    filtered: bool
    words: list[tuple[float, float, str, float, str]] = field(default_factory=list)
    signs: list[tuple[float, float, str, str]] = field(default_factory=list)
    bars: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    lanes: list[tuple[float, Row, str]] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)

    def x(self, year: float) -> float:
        """Where a year stands."""
        first, last = self.span
        return _FIRST + (_LAST - _FIRST) * (year - first) / max(last - first, 1)

    def word(self, x: float, y: float, said: str, size: float = 12, colour: str = "") -> None:
        """Escaped text that begins at ``x``."""
        self.words.append((x, y, escape(said), size, colour or self.colours.ink))


@dataclass(frozen=True)
class Rows:
    """What the picture is made of: frames as in :mod:`dashboard.queries.funding` and the diseases in order.

    ``shown`` is what the filter leaves of ``items``.
    """

    cells: pd.DataFrame
    items: pd.DataFrame
    shown: pd.DataFrame
    diseases: pd.DataFrame


def lanes(
    rows: Rows,
    text: Text,
    theme: str,
    *,
    filtered: bool,
) -> go.Figure:
    """Draw the items shown below each disease.

    A question without anything found has a lane with the mark of its state; money that names no single
    disease and private money stand apart at the end.
    """
    sheet = _Sheet(palette(theme), text, _span(rows.items), filtered)
    items, shown = (by(funding.named(part), "disease_id") for part in (rows.items, rows.shown))
    cells = by(rows.cells, "disease_id")
    y = float(_TOP)
    for disease in records(rows.diseases):
        parts = (part.get(str(disease["disease_id"]), []) for part in (cells, items, shown))
        y = _disease(sheet, disease, *parts, top=y)
    for title, part in (
        (text.gettext("The disease is one of many, or none is named"), funding.wider),
        (text.gettext("Private money, never with grants"), funding.private),
    ):
        if len(part(rows.items)):
            once = part(rows.shown).drop_duplicates("funding_id")
            y = _rows(sheet, records(once), _title(sheet, title, "", y, apart=True), hollow=True)
    return _assembled(sheet, theme, y + 6)


def _span(items: pd.DataFrame) -> tuple[int, int]:
    known = pd.concat([items["year_from"], items["year_to"]]).dropna()
    if known.empty:
        return 2000, 2030
    return int(known.min()), max(int(known.max()), int(known.min()) + 1)


def _disease(
    sheet: _Sheet, disease: Row, cells: list[Row], items: list[Row], shown: list[Row], *, top: float
) -> float:
    """The heading of a disease, the lanes of what is absent, its items."""
    said = funding.heading(items, shown, sheet.text, filtered=sheet.filtered)
    y = _title(sheet, str(disease["abbreviation"]), said, top, focus=disease["role"] == "focus")
    for cell, words in funding.absences(cells, sheet.text):
        sheet.lanes.append((y, cell, words))
        sheet.word(0, y + _LANE / 2 - 2, words, 12, sheet.colours.quiet)
        y += _LANE
    return _rows(sheet, shown, y)


def _title(
    sheet: _Sheet, name: str, said: str, top: float, *, focus: bool = False, apart: bool = False
) -> float:
    sheet.rules.append(top)
    y = top + _HEAD / 2 + 1
    colour = sheet.colours.accent if focus else sheet.colours.quiet if apart else sheet.colours.ink
    sheet.words.append((0, y, f"<b>{escape(name)}</b>", 15 if focus else 13, colour))
    sheet.word(_UNDATED - 0.015, y, said, 11.5, sheet.colours.quiet)
    return top + _HEAD


def _rows(sheet: _Sheet, rows: list[Row], top: float, *, hollow: bool = False) -> float:
    y = top
    for row in sorted(rows, key=_first_year):
        _item(sheet, row, y + _ROW / 2, hollow)
        y += _ROW
    return y + _GAP


def _first_year(row: Row) -> float:
    """The year by which an item is put in order; those without any come last."""
    known = (row[name] for name in ("year_from", "year_to") if not missing(row[name]))
    return float(str(next(known, "inf")))


def _item(sheet: _Sheet, row: Row, y: float, hollow: bool) -> None:
    said = funding.label(row)
    sheet.word(0, y, said if len(said) <= _LONGEST else said[: _LONGEST - 1].rstrip() + "…")
    first, last = row["year_from"], row["year_to"]
    if missing(first) and missing(last):
        x = _UNDATED
    else:
        start = sheet.x(float(last if missing(first) else first))
        end = sheet.x(float(first if missing(last) else last))
        x = start
        if end > start:
            look = f"{row['kind']}{'~' if hollow else ''}"
            sheet.bars.setdefault(look, []).append((start, end, y))
    hover = f"<b>{escape(said)}</b><br>" + "<br>".join(
        escape(part) for part in funding.spoken(row, sheet.text).split(" · ")
    )
    sheet.signs.append((x, y, str(row["kind"]), hover))
    quiet = sheet.colours.quiet if missing(row["amount"]) else sheet.colours.ink
    sheet.word(_MONEY, y, funding.amount(row, sheet.text), 11.5, quiet)


# --- assembling -----------------------------------------------------------------------------------


def _assembled(sheet: _Sheet, theme: str, height: float) -> go.Figure:
    traces = [_ticks(sheet), _rules(sheet)]
    traces += [_lane(sheet, y, cell) for y, cell, _words_ in sheet.lanes]
    traces += [_bars(look, bars) for look, bars in sheet.bars.items()]
    traces += [_signs(sheet), _texts(sheet)]
    traces.append(_marks(sheet))
    return template.assembled(
        theme,
        [t for t in traces if t["x"]],
        height=int(height),
        xaxis={"range": [-0.002, 1.0], "visible": False},
        yaxis={"range": [height, 0], "visible": False},
    )


def _ticks(sheet: _Sheet) -> dict[str, Any]:
    """The heads of the columns."""
    first, last = sheet.span
    years = sorted({first, last, *range(first - first % 5 + 5, last, 5)})
    years = [y for y in years if y in (first, last) or min(y - first, last - y) > 2]
    undated = sheet.text.gettext("no year")
    x = [_UNDATED, *(sheet.x(y) for y in years), _MONEY]
    said = [undated, *(str(y) for y in years), sheet.text.gettext("amount, never added up")]
    return {
        "type": "scatter",
        "mode": "text",
        "x": x,
        "y": [12] * len(x),
        "text": [escape(s) for s in said],
        "textposition": [*["middle center"] * (len(x) - 1), "middle right"],
        "textfont": {"size": 11.5, "color": sheet.colours.quiet},
        "hoverinfo": "skip",
    }


def _rules(sheet: _Sheet) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for top in sheet.rules:
        x += [0, 1, None]
        y += [top, top, None]
    line = {"width": 1, "color": sheet.colours.hairline}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": line, "hoverinfo": "skip"}


def _lane(sheet: _Sheet, top: float, cell: Row) -> dict[str, Any]:
    """An empty lane in the look of its state: hatched, dotted, dashed or with a solid outline."""
    m = mark(cell, sheet.text, sheet.colours)
    y0, y1 = top + 1, top + _LANE - 5
    dash = {"dotted": "2px,3px", "dashed": "7px,4px"}.get(m.outline, "solid")
    clear = "rgba(0,0,0,0)"
    drawn: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": [_UNDATED - 0.015, _LAST, _LAST, _UNDATED - 0.015, _UNDATED - 0.015],
        "y": [y0, y0, y1, y1, y0],
        "fill": "toself",
        "fillcolor": clear,
        "line": {
            "width": 0.8 if m.hatched else 1.8 if m.outline == "solid" else 1.4,
            "color": m.edge,
            "dash": dash,
        },
        "hoverinfo": "skip",
    }
    if m.hatched:
        drawn["fillpattern"] = {
            "shape": "/",
            "fgcolor": m.edge,
            "bgcolor": clear,
            "size": 9,
            "solidity": 0.12,
        }
    return drawn


def _marks(sheet: _Sheet) -> dict[str, Any]:
    """The text of each empty lane's mark, in its middle."""
    marks = [mark(cell, sheet.text, sheet.colours) for _y, cell, _said in sheet.lanes]
    return {
        "type": "scatter",
        "mode": "text",
        "x": [(_UNDATED + _LAST) / 2] * len(marks),
        "y": [y + _LANE / 2 - 2 for y, _cell, _said in sheet.lanes],
        "text": [f"<b>{escape(m.text)}</b>" if m.bold else escape(m.text) for m in marks],
        "textfont": {"size": 12.5, "color": [m.ink for m in marks]},
        "hoverinfo": "skip",
    }


def _bars(look: str, bars: list[tuple[float, float, float]]) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for start, end, at in bars:
        x += [start, end, None]
        y += [at, at, None]
    colour = _SIGNS[look.rstrip("~")][1]
    line = {"width": 2 if look.endswith("~") else 6, "color": colour}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": line,
        "opacity": 0.55,
        "hoverinfo": "skip",
    }


def _signs(sheet: _Sheet) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [s[0] for s in sheet.signs],
        "y": [s[1] for s in sheet.signs],
        "marker": {
            "symbol": [_SIGNS[s[2]][0] for s in sheet.signs],
            "color": [_SIGNS[s[2]][1] for s in sheet.signs],
            "size": 11,
            "line": {"width": [2 if s[2] == "call" else 0 for s in sheet.signs]},
        },
        "hovertext": [s[3] for s in sheet.signs],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _texts(sheet: _Sheet) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [w[0] for w in sheet.words],
        "y": [w[1] for w in sheet.words],
        "text": [w[2] for w in sheet.words],
        "textposition": "middle right",
        "textfont": {"size": [w[3] for w in sheet.words], "color": [w[4] for w in sheet.words]},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
