"""Next steps: which are locked, what a filter leaves, each as a card to read and as a line to sign. Pure.

Steps are proposals. Lacuna holds no answer to any of them: *done* is a mark that the reader sets, kept in
the address alone. A step stays locked until every step that it depends on is marked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from dashboard import wording
from dashboard.cases import Row, given, items, records, word
from dashboard.certificate import link
from dashboard.citing import cited
from dashboard.queries.steps import StepRows
from dashboard.text import N_, Text
from dashboard.tiles import tile

#: Kinds from the lightest to the heaviest, with what each asks for.
KINDS: dict[str, str] = {
    "look": N_("Look: search what is public"),
    "ask": N_("Ask: write to those who may know"),
    "reuse": N_("Reuse: add to what exists"),
    "make": N_("Make: something new, last"),
}
#: Filter -> the column that it looks at; ids in the address.
FILTERS: dict[str, str] = {"kind": "kind", "actor": "actor_id", "effort": "effort"}
NAMES: dict[str, str] = {"kind": N_("Kind"), "actor": N_("Who could"), "effort": N_("Effort")}


def slug(said: str) -> str:
    """An id for an address out of a text: small letters and hyphens."""
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")


def prepared(steps: pd.DataFrame, done: Collection[str]) -> pd.DataFrame:
    """The steps with actor_id, done (the reader's mark), waits_for (steps not done) and locked."""
    waits = [[s for s in items(row["depends_on"]) if s not in done] for row in records(steps)]
    return steps.assign(
        actor_id=[slug(given(actor)) for actor in steps["actor_en"]],
        done=[step in done for step in steps["step_id"]],
        waits_for=pd.Series(waits, index=steps.index, dtype=object),
        locked=[bool(w) for w in waits],
    )


def kept(steps: pd.DataFrame, chosen: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The steps that every filter leaves; an empty filter leaves all."""
    keep = pd.Series(True, index=steps.index)
    for name, values in chosen.items():
        if values:
            keep &= steps[FILTERS[name]].isin(values)
    return steps[keep]


def emptied_by(steps: pd.DataFrame, chosen: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The filters any one of which, taken away, would bring steps back; all set ones if none would."""
    if steps.empty or len(kept(steps, chosen)):
        return ()
    active = tuple(name for name, values in chosen.items() if values)
    one = [name for name in active if len(kept(steps, {n: v for n, v in chosen.items() if n != name}))]
    return tuple(one) or active


def finding(steps: pd.DataFrame, name: str, text: Text) -> str:
    """The title: how many steps of each kind, how many locked."""
    if steps.empty:
        return text.gettext("No next steps have been written for {disease} yet").format(disease=name)
    counts = steps["kind"].value_counts()
    parts = [
        f"{text.number(int(counts[kind]))} {text.gettext(wording.STEP_KINDS[kind]).casefold()}"
        for kind in KINDS
        if counts.get(kind)
    ]
    said = text.ngettext(
        "{n} next step for {disease}", "{n} next steps for {disease}", len(steps), disease=name
    )
    locked = int(steps["locked"].sum())
    if locked:
        parts.append(text.ngettext("{n} of them locked", "{n} of them locked", locked))
    return said + text.colon + ", ".join(parts)


# --- cards ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """How steps are drawn: language, theme, rank of each step, cells by question, citations, evidence."""

    text: Text
    theme: str
    ranks: Mapping[str, int]
    cells: Mapping[str, Row]
    known: Mapping[str, str]
    evidence: Mapping[str, list[Row]]


def look(found: StepRows, known: Mapping[str, str], text: Text, theme: str) -> Look:
    """What every card of a page needs."""
    by_step: dict[str, list[Row]] = {}
    for row in records(found.evidence):
        by_step.setdefault(str(row["step_id"]), []).append(row)
    ranks = {str(row["step_id"]): int(row["rank"]) for row in records(found.steps)}
    cells = {str(row["question_id"]): row for row in records(found.cells)}
    return Look(text, theme, ranks, cells, known, by_step)


def cards(steps: pd.DataFrame, drawn: Look) -> str:
    """The steps by kind, as escaped HTML. Each has a line for a name and a day, seen on paper."""
    parts = []
    for kind, title in KINDS.items():
        rows = records(steps[steps["kind"] == kind])
        none = escape(drawn.text.gettext("no step of this kind is shown"))
        parts.append(f'<h2 class="lc-kind">{escape(drawn.text.gettext(title))}</h2>')
        parts += [_card(row, drawn) for row in rows] or [f'<p class="lc-s">{none}</p>']
    return "".join(parts)


def _card(row: Row, drawn: Look) -> str:
    _, text = drawn.text.gettext, drawn.text
    head = [
        str(int(row["rank"])),
        word(wording.STEP_KINDS, row["kind"], text),
        _("a matter of {effort}").format(effort=word(wording.EFFORTS, row["effort"], text)),
    ]
    if row["done"]:
        head.append("✓ " + _("marked done by you"))
    facts = [
        (_("Who could"), escape(text.pick(row, "actor"))),
        (_("What comes out"), _told(row, "deliverable", drawn)),
        (_("Done when"), _told(row, "passes_if", drawn)),
        (_("To mind"), _told(row, "ethics", drawn)),
        (_("Changes"), _questions(row, drawn)),
        (_("Rests on"), _evidence(row, drawn)),
        (_("Looked at again"), escape(text.day(given(row["review_on"])))),
    ]
    sheet = "".join(f"<dt>{escape(term)}</dt><dd>{value}</dd>" for term, value in facts if value)
    lock = f'<p class="lc-lock">{escape(locked(row, drawn))}</p>' if row["locked"] else ""
    done = escape(_("Done"))
    return (
        f'<article class="lc-card{" lc-locked" if row["locked"] else ""}">'
        f'<span class="lc-no">{escape(" · ".join(head))}</span>{lock}'
        f"<h3>{_told(row, 'action', drawn)}</h3>"
        f'<dl class="lc-facts">{sheet}</dl>'
        f'<p class="lc-sign">{escape(_("Taken by"))} <i></i> {escape(_("Date"))} <i></i> '
        f"{done} <b></b></p></article>"
    )


def _told(row: Row, name: str, drawn: Look) -> str:
    return escape(cited(drawn.text.pick(row, name), drawn.known))


def locked(row: Row, drawn: Look) -> str:
    """Why a step is locked: the steps that it waits for, by their number."""
    ranks = sorted(drawn.ranks[s] for s in items(row["waits_for"]) if s in drawn.ranks)
    said = drawn.text.join(str(rank) for rank in ranks)
    if len(ranks) == 1:
        return drawn.text.gettext("Locked: waits for step {ranks}").format(ranks=said)
    return drawn.text.gettext("Locked: waits for steps {ranks}").format(ranks=said)


def _questions(row: Row, drawn: Look) -> str:
    """The questions that a step would answer, each with the mark of its state today."""
    text = drawn.text
    parts = []
    for question in items(row["question_ids"]):
        cell = drawn.cells.get(question)
        if cell is not None:
            mark = tile(cell, text, drawn.theme)
            parts.append(f'<span class="lc-q2">{mark} {escape(text.pick(cell, "title"))}</span>')
    return "".join(parts)


def _evidence(row: Row, drawn: Look) -> str:
    """The rows that a step rests on, as citations; the same citation once."""
    told: dict[str, None] = {}
    for found in drawn.evidence.get(str(row["step_id"]), []):
        label = escape(given(found["label"]))
        named = f'<span lang="en">{label}</span>' if label else ""
        source = link(found["citation_short"], found["url"]) if given(found["citation_short"]) else ""
        said = f"{named} ({source})" if named and source else named or source
        told[said or escape(drawn.text.gettext("a row that is no longer held"))] = None
    return drawn.text.gettext("; ").join(told)


# --- files ----------------------------------------------------------------------------------------


def table(steps: pd.DataFrame, drawn: Look) -> pd.DataFrame:
    """The steps for people."""
    _, text = drawn.text.gettext, drawn.text
    return pd.DataFrame(
        [
            {
                _("Step"): int(row["rank"]),
                _("Kind"): word(wording.STEP_KINDS, row["kind"], text),
                _("What to do"): cited(text.pick(row, "action"), drawn.known),
                _("Who could"): text.pick(row, "actor"),
                _("What comes out"): cited(text.pick(row, "deliverable"), drawn.known),
                _("Done when"): cited(text.pick(row, "passes_if"), drawn.known),
                _("Effort"): word(wording.EFFORTS, row["effort"], text),
                _("Locked"): locked(row, drawn) if row["locked"] else "",
                _("Taken by"): "",
                _("Date"): "",
            }
            for row in records(steps)
        ]
    )


def file(steps: pd.DataFrame, drawn: Look, as_of: str) -> pd.DataFrame:
    """One row a step × question it would answer, with that cell's state, freshness and bound; codes."""
    lines = []
    for row in records(steps):
        head = {
            "step_id": row["step_id"],
            "rank": int(row["rank"]),
            "kind": row["kind"],
            "effort": row["effort"],
            "locked": bool(row["locked"]),
            "waits_for": ";".join(items(row["waits_for"])),
            "done_marked_by_reader": bool(row["done"]),
        }
        for name in ("action", "actor", "deliverable", "passes_if", "ethics"):
            head[name] = cited(drawn.text.pick(row, name), drawn.known)
        for question in items(row["question_ids"]):
            cell = drawn.cells.get(question, {})
            state = {name: cell.get(name) for name in ("state", "n", "bound", "freshness", "answered_on")}
            lines.append({**head, "question_id": question, **state, "as_of": as_of})
    return pd.DataFrame(lines)
