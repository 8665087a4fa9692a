"""Every cell of the grid is reached, and what stands behind it is read, with the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from dashboard import queries
from dashboard.text import LANGUAGES, translate
from tests.browser.looking import settled, taken, watched
from tests.dashboard.conftest import embedded, published  # noqa: F401

#: What has the focus, in words: its name for assistive technology or its text.
FOCUSED = """() => {
  const one = document.activeElement;
  return (one.getAttribute('aria-label') || one.textContent || '').trim();
}"""


def stepped_to(page: Page, begins: str, most: int = 120) -> None:
    """Press Tab until something whose name begins so has the focus."""
    passed = []
    for _step in range(most):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1].startswith(begins):
            return
    raise AssertionError(f"no {begins!r} among {passed}")


def stepped_and_taken(page: Page, label: str, name: str) -> None:
    """Step to the list called ``label`` and choose ``name`` in it."""
    stepped_to(page, label)
    taken(page, name)


@pytest.mark.parametrize("width", ["wide", pytest.param("narrow", marks=pytest.mark.long)])
def test_a_certificate_is_opened_read_and_closed_with_the_keyboard(
    browser: Browser, address: str, width: str
) -> None:
    with watched(browser, width) as page:
        settled(page, f"{address}/")
        page.get_by_role("heading", level=2).last.wait_for()
        page.locator(".st-key-grid_chart").focus()
        stepped_and_taken(page, "Question", "Registered trials")
        stepped_and_taken(page, "Disease", "Dermatomyositis")
        stepped_to(page, "Open the certificate")
        page.keyboard.press("Enter")
        drawer = page.get_by_role("dialog")
        drawer.get_by_text("At least 46 gathered").wait_for()
        page.wait_for_function("location.search.includes('cell=trials_registered.dm')")
        assert page.evaluate("document.querySelector('[role=dialog]').contains(document.activeElement)")
        closed = drawer.locator("details:not([open]) > summary").first
        stepped_to(page, (closed.text_content() or "").strip())
        page.keyboard.press("Enter")
        drawer.locator("details[open]").first.wait_for()
        page.keyboard.press("Escape")
        drawer.wait_for(state="hidden")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_lists_name_every_cell_of_the_grid(lang: str, embedded: object) -> None:  # noqa: F811
    """One list of questions and one of diseases: each pair of entries, which no other shares, is a cell."""
    cells, text = queries.grid("imam"), translate(lang)
    titles = queries.question_titles(lang)
    names = {d["disease_id"]: text.pick(d, "label") for d in cells.to_dict("records")}
    offered = {(question, disease) for question in titles for disease in names}
    assert offered >= set(zip(cells["question_id"], cells["disease_id"], strict=True))
    assert len(set(titles.values())) == len(titles)
    assert len(set(names.values())) == len(names)
