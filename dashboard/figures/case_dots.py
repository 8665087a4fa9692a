"""The case × treatment dot matrix: who received what, and how it went. Pure.

Few patients stand as columns, one dot a treatment received, its shape the outcome. Many patients are
counted instead: one column an outcome, a dot as large as its number, which is written on it. A treatment
that a document lists and no readable report describes keeps its empty lane.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from dashboard import cases
from dashboard.case_treatments import Received, sentence
from dashboard.cases import Lane
from dashboard.figures import template
from dashboard.figures.case_lanes import SYMBOLS
from dashboard.marks import Palette, palette
from dashboard.text import Text

#: More patients than this are counted, not drawn one by one.
MOST_COLUMNS = 24
_ROW, _HEAD, _TEXT, _SMALL = 30, 60, 12.5, 11.5
#: Longer names than this take two lines on a small screen.
_LINE = 42
#: With more columns than this the patients are numbered, in the order of the lanes.
_NAMED_COLUMNS = 9


def figure(
    patients: pd.DataFrame,
    treatments: pd.DataFrame,
    rows: Sequence[Received],
    text: Text,
    theme: str,
    *,
    narrow: bool = False,
) -> go.Figure:
    """Draw ``rows`` (see :func:`dashboard.case_treatments.received`) over the patients described alone."""
    alone = cases.single(patients)
    sheet = _Sheet(text, palette(theme), narrow)
    if len(alone) <= MOST_COLUMNS:
        sheet.patients(cases.lanes(alone, treatments, text), rows)
    else:
        sheet.outcomes(rows)
    return sheet.assembled(theme)


def alt(rows: Sequence[Received], text: Text) -> str:
    """The same rows in words."""
    return " ".join(f"{row.label}{text.colon}{sentence(row, text)}." for row in rows)


def key(patients: pd.DataFrame, text: Text, *, narrow: bool = False) -> str:
    """Which patient each number of a column is; ``""`` where columns carry names, or count."""
    alone = cases.single(patients)
    n = len(alone)
    if n > MOST_COLUMNS or (n <= _NAMED_COLUMNS and not narrow):
        return ""
    titles = [lane.title for lane in cases.lanes(alone, _nothing(), text)]
    return " · ".join(f"{number} {title}" for number, title in enumerate(titles, 1))


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=["case_id"])


class _Sheet:
    """What is drawn so far, collected by look, as in the lanes."""

    def __init__(self, text: Text, colours: Palette, narrow: bool) -> None:
        self.text, self.colours, self.narrow = text, colours, narrow
        self.left = 0.03 if narrow else 0.3
        self.y = 0.0
        self.traces: list[dict[str, Any]] = []
        self.words: dict[tuple[str, float, str], list[tuple[float, float, str]]] = {}
        self.rules: list[float] = []

    def word(
        self, x: float, y: float, said: str, *, quiet: bool = False, where: str = "middle right"
    ) -> None:
        look = (self.colours.quiet, _SMALL, where) if quiet else (self.colours.ink, _TEXT, where)
        self.words.setdefault(look, []).append((x, y, said))

    def columns(self, n: int) -> list[float]:
        """The middles of the columns."""
        width = (1 - self.left) / max(n, 1)
        return [self.left + width * (i + 0.5) for i in range(n)]

    def label(self, row: Received) -> float:
        """The name of a row; returns the height at which its dots stand."""
        name = f"<b>{escape(row.label)}</b>" if row.is_class else escape(row.label)
        indent = 0.0 if row.is_class else (0.04 if self.narrow else 0.012)
        self.rules.append(self.y)
        if self.narrow:
            lines = name.replace(", ", ",<br>") if len(row.label) > _LINE else name
            more = 8 * lines.count("<br>")
            self.word(indent, self.y + 13 + more, lines)
            self.y += 24 + 2 * more
            if not row.n:
                self.y += 16 * (1 + bool(row.second_hand))
        else:
            self.word(indent, self.y + _ROW / 2, name)
        middle = self.y + _ROW / 2
        self.y += _ROW
        return middle

    def nobody(self, row: Received, middle: float) -> None:
        """An empty lane: a thin line and the words."""
        self.traces.append(
            {**_trace("empty lane", "lines", [self.left, 1.0], [middle, middle]),
             "line": {"width": 1.2, "dash": "dash", "color": self.colours.hatch}}
        )  # fmt: skip
        said = escape(sentence(row, self.text))
        if self.narrow:
            said = said.replace(self.text.gettext("; "), "<br>")
        above = 8 + (13 if self.narrow else 0) + 7 * said.count("<br>")
        self.word(self.left + 0.008, middle - above, said, quiet=True)

    def patients(self, drawn: Sequence[Lane], rows: Sequence[Received]) -> None:
        """One column a patient."""
        at = dict(zip((lane.case_id for lane in drawn), self.columns(len(drawn)), strict=True))
        numbered = self.narrow or len(drawn) > _NAMED_COLUMNS
        for number, lane in enumerate(drawn, 1):
            said = str(number) if numbered else escape(lane.title).replace(", ", "<br>")
            said += f'<br><span style="color:{self.colours.claimed}">?</span>' if lane.flag else "<br> "
            self.word(at[lane.case_id], _HEAD / 2, said, quiet=True, where="middle center")
        self.y = _HEAD + 10
        top = self.y
        middles: list[float] = []
        of_patient: dict[str, list[tuple[float, float]]] = {}
        given: dict[str, list[tuple[float, float, str]]] = {}
        in_class: dict[str, list[tuple[float, float, str]]] = {}
        told: dict[str, list[tuple[float, float, str]]] = {}
        outcomes = {lane.case_id: lane for lane in drawn}
        for row in rows:
            middle = self.label(row)
            middles.append(middle)
            if not row.n:
                self.nobody(row, middle)
            for case in [str(p["case_id"]) for p in row.patients]:
                lane = outcomes[case]
                hover = f"{escape(row.label)}<br>{escape(lane.title)}<br>{lane.outcome_word}"
                kept = in_class if row.is_class else given
                kept.setdefault(lane.outcome, []).append((at[case], middle, hover))
                if not row.is_class:
                    of_patient.setdefault(case, []).append((at[case], middle))
            for case in row.second_hand:
                hover = f"{escape(row.label)}<br>{escape(outcomes[case].title)}<br>"
                hover += self.text.gettext("said by another document only")
                told.setdefault(outcomes[case].outcome, []).append((at[case], middle, hover))
        bands = [at[lane.case_id] for lane in drawn if not lane.chips]
        spans = [(middle - 10, middle + 10) for middle in middles] if self.narrow else [(top, self.y)]
        self.unread(bands, spans, len(drawn))
        for outcome, dots in given.items():
            self.dots("received", outcome, dots)
        for outcome, dots in in_class.items():
            self.dots("in the class", outcome, dots)
        for outcome, dots in told.items():
            self.dots("second hand", outcome, dots)
        self.joined(of_patient)

    def unread(self, columns: Sequence[float], spans: Sequence[tuple[float, float]], n: int) -> None:
        """Patients of unknown treatment: a hatched column, not an empty one."""
        half = (1 - self.left) / max(n, 1) * 0.2
        for x in columns:
            across: list[float | None] = []
            down: list[float | None] = []
            for top, bottom in spans:
                across += [x - half, x + half, x + half, x - half, x - half, None]
                down += [top, top, bottom, bottom, top, None]
            trace = _trace("unknown treatment", "lines", across, down)
            hatch = {"shape": "/", "fgcolor": self.colours.hatch, "bgcolor": "rgba(0,0,0,0)", "size": 7}
            line = {"width": 1, "color": self.colours.hatch}
            self.traces.append({**trace, "fill": "toself", "fillpattern": hatch, "line": line})

    def joined(self, of_patient: Mapping[str, Sequence[tuple[float, float]]]) -> None:
        """A thin line through the drugs of one patient: they are not independent rows."""
        x: list[float | None] = []
        y: list[float | None] = []
        for dots in of_patient.values():
            if len(dots) > 1:
                x += [dots[0][0], dots[-1][0], None]
                y += [dots[0][1], dots[-1][1], None]
        if x:
            line = {"width": 1, "color": self.colours.quiet}
            self.traces.insert(0, {**_trace("same patient", "lines", x, y), "line": line})

    def dots(self, name: str, outcome: str, dots: Sequence[tuple[float, float, str]]) -> None:
        """Dots of one outcome; hollow where only another document says so, ``?`` where it is unknown."""
        symbol = SYMBOLS.get(outcome, "circle-open")
        second = name == "second hand"
        if second and not symbol.endswith("-open"):
            symbol += "-open"
        small = name == "in the class"
        colour = self.colours.quiet if small else self.colours.ink
        marker = {"symbol": symbol, "size": 9 if small else 14, "color": colour, "line": {"width": 1.6}}
        trace = _trace(name, "markers", [d[0] for d in dots], [d[1] for d in dots])
        trace |= {"marker": marker, "hovertext": [d[2] for d in dots], "cliponaxis": False}
        trace |= {"hoverinfo": "text"}
        self.traces.append(trace)
        if second or outcome not in SYMBOLS:
            for x, y, _hover in dots:
                self.word(x + (0.03 if self.narrow else 0.008), y, "?", quiet=True)

    def outcomes(self, rows: Sequence[Received]) -> None:
        """One column an outcome, the number of patients in it."""
        at = dict(zip(cases.OUTCOMES, self.columns(len(cases.OUTCOMES)), strict=True))
        for code, said in cases.OUTCOMES.items():
            word = self.text.gettext(said).replace(" ", "<br>")
            self.word(at[code], _HEAD / 2, word, quiet=True, where="middle center")
        self.y = _HEAD + 10
        largest = max([1, *(row.with_outcome(code) for row in rows for code in cases.OUTCOMES)])
        points: list[tuple[float, float, float]] = []
        for row in rows:
            middle = self.label(row)
            if not row.n:
                self.nobody(row, middle)
                continue
            for code in cases.OUTCOMES:
                n = row.with_outcome(code)
                if n:
                    points.append((at[code] - 0.02, middle, 4 + 14 * (n / largest) ** 0.5))
                    self.word(at[code], middle, self.text.number(n))
                else:
                    self.word(at[code] - 0.02, middle, "–", quiet=True, where="middle center")
        trace = _trace("patients", "markers", [p[0] for p in points], [p[1] for p in points])
        marker = {"symbol": "circle", "size": [p[2] for p in points], "color": self.colours.quiet}
        self.traces.append({**trace, "marker": marker})

    def assembled(self, theme: str) -> go.Figure:
        """All that was collected, as a figure."""
        x: list[float | None] = []
        y: list[float | None] = []
        for height in self.rules:
            x += [0.0, 1.0, None]
            y += [height, height, None]
        line = {"width": 1, "color": self.colours.hairline}
        traces = [{**_trace("rule", "lines", x, y), "line": line}, *self.traces]
        traces += [_texts(look, words) for look, words in self.words.items()]
        return template.assembled(
            theme,
            traces,
            height=int(self.y + 12),
            xaxis={"range": [-0.002, 1.0], "visible": False},
            yaxis={"range": [self.y + 10, 0], "visible": False},
        )


def _texts(look: tuple[str, float, str], words: Sequence[tuple[float, float, str]]) -> dict[str, Any]:
    colour, size, where = look
    trace = _trace("words", "text", [w[0] for w in words], [w[1] for w in words])
    font = {"size": size, "color": colour}
    return {
        **trace,
        "text": [w[2] for w in words],
        "textposition": where,
        "textfont": font,
        "cliponaxis": False,
    }


def _trace(name: str, mode: str, x: Sequence[Any], y: Sequence[Any]) -> dict[str, Any]:
    return {"type": "scatter", "name": name, "mode": mode, "x": list(x), "y": list(y), "hoverinfo": "skip"}
