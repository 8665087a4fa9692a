"""Cases and Methods in a real Chromium: wide and narrow, English and French, links, files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard import case_report, queries
from dashboard.text import translate
from etl.tables import table
from tests.browser.looking import chosen, saved


def patients(page: Page, n: int) -> list[str]:
    """The headings of the patients that can be opened, once there are ``n``."""
    found = page.locator("summary", has_text=" et al. ")
    expect(found).to_have_count(n)
    return [said.splitlines()[-1].strip() for said in found.all_inner_texts()]


# The first address asked of a new server is a page below the root: it must open like any other.
@pytest.mark.parametrize(
    ("lang", "lede"), [("en", "Of eight patients described"), ("fr", "Sur huit patients")]
)
def test_lanes_are_drawn_at_every_width(page: Page, address: str, lang: str, lede: str) -> None:
    page.goto(f"{address}/cases?lang={lang}")
    page.get_by_text(lede).wait_for()
    wide = bool(page.viewport_size and page.viewport_size["width"] > 1180)
    shown, hidden = ("lanes_wide", "lanes_narrow") if wide else ("lanes_narrow", "lanes_wide")
    page.locator(f".st-key-{shown} .main-svg").first.wait_for()
    assert not page.locator(f".st-key-{hidden}").is_visible()
    drawn = page.locator(f".st-key-{shown} .main-svg text")
    said = " ".join(drawn.all_text_contents())
    assert said.count("Hara et al. 2010") == 3
    assert {"en": "not in the part read", "fr": "hors de la partie lue"}[lang] in said
    box = page.locator(f".st-key-{shown} .main-svg").first.bounding_box()
    right = max(t["x"] + t["width"] for t in (e.bounding_box() for e in drawn.all()) if t)
    assert box and right <= box["x"] + box["width"] + 1, "no text runs out of the figure"
    patients(page, 9)


def test_a_chosen_filter_makes_a_link_that_shows_the_same_rows(
    page: Page, address: str, browser: Browser
) -> None:
    page.goto(f"{address}/cases")
    page.get_by_text("Of eight patients described").wait_for()
    page.get_by_role("button", name="Filters").click()
    chosen(page, page.locator(".st-key-drug_en input"), "Azathioprine")
    page.wait_for_function("location.search.includes('drug=azathioprine')")
    page.get_by_text("2 of 8 patients described one by one").wait_for()
    rows = patients(page, 2)
    other = browser.new_page()
    other.goto(page.url)
    other.get_by_text("2 of 8 patients described one by one").wait_for()
    assert patients(other, 2) == rows
    other.goto(page.url + "&lang=fr")
    other.get_by_text("2 sur 8 patients").wait_for()
    patients(other, 2)
    other.close()


def test_a_filter_that_empties_the_page_is_undone_with_one_click(page: Page, address: str) -> None:
    page.goto(f"{address}/cases?drug=tacrolimus&years=2003&years=2010")
    page.get_by_text("0 of 8 patients").wait_for()
    page.get_by_role("button", name="Undo the filter “Years”").click()
    page.get_by_text("1 of 8 patients").wait_for()
    page.wait_for_function("!location.search.includes('years=')")
    assert [said.split(" · ")[0] for said in patients(page, 1)] == ["Kim et al. 2022"]


def test_the_file_holds_the_rows_shown(
    page: Page, address: str, link: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.goto(f"{address}/cases?drug=azathioprine")
    page.get_by_text("2 of 8 patients").wait_for()
    page.locator(".st-key-table_cases summary").click()
    file = Path(saved(page, page.locator(".st-key-csv-cases button")).path()).read_bytes().decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(file, newline="")))
    monkeypatch.setenv("LACUNA_STORE", str(link))
    found = queries.cases("imam")
    shown = found.patients[found.patients["case_id"].isin(["carrera2006_1", "kim2022_1"])]
    rows = case_report.table(shown, found.treatments, translate("en"))
    assert read == [{k: str(v) for k, v in row.items()} for row in rows.to_dict("records")]


@pytest.mark.long
def test_own_cases_are_shown_in_that_session_only(page: Page, address: str, browser: Browser) -> None:
    declared = [c.name for c in table("case_").columns]
    known = {"case_id": "own_1", "study_id": "hara2010", "n": "1", "sex": "female", "outcome": "improved"}
    known |= {"relapse": "not_reported", "label_certainty": "named_imam", "locator": "generated"}
    known |= {"outcome_extractor_a": "improved"}
    known |= {"adjudication": "single_extractor", "confidence": "low"}
    lines = [",".join(declared), ",".join(known.get(name, "") for name in declared)]
    page.goto(f"{address}/cases")
    page.get_by_text("Of eight patients described").wait_for()
    page.locator("summary", has_text="Set your own cases beside these").click()
    drop = page.locator(".st-key-own-cases input[type=file]")
    drop.set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()})
    page.get_by_text("1 case of yours, added to no count above").wait_for()
    page.get_by_text("Of eight patients described").wait_for()
    patients(page, 9)
    other = browser.new_page()
    other.goto(f"{address}/cases")
    other.get_by_text("Of eight patients described").wait_for()
    assert other.get_by_text("of yours").count() == 0
    other.close()
    page.get_by_role("button", name="Take them away").click()
    expect(page.get_by_text("1 case of yours")).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(
    "section",
    ["searches", *(pytest.param(s, marks=pytest.mark.long) for s in ("sources", "claims", "store"))],
)
def test_every_section_of_methods(page: Page, address: str, section: str, lang: str) -> None:
    page.goto(f"{address}/methods?section={section}&lang={lang}")
    signs = {
        "searches": ('[data-testid="stDataFrame"]', 4),
        "sources": ("summary", 18),
        "claims": (".lc-e", 61),
        "store": (".lc-facts", 1),
    }
    selector, n = signs[section]
    page.wait_for_function(f"document.querySelectorAll('{selector}').length === {n}")


@pytest.mark.long
def test_a_section_chosen_stands_in_the_address(page: Page, address: str) -> None:
    page.goto(f"{address}/methods")
    page.get_by_role("radio", name="Words").or_(page.get_by_role("button", name="Words")).first.click()
    page.wait_for_function("location.search.includes('section=words')")
