"""The rows behind a figure as a table and as a CSV file. Pure."""

from __future__ import annotations

import pandas as pd

from dashboard import wording
from dashboard.text import Text

#: Columns of the file, in this order; the same rows as the grid.
COLUMNS = (
    "question_id",
    "question",
    "disease_id",
    "disease",
    "state",
    "n",
    "unit",
    "bound",
    "freshness",
    "coverage",
    "proven_sources",
    "required_sources",
    "broader_n",
    "candidate_n",
    "implied_by",
    "answered_on",
    "fresh_until",
    "as_of",
)


def grid_table(cells: pd.DataFrame, text: Text, as_of: str) -> pd.DataFrame:
    """The grid's rows with the columns of :data:`COLUMNS`; codes stay codes, so that files compare."""
    rows = cells.assign(
        question=cells[f"title_{text.lang}"],
        disease=cells[f"label_{text.lang}"],
        unit=cells[f"unit_{text.lang}"],
        coverage=cells["proven_sources"].astype(str) + "/" + cells["required_sources"].astype(str),
        as_of=as_of,
    )
    return rows[list(COLUMNS)].reset_index(drop=True)


def headings(text: Text) -> dict[str, str]:
    """Column -> its heading on screen."""
    _ = text.gettext
    return {
        "question": _("Question"),
        "disease": _("Disease"),
        "state": _("State"),
        "n": _("Number"),
        "unit": _("Counted"),
        "bound": _("Bound"),
        "freshness": _("Freshness"),
        "coverage": _("Sources"),
        "broader_n": _("Broader"),
        "candidate_n": _("Candidates"),
        "answered_on": _("Answered on"),
    }


def worded(rows: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The table for people: codes as words, headings translated."""
    _ = text.gettext
    bounds = {"exact": _("exact"), "floor": _("at least")}
    said = rows.assign(
        state=[wording.word(wording.STATES, s, text) for s in rows["state"]],
        freshness=[wording.word(wording.FRESHNESS, s, text) for s in rows["freshness"]],
        bound=[
            bounds.get(b, b) if s == "found" else ""
            for b, s in zip(rows["bound"], rows["state"], strict=True)
        ],
    )
    names = headings(text)
    return said[list(names)].rename(columns=names)
