"""The single HTML file in a real browser with the network cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboard import story
from dashboard.export.html import html
from dashboard.queries import story as asked
from dashboard.story.rows import Filter
from dashboard.text import translate
from tests.dashboard.conftest import STATE_OF, embedded, published  # noqa: F401
from tests.dashboard.test_exports import PLANTED


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_slides_answer_without_network_and_run_nothing_planted(
    embedded: Path,  # noqa: F811
    browser: Browser,
    tmp_path: Path,
    lang: str,
) -> None:
    rows = asked.rows("imam", STATE_OF.date())
    odd = replace(
        rows,
        related=rows.related.assign(label_used=PLANTED),
        trials=rows.trials.assign(title=PLANTED),
        patients=rows.patients.assign(citation_short=PLANTED),
        references=rows.references.assign(citation_short=PLANTED),
    )
    file = tmp_path / "slides.html"
    file.write_bytes(html(story.slides(odd, Filter(), translate(lang)), rows.name, translate(lang)))
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page = context.new_page()
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.goto(file.as_uri() + "#4")
    assert page.locator(".slide.on").get_attribute("id") == "s4"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("location.hash") == "#5"
    page.keyboard.press("End")
    assert page.locator(".slide.on").get_attribute("id") == "s9"
    page.keyboard.press("4")
    lane = page.locator(".slide.on .lane").nth(1)
    before = lane.locator(".part:visible").count()
    page.locator(".slide.on .key").nth(3).click()
    assert lane.locator(".part:visible").count() == before - 1
    lane.locator(".part:visible").first.hover()
    assert page.locator(".slide.on .said").inner_text().strip()
    assert not page.locator(".slide.on .notes").is_visible()
    page.keyboard.press("n")
    assert page.locator(".slide.on .notes").is_visible()
    dark = page.evaluate("document.documentElement.classList.contains('dark')")
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.classList.contains('dark')") != dark
    page.keyboard.press("t")
    assert page.locator(".slide.on .behind").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert "ran" not in page.title().split()
    assert asked_for == [file.as_uri() + "#4"] or asked_for == [file.as_uri()]
    page.emulate_media(media="print")
    expect(page.locator(".slide:visible")).to_have_count(9)
    context.close()
