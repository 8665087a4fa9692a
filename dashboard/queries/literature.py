"""What the Literature page asks of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard import store
from dashboard.queries import _RELATED, _URL


@dataclass(frozen=True)
class ReportRows:
    """Reports as the store holds them. Each part may be empty.

    - studies: one row a hand-kept report of a disease: study_id, disease_id, design, n_patients,
      included, exclusion_reason, label_certainty, note; of the reference citation_short, title, year,
      container, doi, pmid, pmcid, url, access, language.
    - records: one row a live publication record × disease it names: cluster_id, source_id, source_name,
      record_id, disease_id, match, title, url, year, publication_types, other_ids, status.
    - related: reports under another label (columns of :class:`dashboard.queries.Certificate`'s related).
    - patients: one row a patient or group: case_id, study_id, n, outcome, label_certainty, year,
      disease_id, design, treated (the report itself tells at least the class of treatment).
    """

    studies: pd.DataFrame
    records: pd.DataFrame
    related: pd.DataFrame
    patients: pd.DataFrame


def report_rows(diseases: Sequence[str], focus: str) -> ReportRows:
    """The reports on some diseases; those under another label and the patients of the focus disease."""
    ids = list(diseases)
    found = store.frames(
        {
            "studies": (_STUDIES, [ids]),
            "records": (_RECORDS, [ids]),
            "related": (_RELATED, [focus]),
            "patients": (_PATIENTS, [focus]),
        }
    )
    return ReportRows(**found)


_STUDIES = f"""
SELECT s.study_id, s.disease_id, s.design, s.n_patients, s.included, s.exclusion_reason, s.label_certainty,
       s.note, r.citation_short, r.title, r.year, r.container, r.doi, r.pmid, r.pmcid, {_URL} AS url,
       r.access, r.language
FROM study AS s JOIN reference AS r USING (reference_id)
WHERE list_contains(?, s.disease_id)
ORDER BY r.year NULLS LAST, s.study_id
"""  # noqa: S608
_RECORDS = """
SELECT c.cluster_id, o.name AS source_name, m.disease_id, m.match, r.source_id, r.record_id, r.title, r.url,
       r.year, r.publication_types, r.other_ids, r.status
FROM record_answer AS a
JOIN record AS r USING (source_id, record_id)
JOIN record_match AS m USING (source_id, record_id)
JOIN cluster AS c USING (source_id, record_id)
JOIN source AS o ON o.source_id = r.source_id
WHERE a.question_id = 'publications' AND list_contains(?, m.disease_id)
  AND (m.names_disease OR (m.match = 'text' AND m.decision IS DISTINCT FROM 'does_not_count'))
ORDER BY c.cluster_id, o.rowid, r.record_id
"""
_PATIENTS = """
SELECT c.case_id, c.study_id, c.n, c.outcome, c.label_certainty, r.year, s.disease_id,
       s.design AS study_type,
       EXISTS (FROM case_treatment AS t
               WHERE t.case_id = c.case_id AND t.source_level = 'primary') AS treated
FROM case_ AS c JOIN study AS s USING (study_id) JOIN reference AS r USING (reference_id)
WHERE s.disease_id = ? AND s.included
ORDER BY r.year NULLS LAST, c.case_id
"""
