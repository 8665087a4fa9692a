"""Seven categories of biomarker × diseases: the state of each cell, its markers by level beneath."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import biomarkers
from dashboard.cases import Row, records, word
from dashboard.figures import boxes
from dashboard.figures.template import Trace, assembled
from dashboard.marks import Mark, Palette, mark, palette
from dashboard.text import Text

ROW = 58
HEAD = 40
_WIDTH, _HEIGHT = 0.9, 0.84


def matrix(rows: pd.DataFrame, focus: str, text: Text, theme: str, *, filtered: bool) -> go.Figure:
    """Draw the rows of :func:`dashboard.biomarkers.matrix`. ``customdata`` is ``category.disease``."""
    colours = palette(theme)
    columns = {d: float(i) for i, d in enumerate(rows["disease_id"].unique())}
    lines = {c: (i + 0.5) * ROW for i, c in enumerate(biomarkers.CATEGORIES)}
    tiles = [
        (row, mark(row, text, colours), columns[str(row["disease_id"])], lines[str(row["category"])])
        for row in records(rows)
    ]
    levels = [(x, y + 12, biomarkers.tally(row, text, filtered=filtered), m) for row, m, x, y in tiles]
    traces = [
        *([_band(columns[focus], ROW * len(lines), colours)] if focus in columns else []),
        _tiles(tiles, text, filtered),
        *(_outlines([t for t in tiles if t[1].outline == d], d, colours) for d in ("dotted", "dashed")),
        _words([(x, y - 9, m.text, m) for _row, m, x, y in tiles], 14),
        _words(levels, 12),
        _words([(x, y - 19, m.corner, m) for _row, m, x, y in tiles if m.corner], 10),
    ]
    return assembled(theme, traces, **_frame(rows, columns, lines, focus, text))


_Tile = tuple[Row, Mark, float, float]


def _band(x: float, height: float, colours: Palette) -> Trace:
    """A quiet band behind the focus column."""
    place = {"x": [x], "y": [height], "base": [0], "width": [1.06]}
    return {"type": "bar", **place, "marker": {"color": colours.panel}, "hoverinfo": "skip"}


def _tiles(tiles: list[_Tile], text: Text, filtered: bool) -> Trace:
    marks = [m for _row, m, _x, _y in tiles]
    return {
        "type": "bar",
        "x": [x for _row, _m, x, _y in tiles],
        "y": [ROW * _HEIGHT] * len(tiles),
        "base": [y - ROW * _HEIGHT / 2 for _row, _m, _x, y in tiles],
        "width": _WIDTH,
        "marker": {
            "color": [m.fill for m in marks],
            "line": {
                "color": [m.edge for m in marks],
                "width": [2.2 * (m.outline == "solid") for m in marks],
            },
            "pattern": {
                "shape": ["/" if m.hatched else "" for m in marks],
                "fillmode": "overlay",
                "fgopacity": 0.5,
                "size": 8,
                "solidity": 0.15,
            },
        },
        "customdata": [f"{row['category']}.{row['disease_id']}" for row, _m, _x, _y in tiles],
        "hovertext": [_hover(row, text, filtered) for row, _m, _x, _y in tiles],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _hover(row: Row, text: Text, filtered: bool) -> str:
    name = escape(f"{word(biomarkers.CATEGORIES, row['category'], text)} · {text.pick(row, 'label')}")
    said = biomarkers.spoken(row, text, filtered=filtered).split("; ")
    return f"<b>{name}</b><br>" + "<br>".join(escape(part) for part in said)


def _outlines(tiles: list[_Tile], dash: str, colours: Palette) -> Trace:
    w, h = _WIDTH / 2 - 0.01, ROW * _HEIGHT / 2 - 1
    colour = colours.claimed if dash == "dashed" else colours.quiet
    return boxes.frames([(x, y, w, h) for _row, _mark, x, y in tiles], colour, boxes.DASHES[dash])


def _words(words: list[tuple[float, float, str, Mark]], size: int) -> Trace:
    return {
        "type": "scatter",
        "x": [x for x, _y, _said, _m in words],
        "y": [y for _x, y, _said, _m in words],
        "text": [f"<b>{escape(said)}</b>" if m.bold else escape(said) for _x, _y, said, m in words],
        "mode": "text",
        "textfont": {"size": size, "color": [m.ink for _x, _y, _said, m in words]},
        "hoverinfo": "skip",
    }


def _frame(
    rows: pd.DataFrame, columns: dict[str, float], lines: dict[str, float], focus: str, text: Text
) -> dict[str, Any]:
    names = rows.drop_duplicates("disease_id").set_index("disease_id")["abbreviation"]
    plain = {"showline": False, "ticks": "", "fixedrange": True, "showgrid": False, "zeroline": False}
    return {
        "height": ROW * len(lines) + HEAD,
        "barmode": "overlay",
        "margin": {"l": 190, "r": 4, "t": HEAD, "b": 0},
        "clickmode": "event+select",
        "xaxis": {
            **plain,
            "range": [-0.56, max(columns.values(), default=0) + 0.56],
            "tickvals": list(columns.values()),
            "ticktext": [_head(str(names[d]), d == focus) for d in columns],
            "side": "top",
            "tickangle": 0,
            "tickfont": {"size": 13},
        },
        "yaxis": {
            **plain,
            "range": [ROW * len(lines), 0],
            "tickvals": list(lines.values()),
            "ticktext": [escape(word(biomarkers.CATEGORIES, c, text)) + "  " for c in lines],
            "tickfont": {"size": 13},
        },
    }


def _head(name: str, is_focus: bool) -> str:
    said = f"<b>{escape(name)}</b>"
    return f'<span style="font-size:16px">{said}</span>' if is_focus else said
