"""Searching a file: every row screened for the names of the diseases, with controls over the same rows. Pure.

A file cannot be asked, so what a refresh does with requests is done here with names: each rung of each
disease is a search, the positive and the nonsense control of its shape are looked for in the same pass.
Only records that name a disease, nearly name it, or name its parent are kept, however long the file is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from etl.match import match
from etl.model import (
    NAMING_MATCHES,
    NEAR_MATCHES,
    Control,
    Match,
    Reason,
    Record,
    RecordMatch,
    RowError,
    Search,
    Source,
    Terms,
)
from etl.search import Gathered, nonsense_terms, positive_terms
from etl.sieve import Sieve

#: What of each record is compared with the names.
FIELDS = "conditions, titles, keywords; near misses: running text"
_SHOWN_LINES = 5


@dataclass(frozen=True)
class FileFacts:
    """What is known of the files besides their rows. ``sha256`` and ``names`` in the same order;
    ``exported`` is the day that the data are of, ``read_on`` the day they were read."""

    names: tuple[str, ...]
    sha256: tuple[str, ...]
    exported: datetime
    read_on: str
    part_because: str = ""


@dataclass
class Seen:
    """What a pass over the rows has met so far; ``rows`` is counted by whoever reads them."""

    rows: int = 0
    lost: list[tuple[str, RowError]] = field(default_factory=list)
    unclear: list[tuple[str, RowError]] = field(default_factory=list)


@dataclass
class _Count:
    """One control, and the distinct records that it met."""

    kind: Literal["positive", "nonsense"]
    terms: Terms
    met: set[str] = field(default_factory=set)


@dataclass
class _Rung:
    """One search: what it asks for, by which names a record is told, and what it met."""

    asked: Terms
    naming: Terms
    controls: tuple[_Count, ...]
    met: dict[str, tuple[Match, str]] = field(default_factory=dict)


class Screen:
    """All searches and controls of one source over one reading of its files."""

    def __init__(self, source: Source, terms: Mapping[str, Sequence[Terms]]) -> None:
        self._source = source
        self._counts: dict[tuple[str, Terms], _Count] = {}
        self._diseases = [(_sieve(rungs), self._rungs(rungs)) for rungs in terms.values()]
        shapes = [count.terms for count in self._counts.values()]
        self._controls = [(_sieve([c.terms]), c) for c in self._counts.values()]
        #: Whether a raw row is worth reading: lets through whatever any search or control could meet.
        self.wanted = _sieve([*(t for rungs in terms.values() for t in rungs), *shapes])
        self._records: dict[str, Record] = {}

    def _rungs(self, rungs: Sequence[Terms]) -> list[_Rung]:
        acronyms = tuple(dict.fromkeys(a for t in rungs for a in t.acronyms))
        return [
            _Rung(asked, replace(asked, acronyms=acronyms), tuple(self._shared_controls(asked)))
            for asked in self._source.asked(rungs)
        ]

    def _shared_controls(self, terms: Terms) -> Iterator[_Count]:
        """Searches of one shape share a control."""
        shapes: tuple[tuple[Literal["positive", "nonsense"], Terms | None], ...] = (
            ("positive", positive_terms(self._source, terms)),
            ("nonsense", nonsense_terms(self._source, terms)),
        )
        for kind, shape in shapes:
            if shape:
                yield self._counts.setdefault((kind, shape), _Count(kind, shape))

    def take(self, record: Record) -> None:
        """Screen one record for every disease and every control."""
        text = " ".join(_words(record))
        if not self.wanted(text):
            return
        for sieve, count in self._controls:
            if sieve(text) and _meets(record, count.terms, NAMING_MATCHES):
                count.met.add(record.record_id)
        for sieve, rungs in self._diseases:
            for rung in rungs if sieve(text) else ():
                self._take(record, rung)

    def _take(self, record: Record, rung: _Rung) -> None:
        near = () if rung.asked.rung == "broader" else NEAR_MATCHES
        if _meets(record, rung.asked, (*NAMING_MATCHES, *near)):
            rung.met[record.record_id] = match(record, rung.naming)
            self._records[record.record_id] = replace(record, texts=())

    def gathered(self, snapshot_id: str, interface: str, facts: FileFacts, seen: Seen) -> Gathered:
        """Rows for a snapshot. A row that could not be read leaves every search incomplete."""
        searches, controls, matches = [], [], []
        for _, rungs in self._diseases:
            for rung in rungs:
                search = self._search(rung, snapshot_id, interface, facts, seen)
                searches.append(search)
                controls += [self._control(search, count) for count in rung.controls]
                matches += [
                    RecordMatch(
                        snapshot_id,
                        search.source_id,
                        record_id,
                        search.disease_id,
                        search.search_id,
                        kind,
                        name,
                    )
                    for record_id, (kind, name) in rung.met.items()
                ]
        return Gathered(tuple(searches), tuple(controls), tuple(self._records.values()), tuple(matches))

    def _search(self, rung: _Rung, snapshot_id: str, interface: str, facts: FileFacts, seen: Seen) -> Search:
        terms, source_id = rung.asked, self._source.source_id
        return Search(
            search_id=f"{snapshot_id}:{source_id}:{terms.disease_id}:{terms.rung}",
            snapshot_id=snapshot_id,
            source_id=source_id,
            disease_id=terms.disease_id,
            rung=terms.rung,
            query=query(terms),
            url="",
            interface=interface,
            asked_at=facts.exported,  # a file speaks for the day of its export, whenever it is read
            finished_at=facts.exported,
            total=len(rung.met),
            received=len(rung.met),
            complete=not seen.lost,
            coverage="part" if facts.part_because else "whole",
            register_size=seen.rows,
            data_version=facts.exported.date().isoformat(),
            warnings=tuple(_doubts(source_id, seen)),
            answers=facts.sha256,
            requests=0,
            filters=FIELDS,
            asked_names=terms.words,
            note=_note(facts, seen),
        )

    def _control(self, search: Search, count: _Count) -> Control:
        return Control(
            control_id=f"{search.search_id}:{count.kind}",
            snapshot_id=search.snapshot_id,
            source_id=search.source_id,
            disease_id=search.disease_id,
            kind=count.kind,
            rung=search.rung,
            query=query(count.terms),
            asked_at=search.asked_at,
            found=len(count.met),
        )


def query(terms: Terms) -> str:
    """The names screened for, as PRISMA-S wants a search told."""
    names = " OR ".join(f'"{phrase}"' for phrase in terms.phrases)
    if not terms.acronyms or not terms.context:
        return names
    acronyms, context = (" OR ".join(f'"{w}"' for w in words) for words in (terms.acronyms, terms.context))
    return f"{names} OR (({acronyms}) AND ({context}))"


def _sieve(terms: Iterable[Terms]) -> Sieve:
    rungs = list(terms)
    return Sieve(
        [name for t in rungs for name in (*t.phrases, *t.names)],
        [acronym for t in rungs for acronym in t.acronyms],
        [word for t in rungs for word in t.context],
    )


def _meets(record: Record, terms: Terms, kinds: Sequence[str]) -> bool:
    """Whether the record is one that a search for exactly these phrases and acronyms brings back."""
    kind, _ = match(record, replace(terms, rung="name", names=terms.phrases))
    return kind in kinds


def _words(record: Record) -> Iterator[str]:
    yield record.title
    for texts in (record.titles, record.conditions, record.keywords, record.texts):
        yield from texts


def _doubts(source_id: str, seen: Seen) -> Iterator[Reason]:
    if seen.lost:
        lines = ", ".join(f"{name} line {error.line}" for name, error in seen.lost[:_SHOWN_LINES])
        more = f" and {len(seen.lost) - _SHOWN_LINES} more" if len(seen.lost) > _SHOWN_LINES else ""
        yield Reason("incomplete", f"{len(seen.lost)} rows could not be read: {lines}{more}", source_id)


def _note(facts: FileFacts, seen: Seen) -> str:
    files = "; ".join(f"{n} (SHA-256 {h})" for n, h in zip(facts.names, facts.sha256, strict=True))
    part = f" Part of the source: {facts.part_because}." if facts.part_because else ""
    return f"Read on {facts.read_on} from {files}; {seen.rows} rows.{part}"
