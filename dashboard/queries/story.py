"""What the store holds for one disease's story (:class:`dashboard.story.rows.Rows`) and for its data file."""

from __future__ import annotations

from datetime import date

import pandas as pd

from dashboard import queries, store
from dashboard.story.rows import Rows

#: A link to what a reference is: its own address, else its DOI or PMID.
_URL = """coalesce(nullif(r.url, ''), 'https://doi.org/' || nullif(r.doi, ''),
                  'https://pubmed.ncbi.nlm.nih.gov/' || nullif(r.pmid, '') || '/')"""


def rows(focus: str, as_of: date | None = None) -> Rows:
    """Everything that the slides of a disease draw. ``as_of`` is the day for freshness, else today."""
    day = as_of or store.today()
    cells = queries.grid(focus, day)
    published = queries.cases(focus)
    found = store.frames(
        {
            "claims": (_CLAIMS, [focus]),
            "reasons": (_REASONS, [focus]),
            "searches": (_SEARCHES, [focus]),
            "trials": (_TRIALS, []),
            "broader": (_BROADER, [focus]),
            "funders": (_FUNDERS, [focus]),
            "references": (_REFERENCES, [focus]),
            "read": (_READ, [focus]),
        }
    )
    trials = found["trials"]
    own = cells[cells["disease_id"] == focus]
    receipt = queries.receipt().iloc[0]
    return Rows(
        disease=queries.diseases(focus).iloc[0].to_dict(),
        cells=cells,
        claims=found["claims"],
        reasons=found["reasons"],
        searches=found["searches"],
        trials=trials[trials["disease_id"].isin(cells["disease_id"])],
        broader=found["broader"],
        funders=found["funders"],
        patients=published.patients,
        treatments=published.treatments,
        studies=published.studies,
        related=published.related,
        steps=queries.next_steps(focus),
        references=found["references"],
        read_in_full=int(found["read"].iloc[0]["in_full"]),
        read_in_part=int(found["read"].iloc[0]["in_part"]),
        evidence_day=str(own["answered_on"].max() or ""),
        today=day.isoformat(),
        build=str(receipt["build_id"]),
    )


def package(focus: str) -> dict[str, pd.DataFrame]:
    """Frames of the data file that the slides do not hold.

    - sources: every column of ``source``.
    - records: live records that name the disease or its relatives: source_id, record_id, disease_id,
      kind, title, url, status, status_as_of, start, year, match, redistribute.
    - controls: every column of ``control``.
    - cited: every column of ``reference`` that stands behind a cell of the disease.
    - cell_searches: as :func:`dashboard.queries.cell_searches`.
    - challenges: the public log of challenged cells.
    """
    found = store.frames(
        {
            "sources": ("SELECT * FROM source ORDER BY rowid", []),
            "records": (_RECORDS, [focus]),
            "controls": (_CONTROLS, [focus]),
            "cited": (_CITED, [focus, focus]),
            "challenges": ("SELECT * FROM challenge ORDER BY rowid", []),
        }
    )
    found["cell_searches"] = queries.cell_searches()
    return found


def challenges() -> pd.DataFrame:
    """The public log of doubts: every column of ``challenge`` and title_en/fr, abbreviation, newest first."""
    return store.frame(_CHALLENGES)


_CHALLENGES = """
SELECT c.*, q.title_en, q.title_fr, d.abbreviation
FROM challenge AS c JOIN question AS q USING (question_id) JOIN disease AS d USING (disease_id)
ORDER BY c.received_on DESC, c.challenge_id
"""
_CLAIMS = f"""
SELECT e.question_id, e.n, e.as_of, r.citation_short, {_URL} AS url
FROM evidence AS e
LEFT JOIN judgement_of AS g ON g.file = e.file AND g.row_id = e.row_id
LEFT JOIN reference AS r ON r.reference_id = e.reference_id
WHERE e.disease_id = ? AND (e.role = 'claimed' OR g.search_depth = 'single_source')
ORDER BY e.question_id, e.role <> 'claimed', e.file, e.row_id
"""  # noqa: S608
_REASONS = """
SELECT c.question_id, c.code, c.detail, o.name
FROM cell_reason AS c LEFT JOIN source AS o USING (source_id)
WHERE c.disease_id = ?
ORDER BY c.question_id, o.rowid NULLS FIRST, c.code
"""
_SEARCHES = f"""
SELECT c.question_id, s.search_id, s.snapshot_id, s.source_id, o.name, s.query, s.fields, s.asked_on,
       s.rung, s.coverage, s.register_size, s.total, s.received, s.complete, s.fault, s.interface,
       s.data_version, k.controls, k.controls_failed,
       coalesce(nullif(s.url, ''), {_URL}) AS url
FROM cell_search AS c
JOIN search AS s USING (search_id)
JOIN source AS o ON o.source_id = s.source_id
LEFT JOIN reference AS r ON r.reference_id = s.reference_id
LEFT JOIN (
  SELECT search_id, count(*) AS controls, count(*) FILTER (NOT passed) AS controls_failed
  FROM (SELECT s2.search_id, k2.passed
        FROM search AS s2 JOIN control AS k2
          ON k2.search_id = s2.search_id
          OR (k2.search_id IS NULL AND k2.snapshot_id = s2.snapshot_id AND k2.source_id = s2.source_id
              AND (k2.disease_id IS NULL OR k2.disease_id = s2.disease_id)))
  GROUP BY search_id
) AS k ON k.search_id = s.search_id
WHERE c.disease_id = ?
ORDER BY o.rowid, s.asked_on DESC, s.search_id, c.question_id
"""  # noqa: S608
#: Curated trials and, once each, the clusters of live ones that no curated row names already.
_TRIALS = f"""
SELECT t.trial_id, d.disease_id, t.title, t.status, t.status_as_of, t.start_year,
       (SELECT list(DISTINCT i.class_id) FROM intervention AS i
        WHERE list_contains(t.interventions, i.intervention_id)) AS classes, {_URL} AS url
FROM trial_disease AS d JOIN trial AS t USING (trial_id)
LEFT JOIN reference AS r ON r.reference_id = t.reference_id
UNION ALL
SELECT min(m.record_id), m.disease_id, min(m.title), lower(min(m.status)), NULL, min(m.year), NULL, min(m.url)
FROM cluster_member AS m
WHERE m.question_id = 'trials_registered'
  AND NOT EXISTS (SELECT 1 FROM cluster AS c JOIN trial AS t ON t.trial_id = c.record_id
                  WHERE c.cluster_id = m.cluster_id)
GROUP BY m.cluster_id, m.disease_id
ORDER BY 2, 1
"""  # noqa: S608
_BROADER = f"""
SELECT t.trial_id, t.title, t.status, t.status_as_of, {_URL} AS url
FROM trial_eligibility AS e JOIN trial AS t USING (trial_id)
LEFT JOIN reference AS r ON r.reference_id = t.reference_id
WHERE e.disease_id = ? AND e.verdict = 'yes_by_umbrella_label'
ORDER BY t.trial_id
"""  # noqa: S608
_FUNDERS = """
SELECT funder, checked_on, result FROM funder_check
WHERE disease_id = ? AND check_id NOT LIKE 'fc_any_%'
ORDER BY result = 'not_searched', rowid
"""
_REFERENCES = f"""
SELECT DISTINCT e.question_id, r.reference_id, r.citation_short, {_URL} AS url
FROM evidence AS e JOIN reference AS r USING (reference_id)
WHERE e.disease_id = ?
ORDER BY e.question_id, r.citation_short
"""  # noqa: S608
_READ = """
SELECT count(*) FILTER (r.access = 'full_text') AS in_full,
       count(*) FILTER (r.access IN ('abstract', 'excerpt')) AS in_part
FROM study AS s JOIN reference AS r USING (reference_id)
WHERE s.included AND s.disease_id = ?
"""
_RECORDS = """
SELECT r.source_id, r.record_id, m.disease_id, r.kind, r.title, r.url, r.status, r.status_as_of,
       r.start, r.year, m.match, m.names_disease, o.redistribute
FROM record_match AS m JOIN record AS r USING (source_id, record_id) JOIN source AS o USING (source_id)
WHERE m.disease_id = ?
ORDER BY r.source_id, r.record_id
"""
_CONTROLS = """
SELECT DISTINCT k.* FROM control AS k
WHERE k.snapshot_id || k.source_id IN (
  SELECT s.snapshot_id || s.source_id FROM cell_search AS c JOIN search AS s USING (search_id)
  WHERE c.disease_id = ?)
ORDER BY k.source_id, k.control_id
"""
_CITED = """
SELECT DISTINCT r.* FROM reference AS r
WHERE r.reference_id IN (SELECT reference_id FROM evidence WHERE disease_id = ?)
   OR r.reference_id IN (SELECT reference_id FROM study WHERE disease_id = ?)
ORDER BY r.reference_id
"""
