"""Biomarkers: the seven BEST categories × diseases, and the evidence of a chosen cell."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import beside, biomarkers, chart, citing, filters, queries, rows, store, style, tiles, wording
from dashboard.cases import Row, records, word
from dashboard.figures import biomarkers as figures
from dashboard.queries import biomarkers as asked
from dashboard.text import Text, translate

_CELL = "marker"


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    text = choice.text
    known = beside.beside(queries.diseases(choice.focus), choice.focus, choice.comparator, choice.diseases)
    choice = choice.without("diseases")  # diseases choose columns, what is left chooses rows
    ids = [str(d) for d in known["disease_id"]]
    markers = asked.biomarkers(ids)
    drawn = biomarkers.matrix(asked.cells(choice.focus), markers, ids, choice)
    name = str(known["abbreviation"].iloc[0])
    st.title(wording.plain(text.gettext("Biomarkers of {disease}").format(disease=name)))
    _matrix(drawn, markers, name, choice)
    _cell(drawn, markers, choice)
    _caveats(text)


# --- the picture --------------------------------------------------------------------------------


def _matrix(drawn: pd.DataFrame, markers: pd.DataFrame, name: str, choice: filters.Choice) -> None:
    """Title, picture, its key, its table and file."""
    text, filtered = choice.text, bool(choice.active)
    as_of = str(store.today())
    made = _made(_Rows(store.identity(), as_of, drawn), choice.focus, text.lang, style.theme(), filtered)
    chart.show(
        made.picture,
        title=biomarkers.finding(drawn, choice.focus, name, text),
        caption=_caption(drawn, markers, text),
        alt=made.alt,
        rows=made.rows,
        file=made.file,
        name="biomarkers",
        text=text,
        on_select=_clicked,
        selection_mode="points",
    )
    if filtered:
        _in_this_filter(markers, choice)
    with st.container(key="biomarkers_list"):  # where the picture has no room
        st.html(biomarkers.column(drawn[drawn["disease_id"] == choice.focus], text, style.theme(), filtered))
    st.html(tiles.legend(text, style.theme()))


class _Rows(NamedTuple):
    """The rows of the picture, the published file and the day they come from."""

    published: store.Identity
    day: str
    cells: pd.DataFrame


def _kept(drawn: _Rows) -> tuple[object, ...]:
    shown = drawn.cells[["established_shown", "limited_shown", "candidate_shown"]]
    return (*drawn.published, drawn.day, *drawn.cells["disease_id"], *shown.to_numpy().ravel())


class _Made(NamedTuple):
    """What is drawn and written from these rows."""

    picture: go.Figure
    alt: str
    rows: pd.DataFrame
    file: pd.DataFrame


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={_Rows: _kept})
def _made(drawn: _Rows, focus: str, lang: str, theme: str, filtered: bool) -> _Made:
    """Made once for the same rows in the same look; nobody changes it."""
    text = translate(lang)
    return _Made(
        figures.matrix(drawn.cells, focus, text, theme, filtered=filtered),
        biomarkers.alternative(drawn.cells, text, filtered=filtered),
        biomarkers.table(drawn.cells, text),
        biomarkers.file(drawn.cells, drawn.day),
    )


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


def _in_this_filter(markers: pd.DataFrame, choice: filters.Choice) -> None:
    """How much the filter leaves; states stay. A filter that leaves nothing names itself."""
    text = choice.text
    left = rows.kept(markers, choice)
    said = text.gettext("{n} of {m} rows in this filter; no state is changed by it").format(
        n=text.number(len(left)), m=text.number(len(markers))
    )
    st.html(f'<p class="lc-caption">{escape(said)} ({escape(filters.named(choice, text)["confidence"])})</p>')
    filters.undo_buttons(rows.emptied_by(markers, choice), choice)


# --- one cell -----------------------------------------------------------------------------------


def _clicked() -> None:
    points = st.session_state["biomarkers"]["selection"]["points"]
    cell = points[0].get("customdata") if points else None
    cell = cell[0] if isinstance(cell, list) else cell
    if isinstance(cell, str):
        filters.keep(_CELL, [cell])


def _cell(drawn: pd.DataFrame, markers: pd.DataFrame, choice: filters.Choice) -> None:
    """The evidence of the chosen cell; a list beside the picture chooses it without a mouse."""
    text = choice.text
    by_cell = {f"{row['category']}.{row['disease_id']}": row for row in records(drawn)}
    first = next((c for c, row in by_cell.items() if row["category"] == "diagnostic"), next(iter(by_cell)))
    chosen = next(iter(filters.kept(_CELL, by_cell)), first)
    st.header(text.gettext("What stands behind a cell"), anchor="evidence")
    _list(by_cell, chosen, text)
    row = by_cell[chosen]
    st.html(_head(row, choice))
    here = markers[
        (markers["best_category"] == row["category"]) & (markers["disease_id"] == row["disease_id"])
    ]
    left = rows.kept(here, choice)
    if len(here) and left.empty:
        st.html(f'<p class="lc-caption">{escape(text.gettext("No row of this cell in this filter."))}</p>')
    elif here.empty:
        st.html(f'<p class="lc-caption">{escape(_silence(row, text))}</p>')
    else:
        st.html(biomarkers.evidence(left, citing.citations(asked.citations()), text))
        chart.download(biomarkers.marker_file(left), name=f"biomarkers_{chosen.replace('.', '_')}", text=text)


def _list(by_cell: dict[str, Row], chosen: str, text: Text) -> None:
    """The native list: the way by keyboard and on small screens."""
    category, _dot, disease = chosen.partition(".")
    names = {str(row["disease_id"]): text.pick(row, "label") for row in by_cell.values()}
    categories = {
        str(row["category"]): word(biomarkers.CATEGORIES, row["category"], text) for row in by_cell.values()
    }
    for key, value in (("pick_category", category), ("pick_marker_disease", disease)):
        if st.session_state.get(key) != value:
            st.session_state[key] = value
    with st.container(key="pick_biomarker", horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            text.gettext("Category"),
            list(categories),
            format_func=categories.__getitem__,
            key="pick_category",
            on_change=_picked,
            width=300,
        )
        st.selectbox(
            text.gettext("Disease"),
            list(names),
            format_func=names.__getitem__,
            key="pick_marker_disease",
            on_change=_picked,
            width=340,
        )


def _picked() -> None:
    filters.keep(_CELL, [f"{st.session_state['pick_category']}.{st.session_state['pick_marker_disease']}"])


def _head(row: Row, choice: filters.Choice) -> str:
    """Tile, level and sentence of a cell, and the way to its certificate."""
    text = choice.text
    drawn = tiles.tile(row, text, style.theme())
    level = word(biomarkers.LEVELS, row["level"], text)
    said = wording.sentence(row, text)
    certificate = "./?" + urlencode(filters.address(cell=f"{row['question_id']}.{row['disease_id']}"))
    link = f'<a href="{escape(certificate)}" target="_self">{escape(text.gettext("Certificate"))}</a>'
    met = biomarkers.tally(row, text, filtered=False)
    title = escape(f"{text.pick(row, 'title')} · {row['abbreviation']}")
    return (
        f'<div class="lc-cellhead">{drawn}<div><b>{title}</b> {escape(level)} '
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
