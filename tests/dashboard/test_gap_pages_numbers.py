"""Biomarkers, Funding, Foundations, Next steps: every number recomputed from the CSV files in plain Python.

Ten settings of the filters a page, drawn with fixed seeds.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import biomarkers, foundations, funding, next_steps, queries
from dashboard.filters import Choice
from dashboard.queries import biomarkers as asked_biomarkers
from dashboard.queries import foundations as asked_foundations
from dashboard.queries import funding as asked_funding
from dashboard.queries import steps as asked_steps
from dashboard.text import translate
from tests.conftest import ROOT

DISEASES = ("imam", "dm", "jdm", "pm", "ibm", "imnm", "asys", "iim", "mmf")
LEVELS = ("established", "limited", "candidate")
SEEDS = range(10)


def rows(name: str) -> list[dict[str, str]]:
    """A file below ``data/curated`` as it is."""
    with (ROOT / "data" / "curated" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(autouse=True)
def _store(embedded: Path) -> Iterator[None]:
    yield


def some(dice: random.Random, values: tuple[str, ...]) -> tuple[str, ...]:
    """Some, all or none of the values."""
    return tuple(dice.sample(values, dice.randint(0, len(values))))


# --- biomarkers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_markers_by_level_agree_with_the_file(seed: int) -> None:
    dice = random.Random(seed)
    confidence = some(dice, ("high", "medium", "low"))
    diseases = ["imam", *some(dice, DISEASES[1:])]
    choice = Choice("en", "imam", "dm", confidence=confidence)
    drawn = biomarkers.matrix(
        asked_biomarkers.cells("imam"), asked_biomarkers.biomarkers(diseases), diseases, choice
    )
    assert len(drawn) == 7 * len(diseases), "all seven categories are drawn, for every disease"
    file = rows("biomarkers")
    for cell in drawn.to_dict("records"):
        here = [
            r
            for r in file
            if r["disease_id"] == cell["disease_id"] and r["best_category"] == cell["category"]
        ]
        left = [r for r in here if not confidence or r["confidence"] in confidence]
        for level in (*LEVELS, "none_found"):
            assert cell[level] == sum(r["level"] == level for r in here)
            assert cell[f"{level}_shown"] == sum(r["level"] == level for r in left)
        met = next((level for level in LEVELS if any(r["level"] == level for r in here)), None)
        assert cell["level"] == (met or ("none_found" if here else "unsearched"))
        assert (cell["state"] == "unsearched") == (not here), "nobody looked is not none found"
        assert (cell["state"] == "found") == (met == "established")


# --- funding --------------------------------------------------------------------------------------


def runs(row: dict[str, str], years: tuple[int, int] | None, undated: bool) -> bool:
    """Whether a funding runs in these years, by what the file says of its years."""
    known = [int(y) for y in (row["year_from"], row["year_to"]) if y]
    if not known:
        return undated
    return years is None or (min(known) <= years[1] and max(known) >= years[0])


@pytest.mark.parametrize("seed", SEEDS)
def test_items_of_each_disease_agree_with_the_file(seed: int) -> None:
    dice = random.Random(seed)
    first = dice.randint(1998, 2030)
    years = dice.choice([None, (first, dice.randint(first, 2034))])
    choice = Choice("en", "imam", "dm", years=years, undated=dice.random() < 0.6)
    found = asked_funding.funding(DISEASES, "imam")
    shown = funding.kept(found.items, choice)
    file = [r for r in rows("funding") if runs(r, years, choice.undated)]
    for disease in DISEASES:
        named = {
            r["funding_id"]
            for r in file
            if disease in r["disease_ids"].split(";")
            and r["scope"] == "named"
            and r["kind"] != "private_investment"
        }
        drawn = funding.named(shown[shown["disease_id"] == disease])
        assert set(drawn["funding_id"]) == named
        assert len(drawn) == len(named)
    assert set(funding.private(shown)["funding_id"]) == {
        r["funding_id"] for r in file if r["kind"] == "private_investment"
    }
    assert set(funding.wider(shown)["funding_id"]) == {r["funding_id"] for r in file if r["scope"] == "wider"}
    by_id = {r["funding_id"]: r for r in file}
    for row in shown.to_dict("records"):
        said, printed = funding.amount(row, translate("en")), by_id[row["funding_id"]]["amount"]
        if printed:
            currency = by_id[row["funding_id"]]["currency"]
            assert said.startswith(f"{currency} ")
            assert float(said.split()[1].replace(",", "")) == pytest.approx(float(printed), abs=0.005)
        else:
            assert said == "amount not known", "a missing amount is missing, not nothing"


def test_funders_checked_agree_with_the_file() -> None:
    listed = [
        r
        for r in rows("funder_checks")
        if r["disease_id"] == "imam" and not r["check_id"].startswith("fc_any_")
    ]
    done = [r for r in listed if r["result"] != "not_searched"]
    found = asked_funding.funding(["imam"], "imam")
    assert funding.listed(found.checks) == (len(listed), len(done))
    said = funding.checked(found.checks, "IMAM", translate("en"))
    assert said.startswith(f"Among the {len(listed)} funders listed, {len(done)} checked")
    html = funding.check_list(found.checks, translate("en"), "light")
    assert html.count('class="lc-v"') == len([r for r in rows("funder_checks") if r["disease_id"] == "imam"])


def test_money_is_never_added_up() -> None:
    found = asked_funding.funding(DISEASES, "imam")
    amounts = {float(r["amount"]) for r in rows("funding") if r["amount"]}
    table = funding.table(found.items, {}, translate("en"))
    for said in table["Amount"]:
        assert said == "amount not known" or float(said.split()[1].replace(",", "")) in amounts


# --- foundations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_row_of_the_landscape_stands_under_its_topic(seed: int) -> None:
    dice = random.Random(seed)
    disease, comparator = dice.sample(DISEASES, 2)
    text = translate(dice.choice(["en", "fr"]))
    found = asked_foundations.foundations(disease)
    listed = foundations.topics(found, asked_foundations.cells(disease), disease, comparator, text)
    file = [r for r in rows("landscape") if r["disease_id"] == disease]
    groups = {"foundations", "outcomes_and_care"}
    with (ROOT / "data" / "catalog" / "questions.csv").open(encoding="utf-8", newline="") as questions:
        asked = [q["question_id"] for q in csv.DictReader(questions) if q["group"] in groups]
    assert [t.topic_id for t in listed] == [*asked, *foundations.TOPICS]
    for topic in listed:
        here = [r for r in file if r["question"] == topic.topic_id]
        assert {str(r["item_id"]) for r in topic.rows} == {r["item_id"] for r in here}
        if topic.topic_id in foundations.TOPICS:
            n = sum(r["state"] == "found" for r in here)
            assert topic.cell["state"] == ("found" if n else "unsearched")
            assert topic.cell["n"] == (n or None)
    csv_rows = foundations.file(listed, disease, "2026-11-23")
    assert {i for i in csv_rows["item_id"] if isinstance(i, str)} == {
        r["item_id"] for r in file if r["question"] in {t.topic_id for t in listed}
    }


@pytest.mark.parametrize("disease", DISEASES)
def test_all_five_entries_stand_and_say_only_what_was_read(disease: str) -> None:
    entries = foundations.entries(asked_foundations.foundations(disease))
    assert [e.register.name for e in entries] == ["Orphanet", "MONDO", "GARD", "NORD", "MalaCards"]
    with (ROOT / "data" / "catalog" / "diseases.csv").open(encoding="utf-8", newline="") as file:
        known = {r["disease_id"]: r for r in csv.DictReader(file)}[disease]
    assert [e.number for e in entries][:3] == [
        f"ORPHA:{known['orpha']}",
        known["mondo"],
        f"GARD:{known['gard']}",
    ]
    pages = {r["reference_id"] for r in rows("references")}
    for entry, prefix in ((entries[3], "nord"), (entries[4], "malacards")):
        assert entry.held == (f"{prefix}_{disease}" in pages)
        if not entry.held:
            assert "no entry is held here" in foundations.entry_html(entry, {}, translate("en"))
    published = {r["reference_id"]: r["container"] for r in rows("references")}
    read = {published[r["reference_id"]] for r in rows("landscape")
            if r["disease_id"] == disease and r["state"] in ("found", "none_found")}  # fmt: skip
    assert [e.read for e in entries] == [bool(read & set(e.register.containers)) for e in entries]


# --- next steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_steps_left_and_locked_agree_with_the_file(seed: int) -> None:
    dice = random.Random(seed)
    file = [r for r in rows("next_steps") if r["disease_id"] == "imam"]
    done = set(some(dice, tuple(r["step_id"] for r in file)))
    actor = dice.choice(["", dice.choice(file)["actor_en"]])
    chosen = {
        "kind": some(dice, ("look", "ask", "reuse", "make")),
        "effort": some(dice, ("hours", "days", "weeks", "months")),
        "actor": (next_steps.slug(actor),) if actor else (),
    }
    steps = next_steps.prepared(asked_steps.steps("imam").steps, done)
    left = [
        r["step_id"]
        for r in sorted(file, key=lambda r: int(r["rank"]))
        if (not chosen["kind"] or r["kind"] in chosen["kind"])
        and (not chosen["effort"] or r["effort"] in chosen["effort"])
        and (not actor or r["actor_en"] == actor)
    ]
    assert list(next_steps.kept(steps, chosen)["step_id"]) == left
    for row in steps.to_dict("records"):
        needs = {r["step_id"]: r for r in file}[row["step_id"]]["depends_on"]
        waits = [s for s in needs.split(";") if s and s not in done]
        assert row["waits_for"] == waits
        assert row["locked"] == bool(waits)


def test_to_make_is_locked_until_all_looking_and_asking_is_done() -> None:
    found = asked_steps.steps("imam").steps
    before = {s for s, kind in zip(found["step_id"], found["kind"], strict=True) if kind in ("look", "ask")}
    make = found["kind"] == "make"
    for missing in sorted(before):
        assert next_steps.prepared(found, before - {missing})[make]["locked"].all()
    ready = next_steps.prepared(found, before | {"ns08"})
    assert not ready["locked"].any()


def test_no_internal_code_of_a_report_is_left_in_a_step() -> None:
    found = asked_steps.steps("imam")
    known = dict(zip(found.citations["reference_id"], found.citations["citation_short"], strict=True))
    for lang in ("en", "fr"):
        html = next_steps.cards(
            next_steps.prepared(found.steps, ()),
            next_steps.look(found, known, translate(lang), "light"),
        )
        ids = [r["study_id"] for r in rows("studies")] + [r["reference_id"] for r in rows("references")]
        assert [i for i in ids if f" {i} " in html or f" {i}," in html] == []
        assert "Ekinci et al. 2015" in html


def test_each_cell_shown_with_a_step_has_the_state_of_the_grid() -> None:
    found = asked_steps.steps("imam")
    drawn = next_steps.look(found, {}, translate("en"), "light")
    file = next_steps.file(next_steps.prepared(found.steps, ()), drawn, "2026-11-23")
    grid = queries.grid("imam")
    states = {r["question_id"]: r["state"] for r in grid[grid["disease_id"] == "imam"].to_dict("records")}
    assert [states[q] for q in file["question_id"]] == list(file["state"])
    pairs = [(r["step_id"], q) for r in rows("next_steps") for q in r["question_ids"].split(";")]
    assert sorted(zip(file["step_id"], file["question_id"], strict=True)) == sorted(pairs)
