"""Every cell from the evidence in force: each question × each disease, judged with ``etl.judge``. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from etl import catalog as catalogs
from etl.evidence import Current, MatchRow, first_day
from etl.judge import judge_cell, judge_funders, judge_readers, judge_source
from etl.model import (
    EMBEDDED,
    Catalog,
    Cell,
    Control,
    Judgement,
    Question,
    Reason,
    Search,
    SourceEvidence,
    SourceRule,
    Verdict,
)

CURATED = "curated"


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
