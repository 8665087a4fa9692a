"""Funding by disease and year: rows in words, sentences over them, what a filter leaves. Pure.

Amounts stay in their currency and are never added up; a missing amount is missing, not nothing. An item
that names several diseases stands with each of them and counts once in a total.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd

from dashboard import wording
from dashboard.cases import CONFIDENCE, Row, by, given, missing, records, word
from dashboard.certificate import link
from dashboard.marks import tile_text
from dashboard.rows import Chosen
from dashboard.text import N_, Text
from dashboard.tiles import tile

KINDS: dict[str, str] = {
    "programme": N_("programme"),
    "call": N_("call, no award seen"),
    "grant": N_("grant"),
    "infrastructure": N_("infrastructure"),
    "sponsorship": N_("sponsorship, money unseen"),
    "private_investment": N_("private investment"),
}
GLYPHS: dict[str, str] = {
    "programme": "■",
    "call": "◇",
    "grant": "●",
    "infrastructure": "▲",
    "sponsorship": "✚",
    "private_investment": "★",
}
BASES: dict[str, str] = {
    "award": N_("award"),
    "round": N_("whole round"),
    "programme_total": N_("total of the programme"),
    "offer": N_("ceiling offered"),
    "per_patient": N_("per patient"),
    "investment": N_("investment"),
}
FUNDERS: dict[str, str] = {
    "public": N_("public"),
    "charity": N_("charity"),
    "company": N_("company"),
    "society": N_("learned society"),
}
RESULTS: dict[str, str] = {
    "found": N_("names the disease"),
    "none_found": N_("checked, disease not named in what was read"),
    "not_searched": N_("not checked"),
}
#: Result of a check -> the state with which it is drawn.
RESULT_STATES: dict[str, str] = {
    "found": "found",
    "none_found": "unproven",
    "not_searched": "unsearched",
}
PRIVATE = "private_investment"


# --- rows ---------------------------------------------------------------------------------------


def kept(items: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
    """The items that run in the years chosen; those without any year stay unless they are left out."""
    first = items["year_from"].fillna(items["year_to"])
    last = items["year_to"].fillna(items["year_from"])
    undated = first.isna()
    keep = pd.Series(True, index=items.index)
    if chosen.years:
        keep &= undated | ((first <= chosen.years[1]) & (last >= chosen.years[0])).fillna(False).astype(bool)
    if not chosen.undated:
        keep &= ~undated
    return items[keep]


def emptied_by(items: pd.DataFrame, chosen: Chosen) -> tuple[str, ...]:
    """The filters any one of which, taken away, would bring items back; all set ones if none would."""
    if items.empty or len(kept(items, chosen)):
        return ()
    one = [name for name in chosen.active if len(kept(items, chosen.without(name)))]
    return tuple(one) or chosen.active


def named(items: pd.DataFrame) -> pd.DataFrame:
    """Items that name a disease, private money apart."""
    return items[items["disease_id"].notna() & (items["scope"] == "named") & (items["kind"] != PRIVATE)]


def private(items: pd.DataFrame) -> pd.DataFrame:
    """Private investment: shown apart, never with grants."""
    return items[items["kind"] == PRIVATE]


def wider(items: pd.DataFrame) -> pd.DataFrame:
    """Money in which the disease is one of many, or that names no disease."""
    return items[(items["scope"] == "wider") & (items["kind"] != PRIVATE)]


# --- words --------------------------------------------------------------------------------------


def amount(row: Row, text: Text) -> str:
    """``USD 500,000 (whole round)``, or that the amount is not known."""
    if missing(row["amount"]):
        return text.gettext("amount not known")
    money = f"{given(row['currency'])} {text.number(round(float(str(row['amount'])), 2))}".strip()
    basis = word(BASES, row["amount_basis"], text) if given(row["amount_basis"]) else ""
    return f"{money} ({basis})" if basis else money


def years(row: Row, text: Text) -> str:
    """``2002–2025``, ``from 2017``, ``until 2025``, or that there is no year."""
    first, last = row["year_from"], row["year_to"]
    if missing(first) and missing(last):
        return text.gettext("no year given")
    if missing(last):
        return text.gettext("from {year}").format(year=int(first))
    if missing(first):
        return text.gettext("until {year}").format(year=int(last))
    return str(int(first)) if int(first) == int(last) else f"{int(first)}–{int(last)}"


def label(row: Row) -> str:
    """Funder and scheme, as the evidence writes them."""
    return " · ".join(p for p in (given(row["funder"]), given(row["scheme"])) if p)


def spoken(row: Row, text: Text) -> str:
    """One item in words."""
    parts = [
        f"{GLYPHS.get(str(row['kind']), '')} {word(KINDS, row['kind'], text)}".strip(),
        years(row, text),
        amount(row, text),
        given(row["amount_note"]),
        word(FUNDERS, row["funder_class"], text),
        given(row["recipient"]),
        text.gettext("the disease is one of many") if row["scope"] == "wider" else "",
        text.gettext("met live") if row["origin"] == "live" else "",
    ]
    return " · ".join(p for p in parts if p)


def finding(cells: pd.DataFrame, focus: str, name: str, checks: pd.DataFrame, text: Text) -> str:
    """The title: the state of the two questions for the focus disease, and how many funders were checked."""
    parts = []
    for row in records(cells[cells["disease_id"] == focus]):
        found = text.gettext("{n} found").format(n=tile_text(row, text))
        said = found if row["state"] == "found" else word(wording.STATES, row["state"], text)
        parts.append(text.pick(row, "title") + text.colon + said)
    n, k = listed(checks)
    if n:
        parts.append(
            text.ngettext(
                "{k} of {n} funder listed checked", "{k} of {n} funders listed checked", n, k=text.number(k)
            )
        )
    return f"{name} – " + text.gettext("; ").join(parts)


def listed(checks: pd.DataFrame) -> tuple[int, int]:
    """How many funders the list holds, and how many of them were checked."""
    rows = checks[~checks["any_funder"].astype(bool)]
    return len(rows), int((rows["result"] != "not_searched").sum())


def checked(checks: pd.DataFrame, name: str, text: Text) -> str:
    """The sentence over the list of funders: k of n, and never more than that."""
    n, k = listed(checks)
    if not n:
        return text.gettext("No list of funders has been drawn up for {disease}: none was asked.").format(
            disease=name
        )
    rows = checks[~checks["any_funder"].astype(bool)]
    found = int((rows["result"] == "found").sum())
    said = text.ngettext(
        "Among the {n} funder listed, {k} checked",
        "Among the {n} funders listed, {k} checked",
        n,
        k=text.number(k),
    )
    met = (
        text.ngettext("{n} of them names {disease}", "{n} of them name {disease}", found, disease=name)
        if found
        else text.gettext("none of these names {disease} in what was read").format(disease=name)
    )
    return f"{said}{text.colon}{met}."


def heading(items: Sequence[Row], shown: Sequence[Row], text: Text, *, filtered: bool) -> str:
    """A disease's line over its items: how many, and how many of them in the filter."""
    whole = len({row["funding_id"] for row in items})
    if filtered and whole:
        left = len({row["funding_id"] for row in shown})
        return text.gettext("{n} of {m} items in this filter").format(
            n=text.number(left), m=text.number(whole)
        )
    return text.ngettext("{n} item gathered", "{n} items gathered", whole) if whole else ""


def absences(cells: Sequence[Row], text: Text) -> list[tuple[Row, str]]:
    """Those of a disease's cells in which nothing was found, each with its words."""
    return [
        (row, text.pick(row, "title") + text.colon + word(wording.STATES, row["state"], text))
        for row in cells
        if row["state"] != "found"
    ]


def alternative(cells: pd.DataFrame, items: pd.DataFrame, diseases: pd.DataFrame, text: Text) -> str:
    """The picture in words, from the same rows: each disease, what is absent, what was gathered."""
    lines = []
    own, judged = by(named(items), "disease_id"), by(cells, "disease_id")
    for disease in records(diseases):
        name = str(disease["disease_id"])
        said = [words for _row, words in absences(judged.get(name, []), text)]
        said += [f"{label(row)} ({spoken(row, text)})" for row in own.get(name, [])]
        lines.append(str(disease["abbreviation"]) + text.colon + text.gettext("; ").join(said) + ".")
    return " ".join(lines)


def table(items: pd.DataFrame, diseases: dict[str, str], text: Text) -> pd.DataFrame:
    """The items for people, one row an item × disease."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Disease"): diseases.get(given(row["disease_id"]), _("none named")),
                _("Funder"): given(row["funder"]),
                _("Scheme"): given(row["scheme"]),
                _("Kind"): word(KINDS, row["kind"], text),
                _("Years"): years(row, text),
                _("Amount"): amount(row, text),
                _("Note on the amount"): given(row["amount_note"]),
                _("Funder is"): word(FUNDERS, row["funder_class"], text),
                _("Scope"): _("one of many diseases") if row["scope"] == "wider" else _("named"),
                _("Recipient"): given(row["recipient"]),
                _("Confidence"): word(CONFIDENCE, row["confidence"], text),
                _("Source"): given(row["citation_short"]),
                _("Read on"): text.day(given(row["read_on"])),
                _("Link"): given(row["url"]),
            }
            for row in records(items)
        ]
    )


def file(items: pd.DataFrame, cells: pd.DataFrame, diseases: list[str]) -> pd.DataFrame:
    """The same rows with codes for the CSV, and one row a cell in which nothing was found."""
    columns = ["disease_id", "funding_id", "funder", "country", "scheme", "kind", "funder_class", "scope"]
    columns += ["year_from", "year_to", "amount", "currency", "amount_basis", "amount_note", "recipient"]
    columns += ["confidence", "origin", "citation_short", "locator", "read_on", "url"]
    absent = cells[cells["disease_id"].isin(diseases) & (cells["state"] != "found")]
    empty = absent[["disease_id", "question_id", "state", "bound", "freshness"]]
    return pd.concat([items[columns].assign(state="found"), empty], ignore_index=True)


# --- lists --------------------------------------------------------------------------------------


def listing(items: Iterable[Row], text: Text) -> str:
    """Items with their sources, as escaped HTML."""
    return "".join(_item(row, text) for row in items)


def _item(row: Row, text: Text) -> str:
    cited = [link(row["citation_short"], row["url"]), escape(given(row["locator"]))]
    read = given(row["read_on"])
    if read:
        cited.append(escape(text.gettext("read {day}").format(day=text.day(read))))
    note = (
        f'<br><span class="lc-s" lang="en">{escape(given(row["note"]))}</span>' if given(row["note"]) else ""
    )
    return (
        f'<div class="lc-e"><b lang="en">{escape(label(row))}</b> {escape(spoken(row, text))}{note}<br>'
        f'<span class="lc-s">{" · ".join(p for p in cited if p)}</span></div>'
    )


def check_list(checks: pd.DataFrame, text: Text, theme: str) -> str:
    """The funders that were or were not checked, each with the mark of its result, as escaped HTML."""
    return "".join(_check(row, text, theme) for row in records(checks))


def _check(row: Row, text: Text, theme: str) -> str:
    _ = text.gettext
    claim = row["result"] == "none_found" and row["search_depth"] == "single_source"
    state = "claimed" if claim else RESULT_STATES[str(row["result"])]
    drawn = tile({**_CELL, "state": state}, text, theme)
    day = given(row["checked_on"])
    facts = [
        word(RESULTS, row["result"], text),
        text.day(day) if day else "",
        word(wording.DEPTHS, row["search_depth"], text) if given(row["search_depth"]) else "",
    ]
    if day:
        second = given(row["second_reader"]) or _("not yet checked")
        facts.append(_("second reader{colon}{who}").format(colon=text.colon, who=second))
    how = " · ".join(p for p in (given(row["how"]), given(row["note"])) if p)
    return (
        f'<div class="lc-v">{drawn}<div><b lang="en">{escape(given(row["funder"]))}</b> '
        f'<span class="lc-s">{escape(" · ".join(f for f in facts if f))}<br>'
        f'<span lang="en">{escape(how)}</span></span></div></div>'
    )


#: What a mark needs beside the state of a check.
_CELL: dict[str, object] = {
    "n": 1,
    "bound": "floor",
    "freshness": "fresh",
    "proven_sources": 0,
    "required_sources": 1,
    "broader_n": 0,
    "candidate_n": 0,
    "implied_by": None,
    "answered_on": "",
}
