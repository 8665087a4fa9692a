"""Evidence map: which studies say what became of whom under which treatment, and where there are none."""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from dashboard import chart, evidence_map, filters, queries, rows, store, style, tiles, trials
from dashboard.cases import records
from dashboard.queries import evidence_map as asked
from dashboard.queries import trials as neighbours
from dashboard.text import translate
from dashboard.wording import plain

choice = filters.current()
text = choice.text
_ = text.gettext
_TILE = "tile"


class Known(NamedTuple):
    """All that the page shows, before any filter."""

    studies: pd.DataFrame
    outcomes: pd.DataFrame
    cells: pd.DataFrame
    diseases: pd.DataFrame
    classes: dict[str, str]
    names: dict[str, str]


def page() -> None:
    """Choose, get, show."""
    which = (choice.focus, choice.comparator, choice.diseases, choice.lang)
    known = _known(store.identity(), str(store.today()), which)
    made = _tiles(known, (*store.identity(), str(store.today()), repr(choice)))
    st.title(_("Evidence map"))
    _opening(known)
    _map(known, made)
    _chosen(known, made)


@st.cache_resource(max_entries=32, show_spinner=False)
def _known(
    published: store.Identity,  # noqa: ARG001  part of the key, like the day
    day: str,  # noqa: ARG001
    which: tuple[str, str, tuple[str, ...], str],
) -> Known:
    focus, comparator, chosen, lang = which
    told = translate(lang)
    diseases = neighbours.around(focus, comparator, chosen)
    ids = [str(d) for d in diseases["disease_id"]]
    found, interventions = neighbours.trial_rows(ids, focus), neighbours.interventions()
    every = trials.gathered(found.curated, found.records, interventions, store.today())
    outcomes = asked.outcomes()
    studies = evidence_map.gathered(
        asked.treated_patients(ids), every[every["disease_id"].isin(ids)], outcomes
    )
    cells = neighbours.cells(tuple(evidence_map.QUESTIONS.values()), focus)
    classes = trials.class_names(neighbours.classes(), told)
    classes[evidence_map.UNTOLD] = told.gettext("Treatment not told, or unmapped")
    return Known(
        studies,
        outcomes,
        cells[cells["disease_id"].isin(ids)],
        diseases,
        evidence_map.drawn_classes(studies, classes),
        {str(r["outcome_id"]): told.pick(r, "label") for r in records(outcomes)},
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _tiles(_known: Known, key: tuple[object, ...]) -> pd.DataFrame:  # noqa: ARG001  the file, day and choice
    return evidence_map.tiles(
        _known.studies, _known.classes, _known.outcomes, _known.cells, choice, focus=choice.focus
    )


def _opening(known: Known) -> None:
    """What the map may say and what not."""
    lede = _(
        "Each tile is one treatment class and one outcome. A number counts the studies that state it; "
        "a dotted tile says that none stands in the gathered records, never that nobody studied it."
    )
    said = _("On this map: {diseases}.").format(diseases=text.join(map(str, known.diseases["abbreviation"])))
    st.html(f'<p class="lc-lede">{escape(lede)}</p><p class="lc-caption">{escape(said)}</p>')


# --- the map ----------------------------------------------------------------------------------


def _map(known: Known, made: pd.DataFrame) -> None:
    """Every combination, studied or not; a click opens its studies."""
    total = not choice.active
    drawn = _Drawn(store.identity(), made, known.classes, known.names)
    figure, alt = _figure(drawn, (choice.lang, style.theme(), _tile(), total))
    chart.show(
        figure,
        title=_finding(made),
        caption=_caption(),
        alt=alt,
        rows=evidence_map.table(made, known.classes, known.names, total, text),
        file=evidence_map.file(made),
        name="map",
        text=text,
        on_select=_clicked,
        selection_mode="points",
    )
    filters.undo_buttons(rows.emptied_by(known.studies, choice), choice)
    st.html(_legend())


class _Drawn(NamedTuple):
    """The tiles of the map, and what tells them apart without reading them whole."""

    published: store.Identity
    made: pd.DataFrame
    classes: dict[str, str]
    names: dict[str, str]


def _kept(drawn: _Drawn) -> tuple[object, ...]:
    made = drawn.made
    return (
        *drawn.published,
        *made["state"],
        *made["n"],
        *made["all"],
        *made["focus_n"],
        *made["candidate_n"],
    )


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={_Drawn: _kept})
def _figure(drawn: _Drawn, look: tuple[str, str, str, bool]) -> tuple[Any, str]:
    from dashboard.figures import evidence_map as figure  # noqa: PLC0415  Plotly loads only when needed

    lang, theme, chosen, total = look
    told = translate(lang)
    made = figure.figure(drawn.made, drawn.classes, drawn.names, told, theme, total=total, chosen=chosen)
    return made, evidence_map.alt(drawn.made, drawn.classes, drawn.names, total, told)


def _finding(made: pd.DataFrame) -> str:
    """How many of the combinations that tell how it went hold no study."""
    asked_for = made[made["class_id"] != evidence_map.UNTOLD]
    asked_for = asked_for[asked_for["tells"].astype(bool)]
    empty = int((asked_for["state"] != "found").sum())
    return _("{n} of {m} combinations of a treatment class and an outcome hold no gathered study").format(
        n=text.number(empty), m=text.number(len(asked_for))
    )


def _caption() -> str:
    said = [
        _(
            "Patients as their reports tell them, trials by the direction of their result; a study with "
            "several treatments stands in each of their rows. Outcomes that are unknown are drawn, and left "
            "out of the count in the title. Every number is a floor."
        ),
        _("With a filter, a tile reads: studies in the filter / all.") if choice.active else "",
        _("Source: Lacuna, {day}.").format(day=text.day(queries.receipt().iloc[0]["as_of"])),
    ]  # fmt: skip
    return " ".join(filter(None, said))


def _legend() -> str:
    """The marks of the map in words."""
    blank = {
        "n": 1, "bound": "floor", "freshness": "fresh", "proven_sources": 0, "required_sources": 1,
        "broader_n": 0, "candidate_n": 0, "implied_by": None, "answered_on": "",
    }  # fmt: skip
    items = "".join(
        f"<li>{tiles.tile({**blank, 'state': state}, text, style.theme())}<span>{escape(_(said))}</span></li>"
        for state, said in evidence_map.STATES.items()
    )
    focus = escape(_("◆ among them, a study of {disease}").format(disease=_abbreviation()))
    apart = escape(_("○ studies that stand apart: doubtful label, or treatment told second-hand"))
    return f'<ul class="lc-legend">{items}<li>{focus}</li><li>{apart}</li></ul>'


def _abbreviation() -> str:
    known = queries.diseases(choice.focus)
    return str(known.iloc[0]["abbreviation"])


# --- one tile ---------------------------------------------------------------------------------


def _tile() -> str:
    """The chosen tile, ``class.outcome``, as the URL has it; empty where there is none."""
    return next(iter(filters.kept(_TILE)), "")


def _clicked() -> None:
    """A click chooses a tile; the click that deselects keeps it."""
    points = st.session_state["map"]["selection"]["points"]
    key = points[0].get("customdata") if points else ""
    key = key[0] if isinstance(key, list) else key
    if isinstance(key, str) and "." in key:
        filters.keep(_TILE, [key])


def _picked() -> None:
    filters.keep(_TILE, [f"{st.session_state['map_class']}.{st.session_state['map_outcome']}"])


def _chosen(known: Known, made: pd.DataFrame) -> None:
    """The studies behind one tile, chosen on the map or, by keyboard and on small screens, from two lists."""
    st.header(_("The studies behind a tile"), anchor="studies")
    class_id, _dot, outcome_id = _tile().partition(".")
    if class_id not in known.classes or outcome_id not in known.names:
        class_id, outcome_id = _first(made)
    st.session_state["map_class"], st.session_state["map_outcome"] = class_id, outcome_id
    counts = {(r["class_id"], r["outcome_id"]): r for r in records(made)}
    with st.container(key="pick_tile", horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("Treatment class"),
            list(known.classes),
            format_func=lambda c: known.classes[c],
            key="map_class",
            on_change=_picked,
            width=340,
        )
        st.selectbox(
            _("Outcome"),
            list(known.names),
            format_func=lambda o: _option(counts[class_id, o], known.names[o]),
            key="map_outcome",
            on_change=_picked,
            width=380,
        )
    tile = counts[class_id, outcome_id]
    total = not choice.active
    said = plain(evidence_map.says(tile, total, text))
    st.markdown(f"**{plain(known.classes[class_id])} · {plain(known.names[outcome_id])}**{text.colon}{said}")
    meaning = known.outcomes.set_index("outcome_id").loc[outcome_id]
    st.html(f'<p class="lc-caption">{escape(text.pick(meaning, "meaning"))}</p>')
    left = evidence_map.studies_of(rows.kept(known.studies, choice), class_id, outcome_id)
    if left.empty:
        return
    short = dict(zip(known.diseases["disease_id"], known.diseases["abbreviation"], strict=True))
    st.html("".join(evidence_map.study_html(row, short, text) for row in records(left)))
    chart.download(evidence_map.study_table(left, short, text), name="studies", text=text)


def _option(tile: Any, name: str) -> str:
    """An outcome with the number of its studies, so that the list alone shows where there are any."""
    return f"{name} ({text.number(int(tile['n']))})" if tile["state"] == "found" else name


def _first(made: pd.DataFrame) -> tuple[str, str]:
    """The tile shown before one is chosen: the first that holds a study of the focus disease, else any."""
    for column in ("focus_n", "n"):
        held = made[(made[column] > 0) & made["tells"].astype(bool)]
        if len(held):
            return str(held.iloc[0]["class_id"]), str(held.iloc[0]["outcome_id"])
    return str(made.iloc[0]["class_id"]), str(made.iloc[0]["outcome_id"])


page()
