"""One chart as every page shows it: title, caption, picture, the same rows as a table and as a file.

The edge to Streamlit; figures themselves are pure (``dashboard/figures``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import drawn, queries, wording
from dashboard.cases import missing
from dashboard.export.csv_table import csv_table
from dashboard.figures import template
from dashboard.text import Text


class Rows(NamedTuple):
    """The rows of a chart: ``shown`` for people (headings and words in the reader's language), ``file`` the
    same rows with codes, for the CSV (state, freshness and bound columns where cells are shown). Left
    out, the file holds what is shown.
    """

    shown: pd.DataFrame
    file: pd.DataFrame | None = None


class Chart(NamedTuple):
    """All that stands with a chart, made of the same rows.

    - ``title`` states the finding; ``caption`` names source and date; both are plain text.
    - ``alt`` says the picture in words, built from the same rows.
    - ``narrow`` is the same figure laid out for a small screen, drawn there in its place. Without one,
      nothing is drawn there (``style.css``): the page has a list for it, and a sentence says so.
    """

    figure: go.Figure
    title: str
    caption: str
    alt: str
    rows: Rows
    narrow: go.Figure | None = None


def show(make: Callable[[], Chart], *, name: str, text: Text, **more: Any) -> None:
    """Draw a figure with all that stands with a chart.

    - ``make`` follows from the choices alone (see :func:`dashboard.drawn.once`).
    - ``name`` is unique on the page and becomes part of keys and of file names: small letters, ``_``.
    - ``more`` goes to ``st.plotly_chart`` (``on_select``, ``selection_mode``): such a figure answers to
      clicks, so it is a widget and drawn anew in each run.

    The buttons under the picture save it as PNG or as SVG, in the browser.
    """
    if more:
        made = drawn.once(f"chart {name}", make)
        _picture(made, name, text, **more)
        rows = made.rows
    else:
        rows = drawn.once(f"chart {name}", lambda: _picture(make(), name, text))
    table(lambda: rows, name=name, text=text)


def _picture(made: Chart, name: str, text: Text, **more: Any) -> Rows:
    """Title, caption, figure, buttons. Gives the rows, so that the figure itself need not be kept."""
    st.header(wording.plain(made.title), anchor=name.replace("_", "-"))
    st.html(f'<p class="lc-caption">{escape(made.caption)}</p>')
    with st.container(key=f"chart_{name}"), st.container(key=f"wide_{name}" if made.narrow else None):
        st.plotly_chart(made.figure, theme=None, config=template.CONFIG, key=name, alt=made.alt, **more)
    with st.container(key=f"narrow_{name}"):
        if made.narrow:
            st.plotly_chart(
                made.narrow, theme=None, config=template.CONFIG, key=f"{name}-narrow", alt=made.alt
            )
        else:
            too_wide(text)
    save_buttons(f"chart_{name}", name, made.title, made.caption, text)
    return made.rows


def too_wide(text: Text) -> None:
    """What stands on a small screen in the place of a picture that has no form for it."""
    said = text.gettext(
        "The picture needs a wider screen; the same rows stand below, as a list and as a table."
    )
    st.html(f'<p class="lc-caption">{escape(said)}</p>')


def source(text: Text) -> str:
    """Source and dates of a caption: of the newest answer, and of the store, which may be younger."""
    evidence, built = queries.newest_answer(), text.day(queries.receipt().iloc[0]["as_of"])
    return wording.source(evidence, built, text)


def save_buttons(place: str, name: str, title: str, caption: str, text: Text) -> None:
    """Buttons that save the chart in the container ``place`` as PNG or SVG, with title and source in it.

    The browser draws the file (``save.js``); nothing is sent anywhere.
    """
    said = text.gettext("Save the picture as {form}")
    attributes = (
        f'data-place="{escape(place, quote=True)}" data-name="lacuna-{escape(name, quote=True)}"'
        f' data-title="{escape(title, quote=True)}" data-caption="{escape(caption, quote=True)}"'
    )
    buttons = "".join(
        f'<button type="button" class="lc-save" data-form="{form}" {attributes}'
        f' aria-label="{escape(said.format(form=form.upper()), quote=True)}">{form.upper()}</button>'
        for form in ("png", "svg")
    )
    st.html(f'<div class="lc-saves">{buttons}</div>')


def table(make: Callable[[], Rows], *, name: str, text: Text) -> None:
    """The rows of a chart as a table to open, and a file of exactly these rows.

    A column whose values are web addresses becomes links. ``make`` as in :func:`show`.
    """
    _ = text.gettext
    with st.expander(_("As a table"), icon=":material/table_rows:", key=f"table_{name}"):
        rows = drawn.once(f"table {name}", lambda: framed(make()))
        download(rows.shown if rows.file is None else rows.file, name=name, text=text)


def framed(rows: Rows) -> Rows:
    """Draw the rows for people; gives them back."""
    st.dataframe(rows.shown, hide_index=True, column_config=_links(rows.shown))
    return rows


def download(rows: pd.DataFrame, *, name: str, text: Text) -> None:
    """A button that saves exactly these rows as CSV, safe in a spreadsheet."""
    st.download_button(
        text.gettext("Download these rows (CSV)"),
        partial(csv_table, rows),
        file_name=f"lacuna-{name.replace('_', '-')}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"csv-{name}",
        icon=":material/download:",
    )


def _links(rows: pd.DataFrame) -> dict[Any, Any]:
    """Columns that hold web addresses."""
    return {column: st.column_config.LinkColumn() for column in rows.columns if _addresses(rows[column])}


def _addresses(values: pd.Series) -> bool:
    said = (str(value) for value in values.tolist() if not missing(value))
    return next(said, "").startswith("https://") and all(value.startswith("https://") for value in said)
