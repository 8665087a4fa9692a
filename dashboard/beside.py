"""Which diseases a page sets side by side. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def beside(known: pd.DataFrame, focus: str, comparator: str, chosen: Sequence[str]) -> pd.DataFrame:
    """The focus disease first, then those chosen; without a choice its relatives, else the comparator.

    ``known`` as :func:`dashboard.queries.diseases`. The focus disease is never filtered away.
    """
    if chosen:
        wanted = known["disease_id"].isin([focus, *chosen])
    elif known["role"].notna().sum() > 1:
        wanted = known["role"].notna()
    else:
        wanted = known["disease_id"].isin([focus, comparator])
    return known[wanted].reset_index(drop=True)
