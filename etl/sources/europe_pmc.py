"""Europe PMC: what to ask and how to read it. Pure; rules and traps beside them.

Forms follow recorded answers of version 6.9. A word without a field would also match full texts and
automatic synonyms would change the count, so every phrase carries its fields and synonyms are
switched off; the service repeats both query and switch, and they are compared. An unknown field is
answered with a quiet zero, so the fields are a closed list.

Articles (those of PubMed and those that only PubMed Central holds) and preprints are asked for
together and told apart by their type; patents, theses and books are not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from etl.model import Answer, Fault, KnownItem, Purpose, Reading, Record, Request, Rung, Terms
from etl.sources._body import json_object, quote, xml_root
from etl.sources._query import expression
from etl.sources._stream import unescaped
from etl.sources._values import branch, count, listed, text, texts

SOURCE_ID = "europe_pmc"
INTERFACE = "Europe PMC RESTful web service, search"
#: The parameter that holds the query, as PRISMA-S wants it quoted.
QUERY_PARAMETER = "query"

FIELDS = frozenset({"TITLE", "ABSTRACT", "SRC", "EXT_ID", "DOI"})
SOURCES = ("MED", "PMC", "PPR")
#: Half of what one page may hold: a page of whole records is some megabytes.
PAGE_SIZE = 500
#: Longer queries are POSTed.
LONGEST_ADDRESS = 1500

_COUNTING: tuple[Purpose, ...] = ("count", "positive", "nonsense")
_REACH: dict[Rung, int] = {"name": 0, "synonyms": 1, "broader": 2}
_FIRST = "*"
_BLOCK_TAG = re.compile(r"</?(?:h\d|p|br|div|ul|ol|li|sec|title)\b[^<>]*>", re.IGNORECASE)
_INLINE_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
#: Publication types as PubMed writes them, where this service has spellings of its own beside.
_TYPES = {"preprint": "Preprint", "review": "Review", "review-article": "Review"}
_TYPES |= {"systematic-review": "Systematic Review", "systematic review": "Systematic Review"}


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search: one id for counting, full pages of whole records for ``records``.

    Raises ``Fault("query_refused")`` for terms that cannot be asked safely.
    """
    if purpose == "year":
        raise Fault("query_refused", f"{SOURCE_ID}: years are read from the records; some have none")
    phrases, sent = expression(SOURCE_ID, terms, _fielded)
    asked = f"({phrases}) AND ({' OR '.join(f'SRC:{s}' for s in SOURCES)})"
    items = known_items(terms) if purpose == "known_items" else ()
    if purpose == "known_items":
        if not items:
            raise Fault("query_refused", f"{SOURCE_ID}: no known publication with a number")
        asked = f"({asked}) AND ({' OR '.join(map(_item, items))})"
    refuse_unknown_fields(asked)
    result_type = {"records": "core", "known_items": "lite"}.get(purpose, "idlist")
    params = (
        (QUERY_PARAMETER, asked),
        ("resultType", result_type),
        ("synonym", "false"),
        ("cursorMark", _FIRST),
        ("pageSize", "1" if purpose in _COUNTING else str(PAGE_SIZE)),
        ("format", "json"),
    )
    long = len(asked) > LONGEST_ADDRESS
    method: Literal["GET", "POST"] = "POST" if long else "GET"
    known = tuple((_id_of(item), item.reference_id) for item in items)
    path = "/searchPOST" if long else "/search"
    return Request(SOURCE_ID, purpose, path, params, method, "", terms.rung, known, sent)


def known_items(terms: Terms) -> tuple[KnownItem, ...]:
    """The publications with a number that a search at this rung, or a narrower one, must find."""
    reach = _REACH[terms.rung]
    return tuple(i for i in terms.known_items if _id_of(i) and _REACH[i.rung] <= reach)


def refuse_unknown_fields(asked: str) -> None:
    """Raise ``Fault("query_refused")`` for a field outside :data:`FIELDS`: it would give a quiet zero."""
    for field in re.findall(r"([^\s():]+):", re.sub(r'"[^"]*"', '""', asked)):
        if field not in FIELDS:
            raise Fault("query_refused", f"unknown field {field}:")


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: total, records, echo and the next page.

    Raises ``Fault`` for every answer that cannot be believed, errors sent with status 200 included.
    """
    body = _body(answer)
    total = count(body, "hitCount")
    results = branch(body, "resultList").get("result")
    if not isinstance(results, list):
        raise Fault("schema_drift", "the answer holds no resultList.result")
    echo = branch(body, "request")
    warnings = tuple(_warnings(request, echo))
    queried = text(echo, "queryString")
    if request.purpose in _COUNTING:
        return Reading(total, warnings=warnings, echo=queried)
    records = tuple(_record(entry) for entry in results)
    ids = tuple(dict.fromkeys(i for r in records for i in _found_ids(request, r)))
    then = _next_page(request, body) if results else ()
    return Reading(total, records, ids, warnings, queried, then=then)


def _body(answer: Answer) -> Mapping[str, object]:
    if answer.status == 200 and b"<errorBean" in answer.body[:500]:
        raise Fault("error_body", quote(xml_root(answer).findtext("errMsg") or "errorBean"))
    body = json_object(answer)
    if "errCode" in body or "errMsg" in body:
        raise Fault("error_body", quote(f"{body.get('errCode')}: {body.get('errMsg')}"))
    return body


def _warnings(request: Request, echo: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Whatever makes the count one of another query than was sent."""
    queried, sent = text(echo, "queryString"), dict(request.params)[QUERY_PARAMETER]
    if not queried:
        yield "echo_missing", "no queryString"
    elif queried.split() != sent.split():
        yield "term_dropped", f"the service searched for: {quote(queried)}"
    synonym = echo.get("synonym")
    if synonym is not False:
        yield "echo_missing", f"synonyms not switched off: synonym is {synonym!r}"


def _next_page(request: Request, body: Mapping[str, object]) -> tuple[Request, ...]:
    """The cursor ends the pages when it is missing or stays as it was sent."""
    cursor = body.get("nextCursorMark")
    if not isinstance(cursor, str) or cursor in ("", dict(request.params)["cursorMark"]):
        return ()
    params = tuple((k, cursor if k == "cursorMark" else v) for k, v in request.params)
    return (replace(request, params=params),)


def _fielded(phrase: str) -> str:
    return f'(TITLE:"{phrase}" OR ABSTRACT:"{phrase}")'


def _item(item: KnownItem) -> str:
    return f"(EXT_ID:{item.pmid} AND SRC:MED)" if item.pmid.isdecimal() else f'DOI:"{item.doi}"'


def _id_of(item: KnownItem) -> str:
    """The number by which a known item is asked for; none for a DOI that would break the query."""
    if item.pmid.isdecimal():
        return item.pmid
    return "" if re.search(r'["\\\s]', item.doi) else item.doi.lower()


def _found_ids(request: Request, record: Record) -> tuple[str, ...]:
    """The id of a record; where known items are looked for, its DOI too."""
    others = record.other_ids if request.purpose == "known_items" else ()
    return (record.record_id, *(i.lower() for i in others))


def _record(entry: object) -> Record:
    source, own_id = text(entry, "source"), text(entry, "id")
    if not source or not own_id:
        raise Fault("schema_drift", "a record without source or id")
    types = _types(entry, source)
    corrections = listed(branch(entry, "commentCorrectionList"), "commentCorrection")
    retracted = any(text(c, "type").casefold() == "retraction in" for c in corrections)
    abstract, title = _plain(text(entry, "abstractText")), _plain(text(entry, "title"))
    mesh = (text(m, "descriptorName") for m in listed(branch(entry, "meshHeadingList"), "meshHeading"))
    other_ids = (text(entry, name) for name in ("pmid", "doi", "pmcid"))
    return Record(
        SOURCE_ID,
        own_id,
        "publication",
        title,
        f"https://europepmc.org/article/{source}/{own_id}",
        titles=tuple(filter(None, (title,))),
        conditions=tuple(dict.fromkeys(filter(None, mesh))),
        keywords=texts(branch(entry, "keywordList"), "keyword"),
        texts=tuple(filter(None, (abstract,))),
        other_ids=tuple(i for i in dict.fromkeys(other_ids) if i and i != own_id),
        status="retracted" if retracted or "retracted publication" in map(str.casefold, types) else "",
        year=_year(entry),
        publication_types=types,
    )


def _types(entry: object, source: str) -> tuple[str, ...]:
    """Publication types, from either kind of answer; a preprint is one by its source, whatever they say."""
    named = texts(branch(entry, "pubTypeList"), "pubType") or tuple(text(entry, "pubType").split("; "))
    found = ["Preprint"] if source == "PPR" else []
    found += [_TYPES.get(name.casefold(), name) for name in filter(None, named)]
    return tuple(dict.fromkeys(found))


def _year(entry: object) -> int | None:
    """One year a record: of the issue, else of the first publication; some records have none."""
    issue = text(branch(entry, "journalInfo"), "yearOfPublication")
    for found in (text(entry, "pubYear"), issue, text(entry, "firstPublicationDate")):
        year = re.match(r"\d{4}(?!\d)", found, re.ASCII)
        if year:
            return int(year[0])
    return None


def _plain(marked: str) -> str:
    """Text without its markup: headings part words, italics do not."""
    return " ".join(unescaped(_INLINE_TAG.sub("", _BLOCK_TAG.sub(" ", marked))).split())
