"""One function a question asked of the store. Each says which columns its frame holds.

Missing text is ``None``/``NaN`` as DuckDB gives it; nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from dashboard import store

# --- what there is ----------------------------------------------------------------------------


def receipt() -> pd.DataFrame:
    """One row: build_id, built_at (UTC), as_of, catalog_sha256, snapshots, version."""
    return store.frame("SELECT * FROM receipt")


def diseases(focus: str) -> pd.DataFrame:
    """Every disease, the focus first, then those related to it in their order.

    Columns: disease_id, label_en, label_fr, abbreviation, orpha, role (focus, comparator, parent,
    look_alike, or missing), sort_order.
    """
    return store.frame(_DISEASES, [focus, focus, focus])


_DISEASES = """
SELECT d.disease_id, d.label_en, d.label_fr, d.abbreviation, d.orpha,
       CASE WHEN d.disease_id = ? THEN 'focus' ELSE r.role END AS role,
       CAST(row_number() OVER (
         ORDER BY d.disease_id <> ?, r.sort_order NULLS LAST, d.rowid) - 1 AS INTEGER) AS sort_order
FROM disease AS d
LEFT JOIN disease_relation AS r ON r.other_id = d.disease_id AND r.focus_id = ?
ORDER BY sort_order
"""


def foci() -> list[str]:
    """Ids of the diseases that have relatives beside them, then all others."""
    found = store.frame(
        "SELECT disease_id FROM disease AS d "
        "ORDER BY (SELECT count(*) FROM disease_relation WHERE focus_id = d.disease_id) = 0, rowid"
    )
    return [str(d) for d in found["disease_id"]]


def caveats(scope: str) -> pd.DataFrame:
    """The caveats of a scope: caveat_id, text_en, text_fr, source."""
    return store.frame(
        "SELECT caveat_id, text_en, text_fr, source FROM caveat WHERE scope = ? ORDER BY rowid", [scope]
    )


def registries() -> pd.DataFrame:
    """The registers that trials were met in or can be asked of: registry_id, name.

    ``registry_id`` is the id of the source; of a register that is no source, its name in small
    letters with ``_`` for the rest (the ids of the sources follow the same rule).
    """
    return store.frame(_REGISTRIES)


#: A register's id from the name that a curated trial gives.
REGISTRY_ID = "trim(regexp_replace(lower(registry), '[^a-z0-9]+', '_', 'g'), '_')"
_REGISTRIES = f"""
SELECT source_id AS registry_id, name FROM source WHERE kind = 'trials'
UNION ALL
SELECT DISTINCT {REGISTRY_ID}, registry FROM trial
WHERE registry IS NOT NULL AND {REGISTRY_ID} NOT IN (SELECT source_id FROM source)
"""  # noqa: S608


def year_range() -> tuple[int, int]:
    """The first and last year of anything dated: trials, reports, awards, live records."""
    found = store.frame(_YEAR_RANGE).iloc[0]
    if pd.isna(found["first"]):
        return store.today().year - 1, store.today().year
    first, last = int(found["first"]), int(found["last"])
    return (first - 1 if first == last else first), last


_YEAR_RANGE = """
SELECT min(year) AS first, max(year) AS last FROM (
  SELECT start_year AS year FROM trial
  UNION ALL SELECT r.year FROM study JOIN reference AS r USING (reference_id)
  UNION ALL SELECT year_from FROM funding UNION ALL SELECT year_to FROM funding
  UNION ALL SELECT year FROM record)
"""


# --- the grid ---------------------------------------------------------------------------------


def grid(focus: str, as_of: date | None = None) -> pd.DataFrame:
    """One row per question × disease, every question and every disease, in the order of the grid.

    Columns: those of the view ``cell`` (question_id, disease_id, state, n, bound, freshness,
    proven_sources, required_sources, broader_n, candidate_n, implied_by, answered_on, fresh_until)
    and group, question_order, kind, title_en/fr, unit_en/fr, label_en/fr, abbreviation, role,
    disease_order. ``as_of`` is the day for freshness, today when left out.
    """
    day = (as_of or store.today()).isoformat()
    return store.frame(_GRID, [focus, focus, focus, day])


_GRID = f"""
WITH d AS ({_DISEASES})
SELECT c.*, q."group", q.sort_order AS question_order, q.kind, q.title_en, q.title_fr,
       q.unit_en, q.unit_fr, d.label_en, d.label_fr, d.abbreviation, d.role,
       d.sort_order AS disease_order
FROM cell_at(CAST(? AS DATE)) AS c
JOIN question AS q USING (question_id)
JOIN d USING (disease_id)
ORDER BY q.sort_order, d.sort_order
"""  # noqa: S608


def focus_column(focus: str, comparator: str, as_of: date | None = None) -> pd.DataFrame:
    """The rows of :func:`grid` of the focus disease and one comparator."""
    cells = grid(focus, as_of)
    return cells[cells["disease_id"].isin([focus, comparator])]


def newest_answer() -> str:
    """The day of the newest answer behind any cell, ISO; a rebuilt store does not renew it."""
    return str(store.frame("SELECT max(answered_on) AS day FROM cell_judged").iloc[0]["day"])


def failures(disease: str | None = None) -> pd.DataFrame:
    """The sources whose last check failed or was set aside, for one disease or for any.

    Columns: source_id, name, failed (a code of ``etl.model`` with its detail, as a verdict holds it).
    """
    return store.frame(_FAILURES, [disease, disease])


_FAILURES = """
SELECT v.source_id, o.name, min(v.failed) AS failed
FROM verdict AS v JOIN source AS o USING (source_id)
WHERE v.failed <> '' AND (v.disease_id = ? OR CAST(? AS VARCHAR) IS NULL)
GROUP BY v.source_id, o.name, o.rowid ORDER BY o.rowid
"""


def changes() -> pd.DataFrame:
    """What the last snapshot changed, the gravest first: every column of the view ``what_changed``."""
    return store.frame(
        "SELECT w.*, o.name AS source FROM what_changed AS w LEFT JOIN source AS o USING (source_id)"
    )


def cell_searches() -> pd.DataFrame:
    """What was asked for each cell: question_id, disease_id, searched, queries, links (joined by `` | ``)."""
    return store.frame(_CELL_SEARCHES)


_CELL_SEARCHES = """
SELECT c.question_id, c.disease_id, string_agg(DISTINCT o.name, ' | ') AS searched,
       string_agg(DISTINCT s.query, ' | ') AS queries,
       string_agg(DISTINCT coalesce(nullif(s.url, ''), r.url), ' | ') AS links
FROM cell_search AS c JOIN search AS s USING (search_id)
JOIN source AS o ON o.source_id = s.source_id LEFT JOIN reference AS r ON r.reference_id = s.reference_id
GROUP BY c.question_id, c.disease_id
"""


def citations() -> dict[str, str]:
    """Reference id -> its short citation, for texts of the curators that name a reference by its id."""
    found = store.frame("SELECT reference_id, citation_short FROM reference")
    return dict(zip(found["reference_id"], found["citation_short"], strict=True))


def next_steps(disease: str, limit: int = 100) -> pd.DataFrame:
    """The next steps of a disease in their rank, with every column of ``next_step``."""
    return store.frame("SELECT * FROM next_step WHERE disease_id = ? ORDER BY rank LIMIT ?", [disease, limit])


# --- what was searched ------------------------------------------------------------------------


@dataclass(frozen=True)
class Searched:
    """What was read, counted and asked for one disease, as numbers for the first sentence.

    ``tables`` and ``parts`` hold source_id, name, day (newest date of the table); ``live`` holds
    source_id, name, kind, day of what a refresh asked; ``silent`` the kinds of required sources
    that no refresh has asked yet.
    """

    reports: int
    reports_in_part: int
    reports_in_full: int
    funders_read: int
    funders_listed: int
    tables: pd.DataFrame
    parts: pd.DataFrame
    live: pd.DataFrame
    silent: tuple[str, ...]


def searched(disease: str) -> Searched:
    """What stands behind all cells of a disease (see :class:`Searched`)."""
    found = store.frames(
        {
            "reports": (_REPORTS, [disease]),
            "funders": (_FUNDERS, [disease]),
            "tables": (_TABLES, [disease]),
            "live": (_LIVE, [disease]),
            "kinds": (_KINDS, []),
        }
    )
    reports, funders = found["reports"].iloc[0], found["funders"].iloc[0]
    tables, live = found["tables"], found["live"]
    whole = tables[tables["coverage"] == "whole"]
    asked = {str(kind) for kind in live["kind"]}
    return Searched(
        reports=int(reports["n"]),
        reports_in_part=int(reports["in_part"]),
        reports_in_full=int(reports["in_full"]),
        funders_read=int(funders["read"]),
        funders_listed=int(funders["listed"]),
        tables=whole,
        parts=tables[(tables["coverage"] == "part") & ~tables["source_id"].isin(whole["source_id"])],
        live=live,
        silent=tuple(str(kind) for kind in found["kinds"]["kind"] if str(kind) not in asked),
    )


_REPORTS = """
SELECT count(*) AS n,
       count(*) FILTER (r.access = 'full_text') AS in_full,
       count(*) FILTER (EXISTS (
         FROM case_ AS c
         WHERE c.study_id = s.study_id
           AND concat_ws(' ', c.locator, s.note) LIKE '%read in part%')) AS in_part
FROM study AS s JOIN reference AS r USING (reference_id)
WHERE s.included AND s.disease_id = ? AND r.access <> 'citation'
"""
_FUNDERS = """
SELECT count(*) FILTER (result <> 'not_searched') AS read, count(*) AS listed
FROM funder_check WHERE disease_id = ? AND check_id NOT LIKE 'fc_any_%'
"""
_TABLES = """
SELECT source_id, any_value(o.name) AS name, s.coverage,
       max(s.asked_on) AS day
FROM search AS s JOIN source AS o USING (source_id)
WHERE s.disease_id = ? AND s.snapshot_id = 'embedded' AND s.fault = ''
GROUP BY source_id, s.coverage ORDER BY day
"""
_LIVE = """
SELECT source_id, any_value(o.name) AS name, any_value(o.kind) AS kind, max(s.asked_on) AS day
FROM search AS s JOIN source AS o USING (source_id)
WHERE s.disease_id = ? AND s.snapshot_id <> 'embedded' AND s.fault = ''
GROUP BY source_id ORDER BY day
"""
#: Kinds of source that can be asked live: those that a question requires and that are searched.
_KINDS = """
SELECT o.kind FROM source AS o
WHERE o.kind IN ('trials', 'literature', 'funding')
GROUP BY o.kind ORDER BY min(o.rowid)
"""


# --- the certificate --------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """What stands behind one cell. Each part may be empty.

    - question: one row of ``question``.
    - verdicts: source_id, name, required, state, n, bound, proper, answered_on, fresh_until,
      failed, homepage, form_verified, freshness (as of today); required sources first.
    - reasons: source_id, name, code, detail.
    - searches: every column of ``search`` and name, citation_short, reference_url.
    - controls: every column of ``control`` (matched to the searches by search or by snapshot and source).
    - evidence: role, file, row_id, n, title, detail, locator, as_of, judged_by, second_reader,
      search_depth, citation_short, url, language, access, accessed_on; of trials status, status_as_of.
    - near_misses: source_id, record_id, title, url, matched_name.
    - records: source_id, record_id, kind, title, url, status, status_as_of, match (live records that count).
    - related: reports that may be the same disease under another label (study_id, label_used,
      why_it_may_be_the_same_en/fr, verdict, citation_short, url, title).
    """

    question: pd.DataFrame
    verdicts: pd.DataFrame
    reasons: pd.DataFrame
    searches: pd.DataFrame
    controls: pd.DataFrame
    evidence: pd.DataFrame
    near_misses: pd.DataFrame
    records: pd.DataFrame
    related: pd.DataFrame


def certificate(question: str, disease: str) -> Certificate:
    """All that stands behind a cell (see :class:`Certificate`)."""
    both = [question, disease]
    found = store.frames(
        {
            "question": ("SELECT * FROM question WHERE question_id = ?", [question]),
            "verdicts": (_VERDICTS, [store.today().isoformat(), *both]),
            "reasons": (_REASONS, both),
            "searches": (_SEARCHES, both),
            "controls": (_CONTROLS, both),
            "evidence": (_EVIDENCE, both),
            "near_misses": (_NEAR_MISSES, [disease, *both]),
            "records": (_RECORDS, both),
            "related": (_RELATED, [disease]),
        }
    )
    return Certificate(**found)


#: A link to what a reference is: its own address, else its DOI or PMID.
_URL = """coalesce(nullif(r.url, ''), 'https://doi.org/' || nullif(r.doi, ''),
                  'https://pubmed.ncbi.nlm.nih.gov/' || nullif(r.pmid, '') || '/')"""

_VERDICTS = """
SELECT v.source_id, o.name, v.required, v.state, v.n, v.bound, v.proper, v.answered_on,
       v.fresh_until, v.failed, o.homepage, o.form_verified,
       CASE WHEN v.failed <> '' THEN 'last_check_failed'
            WHEN v.answered_on = '' THEN 'never_answered'
            WHEN v.fresh_until >= CAST(? AS DATE) THEN 'fresh' ELSE 'stale' END AS freshness
FROM verdict AS v JOIN source AS o USING (source_id)
WHERE v.question_id = ? AND v.disease_id = ?
ORDER BY v.required DESC, o.rowid
"""
_REASONS = """
SELECT c.source_id, o.name, c.code, c.detail
FROM cell_reason AS c LEFT JOIN source AS o USING (source_id)
WHERE c.question_id = ? AND c.disease_id = ?
ORDER BY o.rowid NULLS FIRST, c.code
"""
_SEARCHES = f"""
SELECT s.*, o.name, r.citation_short, {_URL} AS reference_url
FROM cell_search AS c JOIN search AS s USING (search_id) JOIN source AS o ON o.source_id = s.source_id
LEFT JOIN reference AS r ON r.reference_id = s.reference_id
WHERE c.question_id = ? AND c.disease_id = ?
ORDER BY s.asked_on DESC, o.rowid, s.search_id
"""  # noqa: S608
_CONTROLS = """
SELECT DISTINCT k.*
FROM cell_search AS c JOIN search AS s USING (search_id)
JOIN control AS k ON k.search_id = s.search_id
  OR (k.search_id IS NULL AND k.snapshot_id = s.snapshot_id AND k.source_id = s.source_id
      AND (k.disease_id IS NULL OR k.disease_id = s.disease_id))
WHERE c.question_id = ? AND c.disease_id = ?
ORDER BY k.source_id, k.asked_on DESC, k.kind DESC
"""
#: The curated files, each row with a title, a detail and a place in its reference.
_ROWS = """
SELECT 'trials' AS file, trial_id AS row_id,
       CASE WHEN registry IS NULL THEN '' ELSE registry || ' · ' END || title AS title,
       concat_ws(' · ', 'phase ' || phase, start_year) AS detail, locator FROM trial
UNION ALL SELECT 'trial_claims', claim_id, source_searched, query, locator FROM trial_claim
UNION ALL SELECT 'dataset_searches', search_id, query, fields, NULL FROM dataset_search
UNION ALL SELECT 'biomarkers', biomarker_id, coalesce(marker, ''), finding, locator FROM biomarker
UNION ALL SELECT 'funding', funding_id, funder || ' · ' || scheme, coalesce(note, ''), locator FROM funding
UNION ALL SELECT 'funder_checks', check_id, funder, how, NULL FROM funder_check
UNION ALL SELECT 'landscape', item_id, title, coalesce(detail, ''), locator FROM landscape
UNION ALL SELECT 'studies', s.study_id, r.title, s.design, NULL
          FROM study AS s JOIN reference AS r USING (reference_id)
UNION ALL SELECT 'cases', c.case_id, r.title, c.outcome, c.locator
          FROM case_ AS c JOIN study AS s USING (study_id) JOIN reference AS r USING (reference_id)
"""
_EVIDENCE = f"""
WITH w AS ({_ROWS})
SELECT e.role, e.file, e.row_id, e.n, w.title, w.detail, w.locator, e.as_of,
       g.judged_by, g.second_reader, g.search_depth,
       r.citation_short, {_URL} AS url, r.language, r.access, r.accessed_on, t.status, t.status_as_of
FROM evidence AS e
LEFT JOIN trial AS t ON e.file = 'trials' AND t.trial_id = e.row_id
LEFT JOIN w USING (file, row_id)
LEFT JOIN judgement_of AS g ON g.file = e.file AND g.row_id = e.row_id
LEFT JOIN reference AS r ON r.reference_id = e.reference_id
WHERE e.question_id = ? AND e.disease_id = ?
ORDER BY CASE e.role WHEN 'value' THEN 0 WHEN 'floor' THEN 1 WHEN 'absent' THEN 2 WHEN 'claimed' THEN 3
         WHEN 'table' THEN 4 WHEN 'candidate' THEN 5 WHEN 'broader' THEN 6 ELSE 7 END, e.file, e.row_id
"""  # noqa: S608
_NEAR_MISSES = """
SELECT DISTINCT m.source_id, m.record_id, m.title, m.url, m.matched_name
FROM near_miss AS m
WHERE m.disease_id = ? AND m.search_id IN (
  SELECT search_id FROM cell_search WHERE question_id = ? AND disease_id = ?)
ORDER BY m.source_id, m.record_id
"""
_RECORDS = """
SELECT r.source_id, r.record_id, r.kind, r.title, r.url, r.status, r.status_as_of, m.match
FROM record_answer AS a
JOIN record AS r USING (source_id, record_id)
JOIN record_match AS m USING (source_id, record_id)
WHERE a.question_id = ? AND m.disease_id = ? AND m.names_disease
ORDER BY r.source_id, r.record_id
"""
_RELATED = f"""
SELECT l.study_id, l.label_used, l.why_it_may_be_the_same_en, l.why_it_may_be_the_same_fr, l.verdict,
       r.citation_short, r.title, r.year, {_URL} AS url
FROM related_label AS l LEFT JOIN reference AS r USING (reference_id)
WHERE l.disease_id = ?
ORDER BY l.verdict <> 'undecided', l.rowid
"""  # noqa: S608


def question_titles(lang: str) -> Mapping[str, str]:
    """Question id -> its short title in a language."""
    found = store.frame("SELECT question_id, title_en, title_fr FROM question ORDER BY sort_order")
    return dict(zip(found["question_id"], found[f"title_{lang}"], strict=True))


# --- published cases --------------------------------------------------------------------------


@dataclass(frozen=True)
class Cases:
    """What is known of published patients of one disease. Each part may be empty.

    - patients: every column of ``case_`` and design, centre, study_note; of the report reference_id,
      citation_short, title, year, container, doi, pmid, url, access, accessed_on, language.
    - treatments: every column of ``case_treatment`` and label_en/fr, class_id, class_en/fr,
      class_order, atc; citation_short and url of the document that says so.
    - studies: study_id, design, n_patients, included, exclusion_reason, label_certainty, extractor,
      note; of the report citation_short, title, year, url, access, accessed_on, language.
    - related: as in :class:`Certificate`.
    - cell: state, n, bound and candidate_n of the question ``patients_described``.
    """

    patients: pd.DataFrame
    treatments: pd.DataFrame
    studies: pd.DataFrame
    related: pd.DataFrame
    cell: pd.DataFrame


def cases(disease: str) -> Cases:
    """The published patients of a disease and the reports considered (see :class:`Cases`)."""
    found = store.frames(
        {
            "patients": (_PATIENTS, [disease]),
            "treatments": (_TREATMENTS, [disease]),
            "studies": (_STUDIES, [disease]),
            "related": (_RELATED, [disease]),
            "cell": (_PATIENTS_CELL, [disease]),
        }
    )
    return Cases(**found)


_PATIENTS = f"""
SELECT c.*, s.design, s.centre, s.note AS study_note, r.reference_id, r.citation_short, r.title, r.year,
       r.container, r.doi, r.pmid, {_URL} AS url, r.access, r.accessed_on, r.language
FROM case_ AS c JOIN study AS s USING (study_id) JOIN reference AS r USING (reference_id)
WHERE s.disease_id = ? AND s.included
ORDER BY r.year NULLS LAST, c.case_id
"""  # noqa: S608
_TREATMENTS = f"""
SELECT t.*, i.label_en, i.label_fr, k.class_id, k.label_en AS class_en, k.label_fr AS class_fr,
       k.sort_order AS class_order, i.atc, r.citation_short, {_URL} AS url
FROM case_treatment AS t
JOIN case_ AS c USING (case_id) JOIN study AS s USING (study_id)
JOIN intervention AS i USING (intervention_id) JOIN intervention_class AS k USING (class_id)
JOIN reference AS r ON r.reference_id = t.reference_id
WHERE s.disease_id = ? AND s.included
ORDER BY t.case_id, t.line, t.rowid
"""  # noqa: S608
_STUDIES = f"""
SELECT s.study_id, s.design, s.n_patients, s.included, s.exclusion_reason, s.label_certainty, s.extractor,
       s.note, r.citation_short, r.title, r.year, {_URL} AS url, r.access, r.accessed_on, r.language
FROM study AS s JOIN reference AS r USING (reference_id)
WHERE s.disease_id = ?
ORDER BY s.included DESC, r.year NULLS LAST, s.study_id
"""  # noqa: S608
_PATIENTS_CELL = """
SELECT state, n, bound, candidate_n FROM cell_judged
WHERE question_id = 'patients_described' AND disease_id = ?
"""


# --- methods ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Methods:
    """What was asked of whom, and on what the whole rests. Each part may be empty.

    - searches: every column of ``search`` and source_name, abbreviation, question_en/fr (those it answers),
      citation_short, reference_url; positive, positive_found, nonsense, nonsense_found,
      known_found, known_expected, controls_failed (controls of the same search or run).
    - sources: every column of ``source`` and searches, last_asked.
    - claims: every column of ``seed_claim`` and citation_short, url.
    - caveats: every column of ``caveat``. glossary: every column of ``glossary``.
    - readers: file, n, judged_by, second_reader (rows of each file that people judged).
    """

    searches: pd.DataFrame
    sources: pd.DataFrame
    claims: pd.DataFrame
    caveats: pd.DataFrame
    glossary: pd.DataFrame
    readers: pd.DataFrame


def methods() -> Methods:
    """All that the Methods page shows (see :class:`Methods`)."""
    found = store.frames(
        {
            "searches": (_ALL_SEARCHES, []),
            "sources": (_ALL_SOURCES, []),
            "claims": (_CLAIMS, []),
            "caveats": ("SELECT * FROM caveat ORDER BY rowid", []),
            "glossary": ("SELECT * FROM glossary ORDER BY rowid", []),
            "readers": (_READERS, []),
        }
    )
    return Methods(**found)


_ALL_SEARCHES = f"""
SELECT s.*, o.name AS source_name, d.abbreviation, p.question_en, p.question_fr,
       r.citation_short, {_URL} AS reference_url,
       k.* EXCLUDE (search_id)
FROM search AS s
JOIN source AS o USING (source_id)
JOIN disease AS d USING (disease_id)
LEFT JOIN question AS q ON q.question_id = s.question_id
LEFT JOIN reference AS r ON r.reference_id = s.reference_id
LEFT JOIN (
  SELECT search_id, string_agg(title_en, '; ' ORDER BY sort_order) AS question_en,
         string_agg(title_fr, '; ' ORDER BY sort_order) AS question_fr
  FROM (SELECT DISTINCT search_id, question_id FROM cell_search) JOIN question USING (question_id)
  GROUP BY search_id
) AS p ON p.search_id = s.search_id
LEFT JOIN (
  SELECT x.search_id,
         string_agg(DISTINCT c.query, '; ') FILTER (WHERE c.kind = 'positive') AS positive,
         min(c.found) FILTER (WHERE c.kind = 'positive') AS positive_found,
         string_agg(DISTINCT c.query, '; ') FILTER (WHERE c.kind = 'nonsense') AS nonsense,
         max(c.found) FILTER (WHERE c.kind = 'nonsense') AS nonsense_found,
         sum(c.found) FILTER (WHERE c.kind = 'known_items' AND c.rung = x.rung) AS known_found,
         sum(c.expected) FILTER (WHERE c.kind = 'known_items' AND c.rung = x.rung) AS known_expected,
         count(*) FILTER (WHERE NOT c.passed) AS controls_failed
  FROM search AS x
  JOIN control AS c ON c.search_id = x.search_id
    OR (c.search_id IS NULL AND c.snapshot_id = x.snapshot_id AND c.source_id = x.source_id
        AND (c.disease_id IS NULL OR c.disease_id = x.disease_id))
  GROUP BY x.search_id
) AS k ON k.search_id = s.search_id
ORDER BY o.rowid, d.rowid, q.sort_order NULLS LAST, s.asked_on DESC
"""  # noqa: S608
_ALL_SOURCES = """
SELECT o.*, (SELECT count(*) FROM search AS s WHERE s.source_id = o.source_id AND s.fault = '') AS searches,
       (SELECT max(asked_on) FROM search AS s WHERE s.source_id = o.source_id AND s.fault = '') AS last_asked
FROM source AS o
ORDER BY list_position(['trials', 'literature', 'funding', 'regulation', 'nomenclature', 'curation'], o.kind),
         o.name
"""
_CLAIMS = f"""
SELECT c.*, r.citation_short, {_URL} AS url
FROM seed_claim AS c LEFT JOIN reference AS r USING (reference_id)
ORDER BY c.rowid
"""  # noqa: S608
_READERS = """
SELECT file, count(*) AS n, coalesce(judged_by, '') AS judged_by, coalesce(second_reader, '') AS second_reader
FROM judgement_of GROUP BY ALL
UNION ALL
SELECT 'questions', count(*), coalesce(author, ''), coalesce(checker, '')
FROM question GROUP BY author, checker
ORDER BY 1
"""
