"""The one Plotly template: paper, ink, no grid lines, no toolbar."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from dashboard.marks import Palette, palette

SANS = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', sans-serif"
#: For ``st.plotly_chart(config=...)``: no toolbar, no zoom, so that scrolling a page stays scrolling.
#: Pictures are saved by the buttons under a chart (``dashboard/chart.py``), which carry the source.
CONFIG: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def layout(theme: str) -> dict[str, Any]:
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


def figure(theme: str) -> go.Figure:
    """An empty figure in the look of Lacuna."""
    return go.Figure(layout=layout(theme))
