"""The evidence map: classes of intervention down, outcomes across, one tile a combination. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from textwrap import wrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import evidence_map
from dashboard.cases import records
from dashboard.figures import boxes
from dashboard.figures.boxes import Box
from dashboard.figures.template import assembled
from dashboard.marks import THIN_SPACE, mark, palette
from dashboard.text import Text

ROW = 30
HEAD = 96
_TILE = (0.9, 24.0)
_GAP = 0.4  # between published patients and trials
_LABELS = 4.4  # width of the names of the classes, in columns


def figure(
    tiles: pd.DataFrame,
    classes: Mapping[str, str],
    outcomes: Mapping[str, str],
    text: Text,
    theme: str,
    *,
    total: bool,
    chosen: str = "",
) -> go.Figure:
    """Draw the rows of :func:`dashboard.evidence_map.tiles`. ``customdata`` is ``class.outcome``.

    ``total`` says that no filter is set; with one, a tile reads ``n/N``. ``chosen`` is the key of the
    tile whose studies are listed.
    """
    colours = palette(theme)
    xs = _columns(tiles)
    ys = {class_id: HEAD + ROW * (i + 0.5) for i, class_id in enumerate(classes)}
    drawn: list[Box] = []
    beside: list[tuple[float, float, str]] = []
    for row in records(tiles):
        key = f"{row['class_id']}.{row['outcome_id']}"
        x, y = xs[str(row["outcome_id"])], ys[str(row["class_id"])]
        # an emptied tile keeps its state; its colour is that of the lowest step
        look = mark({**row, "n": max(int(row["n"]), 1)}, text, colours)
        name = f"{classes[row['class_id']]} · {outcomes[row['outcome_id']]}"
        hover = f"<b>{escape(name)}</b><br>{escape(evidence_map.says(row, total, text))}"
        said = {} if row["state"] != "found" else {"text": _number(row, total, text)}
        drawn.append(
            boxes.marked(look, str(row["state"]), (x, y, *_TILE), hover=hover, key=key, size=13, **said)
        )
        signs = ["◆"] if row["focus_n"] and row["state"] == "found" else []
        signs += [f"○{int(row['candidate_n'])}"] if row["candidate_n"] else []
        if signs:
            beside.append((x + 0.43, y, "".join(signs)))
        if key == chosen:
            drawn.insert(0, Box("chosen", x, y, 1, 30, fill=colours.accent, edge=colours.accent))
    height = HEAD + ROW * len(classes) + 6
    heads = [(xs[o], HEAD - 30.0, _wrapped(n)) for o, n in outcomes.items() if o in xs]
    names = [(-_LABELS, ys[c], _wrapped(n, 48)) for c, n in classes.items()]
    words = [
        boxes.words("aside", beside, colours.quiet if theme != "dark" else colours.ink, 10, "middle left"),
        boxes.words("classes", names, colours.ink, 11.5),
        boxes.words("outcomes", heads, colours.ink, 11.5, "middle center"),
        boxes.words("kinds", _kinds(tiles, xs, text), colours.quiet, 12, "middle right"),
    ]
    axes = boxes.axes((-_LABELS, max(xs.values(), default=0) + 0.5), height)
    return assembled(theme, [*boxes.traces(drawn), *words], **axes, clickmode="event+select")


def _number(row: Mapping[Any, Any], total: bool, text: Text) -> str:
    """``≥ 4``, or ``1/4`` where filters are set."""
    if total:
        return f"≥{THIN_SPACE}{text.number(int(row['n']))}"
    return f"{text.number(int(row['n']))}/{text.number(int(row['all']))}"


def _columns(tiles: pd.DataFrame) -> dict[str, float]:
    """Outcome -> x; a gap where the kind changes."""
    order = tiles.drop_duplicates("outcome_id")
    places: dict[str, float] = {}
    x, before = 0.0, ""
    for outcome, kind in zip(order["outcome_id"], order["kind"], strict=True):
        x += _GAP if before and before != kind else 0.0
        places[str(outcome)] = x
        x, before = x + 1, kind
    return places


def _kinds(tiles: pd.DataFrame, xs: Mapping[str, float], text: Text) -> list[tuple[float, float, str]]:
    first = tiles.drop_duplicates("kind")
    return [
        (xs[str(o)] - 0.45, 12.0, f"<b>{escape(text.gettext(evidence_map.KINDS[str(k)]))}</b>")
        for o, k in zip(first["outcome_id"], first["kind"], strict=True)
    ]


def _wrapped(name: str, width: int = 11) -> str:
    return "<br>".join(escape(line) for line in wrap(name, width, break_long_words=False))
