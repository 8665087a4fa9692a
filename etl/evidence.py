"""From all evidence to all cells: which searches are current, and what each cell may say. Pure.

Two steps. :func:`current` chooses, among every snapshot, the latest *good* answer per source ×
disease × rung, so that a refresh of one source drops no other and a failed run hides nothing.
:func:`judge_all` then judges every question × disease with ``etl.judge``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from etl import catalog as catalogs
from etl import link
from etl.judge import DROP_GATE, judge_cell, judge_funders, judge_readers, judge_source, quarantined
from etl.model import (
    EMBEDDED,
    NAMING_MATCHES,
    NEAR_MATCHES,
    Catalog,
    Cell,
    Control,
    Judgement,
    Question,
    Reason,
    Record,
    RecordMatch,
    Search,
    SourceEvidence,
    SourceRule,
    Verdict,
)
from etl.snapshot import Snapshot

CURATED = "curated"

#: A fall that a later run shows again is the source's own. Within days it may be an index not yet whole
#: again; a weekly refresh comes later than that.
CONFIRMED_AFTER = timedelta(days=5)


@dataclass(frozen=True)
class EvidenceRow:
    """One curated row behind a cell: a row of the view ``evidence`` (etl/views.sql)."""

    question_id: str
    disease_id: str
    role: str
    file: str
    row_id: str
    n: int
    answered_on: str
    judged_by: str = ""
    second_reader: str = ""
    search_depth: str = ""


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


# --- every cell ----------------------------------------------------------------------------------


@dataclass
class Judged:
    """Rows for the tables ``verdict``, ``cell_judged``, ``cell_reason``, ``cell_search``."""

    verdicts: list[dict[str, object]] = field(default_factory=list)
    cells: list[dict[str, object]] = field(default_factory=list)
    reasons: list[dict[str, object]] = field(default_factory=list)
    cell_searches: list[dict[str, object]] = field(default_factory=list)


class _Judge:
    """Everything indexed once, then one cell after the other; questions that others depend on first."""

    def __init__(
        self,
        catalog: Catalog,
        evidence: Current,
        rows: Iterable[EvidenceRow],
        answers: Iterable[tuple[str, str, str, bool]],
        undecided: Iterable[tuple[str, str, str]],
    ) -> None:
        self.catalog, self.evidence = catalog, evidence
        self.questions = {q.question_id: q for q in catalogs.questions(catalog)}
        self.terms = {
            str(d["disease_id"]): catalogs.terms(catalog, str(d["disease_id"]))
            for d in catalog.tables["disease"]
        }
        self.rows: dict[tuple[str, str], list[EvidenceRow]] = defaultdict(list)
        for row in rows:
            self.rows[row.question_id, row.disease_id].append(row)
        self.answering: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.undecided: dict[tuple[str, str], set[str]] = defaultdict(set)
        for question_id, source_id, record_id in undecided:
            self.undecided[question_id, source_id].add(record_id)
        self.text_counts: set[str] = set()
        for question_id, source_id, record_id, text_counts in answers:
            self.answering[question_id, source_id].add(record_id)
            if text_counts:
                self.text_counts.add(question_id)
        self.matches: dict[tuple[str, str], list[MatchRow]] = defaultdict(list)
        for match in evidence.matches:
            self.matches[match.source_id, match.disease_id].append(match)
        self.searches: dict[tuple[str, str], list[Search]] = defaultdict(list)
        for search in evidence.searches:
            if search.search_id in evidence.in_force:
                self.searches[search.source_id, search.disease_id].append(search)
        self.controls: dict[tuple[str, str], list[Control]] = defaultdict(list)
        for control in evidence.controls:
            self.controls[control.snapshot_id, control.source_id].append(control)
        self.cells: dict[tuple[str, str], tuple[Cell, dict[str, object]]] = {}

    def cell(self, question: Question, disease_id: str, out: Judged) -> tuple[Cell, dict[str, object]]:
        """The cell and its row, judged once."""
        key = (question.question_id, disease_id)
        if key in self.cells:
            return self.cells[key]
        parent = self.questions.get(question.depends_on)
        follows = self.cell(parent, disease_id, out) if parent else None
        verdicts, used = self._verdicts(question, disease_id)
        rows = self.rows[key]
        cell = judge_cell(
            question,
            verdicts,
            claims=sum(r.role == "claimed" and r.n == 0 for r in rows),
            distinct=self._distinct(question, disease_id),
            follows=follows[0] if follows else None,
        )
        row = self._cell_row(question, disease_id, cell, verdicts, follows[1] if follows else None)
        self.cells[key] = (cell, row)
        self._write(row, cell.reasons, verdicts, used, out)
        return self.cells[key]

    def _verdicts(self, question: Question, disease_id: str) -> tuple[dict[str, Verdict], list[str]]:
        curated = self._curated(question, disease_id)
        verdicts = {CURATED: curated}
        used: list[str] = []
        for source_id in (*question.required_sources, *question.optional_sources):
            if source_id != CURATED:
                evidence = self._source_evidence(question, disease_id, source_id, curated)
                verdicts[source_id] = judge_source(self._rule(source_id, disease_id), evidence)
                used += [s.search_id for s in evidence.searches]
        asked = (*question.required_sources, *question.optional_sources)
        if CURATED not in asked and curated.state == "unsearched":
            del verdicts[CURATED]
        return verdicts, list(dict.fromkeys(used))

    def _rule(self, source_id: str, disease_id: str) -> SourceRule:
        """The rule of a source without the rungs that this disease has no terms for, such as
        ``broader`` where it has no parent."""
        source = self.catalog.sources[source_id]
        return replace(source.rule(), rungs=tuple(t.rung for t in source.asked(self.terms[disease_id])))

    def _curated(self, question: Question, disease_id: str) -> Verdict:
        judgements = [j for r in self.rows[question.question_id, disease_id] if (j := self._judgement(r))]
        judge = judge_funders if question.kind == "programme" else judge_readers
        verdict = judge(CURATED, judgements)
        if verdict.state == "found" and question.kind == "registry":
            gathered = Reason("gathered_not_searched", str(verdict.n), CURATED)
            return Verdict(
                CURATED, "found", verdict.n, "floor", (gathered, *verdict.reasons), verdict.answered_on
            )
        return verdict

    def _judgement(self, row: EvidenceRow) -> Judgement | None:
        results = {"floor": "found", "candidate": "candidate", "absent": "none_found", "open": "not_searched"}
        if row.role not in results:
            return None
        return Judgement(
            result=results[row.role],  # type: ignore[arg-type]  # one of the four words above
            judged_by=row.judged_by,
            judged_on=row.answered_on,
            second_reader=row.second_reader,
            search_depth=row.search_depth,
            n=row.n,
        )

    def _source_evidence(
        self, question: Question, disease_id: str, source_id: str, curated: Verdict
    ) -> SourceEvidence:
        searches, named = self._searches(question, disease_id, source_id)
        answering = self.answering[question.question_id, source_id]
        met = self.matches[source_id, disease_id] if named is None else []
        matches = [m for m in met if m.record_id in answering]
        undecided = self.undecided[question.question_id, source_id]
        maybe = [m for m in met if m.record_id in undecided and (m.names_disease or m.near_miss)]
        direct = question.question_id in self.catalog.sources[source_id].answers
        met_since = self.evidence.met_since.get((source_id, disease_id), 0)
        if named is not None:
            met_since = max(0, met_since - named)  # a counted table does not say which records it holds
        else:
            named = len({self._cluster(m) for m in matches if self._names(question, m)})
        return SourceEvidence(
            source_id,
            tuple(searches),
            tuple(c for s in searches for c in self._run_controls(s)),
            named,
            sum(m.near_miss and not self._names(question, m) for m in matches) + len(maybe),
            self._names_missing(source_id, disease_id, searches),
            # a confirmed reading of everything answers what the source cannot say by itself
            direct or (curated.state == "zero" and _read_after(curated, searches)),
            self.evidence.failed.get((source_id, disease_id), ""),
            tuple(r for s in searches for r in self.evidence.quarantines.get((s.snapshot_id, source_id), ())),
            met_since,
        )

    def _names_missing(self, source_id: str, disease_id: str, searches: Sequence[Search]) -> tuple[str, ...]:
        """Names and words of its field that the catalog holds today and that a search did not ask for."""
        today = {t.rung: t.words for t in self.catalog.sources[source_id].asked(self.terms[disease_id])}
        asked = [s for s in searches if s.snapshot_id != EMBEDDED and not s.fault]
        missing = (w for s in asked for w in today.get(s.rung, ()) if w not in s.asked_names)
        return tuple(dict.fromkeys(missing))

    def _names(self, question: Question, match: MatchRow) -> bool:
        """Whether a record names the disease as this question wants it."""
        return match.names_disease or (match.named_in_text and question.question_id in self.text_counts)

    def _searches(
        self, question: Question, disease_id: str, source_id: str
    ) -> tuple[list[Search], int | None]:
        """Live searches serve every question; a public table only those it was counted for. A whole table
        is in force where no live search is good, and stands before those that are not."""
        in_force = self.searches[source_id, disease_id]
        rows = {
            r.row_id: r.n for r in self.rows[question.question_id, disease_id] if r.role in ("value", "table")
        }
        tables = [s for s in in_force if s.search_id in rows]
        live = [s for s in in_force if s.snapshot_id != EMBEDDED]
        if any(not s.fault for s in live) and not any(t.coverage == "whole" for t in tables):
            return live, None
        return tables, sum(rows[s.search_id] for s in tables)

    def _run_controls(self, search: Search) -> list[Control]:
        """Controls of the same run: for the whole run, or in the shape of this search."""
        controls = self.controls[search.snapshot_id, search.source_id]
        if search.snapshot_id == EMBEDDED:
            return [c for c in controls if c.control_id.startswith(f"{search.search_id}:")]
        shape = (search.disease_id, search.rung)
        return [c for c in controls if not c.disease_id or (c.disease_id, c.rung) == shape]

    def _distinct(self, question: Question, disease_id: str) -> int | None:
        """Distinct trials or papers over all sources asked live: one met in five registers counts once."""
        met = {
            self._cluster(m)
            for source_id in question.required_sources
            if self._searches(question, disease_id, source_id)[1] is None
            for m in self.matches[source_id, disease_id]
            if self._names(question, m) and m.record_id in self.answering[question.question_id, source_id]
        }
        return len(met) or None

    def _broader(self, question: Question, disease_id: str) -> int:
        """Records under a broader label: those met live, and the curated ones that are not among them."""
        met = {
            (m.source_id, m.record_id)
            for source_id in (*question.required_sources, *question.optional_sources)
            for m in self.matches[source_id, disease_id]
            if m.match == "broader" and m.record_id in self.answering[question.question_id, source_id]
        }
        ids = {record_id for _, record_id in met}
        rows = self.rows[question.question_id, disease_id]
        curated = sum(r.n for r in rows if r.role == "broader" and r.row_id not in ids)
        return len({self.evidence.clusters[key] for key in met}) + curated

    def _cluster(self, match: MatchRow) -> str:
        return self.evidence.clusters[match.source_id, match.record_id]

    def _cell_row(
        self,
        question: Question,
        disease_id: str,
        cell: Cell,
        verdicts: Mapping[str, Verdict],
        follows: dict[str, object] | None,
    ) -> dict[str, object]:
        """The row of ``cell_judged``. What follows from another cell carries that cell's date."""
        rows = self.rows[question.question_id, disease_id]
        behind = _behind(cell, question, verdicts)
        dates: dict[str, object] = {
            "answered_on": behind.answered_on if behind else "",
            "fresh_until": self._fresh_until(behind) if behind else None,
        }
        if cell.state == "zero" and not cell.implied_by:
            # a zero is as old as its oldest answer, and lasts no longer than the first one to expire
            required = [verdicts[s] for s in question.required_sources]
            dates["fresh_until"] = min((d for v in required if (d := self._fresh_until(v))), default=None)
        if cell.implied_by and follows:
            dates = {name: follows[name] for name in dates}
        return {
            "question_id": question.question_id,
            "disease_id": disease_id,
            "state": cell.state,
            "n": cell.n,
            "bound": cell.bound,
            **dates,
            "failed": any(v.failed for v in verdicts.values()),
            "proven_sources": cell.proven_sources,
            "required_sources": cell.required_sources,
            "broader_n": self._broader(question, disease_id),
            "candidate_n": sum(r.n for r in rows if r.role == "candidate"),
            "implied_by": cell.implied_by or None,
        }

    def _fresh_until(self, verdict: Verdict) -> date | None:
        if not verdict.answered_on:
            return None
        days = self.catalog.sources[verdict.source_id].fresh_days
        return first_day(verdict.answered_on) + timedelta(days=days)

    def _write(
        self,
        row: dict[str, object],
        reasons: Sequence[Reason],
        verdicts: Mapping[str, Verdict],
        used: Sequence[str],
        out: Judged,
    ) -> None:
        key = {name: row[name] for name in ("question_id", "disease_id")}
        required = self.questions[str(row["question_id"])].required_sources
        out.cells.append(row)
        out.verdicts += [
            {
                **key,
                "source_id": v.source_id,
                "required": v.source_id in required,
                "state": v.state,
                "n": v.n,
                "bound": v.bound,
                "proper": v.proper,
                "answered_on": v.answered_on,
                "fresh_until": self._fresh_until(v),
                "failed": v.failed,
            }
            for v in verdicts.values()
        ]
        out.reasons += [
            {**key, "source_id": r.source_id or None, "code": r.code, "detail": r.detail} for r in reasons
        ]
        out.cell_searches += [{**key, "search_id": s} for s in used]


def _behind(cell: Cell, question: Question, verdicts: Mapping[str, Verdict]) -> Verdict | None:
    """The verdict whose date the cell carries: the one that gives the number; for a zero the oldest
    of the required ones; for an unproven cell the newest that was answered."""
    answered = [v for v in verdicts.values() if v.answered_on]
    if cell.state == "found":
        found = [v for v in answered if v.state == "found"]
        return max(found, key=lambda v: (v.n or 0, v.proper), default=None)
    if cell.state == "zero":
        required = [v for v in answered if v.source_id in question.required_sources]
        return min(required, key=lambda v: v.answered_on, default=None)
    if cell.state == "unproven":
        return max(answered, key=lambda v: v.answered_on, default=None)
    return None


def _read_after(reading: Verdict, searches: Sequence[Search]) -> bool:
    """Whether the reading is younger than every answer that it is to speak for."""
    return all(reading.answered_on >= s.answered_on for s in searches if not s.fault)


def judge_all(
    catalog: Catalog,
    evidence: Current,
    rows: Iterable[EvidenceRow],
    answers: Iterable[tuple[str, str, str, bool]],
    undecided: Iterable[tuple[str, str, str]] = (),
) -> Judged:
    """Every question × every disease of the catalog.

    ``rows`` are the curated rows behind the cells (view ``evidence``), ``answers`` say which record
    of which source would answer which question, and whether a name in its abstract is enough
    (view ``record_answer``); ``undecided`` are records that lack the field which would say so
    (view ``record_undecided``) and count as near misses.
    """
    out = Judged()
    judge = _Judge(catalog, evidence, rows, answers, undecided)
    for disease in catalog.tables["disease"]:
        for question in judge.questions.values():
            judge.cell(question, str(disease["disease_id"]), out)
    return out
