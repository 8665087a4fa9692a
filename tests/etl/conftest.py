"""A store built once from the embedded files, for tests that only read it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from etl import store

DATA = Path(__file__).parents[2] / "data"
NOW = datetime(2026, 11, 23, 12)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    link = tmp_path_factory.mktemp("store") / "lacuna.duckdb"
    store.build_and_publish(store.Paths(DATA, link, ()), NOW)
    return duckdb.connect(str(link), read_only=True)
