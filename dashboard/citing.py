"""Short codes of reports inside a text become citations that a reader can follow. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

_WORD = re.compile(r"\b[a-z][a-z0-9_]*[\d_][a-z0-9_]*\b")


def citations(known: pd.DataFrame) -> dict[str, str]:
    """Code -> short citation, of a frame with reference_id and citation_short."""
    return dict(zip(known["reference_id"].astype(str), known["citation_short"].astype(str), strict=True))


def cited(said: str, known: Mapping[str, str]) -> str:
    """The text with every known code replaced by its citation; all other words stay as they are."""
    return _WORD.sub(lambda found: known.get(found[0], found[0]), said)
