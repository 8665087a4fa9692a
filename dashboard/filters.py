"""The choices that a reader makes: language, diseases, and what rows to show. All live in the URL.

Filters choose rows; they never change a state. What stands in the URL is the same in both languages:
ids, codes and years, never translated words. Streamlit writes what a widget *shows* into the URL, so
a widget with translated names cannot be bound itself: beside it, out of sight, stands a *carrier*
that holds the ids and is bound. Carriers are made in ``app.py`` (a value then survives a change of
page), and only where something is set. A page reads :func:`current`, or :func:`kept` for a choice of
its own; whatever is not among the ids that the page knows is quietly ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from dashboard import cases, queries, store
from dashboard.text import LANGUAGES, N_, Text, translate


@dataclass(frozen=True)
class Choice:
    """What the reader has chosen. ``years`` is None when all years are shown; an empty choice means all.

    ``undated`` says whether rows without a year stay; ``confidence`` holds codes of ``etl.tables``,
    ``registries`` ids as :func:`dashboard.queries.registries` gives them, ``study_types`` keys of
    :func:`study_types`. A field that the page does not honour is empty, as if nobody had set it.
    """

    lang: str
    focus: str
    comparator: str
    years: tuple[int, int] | None = None
    classes: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    diseases: tuple[str, ...] = ()
    study_types: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    confidence: tuple[str, ...] = ()
    undated: bool = True

    @property
    def text(self) -> Text:
        """The texts of the chosen language."""
        return translate(self.lang)

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the filters that are set, in the order of the bar."""
        return tuple(name for name in PARAMETERS if getattr(self, name) != getattr(_NONE, name))

    def without(self, name: str) -> Choice:
        """The same choice with one filter taken away: to see which filter emptied a page."""
        return replace(self, **{name: getattr(_NONE, name)})


_NONE = Choice("en", "", "")

#: Field of a choice -> its parameter in the URL, in the order of the bar.
PARAMETERS: dict[str, str] = {
    "diseases": "diseases",
    "years": "years",
    "classes": "class",
    "drugs": "drug",
    "study_types": "study",
    "registries": "registry",
    "confidence": "confidence",
    "undated": "undated",
}
#: Page -> the filters that it honours; only these are shown there. Add a page's line with the page.
HONOURED: dict[str, tuple[str, ...]] = {
    "overview": ("comparator",),
    "trials": ("diseases", "years", "classes", "drugs", "registries", "confidence", "undated"),
    "biomarkers": ("diseases", "confidence"),
    "funding": ("diseases", "years", "undated"),
    "literature": ("diseases", "years", "study_types", "undated"),
    "cases": ("years", "classes", "drugs", "confidence", "undated"),
    "foundations": ("comparator",),
    "evidence_map": ("diseases", "years", "classes", "drugs", "study_types", "confidence", "undated"),
    "share": ("years", "classes", "drugs", "undated"),
}
#: Parameters of one page alone, kept in the URL in the same way (see :func:`kept`).
OWN = (
    *("section", "find", "among", "claim", "support", "of", "sort", "untold"),
    *("condition", "sex", "age", "label", "told", "lanes"),
    *("marker", "kind", "actor", "effort", "done", "tile"),
)
#: Filter -> what it is called.
NAMES: dict[str, str] = {
    "diseases": N_("Diseases"),
    "years": N_("Years"),
    "classes": N_("Interventions"),
    "drugs": N_("Intervention"),
    "study_types": N_("Kind of study"),
    "registries": N_("Registry"),
    "confidence": N_("Confidence"),
    "undated": N_("Undated records"),
}
_LEFT_OUT = "no"
_KEY, _PAGE, _CARRIED = "choice", "page", "carried"


def current() -> Choice:
    """The choice of this run, as ``app.py`` made it."""
    if _KEY not in st.session_state:
        _start_at_app()
    chosen: Choice = st.session_state[_KEY]
    return chosen


def remember(choice: Choice) -> None:
    """Keep the choice for the page that runs next."""
    st.session_state[_KEY] = choice


def state() -> tuple[object, ...]:
    """All that the reader has chosen, the page's own parameters with it: what is shown follows from it."""
    own = {name: kept(name) for name in st.session_state[_CARRIED]}
    return (current(), *sorted(own.items()))


def _start_at_app() -> None:
    """Run ``app.py`` instead of the page alone.

    Until ``st.navigation`` has run once, a new server takes the folder ``pages/`` for pages of the old
    kind, and opens the very first address asked of it without ``app.py``.
    """
    PagesManager.uses_pages_directory = False
    st.rerun()


# --- carriers: what the URL holds -----------------------------------------------------------------


def carry() -> None:
    """The carriers of all that is set, out of sight. ``app.py`` calls it once, before any page runs."""
    there = [
        name
        for name in (*PARAMETERS.values(), "compare", *OWN)
        if st.session_state.get(name) or name in st.query_params
    ]
    with st.container(key="carriers"):
        for name in there:
            if name not in st.session_state.get(_CARRIED, ()) and name not in st.query_params:
                st.query_params[name] = st.session_state[name]  # a new carrier does not write by itself
            st.multiselect(name, [], key=name, bind="query-params", accept_new_options=True)
    st.session_state[_CARRIED] = there


def kept(name: str, known: Iterable[str] | None = None) -> tuple[str, ...]:
    """What the URL holds for a parameter, as far as it is among the ``known`` ids (all, if left out)."""
    held = [str(value) for value in st.session_state.get(name) or ()]
    allowed = held if known is None else set(known)
    return tuple(value for value in held if value in allowed)


def keep(name: str, values: Iterable[object]) -> None:
    """Write a parameter. For callbacks: Streamlit allows it only before the carriers are made."""
    st.session_state[name] = [str(value) for value in values]


def _follow(name: str, value: Any) -> str:
    """Let the widget beside a carrier show what the carrier holds. Returns the widget's key.

    A widget whose words change is a new one to Streamlit: each language has its own.
    """
    key = _shown(name)
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key


def _shown(name: str) -> str:
    return f"{name}_{language()}"


def _taken(name: str) -> None:
    """The reader has chosen: into the carrier."""
    value = st.session_state[_shown(name)]
    keep(name, value if isinstance(value, (list, tuple)) else [value] if value else [])


# --- widgets that any page may use -----------------------------------------------------------------


def one(label: str, names: Mapping[str, str], name: str, *, hidden_label: bool = False) -> str:
    """One of several; the first where nothing is chosen. ``names`` is id -> word, ``name`` the parameter."""
    first = next(iter(names))
    chosen = st.segmented_control(
        label,
        list(names),
        format_func=names.__getitem__,
        required=True,
        key=_follow(name, next(iter(kept(name, names)), first)),
        label_visibility="collapsed" if hidden_label else "visible",
        on_change=_taken_unless,
        args=(name, first),
    )
    return str(chosen)


def _taken_unless(name: str, first: str) -> None:
    _taken(name)
    if kept(name) == (first,):
        keep(name, ())


def many(label: str, names: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Any of a few, as pills; none means all. ``names`` is id -> word, ``name`` the parameter."""
    chosen = st.pills(
        label,
        list(names),
        selection_mode="multi",
        format_func=names.__getitem__,
        key=_follow(name, list(kept(name, names))),
        on_change=_taken,
        args=(name,),
        wrap=True,
    )
    return tuple(chosen)


def among(label: str, names: Mapping[str, str], name: str, placeholder: str) -> tuple[str, ...]:
    """Any of many, as a list to search in; none means all."""
    chosen = st.multiselect(
        label,
        list(names),
        format_func=names.__getitem__,
        key=_follow(name, list(kept(name, names))),
        placeholder=placeholder,
        on_change=_taken,
        args=(name,),
    )
    return tuple(chosen)


def words(label: str, name: str, placeholder: str) -> str:
    """Words to find."""
    return st.text_input(
        label,
        key=_follow(name, " ".join(kept(name))),
        type="search",
        icon=":material/search:",
        placeholder=placeholder,
        on_change=_taken,
        args=(name,),
    )


def tick(label: str, name: str, *, default: bool = False) -> bool:
    """A box to tick. The URL holds ``yes`` or ``no`` where it differs from ``default``."""
    held = kept(name, ("yes", _LEFT_OUT))
    return st.checkbox(
        label,
        key=_follow(name, held[0] == "yes" if held else default),
        on_change=_ticked,
        args=(name, default),
    )


def _ticked(name: str, default: bool) -> None:
    value = bool(st.session_state[_shown(name)])
    keep(name, () if value == default else ("yes" if value else _LEFT_OUT,))


# --- the bar ----------------------------------------------------------------------------------------


def language() -> str:
    """The language asked for, before its switch is drawn: the titles of the pages need it."""
    asked = str(st.session_state.get("lang") or st.query_params.get("lang", ""))
    return asked if asked in LANGUAGES else next(iter(LANGUAGES))


def bar(page: str) -> Choice:
    """The one bar on top of a page, with the filters that the page honours, and what was chosen."""
    st.session_state[_PAGE] = page
    with st.container(key="bar", horizontal=True, vertical_alignment="bottom", gap="small"):
        lang = _choose_language()
        text = translate(lang)
        focus = _choose_focus(text)
        comparator = _choose_comparator(text, focus, shown="comparator" in HONOURED.get(page, ()))
        choice = held(lang, focus, comparator, page)
        if _filters_of(page):
            label = text.gettext("Filters")
            if choice.active:
                label = text.gettext("Filters ({n})").format(n=len(choice.active))
            with st.popover(label, icon=":material/filter_list:", key="filters"):
                for name in _filters_of(page):
                    _WIDGETS[name](text, page, focus)
                if choice.active:
                    st.button(
                        text.gettext("Undo all filters"),
                        key="undo-all",
                        on_click=_undo_all,
                        args=(page,),
                        icon=":material/undo:",
                    )
    return choice


def _filters_of(page: str) -> list[str]:
    return [name for name in PARAMETERS if name in HONOURED.get(page, ())]


def held(lang: str, focus: str, comparator: str, page: str) -> Choice:
    """The choice as the URL holds it, with nothing in the fields that the page does not honour."""
    here = _filters_of(page)
    values: dict[str, Any] = {
        name: kept(PARAMETERS[name], _ids(name, page)) for name in here if name not in ("years", "undated")
    }
    years = _years_kept() if "years" in here else None
    undated = "undated" not in here or _LEFT_OUT not in kept(PARAMETERS["undated"])
    return Choice(lang, focus, comparator, years=years, undated=undated, **values)


def _choose_language() -> str:
    lang = st.segmented_control(
        "Language / Langue",
        list(LANGUAGES),
        default="en",
        required=True,
        key="lang",
        bind="query-params",
        label_visibility="collapsed",
    )
    return str(lang or "en")


def _choose_focus(text: Text) -> str:
    short = _short()
    options = queries.foci()
    asked = st.query_params.get("disease")
    if "disease" not in st.session_state and asked in options:  # a link may also name it by its id
        st.session_state["disease"] = asked
    chosen = st.selectbox(
        text.gettext("Disease"),
        options,
        key="disease",
        bind="query-params",
        format_func=lambda d: short.get(d, d),
        width=190,
    )
    return str(chosen)


def _choose_comparator(text: Text, focus: str, *, shown: bool) -> str:
    """The disease set beside the focus: the one chosen, else the nearest relative."""
    short = _short()
    options = [str(d) for d in queries.diseases(focus)["disease_id"] if d != focus]
    if not options:
        return focus
    by_name = {short[d]: d for d in options}
    asked = next((by_name.get(value, value) for value in kept("compare")), "")
    chosen = asked if asked in options else options[0]
    if shown:
        st.selectbox(
            text.gettext("Compared with"),
            options,
            key=_follow("compare", chosen),
            format_func=lambda d: short.get(d, d),
            on_change=_compared,
            width=240,
        )
    return chosen


def _compared() -> None:
    keep("compare", [_short()[st.session_state[_shown("compare")]]])


def _short() -> dict[str, str]:
    """Disease -> its abbreviation."""
    return _listed(published=store.identity(), name="short", page="", lang="")


def _ids(name: str, page: str) -> list[str]:
    """The ids that a filter knows on a page."""
    return list(_options(name, page, translate("en")))


def _options(name: str, page: str, text: Text) -> dict[str, str]:
    """Id -> word for the values of a filter. Nobody changes it."""
    return _listed(published=store.identity(), name=name, page=page, lang=text.lang)


@st.cache_resource(max_entries=256, show_spinner=False)
def _listed(published: store.Identity, name: str, page: str, lang: str) -> dict[str, str]:  # noqa: ARG001
    return _OPTIONS[name](page, translate(lang))


def _short_names(_page: str, _text: Text) -> dict[str, str]:
    names = store.frame("SELECT disease_id, abbreviation FROM disease")
    return dict(zip(names["disease_id"], names["abbreviation"], strict=True))


def _disease_names(_page: str, text: Text) -> dict[str, str]:
    rows = store.frame("SELECT disease_id, label_en, label_fr FROM disease ORDER BY rowid")
    return {str(r["disease_id"]): text.pick(r, "label") for r in cases.records(rows)}


def _class_names(_page: str, text: Text) -> dict[str, str]:
    rows = store.frame("SELECT class_id, label_en, label_fr FROM intervention_class ORDER BY sort_order")
    return {str(r["class_id"]): text.pick(r, "label") for r in cases.records(rows)}


def _drug_names(_page: str, text: Text) -> dict[str, str]:
    rows = store.frame(
        "SELECT i.intervention_id, i.label_en, i.label_fr FROM intervention AS i"
        " JOIN intervention_class AS k USING (class_id) ORDER BY k.sort_order, i.rowid"
    )
    return {str(r["intervention_id"]): text.pick(r, "label") for r in cases.records(rows)}


def study_types(page: str, text: Text) -> dict[str, str]:
    """Id -> word for the kinds of study of a page: of reports, and what else the page holds."""
    known = {code: text.gettext(said) for code, said in cases.DESIGNS.items()}
    if page == "literature":
        known["clinical_trial"] = text.gettext("report of a trial")
        known["comment"] = text.gettext("letter, comment or correction")
    if page == "evidence_map":
        known["trial"] = text.gettext("registered trial")
    return known


def _registry_names(_page: str, _text: Text) -> dict[str, str]:
    rows = queries.registries()
    return dict(zip(rows["registry_id"], rows["name"], strict=True))


def _confidence_names(_page: str, text: Text) -> dict[str, str]:
    return {code: text.gettext(said) for code, said in cases.CONFIDENCE.items()}


_OPTIONS: dict[str, Callable[[str, Text], dict[str, str]]] = {
    "short": _short_names,
    "diseases": _disease_names,
    "classes": _class_names,
    "drugs": _drug_names,
    "study_types": study_types,
    "registries": _registry_names,
    "confidence": _confidence_names,
}


def _pills(name: str) -> Callable[[Text, str, str], object]:
    return lambda text, page, _focus: many(
        text.gettext(NAMES[name]), _options(name, page, text), PARAMETERS[name]
    )


def _list(name: str) -> Callable[[Text, str, str], object]:
    return lambda text, page, _focus: among(
        text.gettext(NAMES[name]), _options(name, page, text), PARAMETERS[name], text.gettext("any")
    )


def _choose_years(text: Text, _page: str, _focus: str) -> None:
    first, last = year_range()
    st.slider(
        text.gettext("Years"),
        first,
        last,
        key=_follow("years", _years_kept() or (first, last)),
        on_change=_years_taken,
    )


def _years_taken() -> None:
    chosen = st.session_state[_shown("years")]
    keep("years", () if tuple(chosen) == year_range() else chosen)


def _years_kept() -> tuple[int, int] | None:
    """The years in the URL; ``None`` where there are none, or not two that are a range of years."""
    found = [int(value) for value in kept("years") if value.isascii() and value.isdigit()]
    first, last = year_range()
    if len(found) != 2 or found[0] > found[1] or found[1] < first or found[0] > last:
        return None
    years = (max(found[0], first), min(found[1], last))
    return None if years == (first, last) else years


def year_range() -> tuple[int, int]:
    """The first and the last year of anything dated in the store: the ends of the filter of years."""
    return queries.year_range()


def _choose_undated(text: Text, _page: str, _focus: str) -> None:
    tick(text.gettext("Keep records without a year"), "undated", default=True)


_WIDGETS: dict[str, Callable[[Text, str, str], object]] = {
    "diseases": _list("diseases"),
    "years": _choose_years,
    "classes": _pills("classes"),
    "drugs": _list("drugs"),
    "study_types": _list("study_types"),
    "registries": _pills("registries"),
    "confidence": _pills("confidence"),
    "undated": _choose_undated,
}


# --- saying and undoing ---------------------------------------------------------------------------------


def undo(name: str) -> None:
    """Take one filter away, by its field in :class:`Choice` or by a page's own parameter.

    For a button's ``on_click``.
    """
    keep(PARAMETERS.get(name, name), ())


def _undo_all(page: str) -> None:
    for name in _filters_of(page):
        undo(name)


def named(choice: Choice, text: Text) -> dict[str, str]:
    """The filters that are set, each in words: ``{"years": "Years: 2003–2015"}``.

    For the line that says which filter emptied a page, beside a button with :func:`undo`.
    """
    return {
        name: text.gettext(NAMES[name]) + text.colon + _said(choice, name, text) for name in choice.active
    }


def _said(choice: Choice, name: str, text: Text) -> str:
    if name == "years" and choice.years:
        return f"{choice.years[0]}–{choice.years[1]}"
    if name == "undated":
        return text.gettext("left out")
    words_of = _options(name, str(st.session_state.get(_PAGE, "")), text)
    return ", ".join(words_of.get(value, value) for value in getattr(choice, name))


def undo_buttons(names: Iterable[str], choice: Choice) -> None:
    """One button a filter to take it away, under a place that filters have emptied."""
    text = choice.text
    for name in names:
        label = text.gettext("Undo the filter “{name}”").format(name=text.gettext(NAMES[name]))
        st.button(label, key=f"undo-{name}", on_click=undo, args=(name,), icon=":material/undo:")


# --- addresses -------------------------------------------------------------------------------------------


def address(**more: str) -> list[tuple[str, str]]:
    """What the URL must hold to show what is shown now: every choice, and ``more``. For links.

    What is so anyway is left out, as Streamlit leaves it out: it would rewrite a longer address and so
    leave a step in the reader's history that leads nowhere.
    """
    choice = current()
    short = _short()
    first = queries.foci()[0]
    nearest = next((d for d in queries.diseases(choice.focus)["disease_id"] if d != choice.focus), "")
    pairs = [
        ("lang", choice.lang if choice.lang != next(iter(LANGUAGES)) else ""),
        ("disease", short[choice.focus] if choice.focus != first else ""),
        ("compare", short[choice.comparator] if choice.comparator not in (nearest, choice.focus) else ""),
        *((name, value) for name in PARAMETERS.values() for value in kept(name)),
        *more.items(),
    ]
    return [(name, value) for name, value in pairs if value]
