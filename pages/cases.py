"""Cases: every published patient of one disease, one lane each; who received what; what stands apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property, partial
from html import escape
from typing import NamedTuple

import pandas as pd
import streamlit as st

from dashboard import (
    case_report,
    case_treatments,
    cases,
    chart,
    drawn,
    facts,
    filters,
    queries,
    style,
    wording,
    yours,
)
from dashboard.export import phenopackets, references
from dashboard.figures import case_dots, case_lanes, template
from dashboard.queries import Cases
from dashboard.queries import patients as asked
from dashboard.queries.patients import Beside
from dashboard.text import Text

#: Lanes on one page of lanes: more are not read, and not drawn in time.
_LANES = 50
_OWN_FILES = "own-case-files"


class Seen:
    """What this run shows: read and worked out only where a part has to be made."""

    def __init__(self, choice: filters.Choice) -> None:
        self.focus, self.text = choice.focus, choice.text
        self.chosen, self.sort = cases.Filters(), ""

    @cached_property
    def found(self) -> Cases:
        """All that is known of published patients."""
        return queries.cases(self.focus)

    @cached_property
    def beside(self) -> Beside:
        """What stands beside them: the disease, its cell, readers, references."""
        return asked.beside(self.focus)

    @cached_property
    def shown(self) -> pd.DataFrame:
        """The rows that the filters leave, in their order."""
        found = self.found
        ordered = cases.ordered(found.patients, found.treatments, self.sort, self.text.lang)
        return cases.kept(ordered, found.treatments, self.chosen)


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    seen, text = Seen(choice), choice.text
    drawn.once("opening", lambda: _opening(seen.found, seen.beside, text))
    met = drawn.once("met", lambda: _met(seen.found, text))
    seen.chosen, seen.sort = _choose(met, choice)
    _lanes(seen, text)
    if met:
        _by_treatment(seen, text)
        drawn.once("one by one", lambda: _one_by_one(_page_of(seen.shown), seen.found.treatments, text))
    drawn.once("apart", lambda: _apart(seen.found, text))
    _two_readers(seen, text)
    drawn.once("elsewhere", lambda: _elsewhere(seen.found, text))
    drawn.once("considered", lambda: _considered(seen.found, seen.beside.disease.iloc[0], text))
    _take_away(seen, text)
    _yours(choice, text)
    drawn.once("caveats", lambda: _caveats(seen.found, text))


# --- what is known ----------------------------------------------------------------------------


def _opening(found: Cases, beside: Beside, text: Text) -> None:
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
    state = _state(beside, text)
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


def _state(beside: Beside, text: Text) -> str:
    """The cell of the question, in the words that its state allows."""
    if beside.cell.empty:
        return ""
    return wording.sentence(beside.cell.iloc[0].to_dict(), text)


# --- filters ----------------------------------------------------------------------------------

#: Filter of this page -> its parameter in the URL, its name, the words for its codes.
_OWN: dict[str, str] = {
    "conditions": "condition",
    "sexes": "sex",
    "ages": "age",
    "certainties": "label",
    "levels": "told",
}


def _met(found: Cases, text: Text) -> dict[str, dict[str, str]]:
    """Filter of this page -> its options; nothing where no patient is known."""
    return {name: _options(name, found, text) for name in _OWN} if len(found.patients) else {}


def _choose(met: dict[str, dict[str, str]], choice: filters.Choice) -> tuple[cases.Filters, str]:
    """The filters of the bar and those of this page."""
    text = choice.text
    _ = text.gettext
    bar = {
        "years": choice.years,
        "undated": choice.undated,
        "drugs": choice.drugs,
        "classes": choice.classes,
        "confidence": choice.confidence,
    }
    if not met:
        return cases.Filters(**bar), "year"  # type: ignore[arg-type]
    own: dict[str, tuple[str, ...]] = {}
    untold = False
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        sorts = {code: _(said) for code, said in cases.SORTS.items()}
        sort = filters.one(_("Sort by"), sorts, "sort")
        held = sum(bool(filters.kept(name)) for name in _OWN.values())
        label = _("Patients ({n})").format(n=held) if held else _("Patients")
        with st.popover(label, icon=":material/person_search:", key="patients"):
            for name, parameter in _OWN.items():
                choose = filters.among if name == "conditions" else filters.many
                more = (_("any"),) if name == "conditions" else ()
                own[name] = choose(_(_NAMES[name]), met[name], parameter, *more)
        if choice.drugs or choice.classes:
            untold = filters.tick(_("Keep patients whose treatment is unknown"), "untold")
    return cases.Filters(**bar, untold=untold, **own), sort  # type: ignore[arg-type]


_NAMES = case_report.FILTER_NAMES


def _options(name: str, found: Cases, text: Text) -> dict[str, str]:
    """Code -> word for the values met among these patients; what is unknown stands last, apart."""
    met = cases.traits(name, found.patients, found.treatments)
    words = case_report.FILTER_WORDS[name]
    known = [code for code in words if code in met] + sorted(met - set(words) - {cases.UNKNOWN})
    options = {code: cases.word(words, code, text) for code in known}
    if cases.UNKNOWN in met:
        options[cases.UNKNOWN] = text.gettext("unknown")
    return options


def _in_this_filter(found: Cases, shown: pd.DataFrame, chosen: cases.Filters, text: Text) -> str:
    """How much of the whole the filters leave; a filter that empties the page names itself."""
    _ = text.gettext
    everybody, left = cases.single(found.patients), cases.single(shown)
    sure = cases.surely_labelled(left)
    parts = [
        _("{n} of {m} patients described one by one in this filter").format(
            n=text.number(len(left)), m=text.number(len(everybody))
        ),
        _("{n} without doubtful labels").format(n=text.number(len(sure))),
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


def _undo_buttons(names: tuple[str, ...], text: Text) -> None:
    _ = text.gettext
    known = {**filters.NAMES, **_NAMES}
    for name in names:
        label = _("Undo the filter “{name}”").format(name=_(known[name]))
        parameter = _OWN.get(name, name)
        st.button(label, key=f"undo-{name}", on_click=filters.undo, args=(parameter,), icon=":material/undo:")


# --- the lanes --------------------------------------------------------------------------------


def _lanes(seen: Seen, text: Text) -> None:
    """Title, figure, key, caption, table and file, all from the same rows."""
    left, emptied = drawn.once("lanes title", lambda: _lanes_title(seen, text))
    _undo_buttons(emptied, text)
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
        st.markdown(_in_this_filter(found, shown, chosen, text))
    emptied = shown.empty and len(found.patients)
    return len(shown), cases.emptied_by(found.patients, found.treatments, chosen) if emptied else ()


def _lanes_drawn(seen: Seen, text: Text) -> None:
    """The figure, wide and narrow; where there is no lane, why."""
    empty, rows = "", _page_of(seen.shown)
    if rows.empty:
        empty = _state(seen.beside, text) or text.gettext("not looked for yet")
        if len(seen.found.patients):
            empty = text.gettext("no patient in this filter")
    told = (rows, _of(rows, seen.found.treatments), text)
    alt = case_lanes.alt(*told)
    for name in ("wide", "narrow"):
        with st.container(key=f"lanes_{name}"):
            made = case_lanes.figure(*told, style.theme(), narrow=name == "narrow", empty=empty)
            st.plotly_chart(made, theme=None, config=template.CONFIG, alt=alt, key=f"lanes-{name}")


def _lanes_key(seen: Seen, text: Text) -> None:
    """What the signs mean, where the rows come from, and the lanes as a picture to save."""
    shown, treatments = seen.shown, seen.found.treatments
    rows = _page_of(shown)
    source = _source(seen.found, seen.beside, shown, text)
    said = [_key(rows, _of(rows, treatments), text) if len(rows) else "", source]
    st.html("".join(f'<p class="lc-caption">{escape(line)}</p>' for line in said if line))
    if len(shown):
        title = case_report.finding(shown, treatments, text)
        chart.save_buttons("lanes_wide", "cases", title, source, text)


def _page_of(shown: pd.DataFrame) -> pd.DataFrame:
    """The rows on the page of lanes that the URL names."""
    first = (_page_number(len(shown)) - 1) * _LANES
    return shown.iloc[first : first + _LANES]


def _of(patients: pd.DataFrame, treatments: pd.DataFrame) -> pd.DataFrame:
    """The treatments of these patients."""
    return treatments[treatments["case_id"].isin(patients["case_id"])]


def _page_number(n: int) -> int:
    held = next(iter(filters.kept("lanes")), "1")
    number = int(held) if held.isascii() and held.isdigit() and len(held) < 6 else 1
    return min(max(number, 1), max(1, -(-n // _LANES)))


def _turn(n: int, text: Text) -> None:
    """Which lanes are drawn, and the next and previous ones; nothing where all are drawn."""
    if n <= _LANES:
        return
    _, here = text.gettext, _page_number(n)
    last = -(-n // _LANES)
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
            first=text.number((here - 1) * _LANES + 1),
            last=text.number(min(here * _LANES, n)),
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
            return _("{state} Store of {day}.").format(state=_state(beside, text), day=built)
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
    st.dataframe(rows, hide_index=True, column_config=_links(text))
    return rows


# --- by treatment -----------------------------------------------------------------------------


def _by_treatment(seen: Seen, text: Text) -> None:
    """Who received what, counted over the rows shown; what is only listed keeps its empty lane."""
    table = drawn.once("dots", lambda: _dots(seen, text))
    if table:
        chart.table(lambda: table, name="by_treatment", text=text)


def _dots(seen: Seen, text: Text) -> chart.Rows | None:
    """The figure, wide and narrow, with all that stands with it; its table with the exact limits."""
    alone = cases.single(seen.shown)
    treatments = _of(alone, seen.found.treatments)
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


# --- one by one -------------------------------------------------------------------------------


def _one_by_one(shown: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> None:
    """Each patient to open: every field, who read it, where it is said."""
    if shown.empty:
        return
    st.header(text.gettext("Each patient, every field"), anchor="one-by-one")
    with st.container(gap="xsmall"):
        for heading, sheet in case_report.one_by_one(shown, _of(shown, treatments), text):
            with st.expander(heading):
                st.html(sheet)


# --- what stands apart ------------------------------------------------------------------------


def _apart(found: Cases, text: Text) -> None:
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
    dots = "○" * series.n if series.n <= _LANES else ""
    return (
        f'<div class="lc-e"><b>{escape(many)}</b> · {escape(series.title)}<br>'
        f'<span aria-hidden="true" style="overflow-wrap:anywhere">{dots}</span><br>{escape(series.known)}<br>'
        f'<span class="lc-s" lang="en">{escape(series.note)}</span><br>'
        f'<span class="lc-s">{escape(text.gettext("Read"))}{text.colon}{escape(series.read)}'
        f"{link if facts.safe(series.url) else ''}</span></div>"
    )


def _two_readers(seen: Seen, text: Text) -> None:
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
            _("Link"): facts.link(cases.given(row["url"])),
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
            _("Link"): facts.link(cases.given(row["url"])),
        }
        for row in cases.records(studies)
    ]
    return pd.DataFrame(rows)


# --- to take away -----------------------------------------------------------------------------


class Packets(NamedTuple):
    """Who can be taken away as phenopackets, and what they are made of."""

    counts: Counter[str]
    alone: int
    found: Cases
    beside: Beside
    day: date


def _take_away(seen: Seen, text: Text) -> None:
    """Files in the standards of others: phenopackets of the patients, references for their managers."""
    _ = text.gettext
    packets = drawn.once("packets", lambda: _counted(seen))
    if packets.beside.references.empty:
        return
    disease = packets.beside.disease.iloc[0].to_dict()
    with st.expander(_("Take away: phenopackets and references"), icon=":material/download:"):
        if len(packets.found.patients):
            _packets(packets, disease, text)
        with st.container(horizontal=True):
            held = packets.beside.references
            _file(_("References (RIS)"), partial(references.ris, held), "ris", disease)
            _file(_("References (BibTeX)"), partial(references.bibtex, held), "bib", disease)


def _counted(seen: Seen) -> Packets:
    alone = cases.records(cases.single(seen.found.patients)[["age_years"]])
    counts = Counter(phenopackets.age_group(row) for row in alone)
    day = queries.receipt()["as_of"].iloc[0].date()
    return Packets(counts, len(alone), seen.found, seen.beside, day)


def _packets(packets: Packets, disease: Mapping[str, object], text: Text) -> None:
    _ = text.gettext
    groups = [phenopackets.ADULTS]
    more = {
        phenopackets.UNKNOWN_AGE: _("Also {n} of unknown age"),
        phenopackets.MINORS: _("Also {n} under 18"),
    }
    said = text.ngettext(
        "{n} known adult of {{m}} patients described one by one; ages are bands.",
        "{n} known adults of {{m}} patients described one by one; ages are bands.",
        packets.counts[phenopackets.ADULTS],
    )
    st.markdown(said.format(m=text.number(packets.alone)))
    for group, label in more.items():
        n = packets.counts[group]
        if n and st.checkbox(label.format(n=text.number(n)), key=f"packets-{group}"):
            groups.append(group)
    found = packets.found
    made = partial(phenopackets.cohort_json, found.patients, found.treatments, disease, packets.day, groups)
    _file(_("Patients (GA4GH Phenopackets v2, JSON)"), made, "phenopackets.json", disease)


def _file(label: str, made: Callable[[], bytes], kind: str, disease: Mapping[str, object]) -> None:
    st.download_button(
        label,
        made,
        file_name=f"lacuna-cases-{disease['disease_id']}.{kind}",
        on_click="ignore",
        key=f"take-{kind}",
        icon=":material/download:",
    )


# --- a reader's own cases ---------------------------------------------------------------------


def _yours(choice: filters.Choice, text: Text) -> None:
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
    patients = read.patients.iloc[:_LANES]
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
    st.dataframe(rows, hide_index=True, column_config=_links(text))


def _caveats(found: Cases, text: Text) -> None:
    _ = text.gettext
    if found.patients.empty:
        return
    known = queries.caveats("cases")
    if known.empty:
        return
    with st.expander(_("What to mind with these cases"), icon=":material/warning:"):
        for row in cases.records(known):
            st.markdown(f"- {wording.plain(text.pick(row, 'text'))}")


page()
