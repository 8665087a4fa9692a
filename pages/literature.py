"""Literature: what was published on a disease, each report once, and how many patients it describes."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import pandas as pd
import streamlit as st

from dashboard import chart, drawn, facts, filters, literature, queries, rows, store, style, tiles, wording
from dashboard.cases import Row, given, records, word
from dashboard.queries import literature as asked
from dashboard.queries import trials as neighbours
from dashboard.text import translate
from dashboard.wording import plain

choice = filters.current()
text = choice.text
_ = text.gettext
#: The filters of the focus disease's own reports; the diseases chosen only choose its relatives.
_RULES = choice.without("diseases")
#: The questions of the grid that this page answers, in their order.
QUESTIONS = (
    "publications",
    "reviews",
    "patients_described",
    "patients_with_treatment",
    "patients_with_outcome",
)


class Known(NamedTuple):
    """All that the page shows, before any filter."""

    every: pd.DataFrame
    patients: pd.DataFrame
    studies: pd.DataFrame
    cells: pd.DataFrame
    diseases: pd.DataFrame

    @property
    def own(self) -> pd.DataFrame:
        """The reports on the focus disease, those under other labels with them."""
        return self.every[self.every["disease_id"] == choice.focus]

    def cell(self, question: str) -> Row:
        """The cell of the focus disease."""
        cells = self.cells
        own = cells[(cells["question_id"] == question) & (cells["disease_id"] == choice.focus)]
        return records(own)[0]


def page() -> None:
    """Choose, get, show."""
    drawn.once("opening", lambda: _opening(_known()))
    _timeline()
    _patients()
    _beside()
    drawn.once("end", _end)


def _known() -> Known:
    which = (choice.focus, choice.comparator, choice.diseases, choice.lang)
    return _gathered(store.identity(), str(store.today()), which)


@st.cache_resource(max_entries=32, show_spinner=False)
def _gathered(
    published: store.Identity,  # noqa: ARG001  part of the key, like the day
    day: str,  # noqa: ARG001
    which: tuple[str, str, tuple[str, ...], str],
) -> Known:
    """Read once for a disease and its relatives, whatever the filters."""
    focus, comparator, chosen, lang = which
    told = translate(lang)
    diseases = neighbours.around(focus, comparator, chosen)
    ids = [str(d) for d in diseases["disease_id"]]
    found = asked.report_rows(ids, focus)
    apart = literature.under_other_labels(found.related, found.studies)
    reports = literature.gathered(found.studies, found.records)
    every = pd.concat([reports, apart.assign(disease_id=focus)], ignore_index=True) if len(apart) else reports
    cells = neighbours.cells(QUESTIONS, focus)
    cells = cells[cells["disease_id"].isin(ids)]
    cells = cells.assign(said=[wording.sentence(row, told) for row in records(cells)])
    return Known(every, found.patients, found.studies, cells, diseases)


# --- what is known ----------------------------------------------------------------------------


def _opening(known: Known) -> None:
    """The state of the question on publications in words, and what was never searched."""
    cell = known.cell("publications")
    st.title(_("Publications on {disease}").format(disease=plain(str(cell["abbreviation"]))))
    tile = tiles.tile(cell, text, style.theme())
    lede = f'<span style="display:inline-block;min-width:3.4rem">{tile}</span> {escape(str(cell["said"]))}'
    more = " ".join(wording.asides(cell, text))
    st.html(f'<p class="lc-lede">{lede}</p><p class="lc-caption">{escape(more)}</p>')


# --- by year ----------------------------------------------------------------------------------


def _timeline() -> None:
    """One lane a kind of report, one tile a publication; other labels in a lane of their own."""
    chart.show(lambda: _by_year(_known()), name="publications", text=text)
    if _RULES.active:
        filters.undo_buttons(drawn.once("emptied", lambda: rows.emptied_by(_known().own, _RULES)), choice)
    drawn.once("copies", lambda: _copies(rows.kept(_known().own, _RULES)))


def _by_year(known: Known) -> chart.Chart:
    from dashboard.figures import literature as figure  # noqa: PLC0415  Plotly loads only when needed

    own, cell = known.own, known.cell("publications")
    shown = rows.kept(own, _RULES)
    span, theme = literature.span(own, store.today()), style.theme()
    wide, narrow = (
        figure.figure(own, shown, cell, text, span=span, theme=theme, narrow=n) for n in (False, True)
    )
    short = dict(zip(known.diseases["disease_id"], known.diseases["abbreviation"], strict=True))
    return chart.Chart(
        wide,
        title=_finding(own, shown, cell),
        caption=_caption(own),
        alt=figure.alt(shown, text),
        rows=chart.Rows(literature.table(shown, short, text), literature.file(shown, cell)),
        narrow=narrow,
    )


def _finding(own: pd.DataFrame, shown: pd.DataFrame, cell: Row) -> str:
    """What the figure shows over all rows; how much of it the filters leave stands behind."""
    counted = own[own["standing"] != literature.APART]
    apart = len(own) - len(counted)
    if counted.empty:
        said = _("No publication on {disease} has been gathered").format(disease=cell["abbreviation"])
    else:
        doubtful = int(counted["standing"].eq("doubtful").sum())
        said = text.ngettext(
            "{n} publication gathered names {disease}",
            "{n} publications gathered name {disease}",
            len(counted) - doubtful,
            disease=cell["abbreviation"],
        )
        if doubtful:
            said += text.ngettext(
                ", {n} more under a doubtful label", ", {n} more under a doubtful label", doubtful
            )
    if apart:
        said += text.ngettext("; {n} under another label", "; {n} under another label", apart)
    if _RULES.active:
        filtered = _("{n} of {m} in this filter")
        said += f" ({filtered.format(n=text.number(len(shown)), m=text.number(len(own)))})"
    return said


def _caption(own: pd.DataFrame) -> str:
    databases = {name for held in own["databases"] for name in held}
    key = _(
        "One tile is one publication, counted once however many databases hold it; the number in it is "
        "that of the patients it describes. Filled: names the disease. Dotted: the label is doubtful or "
        "second-hand. Dashed: under another label, never added."
    )
    floor = _("Gathered by the curators; no literature database was asked, so every number is a floor.")
    held = _("Held by {databases}.").format(databases=text.join(sorted(databases)))
    said = [
        key if len(own) else "",
        held if databases else floor,
        chart.source(text),
    ]
    return " ".join(filter(None, said))


def _copies(shown: pd.DataFrame) -> None:
    """Publications that several databases hold: counted once, each record with its link."""
    several = shown[[len(held) > 1 for held in shown["copies"]]]
    if several.empty:
        return
    said = text.ngettext(
        "{n} publication stands in several databases, counted once",
        "{n} publications stand in several databases, counted once",
        len(several),
    )
    with st.expander(said, icon=":material/account_tree:"):
        for row in records(several):
            sheet = [facts.Fact(name, number, url=url) for name, number, url in row["copies"]]
            st.html(f"<b>{escape(str(row['title']))}</b>{facts.sheet(sheet)}")


# --- patients ---------------------------------------------------------------------------------


def _patients() -> None:
    """Described, with treatment, with outcome: one dot a person; the overlap with reviews said."""
    if not drawn.once("no patients", lambda: _nobody(_known())):
        chart.show(lambda: _dots(_known()), name="patients", text=text)


def _nobody(known: Known) -> bool:
    """Whether no patient is left to draw; says so."""
    left = rows.kept(known.patients, _RULES)
    if len(left):
        return False
    cell = known.cell("patients_described")
    st.header(
        plain(_patients_title(literature.patient_counts(left), known.patients, cell)), anchor="patients"
    )
    _small(" ".join([str(cell["said"]), *_overlap(known)]))
    return True


def _overlap(known: Known) -> list[str]:
    return literature.overlap(known.studies[known.studies["disease_id"] == choice.focus], text)


def _dots(known: Known) -> chart.Chart:
    from dashboard.figures import literature as figure  # noqa: PLC0415

    counts = literature.patient_counts(rows.kept(known.patients, _RULES))
    table = literature.count_table(counts, text)
    wide, narrow = (figure.patients(counts, text, style.theme(), narrow=n) for n in (False, True))
    caption = " ".join([
        _("One dot is one patient; hollow where the label is doubtful or second-hand. "
          "All patients of a group that its report does not tell apart count as described."),
        _("Published cases favour success: no rate can be drawn from them."),
        *_overlap(known),
        chart.source(text),
    ])  # fmt: skip
    alt = "; ".join(f"{row[0]}{text.colon}{row[1]} + {row[2]}" for row in table.itertuples(index=False))
    return chart.Chart(
        wide,
        title=_patients_title(counts, known.patients, known.cell("patients_described")),
        caption=caption,
        alt=f"{alt}.",
        rows=chart.Rows(table, literature.count_file(counts, known.cells, choice.focus)),
        narrow=narrow,
    )


def _patients_title(counts: dict[str, tuple[int, int]], patients: pd.DataFrame, cell: Row) -> str:
    if patients.empty:
        return _("No published patient with {disease} has been gathered").format(disease=cell["abbreviation"])
    n = counts["described"][0]
    return text.ngettext(
        "{n} patient described; a treatment is told for {treated}, an outcome for {outcome}",
        "{n} patients described; a treatment is told for {treated}, an outcome for {outcome}",
        n,
        treated=text.number(counts["treated"][0]),
        outcome=text.number(counts["outcome"][0]),
    )


# --- the relatives ----------------------------------------------------------------------------


def _beside() -> None:
    """The same five questions for every disease: a mark each, in its state."""
    held = drawn.once("relatives", lambda: _relatives(_known().cells))
    chart.table(lambda: held, name="relatives", text=text)


def _relatives(cells: pd.DataFrame) -> chart.Rows:
    st.header(_("The same questions for its relatives"), anchor="relatives")
    if choice.diseases:
        cells = cells[cells["disease_id"].isin([choice.focus, *choice.diseases])]
    _small(_("A mark shows the state of the question, whatever the filters; hatched: nobody has looked yet."))
    st.html(literature.relatives_html(cells, text, style.theme()))
    return chart.Rows(literature.relatives_table(cells, text), literature.cell_file(cells))


def _end() -> None:
    _other_labels(_known().own)
    _caveats()


def _other_labels(own: pd.DataFrame) -> None:
    """Reports that may be the same disease under another label: never added."""
    apart = rows.kept(own[own["standing"] == literature.APART], _RULES)
    if apart.empty:
        return
    st.header(
        text.ngettext(
            "{n} report may be the same disease under another label",
            "{n} reports may be the same disease under another label",
            len(apart),
        ),
        anchor="labels",
    )
    _small(_("They count nowhere above. Whether they are the same disease is for readers to judge."))
    why = {str(r["study_id"]): text.pick(r, "why_it_may_be_the_same") for r in records(_related())}
    st.html("".join(_label(row, why.get(str(row["report"]), "")) for row in records(apart)))


def _related() -> pd.DataFrame:
    return asked.report_rows([], choice.focus).related


def _label(row: Row, why: str) -> str:
    year = text.gettext("no year") if pd.isna(row["year"]) else str(row["year"])
    name = escape(f"{row['citation']} · {given(row['label'])}")
    link = str(row["url"])
    if link.startswith("https://"):
        name = f'<a href="{escape(link, quote=True)}" target="_blank" rel="noopener">{name}</a>'
    kind = escape(f"{year} · {word(literature.TYPES, row['study_type'], text)}")
    return (
        f'<div class="lc-e">{name}<div class="lc-s">{kind}</div><div class="lc-s">{escape(why)}</div></div>'
    )


def _caveats() -> None:
    known = pd.concat([queries.caveats("literature"), queries.caveats("cases")])
    if known.empty:
        return
    with st.expander(_("What to mind with these reports"), icon=":material/warning:"):
        for row in records(known):
            st.markdown(f"- {plain(text.pick(row, 'text'))}")


def _small(said: str) -> None:
    st.html(f'<p class="lc-caption">{escape(said)}</p>')


page()
