"""Data that tries to become markup, on every page and in every slide, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Request

from dashboard import filters, takeaway
from tests.browser.looking import QUIET
from tests.browser.server import serving
from tests.conftest import ROOT
from tests.planted import HOST, PAYLOAD, planted_store, turned

PAGES = (
    *("overview", "trials", "biomarkers", "funding", "literature", "cases", "foundations"),
    *("evidence_map", "next_steps", "methods", "share"),
)
#: Addresses that open what a page keeps closed: drawers, lists of records, marked cells.
OPENED = (
    "overview?cell=trials_registered.imam",
    "overview?cell=publications.imam",
    "biomarkers?cell=diagnostic.imam",
)
#: Every name of a setting in an address.
SETTINGS = ("lang", "disease", "cell", "compare", *filters.PARAMETERS.values(), *filters.OWN)
#: What the planted texts would have made, had one been taken as markup.
CREATED = f"""() => {{
  const marks = '[onerror], [onload], [onmouseover], [href^="javascript:" i], [src^="javascript:" i]';
  const made = [...document.querySelectorAll(marks)];
  for (const one of document.querySelectorAll('[src], [href]')) {{
    const to = new URL(one.getAttribute('src') || one.getAttribute('href'), location.href);
    const known = ['https:', 'mailto:', 'blob:', 'data:', location.protocol].includes(to.protocol);
    if (to.hostname === '{HOST}' || !known) made.push(one);
  }}
  return made.map(one => one.outerHTML.slice(0, 300));
}}"""
TEXTS = "p, li, td, th, dd, dt, h1, h2, h3, h4, text, label, summary, figcaption, option, a, button"
SEEN = f"() => [...document.querySelectorAll('{TEXTS}')].map(one => one.textContent).join('\\n')"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted_store(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def address(planted: Path) -> Iterator[str]:
    with serving(ROOT / "app.py", {"LACUNA_STORE": str(planted)}) as base:
        yield base


class Watch:
    """A page that remembers what ran and whom it called."""

    def __init__(self, browser: Browser) -> None:
        self.strangers: list[str] = []
        self.ran: list[object] = []
        self.page: Page = browser.new_page(viewport={"width": 1440, "height": 2400})
        self.page.expose_function("planted", self._runs)
        self.page.on("request", self._called)
        self.page.on("dialog", lambda dialog: self.ran.append(dialog.message))

    def _runs(self, said: object) -> None:
        self.ran.append(said)

    def _called(self, request: Request) -> None:
        if HOST in request.url.split("?")[0]:
            self.strangers.append(request.url)

    def faults(self) -> list[str]:
        """Everything that shows that a planted text was more than text, in the page and its frames."""
        wrong = [f"ran: {said}" for said in self.ran] + [f"called: {url}" for url in self.strangers]
        for frame in self.page.frames:
            wrong += [f"created: {made}" for made in frame.evaluate(CREATED)]
            wrong += [f"markup: {said}" for said in turned(frame.evaluate(SEEN))]
        return wrong


@pytest.fixture
def watch(browser: Browser) -> Iterator[Watch]:
    watching = Watch(browser)
    yield watching
    watching.page.close()


def opened(watch: Watch, url: str) -> None:
    watch.page.goto(url)
    watch.page.wait_for_selector("h1")
    watch.page.wait_for_function(QUIET)
    assert watch.page.locator('[data-testid="stException"]').count() == 0
    watch.page.evaluate(
        "document.querySelectorAll('details:not([open]) > summary').forEach(one => one.click())"
    )
    watch.page.wait_for_function(QUIET)
    assert "planted" in watch.page.content(), "the planted texts must be on the page, or nothing was tested"


def test_planted_texts_stay_text_on_a_page(watch: Watch, address: str) -> None:
    opened(watch, f"{address}/methods?lang=fr")
    assert watch.faults() == []


@pytest.mark.long
@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("page", [*PAGES, *OPENED])
def test_planted_texts_stay_text_on_every_page(watch: Watch, address: str, page: str, lang: str) -> None:
    opened(watch, f"{address}/{page}{'&' if '?' in page else '?'}lang={lang}")
    assert watch.faults() == []


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_planted_addresses_stay_text(watch: Watch, address: str, page: str) -> None:
    """What a stranger writes into a link that is sent round: every setting that any page reads."""
    asked = "&".join(f"{name}={quote(PAYLOAD)}" for name in SETTINGS)
    watch.page.goto(f"{address}/{page}?{asked}")
    watch.page.wait_for_selector("h1")
    watch.page.wait_for_function(QUIET)
    assert watch.page.locator('[data-testid="stException"]').count() == 0
    assert watch.faults() == []


def test_planted_texts_stay_text_in_the_slides(
    watch: Watch, planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LACUNA_STORE", str(planted))
    file = tmp_path / "slides.html"
    file.write_bytes(takeaway.make("html", "imam", "en").data)
    watch.page.goto(file.as_uri())
    watch.page.wait_for_selector("section")
    for key in ("n", "t", "d", "ArrowRight", "ArrowRight", "ArrowRight"):
        watch.page.keyboard.press(key)
    assert "plantedhtml" in watch.page.content()
    assert watch.faults() == []
