"""What the Cases page asks of the store beside the patients themselves (``queries.cases``).

The file is not called ``cases`` because the package already has a function of that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from dashboard import store
from dashboard.yours import Known


@dataclass(frozen=True)
class Beside:
    """What stands beside the patients of one disease. Each part may be empty.

    - named: treatment_id, label_en/fr, class_id, class_en/fr, class_order, is_class, citation_short,
      locator: treatments that a document lists for the disease.
    - agreement: field_en/fr, agree, compared, both_empty, source (simple agreement of the two extractors).
    - cell: the row of ``patients_described``: columns of the view ``cell`` and kind, unit_en/fr.
    - references: every column of ``reference`` behind the studies and treatments, for RIS and BibTeX.
    - disease: disease_id, label_en/fr, abbreviation, orpha.
    """

    named: pd.DataFrame
    agreement: pd.DataFrame
    cell: pd.DataFrame
    references: pd.DataFrame
    disease: pd.DataFrame


def beside(disease: str, as_of: date | None = None) -> Beside:
    """What stands beside the patients of a disease (see :class:`Beside`)."""
    day = (as_of or store.today()).isoformat()
    found = store.frames(
        {
            "named": (_NAMED, [disease]),
            "agreement": (_AGREEMENT, [disease]),
            "cell": (_CELL, [day, disease]),
            "references": (_REFERENCES, [disease, disease, disease]),
            "disease": (_DISEASE, [disease]),
        }
    )
    return Beside(**found)


def intervals(pairs: Iterable[tuple[int, int]]) -> Mapping[tuple[int, int], tuple[float, float]]:
    """``(k, n)`` -> the exact 95 % limits as shares of 1, for n from 1 to 200; others are left out.

    Read them only as *if these were a random sample, which they are not*.
    """
    asked = sorted({k * _WIDE + n for k, n in pairs if 0 <= k <= n < _WIDE})
    found = store.frame(_INTERVALS, [asked])
    return {
        (int(k), int(n)): (float(low), float(high))
        for k, n, low, high in found.itertuples(index=False, name=None)
    }


def vocabulary() -> Known:
    """All that a reader's own case files may refer to."""
    found = store.frames(
        {
            "references": (f"SELECT r.*, {_URL} AS link FROM reference AS r", []),  # noqa: S608
            "studies": ("SELECT * FROM study", []),
            "interventions": (_INTERVENTIONS, []),
            "diseases": ("SELECT disease_id FROM disease", []),
            "cases": ("SELECT case_id FROM case_", []),
        }
    )
    return Known(**found)


#: Larger than any n of the table, so that k and n fit into one number.
_WIDE = 1000
_URL = """coalesce(nullif(r.url, ''), 'https://doi.org/' || nullif(r.doi, ''),
                  'https://pubmed.ncbi.nlm.nih.gov/' || nullif(r.pmid, '') || '/')"""
_NAMED = """
SELECT t.treatment_id, k.class_id,
       coalesce(i.label_en, k.label_en) AS label_en, coalesce(i.label_fr, k.label_fr) AS label_fr,
       k.label_en AS class_en, k.label_fr AS class_fr, k.sort_order AS class_order,
       i.intervention_id IS NULL AS is_class, r.citation_short, t.locator
FROM named_treatment AS t
LEFT JOIN intervention AS i ON i.intervention_id = t.treatment_id
JOIN intervention_class AS k ON k.class_id = coalesce(i.class_id, t.treatment_id)
JOIN reference AS r USING (reference_id)
WHERE t.disease_id = ?
ORDER BY k.sort_order, t.rowid
"""
_AGREEMENT = """
SELECT field_en, field_fr, agree, compared, both_empty, source
FROM agreement WHERE disease_id = ? ORDER BY sort_order
"""
_CELL = """
SELECT c.*, q.kind, q.unit_en, q.unit_fr
FROM cell_at(CAST(? AS DATE)) AS c JOIN question AS q USING (question_id)
WHERE c.question_id = 'patients_described' AND c.disease_id = ?
"""
_REFERENCES = """
SELECT DISTINCT r.* FROM reference AS r
WHERE r.reference_id IN (
  SELECT reference_id FROM study WHERE disease_id = ?
  UNION ALL SELECT reference_id FROM related_label WHERE disease_id = ?
  UNION ALL SELECT t.reference_id
            FROM case_treatment AS t JOIN case_ USING (case_id) JOIN study AS s USING (study_id)
            WHERE s.disease_id = ?)
ORDER BY r.year NULLS LAST, r.reference_id
"""
_DISEASE = "SELECT disease_id, label_en, label_fr, abbreviation, orpha FROM disease WHERE disease_id = ?"
_INTERVALS = "SELECT k, n, low, high FROM exact_interval WHERE list_contains(?, k * 1000 + n)"
_INTERVENTIONS = """
SELECT i.intervention_id, i.label_en, i.label_fr, k.class_id, k.label_en AS class_en, k.label_fr AS class_fr,
       k.sort_order AS class_order
FROM intervention AS i JOIN intervention_class AS k USING (class_id)
"""
