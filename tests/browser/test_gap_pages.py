"""Biomarkers, Funding, Foundations and Next steps in a real Chromium: readers, links, files, paper."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from etl import store as built
from tests.browser.server import CHROMIUM_FLAGS, serving
from tests.conftest import ROOT

WIDTHS = {"wide": 1440, "narrow": 390}
PAGES = ("biomarkers", "funding", "foundations", "next_steps")
#: What stands on a page once it is drawn.
SIGNS = {
    "biomarkers": ".lc-cellhead",
    "funding": ".lc-fold",
    "foundations": ".lc-topic",
    "next_steps": ".lc-card",
}
#: Streamlit first looks for its health address below the page's own; the browser reports the 404.
HARMLESS = "status of 404"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    link = tmp_path_factory.mktemp("store") / "lacuna.duckdb"
    built.build_and_publish(built.Paths(ROOT / "data", link, ()), datetime(2026, 11, 23, 20, 0))
    with serving(ROOT / "app.py", {"LACUNA_STORE": str(link)}) as base:
        yield base


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(chromium), args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A wide page that must not complain."""
    opened = browser.new_page(viewport={"width": 1440, "height": 1000})
    yield from _watched(opened)


def _watched(opened: Page) -> Iterator[Page]:
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield opened
    assert opened.locator('[data-testid="stException"]').count() == 0
    assert [said for said in complaints if HARMLESS not in said] == []
    opened.close()


def look(browser: Browser, address: str, name: str, lang: str, theme: str, width: str) -> None:
    """One page as one reader sees it: it is drawn, does not scroll sideways, says nothing in the console."""
    opened = browser.new_page(viewport={"width": WIDTHS[width], "height": 1000}, color_scheme=theme)  # type: ignore[arg-type]
    for shown in _watched(opened):
        shown.goto(f"{address}/{name}?lang={lang}")
        shown.locator(SIGNS[name]).first.wait_for(state="attached")
        main = "document.querySelector('[data-testid=\"stMain\"]')"
        assert shown.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
        if lang == "fr":
            said = shown.locator('[data-testid="stMain"]').inner_text()
            for english in (
                "not looked for yet",
                "amount not known",
                "Who could",
                "Leaves open",
                "looked for,",
            ):
                assert english not in said


#: One reader a page in every run; all of them in the long one.
SAMPLED = [("biomarkers", "fr", "dark", "narrow"), ("funding", "fr", "light", "wide"),
           ("foundations", "fr", "dark", "wide"), ("next_steps", "fr", "light", "narrow")]  # fmt: skip


@pytest.mark.parametrize(("name", "lang", "theme", "width"), SAMPLED)
def test_each_page_for_one_reader(
    browser: Browser, address: str, name: str, lang: str, theme: str, width: str
) -> None:
    look(browser, address, name, lang, theme, width)


@pytest.mark.long
@pytest.mark.parametrize("width", list(WIDTHS))
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_for_every_reader(
    browser: Browser, address: str, name: str, lang: str, theme: str, width: str
) -> None:
    look(browser, address, name, lang, theme, width)


def test_a_cell_is_chosen_by_keyboard_and_stands_in_the_address(
    page: Page, browser: Browser, address: str
) -> None:
    page.goto(f"{address}/biomarkers")
    page.get_by_role("combobox", name=re.compile("Category")).focus()
    page.keyboard.type("Safety")
    page.keyboard.press("Enter")
    page.get_by_text("No safety biomarker found for IMAM").wait_for()
    page.wait_for_function("location.search.includes('marker=safety.imam')")
    other = browser.new_page()
    other.goto(page.url)
    other.get_by_text("No safety biomarker found for IMAM").wait_for()
    other.close()


def test_a_click_on_a_tile_opens_its_evidence(page: Page, address: str) -> None:
    page.goto(f"{address}/biomarkers")
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    page.locator(".js-plotly-plot .bars .point path").nth(8).click(force=True)
    page.wait_for_function("location.search.includes('marker=')")


def test_steps_filtered_in_the_address_are_the_steps_in_the_file(page: Page, address: str) -> None:
    page.goto(f"{address}/next_steps?kind=make&done=ns01")
    page.get_by_text("3 of 12 steps in this filter").wait_for()
    expect(page.locator(".lc-card")).to_have_count(3)
    page.locator("summary", has_text="As a table").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download these rows (CSV)").click()
    said = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(said, newline="")))
    assert {r["step_id"] for r in read} == {"ns09", "ns10", "ns12"}
    assert all(r["state"] for r in read)
    assert not any("ns01" in r["waits_for"] for r in read)
    page.get_by_role("button", name="Ask", exact=True).or_(
        page.get_by_role("checkbox", name="Ask")
    ).first.click()
    page.get_by_text("6 of 12 steps in this filter").wait_for()


def test_on_paper_each_step_has_a_line_to_sign(page: Page, address: str) -> None:
    page.goto(f"{address}/next_steps")
    page.locator(".lc-card").first.wait_for()
    expect(page.locator(".lc-sign").first).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".lc-sign").first).to_be_visible()
    expect(page.locator(".st-key-step_filters")).to_be_hidden()


def test_a_filter_that_empties_funding_is_undone_with_one_click(page: Page, address: str) -> None:
    page.goto(f"{address}/funding?disease=MMF&diseases=mmf&years=2002&years=2003&undated=no")
    page.get_by_role("button", name="Undo the filter", exact=False).first.wait_for()
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    page.get_by_role("button", name="Undo the filter “Undated records”").click()
    page.wait_for_function("!location.search.includes('undated=')")
