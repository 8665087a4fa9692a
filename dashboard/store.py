"""Read-only access to the published store.

A script run opens the store once, if it has to ask at all, and closes it again: a connection held open
would pin the file it was opened on, and a reader would go on seeing a store that a publication has
replaced. Results are kept by the identity of the published file, so that a warm page reads memory and
a new publication is seen at the next run of a script.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
import streamlit as st

ROOT = Path(__file__).resolve().parent.parent

# Tables here are small: texts as Python strings are taken, compared and listed faster than Arrow's.
pd.options.mode.string_storage = "python"

#: One configuration for every connection: DuckDB refuses to open a file twice with different ones.
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "access_mode": "read_only",
    "enable_external_access": "false",
    "lock_configuration": "true",
    "threads": "1",
}


class StoreMissing(Exception):
    """There is no published store at ``path``. ``make run`` builds one."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"No store at {path}. Run: make run")
        self.path = path


class Identity(NamedTuple):
    """Which published file is read: its real path and its time of change."""

    path: str
    mtime_ns: int


def link() -> Path:
    """The link that names the published store; ``LACUNA_STORE`` moves it."""
    return Path(os.environ.get("LACUNA_STORE") or ROOT / "data" / "lacuna.duckdb")


class _Run(threading.local):
    """What the script run of this thread reads; nothing outside a run."""

    identity: Identity | None = None
    connection: duckdb.DuckDBPyConnection | None = None


_run = _Run()


@contextmanager
def one_run() -> Iterator[None]:
    """Read one and the same published file until the end. Raises :class:`StoreMissing`.

    A publication in the middle of a run would otherwise show half of each store.
    """
    _run.identity = published()
    try:
        yield
    finally:
        if _run.connection:
            _run.connection.close()
        _run.identity = _run.connection = None


def identity() -> Identity:
    """The file that this script run reads; outside a run, the file published now."""
    return _run.identity or published()


def published() -> Identity:
    """The file published now. Raises :class:`StoreMissing`."""
    path = link()
    try:
        real = path.resolve(strict=True)
        return Identity(str(real), real.stat().st_mtime_ns)
    except OSError as error:
        raise StoreMissing(path) from error


def today() -> date:
    """The day against which freshness is judged (UTC)."""
    return datetime.now(UTC).date()


def frame(sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
    """Rows of one query on the store published now; values are bound, never pasted into ``sql``."""
    return _kept(which=identity(), sql=sql, parameters=tuple(parameters)).copy(deep=False)


def frames(questions: Mapping[str, tuple[str, Sequence[object]]]) -> dict[str, pd.DataFrame]:
    """Several named queries on one and the same published file, over one connection."""
    asked = tuple((n, sql, tuple(p)) for n, (sql, p) in questions.items())
    kept = _kept_batch(which=identity(), questions=asked)
    return {name: rows.copy(deep=False) for name, rows in kept.items()}


def read(which: Identity, sql: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
    """Rows of one query on one published file, not kept."""
    with _opened(which) as connection:
        return connection.execute(sql, list(parameters)).df()


@contextmanager
def _opened(which: Identity) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a published file: that of this script run, or one of its own, closed at once."""
    if which != _run.identity:
        with duckdb.connect(which.path, read_only=True, config=CONFIG) as connection:
            yield connection
        return
    if _run.connection is None:  # opening takes longer than most questions
        _run.connection = duckdb.connect(which.path, read_only=True, config=CONFIG)
    yield _run.connection


# Called with names: Streamlit looks at the signature for each argument without one, each time.
# Kept as they are, not pickled anew for every reader. Each gets a frame of its own over the same values,
# which pandas copies once somebody writes into it.
@st.cache_resource(max_entries=512, show_spinner=False)
def _kept(which: Identity, sql: str, parameters: tuple[object, ...]) -> pd.DataFrame:
    return read(which, sql, parameters)


@st.cache_resource(max_entries=512, show_spinner=False)
def _kept_batch(
    which: Identity, questions: tuple[tuple[str, str, tuple[object, ...]], ...]
) -> dict[str, pd.DataFrame]:
    with _opened(which) as connection:
        return {name: connection.execute(sql, list(values)).df() for name, sql, values in questions}
