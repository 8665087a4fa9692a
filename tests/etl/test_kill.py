"""A refresh that is killed or stopped at any moment: nothing published is lost, nothing is asked twice.

The refresh runs as a process of its own against the double, and is killed with signal 9 when the
double has answered a seeded number of its requests, and a seeded moment later; and at each named point
between the last answer and the end of publication.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from etl import snapshot
from tests.double import Double
from tests.double.scenarios import imam_zero
from tests.etl.builds import POINTS

ROOT = Path(__file__).resolve().parents[2]
KILLS, KILLS_SAMPLED = 20, 5
#: Points of a refresh that are not left to the long tests.
SAMPLED = ("before the link is swapped",)
SOURCES = ("--source", "clinicaltrials_gov", "--source", "pubmed")
ARGUMENTS = ("refresh", "--disease", "imam", "--disease", "dm", *SOURCES)


class Refresh:
    """``python -m etl refresh`` in a process of its own, into a folder of its own."""

    def __init__(self, double: Double, folder: Path) -> None:
        self.double, self.folder = double, folder
        self.link, self.snapshots = folder / "trial.duckdb", folder / "snapshots"

    def start(self, *program: str) -> subprocess.Popen[str]:
        where = ("--store", str(self.link), "--snapshots", str(self.snapshots))
        return subprocess.Popen(
            [sys.executable, "-m", *(program or ("etl",)), *ARGUMENTS, *where],
            cwd=ROOT,
            env={**os.environ, **self.double.environ()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Where these tests run in the background, a process would be born deaf to Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # no more than that
        )

    def finish(self) -> None:
        process = self.start()
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors

    def stop(self, signal_number: int, after_requests: int, delay: float) -> int:
        """Start, wait for so many requests, then send the signal; the exit code."""
        begun = len(self.double.log)
        process = self.start()
        end = time.monotonic() + 30
        while len(self.double.log) - begun < after_requests and process.poll() is None:
            assert time.monotonic() < end, "the refresh sent too few requests"
            time.sleep(0.001)  # waits for another process, which has no clock of ours
        time.sleep(delay)
        if process.poll() is None:
            process.send_signal(signal_number)
        self.errors = process.communicate(timeout=60)[1]
        return process.returncode

    def kept(self) -> int:
        """How many answers are kept for the next run."""
        total = 0
        for file in (self.folder / "answers").glob("*.sqlite"):
            with closing(sqlite3.connect(file)) as connection:  # may roll a killed write back
                tables = connection.execute(
                    "SELECT name FROM sqlite_master WHERE name = 'responses'"
                ).fetchall()
                total += connection.execute("SELECT count(*) FROM responses").fetchone()[0] if tables else 0
        return total

    def published(self) -> str:
        """The store that the link shows, opened and counted."""
        with duckdb.connect(str(self.link.resolve(strict=True)), read_only=True) as connection:
            cells = connection.execute("SELECT count(*) FROM cell").fetchone()
        assert cells and cells[0] > 0
        return self.link.resolve().name


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with Double(imam_zero()) as running:
        yield running


@pytest.fixture(scope="module")
def whole(double: Double, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """What a refresh that nobody disturbs asks for."""
    begun = len(double.log)
    Refresh(double, tmp_path_factory.mktemp("whole")).finish()
    asked = [e.what for e in double.log[begun:]]
    assert len(asked) > 30
    return asked


@pytest.mark.parametrize("kills", [pytest.param(KILLS_SAMPLED), pytest.param(KILLS, marks=pytest.mark.long)])
def test_kill_9_at_seeded_moments(
    double: Double, whole: list[tuple[object, ...]], tmp_path: Path, kills: int
) -> None:
    """Some kills fall between requests, some while the snapshot or the store is being written."""
    chance = random.Random(20261123)  # the same moments in every run
    refresh = Refresh(double, tmp_path)
    refresh.finish()
    published, snapshots, killed = refresh.published(), 1, 0
    for _ in range(kills):
        for file in (tmp_path / "answers").glob("*.sqlite*"):
            file.unlink()
        begun = len(double.log)
        code = refresh.stop(signal.SIGKILL, chance.randint(1, len(whole)), chance.uniform(0, 0.03))
        killed += code == -signal.SIGKILL
        first = [e.what for e in double.log[begun:]]
        found = snapshot.read_all([refresh.snapshots])
        assert snapshots <= len(found) <= snapshots + 1, "only whole snapshots, and none lost"
        now = refresh.published()
        assert now == published or len(found) == snapshots + 1, "a store without its snapshot"
        kept = refresh.kept()
        # One answer may be on its way when the kill comes; it was not received.
        assert kept >= len(first) - 1

        begun = len(double.log)
        refresh.finish()
        again = [e.what for e in double.log[begun:]]
        assert len(again) == len(whole) - kept
        both = Counter(first) + Counter(again)
        assert not Counter(whole) - both and sum((both - Counter(whole)).values()) <= 1
        published, snapshots = refresh.published(), len(snapshot.read_all([refresh.snapshots]))
    assert killed >= kills // 2, "too few refreshes were caught at work"


@pytest.mark.parametrize(
    "point", [pytest.param(p, marks=() if p in SAMPLED else pytest.mark.long) for p in POINTS]
)
def test_kill_9_between_the_last_answer_and_the_end_of_publication(
    double: Double, whole: list[tuple[object, ...]], tmp_path: Path, point: str
) -> None:
    refresh = Refresh(double, tmp_path)
    refresh.finish()
    published = refresh.published()
    for file in (tmp_path / "answers").glob("*.sqlite*"):
        file.unlink()
    killed = refresh.start("tests.etl.builds", "refresh", point)
    _, errors = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL, errors
    assert refresh.published() == published
    found = snapshot.read_all([refresh.snapshots])
    assert len(found) == (1 if "snapshot" in point and "has its name" not in point else 2)
    assert refresh.kept() == len(whole)

    begun = len(double.log)
    refresh.finish()
    assert len(double.log) == begun, "asked again what had been answered"
    assert refresh.published() > published
    assert len(snapshot.read_all([refresh.snapshots])) == len(found) + 1
    left = [f.name for folder in (tmp_path, refresh.snapshots) for f in folder.glob(".*")]
    assert left == [f".{refresh.link.name}.lock"]


@pytest.mark.parametrize(("sent", "told"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_end_with_a_clean_word_and_it_goes_on_from_there(
    double: Double, whole: list[tuple[object, ...]], tmp_path: Path, sent: int, told: int
) -> None:
    refresh = Refresh(double, tmp_path)
    begun = len(double.log)
    code = refresh.stop(sent, 10, 0)
    assert code == told and "goes on from here" in refresh.errors and "Traceback" not in refresh.errors
    assert not refresh.link.exists() and snapshot.read_all([refresh.snapshots]) == ()
    refresh.finish()
    assert Counter(e.what for e in double.log[begun:]) == Counter(whole)
