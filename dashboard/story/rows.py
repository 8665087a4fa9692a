"""What goes in: all that the store holds about one disease, and which part of it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

Record = dict[Any, Any]


@dataclass(frozen=True)
class Rows:
    """What the store holds about one disease, as :func:`dashboard.queries.story.rows` gives it.

    - disease: disease_id, label_en/fr, abbreviation, orpha.
    - cells: the grid of the disease and its relatives (:func:`dashboard.queries.grid`), focus first.
    - claims: question_id, n, as_of, citation_short, url of what documents state of the focus.
    - reasons: question_id, code, detail, name (of the source) for the focus.
    - searches: question_id, name, query, fields, asked_on, rung, coverage, register_size, total,
      fault, controls, controls_failed, url for the focus.
    - trials: trial_id, disease_id, status, status_as_of, start_year, title, classes, url.
    - broader: trial_id, status, status_as_of, title, url of trials under a broader label.
    - funders: funder, checked_on, result of each funder on the list.
    - patients, treatments, studies, related: as in :class:`dashboard.queries.Cases`.
    - steps: every column of ``next_step``. references: citation_short, title, url, day of what is cited.
    - read_in_full, read_in_part: how many reports were read whole, and by abstract or excerpt.
    - evidence_day: ISO day of the newest answer; today: ISO day against which freshness is judged.
    - build: the published store that all of this was read from.
    """

    disease: Record
    cells: pd.DataFrame
    claims: pd.DataFrame
    reasons: pd.DataFrame
    searches: pd.DataFrame
    trials: pd.DataFrame
    broader: pd.DataFrame
    funders: pd.DataFrame
    patients: pd.DataFrame
    treatments: pd.DataFrame
    studies: pd.DataFrame
    related: pd.DataFrame
    steps: pd.DataFrame
    references: pd.DataFrame
    read_in_full: int
    read_in_part: int
    evidence_day: str
    today: str
    build: str

    @property
    def focus(self) -> str:
        """Id of the disease."""
        return str(self.disease["disease_id"])

    @property
    def name(self) -> str:
        """Its abbreviation."""
        return str(self.disease["abbreviation"])

    @cached_property
    def by_cell(self) -> dict[tuple[str, str], Record]:
        """Question and disease -> the row of their cell."""
        return {(str(r["question_id"]), str(r["disease_id"])): r for r in self.cells.to_dict("records")}


@dataclass(frozen=True)
class Filter:
    """Which trials and patients are drawn; states and sentences about states never change."""

    years: tuple[int, int] | None = None
    classes: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    undated: bool = True

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return bool(self.years or self.classes or self.drugs)
