"""Sentences over many cells: what was searched, what the grid shows. Pure; built from rows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard import wording
from dashboard.queries import Searched
from dashboard.text import N_, Text, spelled

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


def with_article(disease: str, text: Text) -> str:
    """French takes ``l’`` before a vowel; an abbreviation of unknown gender stays bare."""
    return f"l’{disease}" if text.lang == "fr" and disease[:1].upper() in "AEIOU" else disease


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


def finding(cells: pd.DataFrame, focus: str, text: Text) -> str:
    """The title of the grid: how many of a disease's questions are in which state."""
    _ = text.gettext
    column = cells[cells["disease_id"] == focus]
    states = column["state"].value_counts()
    some = [
        message.format(n=text.number(int(states[state])))
        for state, message in (
            ("found", _("{n} found something")),
            ("zero", _("{n} zeros")),
            ("unproven", _("{n} unproven")),
            ("claimed", _("{n} claimed")),
            ("unsearched", _("{n} not looked for yet")),
        )
        if states.get(state)
    ]
    name = column["abbreviation"].iloc[0] if len(column) else focus
    said = _("{m} questions asked of {disease}").format(
        m=text.number(len(column)), disease=with_article(str(name), text)
    )
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


def alternative(cells: pd.DataFrame, focus: str, text: Text) -> str:
    """The grid in words, from the same rows, for those who do not see it."""
    _ = text.gettext
    lines = [text.gettext("{sentence}.").format(sentence=finding(cells, focus, text))]
    for disease, column in cells.groupby("disease_id", sort=False):
        if disease != focus:
            n = text.number(int((column["state"] == "found").sum()))
            name = column["abbreviation"].iloc[0]
            lines.append(_("{disease}: {n} found something.").format(disease=name, n=n))
    for group, rows in cells[cells["disease_id"] == focus].groupby("group", sort=False):
        words = [
            f"{text.pick(row, 'title')} ({wording.word(wording.STATES, row['state'], text)})"
            for row in rows.to_dict("records")
        ]
        lines.append(wording.word(wording.GROUPS, group, text) + text.colon + ", ".join(words) + ".")
    return " ".join(lines)
