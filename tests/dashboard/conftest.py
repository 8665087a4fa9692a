"""The embedded data as a published store, built once, and the app on top of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.figures import template
from etl import store as built
from tests import navigation
from tests.conftest import ROOT

#: The day on which the embedded evidence stands.
STATE_OF = datetime(2026, 11, 23, 20, 0)


@pytest.fixture(autouse=True)
def navigating() -> Iterator[None]:
    """Every page stands in the frame that ``app.py`` sets round it."""
    with navigation.navigating():
        yield


@pytest.fixture(autouse=True)
def checked_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plotly looks at every value of every figure; for readers it does not."""
    monkeypatch.setattr(template, "CHECKED", True)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The link of a store with the embedded data alone."""
    link = tmp_path_factory.mktemp("store") / "lacuna.duckdb"
    built.build_and_publish(built.Paths(ROOT / "data", link, ()), STATE_OF)
    return link


@pytest.fixture
def embedded(published: Path, closed_network: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """``LACUNA_STORE`` names the store with the embedded data."""
    monkeypatch.setenv("LACUNA_STORE", str(published))
    return published


@pytest.fixture
def app(embedded: Path) -> Callable[..., AppTest]:
    """Run the app at an address: ``app(lang="fr")``."""

    def run(**query: str) -> AppTest:
        started = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in query.items():
            started.query_params[name] = value
        return started.run()

    return run
