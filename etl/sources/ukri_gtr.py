"""UKRI Gateway to Research, API 2: what to ask and how to read it. Pure; rules and traps beside them.

No real answer was seen: forms follow the documentation and other people's programs, and a zero of
this source stays unproven. An empty search is answered with status 404, so a 404 means "nothing"
for the first page of a search and nowhere else.

Money and often the dates are not on the project but behind its ``FUND`` link, one more request each,
which carries the project along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources._body import beginning, json_object
from etl.sources._query import expression, holds
from etl.sources._values import branch, count, listed, number, packed, text, unpacked

SOURCE_ID = "ukri_gtr"
INTERFACE = "UKRI Gateway to Research, GtR-2 API"
#: The parameter that holds the query, as PRISMA-S wants it quoted.
QUERY_PARAMETER = "q"

#: Asked for by name: plain JSON means the oldest version, no wish at all means XML.
ACCEPT = "application/vnd.rcuk.gtr.json-v7"
#: A page has 10 to 100 projects; a smaller wish is refused as an error.
PAGE_SIZE, SMALLEST_PAGE = 100, 10

_ANSWERED: tuple[Purpose, ...] = ("records", "count", "positive", "nonsense")
_PLACEHOLDER = re.compile(r"abstracts are not currently available in gtr", re.IGNORECASE)


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search.

    Only ``q``, ``p`` and ``s`` are sent: one program saw every other parameter refused. The search
    therefore reads whole records, and :mod:`etl.match` decides which ones name the disease.
    """
    if purpose not in _ANSWERED:
        raise Fault("query_refused", f"{SOURCE_ID} does not answer the purpose {purpose}")
    query, sent = expression(SOURCE_ID, terms, lambda phrase: f'"{phrase}"')
    size = PAGE_SIZE if purpose == "records" else SMALLEST_PAGE
    params = ((QUERY_PARAMETER, query), ("p", "1"), ("s", str(size)))
    return Request(SOURCE_ID, purpose, "/projects", params, rung=terms.rung, phrases=sent, accept=ACCEPT)


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: total, projects, the next page and the funds to ask for.

    Raises ``Fault`` for every answer that cannot be believed; see :mod:`etl.sources._body`.
    """
    if request.path.startswith("/funds/"):
        return _read_fund(request, answer)
    if answer.status == 404:
        return _nothing(request, answer)
    body = json_object(answer)
    total, projects = count(body, "totalSize"), listed(body, "project")
    if total and not projects:
        raise Fault("schema_drift", f"{total} projects announced, none delivered")
    if request.purpose != "records":
        return Reading(total)
    records = [_record(project) for project in projects]
    then = [
        r for record, project in zip(records, projects, strict=True) for r in _funds(request, record, project)
    ]
    page = int(dict(request.params)["p"])
    if page < count(body, "totalPages"):
        params = tuple((k, str(page + 1) if k == "p" else v) for k, v in request.params)
        then.append(replace(request, params=params))
    return Reading(total, tuple(records), tuple(r.record_id for r in records), then=tuple(then))


def _nothing(request: Request, answer: Answer) -> Reading:
    """An empty search. A web page with status 404 is a wrong address, a later page a broken search."""
    said = beginning(answer)
    if "html" in answer.content_type.lower() or re.match(r"<(!doctype )?html", said, re.IGNORECASE):
        raise Fault("wrong_content", f"status 404 with a web page: {said}")
    if dict(request.params)["p"] != "1":
        raise Fault("http_status", f"404 on a later page: {said}")
    return Reading(0, warnings=(("form_unverified", "an empty search is answered with status 404"),))


def _funds(request: Request, record: Record, project: object) -> Iterator[Request]:
    """The request for a project's money. The search is broad: only projects that hold what was asked
    for are worth one."""
    links = listed(branch(project, "links"), "link")
    hrefs = (text(link, "href") for link in links if text(link, "rel") == "FUND")
    ids = [
        found[1] for found in (re.search(r"/funds/([\w-]+)/?$", href, re.ASCII) for href in hrefs) if found
    ]
    if ids and holds((*record.titles, *record.texts), request.phrases):
        yield _fund(request, record, list(dict.fromkeys(ids)))


def _fund(request: Request, record: Record, ids: list[str]) -> Request:
    carried = (("project", packed(record)), ("later", " ".join(ids[1:])))
    return replace(request, path=f"/funds/{ids[0]}", params=(), continuation=carried)


def _read_fund(request: Request, answer: Answer) -> Reading:
    """The project with the money and time of one fund, and the request for its next fund."""
    carried = dict(request.continuation)
    record, later = unpacked(carried["project"]), carried["later"].split()
    warnings: tuple[tuple[str, str], ...] = ()
    if answer.status == 404:
        warnings = (("incomplete", f"no money told for {record.record_id}: {request.path} is not there"),)
    else:
        record = _paid(record, json_object(answer))
    then = (_fund(request, record, later),) if later else ()
    return Reading(None, (record,), (), warnings, then=then)


def _paid(record: Record, fund: object) -> Record:
    value = branch(fund, "valuePounds")
    amount, currency = number(value, "amount"), text(value, "currencyCode") or "GBP"
    # Studentships are written with 0 pounds: no value was told.
    if amount and record.currency in ("", currency):
        record = replace(record, amount=(record.amount or 0.0) + amount, currency=currency)
    start, end = _day(fund, "start"), _day(fund, "end")
    first = min(filter(None, (record.start, start)), default="")
    year = int(first[:4]) if first else None
    return replace(record, start=first, completion=max(record.completion, end), year=year)


def _record(project: object) -> Record:
    own_id, title = text(project, "id"), text(project, "title")
    if not own_id:
        raise Fault("schema_drift", "a project without id")
    abstract = text(project, "abstractText")
    identifiers = listed(branch(project, "identifiers"), "identifier")
    topics = listed(branch(project, "researchTopics"), "researchTopic")
    members = listed(branch(project, "participantValues"), "participant")
    leading = [text(m, "organisationName") for m in members if text(m, "role") == "LEAD_PARTICIPANT"]
    return Record(
        SOURCE_ID,
        own_id,
        "grant",
        title,
        f"https://gtr.ukri.org/project/{own_id}",
        titles=tuple(filter(None, (title,))),
        keywords=tuple(filter(None, (text(topic, "text") for topic in topics))),
        texts=(abstract,) if abstract and not _PLACEHOLDER.match(abstract) else (),
        other_ids=tuple(dict.fromkeys(filter(None, (text(i, "value") for i in identifiers)))),
        study_type=text(project, "grantCategory"),
        status=text(project, "status"),
        sponsor=next(filter(None, leading), text(project, "leadOrganisationDepartment")),
        funder=text(project, "leadFunder"),
    )


def _day(fund: object, field: str) -> str:
    """The day of a time in milliseconds, also where it means midnight of a British summer day."""
    milliseconds = number(fund, field)
    if milliseconds is None:
        return ""
    try:
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds, hours=1)
    except OverflowError:
        return ""
    return time.date().isoformat()
