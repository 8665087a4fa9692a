"""What the double has answered well, and whether the same was asked again.

A whole run that nobody disturbed says how often each request belongs to it: once, but a positive control
once for each search that it speaks for. In a run that goes on from another, nothing may be asked more often
than that, except as the design has it:

- A search whose pages broke begins anew, past what was kept of it.
- A positive control belongs to the moment of a search that was answered: where one failed or began anew, it
  is asked anew.
- The answer that was under way when a process was killed, or that found no room on the disk, is lost.
- When the clock jumps, answers may be too old to be kept, or too far from their controls.
- The answers of a source that was quarantined are dropped, so that it is asked again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.double import Double, Logged
from tests.double.sources import FORMS
from tests.etl.fault_matrix import is_control, is_later

What = tuple[str, str, tuple[tuple[str, str], ...], str]
#: A wrong page that is believed, and found out only as it does not fit to the others.
BELIEVED = frozenset({"repeated_page", "stale_page", "reordered", "zero", "cut_short"})
#: Such a page, or one that is refused by its status or its words, breaks its search.
BREAKING = BELIEVED | {"token_refused", "token_expired", "error_500"}


class Ledger:
    """Of all sources, since each was last asked anew."""

    def __init__(self, double: Double, undisturbed: Sequence[Logged]) -> None:
        self._double = double
        self.usual: Counter[What] = Counter(entry.what for entry in undisturbed)
        self._well: Counter[What] = Counter()
        self._true: dict[What, bool] = {}
        self._broken: set[What] = set()
        self._troubled: set[str] = set()

    def forget(self, source: str) -> None:
        """Its answers are dropped: all is asked again."""
        for what in [what for what in (*self._well, *self._true, *self._broken) if what[0] == source]:
            self._well.pop(what, None)
            self._true.pop(what, None)
            self._broken.discard(what)
        self._troubled.discard(source)

    def take(self, entries: Sequence[Logged], *, lost: bool = False, pardoned: bool = False) -> list[What]:
        """Write down what was asked; what of it had been answered before. The last answer of each source
        may be ``lost``; where the clock jumped, all is ``pardoned``."""
        again: list[What] = []
        for source in dict.fromkeys(entry.source for entry in entries):
            own = [entry for entry in entries if entry.source == source]
            for first, followed in _searches(own):
                again += self._take_search(first, followed)
            if lost and _well(own[-1]):
                self._well[own[-1].what] -= 1
        if pardoned:
            self._well, again = self.usual.copy(), []
        return again

    def _take_search(self, first: What | None, entries: Sequence[Logged]) -> Iterator[What]:
        """One search, from its first request to the one before the next search."""
        broken = first in self._broken
        for entry in entries:
            if entry.fault:
                self._troubled.add(entry.source)
            allowed = broken or (entry.source in self._troubled and _is_positive(entry))
            if self._well[entry.what] >= max(1, self.usual[entry.what]) and not allowed:
                yield entry.what
            self._well[entry.what] += _well(entry)
            if self._is_true(entry) or entry.fault in BELIEVED or entry.what not in self._true:
                self._true[entry.what] = self._is_true(entry)
        if any(entry.fault in BREAKING for entry in entries) and first:
            self._broken.add(first)
        elif first and entries[0].what == first:
            self._broken.discard(first)

    def _is_true(self, entry: Logged) -> bool:
        """Whether this answer says what the source holds, whatever went wrong with it."""
        return bool(entry.status) and entry.body == self._double.answer(entry.asked).body

    def open(self, source: str) -> list[What]:
        """Requests of a whole run that were not answered in the end, and any that was answered wrongly."""
        unanswered = [what for what in self.usual if what[0] == source and what not in self._true]
        return unanswered + [what for what, true in self._true.items() if what[0] == source and not true]


def _well(entry: Logged) -> bool:
    return bool(entry.status) and not entry.fault


def _is_positive(entry: Logged) -> bool:
    query = FORMS[entry.source].query(entry.asked)
    return is_control(entry.asked) and any(name in query for name in ("Immune-mediated", "Limb-girdle"))


def _searches(entries: Iterable[Logged]) -> Iterator[tuple[What | None, list[Logged]]]:
    """The requests of one source by search: one lane asks one search after the other."""
    begun: dict[int, list[Logged]] = defaultdict(list)
    number = 0
    for entry in entries:
        number += not is_later(entry.asked)
        begun[number].append(entry)
    for followed in begun.values():
        yield (None if is_later(followed[0].asked) else followed[0].what), followed
