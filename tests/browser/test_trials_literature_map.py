"""Trials, Literature and the evidence map in a real Chromium: looks, filters, the chosen tile, the file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.browser.looking import chosen, clicked, faded, saved, settled
from tests.conftest import ROOT


def test_a_filter_that_leaves_nothing_keeps_the_axes_and_is_undone(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/trials?years=2008&years=2010&undated=no")
    page.get_by_text("(0 of 73 in this filter)").wait_for()
    drawn = page.locator(".st-key-wide_trials .main-svg text")
    drawn.first.wait_for()
    said = " ".join(drawn.all_text_contents())
    assert "0 of 46 in this filter" in said
    assert "None seen so far" in said, "the empty lane keeps its state"
    page.get_by_role("button", name="Undo the filter “Years”").click()
    page.get_by_text("(25 of 73 in this filter)").wait_for()
    page.close()


def test_the_file_holds_the_rows_of_the_link(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{address}/trials?class=jak_tyk2_inhibitor&diseases=dm")
    page.get_by_text(re.compile(r"\(\d+ of 73 in this filter\)")).wait_for()
    page.locator(".st-key-table_trials summary").click()
    file = (
        Path(saved(page, page.locator(".st-key-csv-trials button")).path()).read_bytes().decode("utf-8-sig")
    )
    told = list(csv.DictReader(io.StringIO(file, newline="")))
    with (ROOT / "data" / "curated" / "trials.csv").open(encoding="utf-8", newline="") as source:
        kept = list(csv.DictReader(source))
    jak = {"baricitinib", "tofacitinib", "upadacitinib", "brepocitinib", "deucravacitinib"}
    expected = {
        t["trial_id"]
        for t in kept
        if "dm" in t["diseases"].split(";") and jak & set(t["interventions"].split(";"))
    }
    assert {r["trial"] for r in told if r["trial"]} == expected
    empty = [r for r in told if r["disease_id"] == "imam"]
    assert [(r["state"], r["trial"], bool(r["freshness"])) for r in empty] == [("unproven", "", True)]
    page.close()


def test_a_chosen_tile_stands_in_the_address_and_a_new_tab_shows_its_studies(
    browser: Browser, address: str
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    settled(page, f"{address}/evidence_map")
    chosen(page, page.locator(".st-key-map_class input"), "B-cell directed antibody")
    page.wait_for_function("location.search.includes('tile=b_cell_directed.')")
    page.locator("strong", has_text="B-cell directed antibody · ").wait_for()
    chosen(page, page.locator(".st-key-map_outcome input"), "Primary endpoint not met (2)")
    page.wait_for_function("location.search.includes('trial_negative')")
    page.get_by_text("RIM trial 2013").wait_for()
    other = browser.new_page()
    other.goto(page.url + "&lang=fr")
    other.get_by_text("RIM trial 2013").wait_for()
    expect(other.locator(".lc-e")).to_have_count(2)
    page.close()
    other.close()


def test_a_click_on_a_tile_of_the_map_fades_no_other(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    settled(page, f"{address}/evidence_map")
    chart = clicked(page, 12, "tile")
    assert chart.locator("text").count() > 200
    assert faded(chart) == []
    page.close()
