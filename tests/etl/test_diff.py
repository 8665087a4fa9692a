"""What changed: every kind of change, and the command on stores and snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from etl import __main__ as commands
from etl import catalog, snapshot, store
from etl.diff import KINDS, CellState, Change, compare, told

from .conftest import DATA, NOW
from .test_evidence import snapshot as run_of


def cell(state, n=None, bound="exact", *failed: tuple[str, str], question="q", disease="imam") -> CellState:
    return CellState(question, disease, state, n, bound, failed)


ZERO, OPEN = cell("zero", 0), cell("unproven")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (ZERO, cell("found", 1), "zero_broke"),
        (ZERO, OPEN, "zero_broke"),
        (cell("found", 9), cell("found", 8), "count_fell"),
        (cell("found", 1), ZERO, "count_fell"),
        (cell("found", 1), OPEN, "state_changed"),  # no number is not a smaller number
        (OPEN, ZERO, "state_changed"),
        (OPEN, cell("found", 3), "state_changed"),
        (cell("found", 3, "floor"), cell("found", 3), "state_changed"),
        (cell("found", 3), cell("found", 4), "count_rose"),
        (ZERO, ZERO, None),
        (cell("found", 3), cell("found", 3), None),
    ],
)
def test_a_change_of_a_cell_has_a_name(before, after, kind):
    assert [c.kind for c in compare([before], [after])] == ([kind] if kind else [])


def test_a_source_that_failed_is_told_once_a_disease_and_not_as_a_change_of_its_cells():
    why = ("isrctn", "wrong_content")
    before = [cell("zero", 0, question=q) for q in ("q1", "q2")]
    after = [replace(c, failed=(why,)) for c in before]
    failed = Change("source_failed", "q1", "imam", "", "wrong_content", "isrctn")
    assert compare(before, after) == [failed]
    assert compare(after, before) == [Change("source_mended", "q1", "imam", "wrong_content", "", "isrctn")]


def test_cells_that_come_and_go_are_told():
    assert [(c.kind, c.after) for c in compare([], [ZERO])] == [("added", "zero 0")]
    assert [(c.kind, c.before) for c in compare([ZERO], [])] == [("gone", "zero 0")]


def test_the_gravest_come_first_and_each_kind_has_a_heading():
    before = [cell("found", 3, question="a"), cell("zero", 0, question="b"), OPEN]
    after = [cell("found", 4, question="a"), cell("found", 1, "floor", question="b"), OPEN]
    lines = list(told(compare(before, after)))
    assert lines == [
        "A zero that no longer holds (1):",
        "  b × imam: zero 0 → found ≥ 1",
        "A count that rose (1):",
        "  a × imam: found 3 → found 4",
    ]
    assert list(told([])) == ["Nothing changed."]


CELLS = st.lists(
    st.builds(
        CellState,
        st.sampled_from("ab"),
        st.sampled_from("xy"),
        st.sampled_from(["zero", "found", "unproven"]),
        st.none() | st.integers(0, 3),
        st.sampled_from(["exact", "floor"]),
        st.sampled_from([(), (("s", "failed"),)]),
    ),
    max_size=4,
    unique_by=lambda c: (c.question_id, c.disease_id),
)


@given(CELLS, CELLS)
def test_nothing_changes_against_itself_and_every_change_can_be_told(before, after):
    assert compare(before, before) == []
    changes = compare(before, after)
    assert all(c.kind in KINDS for c in changes)
    assert (changes == []) == (compare(after, before) == [])
    list(told(changes))


# --- stores and snapshots ------------------------------------------------------------------------


def write(root: Path, run: snapshot.Snapshot) -> None:
    snapshot.write(root, run.receipt, run.searches, run.controls, run.records, run.matches)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> store.Paths:
    """A project whose second refresh found a trial where the first found none, and lost two of ten."""
    root = tmp_path_factory.mktemp("project")
    (root / "data").symlink_to(DATA)
    paths = store.Paths(DATA, root / "lacuna.duckdb", (root / "snapshots",))
    write(paths.snapshots[0], run_of(1, named={"dm": 10}))
    store.build_and_publish(paths, NOW)
    write(paths.snapshots[0], run_of(2, named={"dm": 8, "imam": 1}))
    store.build_and_publish(paths, NOW + timedelta(days=1))
    return paths


def test_the_store_says_what_its_last_snapshot_changed(two):
    with duckdb.connect(str(two.link.resolve()), read_only=True) as connection:
        rows = connection.execute(
            "SELECT kind, disease_id, snapshot_id FROM what_changed WHERE question_id = 'trials_registered'"
        ).fetchall()
    assert ("state_changed", "imam", "snap2") in rows


def test_the_command_compares_the_last_two_stores(two):
    done = CliRunner().invoke(commands.main, ["diff", "--store", str(two.link)])
    assert done.exit_code == 0, done.output
    assert "trials_registered × imam: unproven → found ≥ 1" in done.output


def test_a_failure_between_two_snapshots_is_told():
    loaded = catalog.load(DATA)
    good, failed = run_of(1), run_of(2, fault="wrong_content")
    before, after = (store.cells_with(loaded, runs, NOW) for runs in ([good], [good, failed]))
    changes = compare(before, after)
    assert [(c.kind, c.source_id, c.disease_id, c.after) for c in changes] == [
        ("source_failed", "clinicaltrials_gov", "imam", "wrong_content")
    ]


def test_snapshots_are_named_by_the_beginning_of_their_id(two):
    one, both = (store.cells_named(name, two, NOW) for name in ("snap1", "snap2"))
    assert "state_changed" in {c.kind for c in compare(one, both)}
    with pytest.raises(store.UnknownState, match="Snapshots: snap1, snap2"):
        store.cells_named("snap3", two, NOW)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["only-one"], "Name two states"), (["x", "y"], "neither a store file nor a snapshot")],
)
def test_what_cannot_be_compared_is_said(two, arguments, said):
    done = CliRunner().invoke(commands.main, ["diff", "--store", str(two.link), *arguments])
    assert done.exit_code in (1, 2) and said in done.output


def test_a_first_store_has_nothing_before_it(tmp_path):
    with pytest.raises(store.UnknownState, match="There is no store before"):
        store.last_two(tmp_path / "lacuna.duckdb")
