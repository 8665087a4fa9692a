"""Lacuna: what was looked for about a rare disease, and how. ``streamlit run app.py``."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.logger import get_logger
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import doors, drawn, filters, memory, store, style, turns
from dashboard.text import N_, Text, translate

#: Page -> its title, in the order of the navigation. A page that has no file yet is left out.
PAGES: dict[str, str] = {
    "overview": N_("Overview"),
    "trials": N_("Trials"),
    "biomarkers": N_("Biomarkers"),
    "funding": N_("Funding"),
    "literature": N_("Literature"),
    "cases": N_("Cases"),
    "foundations": N_("Foundations"),
    "evidence_map": N_("Evidence map"),
    "next_steps": N_("Next steps"),
    "methods": N_("Methods"),
    "share": N_("Take away"),
}
FIRST = next(iter(PAGES))


def pages(text: Text) -> dict[str, st.Page]:
    """The pages; their addresses are the same in every language."""
    folder = Path(__file__).parent / "pages"
    return {
        name: st.Page(
            f"pages/{name}.py",
            title=text.gettext(title),
            url_path="home" if name == FIRST else name,
            default=name == FIRST,
        )
        for name, title in PAGES.items()
        if (folder / f"{name}.py").is_file()
    }


def main() -> None:
    """The frame of every page: look, navigation, the bar of choices; then the page itself."""
    st.set_page_config(page_title="Lacuna", page_icon="◌", layout="wide", initial_sidebar_state="collapsed")
    text = translate(filters.language())
    style.apply(text.lang)
    known = pages(text)
    # The first page stands at the root; its own name in an address leads there as well.
    alias = st.Page(f"pages/{FIRST}.py", title=known[FIRST].title, url_path=FIRST, visibility="hidden")
    here = st.navigation([*known.values(), alias], position="top")
    filters.carry()
    name = next((name for name, page in known.items() if page == here), FIRST)
    filters.remember(filters.bar(name))
    drawn.begin(name)
    here.run()
    if text.lang != "en":
        told = text.gettext("What was gathered stays in English, the language in which it was written down.")
        st.caption(told)
    memory.settle(store.identity(), name)


def shown() -> None:
    """One run for one reader."""
    try:
        with turns.turn(), store.one_run():
            memory.renew(store.identity())
            main()
    except store.StoreMissing:
        st.error("No store. Run: make run\n\nAucune base. Lancez : make run")
        st.stop()


if get_script_run_ctx(suppress_warning=True) is None:  # loaded by the server once, before anybody reads
    get_logger("streamlit.error_util").addFilter(doors.OneLine())
    app = st.App(__file__, middleware=[Middleware(doors.Doors)])
else:
    shown()
