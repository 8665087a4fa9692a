"""What stays in memory is set aside, and what died since is not kept for ever."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from dashboard import drawn, memory, store
from dashboard.store import Identity


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    memory.settle.clear()
    memory._collect.clear()
    drawn._once.clear()
    yield
    gc.unfreeze()


class Ring:
    """Something that only a full collection finds once it is dead."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_in_memory_is_set_aside_once_a_page_and_store() -> None:
    gc.unfreeze()
    memory.settle(Identity("a.duckdb", 1), "trials")
    aside = gc.get_freeze_count()
    assert aside > 1000
    kept = [Ring() for _ in range(100)]
    memory.settle(Identity("a.duckdb", 1), "trials")
    assert gc.get_freeze_count() <= aside, "the same page of the same store is settled already"
    memory.settle(Identity("b.duckdb", 2), "trials")
    assert gc.get_freeze_count() > aside - 1000 and len(kept) == 100


def test_what_died_since_is_collected_when_a_new_store_is_published() -> None:
    ring = Ring()
    seen = weakref.ref(ring)
    memory.settle(Identity("a.duckdb", 1), "cases")
    del ring
    gc.collect()
    assert seen() is not None, "set aside: no collection looks at it"
    memory.settle(Identity("b.duckdb", 2), "cases")
    assert seen() is None


def test_what_was_drawn_of_an_earlier_store_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_read", None)
    first, second = Identity("a.duckdb", 1), Identity("b.duckdb", 2)

    def made(state: str) -> bool:
        """Whether a part had to be made."""
        told: list[str] = []
        drawn._once(part="p", state=state, _make=lambda: told.append("made"))
        return bool(told)

    monkeypatch.setattr(store, "published", lambda: first)
    memory.renew(first)
    assert made("of the first")
    memory.renew(first)
    assert not made("of the first"), "the same store: kept"
    monkeypatch.setattr(store, "published", lambda: second)
    memory.renew(first)
    assert not made("of the first"), "a run that began before the publication: kept"
    memory.renew(second)
    assert made("of the first"), "another store: gone"
