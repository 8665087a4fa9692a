"""No verdict ever becomes a zero through a fault: every fault of the double × every source × every place.

The whole matrix is long; ``make test-all`` prints its table at the end.
"""

from __future__ import annotations

import pytest

from tests.double import SOURCES

from . import fault_table
from .fault_matrix import PLACES, Matrix, Outcome, Truth, cases, matrix

__all__ = ["matrix"]

#: Every empty search of this source is told with it, so it says nothing about a fault.
ALWAYS = {"ukri_gtr": {"form_unverified"}}
SAMPLE = (
    ("html_200", "first search", "none"),
    ("reset", "later page", "last"),
    ("zero", "whole run", "none"),
)


@pytest.fixture
def tell(request: pytest.FixtureRequest):
    """Write an outcome down for the table at the end of a long run."""

    def _tell(source: str, fault: str, place: str, truth: str, told: str) -> None:
        request.node.user_properties.append((fault_table.PROPERTY, (source, fault, place, truth, told)))

    return _tell


def refuse_zero(source: str, outcome: Outcome) -> None:
    assert outcome.happened, "the fault never came to pass"
    assert outcome.state != "zero"
    if outcome.state != "found":
        assert set(outcome.reasons) - ALWAYS.get(source, set()), "nothing speaks against a zero but luck"


@pytest.mark.parametrize("source", SOURCES)
def test_without_a_fault_the_truth_is_told(matrix: Matrix, tell, source: str) -> None:
    """Otherwise the matrix would prove nothing."""
    none, last = matrix.play(source, "none"), matrix.play(source, "last")
    tell(source, fault_table.NO_FAULT, "whole run", "none", none.told)
    tell(source, fault_table.NO_FAULT, "whole run", "last", last.told)
    unverified = ALWAYS.get(source, set())
    assert (none.state, set(none.reasons)) == ("unproven" if unverified else "zero", unverified)
    assert last.state == "found"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("fault", "place", "truth"), SAMPLE)
def test_a_sample_of_faults_never_becomes_a_zero(
    matrix: Matrix, source: str, fault: str, place: str, truth: Truth
) -> None:
    refuse_zero(source, matrix.play(source, truth, fault, PLACES[place]))


@pytest.mark.long
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("fault", "place", "truth"), list(cases()))
def test_no_fault_ever_becomes_a_zero(
    matrix: Matrix, tell, source: str, fault: str, place: str, truth: Truth
) -> None:
    outcome = matrix.play(source, truth, fault, PLACES[place])
    tell(source, fault, place, truth, outcome.told if outcome.happened else "does not occur")
    refuse_zero(source, outcome)


@pytest.mark.long
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("fault", ["zero", "reset", "html_200"])
def test_an_outage_that_begins_after_any_request_never_becomes_a_zero(
    matrix: Matrix, tell, source: str, fault: str
) -> None:
    """A source that goes blind in the middle of a run answers well before and wrongly from then on.

    Where nothing names the disease, an outage that begins in the last control comes too late to matter.
    """
    requests = {truth: matrix.play(source, truth).requests for truth in ("last", "none")}
    outcomes = {
        truth: [matrix.play(source, truth, fault, after=k) for k in range(n)] for truth, n in requests.items()
    }
    hit = [*outcomes["last"], *(o for o in outcomes["none"] if o.search_hit)]
    zeros = sum(outcome.state == "zero" for outcome in hit)
    tell(source, fault, "outage after k", "both", f"{zeros} zeros in {len(hit)} runs")
    assert len(hit) > requests["last"]
    for outcome in hit:
        refuse_zero(source, outcome)


def test_the_table_tells_every_case_and_counts_zeros() -> None:
    rows = [
        ("isrctn", fault_table.NO_FAULT, "whole run", "none", "zero"),
        ("isrctn", "reset", "control", "none", "unproven (positive_missing)"),
        ("isrctn", "zero", "outage after k", "both", "2 zeros in 9 runs"),
    ]
    told = list(fault_table.lines(rows))
    assert told[0].endswith("2 faults × 1 sources, 3 cases; verdicts of zero through a fault: 1.")
    assert told[1:] == [
        "isrctn × no fault -> whole run: zero",
        "isrctn × reset -> control: unproven (positive_missing)",
        "isrctn × zero -> from any request on: 2 zeros in 9 runs",
    ]
    assert list(fault_table.lines(rows[:1])) == []
