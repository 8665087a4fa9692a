"""What the Biomarkers page asks of the store."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard import queries, store
from dashboard.queries import _URL


def biomarkers(diseases: Sequence[str]) -> pd.DataFrame:
    """Every hand-kept row on a biomarker of these diseases, those that say none was found included.

    Columns: every column of ``biomarker``; citation_short, url, access, accessed_on, language of the
    document that says so. The strongest level first.
    """
    return store.frame(_MARKERS, [list(diseases)])


def cells(focus: str) -> pd.DataFrame:
    """The cells of the seven questions on biomarkers, every disease, as in :func:`queries.grid`."""
    found = queries.grid(focus)
    return found[found["group"] == "biomarkers"]


def citations() -> pd.DataFrame:
    """reference_id, citation_short of every reference: texts of the evidence name some by their id."""
    return store.frame("SELECT reference_id, citation_short FROM reference")


_MARKERS = f"""
SELECT b.*, r.citation_short, {_URL} AS url, r.access, r.accessed_on, r.language
FROM biomarker AS b JOIN reference AS r USING (reference_id)
WHERE list_contains(?, b.disease_id)
ORDER BY list_position(['established', 'limited', 'candidate', 'none_found'], b.level), b.rowid
"""  # noqa: S608
