"""Which rows of a page the reader's filters leave. Pure; filters choose rows and never change a state.

Each filter looks at one column; a filter that the page does not honour is never set. ``years`` and
``undated`` look at ``year`` (missing is undated: years alone do not take it away), ``classes`` and
``drugs`` at lists of ids, ``diseases`` at ``disease_id``, ``study_types`` at ``study_type``,
``registries`` at a list of ids, ``confidence`` at a code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pandas as pd


class Chosen(Protocol):
    """What :class:`dashboard.filters.Choice` holds; an empty filter means everything."""

    @property
    def years(self) -> tuple[int, int] | None: ...
    @property
    def undated(self) -> bool: ...
    @property
    def active(self) -> tuple[str, ...]: ...
    def without(self, name: str) -> Chosen: ...


Rule = Callable[[pd.DataFrame, Chosen], pd.Series]


def _years(rows: pd.DataFrame, chosen: Chosen) -> pd.Series:
    first, last = chosen.years or (0, 0)
    return rows["year"].between(first, last).fillna(False).astype(bool) | rows["year"].isna()


def _undated(rows: pd.DataFrame, chosen: Chosen) -> pd.Series:
    return rows["year"].notna() | chosen.undated


def _one_of(column: str, name: str) -> Rule:
    return lambda rows, chosen: rows[column].isin(getattr(chosen, name))


def _any_of(name: str) -> Rule:
    def keep(rows: pd.DataFrame, chosen: Chosen) -> pd.Series:
        wanted = set(getattr(chosen, name))
        return pd.Series([not wanted.isdisjoint(held) for held in rows[name]], rows.index, dtype=bool)

    return keep


_RULES: dict[str, Rule] = {
    "years": _years,
    "undated": _undated,
    "classes": _any_of("classes"),
    "drugs": _any_of("drugs"),
    "diseases": _one_of("disease_id", "diseases"),
    "study_types": _one_of("study_type", "study_types"),
    "registries": _any_of("registries"),
    "confidence": _one_of("confidence", "confidence"),
}


def kept(rows: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
    """The rows that every filter leaves, in the same order, otherwise unchanged."""
    keep = pd.Series(True, index=rows.index)
    for name in chosen.active:
        keep &= _RULES[name](rows, chosen)
    return rows[keep]


def emptied_by(rows: pd.DataFrame, chosen: Chosen) -> tuple[str, ...]:
    """The filters any one of which, taken away, would bring rows back; all set ones if none would.

    Nothing where rows are left, or where there was none to begin with.
    """
    if rows.empty or len(kept(rows, chosen)):
        return ()
    one = [name for name in chosen.active if len(kept(rows, chosen.without(name)))]
    return tuple(one) or chosen.active
