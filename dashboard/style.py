"""The small sheet of CSS, in one place. Colours come from :mod:`dashboard.marks`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

from dashboard.marks import palette


def theme() -> str:
    """``light`` or ``dark``, as the reader's browser shows the page."""
    kind = st.context.theme.type
    return "dark" if kind == "dark" else "light"


def apply() -> None:
    """Write the sheet into the page, once a run."""
    st.html(f"<style>{sheet(theme())}</style>")


def sheet(kind: str) -> str:
    """The sheet for a theme."""
    c = palette(kind)
    variables = (
        f"--paper:{c.paper};--panel:{c.panel};--ink:{c.ink};--quiet:{c.quiet};--line:{c.hairline};"
        f"--accent:{c.accent};--hatch:{c.hatch};--link:{c.link};"
    )
    return f":root{{{variables}}}{rules()}"


@lru_cache(maxsize=1)
def rules() -> str:
    """The rules of ``style.css``, without the colours."""
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")
