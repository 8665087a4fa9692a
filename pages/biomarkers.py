"""Biomarkers: the seven BEST categories × diseases, and the evidence of a chosen cell."""

from __future__ import annotations

from functools import cached_property, partial
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboard import (
    beside,
    biomarkers,
    chart,
    citing,
    drawn,
    filters,
    queries,
    rows,
    store,
    style,
    tiles,
    wording,
)
from dashboard.cases import Row, records, word
from dashboard.figures import biomarkers as figures
from dashboard.queries import biomarkers as asked
from dashboard.text import Text

_CELL = "marker"


class Seen:
    """What this run shows: read and worked out only where a part has to be made."""

    def __init__(self, choice: filters.Choice) -> None:
        self.choice = choice.without("diseases")  # diseases choose columns, what is left chooses rows
        self.text, self.chosen = choice.text, choice.diseases

    @cached_property
    def known(self) -> pd.DataFrame:
        """The diseases set side by side, the focus first."""
        choice = self.choice
        return beside.beside(queries.diseases(choice.focus), choice.focus, choice.comparator, self.chosen)

    @cached_property
    def markers(self) -> pd.DataFrame:
        """All rows on their markers."""
        return asked.biomarkers([str(d) for d in self.known["disease_id"]])

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row a category × disease, with what the filters leave of its markers."""
        ids = [str(d) for d in self.known["disease_id"]]
        return biomarkers.matrix(asked.cells(self.choice.focus), self.markers, ids, self.choice)

    @cached_property
    def by_cell(self) -> dict[str, Row]:
        """``category.disease`` -> its row."""
        return {f"{row['category']}.{row['disease_id']}": row for row in records(self.cells)}

    @property
    def name(self) -> str:
        """The abbreviation of the focus disease."""
        return str(self.known["abbreviation"].iloc[0])


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    seen, text = Seen(choice), choice.text
    drawn.once("title", lambda: _title(seen))
    _matrix(seen)
    _cell(seen)
    drawn.once("caveats", lambda: _caveats(text))


def _title(seen: Seen) -> None:
    st.title(wording.plain(seen.text.gettext("Biomarkers of {disease}").format(disease=seen.name)))


# --- the picture --------------------------------------------------------------------------------


def _matrix(seen: Seen) -> None:
    """Title, picture, its key, its table and file."""
    chart.show(
        lambda: _chart(seen),
        name="biomarkers",
        text=seen.text,
        on_select=_clicked,
        selection_mode="points",
    )
    if seen.choice.active:
        emptied = drawn.once("in this filter", lambda: _in_this_filter(seen.markers, seen.choice))
        filters.undo_buttons(emptied, seen.choice)
    drawn.once("list", lambda: _as_a_list(seen))


def _chart(seen: Seen) -> chart.Chart:
    text, cells, filtered = seen.text, seen.cells, bool(seen.choice.active)
    return chart.Chart(
        figures.matrix(cells, seen.choice.focus, text, style.theme(), filtered=filtered),
        title=biomarkers.finding(cells, seen.choice.focus, seen.name, text),
        caption=_caption(cells, seen.markers, text),
        alt=biomarkers.alternative(cells, text, filtered=filtered),
        rows=chart.Rows(biomarkers.table(cells, text), biomarkers.file(cells, str(store.today()))),
    )


def _as_a_list(seen: Seen) -> None:
    """The focus disease's column where the picture has no room, and what the marks mean."""
    text, theme = seen.text, style.theme()
    own = seen.cells[seen.cells["disease_id"] == seen.choice.focus]
    with st.container(key="biomarkers_list"):
        st.html(biomarkers.column(own, text, theme, bool(seen.choice.active)))
    st.html(tiles.legend(text, theme))


def _caption(drawn: pd.DataFrame, markers: pd.DataFrame, text: Text) -> str:
    _ = text.gettext
    days = sorted(str(day) for day in drawn["answered_on"] if day)
    key = _("In a tile: its state, and below it ● established, ◐ limited, ○ candidate markers met.")
    source = text.ngettext(
        "Source: {n} row on biomarkers, read by people from the documents cited",
        "Source: {n} rows on biomarkers, read by people from the documents cited",
        len(markers),
    )
    dated = (
        _("{sentence}, newest {day}.").format(sentence=source, day=text.day(days[-1]))
        if days
        else (_("{sentence}.").format(sentence=source))
    )
    return f"{key} {dated}"


def _in_this_filter(markers: pd.DataFrame, choice: filters.Choice) -> tuple[str, ...]:
    """How much the filter leaves; states stay. A filter that leaves nothing is given back."""
    text = choice.text
    left = rows.kept(markers, choice)
    said = text.gettext("{n} of {m} rows in this filter; no state is changed by it").format(
        n=text.number(len(left)), m=text.number(len(markers))
    )
    st.html(f'<p class="lc-caption">{escape(said)} ({escape(filters.named(choice, text)["confidence"])})</p>')
    return rows.emptied_by(markers, choice)


# --- one cell -----------------------------------------------------------------------------------


def _clicked() -> None:
    points = st.session_state["biomarkers"]["selection"]["points"]
    cell = points[0].get("customdata") if points else None
    cell = cell[0] if isinstance(cell, list) else cell
    if isinstance(cell, str):
        filters.keep(_CELL, [cell])


class Offered(NamedTuple):
    """What the native list offers."""

    cells: tuple[str, ...]
    categories: dict[str, str]
    diseases: dict[str, str]


def _cell(seen: Seen) -> None:
    """The evidence of the chosen cell; a list beside the picture chooses it without a mouse."""
    text = seen.text
    offered = drawn.once("offered", lambda: _offered(seen))
    first = next((c for c in offered.cells if c.startswith("diagnostic.")), offered.cells[0])
    chosen = next(iter(filters.kept(_CELL, offered.cells)), first)
    _list(offered, chosen, text)
    left = drawn.once("evidence", lambda: _evidence(seen, chosen))
    if left is not None:
        chart.download(left, name=f"biomarkers_{chosen.replace('.', '_')}", text=text)


def _offered(seen: Seen) -> Offered:
    text, held = seen.text, seen.by_cell
    st.header(text.gettext("What stands behind a cell"), anchor="evidence")
    return Offered(
        tuple(held),
        {str(r["category"]): word(biomarkers.CATEGORIES, r["category"], text) for r in held.values()},
        {str(r["disease_id"]): text.pick(r, "label") for r in held.values()},
    )


def _evidence(seen: Seen, chosen: str) -> pd.DataFrame | None:
    """The rows of one cell, as a file; nothing where none is shown."""
    text, markers, row = seen.text, seen.markers, seen.by_cell[chosen]
    st.html(_head(row, seen.choice))
    here = markers[
        (markers["best_category"] == row["category"]) & (markers["disease_id"] == row["disease_id"])
    ]
    left = rows.kept(here, seen.choice)
    if len(left):
        st.html(biomarkers.evidence(left, citing.citations(asked.citations()), text))
        return biomarkers.marker_file(left)
    said = text.gettext("No row of this cell in this filter.") if len(here) else _silence(row, text)
    st.html(f'<p class="lc-caption">{escape(said)}</p>')
    return None


def _list(offered: Offered, chosen: str, text: Text) -> None:
    """The native list: the way by keyboard and on small screens."""
    category, _dot, disease = chosen.partition(".")
    for key, value in (("pick_category", category), ("pick_marker_disease", disease)):
        if st.session_state.get(key) != value:
            st.session_state[key] = value
    with st.container(key="pick_biomarker", horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            text.gettext("Category"),
            list(offered.categories),
            format_func=offered.categories.__getitem__,
            key="pick_category",
            on_change=_picked,
            width=300,
        )
        st.selectbox(
            text.gettext("Disease"),
            list(offered.diseases),
            format_func=offered.diseases.__getitem__,
            key="pick_marker_disease",
            on_change=_picked,
            width=340,
        )


def _picked() -> None:
    filters.keep(_CELL, [f"{st.session_state['pick_category']}.{st.session_state['pick_marker_disease']}"])


def _head(row: Row, choice: filters.Choice) -> str:
    """Tile, level and sentence of a cell, and the way to its certificate."""
    text = choice.text
    tile = tiles.tile(row, text, style.theme())
    level = word(biomarkers.LEVELS, row["level"], text)
    said = wording.sentence(row, text)
    certificate = "./?" + urlencode(filters.address(cell=f"{row['question_id']}.{row['disease_id']}"))
    named = escape(text.gettext("Certificate"))
    link = f'<a href="{escape(certificate)}" target="_self">{named}</a>'
    met = biomarkers.tally(row, text, filtered=False)
    title = escape(f"{text.pick(row, 'title')} · {row['abbreviation']}")
    return (
        f'<div class="lc-cellhead">{tile}<div><b>{title}</b> {escape(level)} '
        f'<span class="lc-s">{escape(met)}<br>{escape(said)} {link}</span></div></div>'
    )


def _silence(row: Row, text: Text) -> str:
    if row["state"] == "unsearched":
        return text.gettext(
            "Nobody has looked for such a marker of this disease here yet: there is nothing to show, "
            "not even that there are none."
        )
    return text.gettext("No row on a marker stands here; the certificate holds what was searched.")


def _caveats(text: Text) -> None:
    found: list[Any] = records(queries.caveats("biomarkers"))
    if found:
        st.header(text.gettext("To keep in mind"), anchor="caveats")
        pick = partial(text.pick, name="text")
        st.markdown("\n".join(f"- {wording.plain(pick(row))}" for row in found))


page()
