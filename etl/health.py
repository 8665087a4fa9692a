"""Whether a published store can be relied on now: one line for a machine that watches.

Pure over an open store; the command ``python -m etl status --health`` prints it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from etl import provenance

_BUILT = "SELECT built_at, version, array_length(snapshots) FROM receipt"
_STATES = "SELECT state, count(*) FROM cell GROUP BY state ORDER BY state"
_STALE = "SELECT count(*) FROM cell WHERE freshness = 'stale'"
_FAILED = "SELECT DISTINCT source_id FROM verdict WHERE failed <> '' ORDER BY source_id"


@dataclass(frozen=True)
class Health:
    """What a watcher is told. ``problems`` is empty where all is well; ages are in hours."""

    built_at: datetime
    age_hours: float
    version: str
    snapshots: int
    cells: Mapping[str, int]
    stale_cells: int
    failed_sources: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {
                "ok": not self.problems,
                "problems": self.problems,
                "built_at": f"{self.built_at:%Y-%m-%dT%H:%M:%SZ}",
                "age_hours": self.age_hours,
                "version": self.version,
                "snapshots": self.snapshots,
                "cells": dict(self.cells),
                "stale_cells": self.stale_cells,
                "failed_sources": self.failed_sources,
            }
        )


def health(connection: duckdb.DuckDBPyConnection, now: datetime, most_days: int | None = None) -> Health:
    """How an open store stands at ``now`` (UTC, without zone).

    A problem is a number without provenance, and an age of more than ``most_days`` where that is given.
    A stale cell or a source that failed is told, but is no problem: the screen says so itself.
    """
    built_at, version, snapshots = _row(connection, _BUILT)
    age = now - built_at
    problems = list(provenance.broken(connection))
    if most_days is not None and age > timedelta(days=most_days):
        problems.append(f"The store was built {age.days} days ago; at most {most_days} were asked for.")
    return Health(
        built_at,
        round(age.total_seconds() / 3600, 1),
        version,
        snapshots or 0,
        dict(connection.execute(_STATES).fetchall()),
        _row(connection, _STALE)[0],
        tuple(source for (source,) in connection.execute(_FAILED).fetchall()),
        tuple(problems),
    )


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple:  # type: ignore[type-arg]  # columns differ
    return connection.execute(sql).fetchall()[0]
