"""The choices that a reader makes: language, diseases, years and interventions. All live in the URL.

Every widget is created once, in ``app.py``, so that its value survives a change of page. What
stands in the URL is the same in both languages: ``en``, an abbreviation, a class or a year.
Filters choose rows; they never change a state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from dashboard import queries, store
from dashboard.text import LANGUAGES, Text, translate


@dataclass(frozen=True)
class Choice:
    """What the reader has chosen. ``years`` is None when all years are shown; an empty choice means all.

    ``undated`` says whether rows without a year stay; ``confidence`` holds codes of ``etl.tables``.
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
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return self.years is not None or bool(self.classes)


_KEY = "choice"


def current() -> Choice:
    """The choice of this run, as ``app.py`` made it."""
    if _KEY not in st.session_state:
        _start_at_app()
    chosen: Choice = st.session_state[_KEY]
    return chosen


def _start_at_app() -> None:
    """Run ``app.py`` instead of the page alone.

    Until ``st.navigation`` has run once, a new server takes the folder ``pages/`` for pages of the old
    kind, and opens the very first address asked of it without ``app.py``.
    """
    PagesManager.uses_pages_directory = False
    st.rerun()


def choose_language() -> Text:
    """The language switch; ``?lang=fr`` in the URL."""
    lang = st.segmented_control(
        "Language / Langue",
        list(LANGUAGES),
        default="en",
        required=True,
        key="lang",
        bind="query-params",
        label_visibility="collapsed",
    )
    return translate(str(lang or "en"))


def choose_diseases(text: Text) -> tuple[str, str]:
    """The focus disease and the one set beside it; ``?disease=`` and ``?compare=`` in the URL."""
    _ = text.gettext
    known = queries.foci()
    focus = _disease(_("Disease"), known, "disease", 190)
    others = [str(d) for d in queries.diseases(focus)["disease_id"] if d != focus]
    comparator = _disease(_("Compared with"), others, "compare", 240) if others else focus
    return focus, comparator


def _disease(label: str, options: Sequence[str], key: str, width: int) -> str:
    names = store.frame("SELECT disease_id, abbreviation FROM disease")
    short = dict(zip(names["disease_id"], names["abbreviation"], strict=True))
    _accept_id(key, options)
    chosen = st.selectbox(
        label, options, key=key, bind="query-params", format_func=lambda d: str(short.get(d, d)), width=width
    )
    return str(chosen)


def address(focus: str, comparator: str) -> dict[str, str]:
    """The two diseases as the bar keeps them in the URL: by abbreviation."""
    names = store.frame("SELECT disease_id, abbreviation FROM disease")
    short = dict(zip(names["disease_id"], names["abbreviation"], strict=True))
    return {"disease": str(short[focus]), "compare": str(short[comparator])}


def _accept_id(key: str, options: Sequence[str]) -> None:
    """A link may also name a disease by its id."""
    asked = st.query_params.get(key)
    if key not in st.session_state and asked in options:
        st.session_state[key] = asked


def choose_rows(text: Text) -> tuple[tuple[int, int] | None, tuple[str, ...]]:
    """Years and treatment classes; ``?years=2003&years=2015`` and ``?class=`` in the URL."""
    _ = text.gettext
    first, last = _years()
    classes = store.frame("SELECT class_id, label_en, label_fr FROM intervention_class ORDER BY sort_order")
    names = {str(r["class_id"]): text.pick(r, "label") for r in classes.to_dict("records")}
    years = st.slider(_("Years"), first, last, (first, last), key="years", bind="query-params")
    if "class" not in st.session_state:
        st.session_state["class"] = [c for c in st.query_params.get_all("class") if c in names]
    chosen = st.pills(
        _("Interventions"),
        list(names),
        selection_mode="multi",
        format_func=lambda code: names[code],
        key="class",
        on_change=_write_classes,
    )
    return (None if years == (first, last) else (int(years[0]), int(years[1]))), tuple(chosen)


def _write_classes() -> None:
    """The address holds ids, the same in both languages; the widget would write translated names."""
    st.query_params["class"] = list(st.session_state["class"])


def _years() -> tuple[int, int]:
    found = store.frame(
        "SELECT min(r.year) AS first, max(r.year) AS last"
        " FROM study AS s JOIN reference AS r USING (reference_id) WHERE s.included"
    ).iloc[0]
    first, last = found["first"], found["last"]
    if pd.isna(first) or first == last:
        return 1900, store.today().year
    return int(first), int(last)


def remember(choice: Choice) -> None:
    """Keep the choice for the page that runs next."""
    st.session_state[_KEY] = choice


# --- one page's own choices ---------------------------------------------------------------------------


def choose_drugs(text: Text, names: Mapping[str, str]) -> tuple[str, ...]:
    """Interventions by id; ``?drug=azathioprine`` in the URL, the same in both languages.

    The address is written here, not by the widget: a widget would write the translated name.
    """
    if "drugs" not in st.session_state:
        st.session_state["drugs"] = [d for d in st.query_params.get_all("drug") if d in names]
    st.session_state["drugs"] = [d for d in st.session_state["drugs"] if d in names]
    chosen = st.multiselect(
        text.gettext("Intervention"),
        list(names),
        format_func=lambda drug: names[drug],
        key="drugs",
        placeholder=text.gettext("any"),
        on_change=_write_drugs,
    )
    return tuple(chosen)


def _write_drugs() -> None:
    st.query_params["drug"] = list(st.session_state["drugs"])


def choose_section(text: Text, names: Mapping[str, str]) -> str:
    """One of several sections of a page; ``?section=`` in the URL, the same in both languages."""
    if "section" not in st.session_state:
        asked = st.query_params.get("section")
        st.session_state["section"] = asked if asked in names else next(iter(names))
    chosen = st.segmented_control(
        text.gettext("Section"),
        list(names),
        format_func=lambda code: names[code],
        required=True,
        key="section",
        label_visibility="collapsed",
        on_change=_write_section,
    )
    return str(chosen)


def _write_section() -> None:
    st.query_params["section"] = str(st.session_state["section"])


def undo(name: str) -> None:
    """Take one filter of rows away: ``years``, ``classes`` or ``drugs``. For a button's ``on_click``."""
    if name == "years":
        st.session_state["years"] = _years()
    elif name == "classes":
        st.session_state["class"] = []
        _write_classes()
    else:
        st.session_state["drugs"] = []
        _write_drugs()
