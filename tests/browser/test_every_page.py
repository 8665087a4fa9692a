"""Every page for every reader: both languages, both themes, wide and narrow; also without any data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, product

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import WIDTHS, axe_source, left_in_english, settled, watched
from tests.browser.server import serving
from tests.conftest import ROOT
from tests.newcomer import newcomer_store

#: Page -> the marks without which it is not drawn.
SIGNS = {
    "overview": ".lc-col .lc-r",
    "trials": ".lc-reg .lc-t",
    "biomarkers": ".lc-cellhead",
    "funding": ".lc-fold",
    "literature": ".lc-lede",
    "cases": ".lc-lede",
    "foundations": ".lc-topic",
    "evidence_map": ".st-key-map_class",
    "next_steps": ".lc-card",
    "methods": '[data-testid="stDataFrame"]',
    "share": '[data-testid="stDownloadButton"], [data-testid="stButton"]',
}
EVERY = list(product(SIGNS, ("en", "fr"), ("light", "dark"), WIDTHS))
#: One reader a page in every run; each language, theme and width for half of the pages.
READERS = (
    ("fr", "dark", "narrow"),
    ("en", "light", "wide"),
    ("fr", "light", "wide"),
    ("en", "dark", "narrow"),
)
SAMPLE = [(page, *reader) for page, reader in zip(SIGNS, cycle(READERS), strict=False)]


def look(browser: Browser, address: str, page: str, reader: tuple[str, str, str], query: str = "") -> None:
    """One page as one reader sees it."""
    lang, theme, width = reader
    with watched(browser, width, theme) as opened:  # type: ignore[arg-type]
        settled(opened, f"{address}/{page}?lang={lang}{query}")
        opened.locator(SIGNS[page]).first.wait_for(state="attached")
        assert opened.evaluate("document.documentElement.lang") == lang
        if lang == "fr":
            assert left_in_english(opened) == []


@pytest.mark.parametrize(("page_name", "lang", "theme", "width"), SAMPLE)
def test_a_page_for_one_reader(
    browser: Browser, address: str, page_name: str, lang: str, theme: str, width: str
) -> None:
    look(browser, address, page_name, (lang, theme, width))


@pytest.mark.long
@pytest.mark.parametrize(("page_name", "lang", "theme", "width"), [r for r in EVERY if r not in SAMPLE])
def test_a_page_for_every_reader(
    browser: Browser, address: str, page_name: str, lang: str, theme: str, width: str
) -> None:
    look(browser, address, page_name, (lang, theme, width))


@pytest.fixture(scope="module")
def without_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a catalog with one disease more, of which nothing is known, is served."""
    link = newcomer_store(tmp_path_factory.mktemp("newcomer"))
    with serving(ROOT / "app.py", {"LACUNA_STORE": str(link)}) as base:
        yield base


@pytest.mark.long
@pytest.mark.parametrize(("lang", "width"), [("en", "narrow"), ("fr", "wide")])
@pytest.mark.parametrize("page_name", SIGNS)
def test_a_page_of_a_disease_without_data(
    browser: Browser, without_data: str, page_name: str, lang: str, width: str
) -> None:
    with watched(browser, width) as opened:
        settled(opened, f"{without_data}/{page_name}?lang={lang}&disease=newd")
        assert opened.locator(".st-key-disease input").first.input_value() == "NEWD"
        if page_name != "methods":  # which is about the searches of all diseases
            assert "NEWD" in opened.locator('[data-testid="stMain"]').inner_text()
        if lang == "fr":
            assert left_in_english(opened) == []


#: Parts of Streamlit itself, on which a page has no say.
NOT_OURS = (
    '[data-testid="stDataFrame"]',  # a canvas with a hidden grid of its own
    '[data-testid="stHeader"]',
    '[data-testid="stToolbar"]',
)


def violations(browser: Browser, url: str, width: str, theme: str) -> list[str]:
    """What axe-core calls serious or critical on a page, as rule and element."""
    with watched(browser, width, theme) as opened:  # type: ignore[arg-type]
        settled(opened, url)
        opened.evaluate(axe_source())
        found = opened.evaluate(
            "exclude => axe.run({exclude}, {resultTypes: ['violations']}).then(r => r.violations)",
            [[selector] for selector in NOT_OURS],
        )
    return [
        f"{one['impact']} {one['id']}: {node['html'][:160]} ({'; '.join(node['target'])})"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("page_name", "width", "theme"), [("overview", "wide", "light")])
def test_no_serious_hurdle_on_the_first_page(
    browser: Browser, address: str, page_name: str, width: str, theme: str
) -> None:
    assert violations(browser, f"{address}/{page_name}", width, theme) == []


@pytest.mark.long
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page_name", [*SIGNS, "overview?cell=trials_registered.imam"])
def test_no_serious_hurdle_on_any_page(
    browser: Browser, address: str, page_name: str, width: str, theme: str
) -> None:
    assert violations(browser, f"{address}/{page_name}", width, theme) == []


def test_english_left_on_a_page_would_be_found(browser: Browser, address: str) -> None:
    with watched(browser, "wide") as opened:
        settled(opened, f"{address}/next_steps?lang=en")
        assert len(left_in_english(opened)) > 10
