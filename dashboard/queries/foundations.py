"""What the Foundations page asks of the store: entries in nomenclatures, and what each rests on."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard import queries, store
from dashboard.queries import _URL

GROUPS = ("foundations", "outcomes_and_care")


@dataclass(frozen=True)
class FoundationRows:
    """The ground that research on a disease stands on. Each part may be empty.

    - disease: one row, every column of ``disease``.
    - names: every column of ``disease_name``.
    - items: every column of ``landscape``; citation_short, container, url, access, accessed_on,
      language of the document.
    - pages: reference_id, container, citation_short, url, access, accessed_on of pages on the disease
      itself in a nomenclature; their ids are ``orphanet_<code>``, ``nord_<disease>`` and so on.
    - claims: claims of the founding report that name the disease: claim_en, claim_fr, support, note,
      citation_short, url.
    - tables: question_id, query, rows_searched, answering_count, as_of, citation_short, url of public
      tables counted whole for the disease.
    - followed: cases with a known length of follow-up: case_id, n, followup_months, citation_short, url.
    """

    disease: pd.DataFrame
    names: pd.DataFrame
    items: pd.DataFrame
    pages: pd.DataFrame
    claims: pd.DataFrame
    tables: pd.DataFrame
    followed: pd.DataFrame


def foundations(disease: str) -> FoundationRows:
    """All that the Foundations page shows of one disease (see :class:`FoundationRows`)."""
    found = store.frames(
        {
            "disease": ("SELECT * FROM disease WHERE disease_id = ?", [disease]),
            "names": ("SELECT * FROM disease_name WHERE disease_id = ? ORDER BY rowid", [disease]),
            "items": (_ITEMS, [disease]),
            "pages": (_PAGES, [disease]),
            "claims": (_CLAIMS, [disease]),
            "tables": (_TABLES, [disease]),
            "followed": (_FOLLOWED, [disease]),
        }
    )
    return FoundationRows(**found)


def cells(focus: str) -> pd.DataFrame:
    """The cells of foundations, outcomes and care, every disease, as in :func:`queries.grid`."""
    found = queries.grid(focus)
    return found[found["group"].isin(GROUPS)]


_ITEMS = f"""
SELECT l.*, r.citation_short, r.container, {_URL} AS url, r.access, r.accessed_on, r.language
FROM landscape AS l JOIN reference AS r USING (reference_id)
WHERE l.disease_id = ?
ORDER BY l.state <> 'found', l.rowid
"""  # noqa: S608
_PAGES = f"""
SELECT r.reference_id, r.container, r.citation_short, {_URL} AS url, r.access, r.accessed_on
FROM reference AS r, disease AS d
WHERE d.disease_id = ? AND r.kind = 'web_page'
  AND r.reference_id IN ('orphanet_' || d.orpha, 'mondo_' || d.disease_id, 'gard_' || d.disease_id,
                         'nord_' || d.disease_id, 'malacards_' || d.disease_id)
"""  # noqa: S608
_CLAIMS = f"""
SELECT c.claim_en, c.claim_fr, c.support, c.note, r.citation_short, {_URL} AS url
FROM seed_claim AS c JOIN disease AS d
  ON regexp_matches(c.claim_en, '\\b' || regexp_escape(d.abbreviation) || '\\b')
LEFT JOIN reference AS r USING (reference_id)
WHERE d.disease_id = ?
ORDER BY c.rowid
"""  # noqa: S608
_TABLES = f"""
SELECT t.question AS question_id, t.query, t.rows_searched, t.answering_count, t.as_of,
       r.citation_short, {_URL} AS url
FROM dataset_search AS t JOIN reference AS r USING (reference_id)
WHERE t.disease_id = ? AND t.coverage = 'whole'
ORDER BY t.rowid
"""  # noqa: S608
_FOLLOWED = f"""
SELECT c.case_id, c.n, c.followup_months, r.citation_short, {_URL} AS url
FROM case_ AS c JOIN study AS s USING (study_id) JOIN reference AS r USING (reference_id)
WHERE s.disease_id = ? AND s.included AND c.followup_months IS NOT NULL
ORDER BY c.rowid
"""  # noqa: S608
