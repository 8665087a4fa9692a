"""The small sheet of CSS, in one place. Colours come from :mod:`dashboard.marks`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

from dashboard.marks import palette
from dashboard.text import LANGUAGES


def theme() -> str:
    """``light`` or ``dark``, as the reader's browser shows the page."""
    kind = st.context.theme.type
    return "dark" if kind == "dark" else "light"


def apply(lang: str) -> None:
    """Write the sheet, the language and the script into the page, once a run.

    Screen readers and hyphenation follow ``<html lang>``, which Streamlit leaves at English; only a
    script can change it. ``lang`` is a key of :data:`dashboard.text.LANGUAGES`. No data goes into it.
    """
    st.html(f"<style>{sheet(theme())}</style>")
    code = lang if lang in LANGUAGES else "en"
    own = f'document.documentElement.lang = "{code}";{script()}'
    st.html(f"<script>{own}</script>", unsafe_allow_javascript=True)


def sheet(kind: str) -> str:
    """The sheet for a theme."""
    c = palette(kind)
    variables = (
        f"--paper:{c.paper};--panel:{c.panel};--ink:{c.ink};--quiet:{c.quiet};--line:{c.hairline};"
        f"--accent:{c.accent};--hatch:{c.hatch};--link:{c.link};"
    )
    return f":root{{{variables}}}{rules()}"


@lru_cache(maxsize=1)
def script() -> str:
    """What the page does in the browser: ``page.js``."""
    return Path(__file__).with_name("page.js").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def rules() -> str:
    """The rules of ``style.css``, without the colours."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")
