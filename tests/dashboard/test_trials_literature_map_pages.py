"""Trials, Literature and the evidence map through app.py: both languages, and a disease with no data."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from etl import store as built
from tests import navigation
from tests.conftest import ROOT
from tests.dashboard.conftest import STATE_OF

PAGES = ("trials", "literature", "evidence_map")
Open = Callable[..., AppTest]


def opened(page: str, **query: str | list[str]) -> AppTest:
    """A page at an address."""
    shown = navigation.opened(page, **query)
    assert not shown.exception
    return shown


def html(page: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(e.proto.body for e in page.get("html"))


@pytest.mark.parametrize(
    ("page", "lang", "title", "finding"),
    [
        ("trials", "en", "Trials for IMAM", "No gathered trial names IMAM; 73 name its relatives"),
        ("trials", "fr", "Essais sur IMAM", "Aucun essai recueilli ne nomme IMAM"),
        ("literature", "en", "Publications on IMAM", "6 publications gathered name IMAM, 2 more"),
        ("literature", "fr", "Publications sur IMAM", "6 publications recueillies nomment IMAM, 2 autres"),
        ("evidence_map", "en", "Evidence map", "combinations of a treatment class"),
        ("evidence_map", "fr", "Carte des preuves", "combinaisons d’une classe de traitement"),
    ],
)
def test_the_page_says_its_finding(embedded: Path, page: str, lang: str, title: str, finding: str) -> None:
    shown = opened(page, lang=lang)
    assert shown.title[0].value == title
    assert finding in shown.header[0].value.replace("\\", "")


def test_the_empty_lane_leads_to_its_certificate(embedded: Path) -> None:
    said = html(opened("trials"))
    assert "cell=trials_registered.imam" in said
    assert "0 of 5 required sources" in said
    assert "status undated" in said
    assert "Ended (3)" in "".join(s.value for s in opened("trials").subheader).replace("\\", "")


def test_a_filter_takes_nothing_from_the_trials_under_a_broader_label_and_the_page_says_so(
    embedded: Path,
) -> None:
    whole, filtered = opened("trials"), opened("trials", years=["2020", "2021"])
    told = "The filters above take nothing from this list."
    assert told in html(filtered) and told not in html(whole)
    assert [s.value for s in filtered.subheader] == [s.value for s in whole.subheader]


def test_a_register_that_met_some_in_a_part_is_not_drawn_as_one_that_met_none(embedded: Path) -> None:
    lines = html(opened("trials")).split('<table class="lc-reg">')[1].split("<tr>")
    by = {line.split('scope="row">')[1].split("<")[0]: line for line in lines if 'scope="row">' in line}
    assert '<span class="lc-y">2018</span><span class="lc-n">≥\u202f?</span>' in by["DM"], "as old as it is"
    assert "0?" not in by["DM"]
    assert "0?" in by["IMAM"] and "≥\u202f?" not in by["IMAM"]


def test_no_trial_of_unsure_status_stands_under_open(embedded: Path) -> None:
    shown = opened("trials")
    assert not any("Open when last read" in s.value for s in shown.subheader)
    assert "Of none is it known" in html(shown)


def test_the_overlap_of_the_review_is_said(embedded: Path) -> None:
    said = html(opened("literature"))
    assert "counts 49 patients. It overlaps" in said


@pytest.fixture(scope="session")
def with_a_new_disease(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose catalog knows one more disease, of which nothing else is known."""
    folder = tmp_path_factory.mktemp("fresh")
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("*.duckdb*", "local"))
    file = folder / "data" / "catalog" / "diseases.csv"
    columns = len(file.read_text(encoding="utf-8").splitlines()[0].split(","))
    row = ["new", "New <i>disease</i>", "Nouvelle maladie", "NEWD", *[""] * (columns - 4)]
    file.write_text(file.read_text(encoding="utf-8") + ",".join(row) + "\n", encoding="utf-8")
    with (file.parent / "disease_names.csv").open("a", encoding="utf-8") as names:
        names.write("new,New <i>disease</i>,en,preferred,no,orphapacket2025\n")
    link = folder / "store" / "lacuna.duckdb"
    built.build_and_publish(built.Paths(folder / "data", link, ()), STATE_OF)
    return link


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("page", PAGES)
def test_a_disease_with_no_data_gets_a_whole_page(
    with_a_new_disease: Path, closed_network: None, monkeypatch: pytest.MonkeyPatch, page: str, lang: str
) -> None:
    monkeypatch.setenv("LACUNA_STORE", str(with_a_new_disease))
    shown = opened(page, disease="NEWD", lang=lang)
    said = html(shown)
    assert "NEWD" in shown.title[0].value + said
    assert "<i>" not in said
    words = {"en": ("Not looked for yet", "not looked for yet"), "fr": ("as encore cherché",)}[lang]
    assert any(word in said for word in words), "absence has its word"
    assert shown.get("plotly_chart"), "the axes stay"
