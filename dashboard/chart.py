"""One chart as every page shows it: title, caption, picture, the same rows as a table and as a file.

The edge to Streamlit; figures themselves are pure (``dashboard/figures``).
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.export.csv_table import csv_table
from dashboard.figures import template
from dashboard.text import Text
from dashboard.wording import plain


def show(
    figure: go.Figure,
    *,
    title: str,
    caption: str,
    alt: str,
    rows: pd.DataFrame,
    name: str,
    text: Text,
    file: pd.DataFrame | None = None,
    narrow: go.Figure | None = None,
    **more: Any,
) -> Any:
    """Draw a figure with all that stands with a chart. Returns what ``st.plotly_chart`` returns.

    - ``title`` states the finding; ``caption`` names source and date; both are plain text.
    - ``alt`` says the picture in words, built from the same rows.
    - ``rows`` is the table for people (headings and words in the reader's language); ``file`` are
      the same rows with codes, for the CSV (state, freshness and bound columns where cells are
      shown). Left out, the file holds ``rows``.
    - ``name`` is unique on the page and becomes part of keys and of file names: small letters, ``_``.
    - ``narrow`` is the same figure laid out for a small screen, drawn there in its place.
    - ``more`` goes to ``st.plotly_chart`` (``on_select``, ``selection_mode``).

    The buttons under the picture save it as PNG or as SVG, in the browser.
    """
    st.header(plain(title), anchor=name.replace("_", "-"))
    st.html(f'<p class="lc-caption">{escape(caption)}</p>')
    with st.container(key=f"chart_{name}"), st.container(key=f"wide_{name}" if narrow else None):
        event = st.plotly_chart(figure, theme=None, config=template.CONFIG, key=name, alt=alt, **more)
    if narrow:
        with st.container(key=f"narrow_{name}"):
            st.plotly_chart(narrow, theme=None, config=template.CONFIG, key=f"{name}-narrow", alt=alt)
    save_buttons(f"chart_{name}", name, title, caption, text)
    table(rows, name=name, text=text, file=file)
    return event


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


def table(rows: pd.DataFrame, *, name: str, text: Text, file: pd.DataFrame | None = None) -> None:
    """The rows of a chart as a table to open, and a file of exactly these rows.

    A column whose values are web addresses becomes links.
    """
    _ = text.gettext
    with st.expander(_("As a table"), icon=":material/table_rows:", key=f"table_{name}"):
        st.dataframe(rows, hide_index=True, column_config=_links(rows))
        download(rows if file is None else file, name=name, text=text)


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
    return {
        column: st.column_config.LinkColumn()
        for column in rows.columns
        if rows[column].dtype in (object, "str") and _addresses(rows[column])
    }


def _addresses(values: pd.Series) -> bool:
    said = values.dropna().astype(str)
    said = said[said != ""]
    return bool(len(said)) and bool(said.str.startswith("https://").all())
