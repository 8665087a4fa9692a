"""Searching: every rung of every disease in every source, and the controls beside them.

A search follows an adapter's requests until none is left and is complete when the distinct ids
equal the number announced. Whatever goes wrong in one search is written down in that search as a
fault, never as a zero, and the others go on. Hosts work side by side, one lane each; within a lane
one request follows another.

``gather`` needs neither network nor clock of its own: both are handed in.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, Protocol

from etl.http import Read
from etl.judge import speaks_for
from etl.match import match, same_name
from etl.model import (
    Answer,
    Control,
    Fault,
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
#: A source that failed this often in a row is not asked again in this run: every further search would
#: only wait out its retries and fail the same way.
GIVE_UP_AFTER = 3
#: Stands for an acronym in the controls of searches that hold one; nobody uses it.
NONSENSE_ACRONYM = "ZZQX"

#: Faults of a later page after which the whole query starts once more: a page token belongs to one
#: version of the data, and is refused when the data were replaced in between, by some with status 200.
_WORTH_A_NEW_START = frozenset({"http_status", "incomplete", "error_body"})


ControlKind = Literal["positive", "nonsense", "known_items"]


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
    moments: list[datetime] = field(default_factory=list)
    echo: str = ""
    register_size: int | None = None
    data_version: str = ""

    def add(self, answer: Answer, reading: Reading) -> None:
        self.answers.append(answer)
        if reading.total is not None or reading.ids:  # not what came beside it, such as a version
            self.moments.append(answer.asked_at)
        self.total = reading.total if self.total is None else self.total
        self.ids.update(dict.fromkeys(reading.ids))
        self.records.update({r.record_id: r for r in reading.records})
        self.warnings.update(dict.fromkeys(reading.warnings))
        self.echo = self.echo or reading.echo
        self.register_size = self.register_size or reading.register_size
        self.data_version = self.data_version or reading.data_version

    @property
    def all_received(self) -> bool:
        return self.total is not None and len(self.ids) == self.total

    @property
    def complete(self) -> bool:
        return self.all_received and not any(code == "incomplete" for code, _ in self.warnings)


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
    :class:`Interrupted` when ``stop`` is set; a ``KeyboardInterrupt`` sets it.
    """
    stop = stop or threading.Event()
    lanes: dict[str, list[_Lane]] = {}
    for source in sources:
        lane = _Lane(http, source, adapters[source.adapter], snapshot_id, now, done, stop)
        lanes.setdefault(http.host(source.source_id), []).append(lane)
    pool = ThreadPoolExecutor(max_workers=max(1, len(lanes)), thread_name_prefix="lane")
    futures = [pool.submit(_run_lanes, of_host, terms) for of_host in lanes.values()]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
    finally:
        stop.set()  # without effect on lanes that ended, an end to the others
        pool.shutdown(wait=False, cancel_futures=True)
    return _in_order(futures, sources)


def _run_lanes(lanes: Sequence[_Lane], terms: Mapping[str, Sequence[Terms]]) -> dict[str, Gathered]:
    return {lane.source.source_id: lane.run(terms) for lane in lanes}


def _in_order(futures: Iterable[Future[dict[str, Gathered]]], sources: Sequence[Source]) -> Gathered:
    futures = list(futures)
    # What went wrong in one lane stops the others; it is told, not their stopping.
    wrong = [e for f in futures if f.done() and not f.cancelled() and (e := f.exception())]
    if wrong:
        raise next((e for e in wrong if not isinstance(e, Interrupted)), wrong[0])
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
    _asked: dict[Request, _Trail | Fault] = field(default_factory=dict)
    _records: dict[str, Record] = field(default_factory=dict)
    _failed: int = 0
    _sent: int = 0

    def run(self, terms: Mapping[str, Sequence[Terms]]) -> Gathered:
        searches: list[Search] = []
        controls: list[Control] = []
        matches: list[RecordMatch] = []
        for rungs in terms.values():
            for asked in (t for t in rungs if t.rung in self.source.rungs):
                # Acronyms are searched in one rung only, but a record may use them under any.
                acronyms = tuple(dict.fromkeys(a for t in rungs for a in t.acronyms))
                search, found, of_search = self._controlled(asked, replace(asked, acronyms=acronyms))
                searches.append(search)
                matches += found
                controls += of_search
                self.done(search)
        return Gathered(tuple(searches), tuple(controls), tuple(self._records.values()), tuple(matches))

    def _controlled(
        self, terms: Terms, naming: Terms
    ) -> tuple[Search, list[RecordMatch], tuple[Control, ...]]:
        """A search with its controls. A search kept from an earlier run whose positive control was never
        asked, or is asked too late to speak for it, is asked anew."""
        search, matches = self._search(terms, naming, anew=False)
        controls = tuple(self._controls(search, terms))
        if any(c.kind == "positive" and c.found and not speaks_for(c, search) for c in controls):
            search, matches = self._search(terms, naming, anew=True)
            controls = tuple(self._controls(search, terms))
        return search, matches, controls

    def _search(self, terms: Terms, naming: Terms, *, anew: bool) -> tuple[Search, list[RecordMatch]]:
        search = Search(
            search_id=_row_id(self.snapshot_id, self.source.source_id, terms.disease_id, terms.rung),
            snapshot_id=self.snapshot_id,
            source_id=self.source.source_id,
            disease_id=terms.disease_id,
            rung=terms.rung,
            query="",
            url=self.http.base(self.source.source_id),
            interface=self.adapter.INTERFACE,
            asked_at=self.now(),
            total=None,
            received=0,
            complete=False,
            requests=0,
            asked_names=terms.words,
        )
        sent = self._sent
        try:
            first = self.adapter.ask(terms, "records")
            search = replace(search, query=self._query(first))
            trail = self._complete(first, anew=anew)
        except Fault as fault:
            failed = replace(search, fault=fault.code, fault_detail=fault.detail, requests=self._sent - sent)
            return failed, []
        matches = []
        for record in trail.records.values():
            self._records[record.record_id] = replace(record, texts=())
            matches.append(self._matched(search, record, naming))
        return self._told(replace(search, requests=self._sent - sent), trail), matches

    def _query(self, request: Request) -> str:
        """The query as PRISMA-S wants it; where it stands in a body or a path, the adapter repeats it."""
        return dict((*request.continuation, *request.params)).get(self.adapter.QUERY_PARAMETER, "")

    def _matched(self, search: Search, record: Record, naming: Terms) -> RecordMatch:
        kind, name = match(record, naming)
        return RecordMatch(
            search.snapshot_id,
            search.source_id,
            record.record_id,
            search.disease_id,
            search.search_id,
            kind,
            name,
        )

    def _told(self, search: Search, trail: _Trail) -> Search:
        """The search as it ended, from all that came back."""
        warnings = tuple(Reason(code, detail, self.source.source_id) for code, detail in trail.warnings)
        return replace(
            search,
            url=trail.answers[0].url,
            asked_at=min(trail.moments, default=search.asked_at),
            finished_at=max(trail.moments, default=search.asked_at),
            total=trail.total,
            received=len(trail.ids),
            complete=trail.complete,
            register_size=trail.register_size,
            data_version=trail.data_version,
            echo=trail.echo,
            warnings=warnings,
            answers=tuple(a.sha256 for a in trail.answers),
        )

    def _complete(self, first: Request, *, anew: bool, counted: bool = False) -> _Trail:
        """Follow a query to its end; start once more, past the kept answers, if its pages broke. Where it
        is only ``counted``, not all that was announced need come."""
        trail = _Trail()
        try:
            self._follow(first, trail, anew=anew)
            if trail.all_received or len(trail.answers) == 1 or counted:
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
            answer, reading = self._ask(queue.popleft(), anew)
            trail.add(answer, reading)
            for request in reading.then:
                if request in seen:
                    raise Fault("incomplete", "the source hands out the same page again")
                seen.add(request)
                queue.append(request)

    def _ask(self, request: Request, anew: bool) -> tuple[Answer, Reading]:
        if self._failed >= GIVE_UP_AFTER:
            raise Fault("unreachable", f"not asked: the source had failed {self._failed} times in a row")
        self._sent += 1
        try:
            answered = self.http.ask(request, self._read, anew=anew)
        except Fault:
            self._failed += 1
            raise
        self._failed = 0
        return answered

    def _read(self, request: Request, answer: Answer) -> Reading:
        """The adapter's reading; a form it stumbles over is a fault of this search, not an end to all."""
        try:
            return self.adapter.read(request, answer)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise Fault("schema_drift", f"{type(error).__name__}: {error}") from error

    def _controls(self, search: Search, terms: Terms) -> Iterator[Control]:
        """The controls of one search, in its shape; one that cannot be asked is absent, not passed.

        The positive control belongs to the moment: it is answered after the search that it speaks for.
        """
        positive = positive_terms(self.source, terms)
        nonsense = nonsense_terms(self.source, terms)
        if positive:
            yield self._control(search, "positive", positive)
        if nonsense:
            yield self._control(search, "nonsense", nonsense)
        if self.source.known_items and terms.known_items:
            control = self._control(search, "known_items", terms)
            if control.fault != "query_refused":
                yield control

    def _control(self, search: Search, kind: ControlKind, asked: Terms) -> Control:
        control = Control(
            control_id=_row_id(search.search_id, kind),
            snapshot_id=self.snapshot_id,
            source_id=self.source.source_id,
            disease_id=search.disease_id,
            kind=kind,
            rung=search.rung,
            query="",
            asked_at=self.now(),
            found=None,
        )
        try:
            request = self.adapter.ask(asked, kind)
            control = replace(control, query=self._query(request))
            if search.finished_at and kind == "positive":
                beside = f"{search.disease_id}:{search.rung}"
                trail = self._after(replace(request, beside=beside), search.finished_at)
            else:
                trail = self._once(request)
        except Fault as fault:
            return replace(control, fault=fault.code)
        control = replace(control, asked_at=trail.moments[0], found=trail.total)
        if kind != "known_items":
            return control
        known = dict(request.continuation)
        missed = tuple(reference for record_id, reference in known.items() if record_id not in trail.ids)
        return replace(control, found=len(known) - len(missed), expected=len(known), missed=missed)

    def _after(self, request: Request, moment: datetime) -> _Trail:
        """A control answered after ``moment``; a kept answer that is older is passed over."""
        trail = self._followed(request, anew=False)
        if isinstance(trail, _Trail) and trail.moments[0] < moment:
            trail = self._followed(request, anew=True)
        return _believed(trail)

    def _once(self, request: Request) -> _Trail:
        """Ask a control once a run, however many searches it stands beside; a fault is remembered too."""
        if request not in self._asked:
            self._asked[request] = self._followed(request, anew=False)
        return _believed(self._asked[request])

    def _followed(self, request: Request, *, anew: bool) -> _Trail | Fault:
        try:
            trail = self._complete(request, anew=anew, counted=True)
        except Fault as fault:
            return fault
        return trail if trail.moments else Fault("schema_drift", "a control was answered without a number")


def _believed(trail: _Trail | Fault) -> _Trail:
    if isinstance(trail, Fault):
        raise Fault(trail.code, trail.detail)
    return trail


def positive_terms(source: Source, terms: Terms) -> Terms | None:
    """A query that must find something, in the shape of ``terms``: as many members, acronyms beside a
    word of the field, the name of another disease. ``None`` when the source lists no such name."""
    own = (*terms.phrases, *terms.names, *terms.acronyms)
    for name in source.positive_controls:
        if not any(same_name(name, other) for other in own):
            return _shaped(terms, name, source.nonsense_control)
    return None


def nonsense_terms(source: Source, terms: Terms) -> Terms | None:
    """A query that must find nothing, in the shape of ``terms``; ``None`` when the source lists none."""
    nonsense = source.nonsense_control
    return _shaped(terms, nonsense, " ".join(reversed(nonsense.split()))) if nonsense else None


def _shaped(terms: Terms, name: str, beside: str) -> Terms:
    """``name`` asked as ``terms`` are asked. Disease and rung are left out: searches of one shape
    share a control."""
    several = len(terms.phrases) > 1 and bool(beside)
    return Terms(
        disease_id="",
        rung="name",
        phrases=(name, beside) if several else (name,),
        acronyms=(NONSENSE_ACRONYM,) if terms.acronyms else (),
        context=terms.context,
    )


def _row_id(*parts: str) -> str:
    return ":".join(parts)
