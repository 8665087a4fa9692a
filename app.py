"""Lacuna: what was looked for about a rare disease, and how. ``streamlit run app.py``."""

from __future__ import annotations

import streamlit as st

from dashboard import filters, store, style
from dashboard.text import Text

st.set_page_config(page_title="Lacuna", page_icon="◌", layout="wide", initial_sidebar_state="collapsed")
style.apply()


def bar() -> filters.Choice:
    """The one bar of choices on top of every page, all bound to the URL."""
    with st.container(key="bar", horizontal=True, vertical_alignment="bottom", gap="small"):
        text = filters.choose_language()
        focus, comparator = filters.choose_diseases(text)
        with st.popover(text.gettext("Filter cases"), icon=":material/filter_list:"):
            years, classes = filters.choose_rows(text)
    return filters.Choice(text.lang, focus, comparator, years, classes)


def pages(text: Text) -> list[st.Page]:
    """The pages; their addresses are the same in every language."""
    _ = text.gettext
    titles = {"overview": _("Overview"), "cases": _("Cases"), "methods": _("Methods")}
    return [
        st.Page(f"pages/{name}.py", title=title, url_path=name, default=name == "overview")
        for name, title in titles.items()
    ]


try:
    choice = bar()
except store.StoreMissing as missing:
    st.error(f"No store at {missing.path}. Run: make run\n\nAucune base à cet endroit. Lancez : make run")
    st.stop()
filters.remember(choice)
st.navigation(pages(choice.text), position="top").run()
