"""Numbers of Trials, Literature and the evidence map under random filters, recomputed from the CSV files."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from pathlib import Path

import pytest

from dashboard import evidence_map, literature, queries, rows, trials
from dashboard.filters import Choice
from dashboard.queries import evidence_map as map_queries
from dashboard.queries import literature as literature_queries
from dashboard.queries import trials as trial_queries
from dashboard.store import today
from tests.conftest import ROOT

Line = dict[str, str]


def read(name: str) -> list[Line]:
    """A file below ``data`` as it is."""
    with (ROOT / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TRIALS = read("curated/trials")
STUDIES = {r["study_id"]: r for r in read("curated/studies")}
REFERENCES = {r["reference_id"]: r for r in read("curated/references")}
CASES = read("curated/cases")
TREATMENTS = read("curated/case_treatments")
CLASS_OF = {r["intervention_id"]: r["class_id"] for r in read("catalog/interventions")}
OUTCOMES = {(r["kind"], r["code"]): r["outcome_id"] for r in read("catalog/outcomes")}
RELATED = [r for r in read("curated/related_labels") if r["verdict"] != "different_entity"]
ALL = [r["disease_id"] for r in read("catalog/diseases")]
SEEDS = range(10)


def some(dice: random.Random, values: list[str], most: int = 3) -> tuple[str, ...]:
    """None, or a few."""
    return tuple(dice.sample(values, dice.randint(1, most))) if dice.random() < 0.5 else ()


def setting(seed: int, **fields: list[str]) -> Choice:
    """A random choice of years, undated rows, and what else the page honours."""
    dice = random.Random(seed)
    first = dice.randint(2000, 2020)
    years = (first, first + dice.randint(0, 15)) if dice.random() < 0.6 else None
    chosen = {name: some(dice, values) for name, values in fields.items()}
    return Choice("en", "imam", "dm", years=years, undated=dice.random() < 0.7, **chosen)  # type: ignore[arg-type]


def in_years(year: str, choice: Choice) -> bool:
    """Whether a row of a year, or of none, stays."""
    if not year:
        return choice.undated
    return choice.years is None or choice.years[0] <= int(year) <= choice.years[1]


def meets(wanted: tuple[str, ...], *held: str) -> bool:
    """An empty filter takes everything."""
    return not wanted or not set(wanted).isdisjoint(held)


def test_a_setting_can_leave_something_and_nothing() -> None:
    assert len({repr(setting(seed, diseases=ALL)) for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("seed", SEEDS)
def test_trials(embedded: Path, seed: int) -> None:
    choice = setting(
        seed, diseases=ALL, classes=sorted(set(CLASS_OF.values())), drugs=sorted(CLASS_OF),
        registries=["clinicaltrials_gov", "isrctn", "umin_ctr"], confidence=["high", "medium", "low"],
    )  # fmt: skip
    if seed % 2:  # drugs with everything else leave next to nothing
        choice = choice.without("drugs")
    expected = defaultdict(set)
    for trial in TRIALS:
        drugs = trial["interventions"].split(";")
        register = {"ClinicalTrials.gov": "clinicaltrials_gov", "ISRCTN": "isrctn", "UMIN-CTR": "umin_ctr"}
        if (
            in_years(trial["start_year"], choice)
            and meets(choice.drugs, *drugs)
            and meets(choice.classes, *(CLASS_OF[d] for d in drugs))
            and meets(choice.registries, register.get(trial["registry"], ""))
            and meets(choice.confidence, trial["confidence"])
        ):
            for disease in trial["diseases"].split(";"):
                if meets(choice.diseases, disease):
                    expected[disease].add(trial["trial_id"])
    found = trial_queries.trial_rows(ALL, "imam")
    every = trials.gathered(found.curated, found.records, trial_queries.interventions(), today())
    shown = rows.kept(trials.named(every), choice)
    assert {d: set(r["trial"]) for d, r in shown.groupby("disease_id")} == dict(expected)
    assert len(trials.distinct(shown)) == len(set().union(*expected.values()))
    if not expected:
        assert rows.emptied_by(trials.named(every), choice)


def test_all_trials_and_those_under_a_broader_label(embedded: Path) -> None:
    found = trial_queries.trial_rows(ALL, "imam")
    every = trials.gathered(found.curated, found.records, trial_queries.interventions(), today())
    with_number = [t for t in TRIALS if t["registry"]]
    registers = {t["registry"] for t in with_number}
    assert trials.registered(every) == (len(TRIALS), len(with_number), len(registers))
    apart = trials.broader(every, found.eligibility, "imam")
    told = {r["trial_id"]: r["verdict"] for r in read("curated/trial_eligibility") if r["verdict"] != "no"}
    assert dict(zip(apart["trial"], apart["verdict"], strict=True)) == told
    cell = queries.grid("imam").query("question_id == 'trials_registered' and disease_id == 'imam'").iloc[0]
    assert cell["broader_n"] == sum(v == "yes_by_umbrella_label" for v in told.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_literature(embedded: Path, seed: int) -> None:
    designs = sorted({s["design"] for s in STUDIES.values()})
    choice = setting(seed, study_types=designs)
    expected = set()
    for study in STUDIES.values():
        year = REFERENCES[study["reference_id"]]["year"]
        if (
            study["included"] == "yes"
            and in_years(year, choice)
            and meets(choice.study_types, study["design"])
        ):
            standing = "named" if study["label_certainty"] == "named_imam" else "doubtful"
            expected.add((study["study_id"], standing))
    for label in RELATED:
        year = REFERENCES[label["reference_id"]]["year"]
        design = STUDIES[label["study_id"]]["design"]
        if in_years(year, choice) and meets(choice.study_types, design):
            expected.add((label["study_id"], "apart"))
    found = literature_queries.report_rows(["imam"], "imam")
    every = [
        literature.gathered(found.studies, found.records),
        literature.under_other_labels(found.related, found.studies),
    ]
    shown = [rows.kept(part, choice) for part in every]
    assert {(r["report"], r["standing"]) for p in shown for r in p.to_dict("records")} == expected
    told = {t["case_id"] for t in TREATMENTS if t["source_level"] == "primary"}
    counts = dict.fromkeys(literature.COUNTED, (0, 0))
    for case in CASES:
        study = STUDIES[case["study_id"]]
        year = REFERENCES[study["reference_id"]]["year"]
        if not in_years(year, choice) or not meets(choice.study_types, study["design"]):
            continue
        n = int(case["n"])
        place = 0 if case["label_certainty"] == "named_imam" else 1
        for name, holds in (
            ("described", True),
            ("treated", case["case_id"] in told),
            ("outcome", case["outcome"] != "not_reported"),
        ):
            pair = list(counts[name])
            pair[place] += n * holds
            counts[name] = (pair[0], pair[1])
    assert literature.patient_counts(rows.kept(found.patients, choice)) == counts


@pytest.mark.parametrize("seed", SEEDS)
def test_evidence_map(embedded: Path, seed: int) -> None:
    classes = sorted(set(CLASS_OF.values()))
    choice = setting(seed, diseases=ALL, classes=classes, confidence=["high", "medium", "low"])
    expected: dict[tuple[str, str], set[str]] = defaultdict(set)
    for case in CASES:
        study = STUDIES[case["study_id"]]
        year = REFERENCES[study["reference_id"]]["year"]
        told = [t for t in TREATMENTS if t["case_id"] == case["case_id"]]
        met = {CLASS_OF[t["intervention_id"]] for t in told if t["source_level"] == "primary"}
        met = met if told else {evidence_map.UNTOLD}
        if case["label_certainty"] != "named_imam" or not meets(choice.diseases, study["disease_id"]):
            continue
        if not in_years(year, choice) or not meets(choice.confidence, case["confidence"]):
            continue
        for class_id in met:
            if meets(choice.classes, class_id):
                expected[class_id, OUTCOMES["patient", case["outcome"]]].add(study["study_id"])
    for trial in TRIALS:
        met = {CLASS_OF[d] for d in trial["interventions"].split(";")}
        if (
            in_years(trial["start_year"], choice)
            and meets(choice.confidence, trial["confidence"])
            and meets(choice.classes, *met)
            and meets(choice.diseases, *trial["diseases"].split(";"))
        ):
            code = trial["result_direction"]
            if code == "not_reported" and trial["has_results"] == "yes":
                code = "not_seen"
            for class_id in met:
                expected[class_id, OUTCOMES["trial", code]].add(trial["trial_id"])
    found = trial_queries.trial_rows(ALL, "imam")
    every = trials.gathered(found.curated, found.records, trial_queries.interventions(), today())
    outcomes = map_queries.outcomes()
    studies = evidence_map.gathered(map_queries.treated_patients(ALL), every, outcomes)
    names = dict.fromkeys([*classes, evidence_map.UNTOLD], "")
    cells = trial_queries.cells(tuple(evidence_map.QUESTIONS.values()), "imam")
    tiles = evidence_map.tiles(studies, names, outcomes, cells, choice, focus="imam")
    assert len(tiles) == len(names) * len(OUTCOMES), "every combination has a tile"
    got = {(r["class_id"], r["outcome_id"]): r["n"] for r in tiles.to_dict("records") if r["n"]}
    assert got == {key: len(held) for key, held in expected.items()}
    free = evidence_map.tiles(studies, names, outcomes, cells, Choice("en", "imam", "dm"), focus="imam")
    assert list(tiles["state"]) == list(free["state"]), "filters never change a state"
    assert list(tiles["all"]) == list(free["n"])
