"""The ground that research on a disease stands on: entries in nomenclatures, each topic's state. Pure.

What an entry says and leaves open is told only as far as somebody read it; a page that nobody opened says
so. Frames come as :class:`dashboard.queries.foundations.FoundationRows` describes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

from dashboard import wording
from dashboard.cases import ACCESS, Row, given, missing, records, word
from dashboard.certificate import link
from dashboard.citing import cited
from dashboard.queries.foundations import FoundationRows
from dashboard.text import N_, Text
from dashboard.tiles import tile

#: Topics of the landscape that are no question of the grid, in their order.
TOPICS: dict[str, str] = {
    "pathology_definition": N_("Descriptions of the pathology"),
    "institution": N_("Institutions"),
    "emerging_direction": N_("Emerging directions"),
}


# --- entries --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Register:
    """A nomenclature: where its number for a disease stands, who publishes it, how a page is addressed.

    ``address`` takes the number's digits, ``plain`` without leading zeros; it is empty where no address
    follows from a number.
    """

    name: str
    column: str
    containers: tuple[str, ...]
    shown: str = "{number}"
    address: str = ""


REGISTERS: tuple[Register, ...] = (
    Register(
        "Orphanet",
        "orpha",
        ("Orphanet", "Orphadata"),
        "ORPHA:{number}",
        "https://www.orpha.net/en/disease/detail/{digits}",
    ),
    Register(
        "MONDO", "mondo", ("Monarch Initiative",), address="https://purl.obolibrary.org/obo/MONDO_{digits}"
    ),
    Register(
        "GARD",
        "gard",
        ("GARD",),
        "GARD:{number}",
        "https://rarediseases.info.nih.gov/diseases/{plain}/index",
    ),
    Register("NORD", "", ("NORD",)),
    Register("MalaCards", "", ("MalaCards",)),
)


@dataclass(frozen=True)
class Entry:
    """What is held of one nomenclature's entry. ``says`` and ``open`` are rows of the landscape."""

    register: Register
    number: str
    url: str
    page: Row | None
    says: list[Row]
    open: list[Row]
    claims: list[Row]

    @property
    def held(self) -> bool:
        """Whether anything at all is known of such an entry."""
        return bool(self.number or self.page or self.claims or self.read)

    @property
    def read(self) -> bool:
        """Whether anything that it says or leaves open was read."""
        return bool(self.says or self.open)


def entries(found: FoundationRows) -> list[Entry]:
    """One entry a nomenclature, held or not, always all of them."""
    disease = records(found.disease)[0]
    return [_entry(register, disease, found) for register in REGISTERS]


def _entry(register: Register, disease: Row, found: FoundationRows) -> Entry:
    number = given(disease[register.column]) if register.column else ""
    digits = re.sub(r"\D", "", number)
    pages = records(found.pages[found.pages["container"].isin(register.containers)])
    page = pages[0] if pages else None
    url = (
        given(page["url"])
        if page
        else register.address.format(digits=digits, plain=digits.lstrip("0"))
        if digits
        else ""
    )
    rows = found.items[found.items["container"].isin(register.containers)]
    named = found.claims["claim_en"].str.contains(rf"\b{register.name}\b", regex=True)
    return Entry(
        register,
        register.shown.format(number=number) if number else "",
        url,
        page,
        records(rows[rows["state"] == "found"]),
        records(rows[rows["state"] == "none_found"]),
        records(found.claims[named.astype(bool)]),
    )


def entry_html(entry: Entry, known: Mapping[str, str], text: Text) -> str:
    """One entry: its number and link, how far it was read, what it says, what it leaves open."""
    _ = text.gettext
    name = escape(entry.register.name)
    if not entry.held:
        said = escape(_("no entry is held here: not looked for, which is not absence"))
        return (
            f'<div class="lc-entry"><h3>{name}</h3><p><span class="lc-gap lc-unread">{said}</span></p></div>'
        )
    number = link(entry.number or _("page"), entry.url) if entry.url else escape(entry.number)
    parts = [f'<p class="lc-s">{number} · {escape(opened(entry, text))}</p>']
    for heading, rows in ((_("Says"), entry.says), (_("Leaves open"), entry.open)):
        lines = "".join(f"<li>{_said(row, known, text)}</li>" for row in rows)
        if lines:
            parts.append(f"<h4>{escape(heading)}</h4><ul>{lines}</ul>")
        else:
            gap = escape(_("not known here: nothing of it was read"))
            parts.append(f'<h4>{escape(heading)}</h4><p><span class="lc-gap lc-unread">{gap}</span></p>')
    claims = "".join(f"<li>{_claim(row, known, text)}</li>" for row in entry.claims)
    if claims:
        heading = escape(_("The founding report says"))
        parts.append(f"<h4>{heading}</h4><ul>{claims}</ul>")
    return f'<div class="lc-entry"><h3>{name}</h3>{"".join(parts)}</div>'


def opened(entry: Entry, text: Text) -> str:
    """How far the entry's own page was read, and on which day."""
    if entry.page is not None and not (entry.read and entry.page["access"] == "citation"):
        day = text.day(given(entry.page["accessed_on"]))
        return " · ".join(p for p in (word(ACCESS, entry.page["access"], text), day) if p)
    if entry.read:
        return text.gettext("read through its tables and texts cited below; the page itself was not opened")
    return text.gettext("the number is held; its page was not opened")


def _said(row: Row, known: Mapping[str, str], text: Text) -> str:
    detail = cited(given(row["detail"]), known)
    return (
        f'<b lang="en">{escape(given(row["title"]))}</b> <span lang="en">{escape(detail)}</span> '
        f'<span class="lc-s">{source(row, text)}</span>'
    )


def _claim(row: Row, known: Mapping[str, str], text: Text) -> str:
    support = {
        "supported": text.gettext("supported"),
        "partly": text.gettext("partly supported"),
        "contradicted": text.gettext("contradicted"),
        "unverified": text.gettext("not verified"),
    }.get(str(row["support"]), str(row["support"]))
    said = escape(cited(given(row["note"]), known))
    note = f' <span lang="en">{said}</span>' if said else ""
    return f'{escape(text.pick(row, "claim"))} <span class="lc-s">{escape(support)}.{note}</span>'


def source(row: Row, text: Text) -> str:
    """Citation with link, the place in it, and the day it was read, escaped."""
    read = given(row.get("accessed_on"))
    parts = [
        link(row["citation_short"], row["url"]),
        escape(given(row.get("locator"))),
        escape(text.gettext("read {day}").format(day=text.day(read))) if read else "",
    ]
    return " · ".join(p for p in parts if p)


# --- topics ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Topic:
    """One topic: its title, the cell that holds its state, the comparator's cell, its rows."""

    topic_id: str
    title: str
    cell: Row
    beside: Row | None
    rows: list[Row]


def topics(
    found: FoundationRows, cells: pd.DataFrame, focus: str, comparator: str, text: Text
) -> list[Topic]:
    """Every question of foundations, outcomes and care, then the topics that are no question."""
    by_cell = {(row["question_id"], row["disease_id"]): row for row in records(cells)}
    rows = {name: records(part) for name, part in found.items.groupby("question")}
    listed = [
        Topic(
            str(row["question_id"]),
            text.pick(row, "title"),
            row,
            by_cell.get((row["question_id"], comparator)) if comparator != focus else None,
            rows.get(row["question_id"], []),
        )
        for row in records(cells[cells["disease_id"] == focus])
    ]
    others = [
        Topic(name, text.gettext(title), gathered(rows.get(name, [])), None, rows.get(name, []))
        for name, title in TOPICS.items()
    ]
    return [*listed, *others]


def gathered(rows: list[Row]) -> Row:
    """The state of a topic that is no question: a floor of what was gathered, never a zero."""
    n = sum(row["state"] == "found" for row in rows)
    looked = any(row["state"] == "none_found" for row in rows)
    days = sorted(given(row["judged_on"]) for row in rows if given(row["judged_on"]))
    return {
        "state": "found" if n else "unproven" if looked else "unsearched",
        "n": n or None,
        "bound": "floor",
        "freshness": "fresh" if rows else "never_answered",
        "proven_sources": 0,
        "required_sources": 0,
        "broader_n": 0,
        "candidate_n": 0,
        "implied_by": None,
        "answered_on": days[-1] if days else "",
    }


def finding(listed: list[Topic], name: str, text: Text) -> str:
    """The title: how many of the topics are in which state."""
    states = pd.Series([topic.cell["state"] for topic in listed]).value_counts()
    parts = [
        text.gettext("{n} {state}").format(n=text.number(int(states[state])), state=text.gettext(said))
        for state, said in wording.STATES.items()
        if states.get(state)
    ]
    whole = text.ngettext("{n} topic, {disease}", "{n} topics, {disease}", len(listed), disease=name)
    return whole + text.colon + ", ".join(parts)


@dataclass(frozen=True)
class Look:
    """How topics are drawn: language, theme, citations of codes, the address of a cell's certificate."""

    text: Text
    theme: str
    known: Mapping[str, str]
    address: Callable[[str], str]


def topic_html(topic: Topic, found: FoundationRows, look: Look) -> str:
    """One topic: its tile, its sentence with date, the comparator's tile, its evidence."""
    text = look.text
    question = "question_id" in topic.cell
    href = look.address(f"{topic.topic_id}.{topic.cell['disease_id']}") if question else ""
    drawn = tile(topic.cell, text, look.theme, href, topic.title)
    beside = ""
    if topic.beside is not None:
        other = look.address(f"{topic.topic_id}.{topic.beside['disease_id']}")
        name = str(topic.beside["abbreviation"])
        beside = (
            f'<span class="lc-beside">{tile(topic.beside, text, look.theme, other, f"{topic.title}, {name}")}'
            f"<small>{escape(name)}</small></span>"
        )
    lines = [_evidence(row, look) for row in topic.rows]
    lines += [
        _table(row, text) for row in records(found.tables[found.tables["question_id"] == topic.topic_id])
    ]
    if topic.topic_id == "long_term_outcome":
        lines += [_followed(row, text) for row in records(found.followed)]
    return (
        f'<section class="lc-topic">{drawn}<div><h3>{escape(topic.title)}</h3>'
        f'<p class="lc-s">{escape(sentence(topic, text))}</p>{"".join(lines)}</div>{beside}</section>'
    )


def sentence(topic: Topic, text: Text) -> str:
    """What the state of a topic allows to say, with the day of its answer."""
    if "question_id" in topic.cell:
        said = wording.sentence(topic.cell, text)
    elif topic.cell["state"] == "found":
        said = text.ngettext("At least {n} gathered.", "At least {n} gathered.", int(topic.cell["n"]))
    elif topic.cell["state"] == "unproven":
        said = text.gettext("None seen so far.")
    else:
        said = text.gettext("Not looked for yet.")
    day = "" if topic.cell["state"] == "zero" else text.day(given(topic.cell["answered_on"]))
    answered = text.gettext("Answered {day}.").format(day=day)
    return f"{said} {answered}" if day else said


def _evidence(row: Row, look: Look) -> str:
    text = look.text
    states = {
        "none_found": text.gettext("looked for, not met"),
        "not_searched": text.gettext("not looked for"),
    }
    about = [
        states.get(str(row["state"]), ""),
        "" if missing(row["year"]) else str(int(row["year"])),
        text.gettext("judged {day}").format(day=text.day(given(row["judged_on"])))
        if given(row["judged_on"])
        else "",
        word(wording.DEPTHS, row["search_depth"], text) if given(row["search_depth"]) else "",
    ]
    return (
        f'<div class="lc-e">{_said(row, look.known, text)}<br>'
        f'<span class="lc-s">{escape(" · ".join(a for a in about if a))}</span></div>'
    )


def _table(row: Row, text: Text) -> str:
    said = text.ngettext(
        "Whole table counted: {rows} row, {n} answering",
        "Whole table counted: {rows} rows, {n} answering",
        int(row["rows_searched"]),
        text.number(int(row["answering_count"])),
        rows=text.number(int(row["rows_searched"])),
    )
    return (
        f'<div class="lc-e">{escape(said)} · {escape(text.day(given(row["as_of"])))} '
        f'<span class="lc-s">{link(row["citation_short"], row["url"])}</span></div>'
    )


def _followed(row: Row, text: Text) -> str:
    said = text.gettext("{n} followed for {months} months").format(
        n=text.number(int(row["n"])), months=text.number(float(row["followup_months"]))
    )
    where = link(row["citation_short"], row["url"])
    return f'<div class="lc-e">{escape(said)} <span class="lc-s">{where}</span></div>'


# --- files ----------------------------------------------------------------------------------------


_FILE_COLUMNS = (
    *("item_id", "title", "detail", "year", "judged_on", "second_reader", "search_depth"),
    *("confidence", "citation_short", "locator", "accessed_on", "url"),
)


def file(listed: list[Topic], disease: str, as_of: str) -> pd.DataFrame:
    """One row a piece of evidence, and one for each topic without any; codes, for the CSV."""
    lines = []
    for topic in listed:
        cell = {name: topic.cell[name] for name in ("state", "n", "bound", "freshness", "answered_on")}
        head = {"disease_id": disease, "topic": topic.topic_id, **cell, "as_of": as_of}
        for row in topic.rows or [{}]:
            own = {name: row.get(name) for name in _FILE_COLUMNS}
            lines.append({**head, "row_state": row.get("state"), **own})
    return pd.DataFrame(lines)


def table(listed: list[Topic], text: Text) -> pd.DataFrame:
    """The topics for people."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Topic"): topic.title,
                _("State"): word(wording.STATES, topic.cell["state"], text),
                _("Sentence"): sentence(topic, text),
                _("Evidence"): "; ".join(given(row["title"]) for row in topic.rows),
                _("Source"): "; ".join(dict.fromkeys(given(row["citation_short"]) for row in topic.rows)),
            }
            for topic in listed
        ]
    )
