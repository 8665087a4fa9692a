"""Script runs take turns, and a run that hangs keeps nobody out for good."""

from __future__ import annotations

import threading

import pytest

from dashboard import turns

#: A test that hangs ends all the same; nothing is said by how long it took.
LONGEST = 30


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_turns", threading.Semaphore(turns.AT_ONCE))


class Run:
    """A script run in a thread of its own, which ends when it is told to."""

    def __init__(self) -> None:
        self.inside, self.end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def _go(self) -> None:
        with turns.turn():
            self.inside.set()
            self.end.wait(LONGEST)

    def finish(self) -> None:
        self.end.set()
        self._thread.join(LONGEST)


def test_one_more_than_may_run_at_once_waits_until_one_ends() -> None:
    first = [Run() for _ in range(turns.AT_ONCE)]
    assert all(run.inside.wait(LONGEST) for run in first)
    assert not turns._turns.acquire(blocking=False), "no turn is left"
    later = Run()
    first[0].finish()
    assert later.inside.wait(LONGEST)
    for run in (*first, later):
        run.finish()
    assert all(turns._turns.acquire(blocking=False) for _ in first), "every turn was given back"


def test_runs_that_hang_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = [Run() for _ in range(turns.AT_ONCE)]
    assert all(run.inside.wait(LONGEST) for run in hanging)
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    later = Run()
    assert later.inside.wait(LONGEST)
    later.finish()
    assert not turns._turns.acquire(blocking=False), "it gives back no turn that it never had"
    for run in hanging:
        run.finish()


def test_an_error_gives_the_turn_back() -> None:
    for _ in range(turns.AT_ONCE + 1):
        with pytest.raises(ValueError, match="broken"), turns.turn():
            raise ValueError("broken")
    assert turns._turns.acquire(blocking=False)
