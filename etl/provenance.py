"""The last gate before publication: every number and every zero can say where it comes from.

A verdict that counts needs a search of its own source and disease behind its own cell, answered, and
for a public table one that was counted for this very question; or, for what was read and gathered, rows
of this very question × disease: a tally for a number, for a zero a reading by two named persons with its
date and depth. A cell's number needs such a verdict; a zero needs one of every required source, or the
zero it follows from.
"""

from __future__ import annotations

import duckdb

_UNSEARCHED_NUMBER = """
SELECT v.question_id || ' × ' || v.disease_id || ', ' || v.source_id FROM verdict AS v
WHERE v.state IN ('found', 'zero') AND v.source_id <> 'curated'
  AND NOT EXISTS (
    SELECT 1 FROM cell_search AS c JOIN search AS s USING (search_id)
    WHERE c.question_id = v.question_id AND c.disease_id = v.disease_id
      AND s.source_id = v.source_id AND s.disease_id = v.disease_id AND s.fault = ''
      AND (s.snapshot_id <> 'embedded'
           OR EXISTS (SELECT 1 FROM evidence AS e
                      WHERE e.question_id = v.question_id AND e.disease_id = v.disease_id
                        AND e.file = 'dataset_searches' AND e.row_id = s.search_id)))
ORDER BY ALL
"""

_UNREAD_NUMBER = """
SELECT v.question_id || ' × ' || v.disease_id FROM verdict AS v
WHERE v.source_id = 'curated' AND v.state = 'found'
  AND NOT EXISTS (SELECT 1 FROM evidence AS e
                  WHERE e.question_id = v.question_id AND e.disease_id = v.disease_id
                    AND e.role = 'floor' AND e.n > 0)
ORDER BY ALL
"""

_UNREAD_ZERO = """
SELECT v.question_id || ' × ' || v.disease_id FROM verdict AS v
WHERE v.source_id = 'curated' AND v.state = 'zero'
  AND NOT EXISTS (SELECT 1 FROM evidence AS e
                  JOIN judgement_of AS g ON g.file = e.file AND g.row_id = e.row_id
                  LEFT JOIN reference AS r ON r.reference_id = e.reference_id
                  WHERE e.question_id = v.question_id AND e.disease_id = v.disease_id AND e.role = 'absent'
                    AND g.judged_by <> '' AND g.second_reader <> '' AND g.second_reader <> g.judged_by
                    AND g.search_depth <> '' AND coalesce(nullif(e.as_of, ''), r.accessed_on, '') <> '')
ORDER BY ALL
"""

_CELL_WITHOUT_VERDICT = """
SELECT c.question_id || ' × ' || c.disease_id FROM cell_judged AS c
WHERE (c.n > 0 AND NOT EXISTS (SELECT 1 FROM verdict AS v
                               WHERE v.question_id = c.question_id AND v.disease_id = c.disease_id
                                 AND v.state = 'found'))
   OR (c.n = 0 AND c.implied_by IS NULL
       AND (c.required_sources = 0
            OR c.required_sources <> (SELECT count(*) FROM verdict AS v
                                      WHERE v.question_id = c.question_id AND v.disease_id = c.disease_id
                                        AND v.required AND v.state = 'zero')))
   OR (c.n = 0 AND c.implied_by IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM cell_judged AS p JOIN question AS q ON q.question_id = c.question_id
                       WHERE p.question_id = c.implied_by AND p.disease_id = c.disease_id
                         AND p.state = 'zero' AND q.depends_on = c.implied_by))
ORDER BY ALL
"""

_MISSING_CELL = """
SELECT question_id || ' × ' || disease_id FROM question CROSS JOIN disease
EXCEPT SELECT question_id || ' × ' || disease_id FROM cell_judged
ORDER BY ALL
"""

#: Structural faults that refuse publication; each query must return no row.
_BROKEN = {
    "a question × disease has no cell": _MISSING_CELL,
    "a number says not where it comes from, no search of this question and disease": _UNSEARCHED_NUMBER,
    "a number says not where it comes from, no row was gathered": _UNREAD_NUMBER,
    "a zero says not where it comes from, no reading by two persons": _UNREAD_ZERO,
    "a number or zero says not where it comes from, no verdict": _CELL_WITHOUT_VERDICT,
}


def broken(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Structural faults of a store, in words; empty when it may be published."""
    faults = []
    for fault, query in _BROKEN.items():
        faults += [f"{fault}: {row[0]}" for row in connection.execute(query).fetchall()]
    return faults
