"""The one Plotly template: paper, ink, no grid lines, no toolbar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import plotly.graph_objects as go

from dashboard.marks import Palette, palette

SANS = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', sans-serif"
#: For ``st.plotly_chart(config=...)``: no toolbar, no zoom, so that scrolling a page stays scrolling.
#: Pictures are saved by the buttons under a chart (``dashboard/chart.py``), which carry the source.
CONFIG: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}

#: One trace as Plotly's JSON has it: ``type`` and its properties; ``None`` leaves one out.
Trace = dict[str, Any]
#: A click chooses a tile, and Plotly fades all that is not chosen. A text stays as it is where a colour is
#: named for the chosen ones: none of ours can be chosen.
_UNFADED: dict[str, Trace] = {
    "bar": {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}},
    "scatter": {"selected": {"textfont": {"color": "black"}}},
}
#: Whether Plotly looks at every value of a figure. Tests do (``tests/dashboard/conftest.py``).
CHECKED = False


def _look(theme: str) -> dict[str, Any]:
    """The layout that every figure starts from."""
    colours: Palette = palette(theme)
    axis = {"showgrid": False, "zeroline": False, "linecolor": colours.hairline, "fixedrange": True}
    return {
        "template": None,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": SANS, "size": 13, "color": colours.ink},
        "hoverlabel": {
            "bgcolor": colours.panel,
            "bordercolor": colours.hairline,
            "font": {"family": SANS, "size": 13, "color": colours.ink},
            "align": "left",
        },
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "showlegend": False,
        "dragmode": False,
        "xaxis": dict(axis),
        "yaxis": dict(axis),
    }


def assembled(theme: str, traces: Iterable[Trace], **layout: Any) -> go.Figure:
    """A figure of these traces, in the look of Lacuna with ``layout`` on top of it. A click fades nothing.

    Plotly would check every value again for every reader, which is nine tenths of making its object. How a
    figure is made follows from this code alone, so the tests have it checked and no reader waits for it.
    """
    base = _look(theme)
    for name, value in layout.items():
        base[name] = {**base[name], **value} if isinstance(base.get(name), dict) else value
    if "select" in layout.get("clickmode", ""):
        traces = [{**_UNFADED[trace["type"]], **trace} for trace in traces]
    return go.Figure(data=list(traces), layout=base, _validate=CHECKED)
