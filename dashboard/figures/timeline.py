"""Records by year, one small tile each, in lanes; what has no year stands in a block of its own.

A lane without tiles is drawn too, in the look of its cell's state: absence is the finding. Where
there are too many records for a tile each, a tile stands for a year and carries its number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from dashboard.figures import boxes
from dashboard.figures.boxes import Box
from dashboard.figures.template import Trace, assembled
from dashboard.marks import STEPS, Mark, Palette, palette
from dashboard.text import Text

#: A tile each up to so many records in all; above that, one tile a year.
EACH = 260
_PITCH = 20
_TILE = 17
_HEAD = 26
_NARROW_HEAD = 21
_PAD = 11
_LABELS = 0.155  # share of the width for the names of the lanes


@dataclass(frozen=True)
class Tile:
    """One record: its lane, its year or None, a short sign, and a look.

    ``look`` is ``full`` (counts, current), ``plain`` (counts), ``doubtful`` (dotted) or ``apart``
    (dashed: stands under another label and is never added).
    """

    lane: str
    year: int | None
    sign: str
    look: str
    hover: str


@dataclass(frozen=True)
class Lane:
    """One lane: its name, what stands under the name, and how it looks without a tile.

    ``mark`` is the mark of the cell's state and ``empty`` the state in words (``short`` on a small
    screen); ``focus`` lanes stand on a quiet band.
    """

    lane: str
    name: str
    note: str = ""
    mark: Mark | None = None
    empty: str = ""
    short: str = ""
    focus: bool = False


@dataclass(frozen=True)
class _Plan:
    """Columns of tiles: ``bins`` of ``step`` years from ``first``, ``across`` tiles side by side in each,
    then the block of ``loose`` columns for records without a year."""

    first: int
    step: int
    bins: int
    across: int
    loose: int
    left: float
    narrow: bool

    @property
    def right(self) -> float:
        return self.left + self.bins * self.across + 0.8 + self.loose

    @property
    def undated(self) -> float:
        """Where the block without years begins."""
        return self.left + self.bins * self.across + 0.8

    def bin(self, year: int) -> int:
        return min(max((year - self.first) // self.step, 0), self.bins - 1)


def figure(
    lanes: Sequence[Lane], tiles: Sequence[Tile], span: tuple[int, int], text: Text, theme: str,
    *, narrow: bool = False,
) -> go.Figure:  # fmt: skip
    """Draw the tiles in their lanes. ``span`` is first and last year of the axis, with or without tiles."""
    plan, colours = _plan(span, narrow), palette(theme)
    by_lane: dict[str, list[Tile]] = defaultdict(list)
    for tile in tiles:
        by_lane[tile.lane].append(tile)
    drawn: list[Box] = []
    names: list[tuple[float, float, str]] = []
    notes: list[tuple[float, float, str]] = []
    rules: list[float] = []
    y = float(_HEAD)
    counted = len(tiles) > EACH
    for lane in lanes:
        top = y + (_NARROW_HEAD if narrow else 0)
        own = by_lane[lane.lane]
        if own:
            placed, height = _tiles(own, plan, top + _PAD, colours, counted)
        else:
            placed, height = _absent(lane, plan, top + _PAD, colours)
        drawn += placed
        end = top + max(height, _PITCH if narrow else 2 * _PITCH) + 1.6 * _PAD
        middle = y + 14 if narrow else y + _PAD + _TILE / 2
        names.append((0, middle, f"<b>{escape(lane.name)}</b>" + (_beside(lane) if narrow else "")))
        if not narrow:
            notes.append((0, middle + 17, escape(lane.note)))
        if lane.focus:
            drawn.insert(0, _band(plan, y, end, colours))
        rules.append(end)
        y = end
    words = [
        boxes.words("lanes", names, colours.ink, 13),
        boxes.words("notes", notes, colours.quiet, 11.5),
        _years(plan, text, colours),
    ]
    traces = [_rules(rules, plan, colours), *boxes.traces(drawn), *words]
    return assembled(theme, traces, **boxes.axes((-0.02, plan.right), y + 6))


def _beside(lane: Lane) -> str:
    return f'  <span style="font-size:11.5px">{escape(lane.note)}</span>' if lane.note else ""


def _plan(span: tuple[int, int], narrow: bool) -> _Plan:
    """Years one by one while they fit, else in steps of 2, 5, 10 …"""
    years = span[1] - span[0] + 1
    most = 5 if narrow else 26
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 1000) if -(-years // s) <= most - (s > 1))
    first = span[0] - span[0] % step
    bins = (span[1] - first) // step + 1
    across = 2 if narrow else 1
    loose = 3 if narrow else 8
    columns = bins * across + 0.8 + loose
    return _Plan(first, step, bins, across, loose, 0 if narrow else columns * _LABELS / (1 - _LABELS), narrow)


def _tiles(
    own: Sequence[Tile], plan: _Plan, top: float, colours: Palette, counted: bool
) -> tuple[list[Box], float]:
    """The tiles of a lane, stacked in their year, and the height that they take."""
    columns: dict[int | None, list[Tile]] = defaultdict(list)
    for tile in own:
        columns[None if tile.year is None else plan.bin(tile.year)].append(tile)
    placed: list[Box] = []
    rows = 1
    for column, stack in columns.items():
        wide = plan.loose if column is None else plan.across
        left = plan.undated if column is None else plan.left + column * plan.across
        if counted:
            placed.append(_number(stack, left, wide, top, colours))
            continue
        rows = max(rows, -(-len(stack) // wide))
        for i, tile in enumerate(stack):
            place = (left + i % wide + 0.5, top + i // wide * _PITCH + _TILE / 2)
            placed.append(_one(tile, *place, colours))
    return placed, rows * _PITCH


def _one(tile: Tile, x: float, y: float, colours: Palette) -> Box:
    claimed = colours.claimed
    looks: dict[str, dict[str, Any]] = {
        "full": {"fill": colours.fills[3], "ink": colours.inks[3], "edge": colours.fills[3]},
        "plain": {"fill": colours.fills[0], "ink": colours.inks[0], "edge": colours.fills[0]},
        "doubtful": {"fill": colours.paper, "ink": colours.quiet, "edge": colours.quiet, "outline": "dotted"},
        "apart": {"fill": colours.paper, "ink": claimed, "edge": claimed, "outline": "dashed"},
    }
    return Box(
        tile.look, x, y, 0.88, _TILE, text=escape(tile.sign), hover=tile.hover, size=10.5, **looks[tile.look]
    )


def _number(stack: Sequence[Tile], left: float, wide: int, top: float, colours: Palette) -> Box:
    """One tile for all records of a year, with their number."""
    n = len(stack)
    step = max(i for i, least in enumerate(STEPS) if n >= least)
    place = (left + wide / 2, top + _TILE / 2, wide - 0.12, float(_TILE))
    look: dict[str, Any] = {"fill": colours.fills[step], "ink": colours.inks[step], "hover": f"<b>{n}</b>"}
    return Box("counted", *place, text=str(n), size=10.5, **look)


def _absent(lane: Lane, plan: _Plan, top: float, colours: Palette) -> tuple[list[Box], float]:
    """A lane with nothing in it: one long box over all years in the look of its state, and the words."""
    width = plan.right - plan.left
    place = (plan.left + width / 2, top + _TILE, width - 0.1, _TILE * 1.9)
    said = escape(lane.short if plan.narrow else lane.empty)
    if lane.mark is None:
        return [
            Box("empty", *place, text=said, ink=colours.quiet, edge=colours.hairline, size=12)
        ], _PITCH * 2
    sign = f"<b>{escape(lane.mark.text)}</b>  " if lane.mark.text and lane.mark.text != lane.empty else ""
    box = boxes.marked(lane.mark, "absent", place, text=f"{sign}{said}", size=12, key=lane.lane)
    return [box], _PITCH * 2


def _band(plan: _Plan, top: float, end: float, colours: Palette) -> Box:
    middle = (plan.right - 0.02) / 2
    return Box("band", middle, (top + end) / 2, plan.right + 0.02, end - top, fill=colours.panel)


def _rules(ends: Sequence[float], plan: _Plan, colours: Palette) -> Trace:
    """Thin lines between the lanes and before the block without years."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for end in (_HEAD, *ends):
        xs += [-0.02, plan.right, None]
        ys += [end, end, None]
    x = plan.undated - 0.4
    xs += [x, x]
    ys += [4, ends[-1] if ends else _HEAD]
    return {
        "type": "scatter",
        "name": "rules",
        "x": xs,
        "y": ys,
        "mode": "lines",
        "line": {"color": colours.hairline, "width": 1},
        "hoverinfo": "skip",
    }


def _years(plan: _Plan, text: Text, colours: Palette) -> Trace:
    """The years above their columns, every fifth where each has one, and the head of the block without."""
    said = []
    for i in range(plan.bins):
        year = plan.first + i * plan.step
        if plan.step == 1 and year % 5 and i:
            continue
        x = plan.left + (i + 0.5) * plan.across
        label = str(year) if plan.step == 1 else f"{year}–{(year + plan.step - 1) % 100:02d}"
        if plan.step == 2 and i % 2:
            continue
        said.append((x, 12.0, label))
    said.append((plan.undated + plan.loose / 2, 12.0, escape(text.gettext("no year"))))
    return boxes.words("years", said, colours.quiet, 10.5 if plan.narrow else 11.5, "middle center")
