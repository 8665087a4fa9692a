"""The sentence over all patients, whatever the filters; where there is none, why."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import case_report, cases, wording
from dashboard.case_parts.seen import state_said
from dashboard.queries import Cases
from dashboard.queries.patients import Beside
from dashboard.text import Text


def opening(found: Cases, beside: Beside, text: Text) -> None:
    """The sentence over all rows, whatever the filters, and the notice that stands here always."""
    _ = text.gettext
    short = str(beside.disease.iloc[0]["abbreviation"])
    st.title(_("Published patients with {disease}").format(disease=wording.plain(short)))
    alone = cases.single(found.patients)
    said = [
        case_report.headline(alone, short, text) if len(alone) else "",
        case_report.without_doubt(alone, text) if len(alone) else "",
        case_report.groups_sentence(found.patients, found.treatments, text),
    ]
    if found.patients.empty:
        said = [_nothing(found, beside, text)]
    st.html(f'<p class="lc-lede">{escape(" ".join(filter(None, said)))}</p>')
    notice = _(
        "Published cases are selected: a patient who did well, or whose illness is striking, is published "
        "more often. No rate can be drawn from these lanes."
    )
    st.html(f'<p class="lc-caption">{escape(notice)}</p>')


def _nothing(found: Cases, beside: Beside, text: Text) -> str:
    """Why no lane stands here, and the state of the question how many patients are described."""
    short = beside.disease.iloc[0]["abbreviation"]
    state = state_said(beside, text)
    n = len(found.studies)
    if not n:
        said = text.gettext("Nobody has looked for published cases of {disease} here yet.")
    else:
        said = text.ngettext(
            "{n} publication on {{disease}} was considered, and no patient could be taken from it.",
            "{n} publications on {{disease}} were considered, and no patient could be taken from them.",
            n,
        )
    question = text.gettext("Patients described: {state}").format(state=state) if state else ""
    return " ".join(filter(None, [said.format(disease=short), question]))
