"""What stands beside the lanes and is added to nothing: series, other labels, reports left out, caveats."""

from __future__ import annotations

from functools import partial
from html import escape

import pandas as pd
import streamlit as st

from dashboard import case_report, cases, chart, drawn, facts, queries, wording
from dashboard.case_parts.seen import LANES, Seen, links
from dashboard.queries import Cases
from dashboard.text import Text


def apart(found: Cases, text: Text) -> None:
    """Series counted as a whole: never added to single patients."""
    _ = text.gettext
    known = case_report.series(found.patients, found.studies, found.treatments, text)
    if not known:
        return
    st.header(
        text.ngettext(
            "{n} series stands apart and is added to nothing",
            "{n} series stand apart and are added to nothing",
            len(known),
        ),
        anchor="series",
    )
    st.html("".join(map(partial(_series, text=text), known)))


def _series(series: case_report.Series, text: Text) -> str:
    """One series: its number as hollow dots, what is known of it, where it is said."""
    many = text.ngettext("{n} patient", "{n} patients", series.n)
    link = f' <a href="{escape(series.url)}" rel="noopener">{escape(series.url)}</a>'
    dots = "○" * series.n if series.n <= LANES else ""
    return (
        f'<div class="lc-e"><b>{escape(many)}</b> · {escape(series.title)}<br>'
        f'<span aria-hidden="true" style="overflow-wrap:anywhere">{dots}</span><br>{escape(series.known)}<br>'
        f'<span class="lc-s" lang="en">{escape(series.note)}</span><br>'
        f'<span class="lc-s">{escape(text.gettext("Read"))}{text.colon}{escape(series.read)}'
        f"{link if facts.safe(series.url) else ''}</span></div>"
    )


def two_readers(seen: Seen, text: Text) -> None:
    """How often the two extractors agreed, with the warning that belongs to it."""
    _ = text.gettext
    agreed = drawn.once("agreed", lambda: _agreed(seen, text))
    if agreed is None:
        return
    with st.expander(_("How often the two extractors agreed"), icon=":material/group:"):
        drawn.once("agreement", lambda: _agreement(agreed, text))
        chart.download(agreed, name="cases_agreement", text=text)


def _agreed(seen: Seen, text: Text) -> pd.DataFrame | None:
    agreement = seen.beside.agreement
    return None if agreement.empty else case_report.agreement(agreement, text)


def _agreement(rows: pd.DataFrame, text: Text) -> None:
    warning = text.gettext(
        "Two extractors read the papers apart. With so few rows and so many empty cells these figures show "
        "consistency, not quality; no kappa is given."
    )
    st.html(f'<p class="lc-caption">{escape(warning)}</p>')
    st.dataframe(rows, hide_index=True)


def elsewhere(found: Cases, text: Text) -> None:
    """Reports that may be the same disease under another label: a count here is the count of a name."""
    _ = text.gettext
    if found.related.empty:
        return
    n = int((found.related["verdict"] != "different_entity").sum())
    st.header(
        text.ngettext(
            "{n} report may be the same disease under another label",
            "{n} reports may be the same disease under another label",
            n,
        )
    )
    st.markdown(_("They count nowhere above. Whether they are the same disease is for readers to judge."))
    st.dataframe(_related_rows(found.related, text), hide_index=True, column_config=links(text))


def _related_rows(related: pd.DataFrame, text: Text) -> pd.DataFrame:
    _ = text.gettext
    rows = [
        {
            _("Report"): row["citation_short"],
            _("Year"): case_report.year(row, text),
            _("Label used there"): row["label_used"],
            _("Why it may be the same"): text.pick(row, "why_it_may_be_the_same"),
            _("Judged"): wording.word(wording.VERDICTS, row["verdict"], text),
            _("Link"): facts.link(cases.given(row["url"])),
        }
        for row in cases.records(related)
    ]
    return pd.DataFrame(rows)


def considered(found: Cases, disease: pd.Series, text: Text) -> None:
    """Every publication looked at, kept or left out with the reason."""
    _ = text.gettext
    st.header(_("What was looked at"))
    if found.studies.empty:
        st.markdown(
            _(
                "No search for published cases of {disease} was made and no report was read: "
                "nothing can be said here, not even that there are none."
            ).format(disease=wording.plain(disease[f"label_{text.lang}"]))
        )
        return
    kept = int(found.studies["included"].sum())
    said = text.ngettext(
        "{n} publication considered: {{kept}} kept, {{left}} left out",
        "{n} publications considered: {{kept}} kept, {{left}} left out",
        len(found.studies),
    ).format(kept=text.number(kept), left=text.number(len(found.studies) - kept))
    with st.expander(said, icon=":material/library_books:"):
        st.dataframe(_study_rows(found.studies, text), hide_index=True, column_config=links(text))


def _study_rows(studies: pd.DataFrame, text: Text) -> pd.DataFrame:
    _ = text.gettext
    rows = [
        {
            _("Report"): row["citation_short"],
            _("Year"): case_report.year(row, text),
            _("Kept"): _("yes") if row["included"] else _("no"),
            _("Reason or note"): cases.given(row["exclusion_reason"]) or cases.given(row["note"]),
            _("Kind of report"): cases.word(cases.DESIGNS, row["design"], text),
            _("Read"): cases.word(cases.ACCESS, row["access"], text),
            _("Link"): facts.link(cases.given(row["url"])),
        }
        for row in cases.records(studies)
    ]
    return pd.DataFrame(rows)


def caveats(found: Cases, text: Text) -> None:
    """What to mind with these cases."""
    _ = text.gettext
    if found.patients.empty:
        return
    known = queries.caveats("cases")
    if known.empty:
        return
    with st.expander(_("What to mind with these cases"), icon=":material/warning:"):
        for row in cases.records(known):
            st.markdown(f"- {wording.plain(text.pick(row, 'text'))}")
