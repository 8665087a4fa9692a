"""Searching: every rung of every disease in every source, and the controls beside them.

A search follows an adapter's requests until none is left and is complete when the distinct ids
equal the number announced. Whatever goes wrong in one search is written down in that search as a
fault, never as a zero, and the others go on. Hosts work side by side, one lane each; within a lane
one request follows another.

``gather`` needs neither network nor clock of its own: both are handed in.
"""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

import click

from etl import catalog as catalog_files
from etl import snapshot
from etl.http import ContactMissing, Http, Identity, Read
from etl.match import match, same_name
from etl.model import (
    Answer,
    Catalog,
    Control,
    Fault,
    Purpose,
    Reading,
    Reason,
    Record,
    RecordMatch,
    Request,
    Search,
    Source,
    Terms,
)
from etl.sources import ADAPTERS, Adapter

#: No search needs more requests; more means that a source hands out pages without end.
MOST_REQUESTS = 2000
#: Stands for an acronym in the controls of searches that hold one; nobody uses it.
NONSENSE_ACRONYM = "ZZQX"
INTERRUPTED = 130

#: Faults of a later page after which the whole query starts once more: a page token belongs to one
#: version of the data, and is refused when the data were replaced in between.
_WORTH_A_NEW_START = frozenset({"http_status", "incomplete"})


class Asker(Protocol):
    """What a search needs of the network: :class:`etl.http.Http`, or a stand-in in tests."""

    def ask(self, request: Request, read: Read, *, anew: bool = False) -> tuple[Answer, Reading]:
        """The answer, and what ``read`` understands of it; ``Fault`` if it cannot be believed."""

    def base(self, source_id: str) -> str:
        """The base address of a source."""

    def host(self, source_id: str) -> str:
        """The host that answers for a source."""


class Interrupted(Exception):
    """The refresh was stopped between two requests."""


@dataclass(frozen=True)
class Gathered:
    """What a refresh brought back: the rows of a snapshot."""

    searches: tuple[Search, ...] = ()
    controls: tuple[Control, ...] = ()
    records: tuple[Record, ...] = ()
    matches: tuple[RecordMatch, ...] = ()


@dataclass
class _Trail:
    """What came back while one query was followed to its end."""

    total: int | None = None
    ids: dict[str, None] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    warnings: dict[tuple[str, str], None] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    echo: str = ""
    register_size: int | None = None
    data_version: str = ""

    def add(self, answer: Answer, reading: Reading) -> None:
        self.answers.append(answer)
        self.total = reading.total if self.total is None else self.total
        self.ids.update(dict.fromkeys(reading.ids))
        self.records.update({r.record_id: r for r in reading.records})
        self.warnings.update(dict.fromkeys(reading.warnings))
        self.echo = self.echo or reading.echo
        self.register_size = self.register_size or reading.register_size
        self.data_version = self.data_version or reading.data_version

    @property
    def complete(self) -> bool:
        told = any(code == "incomplete" for code, _ in self.warnings)
        return self.total is not None and len(self.ids) == self.total and not told


def gather(
    http: Asker,
    sources: Sequence[Source],
    terms: Mapping[str, Sequence[Terms]],
    snapshot_id: str,
    *,
    now: Callable[[], datetime],
    adapters: Mapping[str, Adapter] = ADAPTERS,
    done: Callable[[Search], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Gathered:
    """Ask every source for every rung it declares of every disease, with controls.

    ``terms`` holds the rungs by disease, ``done`` hears of every search as it ends. Rows come back
    in the order of ``sources`` and ``terms``, whatever lane was faster. Raises
    :class:`Interrupted` when ``stop`` is set, and ``KeyboardInterrupt`` after setting it.
    """
    stop = stop or threading.Event()
    lanes: dict[str, list[_Lane]] = {}
    for source in sources:
        lane = _Lane(http, source, adapters[source.adapter], snapshot_id, now, done, stop)
        lanes.setdefault(http.host(source.source_id), []).append(lane)
    with ThreadPoolExecutor(max_workers=max(1, len(lanes)), thread_name_prefix="lane") as pool:
        futures = [pool.submit(_run_lanes, of_host, terms) for of_host in lanes.values()]
        try:
            wait(futures)
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return _in_order(futures, sources)


def _run_lanes(lanes: Sequence[_Lane], terms: Mapping[str, Sequence[Terms]]) -> dict[str, Gathered]:
    return {lane.source.source_id: lane.run(terms) for lane in lanes}


def _in_order(futures: Iterable[Future[dict[str, Gathered]]], sources: Sequence[Source]) -> Gathered:
    by_source = {sid: gathered for future in futures for sid, gathered in future.result().items()}
    parts = [by_source[s.source_id] for s in sources]
    return Gathered(
        tuple(s for p in parts for s in p.searches),
        tuple(c for p in parts for c in p.controls),
        tuple(r for p in parts for r in p.records),
        tuple(m for p in parts for m in p.matches),
    )


@dataclass
class _Lane:
    """One source on its host: its searches, one after the other, and their controls."""

    http: Asker
    source: Source
    adapter: Adapter
    snapshot_id: str
    now: Callable[[], datetime]
    done: Callable[[Search], None]
    stop: threading.Event
    _asked: dict[tuple[Terms, Purpose], _Trail | Fault] = field(default_factory=dict)
    _records: dict[str, Record] = field(default_factory=dict)

    def run(self, terms: Mapping[str, Sequence[Terms]]) -> Gathered:
        searches: list[Search] = []
        controls: list[Control] = []
        matches: list[RecordMatch] = []
        for rungs in terms.values():
            for asked in (t for t in rungs if t.rung in self.source.rungs):
                # Acronyms are searched in one rung only, but a record may use them under any.
                acronyms = tuple(dict.fromkeys(a for t in rungs for a in t.acronyms))
                search, found = self._search(asked, replace(asked, acronyms=acronyms))
                searches.append(search)
                matches += found
                controls += self._controls(asked)
                self.done(search)
        return Gathered(tuple(searches), tuple(controls), tuple(self._records.values()), tuple(matches))

    def _search(self, terms: Terms, naming: Terms) -> tuple[Search, list[RecordMatch]]:
        search_id = _row_id(self.snapshot_id, self.source.source_id, terms.disease_id, terms.rung)
        blank = Search(
            search_id,
            self.snapshot_id,
            self.source.source_id,
            terms.disease_id,
            terms.rung,
            "",
            self.http.base(self.source.source_id),
            self.adapter.INTERFACE,
            self._time(),
            None,
            0,
            False,
        )
        try:
            first = self.adapter.ask(terms, "records")
        except Fault as fault:
            return replace(blank, fault=fault.code, fault_detail=fault.detail, requests=0), []
        blank = replace(blank, query=dict(first.params).get(self.adapter.QUERY_PARAMETER, ""))
        trail = _Trail()
        try:
            trail = self._complete(first)
        except Fault as fault:
            return replace(blank, fault=fault.code, fault_detail=fault.detail), []
        matches = []
        for record in trail.records.values():
            kind, name = match(record, naming)
            self._records[record.record_id] = replace(record, texts=())
            matches.append(
                RecordMatch(
                    self.snapshot_id,
                    self.source.source_id,
                    record.record_id,
                    terms.disease_id,
                    search_id,
                    kind,
                    name,
                )
            )
        return self._told(blank, trail), matches

    def _told(self, blank: Search, trail: _Trail) -> Search:
        """The search as it ended, from all that came back."""
        warnings = tuple(Reason(code, detail, self.source.source_id) for code, detail in trail.warnings)
        return replace(
            blank,
            url=trail.answers[0].url,
            asked_at=min(a.asked_at for a in trail.answers),
            total=trail.total,
            received=len(trail.ids),
            complete=trail.complete,
            register_size=trail.register_size,
            data_version=trail.data_version,
            echo=trail.echo,
            warnings=warnings,
            answers=tuple(a.sha256 for a in trail.answers),
            requests=len(trail.answers),
        )

    def _complete(self, first: Request) -> _Trail:
        """Follow a query to its end; start once more, past the kept answers, if its pages broke."""
        trail = _Trail()
        try:
            self._follow(first, trail, anew=False)
            if trail.complete or len(trail.answers) == 1:
                return trail
        except Fault as fault:
            if fault.code not in _WORTH_A_NEW_START or not trail.answers:
                raise
        trail = _Trail()
        self._follow(first, trail, anew=True)
        return trail

    def _follow(self, first: Request, trail: _Trail, *, anew: bool) -> None:
        queue, seen = deque([first]), {first}
        while queue:
            if self.stop.is_set():
                raise Interrupted
            if len(seen) > MOST_REQUESTS:
                raise Fault("incomplete", f"more than {MOST_REQUESTS} requests for one query")
            answer, reading = self.http.ask(queue.popleft(), self.adapter.read, anew=anew)
            trail.add(answer, reading)
            for request in reading.then:
                if request in seen:
                    raise Fault("incomplete", "the source hands out the same page again")
                seen.add(request)
                queue.append(request)

    # --- controls -------------------------------------------------------------------------------

    def _controls(self, terms: Terms) -> Iterator[Control]:
        """Positive, nonsense and known items in the shape of ``terms``; what cannot be asked is absent."""
        for shaped, purpose in ((positive_terms(self.source, terms), "positive"), (nonsense_terms(self.source, terms), "nonsense")):
            if shaped:
                yield self._control(shaped, terms, purpose)
