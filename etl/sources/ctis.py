"""EU CTIS: what to ask the portal's own JSON interface and how to read it. Pure; traps beside them.

The interface is not documented: forms follow recorded rows and one recorded trial, the envelope
(never recorded) follows published clients. What a criterion matches is not documented either, so a
name is asked as condition, as title and, in all its forms, anywhere in the application. A trial
met by the last way only is a near miss. The parent's name is not asked anywhere: it stands in the
exclusion criteria of many a cancer trial. That criteria beside each other are joined by AND was
never verified; controls in the same shape watch over it.

One way of asking follows another and what was read is carried along in ``continuation``, because
ways overlap and only the last answer tells how many trials there are and which submission of a
trial is the highest. Rows hold no numbers of other registries: trials that seem to name the
disease are then retrieved one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources._body import json_object
from etl.sources._query import clean, holds, variants
from etl.sources._values import branch, count, listed, packed, text, texts, unpacked

SOURCE_ID = "ctis"
INTERFACE = "EU CTIS public portal, search and retrieve (not documented)"
#: What PRISMA-S wants quoted. It is sent in the body, and told to people in ``continuation``.
QUERY_PARAMETER = "searchCriteria"

PAGE_SIZE = 100
#: One query reaches 10,000 trials; what lies beyond is not given out.
REACHABLE = 10_000
#: No rare disease stands in so many applications: the search took the name apart into its words.
MOST_ANYWHERE = 1_000
#: As in the most complete client; the tables of other clients contradict it and are wrong. The
#: words are those of ClinicalTrials.gov where they mean the same, else the register's own.
STATUS = {
    1: "UNDER_EVALUATION",
    2: "NOT_YET_RECRUITING",
    3: "RECRUITING",
    4: "RECRUITING",
    5: "ACTIVE_NOT_RECRUITING",
    6: "SUSPENDED",
    7: "SUSPENDED",
    8: "ENDED",
    9: "EXPIRED",
    10: "REVOKED",
    11: "NOT_AUTHORISED",
    12: "CANCELLED",
}
#: Code 1 to 11 of a retrieved trial -> its phases, one digit each; search rows carry text instead.
_PHASE_CODES = ("1", "1", "1", "2", "3", "4", "12", "12", "12", "23", "34")
_PHASE_WORDS = {"I": "PHASE1", "II": "PHASE2", "III": "PHASE3", "IV": "PHASE4"}
_CONTROLS: tuple[Purpose, ...] = ("positive", "nonsense")
_ANYWHERE = "containAny"
_NUMBER = re.compile(r"20\d{2}-\d{6}-\d{2}-\d{2}", re.ASCII)
_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})", re.ASCII)


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search; every answer leads to the next way of asking.

    Controls ask for one row, since only their number counts. The positive control is asked as
    condition and title alone: the search anywhere must not hide that these find nothing.
    """
    if purpose not in ("count", "records", *_CONTROLS):
        raise Fault("query_refused", f"{SOURCE_ID} does not answer the purpose {purpose}")
    ways = tuple(_ways(terms, anywhere=purpose != "positive" and terms.rung != "broader"))
    if not ways:
        raise Fault("query_refused", f"{SOURCE_ID}: nothing to ask for {terms.disease_id}")
    told = " OR ".join(" AND ".join(f'{k}: "{v}"' for k, v in way.items()) for way in ways)
    carried = ((QUERY_PARAMETER, told), ("ways", json.dumps(ways[1:])))
    first = Request(SOURCE_ID, purpose, "/search", method="POST", rung=terms.rung, phrases=terms.phrases)
    return _page(replace(first, continuation=carried), ways[0], 1)


def follows(first: Request) -> tuple[Request, ...]:
    """The other ways of asking, which follow the first one whatever it is answered: for a dry run."""
    carried = {**dict(first.continuation), "ways": "[]"}
    other = replace(first, continuation=tuple(carried.items()))
    return tuple(_page(other, way, 1) for way in json.loads(dict(first.continuation)["ways"]))


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: rows and the next page or way of asking, or the rest of one trial.

    Raises ``Fault`` for every answer that cannot be believed; see :mod:`etl.sources._body`.
    """
    body = json_object(answer)
    return _read_rows(request, body) if request.method == "POST" else _read_trial(request, body)


def _ways(terms: Terms, *, anywhere: bool) -> Iterator[dict[str, str]]:
    phrases = tuple(map(clean, terms.phrases))
    context = ", ".join(_member(word) for word in terms.context)
    for criterion in ("medicalCondition", "title"):
        yield from ({criterion: phrase} for phrase in phrases)
        # An acronym means many things: only beside a word of the field.
        yield from ({criterion: clean(a), _ANYWHERE: context} for a in terms.acronyms if context)
    if anywhere and phrases:
        forms = dict.fromkeys(_member(form) for phrase in phrases for form in variants(phrase))
        yield {_ANYWHERE: ", ".join(forms)}


def _member(phrase: str) -> str:
    """One of several terms, which the service separates at commas."""
    return " ".join(clean(phrase).replace(",", " ").split())


def _page(request: Request, way: Mapping[str, str], page: int) -> Request:
    """One page of one way of asking. Without ``sort`` the service gives no proper answer."""
    size = 1 if request.purpose in _CONTROLS else PAGE_SIZE
    body = {
        "pagination": {"page": page, "size": size},
        "sort": {"property": "decisionDate", "direction": "DESC"},
        "searchCriteria": dict(way),
    }
    return replace(request, body=json.dumps(body, ensure_ascii=False))


def _read_rows(request: Request, body: Mapping[str, object]) -> Reading:
    asked = json.loads(request.body)
    page, way = asked["pagination"]["page"], asked["searchCriteria"]
    if page < 1:
        raise Fault("query_refused", f"page {page}: pages begin at 1, page 0 is answered with a false zero")
    announced, records = _envelope(body)
    carried = dict(request.continuation)
    if request.purpose in _CONTROLS:
        # Ways overlap, so their numbers are not added: the largest is a floor, and 0 only if all are.
        return _next_way(request, {**carried, "most": str(max(announced, int(carried.get("most", 0))))})
    ids = tuple(record.record_id for record in records)
    carried["named"] = " ".join(
        [carried.get("named", ""), *(r.record_id for r in records if _keep(carried, r, way))]
    )
    if announced > (MOST_ANYWHERE if set(way) == {_ANYWHERE} else REACHABLE):
        warning = ("incomplete", f"{announced} trials for {way}, more than can be read")
        return replace(_next_way(request, carried), ids=ids, warnings=(warning,))
    received = tuple(dict.fromkeys((*carried.pop("received", "").split(), *ids)))
    if records and page * PAGE_SIZE < announced:
        state = (*carried.items(), ("received", " ".join(received)))
        return Reading(None, ids=ids, then=(_page(replace(request, continuation=state), way, page + 1),))
    carried["lost"] = str(int(carried.get("lost", 0)) + abs(announced - len(received)))
    return replace(_next_way(request, carried), ids=ids)


def _envelope(body: Mapping[str, object]) -> tuple[int, list[Record]]:
    """The number announced and the rows, each with a number and a known status."""
    path, rows = "pagination.totalRecords", body.get("data")
    total = count({path: branch(body, "pagination").get("totalRecords")}, path)
    if not isinstance(rows, list):
        raise Fault("schema_drift", f"data is {type(rows).__name__}")
    for at, row in enumerate(rows):
        if not _NUMBER.fullmatch(text(row, "ctNumber")):
            raise Fault("schema_drift", f"data[{at}].ctNumber is {text(row, 'ctNumber')!r}")
    return total, [_record(row, f"data[{at}].") for at, row in enumerate(rows)]


def _keep(carried: dict[str, str], record: Record, way: Mapping[str, str]) -> bool:
    """Carry a record that was not met before; whether it names the disease. Met anywhere only, its near miss
    is the search itself."""
    forms = way[_ANYWHERE].split(", ") if set(way) == {_ANYWHERE} else []
    named = not forms or holds((*record.titles, *record.conditions), forms)
    if not named:
        record = replace(record, texts=(way[_ANYWHERE],))
    carried.setdefault(record.record_id, packed(record))
    return named


def _next_way(request: Request, carried: Mapping[str, str]) -> Reading:
    """The next way of asking; after the last one the number, the records, and what to retrieve."""
    ways = json.loads(carried["ways"])
    if ways:
        state = {**carried, "ways": json.dumps(ways[1:])}
        return Reading(None, then=(_page(replace(request, continuation=tuple(state.items())), ways[0], 1),))
    if request.purpose in _CONTROLS:
        return Reading(int(carried["most"]))
    met = {number: unpacked(value) for number, value in carried.items() if _NUMBER.fullmatch(number)}
    # What was announced and not received counts, so that the search cannot pass as complete.
    total = len(met) + int(carried.get("lost", 0))
    if request.purpose == "count":
        return Reading(total)
    # The last two digits tell the submission: in order, the highest one of each trial remains.
    kept = {number[:-3]: met[number] for number in sorted(met)}.values()
    named = set(carried.get("named", "").split())
    then = tuple(_retrieve(request, record) for record in kept if record.record_id in named)
    return Reading(total, tuple(kept), then=then)


def _retrieve(request: Request, record: Record) -> Request:
    state = (("record", packed(record)),)
    path = f"/retrieve/{record.record_id}"
    return Request(SOURCE_ID, request.purpose, path, rung=request.rung, continuation=state)


def _record(row: object, path: str) -> Record:
    number, title, code = text(row, "ctNumber"), text(row, "ctTitle"), text(row, "shortTitle")
    start, enrolled = _day(text(row, "startDateEU")), text(row, "totalNumberEnrolled")
    kind = text(row, "sponsorType")
    return Record(
        SOURCE_ID,
        number,
        "trial",
        title or code,
        f"https://euclinicaltrials.eu/ctis-public/view/{number}",
        titles=_distinct(title, code),
        conditions=_distinct(text(row, "conditions")),
        other_ids=_distinct(code),  # the short title is the sponsor's protocol code
        study_type="INTERVENTIONAL",
        phases=tuple(_PHASE_WORDS[w] for w in re.findall(r"\b(IV|I{1,3})\b", text(row, "trialPhase"))),
        status=_status(row, "ctStatus", path),
        status_as_of=_day(text(row, "lastPublicationUpdate")) or _day(text(row, "lastUpdated")),
        has_results={"Yes": True, "No": False}.get(text(row, "resultsFirstReceived")),
        start=start,
        year=int(start[:4]) if start else None,
        enrolment=int(enrolled) if enrolled.isdecimal() else None,
        enrolment_type="ESTIMATED" if enrolled.isdecimal() else "",
        interventions=_distinct(text(row, "product")),
        sponsor=text(row, "sponsor"),
        sponsor_class=("INDUSTRY" if kind.startswith("Pharma") else "OTHER") if kind else "",
        # "Spain:4": the number is the status of the trial in that country, not a number of sites.
        countries=_distinct(*(c.partition(":")[0] for c in texts(row, "trialCountries"))),
    )


def _read_trial(request: Request, body: Mapping[str, object]) -> Reading:
    """The rest of one trial. An unknown number is answered with status 200 and ``{}``: the row stands."""
    record = unpacked(dict(request.continuation)["record"])
    if not body:
        return Reading(None, warnings=(("incomplete", f"not delivered: {record.record_id}"),))
    if text(body, "ctNumber") != record.record_id:
        raise Fault("schema_drift", f"ctNumber is {text(body, 'ctNumber')!r}, not {record.record_id}")
    if not branch(body, "authorizedApplication", "authorizedPartI"):
        raise Fault("schema_drift", "authorizedApplication.authorizedPartI is missing")
    return Reading(None, (_completed(record, body),), (record.record_id,))


def _completed(record: Record, body: Mapping[str, object]) -> Record:
    """The record of a row with what only the retrieved trial holds."""
    part = branch(body, "authorizedApplication", "authorizedPartI")
    names, told = (branch(part, "trialDetails", b) for b in ("clinicalTrialIdentifiers", "trialInformation"))
    titles = _distinct(*(text(names, field) for field in ("publicTitle", "fullTitle", "shortTitle")))
    conditions = (text(c, "medicalCondition") for c in listed(part, "medicalConditions"))
    terms = listed(branch(told, "medicalCondition"), "meddraConditionTerms")
    products = listed(part, "products")
    substances = (text(p, "jsonActiveSubstanceNames") or text(p, "productName") for p in products)
    enrolment = record.enrolment or _enrolment(body, part)
    sponsors = sorted(listed(part, "sponsors"), key=lambda s: branch(s).get("primary") is not True)
    return replace(
        record,
        title=record.title if record.title != text(names, "shortTitle") else (*titles, record.title)[0],
        titles=_distinct(*record.titles, *titles),
        conditions=_distinct(*record.conditions, *conditions),
        keywords=_distinct(*(text(term, "termName") for term in terms)),
        texts=_distinct(*_running_texts(told)),
        other_ids=_distinct(*record.other_ids, *_other_ids(body, names)),
        phases=record.phases or _phases(text(branch(told, "trialCategory"), "trialPhase")),
        status=_status(body, "ctPublicStatusCode", ""),
        completion=text(branch(told, "trialDuration"), "estimatedEndDate"),
        enrolment=enrolment,
        enrolment_type="ESTIMATED" if enrolment else "",
        interventions=_distinct(*substances) or record.interventions,
        sponsor=record.sponsor or next((text(branch(s, "organisation"), "name") for s in sponsors), ""),
        countries=_distinct(*record.countries, *(text(c, "name") for c in listed(part, "rowCountriesInfo"))),
    )


def _other_ids(body: Mapping[str, object], names: Mapping[str, object]) -> Iterator[str]:
    """Numbers in other registries, among them the EudraCT number of a trial that was moved over."""
    second = branch(names, "secondaryIdentifyingNumbers")
    for registry in ("nctNumber", "isrctnNumber", "whoUniversalTrialNumber"):
        yield text(branch(second, registry), "number")
    # Only ever seen empty: whatever text an entry holds may be the number.
    for entry in listed(second, "additionalRegistries"):
        yield from (text(entry, field) for field in branch(entry))
    yield text(branch(body, "authorizedApplication", "eudraCt"), "eudraCtCode")


def _running_texts(told: Mapping[str, object]) -> Iterator[str]:
    """Objective and criteria: a name that stands only here is a near miss."""
    yield text(branch(told, "trialObjective"), "mainObjective")
    for kind in ("principalInclusionCriteria", "principalExclusionCriteria"):
        yield from (text(entry, kind) for entry in listed(branch(told, "eligibilityCriteria"), kind))


def _enrolment(body: Mapping[str, object], part: Mapping[str, object]) -> int | None:
    """Planned participants in the member states and elsewhere; 0 of both means not stated."""
    states = listed(branch(body, "authorizedApplication"), "authorizedPartsII")
    counts = (*(text(s, "recruitmentSubjectCount") for s in states), text(part, "rowSubjectCount"))
    return sum(int(c) for c in counts if c.isdecimal()) or None


def _phases(code: str) -> tuple[str, ...]:
    at = int(code) if code.isdecimal() else 0
    return tuple(f"PHASE{digit}" for digit in _PHASE_CODES[at - 1]) if 0 < at <= len(_PHASE_CODES) else ()


def _status(value: object, field: str, path: str) -> str:
    code = value.get(field) if isinstance(value, dict) else None
    if not isinstance(code, int) or isinstance(code, bool) or code not in STATUS:
        raise Fault("schema_drift", f"{path}{field} is {code!r}")
    return STATUS[code]


def _day(written: str) -> str:
    """A date written DD/MM/YYYY as ISO; empty when there is none, or no such day."""
    found = _DAY.fullmatch(written)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])).isoformat() if found else ""
    except ValueError:
        return ""


def _distinct(*found: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, found)))
