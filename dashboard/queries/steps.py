"""What the Next steps page asks of the store."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard import queries, store
from dashboard.queries import _URL


@dataclass(frozen=True)
class StepRows:
    """The next steps of a disease and what they rest on. Each part may be empty.

    - steps: every column of ``next_step``, in their rank.
    - evidence: step_id, file, row_id, label (what the row is about), citation_short, url. A row that
      is in no file any more has neither label nor citation.
    - citations: reference_id, citation_short, url of every reference and of every study by its own id.
    - cells: every cell of the disease, as in :func:`queries.grid`.
    """

    steps: pd.DataFrame
    evidence: pd.DataFrame
    citations: pd.DataFrame
    cells: pd.DataFrame


def steps(disease: str) -> StepRows:
    """All that the Next steps page shows of one disease (see :class:`StepRows`)."""
    found = store.frames(
        {
            "steps": ("SELECT * FROM next_step WHERE disease_id = ? ORDER BY rank, step_id", [disease]),
            "evidence": (_EVIDENCE, [disease]),
            "citations": (_CITATIONS, []),
        }
    )
    grid = queries.grid(disease)
    return StepRows(**found, cells=grid[grid["disease_id"] == disease])


_ROWS = """
SELECT 'trials' AS file, trial_id AS row_id, coalesce(acronym, title) AS label, reference_id FROM trial
UNION ALL SELECT 'trial_claims', claim_id, source_searched, reference_id FROM trial_claim
UNION ALL SELECT 'dataset_searches', search_id, '', reference_id FROM dataset_search
UNION ALL SELECT 'biomarkers', biomarker_id, coalesce(marker, finding), reference_id FROM biomarker
UNION ALL SELECT 'funding', funding_id, funder || ', ' || scheme, reference_id FROM funding
UNION ALL SELECT 'funder_checks', check_id, funder, NULL FROM funder_check
UNION ALL SELECT 'landscape', item_id, title, reference_id FROM landscape
UNION ALL SELECT 'studies', study_id, '', reference_id FROM study
UNION ALL SELECT 'cases', c.case_id, '', s.reference_id FROM case_ AS c JOIN study AS s USING (study_id)
UNION ALL SELECT 'known_items', reference_id, '', reference_id FROM known_item
UNION ALL SELECT 'seed_claims', claim_id, claim_en, reference_id FROM seed_claim
"""
_EVIDENCE = f"""
WITH asked AS (
  SELECT step_id, rank, unnest(evidence_rows) AS row, generate_subscripts(evidence_rows, 1) AS place
  FROM next_step WHERE disease_id = ?
), named AS (
  SELECT *, split_part(row, '.csv:', 1) AS file, split_part(row, '.csv:', 2) AS row_id FROM asked
)
SELECT n.step_id, n.file, n.row_id, any_value(w.label) AS label,
       any_value(r.citation_short) AS citation_short, any_value({_URL}) AS url
FROM named AS n LEFT JOIN ({_ROWS}) AS w USING (file, row_id)
LEFT JOIN reference AS r USING (reference_id)
GROUP BY n.step_id, n.file, n.row_id, n.rank, n.place
ORDER BY n.rank, n.place
"""  # noqa: S608
_CITATIONS = f"""
SELECT r.reference_id, r.citation_short, {_URL} AS url FROM reference AS r
UNION
SELECT s.study_id, r.citation_short, {_URL} FROM study AS s JOIN reference AS r USING (reference_id)
WHERE s.study_id <> r.reference_id
"""  # noqa: S608
