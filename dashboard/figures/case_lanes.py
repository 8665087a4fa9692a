"""Published patients as sequence strips: one lane a patient, treatments in order, outcome at the end.

Where a report gives no times, the order of the strips is all that is known, so every strip has the same
length. Where it gives them for every treatment of a patient, that lane is a swimmer lane: lengths are
months on one scale for all such lanes, and the scale is written below it. What could not be read is
hatched and says so. Heights are pixels, widths are shares of the width there is, so that the text keeps
its size on any screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import cases
from dashboard.cases import Chip, Lane
from dashboard.figures import template
from dashboard.marks import Palette, palette
from dashboard.text import Text

#: Okabe-Ito by class of treatment. There are more classes than colours: the text tells them apart.
COLOURS: dict[str, str] = {
    "glucocorticoid": "#E69F00",
    "conventional_immunosuppressant": "#0072B2",
    "calcineurin_inhibitor": "#009E73",
    "immunoglobulin": "#56B4E9",
    "b_cell_directed": "#D55E00",
    "jak_tyk2_inhibitor": "#CC79A7",
    "cytokine_inhibitor": "#F0E442",
}
OTHER_COLOUR = "#888888"
#: Outcome -> marker: its shape says it, colour is not used.
SYMBOLS: dict[str, str] = {
    "remission": "circle",
    "improved": "triangle-up",
    "stable": "square",
    "worsened": "triangle-down",
    "died": "x",
}

_ROW = 27  # height of one treatment, pixels
_CHIP = 22
_PAD = 13
_TEXT = 12.5
_SMALL = 11.5
_HEADER = 30
_GROUP_GAP = 22
_DOTS = 60  # a larger group is a number, not a row of dots
#: More steps than this do not fit side by side.
_STEPS_ABREAST = 3


# --- lanes ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """Where the parts of a lane go, as shares of the width; ``stacked`` puts them below each other.

    ``pad`` stands before the text of a strip, ``beside`` between a mark and its word, ``months`` is the
    length of the scale that all swimmer lanes share.
    """

    stacked: bool
    steps: int
    left: float
    right: float
    outcome: float
    pad: float
    beside: float
    months: float = 1.0

    @property
    def hatch(self) -> float:
        """How wide the hatch before the words of a gap is; text over a hatch cannot be read."""
        return 0.2 if self.stacked else 0.06

    def at(self, month: float) -> float:
        """Where a month stands in the swimmer lanes."""
        return self.left + (self.right - self.left - 0.02) * month / self.months

    def step(self, index: int) -> tuple[float, float]:
        """The span of a step."""
        if self.stacked:
            return self.left, self.right
        width = (self.right - self.left) / self.steps
        start = self.left + index * width
        return start, start + width - 0.012


@dataclass
class _Sheet:
    """What is drawn so far, collected by look: a look is one trace, however many lanes there are."""

    plan: _Plan
    colours: Palette
    text: Text
    boxes: dict[tuple[str, str], list[tuple[float, float, float, float]]] = field(default_factory=dict)
    lines: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)
    words: dict[tuple[str, float], list[tuple[float, float, str]]] = field(default_factory=dict)
    marks: list[tuple[float, float, str]] = field(default_factory=list)
    going: list[tuple[float, float]] = field(default_factory=list)
    dots: list[tuple[float, float]] = field(default_factory=list)
    hovers: list[tuple[float, float, str]] = field(default_factory=list)

    def box(
        self, look: str, colour: str, span: tuple[float, float], top: float, height: float = _CHIP
    ) -> None:
        """A strip from its top edge down."""
        self.boxes.setdefault((look, colour), []).append((*span, top, top + height))

    def line(self, look: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A straight line."""
        self.lines.setdefault(look, []).append((*start, *end))

    def rule(self, y: float) -> None:
        """The thin line that ends a lane."""
        self.line("rule", (0, y), (1, y))

    def word(self, x: float, y: float, said: str) -> None:
        """Text in ink; ``said`` may hold Plotly's small markup, so evidence is escaped before."""
        self.words.setdefault((self.colours.ink, _TEXT), []).append((x, y, said))

    def aside(self, x: float, y: float, said: str, colour: str = "") -> None:
        """Small quiet text."""
        self.words.setdefault((colour or self.colours.quiet, _SMALL), []).append((x, y, said))

    def missing(self, lane: Lane, span: tuple[float, float], top: float, height: float = _CHIP) -> None:
        """Hatched where it was not read, hollow where the whole report was read and is silent."""
        self.box("silent" if lane.read_whole else "unread", self.colours.hatch, span, top, height)


def figure(
    patients: pd.DataFrame,
    treatments: pd.DataFrame,
    text: Text,
    theme: str,
    *,
    narrow: bool = False,
    empty: str = "",
) -> go.Figure:
    """Draw the rows of ``patients`` in their order, groups apart at the end.

    Frames as in :class:`dashboard.queries.Cases`. ``narrow`` stacks the parts of each lane for a
    small screen. Without rows the axes stay and ``empty`` says why nothing stands there.
    """
    drawn = cases.lanes(patients, treatments, text)
    sheet = _Sheet(_plan(drawn, narrow), palette(theme), text)
    y = 4.0 if sheet.plan.stacked else _header(sheet)
    for lane in sorted(drawn, key=lambda lane: lane.n > 1):
        y = _lane(sheet, lane, y)
    if not drawn:
        y = _nobody(sheet, y, empty)
    return _assembled(sheet, theme, y + 10)


def alt(patients: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> str:
    """The same rows in words."""
    drawn = cases.lanes(patients, treatments, text)
    if not drawn:
        return text.gettext("No patient stands in these lanes.")
    return " ".join(cases.spoken(lane, text) for lane in drawn)


def _plan(drawn: Sequence[Lane], narrow: bool) -> _Plan:
    steps = max([2, *(len(lane.lines) for lane in drawn if not lane.timed)])
    months = max([1.0, *(lane.months for lane in drawn if lane.timed)])
    if narrow or steps > _STEPS_ABREAST:
        return _Plan(True, 1, 0.014, 1.0, 0.03, 0.024, 0.052, months)
    return _Plan(False, steps, 0.215, 0.8, 0.825, 0.008, 0.018, months)


def _header(sheet: _Sheet) -> float:
    _, plan = sheet.text.gettext, sheet.plan
    sheet.aside(0.0, 10, _("Patient"))
    sheet.aside(plan.left, 10, _("Treatment"))
    sheet.aside(plan.outcome - plan.pad, 10, _("Outcome"))
    sheet.rule(_HEADER - 6)
    return _HEADER


def _lane(sheet: _Sheet, lane: Lane, top: float) -> float:
    """Draw one lane; returns where the next one begins."""
    if lane.n > 1:
        return _group(sheet, lane, top)
    return _stacked(sheet, lane, top) if sheet.plan.stacked else _abreast(sheet, lane, top)


def _abreast(sheet: _Sheet, lane: Lane, top: float) -> float:
    plan = sheet.plan
    deepest = _rows(lane)
    beside = 36 + 18 * (bool(lane.flag) + lane.yours)
    height = max(deepest * _ROW, beside, 18 * (1 + bool(lane.flag) + bool(lane.relapse))) + _PAD
    label = top + _PAD / 2 + 9
    sheet.word(0, label, f"<b>{escape(lane.title)}</b>")
    sheet.aside(0, label + 18, lane.about)
    if lane.flag:
        sheet.aside(0, label + 35, f"? {lane.flag}", sheet.colours.claimed)
    if lane.yours:
        sheet.aside(0, label + (52 if lane.flag else 35), _yours(sheet), sheet.colours.accent)
    start = top + (height - deepest * _ROW) / 2 + (_ROW - _CHIP) / 2
    _treated(sheet, lane, start)
    middle = start + _CHIP / 2
    if lane.outcome != "not_reported":
        steps = 0 if lane.timed else max(len(lane.lines) - 1, 0)
        end = plan.at(lane.chips[0].end or lane.months) if lane.timed else plan.step(steps)[1]
        sheet.line("dotted", (end + 0.006, middle), (plan.outcome - 0.012, middle))
    _outcome(sheet, lane, middle)
    sheet.rule(top + height)
    return top + height


def _stacked(sheet: _Sheet, lane: Lane, top: float) -> float:
    y = top + _PAD + 6
    sheet.word(0, y, f"<b>{escape(lane.title)}</b>")
    sheet.aside(0, y + 18, lane.about)
    if lane.yours:
        y += 18
        sheet.aside(0, y + 18, _yours(sheet), sheet.colours.accent)
    y += 31
    _treated(sheet, lane, y)
    y += _rows(lane, stacked=True) * _ROW
    _outcome(sheet, lane, y + 11)
    end = y + 11 + _PAD + (26 if lane.relapse else 8)
    sheet.rule(end)
    return end


def _yours(sheet: _Sheet) -> str:
    return sheet.text.gettext("✎ yours, in this browser only")


def _rows(lane: Lane, stacked: bool = False) -> int:
    """How many strips high the treatments of a lane are."""
    if lane.timed:
        return len(lane.chips) + 1
    lines = [len(line) for line in lane.lines]
    return max(1, sum(lines) if stacked else max(lines, default=1)) + lane.doubled


def _treated(sheet: _Sheet, lane: Lane, top: float) -> None:
    """The treatments from their top edge down."""
    if lane.timed:
        _swimmer(sheet, lane, top)
        return
    y = top
    for index, line in enumerate(lane.lines):
        _together(sheet, line, index, y)
        y += len(line) * _ROW if sheet.plan.stacked else 0
    if not lane.lines:
        _untold(sheet, lane, top)
    if lane.doubled:
        deepest = sum(map(len, lane.lines)) if sheet.plan.stacked else max(map(len, lane.lines))
        said = "? " + sheet.text.gettext("most likely the drugs not named: counted once")
        sheet.aside(sheet.plan.left, top + deepest * _ROW + 9, said, sheet.colours.claimed)


def _swimmer(sheet: _Sheet, lane: Lane, top: float) -> None:
    """Treatments on the scale of months, one below the other; what went on when last told has an arrow."""
    plan, text = sheet.plan, sheet.text
    for index, chip in enumerate(lane.chips):
        y = top + index * _ROW
        last = chip.end if chip.end is not None else lane.months
        x0, x1 = plan.at(chip.start or 0.0), plan.at(max(last, (chip.start or 0.0) + plan.months / 80))
        colour = COLOURS.get(chip.class_id, OTHER_COLOUR)
        sheet.box("second_hand" if chip.second_hand else "given", colour, (x0, x1), y)
        if chip.ongoing:
            sheet.going.append((x1, y + _CHIP / 2))
        sheet.word(x0 + plan.pad * 0.9, y + _CHIP / 2 + 1, escape(chip.shown))
        sheet.hovers.append(((x0 + x1) / 2, y + _CHIP / 2, chip.hover))
    y = top + len(lane.chips) * _ROW + 3
    sheet.line("rule", (plan.at(0), y), (plan.at(plan.months), y))
    for month in (0.0, lane.months):
        said = text.ngettext("{n} month", "{n} months", int(month), text.number(month))
        sheet.aside(plan.at(month) - (0 if month == 0 else 0.06), y + 9, said)
    if lane.outcome_month is not None and lane.outcome in SYMBOLS:
        sheet.marks.append((plan.at(lane.outcome_month), y, lane.outcome))


def _together(sheet: _Sheet, line: Sequence[Chip], step: int, top: float) -> None:
    """Treatments given together, one below the other, joined by a bracket."""
    plan = sheet.plan
    x0, x1 = plan.step(step)
    for index, chip in enumerate(sorted(line, key=lambda chip: chip.second_hand)):
        y = top + index * _ROW
        colour = COLOURS.get(chip.class_id, OTHER_COLOUR)
        look = "second_hand" if chip.second_hand else "given"
        sheet.box(look, colour, (x0, x1), y)
        sheet.box(f"edge_{look}", colour, (x0, x0 + plan.pad / 2), y)
        sheet.word(x0 + plan.pad * 0.9, y + _CHIP / 2 + 1, escape(chip.shown))
        sheet.hovers += [(x0 + (x1 - x0) * share / 6, y + _CHIP / 2, chip.hover) for share in range(7)]
    together = sum(not chip.second_hand for chip in line)
    if together > 1:
        x = x0 - plan.pad / 2
        sheet.line("bracket", (x, top), (x, top + (together - 1) * _ROW + _CHIP))


def _untold(sheet: _Sheet, lane: Lane, top: float) -> None:
    """A treatment that nobody could read."""
    end = sheet.plan.left + sheet.plan.hatch
    sheet.missing(lane, (sheet.plan.left, end), top)
    sheet.aside(end + sheet.plan.pad, top + _CHIP / 2 + 1, lane.gap)


def _outcome(sheet: _Sheet, lane: Lane, y: float) -> None:
    """The outcome as a mark and a word; an uncertain label never stands away from it."""
    plan, claimed = sheet.plan, sheet.colours.claimed
    x, beside = plan.outcome, plan.outcome + plan.beside
    if lane.outcome == "not_reported":
        sheet.missing(lane, (x - plan.beside * 0.45, x + plan.beside * 0.45), y - 8, 16)
        sheet.aside(beside, y, lane.outcome_word)
        return
    sheet.marks.append((x, y, lane.outcome))
    said = f"<b>{lane.outcome_word}</b>"
    if lane.flag and plan.stacked:
        said += f'  <span style="color:{claimed};font-size:{_SMALL}px">? {lane.flag}</span>'
    elif lane.flag:
        sheet.aside(beside, y + 17, f"? {lane.flag}", claimed)
    sheet.word(beside, y, said)
    if lane.relapse:
        sheet.aside(beside, y + (34 if lane.flag and not plan.stacked else 17), escape(lane.relapse))


def _group(sheet: _Sheet, lane: Lane, top: float) -> float:
    """A group not told apart: one hollow dot a patient, and what is or is not known of them."""
    plan, y = sheet.plan, top + _GROUP_GAP
    sheet.word(0, y, f"<b>{escape(lane.title)}</b>")
    sheet.aside(0, y + 18, lane.about)
    y += 40 if plan.stacked else 0
    columns, step = (20, 0.048) if plan.stacked else (27, 0.0205)
    shown = lane.n if lane.n <= _DOTS else 0
    sheet.dots += [
        (plan.left + 0.008 + index % columns * step, y + index // columns * 16) for index in range(shown)
    ]
    y += -(-shown // columns) * 16 + 4
    unknown = not lane.chips and lane.outcome == "not_reported"
    start = plan.left
    if unknown:
        start += plan.hatch
        sheet.missing(lane, (plan.left, start), y, _CHIP + 2)
    sheet.aside(start + plan.pad, y + _CHIP / 2 + 2, _group_words(lane, sheet.text, unknown))
    return y + _CHIP + 10


def _group_words(lane: Lane, text: Text, unknown: bool) -> str:
    if unknown:
        return text.gettext("treatment and outcome {missing}").format(missing=lane.gap)
    return f"{escape(cases.sequence(lane, text))}; {lane.outcome_word}"


def _nobody(sheet: _Sheet, top: float, said: str) -> float:
    """Empty axes: three hatched strips and the reason why nobody stands there."""
    plan = sheet.plan
    y = top + 10
    for _strip in range(3):
        sheet.box("unread", sheet.colours.hatch, (plan.left, plan.right), y)
        y += _ROW + 6
    sheet.aside(plan.left, y + 10, escape(said))
    return y + 22


# --- assembling -------------------------------------------------------------------------------


def _assembled(sheet: _Sheet, theme: str, height: float) -> go.Figure:
    traces = [
        *(_boxes(look, colour, boxes) for (look, colour), boxes in sheet.boxes.items()),
        *(_lines(look, lines, sheet.colours) for look, lines in sheet.lines.items()),
        *(_words(colour, size, words) for (colour, size), words in sheet.words.items()),
        _points(
            "outcome",
            sheet.marks,
            symbol=[SYMBOLS[m[2]] for m in sheet.marks],
            size=11,
            color=sheet.colours.ink,
        ),
        _points("ongoing", sheet.going, symbol="triangle-right", size=13, color=sheet.colours.ink),
        _points(
            "group", sheet.dots, symbol="circle-open", size=9, color=sheet.colours.quiet, line={"width": 1.2}
        ),
        _hovers(sheet.hovers),
    ]
    return template.assembled(
        theme,
        [t for t in traces if t["x"]],
        height=int(height),
        xaxis={"range": [-0.014 if sheet.plan.stacked else -0.002, 1.0], "visible": False},
        yaxis={"range": [height, 0], "visible": False},
    )


def _look(look: str, colour: str) -> dict[str, Any]:
    """How a strip of a kind is filled and outlined."""
    nothing = "rgba(0,0,0,0)"
    looks: dict[str, dict[str, Any]] = {
        "given": {"fillcolor": _clear(colour, 0.17), "line": {"width": 0}},
        "second_hand": {"fillcolor": nothing, "line": {"width": 1.4, "color": colour, "dash": "4px,3px"}},
        "edge_given": {"fillcolor": colour, "line": {"width": 0}},
        "edge_second_hand": {"fillcolor": _clear(colour, 0.5), "line": {"width": 0}},
        "unread": {
            "fillpattern": {"shape": "/", "fgcolor": _clear(colour, 0.55), "bgcolor": nothing, "size": 7},
            "line": {"width": 1, "color": colour},
        },
        "silent": {"fillcolor": nothing, "line": {"width": 1, "color": colour}},
    }
    return looks[look]


def _boxes(look: str, colour: str, boxes: Sequence[tuple[float, float, float, float]]) -> dict[str, Any]:
    x: list[float | None] = []
    y: list[float | None] = []
    for x0, x1, y0, y1 in boxes:
        x += [x0, x1, x1, x0, x0, None]
        y += [y0, y0, y1, y1, y0, None]
    return {**_trace(look, "lines", x, y), "fill": "toself", **_look(look, colour)}


def _lines(look: str, lines: Sequence[tuple[float, float, float, float]], colours: Palette) -> dict[str, Any]:
    looks: dict[str, dict[str, Any]] = {
        "rule": {"width": 1, "color": colours.hairline},
        "bracket": {"width": 2, "color": colours.ink},
        "dotted": {"width": 1.5, "color": colours.quiet, "dash": "dot"},
    }
    x: list[float | None] = []
    y: list[float | None] = []
    for x0, y0, x1, y1 in lines:
        x += [x0, x1, None]
        y += [y0, y1, None]
    return {**_trace(look, "lines", x, y), "line": looks[look]}


def _words(colour: str, size: float, words: Sequence[tuple[float, float, str]]) -> dict[str, Any]:
    return {
        **_trace("words", "text", [w[0] for w in words], [w[1] for w in words]),
        "text": [w[2] for w in words],
        "textposition": "middle right",
        "textfont": {"size": size, "color": colour},
        "cliponaxis": False,
    }


def _points(name: str, points: Sequence[tuple[Any, ...]], **marker: Any) -> dict[str, Any]:
    trace = _trace(name, "markers", [p[0] for p in points], [p[1] for p in points])
    return {**trace, "marker": marker, "cliponaxis": False}


def _hovers(hovers: Sequence[tuple[float, float, str]]) -> dict[str, Any]:
    """Points nobody sees, to hold the words shown under the pointer."""
    trace = _points("treatment", hovers, size=26, opacity=0)
    del trace["hoverinfo"]
    return {**trace, "hovertext": [h[2] for h in hovers], "hovertemplate": "%{hovertext}<extra></extra>"}


def _trace(name: str, mode: str, x: Sequence[Any], y: Sequence[Any]) -> dict[str, Any]:
    return {"type": "scatter", "name": name, "mode": mode, "x": list(x), "y": list(y), "hoverinfo": "skip"}


def _clear(colour: str, alpha: float) -> str:
    """A colour ``#rrggbb`` that lets the paper through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
