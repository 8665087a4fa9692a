"""A whole refresh against the registry double: what becomes of IMAM's zero, and what never does."""

from __future__ import annotations

import pytest

from etl import store
from tests.conftest import ROOT
from tests.demo_refresh import REGISTRY, Trial, changed, main
from tests.double import SWITCHES, Double
from tests.double.scenarios import imam_zero

from .conftest import NOW

IMAM = ("--disease", "imam", "--source", REGISTRY)
CELL = ("trials_registered", "imam")


@pytest.fixture
def trial(tmp_path) -> Trial:
    made = Trial(tmp_path)
    assert made.command("build").returncode == 0
    return made


@pytest.fixture
def double():
    with Double(imam_zero(), slow_seconds=0.2) as running:
        yield running


def test_a_good_refresh_proves_the_zero_of_one_registry_and_raises_the_coverage(trial, double):
    real = sorted(ROOT.glob("data/**/*"))
    before = trial.cells()[CELL]
    result = trial.refresh(double, *IMAM)
    assert result.returncode == 0, result.stderr
    state, n, _, failed = trial.verdict()
    assert (state, n, failed) == ("zero", 0, "")
    after = trial.cells()[CELL]
    assert (before[0], before[4], before[5]) == ("unproven", 0, 5)
    assert (after[0], after[3], after[4], after[5]) == ("unproven", "fresh", 1, 5)
    assert changed({CELL: before}, {CELL: after}) == [
        "  trials_registered × imam: unproven, stale, 0 of 5 sources -> unproven, fresh, 1 of 5 sources"
    ]
    assert sorted(ROOT.glob("data/**/*")) == real


def test_the_demonstration_fits_on_a_screen_and_shows_what_becomes_of_the_zero(capsys):
    real = sorted(ROOT.glob("data/**/*"))
    main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 110
    verdicts = [line.partition(": ")[2] for line in lines if "verdict of ClinicalTrials.gov" in line]
    assert verdicts == ["zero (0)", "unproven", "zero (0)"]
    assert "    reason: positive_found_nothing 0" in lines
    assert any(line.endswith("last check: wrong_content") for line in lines)
    assert any("cells changed" in line and not line.startswith("  0 ") for line in lines)
    assert sorted(ROOT.glob("data/**/*")) == real


def test_the_certificate_names_rungs_queries_and_controls(trial, double):
    trial.refresh(double, *IMAM)
    rungs = trial.ask(
        f"SELECT rung, total, complete, query FROM search WHERE source_id = '{REGISTRY}'"
        " AND disease_id = 'imam' AND snapshot_id <> 'embedded'"
    )
    assert {r[0] for r in rungs} == {"name", "synonyms", "broader"}
    assert all((complete and "phages" in query) or rung == "broader" for rung, _, complete, query in rungs)
    kinds = trial.ask(
        f"SELECT kind, bool_and(passed) FROM control WHERE source_id = '{REGISTRY}'"
        " AND snapshot_id <> 'embedded' GROUP BY kind ORDER BY kind"
    )
    assert kinds == [("nonsense", True), ("positive", True)]


def test_zero_to_everything_is_unproven_because_the_positive_control_found_nothing(trial, double):
    double.switch(REGISTRY, "zero")
    trial.refresh(double, *IMAM)
    assert trial.verdict()[:2] == ("unproven", None)
    assert trial.reasons() == {"positive_found_nothing"}


def test_html_with_status_200_keeps_the_last_good_evidence(trial, double):
    trial.refresh(double, *IMAM)
    good = trial.verdict()
    double.switch(REGISTRY, "html_200")
    result = trial.refresh(double, *IMAM, "--anew")
    assert "wrong_content" in result.stderr
    assert trial.verdict() == (*good[:3], "wrong_content")
    assert trial.cells()[CELL][3] == "last_check_failed"


#: Faults that are not left to the long tests; ``test_fault_matrix`` has all of them at every source.
SAMPLED = ("truncated",)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, marks=() if fault in SAMPLED else pytest.mark.long)
        for fault in SWITCHES
        if fault not in ("slow", "zero")
    ],
)
def test_no_fault_ever_becomes_a_zero(trial, double, fault):
    double.switch(REGISTRY, fault)
    trial.refresh(double, *IMAM)
    state, n, _, failed = trial.verdict()
    assert (state, n) == ("unproven", None)
    assert failed


def test_the_real_store_refuses_a_snapshot_of_the_double(trial, double):
    trial.refresh(double, *IMAM)
    paths = store.Paths(ROOT / "data", trial.folder / "other.duckdb", (trial.folder / "snapshots",))
    with pytest.raises(store.BuildRefused, match=r"127\.0\.0\.1"):
        store.build_and_publish(paths, NOW)
