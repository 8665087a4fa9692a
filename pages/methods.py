"""Methods: every search with its query and controls, sources, claims, caveats, words, and the receipt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from dashboard import cases, drawn, facts, filters, method_tables, queries, summary, wording
from dashboard.cases import records
from dashboard.export.csv_table import csv_table
from dashboard.facts import Fact
from dashboard.queries import story
from dashboard.text import Text


def page() -> None:
    """Choose, get, show. One section is drawn at a time, so that a long page stays quick."""
    text = filters.current().text
    _ = text.gettext
    drawn.once("opening", lambda: _opening(text))
    sections: dict[str, tuple[str, Callable[[Text], None]]] = {
        "searches": (_("Searches"), _searches),
        "sources": (_("Sources"), _sources),
        "claims": (_("Founding report"), _claims),
        "challenges": (_("Challenges"), _challenges),
        "caveats": (_("Caveats"), lambda text: drawn.once("caveats", lambda: _caveats(text))),
        "words": (_("Words"), lambda text: drawn.once("words", lambda: _glossary(text))),
        "store": (_("This store"), lambda text: drawn.once("store", lambda: _receipt(text))),
    }
    titles = {code: title for code, (title, _show) in sections.items()}
    chosen = filters.one(_("Section"), titles, "section", hidden_label=True)
    sections[chosen][1](text)


def _opening(text: Text) -> None:
    found = queries.methods()
    st.title(text.gettext("How it was looked for"))
    st.html(f'<p class="lc-lede">{escape(method_tables.opening(found.searches, found.sources, text))}</p>')
    if failed := summary.failed_checks(queries.failures(), text):
        st.html(f'<p class="lc-alarm" role="status"><b>!</b> {escape(failed)}</p>')


# --- searches ---------------------------------------------------------------------------------


def _searches(text: Text) -> None:
    """One table a source, with what PRISMA-S asks to be told of each search."""
    _ = text.gettext
    known = drawn.once("searched", lambda: list(queries.methods().searches["abbreviation"].unique()))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = filters.words(_("Find in the searches"), "find", _("Search"))
        diseases = filters.many(_("Disease"), {name: wording.plain(name) for name in known}, "of")
    parts = drawn.once("searches", lambda: _search_parts(asked, diseases, text))
    for source_id, part in parts.items():
        drawn.once(f"searches {source_id}", lambda: _search_table(source_id, part, text))  # noqa: B023  at once
        _download(method_tables.searches_file(part), f"lacuna-searches-{source_id}.csv", text)
    drawn.once("silent", lambda: _silent(queries.methods().sources, text))


def _search_parts(asked: str, diseases: tuple[str, ...], text: Text) -> dict[str, pd.DataFrame]:
    """Source -> its searches that the reader asks for; says how many there are."""
    every = queries.methods().searches
    rows = every[every["abbreviation"].isin(diseases)] if diseases else every
    rows = method_tables.matching(rows, asked)
    _caption(method_tables.shown(len(rows), len(every), text))
    if rows.empty:
        st.markdown(text.gettext("No search in this filter."))
    parts = [part for _name, part in rows.groupby("source_name", sort=False)]
    return {str(part["source_id"].iloc[0]): part for part in parts}


def _search_table(source_id: str, part: pd.DataFrame, text: Text) -> None:
    _ = text.gettext
    st.header(wording.plain(wording.source_name(part["source_name"].iloc[0], text)))
    _caption(method_tables.source_summary(part, text))
    st.dataframe(
        method_tables.searches(part, text),
        hide_index=True,
        key=f"searches-{source_id}",
        column_config={
            _("Query"): st.column_config.TextColumn(width="large", pinned=False),
            _("Link"): st.column_config.LinkColumn(),
        },
    )


def _silent(sources: pd.DataFrame, text: Text) -> None:
    """The sources that nobody has asked yet, named: silence is not zero."""
    silent = sources[(sources["searches"] == 0) & (sources["kind"] != "curation")]
    if silent.empty:
        return
    st.header(text.gettext("Not searched yet"))
    said = text.ngettext(
        "{n} source of the catalog has not been searched, so nothing here is a zero of it: {{names}}.",
        "{n} sources of the catalog have not been searched, so nothing here is a zero of theirs: {{names}}.",
        len(silent),
    )
    st.markdown(
        wording.plain(said.format(names=text.join(wording.source_name(n, text) for n in silent["name"])))
    )


# --- sources ----------------------------------------------------------------------------------


def _sources(text: Text) -> None:
    """Who can be asked, under which licence, how far and how often; every caveat of each."""
    _ = text.gettext
    asked_for = filters.words(_("Find in the sources"), "among", _("Search"))
    file = drawn.once("sources", lambda: _source_sheets(asked_for, text))
    if len(file):
        _download(file, "lacuna-sources.csv", text)


def _source_sheets(asked_for: str, text: Text) -> pd.DataFrame:
    """One sheet a source, by kind; gives the same as a file."""
    every = queries.methods().sources
    sources = method_tables.matching(every, asked_for)
    _caption(method_tables.shown(len(sources), len(every), text))
    kinds = {k: cases.word(method_tables.KINDS, k, text) for k in sources["kind"].unique()}
    for kind, title in kinds.items():
        st.header(title)
        with st.container(gap="xsmall"):
            for row in records(sources[sources["kind"] == kind]):
                asked = method_tables.asked(row, text)
                with st.expander(f"**{wording.plain(wording.source_name(row['name'], text))}** · {asked}"):
                    st.html(facts.sheet(method_tables.source_facts(row, text)))
    return method_tables.sources(sources, text)


# --- the founding report ----------------------------------------------------------------------


def _claims(text: Text) -> None:
    """Every checkable claim of the founding report, and how far it holds."""
    _ = text.gettext
    drawn.once("tally", lambda: _caption(method_tables.claims_tally(queries.methods().claims, text)))
    supports = {code: text.gettext(said) for code, said in method_tables.SUPPORT.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = filters.words(_("Find in the claims"), "claim", _("Search"))
        chosen = filters.many(_("Support"), supports, "support")
    file = drawn.once("claims", lambda: _claim_list(asked, chosen or tuple(supports), text))
    if len(file):
        _download(file, "lacuna-claims.csv", text)


def _claim_list(asked: str, chosen: tuple[str, ...], text: Text) -> pd.DataFrame:
    """The claims that the reader asks for; gives the same as a file."""
    every = queries.methods().claims
    rows = method_tables.matching(every[every["support"].isin(chosen)], asked)
    _caption(method_tables.shown(len(rows), len(every), text))
    if len(rows):
        st.html("".join(method_tables.claim_html(row, text) for row in records(rows)))
    return method_tables.claims(rows, text)


# --- challenges -------------------------------------------------------------------------------


def _challenges(text: Text) -> None:
    """The public log of doubts about cells."""
    rows = story.challenges()
    if rows.empty:
        _caption(text.gettext("No cell has been challenged yet."))
        return
    st.table(method_tables.challenges(rows, text), hide_index=True, border="horizontal")
    _download(rows, "lacuna-challenges.csv", text)


# --- caveats, words, receipt ------------------------------------------------------------------


def _caveats(text: Text) -> None:
    """Every caveat, by what it concerns."""
    for scope, rows in queries.methods().caveats.groupby("scope", sort=False):
        st.header(cases.word(method_tables.SCOPES, scope, text))
        st.markdown("\n".join(f"- {wording.plain(text.pick(row, 'text'))}" for row in records(rows)))


def _glossary(text: Text) -> None:
    """The words of this site and what they mean."""
    words = records(queries.methods().glossary)
    entries = [Fact(text.pick(row, "label"), text.pick(row, "meaning")) for row in words]
    st.html(facts.sheet(entries))


def _receipt(text: Text) -> None:
    """What this store was built from, and who read what."""
    _ = text.gettext
    st.header(_("Receipt"))
    st.html(facts.sheet(method_tables.receipt(records(queries.receipt())[0], text)))
    st.header(_("Who read and who checked"))
    st.table(method_tables.readers(queries.methods().readers, text), hide_index=True, border="horizontal")
    st.markdown(
        _("Nobody has checked what is not marked as checked. A zero by judgement needs two named readers.")
    )


def _caption(said: str) -> None:
    st.html(f'<p class="lc-caption">{escape(said)}</p>')


def _download(rows: pd.DataFrame, name: str, text: Text) -> None:
    """A file of exactly these rows."""
    st.download_button(
        text.gettext("Download these rows (CSV)"),
        partial(csv_table, rows),
        file_name=name,
        mime="text/csv",
        on_click="ignore",
        key=f"csv-{name}",
        icon=":material/download:",
    )


page()
