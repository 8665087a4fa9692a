"""The Cases page through app.py: both languages, filters in the URL, an honest empty page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

Open = Callable[..., AppTest]
#: What app.py does before the page runs; AppTest cannot open a second page through ``st.navigation``.
FRAME = f"""
import runpy
from dashboard import drawn, filters
filters.carry()
filters.remember(filters.bar("cases"))
drawn.begin("cases")
runpy.run_path({str(ROOT / "pages" / "cases.py")!r})
"""


@pytest.fixture
def opened(embedded: Path) -> Open:
    """Open the Cases page at an address: ``opened(lang="fr", drug=["azathioprine"])``."""

    def run(**query: str | list[str]) -> AppTest:
        app = AppTest.from_string(FRAME, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        page = app.run()
        assert not page.exception
        return page

    return run


def html(page: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(e.proto.body for e in page.get("html"))


def lanes(page: AppTest) -> list[str]:
    """The headings of the patients that can be opened."""
    return [e.label for e in page.expander if e.label.startswith("**")]


@pytest.mark.parametrize(
    ("lang", "lede", "finding"),
    [
        (
            "en",
            "Of eight patients described one by one",
            "Treatment and outcome could be read for six of eight",
        ),
        (
            "fr",
            "Sur huit patients décrits un à un",
            "Traitement et devenir ont pu être lus pour six patients sur",
        ),
    ],
)
def test_the_whole(opened: Open, lang: str, lede: str, finding: str) -> None:
    page = opened(lang=lang)
    assert lede in html(page)
    assert page.header[0].value.replace("\\", "").startswith(finding)
    assert len(lanes(page)) == 9
    assert ("No rate can be drawn" in html(page)) or ("Aucun taux" in html(page))
    assert len(page.get("plotly_chart")) == 4, "lanes and dots, wide and narrow"


def test_a_filter_of_the_address_leaves_its_rows_and_says_so(opened: Open) -> None:
    page = opened(drug=["azathioprine"])
    assert len(lanes(page)) == 2
    said = page.markdown[0].value
    assert "2 of 8 patients described one by one in this filter" in said
    assert "1 matches by another document only" in said
    assert "1 group left out" in said
    assert "Of eight patients described one by one" in html(page), "the sentence counts everybody"


def test_unknown_treatments_stay_when_asked(opened: Open) -> None:
    page = opened(drug=["azathioprine"])
    next(box for box in page.checkbox if box.label.startswith("Keep patients")).check().run()
    assert len(lanes(page)) == 5


def test_years_of_the_address(opened: Open) -> None:
    page = opened(years=["2010", "2011"])
    assert len(lanes(page)) == 4


def test_an_emptied_page_names_its_filter_and_undoes_it(opened: Open) -> None:
    page = opened(drug=["tacrolimus"], years=["2003", "2010"])
    assert lanes(page) == []
    assert {b.key for b in page.button if b.key} >= {"undo-years", "undo-drugs"}
    assert len(page.get("plotly_chart")) == 4, "the axes stay"
    page.button(key="undo-drugs").click().run()
    assert not page.exception
    assert len(lanes(page)) == 5, "four patients and the group of those years"
    assert "drug" not in page.query_params


def test_a_disease_nobody_looked_at_says_so(opened: Open) -> None:
    page = opened(disease="DM")
    assert "Nobody has looked for published cases of DM here yet." in html(page)
    assert lanes(page) == []
    assert len(page.get("plotly_chart")) == 2
    assert any("not even that there are none" in said.value for said in page.markdown)
    assert "0 publications" not in html(page)
    assert "Patients described: Not looked for yet." in html(page)


def test_a_drug_nobody_knows_is_ignored(opened: Open) -> None:
    assert len(lanes(opened(drug=["<script>"]))) == 9


def test_sorting_changes_the_order_not_the_rows(opened: Open) -> None:
    page = opened()
    first = lanes(page)
    next(c for c in page.segmented_control if c.label == "Sort by").set_value("outcome").run()
    assert lanes(page) != first
    assert sorted(lanes(page)) == sorted(first)


def test_table_shows_bands_and_exact_ages_only_when_asked(opened: Open) -> None:
    page = opened()
    table = page.dataframe[0].value
    assert len(table) == 9
    assert "Age (years)" not in table
    page.toggle(key="exact").set_value(True).run()
    assert "Age (years)" in page.dataframe[0].value


def test_labels_of_other_names_and_reports_left_out_are_shown(opened: Open) -> None:
    page = opened()
    assert "21 reports may be the same disease under another label" in [h.value for h in page.header]
    assert any(e.label == "47 publications considered: 8 kept, 39 left out" for e in page.expander)
