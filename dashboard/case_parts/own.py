"""Cases of the reader's own: checked, drawn apart, counted nowhere, written nowhere."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import case_report, filters, style, yours
from dashboard.case_parts.seen import LANES, links
from dashboard.figures import case_lanes, template
from dashboard.queries import patients as asked
from dashboard.text import Text

_OWN_FILES = "own-case-files"


def own(choice: filters.Choice, text: Text) -> None:
    """Cases of the reader's own: checked, drawn apart, counted nowhere, written nowhere."""
    _ = text.gettext
    with st.expander(_("Set your own cases beside these"), icon=":material/upload_file:"):
        st.markdown(
            _(
                "Drop cases.csv, and where needed case_treatments.csv, studies.csv and references.csv, with "
                "the columns of the project's own files. They are checked by the same rules, shown in this "
                "browser session only, added to no count and never stored. At most {rows} rows and {size} MB "
                "a file. No names, no dates of birth."
            ).format(rows=text.number(yours.MOST_ROWS), size=text.number(yours.MOST_BYTES / 1e6))
        )
        dropped = st.file_uploader(
            _("Your CSV files"), type="csv", accept_multiple_files=True, key="own-cases", max_upload_size=5
        )
        if dropped:
            st.session_state[_OWN_FILES] = [(file.name, file.getvalue()) for file in dropped]
        files = st.session_state.get(_OWN_FILES, [])
        if not files:
            return
        st.button(_("Take them away"), on_click=_forget, icon=":material/delete:")
        read = yours.read(files, asked.vocabulary(), choice.focus)
        _refusals(read, text)
        if len(read.patients):
            _own_lanes(read, text)


def _forget() -> None:
    for key in (_OWN_FILES, "own-cases"):
        st.session_state.pop(key, None)


def _refusals(read: yours.Yours, text: Text) -> None:
    """Every mistake with file, line, column and what to do; the advice is in English."""
    _ = text.gettext
    if read.elsewhere:
        st.markdown(
            text.ngettext(
                "{n} case of another disease is not shown here.",
                "{n} cases of another disease are not shown here.",
                read.elsewhere,
            )
        )
    if not read.mistakes:
        return
    n = len(read.mistakes)
    st.error(
        text.ngettext("{n} thing to mend; nothing is shown.", "{n} things to mend; nothing is shown.", n)
    )
    rows = [
        {
            _("File"): m.file,
            _("Line"): m.line,
            _("Column"): m.column or _("the whole row"),
            _("Problem"): m.problem,
            _("What to do"): m.remedy,
        }
        for m in read.mistakes[: yours.MOST_ROWS]
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _own_lanes(read: yours.Yours, text: Text) -> None:
    """The reader's lanes and fields, in the same look, marked."""
    patients = read.patients.iloc[:LANES]
    n = len(read.patients)
    st.markdown(
        text.ngettext(
            "✎ {n} case of yours, added to no count above", "✎ {n} cases of yours, added to no count above", n
        )
    )
    made = case_lanes.figure(patients, read.treatments, text, style.theme(), narrow=True)
    alt = case_lanes.alt(patients, read.treatments, text)
    st.plotly_chart(made, theme=None, config=template.CONFIG, alt=alt, key="own-lanes")
    rows = case_report.table(read.patients, read.treatments, text)
    st.dataframe(rows, hide_index=True, column_config=links(text))
