"""ClinicalTrials.gov, API v2: what to ask and how to read it. Pure; rules and traps beside them.

Forms follow the official OpenAPI description 2.0.3 and recorded studies. The source does not echo
the query it ran, so a zero rests on controls of the same shape. Its search also finds relatives
and loose words: whether a study names the disease is decided by :mod:`etl.match`, not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources._body import json_object

SOURCE_ID = "clinicaltrials_gov"
INTERFACE = "ClinicalTrials.gov API v2"
#: The parameter that holds the query, as PRISMA-S wants it quoted.
QUERY_PARAMETER = "query.cond"

#: Only these fields are asked for; a wrong name is answered with status 400, never with a zero.
FIELDS = (
    "NCTId|NCTIdAlias|OrgStudyIdInfo|SecondaryIdInfo|BriefTitle|OfficialTitle|Acronym|OverallStatus|StatusVerifiedDate"
    "|LastUpdatePostDate|StartDate|PrimaryCompletionDate|CompletionDate|LeadSponsorName|LeadSponsorClass"
    "|Condition|Keyword|ConditionMeshTerm|StudyType|Phase|EnrollmentCount|EnrollmentType"
    "|InterventionName|LocationCountry|BriefSummary|DetailedDescription|EligibilityCriteria|HasResults"
)
#: The largest page the service gives; a larger wish is silently cut down to it.
PAGE_SIZE = 1000
#: An enrolment of 99999999 is the registry's way to say "unknown".
UNKNOWN_ENROLMENT = 99999999

_COUNTING: tuple[Purpose, ...] = ("count", "positive", "nonsense")
_NCT_ID = re.compile(r"nct\d+", re.IGNORECASE)
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_ESSIE_SIGNS = re.compile(r'[\[\](){}"“”„«»\\]')


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search.

    Counting asks for one study (``pageSize=0`` would mean the default of ten), ``records`` for
    full pages. Raises ``Fault("query_refused")`` for terms that cannot be asked safely.
    """
    if purpose != "records" and purpose not in _COUNTING:
        raise Fault("query_refused", f"{SOURCE_ID} does not answer the purpose {purpose}")
    size, fields = (PAGE_SIZE, FIELDS) if purpose == "records" else (1, "NCTId")
    params = (
        (QUERY_PARAMETER, query(terms)),
        ("fields", fields),
        ("countTotal", "true"),
        ("pageSize", str(size)),
    )
    return Request(SOURCE_ID, purpose, "/studies", params, rung=terms.rung, phrases=terms.phrases)


def query(terms: Terms) -> str:
    """An Essie expression: quoted phrases OR-ed; acronyms only beside a word of the field.

    Quotes keep the order of words and stop the default expansion to loose words.
    """
    members = [_quoted(p) for p in terms.phrases]
    if terms.acronyms and terms.context:
        acronyms = " OR ".join(_quoted(a) for a in terms.acronyms)
        context = " OR ".join(_clean(c) for c in terms.context)
        members.append(f"(({acronyms}) AND ({context}))")
    if not members:
        raise Fault("query_refused", f"{SOURCE_ID}: nothing to ask for {terms.disease_id}")
    return " OR ".join(members)


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: total, studies, and the next page or the data version to ask for.

    Raises ``Fault`` for every answer that cannot be believed; see :mod:`etl.sources._body`.
    """
    body = json_object(answer)
    if request.path == "/version":
        return Reading(None, data_version=_text(body, "dataTimestamp"))
    studies = body.get("studies")
    if not isinstance(studies, list):
        raise Fault("schema_drift", "the answer holds no list of studies")
    first = "pageToken" not in dict(request.params)
    total = _total(body) if first else None
    if request.purpose in _COUNTING:
        return Reading(total)
    records = tuple(_record(study) for study in studies)
    # A page may be empty and still not be the last: only an absent token ends the pages.
    token = body.get("nextPageToken")
    then = [_page(request, token)] if isinstance(token, str) and token else []
    if first:
        then.append(Request(SOURCE_ID, request.purpose, "/version", rung=request.rung))
    return Reading(total, records, tuple(r.record_id for r in records), then=tuple(then))


def _page(request: Request, token: str) -> Request:
    """The next page: identical parameters and the token, which belongs to one data version."""
    params = tuple(p for p in request.params if p[0] != "pageToken")
    return replace(request, params=(*params, ("pageToken", token)))


def _total(body: Mapping[str, object]) -> int:
    total = body.get("totalCount")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise Fault("schema_drift", f"totalCount is {total!r} on the first page")
    return total


def _quoted(phrase: str) -> str:
    return f'"{_clean(phrase)}"'


def _clean(phrase: str) -> str:
    """``phrase`` without the signs of the query language, which would break or change the query."""
    cleaned = " ".join(_ESSIE_SIGNS.sub(" ", phrase).split())
    if not cleaned:
        raise Fault("query_refused", f"{phrase!r} holds nothing to search for")
    if _NCT_ID.fullmatch(cleaned):
        raise Fault("query_refused", f"{phrase!r}: a query made of NCT ids ignores every filter")
    return cleaned


def _record(study: object) -> Record:
    protocol = _branch(study, "protocolSection")
    identity = _branch(protocol, "identificationModule")
    status = _branch(protocol, "statusModule")
    design = _branch(protocol, "designModule")
    sponsor = _branch(protocol, "sponsorCollaboratorsModule", "leadSponsor")
    described = _branch(protocol, "descriptionModule")
    nct_id = _text(identity, "nctId")
    if not nct_id:
        raise Fault("schema_drift", "a study without nctId")
    start = _date(status, "startDateStruct")
    enrolment = _branch(design, "enrollmentInfo")
    titles = (_text(identity, "briefTitle"), _text(identity, "officialTitle"), _text(identity, "acronym"))
    eligibility = _text(_branch(protocol, "eligibilityModule"), "eligibilityCriteria")
    texts = (_text(described, "briefSummary"), _text(described, "detailedDescription"), eligibility)
    has_results = study.get("hasResults") if isinstance(study, dict) else None
    return Record(
        SOURCE_ID,
        nct_id,
        "trial",
        titles[0] or titles[1],
        f"https://clinicaltrials.gov/study/{nct_id}",
        titles=tuple(filter(None, titles)),
        conditions=_texts(_branch(protocol, "conditionsModule"), "conditions"),
        keywords=_keywords(study, protocol),
        texts=tuple(filter(None, texts)),
        other_ids=_other_ids(identity),
        study_type=_text(design, "studyType"),
        phases=_texts(design, "phases"),
        status=_text(status, "overallStatus"),
        status_as_of=_text(status, "statusVerifiedDate") or _date(status, "lastUpdatePostDateStruct"),
        has_results=has_results if isinstance(has_results, bool) else None,
        start=start,
        completion=_date(status, "completionDateStruct") or _date(status, "primaryCompletionDateStruct"),
        year=int(start[:4]) if start else None,
        enrolment=_enrolment(enrolment),
        enrolment_type=_text(enrolment, "type"),
        interventions=_names(protocol, "armsInterventionsModule", "interventions", "name"),
        sponsor=_text(sponsor, "name"),
        sponsor_class=_text(sponsor, "class"),
        countries=_names(protocol, "contactsLocationsModule", "locations", "country"),
    )


def _keywords(study: object, protocol: Mapping[str, object]) -> tuple[str, ...]:
    """The study's own keywords and the MeSH headings NLM derived from its conditions, without the
    headings' ancestors: those would make every myositis trial name its whole family."""
    own = _texts(_branch(protocol, "conditionsModule"), "keywords")
    derived = _branch(study, "derivedSection", "conditionBrowseModule")
    return tuple(dict.fromkeys((*own, *(_text(m, "term") for m in _items(derived, "meshes")))))


def _other_ids(identity: Mapping[str, object]) -> tuple[str, ...]:
    """Former NCT numbers, the sponsor's own and those of other registries; their ``type`` may be absent."""
    secondary = (_text(info, "id") for info in _items(identity, "secondaryIdInfos"))
    own = _text(_branch(identity, "orgStudyIdInfo"), "id")
    return tuple(dict.fromkeys(filter(None, (*_texts(identity, "nctIdAliases"), own, *secondary))))


def _enrolment(info: Mapping[str, object]) -> int | None:
    count = info.get("count")
    if not isinstance(count, int) or isinstance(count, bool):
        return None
    return count if 0 <= count < UNKNOWN_ENROLMENT else None


def _date(module: Mapping[str, object], struct: str) -> str:
    """A date of the form yyyy, yyyy-MM or yyyy-MM-dd; the struct and its type may be absent."""
    date = _text(_branch(module, struct), "date")
    return date if _PARTIAL_DATE.fullmatch(date) else ""


def _names(protocol: Mapping[str, object], module: str, items: str, field: str) -> tuple[str, ...]:
    """Distinct texts of one field of a list of objects; the module or the list may be absent."""
    found = (_text(item, field) for item in _items(_branch(protocol, module), items))
    return tuple(dict.fromkeys(filter(None, found)))


def _branch(value: object, *path: str) -> Mapping[str, object]:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _text(value: object, field: str) -> str:
    found = value.get(field) if isinstance(value, dict) else None
    return found.strip() if isinstance(found, str) else ""


def _texts(value: Mapping[str, object], field: str) -> tuple[str, ...]:
    found = value.get(field)
    return tuple(t for t in found if isinstance(t, str)) if isinstance(found, list) else ()


def _items(value: Mapping[str, object], field: str) -> Iterator[object]:
    found = value.get(field)
    yield from found if isinstance(found, list) else ()
