"""A page as a reader sees it, and what must never be seen on one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal

from babel.messages.pofile import read_po
from playwright.sync_api import Browser, Download, Locator, Page, Response

from tests.conftest import ROOT

WIDTHS = {"wide": 1440, "narrow": 390}
#: Below a page's own address Streamlit first looks for itself there, and is told 404.
_LOOKED_FOR = re.compile(r"/\w+/_stcore/(health|host-config)$")
_NOT_FOUND = "status of 404"
#: Drawn: the script has ended, and nothing says that a part is still to come.
QUIET = """() => document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
  && !document.querySelector('[data-testid="stStatusWidget"], [data-testid="stSkeleton"]')"""
#: Every text that a reader sees and that is not evidence, which stays in its own language.
_OWN_TEXTS = """() => {
  const own = 'h1, h2, h3, p, li, label, button, summary, legend, figcaption, th, dt, option, svg text';
  return [...document.querySelectorAll(own)]
    .filter(one => !one.closest('[lang]:not(html)') && one.getClientRects().length)
    .map(one => one.textContent.replace(/\\s+/g, ' ').trim()).filter(Boolean);
}"""


@contextmanager
def watched(
    browser: Browser, width: str, theme: Literal["light", "dark"] = "light", height: int = 1000
) -> Iterator[Page]:
    """A new page; at the end it must have said nothing in the console and must not scroll sideways."""
    opened = browser.new_page(viewport={"width": WIDTHS[width], "height": height}, color_scheme=theme)
    complaints: list[str] = []

    def answered(response: Response) -> None:
        if response.status >= 400 and not _LOOKED_FOR.search(response.url):
            complaints.append(f"{response.status} {response.url}")

    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("response", answered)
    opened.on(
        "console",
        lambda said: (
            complaints.append(said.text) if said.type == "error" and _NOT_FOUND not in said.text else None
        ),
    )
    yield opened
    assert opened.locator('[data-testid="stException"]').count() == 0
    main = "document.querySelector('[data-testid=\"stMain\"]')"
    assert opened.evaluate(f"{main}.scrollWidth <= {main}.clientWidth"), "the page scrolls sideways"
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    assert complaints == []
    opened.close()


def settled(page: Page, url: str) -> None:
    """Open ``url`` and wait until the page is drawn."""
    page.goto(url)
    page.locator("h1").first.wait_for()
    page.wait_for_function(QUIET)


def chosen(page: Page, box: Locator, name: str) -> None:
    """Go to the list ``box`` of a page that is drawn and take its entry ``name``."""
    page.wait_for_function(QUIET)
    box.focus()
    taken(page, name)


def taken(page: Page, name: str) -> None:
    """Type ``name`` into the list that has the focus and take it with Enter.

    Nothing is clicked: an open list closes when the page below it moves.
    """
    page.keyboard.press("Control+a")
    page.keyboard.type(name)
    page.locator('[role="option"][data-focused="true"]').get_by_text(name, exact=True).wait_for()
    page.keyboard.press("Enter")


def saved(page: Page, button: Locator, timeout: float = 30_000) -> Download:
    """The file of ``button``, pressed with the keyboard: a click misses what moves while a table opens."""
    page.wait_for_function(QUIET)
    button.wait_for()
    with page.expect_download(timeout=timeout) as waiting:
        button.press("Enter")
    return waiting.value


def clicked(page: Page, number: int, parameter: str) -> Locator:
    """Click a tile of the first chart and wait until the address and the page hold it; gives the chart."""
    chart = page.locator(".js-plotly-plot").first
    chart.locator(".bars .point path").nth(number).click(force=True)
    page.wait_for_function(f"location.search.includes('{parameter}=')")
    page.wait_for_function(QUIET)
    return chart


def faded(chart: Locator) -> list[str]:
    """Texts of a chart that are drawn fainter than they are meant."""
    found: list[str] = chart.locator("text").evaluate_all(
        "found => found.filter(t => (t.style.fillOpacity || 1) < 1).map(t => t.textContent)"
    )
    return found


def left_in_english(page: Page) -> list[str]:
    """Texts of a French page that are messages of the interface in English."""
    exact, filled, kept = _messages()
    found = []
    for said in dict.fromkeys(page.evaluate(_OWN_TEXTS)):
        english = said in exact or any(pattern.fullmatch(said) for pattern in filled)
        if english and not any(pattern.fullmatch(said) for pattern in kept):
            found.append(said)
    return found


@cache
def _messages() -> tuple[set[str], list[re.Pattern[str]], list[re.Pattern[str]]]:
    """English messages that say it otherwise in French: as they are, with gaps to fill; the French ones."""
    with (ROOT / "dashboard/locale/fr/LC_MESSAGES/lacuna.po").open("rb") as file:
        catalog = read_po(file)
    exact, filled, kept = set(), [], []
    for message in catalog:
        ids = message.id if isinstance(message.id, tuple | list) else [message.id]
        said = message.string if isinstance(message.string, tuple | list) else [message.string]
        kept += [_pattern(text) for text in said if text]
        for text in ids:
            if not text or text in said:
                continue
            if "{" not in text:
                exact.add(" ".join(text.split()))
            elif len(re.sub(r"\{\w*\}|\W", "", text)) >= 8:
                filled.append(_pattern(text))
    return exact, filled, kept


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w*\}", " ".join(text.split()))
    return re.compile(".+?".join(map(re.escape, parts)), re.DOTALL)


def axe_source() -> str:
    """The code of axe-core, as its package brings it."""
    import axe_playwright_python  # only where it is asked for

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
