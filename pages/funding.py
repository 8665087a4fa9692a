"""Funding: programmes, grants and infrastructure by year and disease, and which funders were checked."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import beside, chart, filters, funding, queries, store, style, wording
from dashboard.cases import given, records
from dashboard.figures import funding as figures
from dashboard.queries import funding as asked
from dashboard.queries.funding import FundingRows
from dashboard.text import Text, translate


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    text = choice.text
    known = beside.beside(queries.diseases(choice.focus), choice.focus, choice.comparator, choice.diseases)
    choice = choice.without("diseases")  # diseases choose lanes, what is left chooses items
    name = str(known["abbreviation"].iloc[0])
    found = asked.funding([str(d) for d in known["disease_id"]], choice.focus)
    cells = asked.cells(choice.focus)
    st.title(wording.plain(text.gettext("Funding for {disease}").format(disease=name)))
    _lanes(found, cells, known, choice)
    _funders(found.checks, name, text)
    _caveats(text)


# --- the picture --------------------------------------------------------------------------------


def _lanes(found: FundingRows, cells: pd.DataFrame, known: pd.DataFrame, choice: filters.Choice) -> None:
    """Title, lanes, table and file of the same items; then every item with its source."""
    text, filtered = choice.text, bool(choice.active)
    shown = funding.kept(found.items, choice)
    drawn = _Drawn(store.identity(), str(store.today()), cells, found.items, shown, known)
    made = _made(drawn, text.lang, style.theme(), filtered)
    if filtered:
        _in_this_filter(found.items, shown, choice)
    chart.show(
        made.picture,
        title=funding.finding(cells, choice.focus, str(known["abbreviation"].iloc[0]), found.checks, text),
        caption=_caption(found.items, text),
        alt=made.alt,
        rows=made.rows,
        file=made.file,
        name="funding",
        text=text,
    )
    st.header(text.gettext("Every item, with its source"), anchor="items")
    st.html(made.listing)


class _Drawn(NamedTuple):
    """What the picture is made of, and the published file and day it comes from."""

    published: store.Identity
    day: str
    cells: pd.DataFrame
    items: pd.DataFrame
    shown: pd.DataFrame
    diseases: pd.DataFrame


def _kept(drawn: _Drawn) -> tuple[object, ...]:
    return (*drawn.published, drawn.day, *drawn.diseases["disease_id"], "|", *drawn.shown["funding_id"])


class _Made(NamedTuple):
    """What is drawn and written from these rows."""

    picture: go.Figure
    alt: str
    rows: pd.DataFrame
    file: pd.DataFrame
    listing: str


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={_Drawn: _kept})
def _made(drawn: _Drawn, lang: str, theme: str, filtered: bool) -> _Made:
    """Made once for the same items in the same look; nobody changes it."""
    text = translate(lang)
    rows = figures.Rows(drawn.cells, drawn.items, drawn.shown, drawn.diseases)
    names = {str(r["disease_id"]): text.pick(r, "label") for r in records(drawn.diseases)}
    return _Made(
        figures.lanes(rows, text, theme, filtered=filtered),
        funding.alternative(drawn.cells, drawn.shown, drawn.diseases, text),
        funding.table(drawn.shown, names, text),
        funding.file(drawn.shown, drawn.cells, list(names)),
        _every_item(drawn.shown, drawn.diseases, text),
    )


def _caption(items: pd.DataFrame, text: Text) -> str:
    _ = text.gettext
    signs = " · ".join(f"{funding.GLYPHS[k]} {text.gettext(said)}" for k, said in funding.KINDS.items())
    days = sorted(given(day)[:10] for day in items["read_on"] if given(day))
    source = text.ngettext(
        "Source: {n} item gathered from the documents cited, a floor",
        "Source: {n} items gathered from the documents cited, a floor",
        int(items["funding_id"].nunique()),
    )
    newest = _(", last read {day}").format(day=text.day(days[-1])) if days else ""
    return f"{signs}. {source}{newest}. " + _(
        "An item that names several diseases stands with each. Amounts keep their currency and are never "
        "added up: an award may lie inside a total."
    )


def _in_this_filter(items: pd.DataFrame, shown: pd.DataFrame, choice: filters.Choice) -> None:
    text = choice.text
    said = text.gettext("{n} of {m} items in this filter").format(
        n=text.number(int(shown["funding_id"].nunique())), m=text.number(int(items["funding_id"].nunique()))
    )
    which = "; ".join(filters.named(choice, text).values())
    st.html(f'<p class="lc-caption">{escape(said)} ({escape(which)})</p>')
    filters.undo_buttons(funding.emptied_by(items, choice), choice)


# --- lists ----------------------------------------------------------------------------------------


def _every_item(items: pd.DataFrame, known: pd.DataFrame, text: Text) -> str:
    """Every item with its source, folded by disease: also the way on small screens."""
    parts = [
        (text.pick(row, "label"), funding.named(items[items["disease_id"] == row["disease_id"]]))
        for row in records(known)
    ]
    parts.append((text.gettext("The disease is one of many, or none is named"), funding.wider(items)))
    parts.append((text.gettext("Private money, never with grants"), funding.private(items)))
    folded = [
        f"<details><summary>{escape(title)} ({text.number(len(rows))})</summary>"
        f"{funding.listing(rows, text)}</details>"
        for title, rows in parts
        if len(rows)
    ]
    nothing = [title for title, rows in parts[: len(known)] if rows.empty]
    said = ""
    if nothing:
        line = text.gettext("Nothing gathered, or nothing in this filter, for: {diseases}.")
        said = f'<p class="lc-caption">{escape(line.format(diseases=text.join(nothing)))}</p>'
    return f'<div class="lc-fold">{"".join(folded)}</div>{said}'


def _funders(checks: pd.DataFrame, name: str, text: Text) -> None:
    """The list of funders with date and result; statements about any funder stand apart."""
    st.header(
        wording.plain(text.gettext("Which funders were checked for {disease}").format(disease=name)),
        anchor="funders",
    )
    st.html(f'<p class="lc-lede">{escape(funding.checked(checks, name, text))}</p>')
    if checks.empty:
        return
    theme, any_funder = style.theme(), checks["any_funder"].astype(bool)
    if not any_funder.all():
        st.html(funding.check_list(checks[~any_funder], text, theme))
    if any_funder.any():
        st.subheader(text.gettext("Said of any funder, not of one"), anchor=False)
        st.html(funding.check_list(checks[any_funder], text, theme))
    chart.download(checks.drop(columns=["any_funder"]), name="funders_checked", text=text)


def _caveats(text: Text) -> None:
    found = records(queries.caveats("funding"))
    if found:
        st.header(text.gettext("To keep in mind"), anchor="caveats")
        st.markdown("\n".join(f"- {wording.plain(text.pick(row, 'text'))}" for row in found))


page()
