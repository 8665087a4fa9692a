"""The whole grid: every question × every disease, each cell drawn by :mod:`dashboard.marks`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import wording
from dashboard.figures import boxes
from dashboard.figures.template import Trace, assembled
from dashboard.marks import Mark, Palette, mark, palette, says
from dashboard.text import Text

ROW = 27
HEADING = 34
HEAD = 58
TILE_WIDTH = 0.9
TILE_HEIGHT = 0.84
#: Gap between the focus column and the others, and before parents and look-alikes, in columns.
_GAP = 0.3


@dataclass(frozen=True)
class _Places:
    """Where things stand: x of a disease, y of a question and of a group's heading, in pixels."""

    columns: dict[str, float]
    rows: dict[str, float]
    headings: dict[str, float]
    height: float


@dataclass(frozen=True)
class _Tile:
    row: dict[Any, Any]
    mark: Mark
    x: float
    y: float


def grid(cells: pd.DataFrame, focus: str, text: Text, theme: str) -> go.Figure:
    """The figure of :func:`dashboard.queries.grid`'s rows. ``customdata`` is ``question.disease``."""
    colours = palette(theme)
    places = _Places(_columns(cells), *_rows(cells))
    tiles = [
        _Tile(
            row, mark(row, text, colours), places.columns[row["disease_id"]], places.rows[row["question_id"]]
        )
        for row in cells.to_dict("records")
    ]
    frames = [
        _outline([t for t in tiles if t.mark.outline == dash], dash, colours) for dash in ("dotted", "dashed")
    ]
    band = _band(places.columns[focus], places.height, colours)
    traces = [band, _body(tiles, text, colours), *frames, _numbers(tiles), _asides(tiles), _corners(tiles)]
    return assembled(theme, traces, **_frame(cells, places, focus, text, colours))


def _columns(cells: pd.DataFrame) -> dict[str, float]:
    """Disease -> x of its column: the focus, a gap, comparators, a gap, parents and look-alikes."""
    order = cells.drop_duplicates("disease_id").sort_values("disease_order")
    places: dict[str, float] = {}
    x, before = 0.0, ""
    for row in order.to_dict("records"):
        role = "focus" if row["role"] == "focus" else "comparator" if row["role"] == "comparator" else "other"
        x += _GAP if before and role != before else 0.0
        places[str(row["disease_id"])] = x
        x, before = x + 1, role
    return places


def _rows(cells: pd.DataFrame) -> tuple[dict[str, float], dict[str, float], float]:
    """Question -> y in pixels from the top, group -> y of its heading, and the height."""
    order = cells.drop_duplicates("question_id").sort_values("question_order")
    places: dict[str, float] = {}
    headings: dict[str, float] = {}
    y = 0.0
    for row in order.to_dict("records"):
        group = str(row["group"])
        if group not in headings:
            y += HEADING if headings else HEADING * 0.75
            headings[group] = y - 11
        places[str(row["question_id"])] = y + ROW / 2
        y += ROW
    return places, headings, y + 4


def _band(x: float, height: float, colours: Palette) -> Trace:
    """A quiet band behind the focus column."""
    return {
        "type": "bar",
        "x": [x],
        "y": [height],
        "base": [0],
        "width": [1.06],
        "marker": {"color": colours.panel},
        "hoverinfo": "skip",
    }


def _body(tiles: Sequence[_Tile], text: Text, colours: Palette) -> Trace:
    marks = [t.mark for t in tiles]
    return {
        "type": "bar",
        "x": [t.x for t in tiles],
        "y": [ROW * TILE_HEIGHT] * len(tiles),
        "base": [t.y - ROW * TILE_HEIGHT / 2 for t in tiles],
        "width": TILE_WIDTH,
        "marker": {
            "color": [m.fill for m in marks],
            "line": {
                "color": [m.edge for m in marks],
                "width": [2.2 if m.outline == "solid" else 0 for m in marks],
            },
            "pattern": {
                "shape": ["/" if m.hatched else "" for m in marks],
                "fillmode": "overlay",
                "fgcolor": [colours.hatch] * len(marks),
                "fgopacity": 1,
                "size": 8,
                "solidity": 0.12,
            },
        },
        "customdata": [f"{t.row['question_id']}.{t.row['disease_id']}" for t in tiles],
        "hovertext": [_hover(t.row, text) for t in tiles],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _hover(row: dict[Any, Any], text: Text) -> str:
    name = escape(f"{text.pick(row, 'title')} · {text.pick(row, 'label')}")
    return f"<b>{name}</b><br>{escape(says(row, text))}"


def _outline(tiles: Iterable[_Tile], dash: str, colours: Palette) -> Trace:
    """Dotted or dashed frames: one line, lifted between tiles."""
    w, h = TILE_WIDTH / 2 - 0.01, ROW * TILE_HEIGHT / 2 - 1
    colour = colours.claimed if dash == "dashed" else colours.quiet
    return boxes.frames([(t.x, t.y, w, h) for t in tiles], colour, boxes.DASHES[dash])


def _numbers(tiles: Sequence[_Tile]) -> Trace:
    """What stands in the tiles. Not as text of the bars, each of which the library would measure."""
    shown = [t for t in tiles if t.mark.text]
    return {
        "type": "scatter",
        "x": [t.x for t in shown],
        "y": [t.y for t in shown],
        "text": [f"<b>{t.mark.text}</b>" if t.mark.bold else t.mark.text for t in shown],
        "mode": "text",
        "textposition": "middle center",
        "textfont": {
            "color": [t.mark.ink for t in shown],
            "size": [11 if len(t.mark.text) > 5 else 13 for t in shown],
        },
        "hoverinfo": "skip",
    }


def _asides(tiles: Sequence[_Tile]) -> Trace:
    shown = [t for t in tiles if t.mark.aside]
    return {
        "type": "scatter",
        "x": [t.x + TILE_WIDTH / 2 - 0.03 for t in shown],
        "y": [t.y for t in shown],
        "text": [t.mark.aside for t in shown],
        "mode": "text",
        "textposition": "middle left",
        "textfont": {"size": 10, "color": [t.mark.ink for t in shown]},
        "hoverinfo": "skip",
    }


def _corners(tiles: Sequence[_Tile]) -> Trace:
    shown = [t for t in tiles if t.mark.corner]
    return {
        "type": "scatter",
        "x": [t.x - TILE_WIDTH / 2 + 0.03 for t in shown],
        "y": [t.y for t in shown],
        "text": [t.mark.corner for t in shown],
        "mode": "text",
        "textposition": "middle right",
        "textfont": {"size": 10, "color": [t.mark.ink for t in shown]},
        "hoverinfo": "skip",
    }


def _frame(cells: pd.DataFrame, places: _Places, focus: str, text: Text, colours: Palette) -> dict[str, Any]:
    titles = cells.drop_duplicates("question_id").set_index("question_id")
    names = cells.drop_duplicates("disease_id").set_index("disease_id")
    heads = [_head(names.loc[d], d == focus, text, colours) for d in places.columns]
    return {
        "height": int(places.height) + HEAD,
        "barmode": "overlay",
        "margin": {"l": 268, "r": 4, "t": HEAD, "b": 0},
        "clickmode": "event+select",
        "xaxis": {
            "range": [-0.56, max(places.columns.values(), default=0) + 0.56],
            "tickvals": list(places.columns.values()),
            "ticktext": heads,
            "side": "top",
            "showline": False,
            "ticks": "",
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "tickangle": 0,
            "tickfont": {"size": 12, "color": colours.ink},
            "ticklabeloverflow": "allow",  # else each label is measured; the margins have room for all
        },
        "yaxis": {
            "range": [places.height, 0],
            "tickvals": list(places.rows.values()),
            "ticktext": [_label(text.pick(titles.loc[q], "title")) for q in places.rows],
            "showline": False,
            "ticks": "",
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
            "tickfont": {"size": 13, "color": colours.ink},
            "ticklabeloverflow": "allow",  # else each label is measured; the margins have room for all
        },
        "annotations": [
            {
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "xshift": -266,
                "y": y,
                "yanchor": "middle",
                "text": f"<b>{escape(wording.word(wording.GROUPS, group, text).upper())}</b>",
                "font": {"size": 11, "color": colours.quiet},
                "showarrow": False,
            }
            for group, y in places.headings.items()
        ],
    }


def _head(row: Any, is_focus: bool, text: Text, colours: Palette) -> str:
    """The head of a column: abbreviation, and its part in the comparison."""
    role = wording.word(wording.ROLES, row["role"], text) if row["role"] in wording.ROLES else ""
    short = escape(str(row["abbreviation"]))
    if is_focus:
        return f'<b><span style="color:{colours.accent};font-size:15px">{short}</span></b>'
    small = f'<br><span style="font-size:10px;color:{colours.quiet}">{escape(role)}</span>'
    return f"<b>{short}</b>{small if row['role'] != 'comparator' else '<br> '}"


def _label(title: str, longest: int = 34) -> str:
    """A question as the label of its row; a long one in two small lines."""
    if len(title) <= longest:
        return escape(title) + "  "
    cut = title.rfind(" ", 0, longest)
    first, second = escape(title[:cut]), escape(title[cut + 1 :])
    return f'<span style="font-size:11px">{first}  <br>{second}</span>  '
