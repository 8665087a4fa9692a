"""What a run of the page shows, and what several of its parts share."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import cases, filters, queries, wording
from dashboard.queries import Cases
from dashboard.queries import patients as asked
from dashboard.queries.patients import Beside
from dashboard.text import Text

#: Lanes on one page of lanes: more are not read, and not drawn in time.
LANES = 50


class Seen:
    """What this run shows: read and worked out only where a part has to be made."""

    def __init__(self, choice: filters.Choice) -> None:
        self.focus, self.text = choice.focus, choice.text
        self.chosen, self.sort = cases.Filters(), ""

    @cached_property
    def found(self) -> Cases:
        """All that is known of published patients."""
        return queries.cases(self.focus)

    @cached_property
    def beside(self) -> Beside:
        """What stands beside them: the disease, its cell, readers, references."""
        return asked.beside(self.focus)

    @cached_property
    def shown(self) -> pd.DataFrame:
        """The rows that the filters leave, in their order."""
        found = self.found
        ordered = cases.ordered(found.patients, found.treatments, self.sort, self.text.lang)
        return cases.kept(ordered, found.treatments, self.chosen)


def page_of(shown: pd.DataFrame) -> pd.DataFrame:
    """The rows on the page of lanes that the URL names."""
    first = (page_number(len(shown)) - 1) * LANES
    return shown.iloc[first : first + LANES]


def treatments_of(patients: pd.DataFrame, treatments: pd.DataFrame) -> pd.DataFrame:
    """The treatments of these patients."""
    return treatments[treatments["case_id"].isin(patients["case_id"])]


def page_number(n: int) -> int:
    """Which page of ``n`` lanes the URL names; the nearest there is."""
    held = next(iter(filters.kept("lanes")), "1")
    number = int(held) if held.isascii() and held.isdigit() and len(held) < 6 else 1
    return min(max(number, 1), max(1, -(-n // LANES)))


def state_said(beside: Beside, text: Text) -> str:
    """The cell of the question, in the words that its state allows."""
    if beside.cell.empty:
        return ""
    return wording.sentence(beside.cell.iloc[0].to_dict(), text)


def links(text: Text) -> dict[str, Any]:
    """How the column with addresses is shown."""
    _ = text.gettext
    return {_("Link"): st.column_config.LinkColumn()}
