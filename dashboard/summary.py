"""Sentences over many cells: what was searched, what the grid shows. Pure; built from rows."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard import wording
from dashboard.marks import says
from dashboard.text import N_, NN_, Text, spelled, with_article
from dashboard.wording import Row

if TYPE_CHECKING:
    from dashboard.queries import Searched

#: Source -> whose table it is, with its article.
_OWNERS = {
    "orphadata": N_("of Orphanet"),
    "fda_orphan": N_("of the FDA"),
    "mondo": N_("of MONDO"),
    "eu_orphan_register": N_("of the EU register of orphan medicines"),
    "clinicaltrials_gov": N_("of ClinicalTrials.gov"),
}

_SILENT = {
    "trials": N_("no trial registry"),
    "literature": N_("no literature database"),
    "funding": N_("no award database"),
}


def searched(found: Searched, disease: str, text: Text) -> str:
    """The first sentence: what was read, counted and asked for a disease, and what was not."""
    _ = text.gettext
    done = [*_read(found, text), *_counted(found, text), *_funders(found, text)]
    told = _("For {disease} we {done}") if done else _("For {disease} nothing has been read or counted yet")
    clauses = [told.format(disease=with_article(disease, text), done=text.join(done)), *_live(found, text)]
    return _("{sentence}.").format(sentence=_("; ").join(clauses))


def _read(found: Searched, text: Text) -> list[str]:
    abstracts = found.reports - found.reports_in_full
    said = []
    if found.reports_in_full:
        n = found.reports_in_full
        said.append(text.ngettext("read {n} report in full", "read {n} reports in full", n, spelled(n, text)))
    if abstracts:
        line = text.ngettext(
            "read the abstract of {n} report",
            "read the abstracts of {n} reports",
            abstracts,
            spelled(abstracts, text),
        )
        if found.reports_in_part:
            part = text.gettext("{n} of them in part").format(n=spelled(found.reports_in_part, text))
            line = text.gettext("{line} ({part})").format(line=line, part=part)
        said.append(line)
    return said


def _counted(found: Searched, text: Text) -> list[str]:
    said = []
    whole = [
        text.gettext("{owner} ({year})").format(owner=_owner(row, text), year=str(row["day"])[:4])
        for row in found.tables.to_dict("records")
    ]
    if whole:
        said.append(text.gettext("counted whole tables {owners}").format(owners=text.join(whole)))
    parts = sorted({_owner(row, text) for row in found.parts.to_dict("records")})
    if parts:
        said.append(text.gettext("searched a part {owners}").format(owners=text.join(parts)))
    return said


def _owner(row: dict[Any, Any], text: Text) -> str:
    known = _OWNERS.get(str(row["source_id"]))
    return text.gettext(known) if known else text.gettext("of {source}").format(source=row["name"])


def _funders(found: Searched, text: Text) -> list[str]:
    n = found.funders_read
    if not n:
        return []
    return [text.ngettext("read pages of {n} funder", "read pages of {n} funders", n, spelled(n, text))]


def _live(found: Searched, text: Text) -> list[str]:
    _ = text.gettext
    said = []
    if len(found.live):
        asked = [
            _("{source} ({day})").format(source=row["name"], day=text.day(row["day"]))
            for row in found.live.to_dict("records")
        ]
        said.append(_("searched live: {sources}").format(sources=text.join(asked)))
    if len(found.silent) == len(_SILENT):
        said.append(_("no trial registry, literature or award database has been searched live yet"))
    elif found.silent:
        kinds = text.join(_(_SILENT[kind]) for kind in found.silent)
        said.append(_("{kinds} has been searched live yet").format(kinds=kinds))
    return said


#: State -> one question in it, several.
_TALLIES: dict[str, tuple[str, str]] = {
    "found": NN_("{n} found something", "{n} found something"),
    "zero": NN_("{n} zero", "{n} zeros"),
    "unproven": NN_("{n} unproven", "{n} unproven"),
    "claimed": NN_("{n} claimed", "{n} claimed"),
    "unsearched": NN_("{n} not looked for yet", "{n} not looked for yet"),
}


def failed_checks(failures: pd.DataFrame, text: Text) -> str:
    """The sources whose last check failed or was set aside, each with the reason; empty when none.

    ``failures`` is :func:`dashboard.queries.failures`.
    """
    if failures.empty:
        return ""
    told = [
        text.gettext("{source} ({reason})").format(
            source=wording.source_name(row["name"], text),
            reason=wording.failure(str(row["failed"]), str(row["name"]), text),
        )
        for row in failures.to_dict("records")
    ]
    said = text.ngettext(
        "The last check of {n} source does not count: {{sources}}. What it answered before stays.",
        "The last checks of {n} sources do not count: {{sources}}. What they answered before stays.",
        len(failures),
    )
    return said.format(sources=text.join(told))


def ages(column: pd.DataFrame, disease: str, text: Text) -> str:
    """From when to when the answers for a disease are; ``column`` holds its cells."""
    days = sorted(str(day) for day in column["answered_on"] if str(day))
    name = with_article(disease, text)
    if not days:
        return text.gettext("No dated answer for {disease} yet").format(disease=name)
    if days[0] == days[-1]:
        return text.gettext("Answers for {disease} of {day}").format(disease=name, day=text.day(days[0]))
    return text.gettext("Answers for {disease} from {first} to {last}").format(
        disease=name, first=text.day(days[0]), last=text.day(days[-1])
    )


def finding(cells: pd.DataFrame, focus: str, text: Text) -> str:
    """The title of the grid: how many of a disease's questions are in which state."""
    _ = text.gettext
    column = cells[cells["disease_id"] == focus]
    states = column["state"].value_counts()
    some = [
        text.ngettext(one, many, int(states[state]))
        for state, (one, many) in _TALLIES.items()
        if states.get(state)
    ]
    name = column["abbreviation"].iloc[0] if len(column) else focus
    said = text.ngettext(
        "{n} question asked of {{disease}}", "{n} questions asked of {{disease}}", len(column)
    ).format(disease=with_article(str(name), text))
    return said + text.colon + text.join(some)


def aged(cells: pd.DataFrame, focus: str, text: Text) -> str:
    """How many numbers and zeros of a disease are out of date; empty when none is."""
    column = cells[(cells["disease_id"] == focus) & (cells["freshness"] != "fresh")]
    n = int((column["freshness"] != "never_answered").sum())
    if not n:
        return ""
    return text.ngettext(
        "{n} of these answers is out of date and carries its year.",
        "{n} of these answers are out of date and carry their year.",
        n,
    )


#: Kinds of change, as ``etl.diff`` writes them, gravest first.
CHANGES: dict[str, str] = {
    "zero_broke": N_("A zero that no longer holds"),
    "count_fell": N_("A count that fell"),
    "source_failed": N_("A source whose last check does not count"),
    "state_changed": N_("A state that changed"),
    "count_rose": N_("A count that rose"),
    "source_mended": N_("A source that answers again"),
    "added": N_("A cell that was not there"),
    "gone": N_("A cell that is no more"),
}
_MOST = 12


def changes(rows: pd.DataFrame, focus: str, receipt: Any, text: Text) -> str:
    """What the last snapshot changed, as escaped HTML: the focus disease line by line, the others counted.

    ``rows`` is :func:`dashboard.queries.changes`, ``receipt`` its row.
    """
    _ = text.gettext
    snapshots = len(receipt["snapshots"])
    if rows.empty:
        said = _(
            "No refresh has been run on this store: it holds the embedded evidence alone, "
            "so there is nothing yet to compare it with."
        )
        if snapshots:
            said = _("The last refresh changed no cell.")
        return f'<p class="lc-caption">{escape(said)}</p>'
    own = rows[rows["disease_id"] == focus]
    items = "".join(f"<li>{escape(_change(row, text))}</li>" for row in own.head(_MOST).to_dict("records"))
    tail = []
    if len(own) > _MOST:
        tail.append(text.ngettext("{n} more for this disease", "{n} more for this disease", len(own) - _MOST))
    if len(rows) > len(own):
        tail.append(
            text.ngettext(
                "{n} change for another disease", "{n} changes for other diseases", len(rows) - len(own)
            )
        )
    rest = f'<p class="lc-caption">{escape(" · ".join(tail))}</p>' if tail else ""
    return f'<ul class="lc-changes">{items}</ul>{rest}'


def _change(row: Row, text: Text) -> str:
    where = text.pick(row, "title")
    if not wording.missing(row["source"]):
        where += f", {wording.source_name(row['source'], text)}"
    before, after = (_side(row[name], text) for name in ("before", "after"))
    return f"{wording.word(CHANGES, row['kind'], text)}{text.colon}{where}{text.colon}{before} → {after}"


def _side(said: object, text: Text) -> str:
    """One side of a change: the state in words, with its number; ``—`` for nothing."""
    state, _space, rest = str(said or "").partition(" ")
    return f"{wording.word(wording.STATES, state, text)} {rest}".strip() if state else "—"


def alternative(cells: pd.DataFrame, focus: str, text: Text) -> str:
    """The grid in words, from the same rows, for those who do not see it."""
    _ = text.gettext
    lines = [text.gettext("{sentence}.").format(sentence=finding(cells, focus, text))]
    for disease in cells["disease_id"].unique():
        if disease != focus:
            lines.append(_("{sentence}.").format(sentence=finding(cells, str(disease), text)))
    for group, rows in cells[cells["disease_id"] == focus].groupby("group", sort=False):
        words = [f"{text.pick(row, 'title')} ({says(row, text)})" for row in rows.to_dict("records")]
        lines.append(wording.word(wording.GROUPS, group, text) + text.colon + ", ".join(words) + ".")
    return " ".join(lines)
