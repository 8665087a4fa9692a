"""The rows behind a figure as a table and as a CSV file. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dashboard import wording
from dashboard.text import Text
from dashboard.wording import Row

if TYPE_CHECKING:
    from dashboard.queries import Certificate

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
#: Columns that say what was asked where for each cell.
SEARCHED = ("searched", "queries", "links")
#: Columns of the file of one cell: the cell, then one row for each source and search behind it.
CELL_COLUMNS = (
    "question_id",
    "question",
    "disease_id",
    "disease",
    "state",
    "n",
    "bound",
    "freshness",
    "as_of",
    "source_id",
    "source",
    "required",
    "source_state",
    "source_n",
    "source_answered_on",
    "source_freshness",
    "reasons",
    "search_id",
    "query",
    "fields",
    "rung",
    "asked_on",
    "found",
    "rows_searched",
    "link",
)


def grid_table(
    cells: pd.DataFrame, text: Text, as_of: str, searches: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The grid's rows with the columns of :data:`COLUMNS`; codes stay codes, so that files compare.

    With ``searches``, which is :func:`dashboard.queries.cell_searches`, also those of
    :data:`SEARCHED`: what was asked where. Dates are ISO, as far as they are known.
    """
    rows = cells.assign(
        question=cells[f"title_{text.lang}"],
        disease=cells[f"label_{text.lang}"],
        unit=cells[f"unit_{text.lang}"],
        coverage=cells["proven_sources"].astype(str) + "/" + cells["required_sources"].astype(str),
        as_of=as_of,
        fresh_until=[iso(day) for day in cells["fresh_until"]],
    )
    if searches is None:
        return rows[list(COLUMNS)].reset_index(drop=True)
    rows = rows.merge(searches, on=["question_id", "disease_id"], how="left")
    return rows[[*COLUMNS, *SEARCHED]].reset_index(drop=True)


def iso(day: object) -> str:
    """A date as ISO text, ``""`` where there is none."""
    if wording.missing(day):
        return ""
    return str(day)[:10]


def cell_table(cell: Row, found: Certificate, text: Text, as_of: str) -> pd.DataFrame:
    """What stands behind one cell, one row a source and search, with :data:`CELL_COLUMNS`."""
    own = {
        "question_id": cell["question_id"],
        "question": text.pick(cell, "title"),
        "disease_id": cell["disease_id"],
        "disease": text.pick(cell, "label"),
        "state": cell["state"],
        "n": cell["n"],
        "bound": cell["bound"],
        "freshness": cell["freshness"],
        "as_of": as_of,
    }
    rows = [
        {**own, **_source_row(verdict, found), **search}
        for verdict in found.verdicts.to_dict("records")
        for search in _search_rows(str(verdict["source_id"]), found)
    ]
    return pd.DataFrame(rows or [own], columns=list(CELL_COLUMNS))


def _source_row(verdict: Row, found: Certificate) -> dict[str, object]:
    why = found.reasons[found.reasons["source_id"] == verdict["source_id"]]
    return {
        "source_id": verdict["source_id"],
        "source": verdict["name"],
        "required": verdict["required"],
        "source_state": verdict["state"],
        "source_n": verdict["n"],
        "source_answered_on": verdict["answered_on"],
        "source_freshness": verdict["freshness"],
        "reasons": " | ".join(f"{r['code']} {r['detail']}".strip() for r in why.to_dict("records")),
    }


def _search_rows(source_id: str, found: Certificate) -> list[dict[str, object]]:
    """The searches of one source; one empty row where it was not searched."""
    rows = found.searches[found.searches["source_id"] == source_id]
    if rows.empty:
        return [{}]
    return [
        {
            "search_id": row["search_id"],
            "query": row["query"],
            "fields": row["fields"],
            "rung": row["rung"],
            "asked_on": row["asked_on"],
            "found": row["fault"] or row["total"],
            "rows_searched": row["register_size"],
            "link": row["url"] or row["reference_url"],
        }
        for row in rows.to_dict("records")
    ]


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
