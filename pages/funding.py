"""Funding: programmes, grants and infrastructure by year and disease, and which funders were checked."""

from __future__ import annotations

from functools import cached_property
from html import escape

import pandas as pd
import streamlit as st

from dashboard import beside, chart, drawn, filters, funding, queries, style, wording
from dashboard.cases import by, given, records
from dashboard.figures import funding as figures
from dashboard.queries import funding as asked
from dashboard.queries.funding import FundingRows
from dashboard.text import Text


class Seen:
    """What this run shows: read and worked out only where a part has to be made."""

    def __init__(self, choice: filters.Choice) -> None:
        self.choice = choice.without("diseases")  # diseases choose lanes, what is left chooses items
        self.text, self.chosen = choice.text, choice.diseases

    @cached_property
    def known(self) -> pd.DataFrame:
        """The diseases set side by side, the focus first."""
        choice = self.choice
        return beside.beside(queries.diseases(choice.focus), choice.focus, choice.comparator, self.chosen)

    @cached_property
    def found(self) -> FundingRows:
        """All that was gathered for them."""
        return asked.funding([str(d) for d in self.known["disease_id"]], self.choice.focus)

    @cached_property
    def shown(self) -> pd.DataFrame:
        """The items that the filters leave."""
        return funding.kept(self.found.items, self.choice)

    @property
    def name(self) -> str:
        """The abbreviation of the focus disease."""
        return str(self.known["abbreviation"].iloc[0])


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    seen, text = Seen(choice), choice.text
    drawn.once("title", lambda: _title(seen))
    if seen.choice.active:
        _in_this_filter(seen)
    chart.show(lambda: _chart(seen), name="funding", text=text)
    checks = drawn.once("lists", lambda: _lists(seen))
    if len(checks):
        chart.download(checks, name="funders_checked", text=text)
    drawn.once("caveats", lambda: _caveats(text))


def _title(seen: Seen) -> None:
    st.title(wording.plain(seen.text.gettext("Funding for {disease}").format(disease=seen.name)))


# --- the picture --------------------------------------------------------------------------------


def _chart(seen: Seen) -> chart.Chart:
    """Title, lanes, table and file of the same items."""
    text, found, shown, known = seen.text, seen.found, seen.shown, seen.known
    cells = asked.cells(seen.choice.focus)
    rows = figures.Rows(cells, found.items, shown, known)
    names = {str(r["disease_id"]): text.pick(r, "label") for r in records(known)}
    return chart.Chart(
        figures.lanes(rows, text, style.theme(), filtered=bool(seen.choice.active)),
        title=funding.finding(cells, seen.choice.focus, seen.name, found.checks, text),
        caption=_caption(found.items, text),
        alt=funding.alternative(cells, shown, known, text),
        rows=chart.Rows(funding.table(shown, names, text), funding.file(shown, cells, list(names))),
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


def _in_this_filter(seen: Seen) -> None:
    """How much the filters leave, and a button for each that emptied the page."""
    emptied = drawn.once("in this filter", lambda: _left(seen))
    filters.undo_buttons(emptied, seen.choice)


def _left(seen: Seen) -> tuple[str, ...]:
    text, items, shown = seen.text, seen.found.items, seen.shown
    said = text.gettext("{n} of {m} items in this filter").format(
        n=text.number(int(shown["funding_id"].nunique())), m=text.number(int(items["funding_id"].nunique()))
    )
    which = "; ".join(filters.named(seen.choice, text).values())
    st.html(f'<p class="lc-caption">{escape(said)} ({escape(which)})</p>')
    return tuple(funding.emptied_by(items, seen.choice))


# --- lists ----------------------------------------------------------------------------------------


def _lists(seen: Seen) -> pd.DataFrame:
    """Every item, then every funder checked; gives the rows of the funders, none where nobody looked."""
    st.header(seen.text.gettext("Every item, with its source"), anchor="items")
    st.html(_every_item(seen.shown, seen.known, seen.text))
    _funders(seen.found.checks, seen.name, seen.text)
    return seen.found.checks.drop(columns=["any_funder"])


def _every_item(items: pd.DataFrame, known: pd.DataFrame, text: Text) -> str:
    """Every item with its source, folded by disease: also the way on small screens."""
    own = by(funding.named(items), "disease_id")
    parts = [(text.pick(row, "label"), own.get(str(row["disease_id"]), [])) for row in records(known)]
    wider, private = records(funding.wider(items)), records(funding.private(items))
    parts.append((text.gettext("The disease is one of many, or none is named"), wider))
    parts.append((text.gettext("Private money, never with grants"), private))
    folded = [
        f"<details><summary>{escape(title)} ({text.number(len(rows))})</summary>"
        f"{funding.listing(rows, text)}</details>"
        for title, rows in parts
        if rows
    ]
    nothing = [title for title, rows in parts[: len(known)] if not rows]
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


def _caveats(text: Text) -> None:
    found = records(queries.caveats("funding"))
    if found:
        st.header(text.gettext("To keep in mind"), anchor="caveats")
        st.markdown("\n".join(f"- {wording.plain(text.pick(row, 'text'))}" for row in found))


page()
