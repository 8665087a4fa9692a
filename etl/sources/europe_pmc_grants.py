"""Europe PMC Grant Finder (Grist): what to ask and how to read it. Pure; rules and traps beside them.

No real answer was seen: forms follow the documentation and other people's programs, and a zero of
this source stays unproven. The query is a part of the path. There is one record for each grant and
person: these are what the service counts and pages, grants are what Lacuna counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote as encoded

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources._body import json_object, quote
from etl.sources._query import expression
from etl.sources._values import branch, listed, text

SOURCE_ID = "europe_pmc_grants"
INTERFACE = "Europe PMC GRIST API"
#: What holds the query, as PRISMA-S wants it quoted; it is sent in the path.
QUERY_PARAMETER = "query"

PAGE_SIZE = 25

_ANSWERED: tuple[Purpose, ...] = ("records", "count", "positive", "nonsense")


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search; quoted phrases without a field, which reads titles and abstracts.

    Years cannot be asked for: a date there means that a grant was running, not that it was awarded.
    """
    if purpose not in _ANSWERED:
        raise Fault("query_refused", f"{SOURCE_ID} does not answer the purpose {purpose}")
    query, sent = expression(SOURCE_ID, terms, lambda phrase: f'"{phrase}"')
    carried = ((QUERY_PARAMETER, query), ("page", "1"))
    return Request(SOURCE_ID, purpose, _path(query, 1), rung=terms.rung, continuation=carried, phrases=sent)


def _path(query: str, page: int) -> str:
    """The query inside the path: a bare ``&`` or space in it would end or change the search."""
    return f"/get/query={encoded(query, safe='')}&format=json&resultType=core&page={page}"


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: records announced, ids of the pairs of grant and person, grants, next page.

    ``total`` and ``ids`` are of pairs, by which completeness is checked; the records are grants.
    Raises ``Fault`` for every answer that cannot be believed; see :mod:`etl.sources._body`.
    """
    body = json_object(answer)
    if "errCode" in body or "errMsg" in body:
        raise Fault("error_body", quote(f"{body.get('errCode')}: {body.get('errMsg')}"))
    announced = text(body, "HitCount")
    if not re.fullmatch(r"\d{1,9}", announced, re.ASCII):
        raise Fault("schema_drift", f"HitCount is {body.get('HitCount')!r}")
    total, pairs = int(announced), listed(branch(body, "RecordList"), "Record")
    carried = dict(request.continuation)
    page = int(carried["page"])
    if not pairs and total > (page - 1) * PAGE_SIZE:
        raise Fault("schema_drift", f"{total} records announced, none on page {page}")
    if request.purpose != "records":
        return Reading(total)
    grants = {record.record_id: record for record in map(_record, pairs)}
    then: tuple[Request, ...] = ()
    if page * PAGE_SIZE < total:
        later = (*((k, v) for k, v in request.continuation if k != "page"), ("page", str(page + 1)))
        then = (replace(request, path=_path(carried[QUERY_PARAMETER], page + 1), continuation=later),)
    return Reading(total, tuple(grants.values()), tuple(dict.fromkeys(map(_pair, pairs))), then=then)


def _pair(entry: object) -> str:
    """What makes one record of the service another one: the grant and the person who holds it."""
    person = branch(entry, "Person")
    names = (text(person, name) for name in ("FamilyName", "GivenName", "Initials"))
    return " ".join(filter(None, (_grant_id(entry), *names)))


def _grant_id(entry: object) -> str:
    """Funder and number: two funders may use the same number."""
    grant = branch(entry, "Grant")
    number, funder = text(grant, "Id"), text(branch(grant, "Funder"), "Name")
    if not number:
        raise Fault("schema_drift", "a grant without Id")
    return f"{funder}: {number}" if funder else number


def _record(entry: object) -> Record:
    grant = branch(entry, "Grant")
    number, doi = text(grant, "Id"), text(grant, "Doi")
    title, start = " ".join(_said(grant.get("Title"))), _day(grant, "StartDate")
    query = encoded(f'gid:"{number}"', safe="")
    return Record(
        SOURCE_ID,
        _grant_id(entry),
        "grant",
        title,
        f"https://doi.org/{doi}" if doi else f"https://europepmc.org/grantfinder/results?query={query}",
        titles=tuple(filter(None, (title,))),
        texts=tuple(_said(grant.get("Abstract"))),
        other_ids=tuple(filter(None, (number, doi))),
        start=start,
        completion=_day(grant, "EndDate"),
        year=int(start[:4]) if start else None,
        sponsor=text(branch(entry, "Institution"), "Name"),
        funder=text(branch(grant, "Funder"), "Name"),
    )


def _said(value: object, depth: int = 3) -> Iterator[str]:
    """All running text in a value of unknown form: plain, in a list, or beside its language."""
    if isinstance(value, str):
        yield from filter(None, (value.strip(),))
    elif isinstance(value, Mapping):
        named = ("type", "language", "lang")
        inner = [v for name, v in value.items() if name.lower().strip("@") not in named]
        yield from _said(inner, depth)
    elif isinstance(value, list) and depth:
        for item in value:
            yield from _said(item, depth - 1)


def _day(grant: Mapping[str, object], field: str) -> str:
    day = re.match(r"\d{4}(-\d{2}(-\d{2})?)?(?!\d)", text(grant, field), re.ASCII)
    return day[0] if day else ""
