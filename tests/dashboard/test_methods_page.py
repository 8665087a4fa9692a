"""The Methods page: every search with its query and controls, sources, claims, words, receipt."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import method_tables, queries
from dashboard.export.csv_table import csv_table
from dashboard.text import translate
from tests import navigation
from tests.dashboard.test_cases_numbers import rows

Open = Callable[..., AppTest]
SECTIONS = ("searches", "sources", "claims", "caveats", "words", "store")


@pytest.fixture
def opened(embedded: Path) -> Open:
    """Open the Methods page at an address."""

    def run(**query: str) -> AppTest:
        page = navigation.opened("methods", **query)
        assert not page.exception
        return page

    return run


def html(page: AppTest) -> str:
    return "\n".join(e.proto.body for e in page.get("html"))


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_section_opens_in_both_languages(opened: Open, lang: str, section: str) -> None:
    page = opened(lang=lang, section=section)
    assert page.title[0].value == {"en": "How it was looked for", "fr": "Comment on a cherché"}[lang]
    assert page.segmented_control(key=f"section_{lang}").value == section


def test_searches_are_those_of_the_file(embedded: Path) -> None:
    shown = method_tables.searches(queries.methods().searches, translate("en")).set_index("Search")
    for row in rows("dataset_searches"):
        one = shown.loc[row["search_id"]]
        assert one["Query"] == row["query"]
        assert one["Fields"] == row["fields"]
        assert one["Rows searched"].replace(",", "") == row["rows_searched"]
        assert one["Positive control"] == f"{row['positive_control']}: {int(row['positive_count']):,}"
        assert one["Nonsense control"] == f"{row['negative_control']}: {row['negative_count']}"
        assert one["Coverage"] == {"whole": "whole source", "part": "part of the source"}[row["coverage"]]
    assert len(shown) == len(rows("dataset_searches"))


def test_the_page_shows_one_table_a_source_and_names_the_silent_ones(opened: Open) -> None:
    page = opened()
    files = Counter(r["source_id"] for r in rows("dataset_searches"))
    assert sorted(len(d.value) for d in page.dataframe) == sorted(files.values())
    assert "PubMed" in page.markdown[-1].value
    assert "none was live" in html(page)


def test_finding_in_the_searches(opened: Open) -> None:
    page = opened(find="ORPHA:247718 incidence")
    shown = [row for d in page.dataframe for row in d.value.to_dict("records")]
    assert shown
    assert all("ORPHA:247718" in r["Query"] for r in shown)


def test_claims_are_counted_as_in_the_file(opened: Open, embedded: Path) -> None:
    page = opened(section="claims")
    counted = Counter(r["support"] for r in rows("seed_claims"))
    said = html(page)
    assert f"{sum(counted.values())} claims of the founding report: {counted['supported']} supported" in said
    assert said.count('class="lc-e"') == sum(counted.values())
    page.pills(key="support_en").set_value(["contradicted"]).run()
    assert html(page).count('class="lc-e"') == counted["contradicted"]


def test_nobody_who_checked_reads_not_yet_checked(opened: Open) -> None:
    page = opened(section="store")
    table = page.table[0].value
    assert set(table["Second reader"]) == {"not yet checked"}
    assert str(queries.receipt()["catalog_sha256"].iloc[0]) in html(page)


def test_a_source_says_what_is_not_established(opened: Open) -> None:
    page = opened(section="sources")
    said = html(page)
    assert "form unverified" in said
    assert 'class="lc-gap lc-unread">not established' in said
    assert sum(e.label.endswith("not searched yet") for e in page.expander) == 13


def test_a_file_reads_back_as_the_rows_shown(embedded: Path) -> None:
    table = method_tables.searches(queries.methods().searches, translate("en"))
    read = list(csv.reader(io.StringIO(csv_table(table).decode("utf-8-sig"), newline="")))
    assert read[0] == list(table.columns)
    shown = [["" if v is None else str(v) for v in row] for row in table.itertuples(index=False)]
    assert [[c.removeprefix("'") for c in row] for row in read[1:]] == [
        [c.removeprefix("'") for c in row] for row in shown
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_file_runs_nothing_in_a_spreadsheet(cell: str) -> None:
    import pandas as pd

    assert (
        csv_table(pd.DataFrame({"a": [cell]})).decode("utf-8-sig").splitlines()[1].strip('"').startswith("'")
    )


def test_matching_finds_words_anywhere(embedded: Path) -> None:
    claims = queries.methods().claims
    assert len(method_tables.matching(claims, "")) == len(claims)
    hits = method_tables.matching(claims, "RITUXIMAB imam")
    assert set(hits["claim_id"]) == {"sc34"}
    assert method_tables.matching(claims, "nowhereatall").empty
