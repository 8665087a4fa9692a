"""What every button of every page gives, from a store whose texts want to be formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.looking import QUIET, saved, settled
from tests.browser.server import serving
from tests.browser.test_planted import OPENED, PAGES
from tests.conftest import ROOT
from tests.dashboard.test_planted_files import FORMULA, runs_nowhere
from tests.planted import planted_store

pytestmark = pytest.mark.long
BUTTONS = '[data-testid="stDownloadButton"] button'
#: Opens what is folded, in the drawer if there is one, until the first button can be seen.
UNFOLDED = f"""() => {{
  const within = document.querySelector('[role="dialog"]') || document;
  within.querySelectorAll('details:not([open]) > summary').forEach(one => one.click());
  const button = within.querySelector('{BUTTONS}');
  return button && button.getClientRects().length > 0;
}}"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    link = planted_store(tmp_path_factory.mktemp("hostile"), FORMULA)
    with serving(ROOT / "app.py", {"LACUNA_STORE": str(link)}) as base:
        yield base


def files(page: Page) -> Iterator[tuple[str, bytes]]:
    """Name and content of what each button of the page gives."""
    for number in range(page.locator(BUTTONS).count()):
        file = saved(page, page.locator(BUTTONS).nth(number), timeout=60_000)
        yield file.suggested_filename, Path(file.path()).read_bytes()


@pytest.mark.parametrize("name", [p for p in (*PAGES, *OPENED) if p != "share"])
def test_no_file_of_a_page_is_run_by_a_spreadsheet(browser: Browser, hostile: str, name: str) -> None:
    """The files of ``share`` are looked at one by one in ``tests/dashboard/test_planted_files.py``."""
    page = browser.new_page(viewport={"width": 1440, "height": 2400})
    settled(page, f"{hostile}/{name}")
    page.wait_for_function(UNFOLDED, polling=500)
    page.wait_for_function(QUIET)
    given = list(files(page))
    page.close()
    assert given
    for called, content in given:
        if called.endswith(".csv"):
            rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
            assert [cell[:80] for row in rows for cell in row if not runs_nowhere(cell)] == [], called
