"""The columns of the hand-kept tables: one declaration for DDL, checks and Table Schema. Pure.

``data/catalog`` holds what is asked and of whom, ``data/curated`` what was read. Each file is a
UTF-8 CSV with a header row; an empty cell means unknown, never zero; lists are separated by ``;``;
dates are ISO and may stop at the month or the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "date", "yes_no", "list"]

_SQL_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "VARCHAR",
    "yes_no": "BOOLEAN",
    "list": "VARCHAR[]",
}


@dataclass(frozen=True)
class Column:
    """One column. ``refers`` is ``table.column`` that every value must be found in; ``values`` the
    only values allowed; ``least`` and ``most`` bound a number (nothing here can be below zero);
    ``about`` one line for people, also the COMMENT in the store."""

    name: str
    kind: Kind = "text"
    required: bool = False
    values: tuple[str, ...] = ()
    refers: str = ""
    about: str = ""
    least: float = 0
    most: float | None = None

    @property
    def sql_type(self) -> str:
        """The DuckDB type. Partial dates stay text, so that 2024 is never turned into a day."""
        return _SQL_TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """One file below ``data/`` and the table of the store made from it; with ``needs_rows`` a header
    alone is a mistake."""

    name: str
    file: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    about: str
    needs_rows: bool = False

    def column(self, name: str) -> Column:
        """The column of that name. Raises ``KeyError``."""
        return {c.name: c for c in self.columns}[name]


def _text(name: str, about: str = "", **more: object) -> Column:
    return Column(name, about=about, **more)  # type: ignore[arg-type]


def _must(name: str, about: str = "", **more: object) -> Column:
    return Column(name, required=True, about=about, **more)  # type: ignore[arg-type]


def _both(name: str, about: str, required: bool = True) -> tuple[Column, Column]:
    return (
        Column(f"{name}_en", required=required, about=f"{about}, English"),
        Column(f"{name}_fr", required=required, about=f"{about}, French"),
    )


_DISEASE = _must("disease_id", "the disease", refers="disease.disease_id")
_REFERENCE = _must("reference_id", "where it is said", refers="reference.reference_id")
_LOCATOR = _text("locator", "where in the reference")
_CONFIDENCE = _must("confidence", "how sure the curators are", values=("high", "medium", "low"))
_DEPTH = ("whole_table", "object_search", "name_search", "single_source")
_READ = (
    _text("judged_by", "who read and judged; empty is not yet checked"),
    _text("judged_on", "day of the judgement", kind="date"),
    _text("second_reader", "who confirmed it; empty is not yet checked"),
    _text("search_depth", "how deep the search behind an absence went", values=_DEPTH),
)
BEST_CATEGORIES = (
    "susceptibility_risk",
    "diagnostic",
    "monitoring",
    "prognostic",
    "predictive",
    "response",
    "safety",
)
OUTCOMES = ("remission", "improved", "stable", "worsened", "died", "not_reported")
DIRECTIONS = ("positive", "negative", "mixed", "safety_only", "not_seen", "not_reported")
CERTAINTIES = ("named_imam", "label_from_secondary_source", "doubtful")
_DESIGNS = (
    "cross_sectional",
    "case_report",
    "case_series",
    "conference_abstract",
    "systematic_review",
    "review",
    "experimental",
    "unknown",
)
#: Topics of the landscape that are not questions of the grid.
EXTRA_TOPICS = ("nomenclature_code", "pathology_definition", "institution", "emerging_direction")

TABLES: tuple[Table, ...] = (
    Table(
        "reference",
        "curated/references.csv",
        ("reference_id",),
        (
            _must("reference_id"),
            _must(
                "kind",
                values=(
                    "seed",
                    "dataset",
                    "web_page",
                    "article",
                    "review",
                    "conference_abstract",
                    "registry_record",
                    "press",
                ),
            ),
            _must("citation_short"),
            _must("title", "square brackets: a description, the title was not seen"),
            _text("year", kind="integer"),
            _text("container", "journal, site or data set"),
            _text("doi"),
            _text("pmid"),
            _text("pmcid"),
            _text("url"),
            _must("access", "how much was read", values=("full_text", "excerpt", "abstract", "citation")),
            _text("accessed_on", kind="date"),
            _must("language"),
        ),
        "One row per source that is cited.",
        needs_rows=True,
    ),
    Table(
        "disease",
        "catalog/diseases.csv",
        ("disease_id",),
        (
            _must("disease_id"),
            *_both("label", "name on screen"),
            _must("abbreviation"),
            _text("orpha", "ORPHA code"),
            _text("mondo"),
            _text("mesh"),
            _text("umls"),
            _text("snomed_ct"),
            _text("gard", "with its leading zeros"),
            _text("medgen"),
            _text("icd10"),
            _text("parent_disease_id", refers="disease.disease_id"),
            _text("note"),
            _text(
                "field_words",
                "words of the field; an ambiguous name counts only beside one of them",
                kind="list",
            ),
        ),
        "The diseases of the catalog with their identifiers.",
        needs_rows=True,
    ),
    Table(
        "disease_name",
        "catalog/disease_names.csv",
        ("disease_id", "name", "language"),
        (
            _DISEASE,
            _must("name"),
            _must("language", values=("en", "fr")),
            _must("kind", values=("preferred", "synonym", "acronym", "broad")),
            _must("ambiguous", "only searched together with a word of the field", kind="yes_no"),
            _REFERENCE,
        ),
        "Names by which a disease is searched and recognised.",
        needs_rows=True,
    ),
    Table(
        "disease_relation",
        "catalog/disease_relations.csv",
        ("focus_id", "other_id"),
        (
            _must("focus_id", refers="disease.disease_id"),
            _must("other_id", refers="disease.disease_id"),
            _must("role", values=("comparator", "parent", "look_alike")),
            _must("sort_order", kind="integer"),
        ),
        "Who stands beside a focus disease, and as what.",
    ),
    Table(
        "question",
        "catalog/questions.csv",
        ("question_id",),
        (
            _must("question_id", "immutable"),
            _must(
                "group",
                values=(
                    "trials",
                    "biomarkers",
                    "funding",
                    "foundations",
                    "outcomes_and_care",
                    "literature",
                ),
            ),
            _must("sort_order", kind="integer"),
            *_both("title", "short question"),
            *_both("definition", "what is counted"),
            *_both("unit", "what the number counts"),
            _must("kind", values=("registry", "judgement", "programme")),
            *_both("found_means", "what counts as found"),
            _must("required_sources", "all must be searched before a zero", kind="list"),
            _text("optional_sources", kind="list"),
            _text("depends_on", "question whose absence implies this one", refers="question.question_id"),
            _must("counts_from", "what the embedded value rests on; written as views in etl/views.sql"),
            *_both("why_it_matters", "one sentence for people"),
            _text("author"),
            _text("checker", "empty: not yet checked"),
            _must("reviewed_on", kind="date"),
            _must("next_review", kind="date"),
            _must("revision", kind="integer"),
        ),
        "The framework: what is asked of every disease.",
        needs_rows=True,
    ),
    Table(
        "intervention_class",
        "catalog/intervention_classes.csv",
        ("class_id",),
        (_must("class_id"), *_both("label", "name"), _must("sort_order", kind="integer")),
        "Treatment classes in display order.",
    ),
    Table(
        "intervention",
        "catalog/interventions.csv",
        ("intervention_id",),
        (
            _must("intervention_id"),
            *_both("label", "name"),
            _must("class_id", refers="intervention_class.class_id"),
            _text("atc", "only where certain"),
            _text("synonyms", kind="list"),
        ),
        "Drugs and other interventions.",
    ),
    Table(
        "outcome",
        "catalog/outcomes.csv",
        ("outcome_id",),
        (
            _must("outcome_id"),
            _must("kind", "whose outcome: a published patient's or a trial's", values=("patient", "trial")),
            _must(
                "code",
                "the value of cases.csv (outcome) or trials.csv (result_direction)",
                values=tuple(dict.fromkeys((*OUTCOMES, *DIRECTIONS))),
            ),
            *_both("label", "name"),
            *_both("meaning", "what a record must say"),
            _must("tells", "whether it tells how it went, or only that this is unknown", kind="yes_no"),
            _must("sort_order", kind="integer"),
        ),
        "The outcomes that the evidence map asks for; they come only from data that states them.",
    ),
    Table(
        "known_item",
        "catalog/known_items.csv",
        ("disease_id", "reference_id"),
        (
            _DISEASE,
            _REFERENCE,
            _text("pmid"),
            _text("doi"),
            _must("title"),
            _must("indexed_in_pubmed", values=("yes", "no", "unknown")),
            _text("note"),
            _must(
                "rung",
                "how wide a search must be to find it",
                values=("name", "synonyms", "broader"),
            ),
        ),
        "Publications that a correct literature search must retrieve.",
    ),
    Table(
        "caveat",
        "catalog/caveats.csv",
        ("caveat_id",),
        (
            _must("caveat_id"),
            _must(
                "scope",
                values=("overview", "trials", "cases", "biomarkers", "funding", "literature", "methods"),
            ),
            *_both("text", "the caveat"),
            _must("source"),
        ),
        "What a reader must know beside the numbers.",
    ),
    Table(
        "glossary",
        "catalog/glossary.csv",
        ("word",),
        (_must("word"), *_both("label", "word on screen"), *_both("meaning", "meaning")),
        "The words used on screen.",
    ),
    Table(
        "study",
        "curated/studies.csv",
        ("study_id",),
        (
            _must("study_id"),
            _DISEASE,
            _REFERENCE,
            _must("design", values=_DESIGNS),
            _text("country", kind="list"),
            _text("centre"),
            _text("n_patients", kind="integer"),
            _must("included", kind="yes_no"),
            _text("exclusion_reason"),
            _text("label_certainty", values=CERTAINTIES),
            _must("extractor"),
            _text("note"),
        ),
        "Every publication considered for the cases, kept or left out with the reason.",
    ),
    Table(
        "related_label",
        "curated/related_labels.csv",
        ("study_id",),
        (
            _must("study_id", refers="study.study_id"),
            _DISEASE,
            _must("label_used"),
            *_both("why_it_may_be_the_same", "why it may be the same disease"),
            _must("verdict", values=("undecided", "different_entity", "same_entity")),
            _REFERENCE,
        ),
        "Reports that may be the same disease under another name.",
    ),
    Table(
        "case_",
        "curated/cases.csv",
        ("case_id",),
        (
            _must("case_id"),
            _must("study_id", refers="study.study_id"),
            _must("n", "patients in this row", kind="integer", least=1),
            _text("age_years", kind="number", most=120),
            _must("sex", values=("female", "male", "unknown")),
            _text("country", kind="list"),
            _text("associated_conditions", kind="list"),
            _text("ck_u_per_l", "creatine kinase, U/L", kind="number"),
            _text("ferritin_ng_per_ml", "ng/mL", kind="number"),
            _text("crp_mg_per_dl", "mg/dL", kind="number"),
            _text("antibodies"),
            _text("imaging"),
            _text("biopsy"),
            _must("outcome", values=OUTCOMES),
            _text("outcome_detail"),
            _must("relapse", values=("yes", "no", "not_reported")),
            _text("time_to_outcome_months", kind="number"),
            _text("followup_months", kind="number"),
            _must("label_certainty", values=CERTAINTIES),
            _must("locator"),
            _text("outcome_extractor_a", "as the first reader coded it", values=OUTCOMES),
            _text("outcome_extractor_b", "as the second reader coded it", values=OUTCOMES),
            _must("adjudication", values=("agreed", "resolved", "single_extractor")),
            _text("adjudication_note"),
            _CONFIDENCE,
        ),
        "Adjudicated patients; a row with n above 1 is a group.",
    ),
    Table(
        "case_treatment",
        "curated/case_treatments.csv",
        ("case_id", "line", "intervention_id", "source_level"),
        (
            _must("case_id", refers="case_.case_id"),
            _must("line", "rows of one line were given together", kind="integer", least=1),
            _must("intervention_id", refers="intervention.intervention_id"),
            _must("role", values=("initial", "added", "switched_to", "unspecified")),
            _text("dose_text"),
            _must("source_level", values=("primary", "secondary")),
            _REFERENCE,
            _must("locator", "where in the reference"),
            _text("note"),
            _text("start_month", "months since the first treatment told", kind="number"),
            _text("end_month", "months since the first treatment told", kind="number"),
            _text("still_given", "whether it went on when last told", values=("yes", "no")),
        ),
        "Treatments of the patients; months only where the report gives them.",
    ),
    Table(
        "named_treatment",
        "curated/named_treatments.csv",
        ("disease_id", "treatment_id"),
        (
            _DISEASE,
            _must("treatment_id", "an intervention, or a class where no drug is named"),
            _REFERENCE,
            _must("locator", "where in the reference"),
        ),
        "Treatments that a document lists for a disease, whether or not a patient on them was met.",
    ),
    Table(
        "agreement",
        "curated/agreement.csv",
        ("disease_id", "sort_order"),
        (
            _DISEASE,
            _must("sort_order", kind="integer", least=1),
            *_both("field", "what the two extractors read"),
            _must("agree", "rows on which they agree", kind="integer"),
            _must("compared", "rows compared", kind="integer", least=1),
            _text("both_empty", "of the agreements, rows that both left empty", kind="integer"),
            _must("source", "where this is said"),
        ),
        "Simple agreement of the two extractors of the cases; no kappa: the rows are too few.",
    ),
    Table(
        "trial",
        "curated/trials.csv",
        ("trial_id",),
        (
            _must("trial_id"),
            _text("registry", "empty: no registry number is known"),
            _text("other_ids", kind="list"),
            _text("acronym"),
            _must("title"),
            _must("diseases", kind="list", refers="disease.disease_id"),
            _must("phase", values=("1", "1/2", "2", "2/3", "3", "4", "na", "unknown")),
            _must(
                "status",
                values=(
                    "completed",
                    "recruiting",
                    "unknown",
                    "withdrawn",
                    "not_yet_recruiting",
                    "terminated",
                    "active_not_recruiting",
                    "enrolling_by_invitation",
                    "suspended",
                ),
            ),
            _text("status_as_of", "day the status was read", kind="date"),
            _text("start_year", kind="integer"),
            _text("completion_year", kind="integer"),
            _text("enrolment", kind="integer"),
            _must("interventions", kind="list", refers="intervention.intervention_id"),
            _text("sponsor"),
            _must("sponsor_class", values=("unknown", "industry", "government", "academic", "charity")),
            _text("result"),
            _must(
                "result_direction",
                values=DIRECTIONS,
            ),
            _REFERENCE,
            _LOCATOR,
            _CONFIDENCE,
            _text("enrolment_type", values=("actual", "planned")),
            _text("completion_type", values=("actual", "estimated", "planned", "unknown")),
            _text("result_reference_id", refers="reference.reference_id"),
            _must("has_results", values=("yes", "no", "unknown")),
        ),
        "Trials of the comparators, gathered from pages that could be read: a floor.",
    ),
    Table(
        "trial_eligibility",
        "curated/trial_eligibility.csv",
        ("trial_id", "disease_id"),
        (
            _must("trial_id", refers="trial.trial_id"),
            _DISEASE,
            _must(
                "verdict",
                "by the population label only",
                values=("yes_by_umbrella_label", "unclear", "no"),
            ),
            _text("note"),
        ),
        "Whether a trial for a broader label might take a patient with the disease.",
    ),
    Table(
        "trial_claim",
        "curated/trial_claims.csv",
        ("claim_id",),
        (
            _must("claim_id"),
            _DISEASE,
            _must("source_searched"),
            _must("query"),
            _must("count", kind="integer"),
            _text("as_of", kind="date"),
            _must("origin", values=("seed", "review", "own_tally")),
            _REFERENCE,
            _LOCATOR,
            _CONFIDENCE,
            _text("note"),
        ),
        "Counts and zeros that somebody states, and tallies of the trials gathered.",
    ),
    Table(
        "dataset_search",
        "curated/dataset_searches.csv",
        ("search_id",),
        (
            _must("search_id"),
            _must("question", refers="question.question_id"),
            _DISEASE,
            _must("source_id", "source the table belongs to"),
            _REFERENCE,
            _must("as_of", "date of the table", kind="date"),
            _must("coverage", values=("whole", "part")),
            _must("rows_searched", kind="integer"),
            _must("query"),
            _must("fields"),
            _must("count", kind="integer"),
            _must("positive_control"),
            _must("positive_count", kind="integer"),
            _must("negative_control"),
            _must("negative_count", kind="integer"),
            _text("note"),
            _text("match", kind="list"),
            _must("answering_count", "rows that answer the question", kind="integer"),
        ),
        "Public tables counted row by row, each with a positive and a negative control.",
    ),
    Table(
        "biomarker",
        "curated/biomarkers.csv",
        ("biomarker_id",),
        (
            _must("biomarker_id"),
            _DISEASE,
            _text("marker", "empty in rows that say none was found"),
            _text("marker_type", kind="list"),
            _must("best_category", "FDA-NIH BEST category", values=BEST_CATEGORIES),
            _must("level", values=("established", "limited", "candidate", "none_found")),
            _must("finding"),
            _text("n", "size of the study, as printed", kind="integer"),
            _REFERENCE,
            _LOCATOR,
            _text("judged_on", kind="date"),
            _CONFIDENCE,
            _READ[0],
            _READ[2],
            _READ[3],
        ),
        "Markers by BEST category and level of support.",
    ),
    Table(
        "funding",
        "curated/funding.csv",
        ("funding_id",),
        (
            _must("funding_id"),
            _must("funder"),
            _must("country"),
            _must("scheme"),
            _text("disease_ids", kind="list", refers="disease.disease_id"),
            _text("amount", "in its own currency; never summed", kind="number"),
            _text("currency"),
            _text("amount_note"),
            _text("year_from", kind="integer"),
            _text("year_to", kind="integer"),
            _text("recipient"),
            _must(
                "kind",
                values=(
                    "programme",
                    "call",
                    "grant",
                    "infrastructure",
                    "sponsorship",
                    "private_investment",
                ),
            ),
            _REFERENCE,
            _LOCATOR,
            _CONFIDENCE,
            _text("note"),
            _text(
                "amount_basis",
                values=("award", "round", "programme_total", "offer", "per_patient", "investment"),
            ),
            _must("funder_class", values=("public", "charity", "company", "society")),
            _must("scope", values=("named", "wider")),
        ),
        "Funding of the comparators.",
    ),
    Table(
        "funder_check",
        "curated/funder_checks.csv",
        ("check_id",),
        (
            _must("check_id"),
            _must("funder"),
            _DISEASE,
            _text("checked_on", kind="date"),
            _must("result", values=("none_found", "not_searched", "found")),
            _must("how"),
            _text("note"),
            _READ[0],
            _READ[1],
            _READ[2],
            _READ[3],
        ),
        "For each funder, what was done about the disease.",
    ),
    Table(
        "landscape",
        "curated/landscape.csv",
        ("item_id",),
        (
            _must("item_id"),
            _must("question", "a question of the grid or one of the extra topics"),
            _DISEASE,
            _must("state", values=("found", "none_found", "not_searched")),
            _must("title"),
            _text("detail"),
            _text("year", kind="integer"),
            _text("country", kind="list"),
            _REFERENCE,
            _LOCATOR,
            _CONFIDENCE,
            *_READ,
        ),
        "Definitions, guidelines, registries, models, codes, figures, institutions, directions.",
    ),
    Table(
        "next_step",
        "curated/next_steps.csv",
        ("step_id",),
        (
            _must("step_id"),
            _DISEASE,
            _must("rank", kind="integer"),
            _must("kind", values=("look", "ask", "reuse", "make")),
            _must("question_ids", kind="list", refers="question.question_id"),
            _must("state_change"),
            *_both("action", "what to do"),
            *_both("actor", "who could"),
            *_both("deliverable", "what comes out"),
            *_both("passes_if", "what counts as done"),
            _must("effort", values=("hours", "days", "weeks", "months")),
            *_both("ethics", "what to mind"),
            _text("depends_on", kind="list", refers="next_step.step_id"),
            _text("evidence_rows", "file:row", kind="list"),
            _text("review_on", kind="date"),
        ),
        "Smallest next steps: look, ask, reuse, make.",
    ),
    Table(
        "seed_claim",
        "curated/seed_claims.csv",
        ("claim_id",),
        (
            _must("claim_id"),
            *_both("claim", "the claim in our words"),
            _must("section"),
            _must("kind"),
            _text("as_of", kind="date"),
            _must("support", values=("supported", "partly", "contradicted", "unverified")),
            _text("reference_id", refers="reference.reference_id"),
            _text("note"),
        ),
        "Every checkable claim of the founding report, with its support.",
    ),
    Table(
        "challenge",
        "curated/challenges.csv",
        ("challenge_id",),
        (
            _must("challenge_id"),
            _must("received_on", kind="date"),
            _must("question_id", refers="question.question_id"),
            _DISEASE,
            _must("claim", "what the sender says, in our words, without a name unless asked for"),
            _text("reference_id", "where it is said", refers="reference.reference_id"),
            _text("check", "what was done to check it; empty is not yet checked"),
            _must("verdict", values=("open", "upheld", "partly_upheld", "not_upheld")),
            _text("decided_on", kind="date"),
        ),
        "Doubts sent about cells, what was checked, and the verdict.",
    ),
    Table(
        "decision",
        "curated/decisions.csv",
        ("source_id", "record_id", "disease_id"),
        (
            _must("source_id"),
            _must("record_id"),
            _DISEASE,
            _must("verdict", values=("counts", "does_not_count")),
            _must("reason"),
            _must("reader"),
            _must("decided_on", kind="date"),
        ),
        "What a reader decided about a near miss.",
    ),
)


def table(name: str) -> Table:
    """The table of that name. Raises ``KeyError``."""
    return {t.name: t for t in TABLES}[name]


def ddl(declared: Table) -> str:
    """``CREATE TABLE`` and ``COMMENT`` statements for one hand-kept table."""
    lines = [f'  "{c.name}" {c.sql_type}{" NOT NULL" if c.required else ""}' for c in declared.columns]
    keys = ", ".join(f'"{k}"' for k in declared.key)
    lines.append(f"  PRIMARY KEY ({keys})")
    body = ",\n".join(lines)
    statements = [f'CREATE TABLE "{declared.name}" (\n{body}\n);']
    statements.append(f'COMMENT ON TABLE "{declared.name}" IS {_quoted(declared.about)};')
    statements += [
        f'COMMENT ON COLUMN "{declared.name}"."{c.name}" IS {_quoted(c.about)};'
        for c in declared.columns
        if c.about
    ]
    return "\n".join(statements)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
