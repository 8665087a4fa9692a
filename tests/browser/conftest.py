"""One store, one server and one browser for all tests of pages, and a page that must not complain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from etl import store as built
from tests.browser.looking import WIDTHS, watched
from tests.browser.server import CHROMIUM_FLAGS, serving
from tests.conftest import ROOT

#: Reader of a test that every run has; the other pairs of width and language are long tests.
SAMPLED = {("wide", "en"), ("narrow", "fr"), ("wide", None)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test for several widths and languages only some pairs are not long."""
    for item in items:
        read = getattr(item, "callspec", None)
        if read and "page" in read.params and "tests/browser" in item.path.as_posix():
            pair = (read.params["page"], read.params.get("lang"))
            if pair not in SAMPLED and not item.get_closest_marker("narrow"):
                item.add_marker("long")


@pytest.fixture(scope="package")
def link(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The link of a store with the embedded data alone."""
    published = tmp_path_factory.mktemp("store") / "lacuna.duckdb"
    built.build_and_publish(built.Paths(ROOT / "data", published, ()), datetime(2026, 11, 23, 20, 0))
    return published


@pytest.fixture(scope="package")
def address(link: Path) -> Iterator[str]:
    """Where the dashboard with the embedded data answers."""
    with serving(ROOT / "app.py", {"LACUNA_STORE": str(link)}) as base:
        yield base


@pytest.fixture(scope="package")
def browser(chromium: Path) -> Iterator[Browser]:
    """A Chromium; every page of it is a profile of its own."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(chromium), args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture(params=list(WIDTHS))
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page of each width that must not complain and must not scroll sideways."""
    with watched(browser, request.param) as opened:
        yield opened
