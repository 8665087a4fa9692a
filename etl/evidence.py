"""The evidence in force, of all there is: the step before ``etl.cells``. Pure.

:func:`current` chooses, among every snapshot, the latest *good* answer per source × disease × rung, so
that a refresh of one source drops no other and a failed run hides nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from etl import link
from etl.judge import DROP_GATE, quarantined
from etl.model import (
    EMBEDDED,
    NAMING_MATCHES,
    NEAR_MATCHES,
    Catalog,
    Control,
    Reason,
    Record,
    RecordMatch,
    Search,
)
from etl.snapshot import Snapshot

#: A fall that a later run shows again is the source's own. Within days it may be an index not yet whole
#: again; a weekly refresh comes later than that.
CONFIRMED_AFTER = timedelta(days=5)


@dataclass(frozen=True)
class MatchRow:
    """How a current record names a disease, with what a reader decided about it."""

    source_id: str
    record_id: str
    disease_id: str
    search_id: str
    match: str
    matched_name: str
    decision: str | None

    @property
    def names_disease(self) -> bool:
        """By a field that names it, unless a reader decided otherwise."""
        if self.decision:
            return self.decision == "counts"
        return self.match in NAMING_MATCHES

    @property
    def near_miss(self) -> bool:
        """Named in the text only or by loose words, and nobody decided yet."""
        return self.match in NEAR_MATCHES and not self.decision

    @property
    def named_in_text(self) -> bool:
        """A real name of the disease in the running text, which some questions take."""
        return self.match == "text" and not self.decision


@dataclass(frozen=True)
class Current:
    """The evidence in force. ``failed`` maps source × disease to why its last check does not count,
    ``met_since`` to how many records that name the disease were met only by checks that do not count;
    ``quarantines`` maps snapshot × source to why that run may not become current, ``clusters``
    source × record to the trial or paper that it is (see ``etl.link``)."""

    searches: tuple[Search, ...] = ()
    controls: tuple[Control, ...] = ()
    records: tuple[tuple[str, Record], ...] = ()
    matches: tuple[MatchRow, ...] = ()
    in_force: frozenset[str] = frozenset()
    failed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    met_since: Mapping[tuple[str, str], int] = field(default_factory=dict)
    quarantines: Mapping[tuple[str, str], tuple[Reason, ...]] = field(default_factory=dict)
    clusters: Mapping[tuple[str, str], str] = field(default_factory=dict)


#: Kind of control and the columns of ``dataset_searches.csv`` that hold it.
_TABLE_CONTROLS: tuple[tuple[Literal["positive", "nonsense"], str], ...] = (
    ("positive", "positive"),
    ("nonsense", "negative"),
)


@dataclass(frozen=True)
class _Attempt:
    search: Search
    good: bool

    @property
    def rank(self) -> tuple[bool, bool, bool, datetime]:
        """What stands before what: a good answer, any answer, one of the whole source, the latest."""
        return self.good, not self.search.fault, self.search.coverage == "whole", self.search.asked_at


@dataclass(frozen=True)
class _Count:
    """How many records named one disease in one run, by which words it was asked, and when."""

    named: int
    words: frozenset[str]
    asked_at: datetime

    def confirms(self, held: _Count | None) -> bool:
        """Whether a run that was held gave about the same, and long enough ago."""
        return held is not None and self.like(held) and self.asked_at - held.asked_at >= CONFIRMED_AFTER

    def like(self, held: _Count) -> bool:
        """Whether neither is a fall from the other."""
        fewer, more = sorted((self.named, held.named))
        return fewer >= DROP_GATE * more


@dataclass
class _Baseline:
    """What a source's next run is compared with: its counts by disease in the last good run, and in a
    run held since because they had fallen."""

    good: dict[str, _Count] = field(default_factory=dict)
    held: dict[str, _Count] = field(default_factory=dict)


def table_searches(catalog: Catalog) -> tuple[list[Search], list[Control]]:
    """The public tables that the curators counted, as searches with their two controls."""
    searches, controls = [], []
    for row in catalog.tables["dataset_search"]:
        search = _table_search(row)
        searches.append(search)
        for kind, column in _TABLE_CONTROLS:
            controls.append(
                Control(
                    control_id=f"{search.search_id}:{kind}",
                    snapshot_id=EMBEDDED,
                    source_id=search.source_id,
                    disease_id=search.disease_id,
                    kind=kind,
                    rung="name",
                    query=str(row[f"{column}_control"]),
                    asked_at=search.asked_at,
                    found=int(str(row[f"{column}_count"])),
                )
            )
    return searches, controls


def _table_search(row: Mapping[str, object]) -> Search:
    as_of = str(row["as_of"])
    return Search(
        search_id=str(row["search_id"]),
        snapshot_id=EMBEDDED,
        source_id=str(row["source_id"]),
        disease_id=str(row["disease_id"]),
        rung="name",
        query=str(row["query"]),
        url="",
        interface="table counted row by row",
        asked_at=datetime.combine(first_day(as_of), datetime.min.time()),
        total=int(str(row["count"])),
        received=int(str(row["count"])),
        complete=True,
        coverage=row["coverage"],  # type: ignore[arg-type]  # one of the values allowed in etl.tables
        register_size=int(str(row["rows_searched"])),
        data_version=as_of,
        filters=str(row["fields"]),
        reference_id=str(row["reference_id"]),
        note=str(row["note"] or ""),
    )


def first_day(partial: str) -> date:
    """The earliest day that a date of year, month or day can mean."""
    parts = [int(p) for p in partial[:10].split("-")]
    return date(*(parts + [1] * (3 - len(parts))))


# --- which answers are in force ------------------------------------------------------------------


def current(
    catalog: Catalog, snapshots: Sequence[Snapshot], tables: tuple[list[Search], list[Control]]
) -> Current:
    """The latest good answer per source × disease × rung over ``snapshots`` (oldest first), and the
    public tables where a source gave no good answer live. Attempts that do not count leave a reason, and
    stand only where there is nothing good.

    A run in which a disease fell below :data:`etl.judge.DROP_GATE` of its last good count is quarantined as
    a whole. Counts are compared where both runs answered every rung in full and the later one was asked
    every word of the earlier; decisions of readers do not enter them. A fall is accepted when a run at least
    :data:`CONFIRMED_AFTER` later shows it again, its controls passed. A source that names none of the trials
    that the curators gathered has no such way out: one of the two is mended by hand.
    """
    best: dict[tuple[str, str, str], _Attempt] = {}
    failed: dict[tuple[str, str], str] = {}
    since: dict[tuple[str, str], set[str]] = {}
    quarantines: dict[tuple[str, str], tuple[Reason, ...]] = {}
    baselines: dict[str, _Baseline] = defaultdict(_Baseline)
    gathered = _gathered(catalog)
    for snapshot in snapshots:
        for source_id in sorted({s.source_id for s in snapshot.searches}):
            reasons = _run_quarantined(snapshot, source_id, baselines[source_id], gathered[source_id])
            if reasons:
                quarantines[snapshot.receipt.snapshot_id, source_id] = reasons
            _take_run(snapshot, source_id, reasons, best, failed, since)
    chosen = [a.search for a in best.values()]
    good = [a.search for a in best.values() if a.good]
    live = {(s.source_id, s.disease_id) for s in good}
    kept = {s.search_id for s in chosen} | {
        s.search_id for s in tables[0] if (s.source_id, s.disease_id) not in live
    }
    answered = live | {(s.source_id, s.disease_id) for s in tables[0]}
    searches = (*chosen, *tables[0])
    records = _records_of(chosen, snapshots)
    return Current(
        searches=searches,
        controls=(*_controls_of(chosen, snapshots), *tables[1]),
        records=records,
        matches=_matches_of(catalog, chosen, snapshots),
        in_force=frozenset(kept),
        failed=failed,
        met_since=_met_since(catalog, good, snapshots, {k: v for k, v in since.items() if k in answered}),
        quarantines=quarantines,
        clusters=link.clusters(record for _, record in records),
    )


def _gathered(catalog: Catalog) -> Mapping[str, Mapping[str, int]]:
    """How many curated trials carry a source's number, by source and disease."""
    sources = {source.name: source_id for source_id, source in catalog.sources.items()}
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    for trial in catalog.tables["trial"]:
        tally[sources.get(str(trial["registry"]), "")].update(trial["diseases"])  # type: ignore[call-overload]
    return tally


def _run_quarantined(
    snapshot: Snapshot, source_id: str, baseline: _Baseline, gathered: Mapping[str, int]
) -> tuple[Reason, ...]:
    """Why this source's run may not become current; remembers its counts for the runs to come."""
    controls = [c for c in snapshot.controls if c.source_id == source_id]
    counts = _counts(snapshot, source_id)
    before = {
        disease: baseline.good[disease].named
        for disease, count in counts.items()
        if disease in baseline.good
        and baseline.good[disease].words <= count.words
        and not count.confirms(baseline.held.get(disease))
    }
    reasons = quarantined(controls, {d: c.named for d, c in counts.items()}, before, gathered)
    if not reasons:
        baseline.good.update(counts)
        baseline.held = {d: c for d, c in baseline.held.items() if d not in counts}
    elif all(r.code == "dropped_below_floor" for r in reasons):
        held = baseline.held
        held.update({d: c for d, c in counts.items() if d not in held or not c.like(held[d])})
    return reasons


def _counts(snapshot: Snapshot, source_id: str) -> dict[str, _Count]:
    """By disease, where every rung was answered in full: a search that failed or was cut short is no fall."""
    searches: dict[str, list[Search]] = defaultdict(list)
    for search in snapshot.searches:
        if search.source_id == source_id:
            searches[search.disease_id].append(search)
    named = _named(snapshot, source_id)
    return {
        disease: _Count(
            len(named[disease]),
            frozenset(word for s in of_disease for word in s.asked_names),
            min(s.asked_at for s in of_disease),
        )
        for disease, of_disease in searches.items()
        if all(s.complete and not s.fault and s.coverage == "whole" for s in of_disease)
    }


def _named(snapshot: Snapshot, source_id: str) -> Mapping[str, set[str]]:
    """The records of one source that name each disease."""
    named: dict[str, set[str]] = defaultdict(set)
    for match in snapshot.matches:
        if match.source_id == source_id and match.match in NAMING_MATCHES:
            named[match.disease_id].add(match.record_id)
    return named


def _take_run(  # noqa: PLR0917  # one run, and what is known from those before it
    snapshot: Snapshot,
    source_id: str,
    quarantine: Sequence[Reason],
    best: dict[tuple[str, str, str], _Attempt],
    failed: dict[tuple[str, str], str],
    since: dict[tuple[str, str], set[str]],
) -> None:
    held = "; ".join(f"{r.code} {r.detail}".strip() for r in quarantine)
    whys: dict[str, list[str]] = defaultdict(list)
    for search in (s for s in snapshot.searches if s.source_id == source_id):
        why = search.fault or ("" if search.complete else "incomplete") or held
        attempt = _Attempt(search, not why)
        key = (source_id, search.disease_id, search.rung)
        whys[search.disease_id].append(why)
        if key not in best or attempt.rank >= best[key].rank:
            best[key] = attempt
    named = _named(snapshot, source_id)
    for disease_id, reasons in whys.items():
        why = next(filter(None, reasons), "")
        if why:
            failed[source_id, disease_id] = why
            since.setdefault((source_id, disease_id), set()).update(named[disease_id])
        else:
            failed.pop((source_id, disease_id), None)
            since.pop((source_id, disease_id), None)


def _met_since(
    catalog: Catalog,
    good: Iterable[Search],
    snapshots: Iterable[Snapshot],
    since: Mapping[tuple[str, str], set[str]],
) -> dict[tuple[str, str], int]:
    """How many of the records met ``since`` no good answer had met, and no reader decided about."""
    wanted = {s.search_id for s in good}
    known = {(source, disease, record) for source, record, disease in _decisions(catalog)}
    known |= {
        (m.source_id, m.disease_id, m.record_id)
        for snapshot in snapshots
        for m in snapshot.matches
        if m.search_id in wanted and m.match in NAMING_MATCHES
    }
    return {key: n for key, met in since.items() if (n := sum((*key, record) not in known for record in met))}


def _by_run(chosen: Iterable[Search]) -> dict[tuple[str, str], set[str]]:
    diseases: dict[tuple[str, str], set[str]] = defaultdict(set)
    for search in chosen:
        diseases[search.snapshot_id, search.source_id].add(search.disease_id)
    return diseases


def _controls_of(chosen: Sequence[Search], snapshots: Sequence[Snapshot]) -> list[Control]:
    runs = _by_run(chosen)
    return [
        control
        for snapshot in snapshots
        for control in snapshot.controls
        if (control.snapshot_id, control.source_id) in runs
        and (not control.disease_id or control.disease_id in runs[control.snapshot_id, control.source_id])
    ]


def _records_of(chosen: Sequence[Search], snapshots: Sequence[Snapshot]) -> tuple[tuple[str, Record], ...]:
    """Latest version of every record that a chosen search met, with its snapshot."""
    wanted = {s.search_id for s in chosen}
    latest: dict[tuple[str, str], tuple[str, Record]] = {}
    for snapshot in snapshots:
        met = {(m.source_id, m.record_id) for m in snapshot.matches if m.search_id in wanted}
        for record in snapshot.records:
            key = (record.source_id, record.record_id)
            if key in met:
                latest[key] = (snapshot.receipt.snapshot_id, record)
    return tuple(latest.values())


_MATCH_ORDER = (*NAMING_MATCHES, *NEAR_MATCHES, "broader", "rejected")


def _matches_of(
    catalog: Catalog, chosen: Sequence[Search], snapshots: Sequence[Snapshot]
) -> tuple[MatchRow, ...]:
    """The strongest way each record names each disease, with the readers' decisions."""
    wanted = {s.search_id for s in chosen}
    decisions = _decisions(catalog)
    best: dict[tuple[str, str, str], RecordMatch] = {}
    for match in (m for s in snapshots for m in s.matches if m.search_id in wanted):
        key = (match.source_id, match.record_id, match.disease_id)
        if key not in best or _MATCH_ORDER.index(match.match) < _MATCH_ORDER.index(best[key].match):
            best[key] = match
    return tuple(
        MatchRow(*key, m.search_id, m.match, m.matched_name, decisions.get(key)) for key, m in best.items()
    )


def _decisions(catalog: Catalog) -> dict[tuple[str, str, str], str]:
    """What readers decided, by source, record and disease."""
    return {
        (str(r["source_id"]), str(r["record_id"]), str(r["disease_id"])): str(r["verdict"])
        for r in catalog.tables["decision"]
    }
