"""Foundations: the disease's entries in nomenclatures, then every topic with its state and evidence."""

from __future__ import annotations

from html import escape
from typing import NamedTuple
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboard import chart, citing, filters, foundations, queries, store, style, tiles, wording
from dashboard.cases import records
from dashboard.foundations import Entry, Look
from dashboard.queries import foundations as asked
from dashboard.queries.biomarkers import citations
from dashboard.queries.foundations import FoundationRows
from dashboard.text import Text, translate


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    text = choice.text
    disease = asked.foundations(choice.focus).disease
    name = str(disease["abbreviation"].iloc[0])
    st.title(wording.plain(text.gettext("Foundations of {disease}").format(disease=name)))
    told = _told(
        store.identity(),
        str(store.today()),
        choice.focus,
        choice.comparator,
        lang=text.lang,
        theme=style.theme(),
        address="./?" + urlencode(filters.address()),
    )
    st.header(told.entries_title, anchor="entries")
    st.html(told.entries)
    st.header(wording.plain(told.topics_title), anchor="topics")
    built = queries.receipt()["as_of"].iloc[0].date()
    caption = text.gettext(
        "Source: Lacuna, {day}, from the documents cited. A tile leads to the certificate behind it; "
        "institutions, directions and descriptions are gathered, not asked as questions."
    ).format(day=text.day(built))
    st.html(f'<p class="lc-caption">{escape(caption)}</p>' + tiles.legend(text, style.theme()))
    st.html(told.topics)
    chart.table(told.table, name="foundations", text=text, file=told.file)


class _Told(NamedTuple):
    """All that the page says of one disease."""

    entries_title: str
    entries: str
    topics_title: str
    topics: str
    table: pd.DataFrame
    file: pd.DataFrame


@st.cache_resource(max_entries=64, show_spinner=False)
def _told(
    published: store.Identity,  # noqa: ARG001  part of the key
    day: str,
    focus: str,
    comparator: str,
    *,
    lang: str,
    theme: str,
    address: str,
) -> _Told:
    """Made once for the same store, day, diseases and look. ``address`` is this page's, for certificates."""
    text, found = translate(lang), asked.foundations(focus)
    known = citing.citations(citations())
    look = Look(text, theme, known, lambda cell: f"{address}&{urlencode({'cell': cell})}")
    entries = foundations.entries(found)
    listed = foundations.topics(found, asked.cells(focus), focus, comparator, text)
    return _Told(
        _entries_title(entries, text),
        _entries(found, entries, look),
        foundations.finding(listed, str(found.disease["abbreviation"].iloc[0]), text),
        "".join(foundations.topic_html(topic, found, look) for topic in listed),
        foundations.table(listed, text),
        foundations.file(listed, focus, day),
    )


def _entries_title(entries: list[Entry], text: Text) -> str:
    return text.ngettext(
        "Entries in nomenclatures: something is held of {n} of {m}",
        "Entries in nomenclatures: something is held of {n} of {m}",
        sum(entry.held for entry in entries),
        m=text.number(len(entries)),
    )


def _entries(found: FoundationRows, entries: list[Entry], look: Look) -> str:
    """Five nomenclatures, held or not, and the names that a search asks for."""
    text = look.text
    drawn = "".join(foundations.entry_html(entry, look.known, text) for entry in entries)
    names = [f"{row['name']} ({row['language']})" for row in records(found.names)]
    line = text.gettext("Names searched for{colon}{names}").format(
        colon=text.colon, names=text.gettext("; ").join(names)
    )
    said = f'<p class="lc-caption">{escape(line)}</p>' if names else ""
    return f'<div class="lc-entries">{drawn}</div>{said}'


page()
