"""Whether a published store can be relied on now: one line for a machine that watches.

:func:`health` is pure over an open store; the command ``python -m etl status --health`` prints :func:`told`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from etl import provenance

_BUILT = "SELECT built_at, version, array_length(snapshots) FROM receipt"
#: A file that was imported has no address.
_REFRESHED = """
SELECT max(finished_at) FILTER (fault = ''), count(*) > 0 FROM search
WHERE snapshot_id <> 'embedded' AND url <> ''
"""
#: The newest evidence of any kind: a store that is built anew of the same is no younger.
_EVIDENCE = "SELECT max(answered_on) FROM cell_judged WHERE answered_on <> ''"
_STATES = "SELECT state, count(*) FROM cell_judged GROUP BY state ORDER BY state"
_STALE = "SELECT count(*) FROM cell_at(CAST(? AS DATE)) WHERE freshness = 'stale'"
_STALE_SOURCES = """
SELECT DISTINCT source_id FROM verdict
WHERE answered_on <> '' AND failed = '' AND coalesce(fresh_until < CAST(? AS DATE), TRUE) ORDER BY source_id
"""
_FAILED = "SELECT DISTINCT source_id FROM verdict WHERE failed <> '' ORDER BY source_id"


@dataclass(frozen=True)
class Health:
    """What a watcher is told. ``problems`` is empty where all is well; ages are in hours.

    ``age_hours`` is that of the build. ``newest_evidence`` is the day of the newest answer or document behind
    any cell, ISO. ``last_refresh`` is when a source last answered a refresh in full (UTC), None where none;
    ``stale_sources`` are those with an answer that is due to be asked again.
    """

    built_at: datetime
    age_hours: float
    newest_evidence: str
    version: str
    snapshots: int
    last_refresh: datetime | None
    cells: Mapping[str, int]
    stale_cells: int
    stale_sources: tuple[str, ...]
    failed_sources: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(
            {
                "ok": not self.problems,
                "problems": self.problems,
                "built_at": _time(self.built_at),
                "age_hours": self.age_hours,
                "newest_evidence": self.newest_evidence,
                "version": self.version,
                "snapshots": self.snapshots,
                "last_refresh": _time(self.last_refresh) if self.last_refresh else None,
                "cells": dict(self.cells),
                "stale_cells": self.stale_cells,
                "stale_sources": self.stale_sources,
                "failed_sources": self.failed_sources,
            }
        )


def health(connection: duckdb.DuckDBPyConnection, now: datetime, most_days: int | None = None) -> Health:
    """How an open store stands at ``now`` (UTC, without zone).

    A problem is a number without provenance, a store whose sources were asked and never answered, and an
    age of more than ``most_days`` where that is given: of the last answer, or of the newest evidence where no
    source was ever asked; never of the build, which may hold old evidence. A stale cell or a failed source
    is told, but is no problem: the screen says so itself.
    """
    built_at, version, snapshots = _row(connection, _BUILT)
    refreshed, asked = _row(connection, _REFRESHED)
    (evidence,) = _row(connection, _EVIDENCE)
    newest = refreshed or (_first_moment(evidence) if evidence else built_at)
    problems = list(provenance.broken(connection))
    if asked and not refreshed:
        problems.append("The sources were asked, and none has ever answered.")
    elif most_days is not None and (age := now - newest) > timedelta(days=most_days):
        what = (
            "A source last answered" if asked else "No source was ever asked, and the newest evidence is of"
        )
        problems.append(f"{what} {age.days} days ago; at most {most_days} were asked for.")
    return Health(
        built_at,
        round((now - built_at).total_seconds() / 3600, 1),
        evidence or "",
        version,
        snapshots or 0,
        refreshed,
        dict(connection.execute(_STATES).fetchall()),
        connection.execute(_STALE, [now]).fetchall()[0][0],
        tuple(source for (source,) in connection.execute(_STALE_SOURCES, [now]).fetchall()),
        tuple(source for (source,) in connection.execute(_FAILED).fetchall()),
        tuple(problems),
    )


def told(link: Path, now: datetime, most_days: int | None = None) -> tuple[str, bool]:
    """One line of JSON on the store published at ``link``, and whether all is well.

    A store that is missing or cannot be read is told in the same form: a watcher always gets its line.
    """
    try:
        with duckdb.connect(str(link.resolve(strict=True)), read_only=True) as connection:
            found = health(connection, now, most_days)
    except OSError:
        return _nothing_but(f"{link} is missing: run 'python -m etl build'."), False
    except duckdb.Error as error:
        first = str(error).partition("\n")[0]
        return _nothing_but(f"{link} cannot be read: run 'python -m etl build'. {first}"), False
    return found.line, not found.problems


def _first_moment(day: str) -> datetime:
    """The beginning of a day, month or year, as far as it is known."""
    return datetime.fromisoformat((day + "-01-01")[:10])


def _nothing_but(problem: str) -> str:
    return json.dumps({"ok": False, "problems": [problem]})


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple:  # type: ignore[type-arg]  # columns differ
    return connection.execute(sql).fetchall()[0]
