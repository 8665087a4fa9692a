"""The words of Lacuna as frozen types. Pure: no file, clock or network is touched here.

Words as in DESIGN section 2: a *question* is asked of a *disease*; a *source* answers *searches*
for *terms*; *controls* of the same run say whether an answer can be believed; a *verdict* is the
state of one question × disease × source, a *cell* the state of one question × disease.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

State = Literal["found", "zero", "unproven", "claimed", "unsearched"]
Freshness = Literal["fresh", "stale", "last_check_failed", "never_answered"]
Bound = Literal["exact", "floor"]
Rung = Literal["name", "synonyms", "broader"]
Purpose = Literal["count", "records", "positive", "nonsense", "known_items", "year"]
Match = Literal["condition", "title", "keyword", "text", "loose", "broader", "rejected"]
QuestionKind = Literal["registry", "judgement", "programme"]
RecordKind = Literal["trial", "publication", "grant", "designation", "estimate"]

#: Ways of naming a disease that make a record answer a question.
NAMING_MATCHES: tuple[Match, ...] = ("condition", "title", "keyword")
#: Ways that wait for a person: a name in the running text, or only an acronym or the loose words of one.
NEAR_MATCHES: tuple[Match, ...] = ("text", "loose")
#: A positive control speaks for a search that was answered at most this long before it: a source that
#: went blind in between would find nothing for both.
CONTROL_WINDOW = timedelta(hours=1)

#: The ``snapshot_id`` of public tables that the curators counted (``dataset_searches.csv``).
EMBEDDED = "embedded"

#: Why a source or a cell is not a proven zero. Closed vocabulary; the dashboard words each code.
REASONS: dict[str, str] = {
    "source_unsearched": "this required source was not searched",
    "part_of_source": "only a part of the source was searched",
    "rung_missing": "a rung that the source declares was not asked",
    "name_not_asked": "a name of the disease was added after this search",
    "incomplete": "not every record announced was received",
    "term_dropped": "the source dropped or did not know a term of the query",
    "echo_missing": "the source did not echo the query that was sent",
    "positive_missing": "no positive control was answered within the hour after the search",
    "positive_found_nothing": "positive control found nothing",
    "nonsense_missing": "no nonsense control was run",
    "nonsense_found_something": "nonsense control found something",
    "known_items_missing": "the known-item control was not run",
    "known_items_missed": "the search missed a known publication",
    "near_miss_undecided": "near misses wait for a decision",
    "form_unverified": "the form of this source's answers was never verified",
    "failed": "the last check failed",
    "dropped_below_floor": "a comparator fell below 70 % of its last value",
    "needs_a_reader": "the source was searched, its answers wait for a reader",
    "no_reader": "no named reader judged this",
    "no_second_reader": "no second reader confirmed this",
    "shallow_search": "the search behind the judgement did not read a whole source",
    "funders_unchecked": "funders on the list were not checked",
    "gathered_not_searched": "records were gathered, the registry itself was not searched",
    "only_candidates": "only markers that are not established were met",
    "follows": "follows from another question",
}


@dataclass(frozen=True, order=True)
class Reason:
    """One reason, as data: a code of :data:`REASONS`, a detail (id, count), the source it is about."""

    code: str
    detail: str = ""
    source_id: str = ""

    def __post_init__(self) -> None:
        if self.code not in REASONS:
            raise ValueError(f"unknown reason {self.code!r}; add it to etl.model.REASONS")


class Fault(Exception):
    """An answer that cannot be believed. ``code`` is one of :data:`FAULTS`, ``detail`` says where."""

    def __init__(self, code: str, detail: str = "") -> None:
        if code not in FAULTS:
            raise ValueError(f"unknown fault {code!r}; add it to etl.model.FAULTS")
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code, self.detail = code, detail


#: Everything that can be wrong with an answer. A fault is never a zero.
FAULTS: dict[str, str] = {
    "unreachable": "no answer: connection refused, reset or timed out",
    "http_status": "the service answered with an error status",
    "rate_limited": "the service refused for too many requests",
    "wrong_content": "another kind of content than asked for, such as a web page with status 200",
    "not_parsable": "the body is cut short or not valid",
    "error_body": "the body says that the request failed",
    "schema_drift": "a field is missing or has another type than documented",
    "incomplete": "fewer or other records than announced",
    "query_refused": "the query was refused before it was sent",
}


@dataclass(frozen=True)
class KnownItem:
    """A publication that a correct search at ``rung`` must retrieve."""

    reference_id: str
    rung: Rung
    pmid: str = ""
    doi: str = ""


@dataclass(frozen=True)
class Terms:
    """What a search asks for.

    ``phrases`` are searched as exact phrases, OR-ed. ``acronyms`` are ambiguous and only searched
    together with one of ``context`` (words of the field, such as *myositis*). ``names`` are the
    names of the disease itself, by which a record is screened: under ``broader`` the phrases are
    the parent's, the names still the disease's.
    """

    disease_id: str
    rung: Rung
    phrases: tuple[str, ...]
    acronyms: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    known_items: tuple[KnownItem, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that the query holds: a search that lacks one of today's was narrower."""
        return (*self.phrases, *self.acronyms, *(self.context if self.acronyms else ()))


@dataclass(frozen=True)
class Request:
    """One request as an adapter wants it sent. ``path`` is relative to the source's base address.

    Keys (``api_key``) and the contact are not here: the HTTP edge adds them. ``continuation`` is
    whatever the adapter needs to understand a later page; it is not sent. ``accept`` is the kind of
    content to ask for (the ``Accept`` header), where a service has more than one. ``beside`` names the
    search that a control was asked for: it is not sent, but its answer is kept for that search alone.
    """

    source_id: str
    purpose: Purpose
    path: str
    params: tuple[tuple[str, str], ...] = ()
    method: Literal["GET", "POST"] = "GET"
    body: str = ""
    rung: Rung = "name"
    continuation: tuple[tuple[str, str], ...] = ()
    phrases: tuple[str, ...] = ()
    accept: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Answer:
    """A raw response, already masked. ``sha256`` is of the masked body; times are UTC without zone."""

    url: str
    status: int
    content_type: str
    body: bytes
    asked_at: datetime
    sha256: str
    from_cache: bool = False


@dataclass(frozen=True)
class Record:
    """One trial, publication, grant or designation as an adapter understood it. Missing is empty."""

    source_id: str
    record_id: str
    kind: RecordKind
    title: str
    url: str
    titles: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    other_ids: tuple[str, ...] = ()
    study_type: str = ""
    phases: tuple[str, ...] = ()
    status: str = ""
    status_as_of: str = ""
    has_results: bool | None = None
    start: str = ""
    completion: str = ""
    year: int | None = None
    enrolment: int | None = None
    enrolment_type: str = ""
    interventions: tuple[str, ...] = ()
    sponsor: str = ""
    sponsor_class: str = ""
    countries: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    #: Money as the funder tells it, never summed across currencies. ``None`` is unknown, not 0.
    amount: float | None = None
    currency: str = ""
    funder: str = ""


@dataclass(frozen=True)
class Reading:
    """What an adapter understood of an answer.

    ``total`` is the number the source announces (``None`` on later pages that announce none);
    ``ids`` are the distinct ids on this page; ``echo`` is the query as the source says it ran it;
    ``warnings`` are pairs (reason code, detail); ``then`` are the requests to send next.
    """

    total: int | None
    records: tuple[Record, ...] = ()
    ids: tuple[str, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    echo: str = ""
    register_size: int | None = None
    data_version: str = ""
    then: tuple[Request, ...] = ()


# --- what a refresh writes down: one file of each in a snapshot -------------------------------


@dataclass(frozen=True)
class Search:
    """One search as PRISMA-S wants it told: who was asked what, when, and what came back."""

    search_id: str
    snapshot_id: str
    source_id: str
    disease_id: str
    rung: Rung
    query: str
    url: str
    interface: str
    asked_at: datetime
    total: int | None
    received: int
    complete: bool
    coverage: Literal["whole", "part"] = "whole"
    register_size: int | None = None
    data_version: str = ""
    echo: str = ""
    warnings: tuple[Reason, ...] = ()
    fault: str = ""
    fault_detail: str = ""
    answers: tuple[str, ...] = ()
    requests: int = 1
    filters: str = ""
    reference_id: str = ""
    note: str = ""
    #: The names and acronyms that were asked for, and the words beside which those acronyms were; one
    #: added later was not.
    asked_names: tuple[str, ...] = ()
    #: When its last page was answered; ``asked_at`` is when its first one was.
    finished_at: datetime | None = None

    @property
    def answered_on(self) -> str:
        """ISO day of the answer; for a public table its own date, which may be a year only."""
        return self.data_version if self.snapshot_id == EMBEDDED else self.asked_at.date().isoformat()


@dataclass(frozen=True)
class Control:
    """A search of the same run that must find something, nothing, or known items.

    ``found`` is the number found, ``expected`` for known items the number declared; ``found`` is
    ``None`` when the control itself failed.
    """

    control_id: str
    snapshot_id: str
    source_id: str
    disease_id: str
    kind: Literal["positive", "nonsense", "known_items"]
    rung: Rung
    query: str
    asked_at: datetime
    found: int | None
    expected: int | None = None
    missed: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class RecordMatch:
    """How one record names one disease, and by which search it was met."""

    snapshot_id: str
    source_id: str
    record_id: str
    disease_id: str
    search_id: str
    match: Match
    matched_name: str = ""


# --- judging ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SourceRule:
    """What a source must show before its zero counts (from ``sources.toml``)."""

    source_id: str
    rungs: tuple[Rung, ...] = ("name",)
    echo: Literal["full", "none"] = "none"
    known_items: bool = False
    form_verified: bool = True


@dataclass(frozen=True)
class SourceEvidence:
    """All that one source holds on one question × disease.

    ``names_missing`` are names of the disease, or words of its field, that a search did not ask for, being
    newer than it. ``quarantine`` says why a run behind these searches may not become current; ``met_since``
    counts records that name the disease, met only by later runs that do not count.
    ``named`` counts records (or rows of a whole table) that answer the question and name the
    disease; ``near_misses`` those undecided; ``gathered`` a tally that is only a floor.
    """

    source_id: str
    searches: tuple[Search, ...] = ()
    controls: tuple[Control, ...] = ()
    named: int = 0
    near_misses: int = 0
    names_missing: tuple[str, ...] = ()
    answers_directly: bool = True
    failed: str = ""
    quarantine: tuple[Reason, ...] = ()
    met_since: int = 0


@dataclass(frozen=True)
class Judgement:
    """A verdict by a named reader on a date. ``n`` counts what was found (rows), else 0."""

    result: Literal["found", "candidate", "none_found", "not_searched"]
    judged_by: str
    judged_on: str
    second_reader: str = ""
    search_depth: str = ""
    n: int = 1


@dataclass(frozen=True)
class Verdict:
    """The state of one question × disease × source."""

    source_id: str
    state: State
    n: int | None = None
    bound: Bound = "exact"
    reasons: tuple[Reason, ...] = ()
    answered_on: str = ""
    failed: str = ""

    @property
    def proper(self) -> bool:
        """Counts towards coverage: the source was searched as it must be, whatever it found."""
        return self.state == "zero" or (self.state == "found" and self.bound == "exact")


@dataclass(frozen=True)
class Cell:
    """One question × one disease. Freshness is not here: it is derived when read."""

    state: State
    n: int | None
    bound: Bound
    proven_sources: int
    required_sources: int
    reasons: tuple[Reason, ...] = ()
    implied_by: str = ""


# --- the catalog, as far as judging and searching need it -------------------------------------


@dataclass(frozen=True)
class Question:
    """A row of the framework with an immutable id."""

    question_id: str
    kind: QuestionKind
    required_sources: tuple[str, ...]
    optional_sources: tuple[str, ...] = ()
    depends_on: str = ""


@dataclass(frozen=True)
class Source:
    """One table of ``data/catalog/sources.toml``. Texts are bilingual pairs where a person reads them.

    ``fresh_days`` is how long an answer counts as fresh; ``per_second`` the allowed request rate.
    ``answers`` lists the questions whose records this source can answer without a reader.
    """

    source_id: str
    name: str
    kind: Literal["trials", "literature", "funding", "nomenclature", "regulation", "curation"]
    publisher: str
    citation: str
    licence: str
    licence_page: str
    homepage: str
    coverage_en: str
    coverage_fr: str
    schedule: str
    fresh_days: int
    echo: Literal["full", "none"]
    redistribute: Literal["full", "metadata", "counts_links"]
    form_verified: bool
    caveats_en: tuple[str, ...] = ()
    caveats_fr: tuple[str, ...] = ()
    adapter: str = ""
    base: str = ""
    hosts: tuple[str, ...] = ()
    per_second: float = 1.0
    timeout_seconds: float = 30.0
    rungs: tuple[Rung, ...] = ()
    answers: tuple[str, ...] = ()
    known_items: bool = False
    positive_controls: tuple[str, ...] = ()
    nonsense_control: str = ""
    limits_en: str = ""
    limits_fr: str = ""

    def asked(self, rungs: Sequence[Terms]) -> tuple[Terms, ...]:
        """``rungs`` of a disease as this source is asked for them. A file is passed over once: where it
        declares no rung for synonyms, its one search is for every name."""
        declared = tuple(t for t in rungs if t.rung in self.rungs)
        if self.adapter or "synonyms" in self.rungs:
            return declared
        acronyms = tuple(dict.fromkeys(a for t in rungs for a in t.acronyms))
        return tuple(
            replace(t, phrases=t.names, acronyms=acronyms) if t.rung == "name" else t for t in declared
        )

    def rule(self) -> SourceRule:
        """The rule by which this source is judged."""
        return SourceRule(self.source_id, self.rungs, self.echo, self.known_items, self.form_verified)


Row = Mapping[str, object]


@dataclass(frozen=True)
class Catalog:
    """Catalog and curated tables as read and checked: table name -> rows (see ``etl.tables``)."""

    tables: Mapping[str, tuple[Row, ...]]
    sources: Mapping[str, Source]
    sha256: str


# --- sources that are files -------------------------------------------------------------------


@dataclass(frozen=True)
class RowError:
    """A row of a file, or one column of it, that could not be read. ``line`` is where the row begins.

    ``kept`` says that the row's names were read all the same (only a date or an amount is missing):
    else the file was not read whole, and nothing in it is a zero.
    """

    line: int
    column: str
    problem: str
    kept: bool = False
