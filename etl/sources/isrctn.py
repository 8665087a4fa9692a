"""ISRCTN registry: what to ask its XML interface and how to read it. Pure; traps beside them.

Forms follow two answers transcribed by hand and published clients. The registry knows no synonyms:
every name is asked, in all its forms. How it joins bare words was never verified, so every word
stands in quotes. It has no status either: that is derived from dates on the day of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from xml.etree.ElementTree import Element

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources._body import xml_root
from etl.sources._query import expression

SOURCE_ID = "isrctn"
INTERFACE = "ISRCTN API, query, format default"
#: The parameter that holds the query, as PRISMA-S wants it quoted.
QUERY_PARAMETER = "q"

#: As many records as one answer is asked for. The default of the service is unknown: always sent.
PAGE_SIZE = 1000
_COUNTING: tuple[Purpose, ...] = ("count", "positive", "nonsense")
_NAMESPACE = "{http://www.67bricks.com/isrctn}"
_UK_NATIONS = frozenset({"England", "Northern Ireland", "Scotland", "Wales"})
#: The registry's words for "no such number", written in several ways.
_NONE = re.compile(r"(nil|none|not (known|applicable|available|provided))\b.*|n/?a|-*", re.IGNORECASE)
_OVERRIDES = {"stopped": "TERMINATED", "suspended": "SUSPENDED"}
_PHASES = {"I": "PHASE1", "II": "PHASE2", "III": "PHASE3", "IV": "PHASE4", "Not Applicable": "NA"}


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search, for the number alone: it stands in every answer, whatever the limit.

    Raises ``Fault("query_refused")`` for terms that cannot be asked safely.
    """
    if purpose != "records" and purpose not in _COUNTING:
        raise Fault("query_refused", f"{SOURCE_ID} does not answer the purpose {purpose}")
    query, sent = expression(SOURCE_ID, terms, '"{}"'.format)
    params = ((QUERY_PARAMETER, query), ("limit", "0"))
    return Request(SOURCE_ID, purpose, "/query/format/default", params, rung=terms.rung, phrases=sent)


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: the number and the pages to ask for, or the trials of a page.

    Raises ``Fault`` for every answer that cannot be believed; see :mod:`etl.sources._body`.
    """
    root = xml_root(answer)
    if root.tag != f"{_NAMESPACE}allTrials":
        raise Fault("schema_drift", f"the root is {root.tag}, not allTrials of {_NAMESPACE[1:-1]}")
    total = root.get("totalCount", "")
    if not re.fullmatch(r"[0-9]{1,8}", total):
        raise Fault("schema_drift", f"allTrials/@totalCount is {total!r}")
    if dict(request.params)["limit"] == "0":
        pages = range(0, int(total), PAGE_SIZE) if request.purpose == "records" else ()
        return Reading(int(total), then=tuple(_page(request, int(total), offset) for offset in pages))
    records = tuple(_record(full, answer.asked_at.date()) for full in root.iterfind(_path("fullTrial")))
    if records and not any(record.titles for record in records):
        # Elements of another namespace or name read as absent, and a trial without words names no disease.
        raise Fault("schema_drift", "no fullTrial/trial of the page has a trialDescription/title")
    return Reading(None, records, tuple(record.record_id for record in records))


def _page(request: Request, total: int, offset: int) -> Request:
    params = [p for p in request.params if p[0] == QUERY_PARAMETER]
    params.append(("limit", str(min(total, PAGE_SIZE))))
    # Seen to be honoured once; if it is not, ids repeat and the search is not complete.
    params += [("offset", str(offset))] if offset else []
    return replace(request, params=tuple(params))


def _record(full: Element, today: date) -> Record:
    trial = full.find(_path("trial"))
    if trial is None:
        raise Fault("schema_drift", "allTrials/fullTrial without trial")
    number = trial.get("publicIdentifierCanonical") or f"ISRCTN{_text(trial, 'isrctn')}"
    if not re.fullmatch(r"ISRCTN\d{8}", number, re.ASCII):
        raise Fault("schema_drift", f"fullTrial/trial/@publicIdentifierCanonical is {number!r}")
    titles = tuple(_texts(trial, *(f"trialDescription/{t}" for t in ("title", "scientificTitle", "acronym"))))
    start, end = _day(trial, "participants/recruitmentStart"), _day(trial, "trialDesign/overallEndDate")
    enrolment, enrolment_type = _enrolment(trial)
    sponsor = _sponsor(full, trial)
    return Record(
        SOURCE_ID,
        number,
        "trial",
        titles[0] if titles else "",
        f"https://www.isrctn.com/{number}",
        titles=titles,
        conditions=tuple(_texts(trial, "conditions/condition/description")),
        keywords=tuple(_texts(trial, *(f"conditions/condition/diseaseClass{n}" for n in (1, 2)))),
        # Everything else in the record: a name that stands only there is a near miss.
        texts=(" ".join(" ".join(trial.itertext()).split()),),
        other_ids=tuple(dict.fromkeys(_other_ids(trial))),
        study_type=_text(trial, "trialDesign/primaryStudyDesign").upper(),
        phases=tuple(_phases(trial)),
        status=_status(trial, today),
        # The dates behind the status are as old as the record's last change.
        status_as_of=trial.get("lastUpdated", "")[:10],
        has_results=_has_results(trial),
        start=start,
        completion=end,
        year=int(start[:4]) if start else None,
        enrolment=enrolment,
        enrolment_type=enrolment_type,
        interventions=tuple(_texts(trial, "interventions/intervention/drugNames")),
        sponsor=_text(sponsor, "organisation"),
        sponsor_class=_sponsor_class(sponsor),
        countries=tuple(
            dict.fromkeys(map(_country, _texts(trial, "participants/recruitmentCountries/country")))
        ),
    )


def _status(trial: Element, today: date) -> str:
    """What the register shows: stopped or suspended by hand, else what the dates say on ``today``.

    A date that is missing decides nothing, and without any date there is no status.
    """
    override = _text(trial, "participants/recruitmentStatusOverride")
    if override:
        return _OVERRIDES.get(override.casefold(), override.upper().replace(" ", "_"))
    start, closed = (_day(trial, f"participants/recruitment{moment}") for moment in ("Start", "End"))
    end, day = _day(trial, "trialDesign/overallEndDate"), today.isoformat()
    if end and end < day:
        return "COMPLETED"
    if closed and closed < day:
        return "ACTIVE_NOT_RECRUITING"
    if start:
        return "NOT_YET_RECRUITING" if start > day else "RECRUITING"
    return ""


def _enrolment(trial: Element) -> tuple[int | None, str]:
    """The final number, else the planned one; 0 and empty mean unknown."""
    for field, kind in (("totalFinalEnrolment", "ACTUAL"), ("targetEnrolment", "ESTIMATED")):
        written = _text(trial, f"participants/{field}")
        if written.isascii() and written.isdecimal() and int(written):
            return int(written), kind
    return None, ""


def _has_results(trial: Element) -> bool:
    """Publication stage *Results*, or a basic report. A published protocol is no result."""
    stages = set(_texts(trial, "results/publicationStage"))
    return "Results" in stages or bool(_text(trial, "results/basicReport"))


def _other_ids(trial: Element) -> Iterator[str]:
    fields = ("eudraCTNumber", "clinicalTrialsGovNumber", "irasNumber", "protocolSerialNumber")
    paths = (*(f"externalRefs/{field}" for field in fields), "externalRefs/secondaryNumbers/secondaryNumber")
    for written in _texts(trial, *paths):
        if not _NONE.fullmatch(written):
            yield written


def _phases(trial: Element) -> Iterator[str]:
    for written in _texts(trial, "interventions/intervention/phase"):
        parts = written.removeprefix("Phase ").split("/")
        yield from (_PHASES[part] for part in parts if part in _PHASES)


def _sponsor(full: Element, trial: Element) -> Element:
    """The sponsor stands beside the trial, not in it, and is named there by its id."""
    wanted = _text(trial, "parties/sponsorId")
    found = [s for s in full.iterfind(_path("sponsor")) if s.get("id") == wanted or not wanted]
    return found[0] if found else Element("none")


def _sponsor_class(sponsor: Element) -> str:
    kind, commercial = _text(sponsor, "sponsorType"), _text(sponsor, "commercialStatus")
    if not kind and not commercial:
        return ""
    return "INDUSTRY" if kind == "Industry" or commercial == "Commercial" else "OTHER"


def _country(name: str) -> str:
    """The United Kingdom and its nations stand side by side: one country."""
    return "United Kingdom" if name in _UK_NATIONS else name


def _day(trial: Element, path: str) -> str:
    """The ISO day of a timestamp; empty when there is none, or no such day."""
    try:
        return date.fromisoformat(_text(trial, path)[:10]).isoformat()
    except ValueError:
        return ""


def _path(path: str) -> str:
    return "/".join(f"{_NAMESPACE}{step}" for step in path.split("/"))


def _text(element: Element, path: str) -> str:
    return next(_texts(element, path), "")


def _texts(element: Element, *paths: str) -> Iterator[str]:
    for path in paths:
        for found in element.iterfind(_path(path)):
            written = " ".join("".join(found.itertext()).split())
            if written:
                yield written
