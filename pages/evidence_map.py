"""Evidence map: which studies say what became of whom under which treatment, and where there are none."""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from dashboard import chart, drawn, evidence_map, filters, queries, rows, store, style, tiles, trials
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
    drawn.once("opening", lambda: _opening(_known()))
    _map()
    _chosen()


def _known() -> Known:
    which = (choice.focus, choice.comparator, choice.diseases, choice.lang)
    return _gathered(store.identity(), str(store.today()), which)


def _tiles() -> pd.DataFrame:
    """Every combination of a class and an outcome, as far as the filters leave its studies."""
    known = _known()
    told = (known.studies, known.classes, known.outcomes, known.cells, choice)
    return drawn.once("tiles", lambda: evidence_map.tiles(*told, focus=choice.focus))


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


def _opening(known: Known) -> None:
    """What the map may say and what not."""
    st.title(_("Evidence map"))
    lede = _(
        "Each tile is one treatment class and one outcome. A number counts the studies that state it; "
        "a dotted tile says that none stands in the gathered records, never that nobody studied it."
    )
    said = _("On this map: {diseases}.").format(diseases=text.join(map(str, known.diseases["abbreviation"])))
    st.html(f'<p class="lc-lede">{escape(lede)}</p><p class="lc-caption">{escape(said)}</p>')


# --- the map ----------------------------------------------------------------------------------


def _map() -> None:
    """Every combination, studied or not; a click opens its studies."""
    chart.show(_chart, name="map", text=text, on_select=_clicked, selection_mode="points")
    if choice.active:
        emptied = drawn.once("emptied", lambda: rows.emptied_by(_known().studies, choice))
        filters.undo_buttons(emptied, choice)
    drawn.once("legend", lambda: st.html(_legend()))


def _chart() -> chart.Chart:
    from dashboard.figures import evidence_map as figure  # noqa: PLC0415  Plotly loads only when needed

    known, made, total = _known(), _tiles(), not choice.active
    named = (known.classes, known.names)
    return chart.Chart(
        figure.figure(made, *named, text, style.theme(), total=total, chosen=_tile()),
        title=_finding(made),
        caption=_caption(),
        alt=evidence_map.alt(made, *named, total, text),
        rows=chart.Rows(evidence_map.table(made, *named, total, text), evidence_map.file(made)),
    )


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
            "several treatments stands in each of their rows. Outcomes that are unknown and treatments that "
            "are not told are drawn, and left out of the count in the title. Every number is a floor."
        ),
        _("With a filter, a tile reads: studies in the filter / all.") if choice.active else "",
        chart.source(text),
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


class Offered(NamedTuple):
    """What the two lists offer, and the tile shown before one is chosen."""

    classes: dict[str, str]
    outcomes: dict[str, str]
    marked: dict[tuple[str, str], str]
    first: tuple[str, str]


def _chosen() -> None:
    """The studies behind one tile, chosen on the map or, by keyboard and on small screens, from two lists."""
    offered = drawn.once("offered", lambda: _offered(_known(), _tiles()))
    class_id, _dot, outcome_id = _tile().partition(".")
    if class_id not in offered.classes or outcome_id not in offered.outcomes:
        class_id, outcome_id = offered.first
    st.session_state["map_class"], st.session_state["map_outcome"] = class_id, outcome_id
    with st.container(key="pick_tile", horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("Treatment class"),
            list(offered.classes),
            format_func=offered.classes.__getitem__,
            key="map_class",
            on_change=_picked,
            width=340,
        )
        st.selectbox(
            _("Outcome"),
            list(offered.outcomes),
            format_func=lambda o: offered.marked[class_id, o],
            key="map_outcome",
            on_change=_picked,
            width=380,
        )
    file = drawn.once("studies", lambda: _studies(class_id, outcome_id))
    if file is not None:
        chart.download(file, name="studies", text=text)


def _offered(known: Known, made: pd.DataFrame) -> Offered:
    st.header(_("The studies behind a tile"), anchor="studies")
    marked = {
        (r["class_id"], r["outcome_id"]): _option(r, known.names[r["outcome_id"]]) for r in records(made)
    }
    return Offered(known.classes, known.names, marked, _first(made))


def _option(tile: Any, name: str) -> str:
    """An outcome with the number of its studies, so that the list alone shows where there are any."""
    return f"{name} ({text.number(int(tile['n']))})" if tile["state"] == "found" else name


def _studies(class_id: str, outcome_id: str) -> pd.DataFrame | None:
    """What one tile says, and each of its studies; the same as a file, nothing where there is none."""
    known, made, total = _known(), _tiles(), not choice.active
    tile = records(made[(made["class_id"] == class_id) & (made["outcome_id"] == outcome_id)])[0]
    said = plain(evidence_map.says(tile, total, text))
    st.markdown(f"**{plain(known.classes[class_id])} · {plain(known.names[outcome_id])}**{text.colon}{said}")
    meaning = known.outcomes.set_index("outcome_id").loc[outcome_id]
    st.html(f'<p class="lc-caption">{escape(text.pick(meaning, "meaning"))}</p>')
    left = evidence_map.studies_of(rows.kept(known.studies, choice), class_id, outcome_id)
    if left.empty:
        return None
    short = dict(zip(known.diseases["disease_id"], known.diseases["abbreviation"], strict=True))
    st.html("".join(evidence_map.study_html(row, short, text) for row in records(left)))
    return evidence_map.study_table(left, short, text)


def _first(made: pd.DataFrame) -> tuple[str, str]:
    """The tile shown before one is chosen: the first that holds a study of the focus disease, else any."""
    for column in ("focus_n", "n"):
        held = made[(made[column] > 0) & made["tells"].astype(bool)]
        if len(held):
            return str(held.iloc[0]["class_id"]), str(held.iloc[0]["outcome_id"])
    return str(made.iloc[0]["class_id"]), str(made.iloc[0]["outcome_id"])


page()
