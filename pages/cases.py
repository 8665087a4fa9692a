"""Cases: every published patient of one disease, one lane each."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import case_report, cases, filters, queries, store, style, wording
from dashboard.export.csv_table import csv_table
from dashboard.figures import case_lanes, template
from dashboard.queries import Cases
from dashboard.text import Text, translate

_SORT_KEY = "sort"


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    text, found = choice.text, queries.cases(choice.focus)
    disease = _disease(choice.focus)
    _opening(found, disease, text)
    chosen, sort = _choose(found, choice, text)
    shown = cases.kept(
        cases.ordered(found.patients, found.treatments, sort, text.lang), found.treatments, chosen
    )
    _lanes(found, shown, chosen, disease, text)
    if len(shown):
        _one_by_one(shown, found.treatments, text)
    _elsewhere(found, text)
    _considered(found, disease, text)
    _caveats(found, text)


def _disease(disease_id: str) -> pd.Series:
    known = queries.diseases(disease_id)
    return known[known["disease_id"] == disease_id].iloc[0]


# --- what is known ----------------------------------------------------------------------------


def _opening(found: Cases, disease: pd.Series, text: Text) -> None:
    """The sentence over all rows, whatever the filters, and the notice that stands here always."""
    _ = text.gettext
    st.title(_("Published patients with {disease}").format(disease=cases.plain(disease["abbreviation"])))
    alone = cases.single(found.patients)
    said = [
        case_report.headline(alone, disease["abbreviation"], text) if len(alone) else "",
        case_report.groups_sentence(found.patients, found.treatments, text),
    ]
    if found.patients.empty:
        said = [_nothing(found, disease, text)]
    st.html(f'<p class="lc-lede">{escape(" ".join(filter(None, said)))}</p>')
    notice = _(
        "Published cases are selected: a patient who did well, or whose illness is striking, is published "
        "more often. No rate can be drawn from these lanes."
    )
    st.html(f'<p class="lc-caption">{escape(notice)}</p>')


def _nothing(found: Cases, disease: pd.Series, text: Text) -> str:
    """Why no lane stands here: nobody looked, or nothing was kept of what was looked at."""
    n = len(found.studies)
    if not n:
        return text.gettext("Nobody has looked for published cases of {disease} here yet.").format(
            disease=disease["abbreviation"]
        )
    said = text.ngettext(
        "{n} publication on {{disease}} was considered, and no patient could be taken from it.",
        "{n} publications on {{disease}} were considered, and no patient could be taken from them.",
        n,
    )
    return said.format(disease=disease["abbreviation"])


# --- filters ----------------------------------------------------------------------------------


def _choose(found: Cases, choice: filters.Choice, text: Text) -> tuple[cases.Filters, str]:
    """The filters of the bar and those of this page."""
    _ = text.gettext
    drugs, untold, undated = (), False, True
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if len(found.treatments):
            drugs = filters.choose_drugs(text, _drug_names(found.treatments, text))
        if found.patients.empty:
            return cases.Filters(choice.years, undated, drugs, choice.classes, untold), "year"
        sort = st.segmented_control(
            _("Sort by"),
            list(cases.SORTS),
            format_func=lambda code: cases.word(cases.SORTS, code, text),
            default="year",
            required=True,
            key=_SORT_KEY,
        )
    with st.container(horizontal=True, gap="medium"):
        if choice.years:
            undated = st.checkbox(
                _("Keep reports without a year"), value=True, key="undated", bind="query-params"
            )
        if drugs or choice.classes:
            untold = st.checkbox(
                _("Keep patients whose treatment is unknown"), key="untold", bind="query-params"
            )
    return cases.Filters(choice.years, undated, drugs, choice.classes, untold), str(sort)


def _drug_names(treatments: pd.DataFrame, text: Text) -> dict[str, str]:
    """The interventions met in these cases, by class and name."""
    met = treatments.drop_duplicates("intervention_id").sort_values(["class_order", f"label_{text.lang}"])
    return {str(r["intervention_id"]): text.pick(r, "label") for r in cases.records(met)}


def _in_this_filter(found: Cases, shown: pd.DataFrame, chosen: cases.Filters, text: Text) -> str:
    """How much of the whole the filters leave; a filter that empties the page names itself."""
    _ = text.gettext
    everybody, left = cases.single(found.patients), cases.single(shown)
    parts = [
        _("{n} of {m} patients described one by one in this filter").format(
            n=text.number(len(left)), m=text.number(len(everybody))
        )
    ]
    away = int((found.patients["n"] > 1).sum()) - int((shown["n"] > 1).sum())
    if away:
        parts.append(text.ngettext("{n} group left out", "{n} groups left out", away))
    untold = found.patients[~found.patients["case_id"].isin(found.treatments["case_id"])]
    hidden = len(untold) - int(untold["case_id"].isin(shown["case_id"]).sum())
    if hidden and (chosen.drugs or chosen.classes):
        parts.append(
            text.ngettext(
                "{n} report of unknown treatment, which nobody can match",
                "{n} reports of unknown treatment, which nobody can match",
                hidden,
            )
        )
    second = cases.second_hand_only(found.treatments, shown, chosen)
    if second:
        parts.append(
            text.ngettext(
                "{n} matches by another document only", "{n} match by another document only", second
            )
        )
    return " · ".join(parts)


def _undo_buttons(found: Cases, chosen: cases.Filters, text: Text) -> None:
    _ = text.gettext
    names = {"years": _("Years"), "classes": _("Classes"), "drugs": _("Intervention")}
    for name in cases.emptied_by(found.patients, found.treatments, chosen):
        label = _("Undo the filter “{name}”").format(name=names[name])
        st.button(label, key=f"undo-{name}", on_click=filters.undo, args=(name,), icon=":material/undo:")


# --- the lanes --------------------------------------------------------------------------------


def _lanes(found: Cases, shown: pd.DataFrame, chosen: cases.Filters, disease: pd.Series, text: Text) -> None:
    """Title, figure, key, caption, table and file, all from the same rows."""
    _ = text.gettext
    st.header(cases.plain(case_report.finding(shown, found.treatments, text)))
    if chosen.active and len(found.patients):
        st.markdown(_in_this_filter(found, shown, chosen, text))
    empty = ""
    if shown.empty:
        empty = _("not looked for yet") if found.studies.empty else _("no patient in this filter")
        if found.patients.empty and len(found.studies):
            empty = _("no patient could be taken from what was read")
        _undo_buttons(found, chosen, text)
    alt = case_lanes.alt(shown, found.treatments, text)
    for name in ("wide", "narrow"):
        with st.container(key=f"lanes_{name}"):
            look = _Look(text.lang, style.theme(), name == "narrow", empty)
            drawn = _drawn(_Rows(store.identity(), shown, found.treatments), look)
            st.plotly_chart(drawn, theme=None, config=template.CONFIG, alt=alt, key=f"lanes-{name}")
    said = [_key(shown, found.treatments, text) if len(shown) else "", _source(found, shown, text)]
    st.html("".join(f'<p class="lc-caption">{escape(line)}</p>' for line in said if line))
    if len(shown):
        _table(shown, found.treatments, disease, text)


class _Rows(NamedTuple):
    """The rows that a part of the page is made of, and the published file they come from."""

    published: store.Identity
    patients: pd.DataFrame
    treatments: pd.DataFrame


def _kept(rows: _Rows) -> tuple[object, ...]:
    """What tells rows apart without reading them whole: the file, and the ids in their order."""
    return (*rows.published, *rows.patients["case_id"])


class _Look(NamedTuple):
    """How the lanes are drawn, apart from the rows."""

    lang: str
    theme: str
    narrow: bool
    empty: str


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={_Rows: _kept})
def _drawn(rows: _Rows, look: _Look) -> go.Figure:
    """The figure, made once for the same rows in the same look."""
    drawn, text = (rows.patients, rows.treatments), translate(look.lang)
    return case_lanes.figure(*drawn, text, look.theme, narrow=look.narrow, empty=look.empty)


def _key(shown: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> str:
    """What the signs in these lanes mean; only those that are drawn."""
    _ = text.gettext
    told = treatments[treatments["case_id"].isin(shown["case_id"])]
    roles = set(told["role"])
    together = bool(told.groupby(["case_id", "line"]).size().gt(1).any())
    signs = [
        (together, _("┃ bracket: given together")),
        ("added" in roles, _("+ added")),
        ("switched_to" in roles, _("→ switched to")),
        (
            bool((told["source_level"] == "secondary").any()),
            _("dashed, with ?: said by another document only"),
        ),
        (True, _("dotted line: the order is known, the time is not")),
        (True, _("hatched: not in the part read")),
        (bool((shown["access"] == "full_text").any()), _("hollow: read whole, not reported")),
    ]
    return " · ".join(said for drawn, said in signs if drawn)


def _source(found: Cases, shown: pd.DataFrame, text: Text) -> str:
    """Which reports these rows come from, how far they were read, and when."""
    _ = text.gettext
    rows = shown if len(shown) else found.studies
    built = text.day(queries.receipt()["as_of"].iloc[0].date())
    if shown.empty:
        n = len(rows)
        return text.ngettext(
            "{n} publication considered. Store of {{day}}.",
            "{n} publications considered. Store of {{day}}.",
            n,
        ).format(day=built)
    reports = rows.drop_duplicates("study_id")
    read = text.join(sorted({cases.word(cases.ACCESS, a, text) for a in reports["access"]}))
    said = text.ngettext(
        "Source: {n} report (read: {{read}}), opened {{day}}; what each extractor read stands below.",
        "Source: {n} reports (read: {{read}}), last opened {{day}}; what each extractor read stands below.",
        len(reports),
    )
    return said.format(read=read, day=text.day(max(reports["accessed_on"].dropna(), default="")))


def _table(shown: pd.DataFrame, treatments: pd.DataFrame, disease: pd.Series, text: Text) -> None:
    """The same rows as a table, and as a file."""
    _ = text.gettext
    with st.expander(_("As a table"), icon=":material/table_rows:"):
        exact = st.toggle(
            _("Exact ages and measured values"),
            key="exact",
            help=_("For research; not for slides or posters."),
        )
        rows = case_report.table(shown, treatments, text, exact)
        st.dataframe(rows, hide_index=True, column_config=_links(text))
        st.download_button(
            _("Download these rows (CSV)"),
            partial(csv_table, rows),
            file_name=f"lacuna-cases-{disease['disease_id']}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
        )


# --- one by one -------------------------------------------------------------------------------


def _one_by_one(shown: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> None:
    """Each patient to open: every field, who read it, where it is said."""
    _ = text.gettext
    st.header(_("Each patient, every field"))
    known = _told(_Rows(store.identity(), shown, treatments), text.lang)
    with st.container(gap="xsmall"):
        for heading, sheet in known:
            with st.expander(heading):
                st.html(sheet)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={_Rows: _kept})
def _told(rows: _Rows, lang: str) -> list[tuple[str, str]]:
    """Heading and fields of each row, made once."""
    return case_report.one_by_one(rows.patients, rows.treatments, translate(lang))


# --- what else there is -----------------------------------------------------------------------


def _elsewhere(found: Cases, text: Text) -> None:
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
    st.dataframe(_related_rows(found.related, text), hide_index=True, column_config=_links(text))


def _related_rows(related: pd.DataFrame, text: Text) -> pd.DataFrame:
    _ = text.gettext
    rows = [
        {
            _("Report"): row["citation_short"],
            _("Year"): case_report.year(row, text),
            _("Label used there"): row["label_used"],
            _("Why it may be the same"): text.pick(row, "why_it_may_be_the_same"),
            _("Judged"): wording.word(wording.VERDICTS, row["verdict"], text),
            _("Link"): cases.given(row["url"]),
        }
        for row in cases.records(related)
    ]
    return pd.DataFrame(rows)


def _links(text: Text) -> dict[str, object]:
    _ = text.gettext
    return {_("Link"): st.column_config.LinkColumn()}


def _considered(found: Cases, disease: pd.Series, text: Text) -> None:
    """Every publication looked at, kept or left out with the reason."""
    _ = text.gettext
    st.header(_("What was looked at"))
    if found.studies.empty:
        st.markdown(
            _(
                "No search for published cases of {disease} was made and no report was read: "
                "nothing can be said here, not even that there are none."
            ).format(disease=disease[f"label_{text.lang}"])
        )
        return
    kept = int(found.studies["included"].sum())
    said = text.ngettext(
        "{n} publication considered: {{kept}} kept, {{left}} left out",
        "{n} publications considered: {{kept}} kept, {{left}} left out",
        len(found.studies),
    ).format(kept=text.number(kept), left=text.number(len(found.studies) - kept))
    with st.expander(said, icon=":material/library_books:"):
        st.dataframe(_study_rows(found.studies, text), hide_index=True, column_config=_links(text))


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
            _("Link"): cases.given(row["url"]),
        }
        for row in cases.records(studies)
    ]
    return pd.DataFrame(rows)


def _caveats(found: Cases, text: Text) -> None:
    _ = text.gettext
    if found.patients.empty:
        return
    known = queries.caveats("cases")
    if known.empty:
        return
    with st.expander(_("What to mind with these cases"), icon=":material/warning:"):
        for row in cases.records(known):
            st.markdown(f"- {cases.plain(text.pick(row, 'text'))}")


page()
