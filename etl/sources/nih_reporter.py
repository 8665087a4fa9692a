"""NIH RePORTER, API v2: what to ask and how to read it. Pure; rules and traps beside them.

A row is one year of a project: rows are what the service counts and pages, core projects are what
Lacuna counts. A misspelt criterion is ignored without a word and unrelated projects come back, so
every answer is looked through for the phrases that were asked for.

The amount of a project is the sum over the rows that were found: a floor, for years may be missing.

The rows of a project may lie on several pages. Pages are therefore asked for one after the other,
and each request carries what is known of the projects so far.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources._body import json_object
from etl.sources._query import expression, holds
from etl.sources._values import branch, count, number, packed, text, unpacked

SOURCE_ID = "nih_reporter"
INTERFACE = "NIH RePORTER API v2, projects/search"
#: What holds the query, as PRISMA-S wants it quoted; it is sent in the body.
QUERY_PARAMETER = "search_text"

PAGE_SIZE = 500
#: Counting needs no row, but some are looked through: a count may be one of another question.
LOOKED_THROUGH = 10
#: Offsets end at 14,999; whatever lies behind is reached by parting the fiscal years.
REACH = 15_000
#: Far before the first project and far after the last; only for parting large answers.
ALL_YEARS = (1900, 2099)

#: In another spelling than this the names are ignored, and whole rows come back.
FIELDS = (
    "ApplId",
    "SubprojectId",
    "FiscalYear",
    "ProjectNum",
    "CoreProjectNum",
    "ProjectTitle",
    "AbstractText",
    "Organization",
    "AwardAmount",
    "AgencyIcAdmin",
    "ProjectStartDate",
    "ProjectEndDate",
    "ProjectDetailUrl",
)
_ANSWERED: tuple[Purpose, ...] = ("records", "count", "positive", "nonsense")
#: Beginnings of core project numbers that are no grants: contracts, and research of the institutes' own.
_KINDS = (("contract", r"N0\d|HHSN|75N"), ("intramural", r"Z[A-Z]{2}"))

Years = tuple[int, int]


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search: a few rows for counting, full pages for ``records``.

    Raises ``Fault("query_refused")`` for terms that cannot be asked safely.
    """
    if purpose not in _ANSWERED:
        raise Fault("query_refused", f"{SOURCE_ID} does not answer the purpose {purpose}")
    query, sent = expression(SOURCE_ID, terms, lambda phrase: f'"{phrase}"')
    carried = ((QUERY_PARAMETER, query),)
    body = _body(query, 0, PAGE_SIZE if purpose == "records" else LOOKED_THROUGH, None)
    return Request(SOURCE_ID, purpose, "/projects/search", (), "POST", body, terms.rung, carried, sent)


def _body(query: str, offset: int, limit: int, years: Years | None) -> str:
    """The body of one request.

    Only the operator ``advanced`` keeps a phrase together. ``terms`` is not searched: that is a list
    made by a machine. An empty list of fiscal years means all of them; a client's own window would
    hide the older projects, and active projects would be added to any window.
    """
    criteria = {
        "advanced_text_search": {
            "operator": "advanced",
            "search_field": "projecttitle,abstracttext",
            "search_text": query,
        },
        "fiscal_years": list(range(years[0], years[1] + 1)) if years else [],
        "exclude_subprojects": True,
        "include_active_projects": False,
    }
    asked = {"criteria": criteria, "include_fields": FIELDS, "offset": offset, "limit": limit}
    return json.dumps({**asked, "sort_field": "appl_id", "sort_order": "asc"})


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: rows announced, ids of the rows received, projects known so far.

    ``total`` and ``ids`` are of rows (``appl_id``), by which completeness is checked; the records
    are core projects. Raises ``Fault`` for every answer that cannot be believed.
    """
    body, asked = json_object(answer), json.loads(request.body)
    meta = branch(body, "meta")
    total, rows = count(meta, "total"), body.get("results")
    if not isinstance(rows, list):
        raise Fault("schema_drift", "the answer holds no list of results")
    if not all(text(row, "appl_id") for row in rows):
        raise Fault("schema_drift", "a row without appl_id")
    if "offset" in meta and meta["offset"] != asked["offset"]:
        raise Fault("incomplete", f"asked for rows from {asked['offset']} on, got {meta['offset']!r}")
    unrelated = _unrelated(request, rows)
    if unrelated and request.purpose == "positive":
        raise Fault("schema_drift", unrelated)
    warnings = [("term_dropped", unrelated)] if unrelated else []
    if request.purpose != "records":
        return Reading(total, warnings=tuple(warnings))
    carried = dict(request.continuation)
    announced = None if "years" in carried or asked["offset"] else total
    if total > REACH and not asked["offset"]:
        halves = _halves(carried)
        if halves:
            return Reading(announced, warnings=tuple(warnings), then=_window(request, halves))
        warnings.append(("incomplete", f"more than {REACH} rows in one year"))
    projects = {r.record_id: r for r in map(unpacked, json.loads(carried.get("projects", "[]")))}
    counted = set(json.loads(carried.get("rows", "[]")))
    ids = _add(projects, counted, rows)
    carried["projects"] = json.dumps([packed(r) for r in projects.values()])
    carried["rows"] = json.dumps(sorted(counted))
    then = _next(request, carried, total) if rows else _window(request, carried)
    return Reading(announced, tuple(projects.values()), ids, tuple(warnings), then=then)


def _unrelated(request: Request, rows: Sequence[object]) -> str:
    """What is wrong if no row holds what was asked for: the service answered another question."""
    found = [text(row, name) for row in rows for name in ("project_title", "abstract_text")]
    if not rows or holds(found, request.phrases):
        return ""
    return f"none of {len(rows)} rows holds what was asked for"


def _add(projects: dict[str, Record], counted: set[str], rows: Iterable[object]) -> tuple[str, ...]:
    """Add rows to the projects; the ids of all rows. Parts of a project (subprojects) are not added:
    their money is in the row of the whole."""
    ids: dict[str, None] = {}
    for row in rows:
        appl_id = text(row, "appl_id")
        ids[appl_id] = None
        if appl_id in counted or text(row, "subproject_id"):
            continue
        counted.add(appl_id)
        found = _record(row, appl_id)
        known = projects.get(found.record_id)
        projects[found.record_id] = _merged(known, found) if known else found
    return tuple(ids)


def _record(row: object, appl_id: str) -> Record:
    project_num = text(row, "project_num")
    core = text(row, "core_project_num") or project_num or appl_id
    title = text(row, "project_title")
    organization, institute = branch(row, "organization"), branch(row, "agency_ic_admin")
    fiscal_year = text(row, "fiscal_year")
    amount = number(row, "award_amount")
    return Record(
        SOURCE_ID,
        core,
        "grant",
        title,
        text(row, "project_detail_url") or f"https://reporter.nih.gov/project-details/{appl_id}",
        titles=tuple(filter(None, (title,))),
        texts=tuple(filter(None, (text(row, "abstract_text"),))),
        other_ids=tuple(filter(None, (project_num,))),
        study_type=next((kind for kind, begins in _KINDS if re.match(begins, core)), "grant"),
        start=_day(row, "project_start_date"),
        completion=_day(row, "project_end_date"),
        year=int(fiscal_year) if re.fullmatch(r"\d{4}", fiscal_year, re.ASCII) else None,
        sponsor=text(organization, "org_name"),
        countries=tuple(filter(None, (text(organization, "org_country"),))),
        amount=amount,
        currency="" if amount is None else "USD",
        funder=text(institute, "name") or text(institute, "abbreviation"),
    )


def _merged(one: Record, other: Record) -> Record:
    """Two years of a project as one: its first year, its whole time, the sum of the amounts told."""
    amounts = [r.amount for r in (one, other) if r.amount is not None]
    years = [r.year for r in (one, other) if r.year is not None]
    latest = max(one, other, key=lambda r: r.year or 0)
    return replace(
        latest,
        titles=tuple(dict.fromkeys((*one.titles, *other.titles))),
        texts=tuple(dict.fromkeys((*one.texts, *other.texts))),
        other_ids=tuple(dict.fromkeys((*one.other_ids, *other.other_ids))),
        start=min(filter(None, (one.start, other.start)), default=""),
        completion=max(one.completion, other.completion),
        year=min(years, default=None),
        amount=sum(amounts) if amounts else None,
        currency="USD" if amounts else "",
    )


def _day(row: object, field: str) -> str:
    """The day of a time that comes with or without a zone."""
    day = re.match(r"\d{4}-\d{2}-\d{2}(?=T|$)", text(row, field), re.ASCII)
    return day[0] if day else ""


def _halves(carried: dict[str, str]) -> dict[str, str]:
    """What to carry when the fiscal years are parted in two; nothing, for one year cannot be parted."""
    first, last = json.loads(carried.get("years", "null")) or ALL_YEARS
    if first == last:
        return {}
    middle = (first + last) // 2
    waiting = [[first, middle], [middle + 1, last], *json.loads(carried.get("waiting", "[]"))]
    return {**carried, "waiting": json.dumps(waiting)}


def _next(request: Request, carried: dict[str, str], total: int) -> tuple[Request, ...]:
    """The next page, or the first page of the next window of years."""
    asked = json.loads(request.body)
    offset = asked["offset"] + PAGE_SIZE
    if offset >= min(total, REACH):
        return _window(request, carried)
    body = json.dumps({**asked, "offset": offset})
    return (replace(request, body=body, continuation=tuple(carried.items())),)


def _window(request: Request, carried: dict[str, str]) -> tuple[Request, ...]:
    """The first page of the window of years that waits, if one does."""
    waiting = json.loads(carried.get("waiting", "[]"))
    if not waiting:
        return ()
    (first, last), *later = waiting
    left = {**carried, "years": json.dumps([first, last]), "waiting": json.dumps(later)}
    body = _body(carried[QUERY_PARAMETER], 0, PAGE_SIZE, (first, last))
    return (replace(request, body=body, continuation=tuple(left.items())),)
