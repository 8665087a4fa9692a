"""Trials: what was registered for a disease and its relatives, when, and whether anyone can still enter."""

from __future__ import annotations

from html import escape
from typing import NamedTuple
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from dashboard import (
    certificate,
    chart,
    drawn,
    facts,
    filters,
    queries,
    rows,
    store,
    style,
    tiles,
    trials,
    wording,
)
from dashboard.cases import Row, records, word
from dashboard.marks import palette
from dashboard.queries import trials as asked
from dashboard.text import Text, translate
from dashboard.trials import Names
from dashboard.wording import plain

choice = filters.current()
text = choice.text
_ = text.gettext


class Known(NamedTuple):
    """All that the page shows, before any filter."""

    every: pd.DataFrame
    eligibility: pd.DataFrame
    cells: pd.DataFrame
    diseases: pd.DataFrame
    names: Names

    @property
    def named(self) -> pd.DataFrame:
        """The rows of trials that name their disease."""
        return trials.named(self.every)


def page() -> None:
    """Choose, get, show."""
    drawn.once("opening", lambda: _opening(_known()))
    _timeline()
    drawn.once("broader", lambda: _broader(_known()))
    _registers()
    drawn.once("end", _end)


def _known() -> Known:
    return _gathered(
        store.identity(), str(store.today()), (choice.focus, choice.comparator, choice.diseases, choice.lang)
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _gathered(
    published: store.Identity,  # noqa: ARG001  part of the key, like the day
    day: str,  # noqa: ARG001
    which: tuple[str, str, tuple[str, ...], str],
) -> Known:
    """Read once for a disease and its relatives, whatever the filters."""
    focus, comparator, chosen, lang = which
    told = translate(lang)
    diseases = asked.around(focus, comparator, chosen)
    ids = [str(d) for d in diseases["disease_id"]]
    found, interventions = asked.trial_rows(ids, focus), asked.interventions()
    every = trials.gathered(found.curated, found.records, interventions, store.today())
    cells = asked.cells(("trials_registered",), focus)
    cells = cells[cells["disease_id"].isin(ids)]
    cells = cells.assign(said=[_sentence(row, focus, told) for row in records(cells)])
    names = Names(trials.class_names(asked.classes(), told), interventions, told)
    return Known(every, found.eligibility, cells, diseases, names)


def _sentence(cell: Row, focus: str, told: Text) -> str:
    """What the state of a cell allows to say; who claims is looked up for the focus disease only."""
    who = ""
    if cell["state"] == "claimed" and cell["disease_id"] == focus:
        who = certificate.claimant(queries.certificate("trials_registered", focus), told)
    return wording.sentence(cell, told, who)


# --- what is known ----------------------------------------------------------------------------


def _opening(known: Known) -> None:
    """The state of the focus disease in words, what stands behind it, and what is open for its relatives."""
    named = known.named
    cell = known.cells[known.cells["disease_id"] == choice.focus].iloc[0].to_dict()
    st.title(_("Trials for {disease}").format(disease=plain(str(cell["abbreviation"]))))
    own = named[named["disease_id"] == choice.focus]
    said = [str(cell["said"])]
    total, _held, _registers = trials.registered(named[named["disease_id"] != choice.focus])
    if total:
        said.append(
            text.ngettext(
                "Beside it stands {n} gathered trial that names a relative.",
                "Beside it stand {n} gathered trials that name its relatives.",
                total,
            )
        )
    tile = tiles.tile(cell, text, style.theme())
    address = "./?" + urlencode(filters.address(cell=f"trials_registered.{choice.focus}"))
    behind = _("What stands behind this: searches, claims, reasons")
    st.html(
        f'<p class="lc-lede"><span style="display:inline-block;min-width:3.4rem">{tile}</span> '
        f"{escape(' '.join(said))}</p>"
        f'<p class="lc-caption"><a href="{escape(address)}" target="_self">{escape(behind)}</a>'
        f" · {escape(_open_now(own, named))}</p>"
    )


def _open_now(own: pd.DataFrame, named: pd.DataFrame) -> str:
    """How many trials a status read within twelve months calls open; none is told as unknown, not as no."""
    n = int(trials.distinct(named)["standing"].eq("open").sum())
    if named.empty:
        return _("No trial gathered, so nothing can be said about places that are open")
    if not n:
        return _(
            "Of none is a status known, read within the last twelve months, that would let a patient enter"
        )
    here = int(own["standing"].eq("open").sum())
    return text.ngettext(
        "{n} was open when last read, within the last twelve months ({here} of them for this disease)",
        "{n} were open when last read, within the last twelve months ({here} of them for this disease)",
        n,
        here=text.number(here),
    )


# --- the timeline -----------------------------------------------------------------------------


def _timeline() -> None:
    """One lane a disease, one tile a trial; the rows, the file and the words are the same."""
    chart.show(lambda: _chart(_known()), name="trials", text=text)
    if choice.active:
        filters.undo_buttons(drawn.once("emptied", lambda: rows.emptied_by(_known().named, choice)), choice)
    drawn.once("key", lambda: _key(rows.kept(_known().named, choice), _known().names))


def _chart(known: Known) -> chart.Chart:
    from dashboard.figures import trials as figure  # noqa: PLC0415  Plotly loads only when a figure is made

    named, cells = known.named, known.cells
    shown = rows.kept(named, choice)
    if choice.diseases:
        cells = cells[cells["disease_id"].isin([choice.focus, *choice.diseases])]
    short = dict(zip(known.diseases["disease_id"], known.diseases["abbreviation"], strict=True))
    span, theme = trials.span(named, store.today()), style.theme()
    wide, narrow = (
        figure.figure(named, shown, cells, known.names, text, span=span, theme=theme, narrow=n)
        for n in (False, True)
    )
    return chart.Chart(
        wide,
        title=_finding(named, shown, short),
        caption=_caption(named),
        alt=figure.alt(shown, cells, text),
        rows=chart.Rows(trials.table(shown, short, known.names, text), trials.file(shown, cells)),
        narrow=narrow,
    )


def _finding(named: pd.DataFrame, shown: pd.DataFrame, short: dict[str, str]) -> str:
    """What the figure shows, over all rows; what the filters leave stands behind it."""
    disease = short[choice.focus]
    own, other = (named[named["disease_id"].eq(choice.focus) == mine] for mine in (True, False))
    n, beside = len(trials.distinct(own)), len(trials.distinct(other))
    if not n and not beside:
        return _("No trial has been gathered for {disease} or its relatives").format(disease=disease)
    if not n:
        said = text.ngettext(
            "No gathered trial names {disease}; {n} names its relatives",
            "No gathered trial names {disease}; {n} name its relatives",
            beside,
            disease=disease,
        )
    else:
        said = text.ngettext(
            "{n} gathered trial names {disease}", "{n} gathered trials name {disease}", n, disease=disease
        )
    if not choice.active:
        return said
    once = trials.distinct(shown)
    filtered = _("{n} of {m} in this filter").format(
        n=text.number(len(once)), m=text.number(len(trials.distinct(named)))
    )
    undated = int(once["year"].isna().sum())
    if choice.years and undated:
        filtered += ", " + text.ngettext("{n} without a year", "{n} without a year", undated)
    return f"{said} ({filtered})"


def _caption(named: pd.DataFrame) -> str:
    total, held, registers = trials.registered(named)
    undated = int(trials.distinct(named)["year"].isna().sum())
    said = [
        text.ngettext(
            "One tile is one trial; a trial for several diseases stands in each lane and counts once: "
            "{n} trial in all,",
            "One tile is one trial; a trial for several diseases stands in each lane and counts once: "
            "{n} trials in all,",
            total,
        ),
        text.ngettext(
            "{held} with the number of a register ({n} register),",
            "{held} with the number of a register ({n} registers),",
            registers,
            held=text.number(held),
        ),
        text.ngettext("{n} without a start year.", "{n} without a start year.", undated),
        _("All are a floor: gathered, the registers not searched in full."),
        chart.source(text),
        _("Each status is that of the day when it was read."),
    ]
    return " ".join(said if total else said[-2:-1])


def _key(shown: pd.DataFrame, names: Names) -> None:
    """What the looks and the letters of the tiles mean."""
    from dashboard.figures import trials as figure  # noqa: PLC0415

    c = palette(style.theme())
    looks = (
        (f"background:{c.fills[3]}", _("open when last read, within twelve months")),
        (f"background:{c.fills[0]}", _("ended, or running and closed to new patients")),
        (f"border:2px dotted {c.quiet}", _("status undated, old or unknown: perhaps ended")),
    )
    keys = "".join(f'<li><span class="lc-t" style="{css}"></span>{escape(said)}</li>' for css, said in looks)
    signs = "".join(
        f"<li><b>{escape(s)}</b> {escape(n)}</li>" for s, n in figure.legend(shown, names.classes)
    )
    others = _("and others")
    more = f"<li><b>+</b> {escape(others)}</li>" if signs else ""
    st.html(f'<ul class="lc-signs">{keys}</ul><ul class="lc-signs">{signs}{more}</ul>')


# --- trials under a broader label -------------------------------------------------------------


def _broader(known: Known) -> None:
    """Trials whose label is wider than the disease: apart, never added, with status and its day."""
    with st.container(key="broader"):
        _under_a_broader_label(known)


def _under_a_broader_label(known: Known) -> None:
    apart = trials.broader(known.every, known.eligibility, choice.focus)
    disease = str(known.diseases.iloc[0]["abbreviation"])
    st.header(
        text.ngettext(
            "{n} trial under a broader label might concern a patient with {disease}",
            "{n} trials under a broader label might concern a patient with {disease}",
            len(apart),
            disease=plain(disease),
        )
        if len(apart)
        else _("No trial under a broader label is known"),
        anchor="broader",
    )
    if apart.empty:
        st.markdown(
            _("Nobody has read the criteria of trials for a parent group with this disease in mind yet.")
        )
        return
    apart_said = _(
        "They name other diseases or the whole group, never this one, and count nowhere above. "
        "Whether a patient could enter is for the trial's own physicians to say."
    )
    st.markdown(apart_said)
    n = apart["verdict"].value_counts()
    told = _(
        "By their label {yes} take the whole group; for {unclear} the wording leaves it open; "
        "{met} were met in a register and nobody has read them yet."
    )
    yes, unclear, met = (
        text.number(int(n.get(v, default=0))) for v in ("yes_by_umbrella_label", "unclear", "met")
    )
    _small(told.format(yes=yes, unclear=unclear, met=met))
    if choice.active:
        _small(_("The filters above take nothing from this list."))
    for standing, title in trials.STANDINGS.items():
        part = apart[apart["standing"] == standing]
        if len(part):
            st.subheader(
                f"{plain(_(title)[:1].upper() + _(title)[1:])} ({text.number(len(part))})", anchor=False
            )
            st.html("".join(_broad(row) for row in records(part)))
    if not len(apart[apart["standing"] == "open"]):
        _small(_("Of none is it known, by a status read in the last twelve months, that patients can enter."))


def _small(said: str) -> None:
    st.html(f'<p class="lc-caption">{escape(said)}</p>')


def _broad(row: Row) -> str:
    said = [
        trials.phase_word(row["phase"], text),
        trials.status_line(row, text),
        word(trials.VERDICTS, row["verdict"], text),
    ]
    number = f"{escape(str(row['trial']))} · " if row["registries"] else ""  # else an id of ours
    name = f'{number}<span lang="en">{escape(str(row["title"]))}</span>'
    link = str(row["url"])
    if link.startswith("https://"):
        name = f'<a href="{escape(link, quote=True)}" target="_blank" rel="noopener">{name}</a>'
    note = f'<div class="lc-s" lang="en">{escape(str(row["note"]))}</div>' if row["note"] else ""
    return f'<div class="lc-e">{name}<div class="lc-s">{escape(" · ".join(said))}</div>{note}</div>'


# --- which registers were searched ------------------------------------------------------------


def _registers() -> None:
    """Each register × each disease: searched or not, and what that allows to say."""
    held = drawn.once("registers", lambda: _register_rows(_known().diseases))
    if held:
        chart.table(lambda: held, name="registers", text=text)


def _register_rows(diseases: pd.DataFrame) -> chart.Rows | None:
    st.header(_("Which registers were searched"), anchor="registers")
    verdicts = asked.registry_verdicts([str(d) for d in diseases["disease_id"]])
    if verdicts.empty:
        st.markdown(_("No register is asked for trials."))
        return None
    _small(
        _("A mark is the verdict of one register on one disease, with the day of its answer.")
        + f" {tiles.SEEN}{text.colon}{_('seen in a part, not counted')}."
    )
    st.html(trials.register_html(verdicts, diseases, text, style.theme()))
    return chart.Rows(trials.register_table(verdicts, diseases, text), trials.register_file(verdicts))


def _end() -> None:
    _several_registers(_known().named)
    _caveats()


def _several_registers(named: pd.DataFrame) -> None:
    """Trials with more than one entry: counted once, each entry with its link."""
    once = trials.distinct(named)
    several = once[[len(held) > 1 for held in once["records"]]]
    if several.empty:
        return
    said = text.ngettext(
        "{n} trial stands in several registers, counted once",
        "{n} trials stand in several registers, counted once",
        len(several),
    )
    with st.expander(said, icon=":material/account_tree:"):
        for row in records(several):
            sheet = [facts.Fact(name, number, url=url) for name, number, url in row["records"]]
            st.html(f"<b>{escape(str(row['title']))}</b>{facts.sheet(sheet)}")


def _caveats() -> None:
    known = queries.caveats("trials")
    if known.empty:
        return
    with st.expander(_("What to mind with these trials"), icon=":material/warning:"):
        for row in records(known):
            st.markdown(f"- {plain(text.pick(row, 'text'))}")


page()
