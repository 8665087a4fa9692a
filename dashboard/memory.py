"""What stays in memory is of the published store, and is not looked through again after every run.

All that is kept for readers is kept by the store it was made of; of one that was replaced nobody asks again.

Streamlit collects garbage in full at the end of each script run. With Plotly, pandas and the kept figures in
memory that took two thirds of the server's time, measured with twenty readers, to find nothing.
"""

from __future__ import annotations

import atexit
import gc
import threading

import streamlit as st

from dashboard import store

_renewing = threading.Lock()
_read: store.Identity | None = None

# What is still set aside when the program ends would be reported as lost by DuckDB.
atexit.register(gc.unfreeze)


def renew(published: store.Identity) -> None:
    """Let go of all that was kept for an earlier store. For the start of a run.

    A run that still reads the earlier one lets go of nothing.
    """
    global _read  # noqa: PLW0603  one for the whole server, like what Streamlit keeps
    with _renewing:
        if published == _read or published != store.published():
            return
        if _read is not None:
            st.cache_resource.clear()
        _read = published


@st.cache_resource(max_entries=64, show_spinner=False)
def settle(published: store.Identity, page: str) -> None:  # noqa: ARG001  # the key: when it is done anew
    """Set aside all that is in memory now, once for each page of each published store."""
    _collect(published)
    gc.freeze()


@st.cache_resource(max_entries=2, show_spinner=False)
def _collect(published: store.Identity) -> None:  # noqa: ARG001
    """Take away what was set aside for an earlier store and has died since; it takes a tenth of a second."""
    gc.unfreeze()
    gc.collect()
