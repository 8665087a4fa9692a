"""What the Trials page asks of the store: hand-kept trials and live records, before they are joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard import queries, store
from dashboard.queries import _URL


@dataclass(frozen=True)
class TrialRows:
    """Trials as the store holds them. Each part may be empty.

    - curated: one row a hand-kept trial × disease: every column of ``trial`` and disease_id,
      citation_short, url, accessed_on.
    - records: one row a live record × disease it names (``match`` other than ``broader``), or × the
      focus disease where it was met under its broader label (``broader``): cluster_id, source_id,
      source_name, disease_id, match, and the columns of ``record``.
    - eligibility: trial_id, disease_id, verdict, note of trials under a broader label (not ``no``).
    """

    curated: pd.DataFrame
    records: pd.DataFrame
    eligibility: pd.DataFrame


def trial_rows(diseases: Sequence[str], focus: str) -> TrialRows:
    """The trials that name one of the diseases, and those that might concern the focus disease."""
    ids = list(diseases)
    found = store.frames(
        {
            "curated": (_CURATED, [ids, focus]),
            "records": (_RECORDS, [ids, focus]),
            "eligibility": (_ELIGIBILITY, [focus]),
        }
    )
    return TrialRows(**found)


def interventions() -> pd.DataFrame:
    """Every intervention: intervention_id, label_en, label_fr, synonyms, class_id, class_order."""
    return store.frame(_INTERVENTIONS)


def classes() -> pd.DataFrame:
    """Every class of interventions in display order: class_id, label_en, label_fr."""
    return store.frame("SELECT class_id, label_en, label_fr FROM intervention_class ORDER BY sort_order")


def around(focus: str, comparator: str, chosen: Sequence[str] = ()) -> pd.DataFrame:
    """The diseases that a page sets side by side, the focus first: columns of :func:`queries.diseases`.

    The focus disease with its relatives (without any: with the one compared with), and those chosen.
    """
    known = queries.diseases(focus)
    wanted = known["role"].notna()
    if wanted.sum() < 2:
        wanted |= known["disease_id"].eq(comparator)
    return known[wanted | known["disease_id"].isin(chosen)].reset_index(drop=True)


def registry_verdicts(diseases: Sequence[str]) -> pd.DataFrame:
    """Each register that the question on registered trials asks, × disease: is it searched, and how.

    Columns: source_id, name, homepage, required, disease_id, state, n, bound, proper, answered_on,
    freshness, failed, source_order, seen (whether a search met any, counted or not).
    """
    return store.frame(_VERDICTS, [store.today().isoformat(), list(diseases)])


def cells(questions: Sequence[str], focus: str) -> pd.DataFrame:
    """The cells of some questions, every disease, with the columns of :func:`queries.grid`."""
    found = queries.grid(focus)
    return found[found["question_id"].isin(questions)]


_CURATED = f"""
SELECT t.*, d.disease_id, r.citation_short, {_URL} AS url, r.accessed_on
FROM trial AS t JOIN reference AS r USING (reference_id), unnest(t.diseases) AS d (disease_id)
WHERE list_contains(?, d.disease_id)
   OR t.trial_id IN (SELECT trial_id FROM trial_eligibility WHERE disease_id = ? AND verdict <> 'no')
ORDER BY t.rowid
"""  # noqa: S608
_RECORDS = """
SELECT c.cluster_id, o.name AS source_name, m.disease_id, m.match, r.source_id, r.record_id, r.title, r.url,
       r.other_ids, r.phases, r.status, r.status_as_of, r.has_results, r.year, r.interventions
FROM record_answer AS a
JOIN record AS r USING (source_id, record_id)
JOIN record_match AS m USING (source_id, record_id)
JOIN cluster AS c USING (source_id, record_id)
JOIN source AS o ON o.source_id = r.source_id
WHERE a.question_id = 'trials_registered'
  AND ((m.names_disease AND list_contains(?, m.disease_id))
       OR (m.match = 'broader' AND m.decision IS NULL AND m.disease_id = ?))
ORDER BY c.cluster_id, o.rowid, r.record_id
"""
_ELIGIBILITY = """
SELECT trial_id, disease_id, verdict, note FROM trial_eligibility
WHERE disease_id = ? AND verdict <> 'no'
ORDER BY verdict = 'unclear', rowid
"""
_INTERVENTIONS = """
SELECT i.intervention_id, i.label_en, i.label_fr, i.synonyms, k.class_id, k.sort_order AS class_order
FROM intervention AS i JOIN intervention_class AS k USING (class_id)
ORDER BY k.sort_order, i.rowid
"""
_VERDICTS = """
SELECT v.source_id, o.name, o.homepage, v.required, v.disease_id, v.state, v.n, v.bound, v.proper,
       v.answered_on, v.failed, o.rowid AS source_order,
       EXISTS (SELECT * FROM cell_search AS k JOIN search AS s USING (search_id)
               WHERE k.question_id = v.question_id AND k.disease_id = v.disease_id
                 AND s.source_id = v.source_id AND s.total > 0) AS seen,
       CASE WHEN v.answered_on = '' THEN 'never_answered'
            WHEN v.failed <> '' THEN 'last_check_failed'
            WHEN v.fresh_until >= CAST(? AS DATE) THEN 'fresh'
            ELSE 'stale' END AS freshness
FROM verdict AS v JOIN source AS o USING (source_id)
WHERE v.question_id = 'trials_registered' AND o.kind = 'trials' AND list_contains(?, v.disease_id)
ORDER BY o.rowid
"""
