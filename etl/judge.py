"""Judging: what a source's answers prove, and what a cell may say. Pure functions, tables in and out.

The rules are DESIGN section 3. A zero must be earned: every doubt is a reason, and a verdict with
a reason is never ``zero``. Failure is not zero, silence is not zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from etl.model import (
    CONTROL_WINDOW,
    Bound,
    Cell,
    Control,
    Judgement,
    Question,
    Reason,
    Search,
    SourceEvidence,
    SourceRule,
    State,
    Verdict,
)

#: A comparator's count below this share of its last value quarantines the run (DESIGN section 4).
DROP_GATE = 0.7

#: Of fewer records than these, one that was withdrawn is a fall by more than the gate allows: no comparator.
DROP_LEAST = 5

#: A source that names none of a disease's records, though at least this many were gathered that carry its
#: own number, cannot be right: the floor that quarantines the run.
FLOOR_GATE = 5

#: How much an absent state says, for choosing between a cell's own state and what it follows from.
_STRENGTH: dict[State, int] = {"unsearched": 0, "claimed": 1, "unproven": 2, "zero": 3, "found": 4}


def passed(control: Control) -> bool:
    """Whether a control of a run found what it had to find: something, nothing, or all known items."""
    if control.fault or control.found is None:
        return False
    if control.kind == "positive":
        return control.found > 0
    if control.kind == "nonsense":
        return control.found == 0
    # how many were to be found must be declared: unknown is not none
    return control.expected is not None and control.found >= control.expected


def speaks_for(control: Control, search: Search) -> bool:
    """Whether a positive control was answered after the search, and soon enough, to vouch for it."""
    answered = search.finished_at or search.asked_at
    return answered <= control.asked_at <= answered + CONTROL_WINDOW


def judge_source(rule: SourceRule, evidence: SourceEvidence) -> Verdict:
    """The state of one question × disease × source, with every reason against a proven zero."""
    if not evidence.searches:
        return _never_answered(rule, evidence)
    if not evidence.answers_directly:
        reader = Reason("needs_a_reader", "", rule.source_id)
        return Verdict(rule.source_id, "unsearched", reasons=(reader,))
    reasons = tuple(dict.fromkeys(_doubts(rule, evidence)))
    answered = [s.answered_on for s in evidence.searches if not s.fault]
    answered_on = min(answered, default="")
    if not answered:
        return Verdict(rule.source_id, "unsearched", reasons=reasons, failed=evidence.failed)
    named = evidence.named
    state: State = "unproven"
    n: int | None = None
    whole = all(s.coverage == "whole" for s in evidence.searches)
    if named and whole:
        state, n = "found", named
    elif not reasons and named == 0:
        state, n = "zero", 0
    # an unproven verdict with the bound "floor" met some that it may not count
    bound: Bound = "floor" if reasons and named else "exact"
    return Verdict(rule.source_id, state, n, bound, reasons, answered_on, evidence.failed)


def _never_answered(rule: SourceRule, evidence: SourceEvidence) -> Verdict:
    if not evidence.failed:
        return Verdict(rule.source_id, "unsearched")
    # silence is not a search: nothing answered, so nobody has looked yet
    reason = Reason("failed", evidence.failed, rule.source_id)
    return Verdict(rule.source_id, "unsearched", reasons=(reason,), failed=evidence.failed)


def _doubts(rule: SourceRule, evidence: SourceEvidence) -> Iterable[Reason]:
    source = rule.source_id
    asked = {s.rung for s in evidence.searches}
    for rung in rule.rungs:
        if rung not in asked:
            yield Reason("rung_missing", rung, source)
    for name in evidence.names_missing:
        yield Reason("name_not_asked", name, source)
    for search in evidence.searches:
        yield from _search_doubts(rule, search)
    yield from _positive_doubts(rule, evidence)
    yield from _control_doubts(rule, evidence.controls)
    if evidence.near_misses:
        yield Reason("near_miss_undecided", str(evidence.near_misses), source)
    for reason in evidence.quarantine:
        yield replace(reason, source_id=source)
    if evidence.met_since:
        # what does not count as a whole still names the disease: a zero or an exact number would deny it
        yield Reason("failed", f"{evidence.failed}; it named {evidence.met_since} more", source)
    if not rule.form_verified:
        yield Reason("form_unverified", "", source)


def _search_doubts(rule: SourceRule, search: Search) -> Iterable[Reason]:
    source = rule.source_id
    if search.fault:
        yield Reason("failed", f"{search.rung}: {search.fault}", source)
        return
    if search.coverage == "part":
        yield Reason("part_of_source", _part(search), source)
    if not search.complete or search.total is None:
        yield Reason("incomplete", f"{search.rung}: {search.received} of {search.total}", source)
    if rule.echo == "full" and not search.echo:
        yield Reason("echo_missing", search.rung, source)
    yield from search.warnings


def _part(search: Search) -> str:
    size = f"{search.register_size:,} rows" if search.register_size else ""
    return ", ".join(filter(None, (size, search.data_version)))


def _positive_doubts(rule: SourceRule, evidence: SourceEvidence) -> Iterable[Reason]:
    """Each search needs a positive control of its own moment."""
    controls = [c for c in evidence.controls if c.kind == "positive"]
    for search in (s for s in evidence.searches if not s.fault):
        own = [c for c in controls if not c.disease_id or (c.disease_id, c.rung) == _shape(search)]
        if any(c.found is None for c in own) or not any(speaks_for(c, search) for c in own):
            yield Reason("positive_missing", "", rule.source_id)
    for control in controls:
        if control.found is not None and not passed(control):
            yield Reason("positive_found_nothing", str(control.found), rule.source_id)


def _shape(search: Search) -> tuple[str, str]:
    return search.disease_id, search.rung


def _control_doubts(rule: SourceRule, controls: Sequence[Control]) -> Iterable[Reason]:
    source = rule.source_id
    nonsense = [c for c in controls if c.kind == "nonsense"]
    if not nonsense or any(c.found is None for c in nonsense):
        yield Reason("nonsense_missing", "", source)
    for control in nonsense:
        if control.found is not None and not passed(control):
            yield Reason("nonsense_found_something", str(control.found), source)
    if rule.known_items:
        known = [c for c in controls if c.kind == "known_items"]
        if not known or any(c.found is None for c in known):
            yield Reason("known_items_missing", "", source)
        for control in known:
            if control.found is not None and not passed(control):
                yield Reason("known_items_missed", f"{control.found} of {control.expected}", source)


def judge_readers(source_id: str, judgements: Sequence[Judgement]) -> Verdict:
    """The verdict of the curators' reading: ``zero`` only with a reader, a date, a whole table
    read and a second reader. A single document's word is a claim, not a search."""
    judged_on = max((j.judged_on for j in judgements if j.result != "not_searched"), default="")
    found = sum(j.n for j in judgements if j.result == "found")
    if found:
        return Verdict(source_id, "found", found, "floor", (), judged_on)
    absent = [j for j in judgements if j.result == "none_found" and j.search_depth != "single_source"]
    claimed = [j for j in judgements if j.result == "none_found" and j.search_depth == "single_source"]
    reasons = tuple(dict.fromkeys(r for j in absent for r in _reader_doubts(source_id, j)))
    waiting = sum(j.result == "not_searched" for j in judgements)
    if absent and waiting:  # one entry read whole says nothing of the others
        reasons = (Reason("source_unsearched", f"{waiting} of {len(judgements)}", source_id), *reasons)
    if any(j.result == "candidate" for j in judgements):
        reasons = (*reasons, Reason("only_candidates", "", source_id))
        return Verdict(source_id, "unproven", reasons=reasons, answered_on=judged_on)
    if absent and not reasons:
        return Verdict(source_id, "zero", 0, "exact", (), judged_on)
    if absent:
        return Verdict(source_id, "unproven", reasons=reasons, answered_on=judged_on)
    return Verdict(source_id, "claimed" if claimed else "unsearched")


def _reader_doubts(source_id: str, judgement: Judgement) -> Iterable[Reason]:
    if not judgement.judged_by or not judgement.judged_on:
        yield Reason("no_reader", "", source_id)
    if judgement.second_reader in ("", judgement.judged_by):
        yield Reason("no_second_reader", "", source_id)
    if judgement.search_depth != "whole_table":
        yield Reason("shallow_search", judgement.search_depth, source_id)


def judge_funders(source_id: str, judgements: Sequence[Judgement]) -> Verdict:
    """A programme verdict: ``zero`` only when every funder on the list was checked as a reader must."""
    verdict = judge_readers(source_id, [j for j in judgements if j.result != "not_searched"])
    listed = [j for j in judgements if j.result in ("none_found", "not_searched")]
    checked = [j for j in listed if j.result == "none_found"]
    if verdict.state == "found" or not checked or len(checked) == len(listed):
        return verdict
    reason = Reason("funders_unchecked", f"{len(checked)} of {len(listed)}", source_id)
    reasons = (reason, *verdict.reasons)
    return Verdict(source_id, "unproven", reasons=reasons, answered_on=verdict.answered_on)


def judge_cell(
    question: Question,
    verdicts: Mapping[str, Verdict],
    *,
    claims: int = 0,
    distinct: int | None = None,
    follows: Cell | None = None,
) -> Cell:
    """One question × one disease from the verdicts of its sources.

    ``claims`` counts documents that state there is none, ``distinct`` the distinct records over
    all sources (a trial in two registries counts once), ``follows`` is the cell of the question
    that this one depends on.
    """
    required = [verdicts.get(s, Verdict(s, "unsearched")) for s in question.required_sources]
    proven = sum(v.proper for v in required)
    reasons = _cell_reasons(required, verdicts)
    if any(v.state == "found" for v in verdicts.values()):
        n, bound = _number(verdicts.values(), distinct, proven == len(required))
        return Cell("found", n, bound, proven, len(required), reasons)
    own = _absent_state(required, verdicts, claims)
    if follows and follows.state != "found" and _STRENGTH[follows.state] > _STRENGTH[own]:
        reason = Reason("follows", question.depends_on)
        kept = () if follows.state == "zero" else reasons
        return Cell(
            follows.state, follows.n, "exact", proven, len(required), (reason, *kept), question.depends_on
        )
    return Cell(own, 0 if own == "zero" else None, "exact", proven, len(required), reasons)


def _number(verdicts: Iterable[Verdict], distinct: int | None, all_proper: bool) -> tuple[int, Bound]:
    """The number of a found cell. A count and a tally answer from two sides and are never added:
    the count stands where every source was searched properly and no tally exceeds it."""
    found = [v for v in verdicts if v.state == "found" and v.n]
    counted = max((v.n or 0 for v in found if v.proper), default=0)
    counted = max(counted, distinct or 0)
    most = max(counted, *(v.n or 0 for v in found))
    return most, "exact" if all_proper and counted == most else "floor"


def _absent_state(required: Sequence[Verdict], verdicts: Mapping[str, Verdict], claims: int) -> State:
    # a part of an optional source that met some (bound floor) cannot count them, and forbids the zero
    met = any(v.state == "unproven" and v.bound == "floor" for v in verdicts.values())
    if required and not met and all(v.state == "zero" for v in required):
        return "zero"
    if any(v.state in ("unproven", "zero") for v in verdicts.values()):
        return "unproven"
    if claims or any(v.state == "claimed" for v in verdicts.values()):
        return "claimed"
    return "unsearched"


def _cell_reasons(required: Sequence[Verdict], verdicts: Mapping[str, Verdict]) -> tuple[Reason, ...]:
    """Reasons of the required sources first, then those of any other source that was asked."""
    named = {v.source_id for v in required}
    others = [v for v in verdicts.values() if v.source_id not in named and v.reasons]
    reasons: list[Reason] = []
    for verdict in (*required, *others):
        if verdict.state in ("unsearched", "claimed") and not verdict.reasons:
            reasons.append(Reason("source_unsearched", "", verdict.source_id))
        reasons += verdict.reasons
        told = {"failed", *(r.code for r in verdict.reasons if verdict.failed.startswith(r.code))}
        if verdict.failed and not any(r.code in told for r in verdict.reasons):
            reasons.append(Reason("failed", verdict.failed, verdict.source_id))
    return tuple(dict.fromkeys(reasons))


def quarantined(
    controls: Sequence[Control],
    named: Mapping[str, int],
    last_named: Mapping[str, int],
    gathered: Mapping[str, int],
) -> tuple[Reason, ...]:
    """Why a source's run may not become current: a failed control, or a count that cannot be right.

    ``named`` and ``last_named`` map a disease to the records that name it, now and in the last
    good run, as far as the two may be compared (see :func:`etl.evidence.current`); ``gathered`` to those
    that the curators know to be in this source. Empty when the run is good.
    """
    reasons = []
    for control in controls:
        if control.kind == "known_items" or passed(control):
            continue  # a missed known item is told with the verdict, the run's other answers stand
        if control.found is None:
            reasons.append(Reason(f"{control.kind}_missing", control.fault, control.source_id))
            continue
        code = "positive_found_nothing" if control.kind == "positive" else "nonsense_found_something"
        reasons.append(Reason(code, str(control.found), control.source_id))
    if reasons:
        return tuple(dict.fromkeys(reasons))  # the counts of such a run are in doubt themselves
    for disease, before in sorted(last_named.items()):
        now = named.get(disease)
        if now is not None and before >= DROP_LEAST and now < DROP_GATE * before:
            reasons.append(Reason("dropped_below_floor", f"{disease}: {before} to {now}"))
    for disease, known in sorted(gathered.items()):
        if known >= FLOOR_GATE and named.get(disease) == 0:
            reasons.append(Reason("dropped_below_floor", f"{disease}: {known} gathered, none met"))
    return tuple(dict.fromkeys(reasons))
