"""The double itself: as a process, steered over HTTP, with its switches."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.double import SWITCHES, Double
from tests.double.scenarios import imam_zero

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(imam_zero(), slow_seconds=0.0) as running:
        yield running


def count(address: str) -> int:
    params = {"query.cond": '"Dermatomyositis"', "countTotal": "true", "pageSize": "1"}
    answer = requests.get(f"{address}/clinicaltrials_gov/studies", params=params, timeout=5)
    return int(answer.json()["totalCount"])


def test_it_runs_as_a_process_and_prints_where() -> None:
    command = [sys.executable, "-m", "tests.double", "--print-address", "--fault", "clinicaltrials_gov=zero"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(3)]
        assert lines[0] == f"LACUNA_BASE_CLINICALTRIALS_GOV={lines[2]}/clinicaltrials_gov"
        assert count(lines[2]) == 0
        requests.get(f"{lines[2]}/double/mend", timeout=5)
        assert count(lines[2]) == 6
        log = requests.get(f"{lines[2]}/double/log", timeout=5).json()
        assert [entry["path"] for entry in log] == ["/studies", "/studies"]
    finally:
        process.kill()
        process.communicate()


def test_a_switch_can_be_set_for_a_number_of_requests(double: Double) -> None:
    requests.get(f"{double.address}/double/fault?source=clinicaltrials_gov&kind=zero&times=1", timeout=5)
    assert [count(double.address), count(double.address)] == [0, 6]


@pytest.mark.parametrize("kind", SWITCHES)
def test_every_switch_spoils_the_answer(double: Double, kind: str) -> None:
    double.switch("clinicaltrials_gov", kind)
    if kind == "slow":  # late here, not spoilt
        assert count(double.address) == 6
    elif kind == "zero":
        assert count(double.address) == 0
    else:
        with pytest.raises((requests.RequestException, KeyError, ValueError)):
            count(double.address)


@pytest.mark.parametrize(("source", "kind"), [("pubmed", "bored"), ("nobody", "zero")])
def test_an_unknown_switch_is_refused(double: Double, source: str, kind: str) -> None:
    with pytest.raises(ValueError, match="no switch"):
        double.switch(source, kind)


def test_an_unknown_path_or_source_is_not_found(double: Double) -> None:
    for path in ("/clinicaltrials_gov/nothing", "/nobody/studies"):
        assert requests.get(double.address + path, timeout=5).status_code == 404
