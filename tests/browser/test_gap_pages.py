"""Biomarkers, Funding, Foundations and Next steps in a real Chromium: readers, links, files, paper."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import chosen, clicked, faded, saved, settled, watched


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A wide page that must not complain."""
    with watched(browser, "wide") as opened:
        yield opened


@pytest.mark.long
def test_a_cell_is_chosen_by_keyboard_and_stands_in_the_address(
    page: Page, browser: Browser, address: str
) -> None:
    page.goto(f"{address}/biomarkers")
    chosen(page, page.get_by_role("combobox", name=re.compile("Category")), "Safety")
    page.get_by_text("No safety biomarker found for IMAM").wait_for()
    page.wait_for_function("location.search.includes('marker=safety.imam')")
    other = browser.new_page()
    other.goto(page.url)
    other.get_by_text("No safety biomarker found for IMAM").wait_for()
    other.close()


@pytest.mark.long
def test_a_click_on_a_tile_opens_its_evidence_and_fades_no_other(page: Page, address: str) -> None:
    settled(page, f"{address}/biomarkers")
    chart = clicked(page, 8, "marker")
    assert chart.locator("text").count() > 40
    assert faded(chart) == []


def test_steps_filtered_in_the_address_are_the_steps_in_the_file(page: Page, address: str) -> None:
    page.goto(f"{address}/next_steps?kind=make&done=ns01")
    page.get_by_text("3 of 12 steps in this filter").wait_for()
    expect(page.locator(".lc-card")).to_have_count(3)
    page.locator("summary", has_text="As a table").click()
    button = page.get_by_role("button", name="Download these rows (CSV)")
    said = Path(saved(page, button).path()).read_bytes().decode("utf-8-sig")
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
