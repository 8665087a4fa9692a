-- Tables of the store beside the hand-kept ones (those come from etl/tables.py).
-- Filled by etl/store.py from catalog, curated files and snapshots; deleting the store loses nothing.

CREATE TABLE receipt (
  build_id VARCHAR PRIMARY KEY,
  built_at TIMESTAMP NOT NULL,
  as_of DATE NOT NULL,
  catalog_sha256 VARCHAR NOT NULL,
  snapshots VARCHAR[] NOT NULL,
  version VARCHAR NOT NULL
);
COMMENT ON TABLE receipt IS 'One row: what this store was built from, and when (UTC).';

CREATE TABLE source (
  source_id VARCHAR PRIMARY KEY,
  name VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  publisher VARCHAR NOT NULL,
  citation VARCHAR NOT NULL,
  licence VARCHAR NOT NULL,
  licence_page VARCHAR NOT NULL,
  homepage VARCHAR NOT NULL,
  coverage_en VARCHAR NOT NULL,
  coverage_fr VARCHAR NOT NULL,
  schedule VARCHAR NOT NULL,
  fresh_days INTEGER NOT NULL CHECK (fresh_days > 0),
  echo VARCHAR NOT NULL CHECK (echo IN ('full', 'none')),
  redistribute VARCHAR NOT NULL CHECK (redistribute IN ('full', 'metadata', 'counts_links')),
  form_verified BOOLEAN NOT NULL,
  caveats_en VARCHAR[] NOT NULL,
  caveats_fr VARCHAR[] NOT NULL,
  limits_en VARCHAR NOT NULL,
  limits_fr VARCHAR NOT NULL,
  adapter VARCHAR NOT NULL,
  rungs VARCHAR[] NOT NULL
);
COMMENT ON TABLE source IS 'Who can be asked: licence, coverage, freshness in days, limits.';

CREATE TABLE exact_interval (
  k INTEGER NOT NULL CHECK (k >= 0),
  n INTEGER NOT NULL CHECK (n >= k),
  low DOUBLE NOT NULL,
  high DOUBLE NOT NULL,
  PRIMARY KEY (n, k)
);
COMMENT ON TABLE exact_interval IS 'Clopper–Pearson 95 % limits as shares of 1 (etl/intervals.py): only if these were a random sample, which they are not.';

CREATE TABLE search (
  search_id VARCHAR PRIMARY KEY,
  snapshot_id VARCHAR NOT NULL,
  source_id VARCHAR NOT NULL REFERENCES source (source_id),
  disease_id VARCHAR NOT NULL REFERENCES disease (disease_id),
  question_id VARCHAR REFERENCES question (question_id),
  rung VARCHAR NOT NULL CHECK (rung IN ('name', 'synonyms', 'broader')),
  query VARCHAR NOT NULL,
  fields VARCHAR NOT NULL,
  url VARCHAR NOT NULL,
  interface VARCHAR NOT NULL,
  asked_on VARCHAR NOT NULL,
  total BIGINT CHECK (total >= 0),
  received BIGINT NOT NULL,
  complete BOOLEAN NOT NULL,
  coverage VARCHAR NOT NULL CHECK (coverage IN ('whole', 'part')),
  register_size BIGINT,
  data_version VARCHAR NOT NULL,
  echo VARCHAR NOT NULL,
  warnings VARCHAR[] NOT NULL,
  fault VARCHAR NOT NULL,
  fault_detail VARCHAR NOT NULL,
  answers VARCHAR[] NOT NULL,
  asked_names VARCHAR[] NOT NULL,
  finished_at TIMESTAMP,
  reference_id VARCHAR REFERENCES reference (reference_id),
  note VARCHAR NOT NULL,
  CHECK (fault <> '' OR total IS NOT NULL)
);
COMMENT ON TABLE search IS 'One query run against one source, with all that PRISMA-S asks. A fault has no total.';
COMMENT ON COLUMN search.snapshot_id IS 'embedded: a public table counted by the curators; else the snapshot of a refresh';
COMMENT ON COLUMN search.question_id IS 'set where the search was made for one question only';
COMMENT ON COLUMN search.finished_at IS 'when its last page was answered (UTC); a positive control must follow within the hour';
COMMENT ON COLUMN search.asked_on IS 'ISO day and time (UTC), or the date of the table, which may be a year';

CREATE TABLE control (
  control_id VARCHAR PRIMARY KEY,
  snapshot_id VARCHAR NOT NULL,
  source_id VARCHAR NOT NULL REFERENCES source (source_id),
  disease_id VARCHAR,
  search_id VARCHAR,
  kind VARCHAR NOT NULL CHECK (kind IN ('positive', 'nonsense', 'known_items')),
  rung VARCHAR NOT NULL,
  query VARCHAR NOT NULL,
  asked_on VARCHAR NOT NULL,
  found BIGINT,
  expected BIGINT,
  missed VARCHAR[] NOT NULL,
  fault VARCHAR NOT NULL,
  passed BOOLEAN NOT NULL
);
COMMENT ON TABLE control IS 'Searches of the same run that must find something, nothing, or known items.';

CREATE TABLE record (
  source_id VARCHAR NOT NULL REFERENCES source (source_id),
  record_id VARCHAR NOT NULL,
  snapshot_id VARCHAR NOT NULL,
  kind VARCHAR NOT NULL CHECK (kind IN ('trial', 'publication', 'grant', 'designation', 'estimate')),
  title VARCHAR NOT NULL,
  url VARCHAR NOT NULL,
  conditions VARCHAR[] NOT NULL,
  other_ids VARCHAR[] NOT NULL,
  study_type VARCHAR NOT NULL,
  phases VARCHAR[] NOT NULL,
  status VARCHAR NOT NULL,
  status_as_of VARCHAR NOT NULL,
  has_results BOOLEAN,
  start VARCHAR NOT NULL,
  completion VARCHAR NOT NULL,
  year BIGINT,
  enrolment BIGINT,
  enrolment_type VARCHAR NOT NULL,
  interventions VARCHAR[] NOT NULL,
  sponsor VARCHAR NOT NULL,
  sponsor_class VARCHAR NOT NULL,
  countries VARCHAR[] NOT NULL,
  publication_types VARCHAR[] NOT NULL,
  amount DOUBLE,
  currency VARCHAR NOT NULL,
  funder VARCHAR NOT NULL,
  PRIMARY KEY (source_id, record_id)
);
COMMENT ON COLUMN record.amount IS 'money in its own currency, never summed across currencies; NULL is unknown, not 0';
COMMENT ON TABLE record IS 'Trials, publications and grants met by the current searches, latest version of each.';

CREATE TABLE record_match (
  source_id VARCHAR NOT NULL,
  record_id VARCHAR NOT NULL,
  disease_id VARCHAR NOT NULL REFERENCES disease (disease_id),
  search_id VARCHAR NOT NULL REFERENCES search (search_id),
  match VARCHAR NOT NULL CHECK (match IN ('condition', 'title', 'keyword', 'text', 'loose', 'broader', 'rejected')),
  matched_name VARCHAR NOT NULL,
  decision VARCHAR CHECK (decision IN ('counts', 'does_not_count')),
  names_disease BOOLEAN NOT NULL,
  PRIMARY KEY (source_id, record_id, disease_id),
  FOREIGN KEY (source_id, record_id) REFERENCES record (source_id, record_id)
);
COMMENT ON TABLE record_match IS 'How a record names a disease; text and loose are near misses until decided.';

CREATE TABLE cluster (
  source_id VARCHAR NOT NULL,
  record_id VARCHAR NOT NULL,
  cluster_id VARCHAR NOT NULL,
  PRIMARY KEY (source_id, record_id),
  FOREIGN KEY (source_id, record_id) REFERENCES record (source_id, record_id)
);
COMMENT ON TABLE cluster IS 'Records that are the same trial or paper in several sources share a cluster; it counts once.';

CREATE TABLE verdict (
  question_id VARCHAR NOT NULL REFERENCES question (question_id),
  disease_id VARCHAR NOT NULL REFERENCES disease (disease_id),
  source_id VARCHAR NOT NULL REFERENCES source (source_id),
  required BOOLEAN NOT NULL,
  state VARCHAR NOT NULL CHECK (state IN ('found', 'zero', 'unproven', 'claimed', 'unsearched')),
  n BIGINT CHECK (n >= 0),
  bound VARCHAR NOT NULL CHECK (bound IN ('exact', 'floor')),
  proper BOOLEAN NOT NULL,
  answered_on VARCHAR NOT NULL,
  fresh_until DATE,
  failed VARCHAR NOT NULL,
  PRIMARY KEY (question_id, disease_id, source_id),
  CHECK ((state = 'found') = coalesce(n > 0, FALSE)),
  CHECK (state <> 'zero' OR (n = 0 AND answered_on <> ''))
);
COMMENT ON TABLE verdict IS 'The state of one question × disease × source.';

CREATE TABLE cell_judged (
  question_id VARCHAR NOT NULL REFERENCES question (question_id),
  disease_id VARCHAR NOT NULL REFERENCES disease (disease_id),
  state VARCHAR NOT NULL CHECK (state IN ('found', 'zero', 'unproven', 'claimed', 'unsearched')),
  n BIGINT,
  bound VARCHAR NOT NULL CHECK (bound IN ('exact', 'floor')),
  answered_on VARCHAR NOT NULL,
  fresh_until DATE,
  failed BOOLEAN NOT NULL,
  proven_sources INTEGER NOT NULL,
  required_sources INTEGER NOT NULL CHECK (proven_sources BETWEEN 0 AND required_sources),
  broader_n BIGINT NOT NULL,
  candidate_n BIGINT NOT NULL,
  implied_by VARCHAR REFERENCES question (question_id),
  PRIMARY KEY (question_id, disease_id),
  CHECK ((state = 'found') = coalesce(n > 0, FALSE)),
  CHECK ((state = 'zero') = coalesce(n = 0, FALSE)),
  CHECK (n IS NULL OR answered_on <> '')
);
COMMENT ON TABLE cell_judged IS 'One question × one disease as judged at build; read it through the view cell.';

CREATE TABLE cell_reason (
  question_id VARCHAR NOT NULL REFERENCES question (question_id),
  disease_id VARCHAR NOT NULL REFERENCES disease (disease_id),
  source_id VARCHAR,
  code VARCHAR NOT NULL,
  detail VARCHAR NOT NULL
);
COMMENT ON TABLE cell_reason IS 'Why a cell is no proven zero or no exact number; codes of etl.model.REASONS.';

CREATE TABLE cell_search (
  question_id VARCHAR NOT NULL REFERENCES question (question_id),
  disease_id VARCHAR NOT NULL REFERENCES disease (disease_id),
  search_id VARCHAR NOT NULL REFERENCES search (search_id),
  PRIMARY KEY (question_id, disease_id, search_id)
);
COMMENT ON TABLE cell_search IS 'The searches behind a cell.';

CREATE TABLE cell_change (
  snapshot_id VARCHAR NOT NULL,
  kind VARCHAR NOT NULL,
  question_id VARCHAR NOT NULL REFERENCES question (question_id),
  disease_id VARCHAR NOT NULL REFERENCES disease (disease_id),
  source_id VARCHAR NOT NULL,
  before VARCHAR NOT NULL,
  after VARCHAR NOT NULL
);
COMMENT ON TABLE cell_change IS 'What the last snapshot changed: zeros that broke, counts that fell, sources that failed.';
COMMENT ON COLUMN cell_change.kind IS 'a key of etl.diff.KINDS';
COMMENT ON COLUMN cell_change.source_id IS 'the source that failed or was mended, else empty';

CREATE TABLE store_input (
  kind VARCHAR NOT NULL CHECK (kind IN ('catalog', 'program', 'snapshot')),
  name VARCHAR NOT NULL,
  sha256 VARCHAR NOT NULL,
  PRIMARY KEY (kind, name)
);
COMMENT ON TABLE store_input IS 'What this store was made from; another digest means that it is out of date.';
COMMENT ON COLUMN store_input.name IS 'the id of a snapshot, whose SHA-256 is that of its receipts; else empty';

CREATE TABLE record_intervention (
  source_id VARCHAR NOT NULL,
  record_id VARCHAR NOT NULL,
  text VARCHAR NOT NULL,
  intervention_id VARCHAR REFERENCES intervention (intervention_id),
  FOREIGN KEY (source_id, record_id) REFERENCES record (source_id, record_id)
);
COMMENT ON TABLE record_intervention IS 'What a record says is given, and which interventions of the catalog it names.';
COMMENT ON COLUMN record_intervention.text IS 'as the registry writes it; one row for each intervention named';
COMMENT ON COLUMN record_intervention.intervention_id IS 'NULL: names none of data/catalog/interventions.csv';
