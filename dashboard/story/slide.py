"""What comes out: slides with a figure and a table each, as words and numbers that any file can draw."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Headings and rows of words, ready to be shown."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""
    #: Relative widths of the columns.
    widths: tuple[float, ...] = ()


@dataclass(frozen=True)
class Series:
    """One part of a bar chart; ``None`` is no number, not 0. ``state`` is set where the part is a state."""

    name: str
    values: tuple[int | None, ...]
    state: str = ""


@dataclass(frozen=True)
class Bars:
    """Lying stacked bars. A lane without numbers carries the words of its state in ``states``."""

    title: str
    head: str
    categories: tuple[str, ...]
    states: tuple[tuple[str, str], ...]
    series: tuple[Series, ...]
    unit: str

    def table(self) -> Table:
        """The same numbers as words, the state in a column of its own."""
        columns = (self.head, *(s.name for s in self.series), "◌")
        rows = tuple(
            (name, *("" if s.values[i] is None else str(s.values[i]) for s in self.series), self.states[i][1])
            for i, name in enumerate(self.categories)
        )
        return Table(self.title, columns, rows)


@dataclass(frozen=True)
class Tile:
    """One cell as it is drawn: its codes, the text on it, and all of it in words."""

    question: str
    disease: str
    state: str
    aged: bool
    step: int
    text: str
    aside: str
    corner: str
    says: str


@dataclass(frozen=True)
class Tiles:
    """Cells in lines and columns."""

    title: str
    head: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Tile, ...]], ...]

    def table(self) -> Table:
        """The tiles in words."""
        rows = tuple((label, *(t.says for t in tiles)) for label, tiles in self.lines)
        return Table(self.title, (self.head, *self.columns), rows)


@dataclass(frozen=True)
class Lane:
    """One patient, or a group not told apart."""

    patient: str
    about: str
    steps: tuple[str, ...]
    missing: str
    outcome: str
    flag: str


@dataclass(frozen=True)
class Lanes:
    """One lane a patient, treatments in order; what is missing is said."""

    title: str
    columns: tuple[str, str, str, str]
    lanes: tuple[Lane, ...]
    empty: str

    def table(self) -> Table:
        """The lanes as rows."""
        rows = tuple(
            (
                lane.patient,
                lane.about,
                " → ".join(lane.steps) if lane.steps else lane.missing,
                " · ".join(filter(None, [lane.outcome, lane.flag])),
            )
            for lane in self.lanes
        )
        return Table(self.title, self.columns, rows, self.empty, (2.2, 2.2, 4, 2.6))


Figure = Bars | Tiles | Lanes | Table


@dataclass(frozen=True)
class Slide:
    """One slide. ``extra`` is a table that stands behind the figure; ``notes`` are for the speaker."""

    number: int
    key: str
    title: str
    sentence: str
    plain: str
    figure: Figure
    extra: Table | None
    caption: str
    notes: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]

    @property
    def table(self) -> Table:
        """The rows of the figure."""
        return self.figure if isinstance(self.figure, Table) else self.figure.table()

    @property
    def alt(self) -> str:
        """The figure in words, from the same rows."""
        told = self.table
        said = [f"{told.title}."]
        said += ["; ".join(filter(None, row)) + "." for row in told.rows] or [told.empty]
        return " ".join(filter(None, said))


Made = tuple[str, Figure, Table | None]
