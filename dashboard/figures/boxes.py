"""Boxes with a text, placed by the caller: what the timelines and the evidence map are drawn with. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.figures.template import Trace
from dashboard.marks import Mark, Outline


@dataclass(frozen=True)
class Box:
    """One box: its middle and size in the units of the axes, its look, and what it stands for.

    ``key`` comes back when the box is clicked; ``name`` is the trace it belongs to.
    ``text`` and ``hover`` may hold Plotly's small markup, so evidence is escaped before.
    """

    name: str
    x: float
    y: float
    width: float
    height: float
    text: str = ""
    fill: str = "rgba(0,0,0,0)"
    ink: str = "#000"
    edge: str = "#000"
    outline: Outline = "none"
    hatched: bool = False
    hover: str = ""
    key: str = ""
    size: float = 11


def marked(mark: Mark, name: str, place: tuple[float, float, float, float], **more: Any) -> Box:
    """A box in the look of a cell's mark, at (x, y, width, height)."""
    x, y, width, height = place
    return Box(
        name, x, y, width, height, fill=mark.fill, ink=mark.ink, edge=mark.edge, outline=mark.outline,
        hatched=mark.hatched, **{"text": f"<b>{mark.text}</b>" if mark.bold else mark.text, **more},
    )  # fmt: skip


#: Outline -> Plotly's dashes.
DASHES = {"dotted": "2px,3px", "dashed": "7px,4px"}


def traces(boxes: Sequence[Box]) -> list[Trace]:
    """The boxes as bars, one trace a name, their texts, and their dotted or dashed frames as lines."""
    names = dict.fromkeys(box.name for box in boxes)
    drawn: list[Trace] = [_bars(name, [b for b in boxes if b.name == name]) for name in names]
    drawn.append(_texts([b for b in boxes if b.text]))
    for outline, dash in DASHES.items():
        for edge in dict.fromkeys(b.edge for b in boxes if b.outline == outline):
            drawn.append(_frames([b for b in boxes if b.outline == outline and b.edge == edge], edge, dash))
    return drawn


def _bars(name: str, boxes: Sequence[Box]) -> Trace:
    return {
        "type": "bar",
        "name": name,
        "x": [b.x for b in boxes],
        "y": [b.height for b in boxes],
        "base": [b.y - b.height / 2 for b in boxes],
        "width": [b.width for b in boxes],
        "marker": {
            "color": [b.fill for b in boxes],
            "line": {
                "color": [b.edge for b in boxes],
                "width": [1.6 if b.outline == "solid" else 0 for b in boxes],
            },
            "pattern": {
                "shape": ["/" if b.hatched else "" for b in boxes],
                "fillmode": "overlay",
                "fgopacity": 0.4,
                "size": 8,
                "solidity": 0.12,
            },
        },
        "customdata": [b.key for b in boxes],
        "hovertext": [b.hover for b in boxes],
        "hovertemplate": "%{hovertext}<extra></extra>" if any(b.hover for b in boxes) else None,
        "hoverinfo": None if any(b.hover for b in boxes) else "skip",
    }


def _texts(boxes: Sequence[Box]) -> Trace:
    """What stands in the boxes. Not as text of the bars, each of which the library would measure."""
    return {
        "type": "scatter",
        "name": "texts",
        "x": [b.x for b in boxes],
        "y": [b.y for b in boxes],
        "text": [b.text for b in boxes],
        "mode": "text",
        "textposition": "middle center",
        "textfont": {"color": [b.ink for b in boxes], "size": [b.size for b in boxes]},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _frames(boxes: Iterable[Box], edge: str, dash: str) -> Trace:
    places = [(b.x, b.y, b.width / 2, b.height / 2 - 0.5) for b in boxes]
    return {"name": "frames", **frames(places, edge, dash)}


def frames(places: Iterable[tuple[float, float, float, float]], colour: str, dash: str) -> Trace:
    """Frames round (x, y) of half a width and half a height: one line, lifted between them."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for x, y, w, h in places:
        xs += [x - w, x + w, x + w, x - w, x - w, None]
        ys += [y - h, y - h, y + h, y + h, y - h, None]
    line = {"color": colour, "width": 1.4, "dash": dash}
    return {
        "type": "scatter",
        "x": xs,
        "y": ys,
        "mode": "lines",
        "line": line,
        "hoverinfo": "skip",
    }


def words(
    name: str, said: Iterable[tuple[float, float, str]], colour: str, size: float, where: str = "middle right"
) -> Trace:
    """Texts at (x, y); already escaped."""
    told = list(said)
    return {
        "type": "scatter",
        "name": name,
        "x": [t[0] for t in told],
        "y": [t[1] for t in told],
        "text": [t[2] for t in told],
        "mode": "text",
        "textposition": where,
        "textfont": {"size": size, "color": colour},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def axes(width: tuple[float, float], height: float) -> dict[str, Any]:
    """The layout of a figure whose y runs in pixels from the top and whose axes are drawn by hand."""
    return {
        "height": int(height),
        "barmode": "overlay",
        "xaxis": {"range": list(width), "visible": False, "fixedrange": True},
        "yaxis": {"range": [height, 0], "visible": False, "fixedrange": True},
    }
