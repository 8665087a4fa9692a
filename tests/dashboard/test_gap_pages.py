"""Biomarkers, Funding, Foundations and Next steps through app.py: links, filters, undo, empty diseases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import beside, biomarkers, cases, citing, foundations, funding, queries
from dashboard.figures import biomarkers as biomarker_figure
from dashboard.figures import funding as funding_figure
from dashboard.filters import Choice
from dashboard.queries import biomarkers as asked_biomarkers
from dashboard.queries import foundations as asked_foundations
from dashboard.queries import funding as asked_funding
from dashboard.text import translate
from tests import navigation
from tests.newcomer import newcomer_store

PAGES = ("biomarkers", "funding", "foundations", "next_steps")
Open = Callable[..., AppTest]


def run(page: str, **query: str | list[str]) -> AppTest:
    shown = navigation.opened(page, **query)
    assert not shown.exception
    return shown


@pytest.fixture
def opened(embedded: Path) -> Open:
    """Open a page at an address: ``opened("funding", lang="fr")``."""
    return run


@pytest.fixture(scope="session")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose catalog has one disease more, of which nothing is known."""
    return newcomer_store(tmp_path_factory.mktemp("newcomer"))


@pytest.fixture
def without_data(newcomer: Path, closed_network: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setenv("LACUNA_STORE", str(newcomer))
    yield run


def html(page: AppTest) -> str:
    """All HTML of the page, its style sheet left out."""
    return "\n".join(e.proto.body for e in page.get("html") if "<style" not in e.proto.body)


def buttons(page: AppTest) -> set[str]:
    return {b.key for b in page.button if b.key}


# --- biomarkers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "finding"),
    [
        (
            "en",
            "7 categories of biomarker, IMAM: limited at most in 1; candidates only in 2; looked for",
        ),
        (
            "fr",
            "7 catégories de biomarqueurs, IMAM\u00a0: limité au mieux dans 1\u202f; candidats",
        ),
    ],
)
def test_title_of_biomarkers_says_the_finding(opened: Open, lang: str, finding: str) -> None:
    assert opened("biomarkers", lang=lang).header[0].value.replace("\\", "").startswith(finding)


def test_the_cell_of_the_address_shows_its_evidence(opened: Open) -> None:
    page = opened("biomarkers", marker=["diagnostic.dm"])
    assert "anti-Mi-2" in html(page)
    assert page.selectbox(key="pick_category").value == "diagnostic"
    assert page.selectbox(key="pick_marker_disease").value == "dm"
    page.selectbox(key="pick_category").set_value("safety").run()
    assert "Nobody has looked for such a marker of this disease here yet" in html(page)
    assert page.query_params["marker"] in ("safety.dm", ["safety.dm"])


def test_looked_for_and_not_looked_for_are_told_apart(opened: Open) -> None:
    assert "No safety biomarker found for IMAM" in html(opened("biomarkers", marker=["safety.imam"]))
    assert "Nobody has looked" not in html(opened("biomarkers", marker=["safety.imam"]))


def test_a_cell_nobody_knows_is_ignored(opened: Open) -> None:
    assert opened("biomarkers", marker=["<b>.dm"]).selectbox(key="pick_category").value == "diagnostic"


def test_confidence_changes_rows_and_no_state(opened: Open) -> None:
    whole, part = opened("biomarkers"), opened("biomarkers", confidence=["low"])
    assert "of 83 rows in this filter; no state is changed by it" in html(part)
    states = [p.dataframe[0].value["State"].tolist() for p in (whole, part)]
    assert states[0] == states[1]
    assert whole.header[0].value == part.header[0].value


def test_an_emptied_page_of_biomarkers_keeps_its_axes_and_undoes_its_filter(opened: Open) -> None:
    page = opened("biomarkers", disease="MMF", compare="PM", confidence=["low"])
    assert "0 of" in html(page)
    assert len(page.get("plotly_chart")) == 1
    page.button(key="undo-confidence").click().run()
    assert "in this filter" not in html(page)


# --- funding --------------------------------------------------------------------------------------


def test_the_empty_row_is_drawn_with_its_states(opened: Open) -> None:
    page = opened("funding")
    title = page.header[0].value.replace("\\", "")
    assert "Funding programmes for the disease: unproven; Public grants: not looked for yet" in title
    assert "8 of 32 funders listed checked" in title
    drawn = page.get("plotly_chart")[0].proto.spec
    assert "Public grants: not looked for yet" in drawn


def test_years_leave_items_and_name_the_filter(opened: Open) -> None:
    page = opened("funding", years=["2002", "2003"])
    assert "items in this filter (Years: 2002–2003)" in html(page)
    assert "unproven" in page.header[0].value


def test_a_filter_that_empties_funding_is_undone_with_one_click(opened: Open) -> None:
    page = opened(
        "funding", disease="MMF", compare="PM", diseases=["pm"], years=["2002", "2003"], undated=["no"]
    )
    assert "undo-years" in buttons(page) or "undo-undated" in buttons(page)
    assert len(page.get("plotly_chart")) == 1
    page.button(key="undo-undated").click().run()
    assert "undo-years" not in buttons(page)


# --- foundations and next steps -------------------------------------------------------------------


def test_foundations_show_states_of_the_grid(opened: Open) -> None:
    page = opened("foundations")
    shown = html(page)
    assert "24 topics, IMAM" in page.header[1].value
    assert shown.count('class="lc-topic"') == 24
    assert shown.count('class="lc-entry"') == 5
    assert "not opened, named by another document" in shown


def test_filters_of_steps_stand_in_the_address_and_are_undone(opened: Open) -> None:
    page = opened("next_steps", kind=["make"], effort=["hours"])
    assert "0 of 12 steps in this filter" in html(page)
    assert {"undo-kind", "undo-effort"} <= buttons(page)
    page.button(key="undo-effort").click().run()
    assert "3 of 12 steps in this filter" in html(page)
    assert "Locked: waits for steps" in html(page)


def test_marks_of_the_reader_unlock(opened: Open) -> None:
    steps = [f"ns{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 11)]
    page = opened("next_steps", done=steps)
    assert html(page).count("Locked: waits for step") == 1, "step 10 also waits for step 8"
    assert "Locked: waits for step 8" in html(page)
    assert html(page).count("marked done by you") == len(steps)


def test_each_step_has_a_line_to_sign(opened: Open) -> None:
    page = opened("next_steps")
    assert html(page).count('class="lc-sign"') == html(page).count("<article") == 12


# --- a disease of which nothing is known ----------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("page", PAGES)
def test_a_disease_without_data_gets_a_whole_page(without_data: Open, page: str, lang: str) -> None:
    shown = without_data(page, disease="NEWD", lang=lang)
    said = html(shown) + "".join(h.value for h in (*shown.header, *shown.title))
    expected = {
        "biomarkers": ("not looked for yet in 7", "pas encore cherché dans 7"),
        "funding": ("No list of funders has been drawn up", "Aucune liste de financeurs"),
        "foundations": ("24 topics, NEWD", "24 sujets, NEWD"),
        "next_steps": ("Nobody has written next steps", "Personne n’a rédigé"),
    }
    assert expected[page][lang == "fr"] in said.replace("\\", "")
    assert "nan" not in said.lower().replace("finan", "").split()


# --- pure parts -----------------------------------------------------------------------------------


def test_the_focus_disease_is_never_filtered_away() -> None:
    known = pd.DataFrame({"disease_id": ["a", "b", "c"], "role": ["focus", "comparator", None]})
    assert list(beside.beside(known, "a", "b", ())["disease_id"]) == ["a", "b"]
    assert list(beside.beside(known, "a", "b", ("c",))["disease_id"]) == ["a", "c"]
    alone = known.assign(role=["focus", None, None])
    assert list(beside.beside(alone, "a", "c", ())["disease_id"]) == ["a", "c"]


def test_codes_become_citations_and_nothing_else_changes() -> None:
    known = {"ekinci2015": "Ekinci et al. 2015"}
    assert citing.cited("Read ekinci2015, then hara2010.", known) == "Read Ekinci et al. 2015, then hara2010."
    assert citing.cited("STAT1 and NCT05832034", known) == "STAT1 and NCT05832034"


def test_evidence_cannot_write_html(embedded: Path) -> None:
    text, bad = translate("en"), "<script>x</script>"
    markers = asked_biomarkers.biomarkers(["imam"]).assign(finding=bad, marker=bad, url="javascript:x")
    items = asked_funding.funding(["dm"], "imam").items.assign(funder=bad, note=bad, url="javascript:x")
    found = asked_foundations.foundations("imam")
    entry = foundations.entries(found)[0]
    entry.says[0]["title"] = bad  # type: ignore[index]
    for said in (
        biomarkers.evidence(markers, {}, text),
        funding.listing(cases.records(items), text),
        foundations.entry_html(entry, {}, text),
    ):
        assert "<script>" not in said
        assert "javascript:" not in said
        assert "&lt;script&gt;" in said


def test_the_picture_of_biomarkers_has_a_tile_for_every_cell(embedded: Path) -> None:
    ids = ["imam", "dm"]
    rows = biomarkers.matrix(
        asked_biomarkers.cells("imam"), asked_biomarkers.biomarkers(ids), ids, Choice("en", "imam", "dm")
    )
    drawn = biomarker_figure.matrix(rows, "imam", translate("en"), "light", filtered=False)
    tiles = next(t for t in drawn.data if t.customdata is not None)
    assert len(tiles.customdata) == 14
    hatched = [c for c, s in zip(tiles.customdata, tiles.marker.pattern.shape, strict=True) if s]
    assert hatched == ["predictive.dm", "safety.dm"]
    said = biomarkers.alternative(rows, translate("en"), filtered=False)
    assert said.count("not looked for yet") >= 2
    assert "IMAM: Susceptibility or risk (candidates only" in said


def test_the_picture_of_funding_draws_every_item_once_a_lane(embedded: Path) -> None:
    ids = ["imam", "dm"]
    known = queries.diseases("imam")
    rows = funding_figure.Rows(
        asked_funding.cells("imam"),
        asked_funding.funding(ids, "imam").items,
        asked_funding.funding(ids, "imam").items,
        known[known["disease_id"].isin(ids)],
    )
    drawn = funding_figure.lanes(rows, translate("en"), "light", filtered=False)
    signs = next(t for t in drawn.data if t.hovertext is not None)
    items = rows.items
    apart = items[items["disease_id"].isna()]
    assert len(signs.x) == len(items[items["disease_id"] == "dm"]) + len(apart)
    hatched = [t for t in drawn.data if t.fillpattern and t.fillpattern.shape]
    assert len(hatched) == 1, "public grants for IMAM were not looked for"
