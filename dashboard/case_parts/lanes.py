"""One lane a patient: title, figure, key, caption, table and file, all from the same rows."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from dashboard import case_report, cases, chart, drawn, filters, queries, style, wording
from dashboard.case_parts.choosing import in_this_filter, undo_buttons
from dashboard.case_parts.seen import LANES, Seen, links, page_number, page_of, state_said, treatments_of
from dashboard.figures import case_lanes, template
from dashboard.queries import Cases
from dashboard.queries.patients import Beside
from dashboard.text import Text


def lanes(seen: Seen, text: Text) -> None:
    """Title, figure, key, caption, table and file, all from the same rows."""
    left, emptied = drawn.once("lanes title", lambda: _lanes_title(seen, text))
    undo_buttons(emptied, text)
    drawn.once("lanes", lambda: _lanes_drawn(seen, text))
    _turn(left, text)
    drawn.once("lanes key", lambda: _lanes_key(seen, text))
    if left:
        _table(seen, text)


def _lanes_title(seen: Seen, text: Text) -> tuple[int, tuple[str, ...]]:
    """What the lanes show; how many there are, and the filters that emptied them."""
    found, shown, chosen = seen.found, seen.shown, seen.chosen
    st.header(wording.plain(case_report.finding(shown, found.treatments, text)), anchor="lanes")
    if chosen.active and len(found.patients):
        st.markdown(in_this_filter(found, shown, chosen, text))
    emptied = shown.empty and len(found.patients)
    return len(shown), cases.emptied_by(found.patients, found.treatments, chosen) if emptied else ()


def _lanes_drawn(seen: Seen, text: Text) -> None:
    """The figure, wide and narrow; where there is no lane, why."""
    empty, rows = "", page_of(seen.shown)
    if rows.empty:
        empty = state_said(seen.beside, text) or text.gettext("not looked for yet")
        if len(seen.found.patients):
            empty = text.gettext("no patient in this filter")
    told = (rows, treatments_of(rows, seen.found.treatments), text)
    alt = case_lanes.alt(*told)
    for name in ("wide", "narrow"):
        with st.container(key=f"lanes_{name}"):
            made = case_lanes.figure(*told, style.theme(), narrow=name == "narrow", empty=empty)
            st.plotly_chart(made, theme=None, config=template.CONFIG, alt=alt, key=f"lanes-{name}")


def _lanes_key(seen: Seen, text: Text) -> None:
    """What the signs mean, where the rows come from, and the lanes as a picture to save."""
    shown, treatments = seen.shown, seen.found.treatments
    rows = page_of(shown)
    source = _source(seen.found, seen.beside, shown, text)
    said = [_key(rows, treatments_of(rows, treatments), text) if len(rows) else "", source]
    st.html("".join(f'<p class="lc-caption">{escape(line)}</p>' for line in said if line))
    if len(shown):
        title = case_report.finding(shown, treatments, text)
        chart.save_buttons("lanes_wide", "cases", title, source, text)


def _turn(n: int, text: Text) -> None:
    """Which lanes are drawn, and the next and previous ones; nothing where all are drawn."""
    if n <= LANES:
        return
    _, here = text.gettext, page_number(n)
    last = -(-n // LANES)
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, to, key in ((_("Previous"), here - 1, "previous"), (_("Next"), here + 1, "next")):
            st.button(
                label,
                key=f"lanes-{key}",
                disabled=not 1 <= to <= last,
                on_click=filters.keep,
                args=("lanes", [to]),
            )
        said = _("Lanes {first} to {last} of {n}; the table and the file hold all of them.").format(
            first=text.number((here - 1) * LANES + 1),
            last=text.number(min(here * LANES, n)),
            n=text.number(n),
        )
        st.markdown(said)


def _key(shown: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> str:
    """What the signs in these lanes mean; only those that are drawn."""
    _ = text.gettext
    told = treatments[treatments["case_id"].isin(shown["case_id"])]
    roles = set(told["role"])
    timed = [lane.timed for lane in cases.lanes(shown, treatments, text)]
    together = bool(told.groupby(["case_id", "line"]).size().gt(1).any())
    signs = [
        (together, _("┃ bracket: given together")),
        ("added" in roles, _("+ added")),
        ("switched_to" in roles, _("→ switched to")),
        (
            bool((told["source_level"] == "secondary").any()),
            _("dashed, with ?: said by another document only"),
        ),
        (any(timed), _("with months below: lengths are months on one scale, ▶ went on when last told")),
        (not all(timed), _("dotted line: the time is not known")),
        (True, _("hatched: not in the part read")),
        (bool((shown["access"] == "full_text").any()), _("hollow: read whole, not reported")),
        (not set(shown["relapse"]) & set(cases.RELAPSES), _("relapse: not known of any of them")),
    ]
    return " · ".join(said for drawn, said in signs if drawn)


def _source(found: Cases, beside: Beside, shown: pd.DataFrame, text: Text) -> str:
    """Which reports these rows come from, how far they were read, and when."""
    _ = text.gettext
    built = text.day(queries.receipt()["as_of"].iloc[0].date())
    if shown.empty:
        n = len(found.studies)
        if not n:
            return _("{state} Store of {day}.").format(state=state_said(beside, text), day=built)
        return text.ngettext(
            "{n} publication considered. Store of {{day}}.",
            "{n} publications considered. Store of {{day}}.",
            n,
        ).format(day=built)
    reports = shown.drop_duplicates("study_id")
    read = text.join(sorted({cases.word(cases.ACCESS, a, text) for a in reports["access"]}))
    said = text.ngettext(
        "Source: {n} report (read: {{read}}), opened {{day}}; what each extractor read stands below.",
        "Source: {n} reports (read: {{read}}), last opened {{day}}; what each extractor read stands below.",
        len(reports),
    )
    return said.format(read=read, day=text.day(max(reports["accessed_on"].dropna(), default="")))


def _table(seen: Seen, text: Text) -> None:
    """The same rows as a table, and as a file."""
    _ = text.gettext
    with st.expander(_("As a table"), icon=":material/table_rows:", key="table_cases"):
        exact = st.toggle(
            _("Exact ages and measured values"),
            key="exact",
            help=_("For research; not for slides or posters."),
        )
        rows = drawn.once(f"table {exact}", lambda: _rows_told(seen, exact, text))
        chart.download(rows, name="cases", text=text)


def _rows_told(seen: Seen, exact: bool, text: Text) -> pd.DataFrame:
    rows = case_report.table(seen.shown, seen.found.treatments, text, exact)
    st.dataframe(rows, hide_index=True, column_config=links(text))
    return rows
