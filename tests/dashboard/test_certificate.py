"""What stands behind a cell, in words and as a file: failed checks, dates, funders, statuses."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from dashboard import certificate, queries, summary, tables, wording
from dashboard.text import translate

EN, FR = translate("en"), translate("fr")


def failures(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{"source_id": n.lower(), "name": n, "failed": why} for n, why in rows])


def test_failed_checks_are_said_with_their_reason_in_both_languages() -> None:
    rows = failures(("PubMed", "rate_limited"), ("ISRCTN", "positive_found_nothing 0"))
    said = summary.failed_checks(rows, EN)
    assert said.startswith("The last checks of 2 sources do not count: PubMed (the service refused")
    assert "ISRCTN (the positive control found nothing at ISRCTN)" in said
    assert summary.failed_checks(rows, FR).startswith("La dernière vérification de 2 sources ne compte pas")
    assert summary.failed_checks(rows[:0], EN) == ""


@pytest.mark.parametrize("code", [*wording.FAULTS, *wording.REASONS])
def test_no_raw_code_is_shown_for_a_failure(code: str) -> None:
    for text in (EN, FR):
        assert "_" not in wording.failure(f"{code} imam: 46 to 3", "PubMed", text)


@pytest.mark.parametrize(
    ("as_of", "said"),
    [("2023-09-18", "recruiting (18 Sept 2023)"), (None, "recruiting (status undated)")],
)
def test_a_status_without_a_date_says_so(as_of: str | None, said: str) -> None:
    assert wording.trial_status("RECRUITING", as_of, EN) == said


def test_references_are_cited_not_coded() -> None:
    known = {"kim2022": "Kim et al. 2022"}
    assert wording.cited("Read kim2022, then other2021.", known) == "Read Kim et al. 2022, then other2021."


@pytest.mark.parametrize("heading", ["**bold**", "[a](https://x.org)", "<b>", "$x$", ":red[a]", "![](x)"])
def test_data_in_a_heading_is_no_markup(heading: str) -> None:
    shown = wording.plain(heading)
    assert shown.replace("\\", "").replace("\N{WORD JOINER}", "") == heading
    assert all(shown[i - 1] == "\\" for i, c in enumerate(shown) if c in "*[]()<>$:!")


def test_only_safe_addresses_become_links() -> None:
    for address in ("javascript:alert(1)", "http://example.org", "data:text/html,x", None):
        assert "<a" not in certificate.link("x", address)
    assert 'href="https://doi.org/10.1/x"' in certificate.link("x", "https://doi.org/10.1/x")


@pytest.mark.parametrize(("checked", "said"), [(8, "(8 of 32 checked)"), (32, "(every one checked)")])
def test_a_programme_sentence_says_how_many_funders_were_checked(checked: int, said: str) -> None:
    cell = {
        "state": "unproven",
        "kind": "programme",
        "proven_sources": 0,
        "required_sources": 1,
        "freshness": "fresh",
        "answered_on": "2026-11-23",
    }
    assert f"among the 32 funders listed {said}" in wording.sentence(cell, EN, funders=32, checked=checked)


def test_a_claim_carries_the_date_of_its_document_or_says_when_it_was_read(embedded: object) -> None:
    said = certificate.claimant(queries.certificate("trials_registered", "imam"), EN)
    assert said.endswith("(May 2025)")
    undated = queries.certificate("trials_registered", "imam")
    undated.evidence["as_of"] = None
    assert "(undated; read " in certificate.claimant(undated, EN)


def test_funders_listed_and_checked_are_those_of_the_file(embedded: object) -> None:
    assert certificate.funders(queries.certificate("disease_programmes", "imam")) == (32, 8)


def test_the_file_of_a_cell_has_a_row_for_each_source_and_search(embedded: object) -> None:
    cells = queries.grid("imam")
    picked = (cells["question_id"] == "trials_registered") & (cells["disease_id"] == "imam")
    found = queries.certificate("trials_registered", "imam")
    rows = tables.cell_table(cells[picked].iloc[0].to_dict(), found, EN, "2026-11-23")
    assert list(rows.columns) == list(tables.CELL_COLUMNS)
    assert set(rows["source_id"]) == set(found.verdicts["source_id"])
    assert set(rows["search_id"].dropna()) == set(found.searches["search_id"])
    asked = rows.dropna(subset=["search_id"])
    assert (asked["query"] != "").all()
    assert set(rows["state"]) == {"unproven"}
    assert rows.loc[rows["source_id"] == "isrctn", "found"].isna().all(), "not asked is not zero"


def test_known_items_are_told_for_each_rung(embedded: object) -> None:
    """Two rungs of one run, each with its own recall, joined as the Methods page joins them."""
    join = queries._ALL_SEARCHES.split("LEFT JOIN (\n  SELECT x.search_id", 1)[1].rsplit(") AS k", 1)[0]
    with duckdb.connect() as store:
        store.execute(
            "CREATE TABLE search AS SELECT * FROM (VALUES ('n', 'run', 'pubmed', 'imam', 'name'),"
            " ('s', 'run', 'pubmed', 'imam', 'synonyms'))"
            " AS t (search_id, snapshot_id, source_id, disease_id, rung)"
        )
        store.execute(
            "CREATE TABLE control AS SELECT NULL::VARCHAR AS search_id, 'run' AS snapshot_id,"
            " 'pubmed' AS source_id, 'imam' AS disease_id, kind, rung, '' AS query, found, expected,"
            " TRUE AS passed FROM (VALUES ('known_items', 'name', 3, 8), ('known_items', 'synonyms', 7, 8))"
            " AS t (kind, rung, found, expected)"
        )
        told = store.execute(f"SELECT search_id, known_found, known_expected FROM (SELECT x.search_id{join})")
        assert sorted(told.fetchall()) == [("n", 3, 8), ("s", 7, 8)]


def test_a_table_that_met_rows_which_answer_nothing_says_so(embedded: object) -> None:
    """Two rows name JDM in the table of Orphadata, and none of them gives a prevalence."""
    said = certificate.searches(queries.certificate("prevalence_estimate", "jdm"), translate("en"))
    assert "found 2, 0 of them answer" in said
    said = certificate.searches(queries.certificate("diagnostic_code", "imam"), translate("fr"))
    assert "répond" not in said, "all that was met answers"
