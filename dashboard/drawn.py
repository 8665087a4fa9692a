"""Parts of a page that hold no widget: made once for the same store, day, choices and look, then replayed.

What a page shows follows from these four alone, and most readers make the same choices. Streamlit keeps
what a cached function draws and replays it, so a part that was drawn before costs neither pandas nor
Plotly. Widgets cannot be replayed: they stay outside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import streamlit as st

from dashboard import filters, store, style

T = TypeVar("T")

#: Parts kept, of all pages and choices together; the one used longest ago goes first. The largest,
#: the slides, hold half a megabyte: whoever thinks up choices without end fills 256 MB, not the machine.
_MOST = 512
_STATE = "drawn_state"


def begin(page: str) -> None:
    """Note what this run shows. ``app.py`` calls it once the choices are made, before the page runs."""
    shown = (page, *store.identity(), str(store.today()), style.theme(), filters.state())
    st.session_state[_STATE] = repr(shown)


def once(part: str, make: Callable[[], T]) -> T:
    """Draw a part and give what ``make`` gives; where it was made before, replay it and give the same.

    ``part`` is unique on the page. ``make`` draws no widget and follows from store, day, choices and look
    alone; nobody changes what it gives.
    """
    # with names: Streamlit looks at the signature for each argument without one, a twelfth of a rerun
    return cast(T, _once(part=part, state=st.session_state[_STATE], _make=make))


@st.cache_resource(max_entries=_MOST, show_spinner=False)
def _once(part: str, state: str, _make: Callable[[], object]) -> object:  # noqa: ARG001  the key
    return _make()
