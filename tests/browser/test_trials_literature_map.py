"""Trials, Literature and the evidence map in a real Chromium: looks, filters, the chosen tile, the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from etl import store as built
from tests.browser.server import CHROMIUM_FLAGS, serving
from tests.conftest import ROOT

PAGES = {"trials": "IMAM", "literature": "IMAM", "evidence_map": ""}
FULL = list(product(PAGES, ("en", "fr"), (1440, 390), ("light", "dark")))
SAMPLE = [
    ("trials", "en", 1440, "light"),
    ("trials", "fr", 390, "dark"),
    ("literature", "fr", 1440, "dark"),
    ("literature", "en", 390, "light"),
    ("evidence_map", "fr", 1440, "light"),
    ("evidence_map", "en", 390, "dark"),
]
#: English that must not be left on a French page.
ENGLISH = re.compile(r"\b(gathered|trials?|register|searched|patients with|Source: |Each tile|not looked)\b")


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


def looked_at(browser: Browser, address: str, name: str, lang: str, width: int, theme: str) -> None:
    """Open a page and check what every page must hold."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{address}/{name}?lang={lang}")
    page.locator("h1").wait_for()
    page.get_by_text("Source\u00a0: Lacuna" if lang == "fr" else "Source: Lacuna").first.wait_for()
    page.locator(".lc-save").first.wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=\"stStatusWidget\"]')")
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if not (name == "evidence_map" and width < 700):  # there the two lists are the way
        page.locator(".js-plotly-plot .main-svg:visible").first.wait_for()
    if name == "evidence_map":
        page.locator(".st-key-pick_tile input").first.wait_for()
    if lang == "fr":
        own = page.locator('h1, h2, .lc-lede, .lc-caption:not([lang="en"])').all_text_contents()
        assert not [said for said in own if ENGLISH.search(said)]
    assert not faults
    page.close()


@pytest.mark.parametrize(("name", "lang", "width", "theme"), SAMPLE)
def test_a_sample(browser: Browser, address: str, name: str, lang: str, width: int, theme: str) -> None:
    looked_at(browser, address, name, lang, width, theme)


@pytest.mark.long
@pytest.mark.parametrize(("name", "lang", "width", "theme"), [p for p in FULL if p not in SAMPLE])
def test_the_whole_matrix(
    browser: Browser, address: str, name: str, lang: str, width: int, theme: str
) -> None:
    looked_at(browser, address, name, lang, width, theme)


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
    with page.expect_download() as waiting:
        page.locator(".st-key-csv-trials button").click()
    file = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
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
    page.goto(f"{address}/evidence_map")
    page.locator(".st-key-map_class input").click()
    page.keyboard.type("B-cell")  # a long list draws only a part of itself
    page.get_by_role("option", name="B-cell directed antibody").click()
    page.wait_for_function("location.search.includes('tile=b_cell_directed.')")
    page.locator("strong", has_text="B-cell directed antibody · ").wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=\"stStatusWidget\"]')")
    page.locator(".st-key-map_outcome input").click()
    page.get_by_role("option", name="Primary endpoint not met (2)").click()
    page.wait_for_function("location.search.includes('trial_negative')")
    page.get_by_text("RIM trial 2013").wait_for()
    other = browser.new_page()
    other.goto(page.url + "&lang=fr")
    other.get_by_text("RIM trial 2013").wait_for()
    assert other.locator(".lc-e").count() == 2
    page.close()
    other.close()
