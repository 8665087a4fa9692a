"""The table of the fault matrix at the end of a long run: source × fault -> verdict and first reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tests.double import SWITCHES

PROPERTY = "fault_matrix"
NO_FAULT = "no fault"
#: Place and truth of a case -> its column.
COLUMNS = {
    ("first search", "none"): "first search",
    ("later page", "none"): "later page",
    ("later page", "last"): "later page, record lost",
    ("control", "none"): "control",
    ("whole run", "none"): "whole run",
    ("whole run", "last"): "whole run, record there",
    ("outage after k", "both"): "from any request on",
}


def lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines to print for rows (source, fault, place, truth, verdict); none where nothing was played."""
    told = {tuple(row[:4]): row[4] for row in rows}
    faults = {row[1] for row in told} - {NO_FAULT}
    if not faults:
        return
    sources = sorted({row[0] for row in told})
    zeros = sum(_has_zero(verdict) for row, verdict in told.items() if row[1] != NO_FAULT)
    yield (
        f"Fault matrix: {len(faults)} faults × {len(sources)} sources, {len(told)} cases; "
        f"verdicts of zero through a fault: {zeros}."
    )
    for source in sources:
        for fault in (NO_FAULT, *SWITCHES):
            cells = [
                f"{column}: {told[source, fault, *case]}"
                for case, column in COLUMNS.items()
                if (source, fault, *case) in told
            ]
            if cells:
                yield f"{source} × {fault} -> {' | '.join(cells)}"


def _has_zero(verdict: str) -> bool:
    """A verdict of zero, or of several runs with such a one among them."""
    return verdict.startswith("zero") or (" zeros in " in verdict and not verdict.startswith("0 "))
