"""Each patient to open: every field, who read it, where it is said."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import case_report
from dashboard.case_parts.seen import treatments_of
from dashboard.text import Text


def one_by_one(shown: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> None:
    """Each patient to open: every field, who read it, where it is said."""
    if shown.empty:
        return
    st.header(text.gettext("Each patient, every field"), anchor="one-by-one")
    with st.container(gap="xsmall"):
        for heading, sheet in case_report.one_by_one(shown, treatments_of(shown, treatments), text):
            with st.expander(heading):
                st.html(sheet)
