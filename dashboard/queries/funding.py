"""What the Funding page asks of the store: hand-kept funding, live grants, funders that were checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard import queries, store
from dashboard.queries import _URL

QUESTIONS = ("disease_programmes", "public_grants")


@dataclass(frozen=True)
class FundingRows:
    """Money as the store holds it. Each part may be empty.

    - items: one row a funding × disease it concerns (disease_id is missing where it names none):
      funding_id, disease_id, funder, country, scheme, amount, currency, amount_note, amount_basis,
      year_from, year_to, recipient, kind, funder_class, scope, note, confidence, locator,
      citation_short, url, read_on, origin (``gathered`` by hand, ``live`` from a refresh). A live
      grant that several databases hold is one row.
    - checks: every column of ``funder_check`` of the focus disease, and any_funder (the row is a
      statement or a search about any funder, not a funder of the list).
    """

    items: pd.DataFrame
    checks: pd.DataFrame


def funding(diseases: Sequence[str], focus: str) -> FundingRows:
    """The funding that concerns these diseases or no disease by name, and the checks for the focus."""
    ids = list(diseases)
    found = store.frames({"items": (_ITEMS, [ids, ids]), "checks": (_CHECKS, [focus])})
    return FundingRows(**found)


def cells(focus: str) -> pd.DataFrame:
    """The cells of programmes and of public grants, every disease, as in :func:`queries.grid`."""
    found = queries.grid(focus)
    return found[found["question_id"].isin(QUESTIONS)]


_ITEMS = f"""
WITH one AS (
  SELECT f.* EXCLUDE (disease_ids), unnest(
    CASE WHEN len(coalesce(f.disease_ids, [])) = 0 THEN [NULL] ELSE f.disease_ids END) AS disease_id,
    f.rowid AS place
  FROM funding AS f
)
SELECT f.funding_id, f.disease_id, f.funder, f.country, f.scheme, f.amount, f.currency, f.amount_note,
       f.amount_basis, f.year_from, f.year_to, f.recipient, f.kind, f.funder_class, f.scope, f.note,
       f.confidence, f.locator, r.citation_short, {_URL} AS url, r.accessed_on AS read_on,
       'gathered' AS origin, place
FROM one AS f JOIN reference AS r USING (reference_id)
WHERE f.disease_id IS NULL OR list_contains(?, f.disease_id)
UNION ALL
SELECT any_value(m.cluster_id), m.disease_id, any_value(coalesce(nullif(r.funder, ''), o.name)),
       any_value(array_to_string(r.countries, ', ')), any_value(r.title),
       any_value(r.amount), any_value(nullif(r.currency, '')), NULL,
       CASE WHEN any_value(r.amount) IS NULL THEN NULL ELSE 'award' END,
       min(r.year), min(r.year), NULL, 'grant', 'public', 'named', NULL, 'high', any_value(r.record_id),
       any_value(o.name), any_value(r.url), max(s.asked_on), 'live', 1000000 + min(r.rowid)
FROM cluster_member AS m
JOIN record AS r USING (source_id, record_id)
JOIN record_match AS h USING (source_id, record_id, disease_id)
JOIN search AS s USING (search_id)
JOIN source AS o ON o.source_id = m.source_id
WHERE m.question_id = 'public_grants' AND list_contains(?, m.disease_id)
GROUP BY m.cluster_id, m.disease_id
ORDER BY place
"""  # noqa: S608
_CHECKS = """
SELECT *, starts_with(check_id, 'fc_any_') AS any_funder
FROM funder_check WHERE disease_id = ?
ORDER BY any_funder, list_position(['found', 'none_found', 'not_searched'], result), rowid
"""
