"""Foundations: the disease's entries in nomenclatures, then every topic with its state and evidence."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import streamlit as st

from dashboard import chart, citing, drawn, filters, foundations, store, style, tiles, wording
from dashboard.cases import records
from dashboard.foundations import Entry, Look
from dashboard.queries import foundations as asked
from dashboard.queries.biomarkers import citations
from dashboard.queries.foundations import FoundationRows
from dashboard.text import Text


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    held = drawn.once("page", lambda: _shown(choice))
    chart.table(lambda: held, name="foundations", text=choice.text)


def _shown(choice: filters.Choice) -> chart.Rows:
    """The whole page; gives its rows."""
    text, theme, found = choice.text, style.theme(), asked.foundations(choice.focus)
    name = str(found.disease["abbreviation"].iloc[0])
    address = "./?" + urlencode(filters.address())  # of this page, for the certificates
    known = citing.citations(citations())
    look = Look(text, theme, known, lambda cell: f"{address}&{urlencode({'cell': cell})}")
    entries = foundations.entries(found)
    topics = foundations.topics(found, asked.cells(choice.focus), choice.focus, choice.comparator, text)
    st.title(wording.plain(text.gettext("Foundations of {disease}").format(disease=name)))
    st.header(_entries_title(entries, text), anchor="entries")
    st.html(_entries(found, entries, look))
    st.header(wording.plain(foundations.finding(topics, name, text)), anchor="topics")
    caption = f"{chart.source(text)} " + text.gettext(
        "From the documents cited. A tile leads to the certificate behind it; "
        "institutions, directions and descriptions are gathered, not asked as questions."
    )
    st.html(f'<p class="lc-caption">{escape(caption)}</p>' + tiles.legend(text, theme))
    st.html("".join(foundations.topic_html(topic, found, look) for topic in topics))
    day = str(store.today())
    return chart.Rows(foundations.table(topics, text), foundations.file(topics, choice.focus, day))


def _entries_title(entries: list[Entry], text: Text) -> str:
    said = text.gettext("Entries in nomenclatures{colon}{read} of {m} read at least in part, {n} known of")
    return said.format(
        colon=text.colon,
        read=text.number(sum(entry.read for entry in entries)),
        m=text.number(len(entries)),
        n=text.number(sum(entry.held for entry in entries)),
    )


def _entries(found: FoundationRows, entries: list[Entry], look: Look) -> str:
    """Five nomenclatures, held or not, and the names that a search asks for."""
    text = look.text
    drawn = "".join(foundations.entry_html(entry, look.known, text) for entry in entries)
    names = [f"{row['name']} ({row['language']})" for row in records(found.names)]
    line = text.gettext("Names that a search asks for{colon}{names}").format(
        colon=text.colon, names=text.gettext("; ").join(names)
    )
    said = f'<p class="lc-caption">{escape(line)}</p>' if names else ""
    return f'<div class="lc-entries">{drawn}</div>{said}'


page()
