"""What the evidence map asks of the store, beside the trials (``dashboard.queries.trials``)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard import store
from dashboard.queries import _URL


def outcomes() -> pd.DataFrame:
    """The outcomes of the catalog in display order, with every column of ``outcome``."""
    return store.frame("SELECT * FROM outcome ORDER BY sort_order")


def treated_patients(diseases: Sequence[str]) -> pd.DataFrame:
    """One row a published patient (or group) × intervention; one without, where no treatment is told.

    Columns: case_id, study_id, disease_id, n, outcome, label_certainty, confidence, study_type, year,
    intervention_id, class_id, source_level (the last three missing where no treatment is told),
    citation_short, url, title.
    """
    return store.frame(_PATIENTS, [list(diseases)])


_PATIENTS = f"""
SELECT c.case_id, s.study_id, s.disease_id, c.n, c.outcome, c.label_certainty, c.confidence,
       s.design AS study_type, r.year, t.intervention_id, i.class_id, t.source_level,
       r.citation_short, {_URL} AS url, r.title
FROM case_ AS c
JOIN study AS s USING (study_id)
JOIN reference AS r USING (reference_id)
LEFT JOIN case_treatment AS t USING (case_id)
LEFT JOIN intervention AS i USING (intervention_id)
WHERE s.included AND list_contains(?, s.disease_id)
ORDER BY r.year NULLS LAST, c.case_id, t.line
"""  # noqa: S608
