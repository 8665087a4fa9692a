"""What the queries hand to the pages is complete and says what the store says."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dashboard import queries, summary
from dashboard.text import translate

pytestmark = pytest.mark.usefixtures("embedded")


def test_the_grid_has_every_question_and_every_disease() -> None:
    cells = queries.grid("imam")
    assert cells["question_id"].nunique() == 39
    assert cells["disease_id"].nunique() == 9
    assert len(cells) == 39 * 9
    assert list(cells["disease_id"][:9]) == ["imam", "dm", "jdm", "pm", "ibm", "imnm", "asys", "iim", "mmf"]
    assert cells.loc[cells["disease_id"] == "imam", "role"].unique().tolist() == ["focus"]


def test_another_focus_comes_first() -> None:
    assert queries.grid("dm")["disease_id"].iloc[0] == "dm"
    assert len(queries.grid("dm")) == 39 * 9


def test_imam_trials_are_never_zero_and_comparators_are_floors() -> None:
    cells = queries.grid("imam").set_index(["question_id", "disease_id"])
    for question in ("trials_registered", "trials_recruiting", "trials_with_results"):
        assert cells.loc[(question, "imam"), "state"] in ("unproven", "claimed")
    dm = cells.loc[("trials_registered", "dm")]
    assert (dm["state"], dm["n"], dm["bound"]) == ("found", 46, "floor")


def test_freshness_is_that_of_the_day_asked_for() -> None:
    def orphan(day: date) -> str:
        cells = queries.grid("imam", day).set_index(["question_id", "disease_id"])
        return str(cells.loc[("orphan_designation_us", "imam"), "freshness"])

    assert orphan(date(2022, 2, 1)) == "fresh"
    assert orphan(date(2026, 11, 23)) == "stale"


def test_a_certificate_holds_searches_controls_reasons_and_claims() -> None:
    found = queries.certificate("trials_registered", "imam")
    assert len(found.question) == 1
    assert set(found.verdicts.loc[found.verdicts["required"], "source_id"]) == {
        "clinicaltrials_gov",
        "ctis",
        "eu_ctr",
        "isrctn",
        "ictrp",
    }
    assert set(found.searches["search_id"]) == {"ds_ctgov2018_imam", "ds_ctgov2023_imam"}
    assert set(found.controls["kind"]) == {"positive", "nonsense"}
    assert len(found.controls) == 4
    assert (found.evidence["role"] == "claimed").sum() == 3
    assert (found.evidence["role"] == "broader").sum() == 3
    assert len(found.related) == 28
    assert "source_unsearched" in set(found.reasons["code"])


@pytest.mark.parametrize("question", ["biomarker_diagnostic", "publications", "disease_programmes"])
def test_every_evidence_row_has_words_and_most_have_a_citation(question: str) -> None:
    rows = queries.certificate(question, "imam").evidence
    assert len(rows)
    assert rows["title"].notna().all()


def test_values_are_bound_not_pasted() -> None:
    assert queries.certificate("'; DROP TABLE cell_judged; --", "imam").verdicts.empty


def test_the_first_sentence_is_built_from_the_rows() -> None:
    found = queries.searched("imam")
    assert (found.reports, found.reports_in_part, found.funders_read) == (8, 3, 8)
    assert summary.searched(found, "IMAM", translate("en")) == (
        "For IMAM we read the abstracts of eight reports (three of them in part), counted whole tables of "
        "the FDA (2022), of Orphanet (2024) and of MONDO (2026), searched a part of ClinicalTrials.gov "
        "and read pages of eight funders; no trial registry, literature or award database has been "
        "searched live yet."
    )
    assert summary.searched(found, "IMAM", translate("fr")) == (
        "Pour l’IMAM, nous avons lu les résumés de huit rapports (dont trois en partie), compté des tables "
        "entières de la FDA (2022), d’Orphanet (2024) et de MONDO (2026), cherché dans une partie de "
        "ClinicalTrials.gov et lu des pages de huit financeurs\u202f; aucun registre d’essais, aucune base "
        "de publications ou de financements n’a encore été interrogé en direct."
    )


def test_a_live_search_changes_the_first_sentence() -> None:
    found = queries.searched("imam")
    live = found.tables.head(1).assign(name="ClinicalTrials.gov", kind="trials", day="2026-11-24T08:00:00")
    after = queries.Searched(**{**vars(found), "live": live, "silent": ("literature", "funding")})
    said = summary.searched(after, "IMAM", translate("en"))
    assert "searched live: ClinicalTrials.gov (24 Nov 2026)" in said
    assert "no literature database and no award database has been searched live yet" in said
    assert "no trial registry" not in said


def test_three_next_steps_with_who_could_take_them(embedded: Path) -> None:
    steps = queries.next_steps("imam", 3)
    assert list(steps["rank"]) == [1, 2, 3]
    assert steps["actor_fr"].notna().all()
    assert queries.next_steps("dm").empty
