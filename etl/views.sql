-- What the embedded value of each question rests on (data/catalog/questions.csv, counts_from), one
-- short view per group of questions, row by row: each row names the file row it stands for.
--
-- role: value (a whole table), floor (a tally of what was gathered), table (partial counts, never
-- added up), absent (looked for, not met), open (not looked for), claimed (somebody states it),
-- candidate, broader, listed, numbered (shown apart, never added).

CREATE VIEW parent_of AS
SELECT focus_id AS disease_id, other_id AS parent_id FROM disease_relation WHERE role = 'parent';

CREATE VIEW trial_disease AS
SELECT trial_id, unnest(diseases) AS disease_id, registry, status, has_results, reference_id,
       coalesce(status_as_of, '') AS as_of
FROM trial;

CREATE VIEW evidence_table AS
SELECT question AS question_id, disease_id, CASE coverage WHEN 'whole' THEN 'value' ELSE 'table' END AS role,
       'dataset_searches' AS file, search_id AS row_id, answering_count AS n, reference_id, as_of
FROM dataset_search
UNION ALL
-- the 2018 texts hold observational studies too
SELECT 'observational_studies', disease_id, 'table', 'dataset_searches', search_id, answering_count,
       reference_id, as_of
FROM dataset_search
WHERE question = 'trials_registered' AND search_id LIKE '%ctgov2018%';

CREATE VIEW evidence_trials AS
SELECT 'trials_registered' AS question_id, disease_id, 'floor' AS role, 'trials' AS file,
       trial_id AS row_id, 1 AS n, reference_id, as_of
FROM trial_disease
UNION ALL
SELECT 'trials_registered', disease_id, 'numbered', 'trials', trial_id, 1, reference_id, as_of
FROM trial_disease WHERE registry IS NOT NULL
UNION ALL
SELECT 'trials_recruiting', disease_id, 'floor', 'trials', trial_id, 1, reference_id, as_of
FROM trial_disease WHERE status = 'recruiting'
UNION ALL
SELECT 'trials_with_results', disease_id, 'floor', 'trials', trial_id, 1, reference_id, as_of
FROM trial_disease WHERE has_results = 'yes'
UNION ALL
SELECT question_id, e.disease_id, 'broader', 'trials', t.trial_id, 1, t.reference_id,
       coalesce(t.status_as_of, '')
FROM trial_eligibility AS e
JOIN trial AS t USING (trial_id)
JOIN (VALUES ('trials_registered'), ('trials_recruiting')) AS q (question_id)
  ON question_id = 'trials_registered' OR t.status = 'recruiting'
WHERE e.verdict = 'yes_by_umbrella_label'
UNION ALL
SELECT 'trials_registered', disease_id, 'claimed', 'trial_claims', claim_id, count, reference_id,
       coalesce(as_of, '')
FROM trial_claim WHERE origin = 'seed';

CREATE VIEW observational_item AS
SELECT * FROM landscape
WHERE question IN ('patient_registry', 'natural_history_study') AND state = 'found' AND title LIKE '%NCT%';

CREATE VIEW evidence_observational AS
SELECT 'observational_studies' AS question_id, disease_id, 'floor' AS role, 'landscape' AS file,
       item_id AS row_id, 1 AS n, reference_id, coalesce(judged_on, '') AS as_of
FROM observational_item
UNION ALL
SELECT 'observational_studies', p.disease_id, 'broader', 'landscape', item_id, 1, reference_id,
       coalesce(judged_on, '')
FROM observational_item AS i
JOIN parent_of AS p ON p.parent_id = i.disease_id;

CREATE VIEW evidence_biomarkers AS
SELECT 'biomarker_' || best_category AS question_id, disease_id,
       CASE level WHEN 'established' THEN 'floor' WHEN 'none_found' THEN 'absent' ELSE 'candidate' END AS role,
       'biomarkers' AS file, biomarker_id AS row_id, 1 AS n, reference_id, coalesce(judged_on, '') AS as_of
FROM biomarker;

CREATE VIEW funding_disease AS
SELECT funding_id, unnest(disease_ids) AS disease_id, kind, funder_class, reference_id
FROM funding WHERE scope = 'named';

CREATE VIEW funding_question AS
SELECT funding_id, disease_id, reference_id,
       CASE WHEN kind IN ('programme', 'call') THEN 'disease_programmes' ELSE 'public_grants' END AS question_id
FROM funding_disease
WHERE kind IN ('programme', 'call') OR (kind = 'grant' AND funder_class = 'public');

CREATE VIEW evidence_funding AS
SELECT question_id, disease_id, 'floor' AS role, 'funding' AS file, funding_id AS row_id, 1 AS n,
       reference_id, '' AS as_of
FROM funding_question
UNION ALL
SELECT question_id, p.disease_id, 'broader', 'funding', funding_id, 1, reference_id, ''
FROM funding_question AS f
JOIN parent_of AS p ON p.parent_id = f.disease_id
UNION ALL
-- a statement of one document about any funder is a claim; a search by name alone checks no funder;
-- what a funder was found to have counts here only if no programme of that funder is gathered above
SELECT 'disease_programmes', disease_id,
       CASE WHEN check_id LIKE 'fc_any_%' THEN 'claimed' WHEN result = 'none_found' THEN 'absent'
            WHEN result = 'found' THEN 'floor' ELSE 'open' END,
       'funder_checks', check_id,
       CASE WHEN result = 'found' AND NOT EXISTS (
              SELECT 1 FROM funding_question AS q JOIN funding AS f USING (funding_id)
              WHERE q.question_id = 'disease_programmes' AND q.disease_id = c.disease_id
                AND f.funder = c.funder) THEN 1 ELSE 0 END,
       CASE check_id WHEN 'fc_any_seed' THEN 'seed2025' END, coalesce(checked_on, '')
FROM funder_check AS c
WHERE check_id <> 'fc_any_by_name'
UNION ALL
-- one list of funders for every disease: one that was asked about another disease only is open here
SELECT 'disease_programmes', d.disease_id, 'open', 'funder_checks', f.check_id, 0, NULL, ''
FROM (SELECT DISTINCT disease_id FROM funder_check WHERE check_id NOT LIKE 'fc_any_%') AS d
CROSS JOIN (SELECT funder, min(check_id) AS check_id FROM funder_check
            WHERE check_id NOT LIKE 'fc_any_%' GROUP BY funder) AS f
WHERE NOT EXISTS (SELECT 1 FROM funder_check AS c
                  WHERE c.disease_id = d.disease_id AND c.funder = f.funder);

CREATE VIEW evidence_landscape AS
SELECT question AS question_id, disease_id,
       CASE WHEN question = 'orphan_designation_us' AND state = 'found' THEN 'listed'
            WHEN state = 'found' THEN 'floor'
            WHEN state = 'none_found' THEN 'absent' ELSE 'open' END AS role,
       'landscape' AS file, item_id AS row_id, 1 AS n, reference_id, coalesce(judged_on, '') AS as_of
FROM landscape
WHERE question IN (SELECT question_id FROM question) AND question <> 'diagnostic_code'
UNION ALL
-- a model is preclinical work too
SELECT 'preclinical_study', disease_id, 'floor', 'landscape', item_id, 1, reference_id, coalesce(judged_on, '')
FROM landscape WHERE question = 'animal_model' AND state = 'found'
UNION ALL
SELECT 'long_term_outcome', s.disease_id, 'floor', 'cases', c.case_id, 1, s.reference_id, ''
FROM case_ AS c JOIN study AS s USING (study_id)
WHERE c.followup_months IS NOT NULL;

CREATE VIEW patient AS
SELECT c.case_id, c.n, c.outcome, c.label_certainty, s.disease_id, s.reference_id,
       CASE c.label_certainty WHEN 'named_imam' THEN 'floor' ELSE 'candidate' END AS role
FROM case_ AS c JOIN study AS s USING (study_id);

CREATE VIEW evidence_literature AS
SELECT 'publications' AS question_id, disease_id,
       CASE label_certainty WHEN 'named_imam' THEN 'floor' ELSE 'candidate' END AS role,
       'studies' AS file, study_id AS row_id, 1 AS n, reference_id, '' AS as_of
FROM study WHERE included AND label_certainty IS NOT NULL
UNION ALL
SELECT 'reviews', disease_id, 'floor', 'studies', study_id, 1, reference_id, ''
FROM study WHERE included AND design IN ('systematic_review', 'review')
UNION ALL
SELECT 'patients_described', disease_id, role, 'cases', case_id, n, reference_id, '' FROM patient
UNION ALL
SELECT 'patients_described', disease_id, 'claimed', 'studies', study_id, n_patients, reference_id, ''
FROM study WHERE design = 'systematic_review' AND included
UNION ALL
SELECT DISTINCT 'patients_with_treatment', p.disease_id, p.role, 'cases', case_id, 1, p.reference_id, ''
FROM patient AS p JOIN case_treatment AS t USING (case_id)
WHERE t.source_level = 'primary'
UNION ALL
SELECT 'patients_with_outcome', disease_id, role, 'cases', case_id, n, reference_id, ''
FROM patient WHERE outcome <> 'not_reported';

CREATE VIEW evidence AS
SELECT * FROM evidence_table
UNION ALL SELECT * FROM evidence_trials
UNION ALL SELECT * FROM evidence_observational
UNION ALL SELECT * FROM evidence_biomarkers
UNION ALL SELECT * FROM evidence_funding
UNION ALL SELECT * FROM evidence_landscape
UNION ALL SELECT * FROM evidence_literature;
-- Who read what, how deep: the columns of judgement of the rows above.
CREATE VIEW judgement_of AS
SELECT 'landscape' AS file, item_id AS row_id, judged_by, second_reader, search_depth FROM landscape
UNION ALL
SELECT 'biomarkers', biomarker_id, judged_by, second_reader, search_depth FROM biomarker
UNION ALL
SELECT 'funder_checks', check_id, judged_by, second_reader, search_depth FROM funder_check;

COMMENT ON VIEW evidence IS 'Every curated row behind every cell, with its role.';

-- Which live records answer which question (they must also name the disease: record_match).
-- text_counts: by its definition the question also takes records that name the disease in the
-- abstract; elsewhere a name in the text alone is a near miss until a reader decides.
CREATE VIEW record_answer AS
SELECT 'trials_registered' AS question_id, source_id, record_id, FALSE AS text_counts FROM record
WHERE kind = 'trial' AND study_type = 'INTERVENTIONAL'
UNION ALL
SELECT 'trials_recruiting', source_id, record_id, FALSE FROM record
WHERE kind = 'trial' AND study_type = 'INTERVENTIONAL' AND status = 'RECRUITING'
UNION ALL
SELECT 'trials_with_results', source_id, record_id, FALSE FROM record
WHERE kind = 'trial' AND study_type = 'INTERVENTIONAL' AND has_results
UNION ALL
SELECT 'observational_studies', source_id, record_id, FALSE FROM record
WHERE kind = 'trial' AND study_type = 'OBSERVATIONAL'
UNION ALL
SELECT 'publications', source_id, record_id, TRUE FROM record WHERE kind = 'publication'
UNION ALL
SELECT 'reviews', source_id, record_id, FALSE FROM record
WHERE kind = 'publication'
  AND (list_contains(publication_types, 'Review') OR list_contains(publication_types, 'Systematic Review'))
UNION ALL
SELECT 'public_grants', source_id, record_id, TRUE FROM record WHERE kind = 'grant'
UNION ALL
SELECT 'prevalence_estimate', source_id, record_id, FALSE FROM record WHERE kind = 'estimate'
UNION ALL
SELECT 'orphan_designation_us', source_id, record_id, FALSE FROM record
WHERE kind = 'designation' AND source_id = 'fda_orphan';

-- A trial in five registers is one trial; each of its records stays visible.
CREATE VIEW cluster_member AS
SELECT a.question_id, m.disease_id, c.cluster_id, r.source_id, r.record_id, r.kind, r.title, r.url, r.status,
       r.year, list_contains(q.required_sources, r.source_id) AS required
FROM record_answer AS a
JOIN record_match AS m USING (source_id, record_id)
JOIN cluster AS c USING (source_id, record_id)
JOIN record AS r USING (source_id, record_id)
JOIN question AS q USING (question_id)
WHERE m.names_disease;
COMMENT ON VIEW cluster_member IS 'Every record behind a count, with the cluster that counts once.';

CREATE VIEW cluster_tally AS
SELECT question_id, disease_id, count(DISTINCT cluster_id) AS n, count(DISTINCT source_id) AS n_sources,
       count(*) AS n_records
FROM cluster_member WHERE required
GROUP BY question_id, disease_id;
COMMENT ON VIEW cluster_tally IS '"n trials in m registries", over the required sources as in the cell.';

-- Records whose deciding field is missing: they might answer the question, so they forbid its zero.
CREATE VIEW record_undecided AS
SELECT question_id, source_id, record_id
FROM record
CROSS JOIN (VALUES ('trials_registered'), ('trials_recruiting'), ('trials_with_results'),
                   ('observational_studies')) AS q (question_id)
WHERE kind = 'trial'
  AND (study_type = ''
       OR (question_id = 'trials_recruiting' AND status IN ('', 'UNKNOWN'))
       OR (question_id = 'trials_with_results' AND has_results IS NULL));

-- Freshness is derived when read.
CREATE MACRO cell_at(as_of) AS TABLE
SELECT question_id, disease_id, state, n, bound,
       CASE WHEN answered_on = '' THEN 'never_answered'
            WHEN failed THEN 'last_check_failed'
            WHEN fresh_until >= as_of THEN 'fresh'
            ELSE 'stale' END AS freshness,
       proven_sources, required_sources, broader_n, candidate_n, implied_by, answered_on, fresh_until
FROM cell_judged;

CREATE VIEW cell AS SELECT * FROM cell_at(CAST(now() AT TIME ZONE 'UTC' AS DATE));
COMMENT ON VIEW cell IS 'One row per question × disease, as of today (UTC).';

CREATE VIEW near_miss AS
SELECT m.source_id, m.record_id, m.disease_id, m.match, m.matched_name, r.title, r.url, m.search_id
FROM record_match AS m JOIN record AS r USING (source_id, record_id)
WHERE m.match IN ('text', 'loose') AND m.decision IS NULL
  AND EXISTS (SELECT 1 FROM record_answer AS a
              WHERE a.source_id = m.source_id AND a.record_id = m.record_id
                AND (m.match = 'loose' OR NOT a.text_counts));
COMMENT ON VIEW near_miss IS
  'Records that name a disease in their text or by loose words only and wait for a decision.';

CREATE VIEW what_changed AS
SELECT c.*, q.title_en, q.title_fr, d.label_en, d.label_fr
FROM cell_change AS c JOIN question AS q USING (question_id) JOIN disease AS d USING (disease_id)
ORDER BY c.rowid;
COMMENT ON VIEW what_changed IS 'What the last snapshot changed, the gravest first.';

CREATE VIEW unmapped_intervention AS
SELECT text, count(*) AS n_records, min(source_id || ' ' || record_id) AS for_example
FROM record_intervention WHERE intervention_id IS NULL
GROUP BY text;
COMMENT ON VIEW unmapped_intervention IS 'Drug texts that name no intervention of the catalog, with the records that hold them.';
