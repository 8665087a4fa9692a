"""Who received what; what is only listed keeps its empty lane."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from dashboard import case_treatments, cases, chart, drawn, style, wording
from dashboard.case_parts.seen import Seen, treatments_of
from dashboard.figures import case_dots, template
from dashboard.queries import patients as asked
from dashboard.text import Text


def by_treatment(seen: Seen, text: Text) -> None:
    """Who received what, counted over the rows shown; what is only listed keeps its empty lane."""
    table = drawn.once("dots", lambda: _dots(seen, text))
    if table:
        chart.table(lambda: table, name="by_treatment", text=text)


def _dots(seen: Seen, text: Text) -> chart.Rows | None:
    """The figure, wide and narrow, with all that stands with it; its table with the exact limits."""
    alone = cases.single(seen.shown)
    treatments = treatments_of(alone, seen.found.treatments)
    counted = case_treatments.received(alone, treatments, seen.beside.named, text)
    if not counted:
        return None
    title = case_treatments.finding(counted, len(alone), text)
    st.header(wording.plain(title), anchor="by-treatment")
    alt, look = case_dots.alt(counted, text), style.theme()
    for name in ("wide", "narrow"):
        with st.container(key=f"dots_{name}"):
            narrow = name == "narrow"
            made = case_dots.figure(alone, treatments, counted, text, look, narrow=narrow)
            st.plotly_chart(made, theme=None, config=template.CONFIG, alt=alt, key=f"dots-{name}")
            if numbers := case_dots.key(alone, text, narrow=narrow):
                st.html(f'<p class="lc-caption">{escape(numbers)}</p>')
    caption = _dots_caption(alone, text)
    st.html(f'<p class="lc-caption">{escape(caption)}</p>')
    chart.save_buttons("dots_wide", "cases-by-treatment", title, caption, text)
    limits = asked.intervals(end for row in counted if row.ends for end in row.ends)
    return chart.Rows(case_treatments.table(counted, treatments, limits, text))


def _dots_caption(alone: pd.DataFrame, text: Text) -> str:
    _ = text.gettext
    sure = cases.surely_labelled(alone)
    said = [
        _("A dot is a patient who received it, alone or combined; a line joins the drugs of one patient."),
        _(
            "Shape: ● remission, ▲ improved, ■ stable, ▼ worsened, ✕ died; a ring with ? is an unknown "
            "outcome, a hollow sign with ? is said by another document only and counts nowhere."
        ),
        _("A hatched column: treatment not known. ? over a column: label not certain."),
        _("Of {n} patients, {k} remain without doubtful labels.").format(
            n=text.number(len(alone)), k=text.number(len(sure))
        ),
        _("No rate, no ranking, no pooled estimate: published cases are selected."),
    ]
    return " ".join(said)
