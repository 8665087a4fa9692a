"""The Overview in a real Chromium: wide and narrow, English and French, without a complaint."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import QUIET, faded


@pytest.mark.parametrize(("lang", "lede"), [("en", "For IMAM we read"), ("fr", "Pour l’IMAM, nous avons lu")])
def test_first_screen(page: Page, address: str, lang: str, lede: str) -> None:
    page.goto(f"{address}/?lang={lang}")
    page.get_by_text(lede).wait_for()
    tile = page.locator('.lc-col a[href*="cell=trials_registered.imam"]')
    expect(tile, "the year above the state, once the style is there").to_have_text(
        "2018 0?", use_inner_text=True
    )
    assert "dotted" in str(tile.get_attribute("style"))
    expect(page.locator('.lc-col a[href*="cell=trials_registered.dm"]')).to_have_text("≥\u202f46")
    expect(page.locator(".lc-col .lc-r:not(.lc-head)")).to_have_count(39)
    box = tile.bounding_box()
    assert box and box["height"] >= 24, "WCAG 2.2 target size"


@pytest.mark.narrow
def test_the_grid_is_drawn_wide_and_a_list_serves_narrow(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.get_by_text("For IMAM we read").wait_for()
    page.get_by_role("button", name="Open the certificate").wait_for()
    chart = page.locator(".st-key-grid_chart")
    if page.viewport_size and page.viewport_size["width"] < 700:
        assert not chart.is_visible()
        return
    page.wait_for_selector(".st-key-grid_chart .bars .point", state="attached")
    expect(page.locator(".st-key-grid_chart .bars .point"), "351 cells and the focus band").to_have_count(352)


@pytest.mark.parametrize(("lang", "said"), [("en", "None seen so far"), ("fr", "Aucun vu à ce jour")])
def test_a_link_opens_the_certificate(page: Page, address: str, lang: str, said: str) -> None:
    page.goto(f"{address}/?lang={lang}&cell=trials_registered.imam")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(said).wait_for()
    dialog.get_by_text("ClinicalTrials.gov").first.wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.wait_for_function("!location.search.includes('cell=')")


def test_a_tile_of_the_first_screen_opens_its_certificate(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.locator('.lc-col a[href*="cell=trials_registered.dm"]').click()
    page.get_by_role("dialog").get_by_text("At least 46 gathered").wait_for()


@pytest.mark.long
def test_back_and_escape_close_the_certificate_and_return_to_the_tile(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    tile = page.locator('.lc-col a[href*="cell=trials_registered.imam"]')
    drawer = page.get_by_role("dialog")
    tile.click()
    drawer.get_by_text("None seen so far").wait_for()
    page.go_back()
    drawer.wait_for(state="hidden")
    page.wait_for_function("!location.search.includes('cell=')")
    tile.click()
    drawer.get_by_text("None seen so far").wait_for()
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    page.wait_for_function(
        "(document.activeElement.getAttribute('href') || '').includes('cell=trials_registered.imam')"
    )


@pytest.mark.long
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_the_name_of_the_first_page_opens_it_in_the_language_asked_for(
    page: Page, address: str, lang: str
) -> None:
    page.goto(f"{address}/overview?lang={lang}")
    page.locator(".lc-col").wait_for()
    page.wait_for_function(f"document.documentElement.lang === '{lang}'")


def test_a_click_on_the_grid_opens_the_certificate(browser: Browser, address: str) -> None:
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    opened.goto(f"{address}/")
    opened.wait_for_selector(".st-key-grid_chart .bars .point", state="attached")
    dm = opened.locator(".st-key-grid_chart .textpoint", has_text="46").first
    dm.scroll_into_view_if_needed()
    for _time in range(2):  # the second click deselects in Plotly; here it opens the same tile again
        opened.wait_for_function(QUIET)
        dm.element_handle().wait_for_element_state("stable")
        box = dm.bounding_box()
        assert box
        opened.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        opened.get_by_role("dialog").get_by_text("At least 46 gathered").wait_for()
        opened.keyboard.press("Escape")
        opened.get_by_role("dialog").wait_for(state="hidden")
        opened.wait_for_function("!location.search.includes('cell=')")
        assert faded(opened.locator(".st-key-grid_chart")) == []
    opened.close()
