"""Whether a request has the form that the notes on its source give: method, path, parameters, body. Pure.

For ClinicalTrials.gov the official description is stricter: see :class:`tests.double.checks.TrialsForm`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from etl.model import Request

#: Everything CTIS takes in ``searchCriteria``, as read from the site's own requests.
CTIS_CRITERIA = frozenset(
    [
        "containAll",
        "containAny",
        "containNot",
        "title",
        "number",
        "status",
        "medicalCondition",
        "sponsor",
        "endPoint",
        "productName",
        "productRole",
        "populationType",
        "orphanDesignation",
        "msc",
        "ageGroupCode",
        "therapeuticAreaCode",
        "trialPhaseCode",
        "sponsorTypeCode",
        "gender",
        "protocolCode",
        "rareDisease",
        "pip",
        "haveOrphanDesignation",
        "hasStudyResults",
        "hasClinicalStudyReport",
        "isLowIntervention",
        "hasSeriousBreach",
        "hasUnexpectedEvent",
        "hasUrgentSafetyMeasure",
        "isTransitioned",
        "eudraCtCode",
        "trialRegion",
        "vulnerablePopulation",
        "mscStatus",
        "eeaStartDateFrom",
        "eeaStartDateTo",
        "eeaEndDateFrom",
        "eeaEndDateTo",
    ]
)
_ANY = r".+"
_UP_TO_1000 = r"[1-9]\d{0,2}|1000"
_GTR_JSON = "application/vnd.rcuk.gtr.json-v7"


@dataclass(frozen=True)
class Shape:
    """One kind of request. Patterns are matched whole; ``optional`` parameters may be absent."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    optional: Mapping[str, str] = field(default_factory=dict)
    accept: str = ""
    body: Callable[[object], Iterator[str]] | None = None

    def faults(self, request: Request) -> Iterator[str]:
        """What is wrong with a request of this method and path."""
        given = dict(request.params)
        if len(given) != len(request.params):
            yield "a parameter is there twice"
        for name, pattern in {**self.params, **self.optional}.items():
            if name not in given and name in self.params:
                yield f"{name} is missing"
            elif name in given and not re.fullmatch(pattern, given[name], re.DOTALL):
                yield f"{name} is {given[name]!r}"
        for name in given.keys() - self.params.keys() - self.optional.keys():
            yield f"{name} is not known"
        if request.accept != self.accept:
            yield f"accepts {request.accept!r}"
        if self.body:
            yield from self.body(json.loads(request.body))
        elif request.body:
            yield "has a body"


def _ctis_body(body: object) -> Iterator[str]:
    """Page 0 is answered with a false zero; without ``sort`` there is no proper answer."""
    assert isinstance(body, dict)
    if body.keys() != {"pagination", "sort", "searchCriteria"}:
        yield f"the body holds {sorted(body)}"
        return
    if body["pagination"]["page"] < 1 or not 1 <= body["pagination"]["size"] <= 100:
        yield f"pagination is {body['pagination']}"
    if body["sort"] != {"property": "decisionDate", "direction": "DESC"}:
        yield f"sort is {body['sort']}"
    criteria = body["searchCriteria"]
    if not criteria or criteria.keys() - CTIS_CRITERIA or not all(criteria.values()):
        yield f"searchCriteria is {criteria}"


def _nih_body(body: object) -> Iterator[str]:
    """Criteria in snake_case, fields in PascalCase: in another spelling both are ignored in silence."""
    assert isinstance(body, dict)
    if body.keys() != {"criteria", "include_fields", "offset", "limit", "sort_field", "sort_order"}:
        yield f"the body holds {sorted(body)}"
        return
    text = body["criteria"].get("advanced_text_search", {})
    expected = {"advanced_text_search", "fiscal_years", "exclude_subprojects", "include_active_projects"}
    if body["criteria"].keys() != expected:
        yield f"criteria are {sorted(body['criteria'])}"
    if (text.get("operator"), text.get("search_field")) != ("advanced", "projecttitle,abstracttext"):
        yield f"advanced_text_search is {text}"
    if not text.get("search_text"):
        yield "search_text is missing"
    if body["criteria"].get("exclude_subprojects") is not True:
        yield "subprojects are not left out"
    if not all(re.fullmatch(r"([A-Z][a-z]+)+", name) for name in body["include_fields"]):
        yield f"include_fields are {body['include_fields']}"
    if not (0 <= body["offset"] <= 14_999 and 1 <= body["limit"] <= 500):
        yield f"offset {body['offset']}, limit {body['limit']}"


_ESEARCH = {"db": "pubmed", "retmode": "json", "retmax": r"\d{1,4}", "term": _ANY}
_EFETCH = {"db": "pubmed", "retmode": "xml", "id": r"\d+(,\d+){0,499}"}
_EUROPE_PMC = {
    "query": _ANY,
    "resultType": "idlist|lite|core",
    "synonym": "false",
    "cursorMark": _ANY,
    "pageSize": _UP_TO_1000,
    "format": "json",
}
_EU_CTR_PAGE = {"query": _ANY, "page": r"[1-9]\d*", "mode": "current_page"}
_WITH_RESULTS = {"resultsstatus": "trials-with-results"}

SHAPES: Mapping[str, tuple[Shape, ...]] = {
    "clinicaltrials_gov": (
        Shape(
            "GET",
            "/studies",
            {"query.cond": _ANY, "fields": r"[A-Za-z|]+", "countTotal": "true", "pageSize": _UP_TO_1000},
            {"pageToken": _ANY},
        ),
        Shape("GET", "/version"),
    ),
    "ctis": (
        Shape("POST", "/search", body=_ctis_body),
        Shape("GET", r"/retrieve/20\d{2}-\d{6}-\d{2}-\d{2}"),
    ),
    "eu_ctr": (
        Shape("GET", "/search", {"query": _ANY}, _WITH_RESULTS),
        Shape("GET", "/rest/download/summary", {**_EU_CTR_PAGE, **_WITH_RESULTS}),
        Shape("GET", "/rest/download/full", _EU_CTR_PAGE),
    ),
    "isrctn": (
        Shape("GET", "/query/format/default", {"q": _ANY, "limit": r"\d{1,4}"}, {"offset": r"[1-9]\d*"}),
    ),
    "pubmed": (
        Shape("GET|POST", "/esearch.fcgi", _ESEARCH),
        Shape("GET|POST", "/efetch.fcgi", _EFETCH),
    ),
    "europe_pmc": (Shape("GET", "/search", _EUROPE_PMC), Shape("POST", "/searchPOST", _EUROPE_PMC)),
    "nih_reporter": (Shape("POST", "/projects/search", body=_nih_body),),
    "ukri_gtr": (
        Shape(
            "GET",
            "/projects",
            {"q": _ANY, "p": r"[1-9]\d*", "s": r"[1-9]\d|100"},
            accept=_GTR_JSON,
        ),
        Shape("GET", r"/funds/[\w-]+", accept=_GTR_JSON),
    ),
    "europe_pmc_grants": (Shape("GET", r"/get/query=[^/?&= ]+&format=json&resultType=core&page=[1-9]\d*"),),
}


def request_faults(request: Request) -> list[str]:
    """Everything in this request that the notes on its source do not allow; empty when it has their form."""
    for shape in SHAPES[request.source_id]:
        if re.fullmatch(shape.method, request.method) and re.fullmatch(shape.path, request.path):
            return list(shape.faults(request))
    return [f"no such request: {request.method} {request.path}"]
