"""What changed between two states of the evidence: zeros that broke, counts that fell, failures. Pure.

Cells in, changes out. The states come from ``etl.store``: a store file, or the snapshots up to a
named one, judged again with the catalog of today, so that only the evidence differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from etl.model import Bound, State

Kind = Literal[
    "zero_broke",
    "count_fell",
    "source_failed",
    "state_changed",
    "count_rose",
    "source_mended",
    "added",
    "gone",
]
#: In the order in which a person wants to hear of them.
KINDS: dict[Kind, str] = {
    "zero_broke": "A zero that no longer holds",
    "count_fell": "A count that fell",
    "source_failed": "A source whose last check does not count",
    "state_changed": "A state that changed",
    "count_rose": "A count that rose",
    "source_mended": "A source that answers again",
    "added": "A cell that was not there",
    "gone": "A cell that is no more",
}
Key = tuple[str, str]


@dataclass(frozen=True)
class CellState:
    """One question × disease as one state of the evidence shows it; ``failed`` says why by source."""

    question_id: str
    disease_id: str
    state: State
    n: int | None
    bound: Bound
    failed: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        if self.n is None:
            return self.state
        return f"{self.state} {'≥ ' if self.bound == 'floor' else ''}{self.n}"


@dataclass(frozen=True)
class Change:
    """One thing that changed. A failure is told once a source and disease, of the first question."""

    kind: Kind
    question_id: str
    disease_id: str
    before: str
    after: str
    source_id: str = ""


def compare(before: Iterable[CellState], after: Iterable[CellState]) -> list[Change]:
    """Every change from one state to another, the gravest first, each in the order of the cells."""
    one = {(c.question_id, c.disease_id): c for c in before}
    two = {(c.question_id, c.disease_id): c for c in after}
    found = [*_cells(one, two), *_sources(one, two)]
    order = list(KINDS)
    return sorted(found, key=lambda change: order.index(change.kind))


def _cells(one: Mapping[Key, CellState], two: Mapping[Key, CellState]) -> Iterator[Change]:
    for key in dict.fromkeys((*one, *two)):
        before, after = one.get(key), two.get(key)
        kind = _kind(before, after)
        if kind:
            yield Change(kind, *key, str(before or ""), str(after or ""))


def _kind(before: CellState | None, after: CellState | None) -> Kind | None:
    """A failure leaves state and number as they were; it is told of the source."""
    if before is None:
        return "added"
    if after is None:
        return "gone"
    if before.state == "zero" and after.state != "zero":
        return "zero_broke"
    counted = before.n is not None and after.n is not None  # a cell without a number did not fall to 0
    if counted and before.state == "found" and after.n < before.n:  # type: ignore[operator]  # counted
        return "count_fell"
    if before.state != after.state or before.bound != after.bound:
        return "state_changed"
    return "count_rose" if counted and after.n > before.n else None  # type: ignore[operator]  # counted


def _sources(one: Mapping[Key, CellState], two: Mapping[Key, CellState]) -> Iterator[Change]:
    was, now = _failures(one), _failures(two)
    for key in dict.fromkeys((*was, *now)):
        source_id, disease_id = key
        if key not in was:
            question_id, why = now[key]
            yield Change("source_failed", question_id, disease_id, "", why, source_id)
        elif key not in now:
            question_id, why = was[key]
            yield Change("source_mended", question_id, disease_id, why, "", source_id)


def _failures(cells: Mapping[Key, CellState]) -> dict[Key, tuple[str, str]]:
    """For each source × disease that failed the first question that it concerns, and why."""
    failures: dict[Key, tuple[str, str]] = {}
    for (question_id, disease_id), cell in cells.items():
        for source_id, why in cell.failed:
            failures.setdefault((source_id, disease_id), (question_id, why))
    return failures


def told(changes: Sequence[Change]) -> Iterator[str]:
    """The changes as lines, a heading a kind."""
    if not changes:
        yield "Nothing changed."
    times = Counter(change.kind for change in changes)
    said: Kind | None = None
    for change in changes:
        if change.kind != said:
            yield f"{KINDS[change.kind]} ({times[change.kind]}):"
            said = change.kind
        where = f"{change.source_id} × {change.disease_id}" if change.source_id else ""
        where = where or f"{change.question_id} × {change.disease_id}"
        yield f"  {where}: {change.before or 'nothing'} → {change.after or 'nothing'}"
