"""MONDO: codes of one list in another, from mapping files; ids of diseases from OLS4. Pure.

Forms follow the mapping files of release 2026-08-04 and a recorded answer of OLS4. Only exact ids
are used: no descendants (in MONDO dermatomyositis is a kind of polymyositis) and no synonyms
unread (one of inclusion body myositis is *inflammatory myopathy*).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from etl.model import Answer, Fault, Purpose, Reading, Request, RowError, Terms
from etl.sources._body import json_object
from etl.sources._stream import Bounded, unless_lost

SOURCE_ID = "mondo"
INTERFACE = "OLS4 search API"
QUERY_PARAMETER = "q"

_EXACT = "skos:exactMatch"
_NEEDED = ("subject_id", "subject_label", "predicate_id", "object_id")
_RELEASE = re.compile(r"#\s*mapping_set_version:.*/releases/(\d{4}-\d{2}-\d{2})/")
_MONDO_ID = re.compile(r"MONDO:\d{7}")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]*:\S+")
_PAGE_SIZE = 10


@dataclass(frozen=True)
class CodeMapping:
    """One row: a disease of MONDO and a code of another list, prefix and leading zeros included.

    ``exact`` is equality; a mere cross-reference (the GARD file has no other) is not.
    """

    mondo: str
    label: str
    code: str
    exact: bool
    release: str


def rows(stream: BinaryIO) -> Iterator[CodeMapping | RowError]:
    """Every mapping of an SSSOM file, in the columns that its header row names.

    The files differ: some have the object's label, some do not. Raises ``Fault``: ``wrong_content``
    for another kind of file, ``not_parsable`` for bytes that are no text, or a line without an end.
    """
    lines = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        yield from unless_lost(_rows(Bounded(lines)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Fault("not_parsable", str(error)) from None
    finally:
        lines.detach()


def _rows(lines: Bounded) -> Iterator[CodeMapping | RowError]:
    release, header = "", None
    for number, line in enumerate(lines, 1):
        lines.row_ended()
        if line.startswith("#"):
            found = _RELEASE.match(line)
            release = found[1] if found else release
            continue
        cells = [c.strip() for c in line.rstrip("\r\n").split("\t")]
        if header is None:
            header = cells
            missing = [name for name in _NEEDED if name not in header]
            if missing:
                raise Fault("wrong_content", f"the header row has no {', '.join(missing)}")
        elif any(cells):
            yield _mapping(dict(zip(header, cells, strict=False)), number, release)
    if header is None:
        raise Fault("wrong_content", "the file holds no header row")


def _mapping(row: dict[str, str], number: int, release: str) -> CodeMapping | RowError:
    for column, form in (("subject_id", _MONDO_ID), ("object_id", _CODE)):
        if not form.fullmatch(row.get(column, "")):
            return RowError(number, column, f"{row.get(column, '')[:40]!r} is no code")
    exact = row["predicate_id"] == _EXACT
    return CodeMapping(row["subject_id"], row["subject_label"], row["object_id"], exact, release)


def exact_codes(mondo: str, mappings: Iterable[CodeMapping]) -> tuple[str, ...]:
    """Codes that mean this very disease. None is *no code as far as MONDO records*."""
    return tuple(m.code for m in mappings if m.mondo == mondo and m.exact)


# --- OLS4 ---------------------------------------------------------------------------------------


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The disease of exactly that name in MONDO; without ``exact`` a name finds hundreds."""
    if not terms.phrases or not terms.phrases[0].strip() or purpose in ("known_items", "year"):
        raise Fault("query_refused", f"{SOURCE_ID}: nothing to ask for {purpose}")
    phrase = terms.phrases[0].strip()
    params = (
        (QUERY_PARAMETER, phrase),
        ("ontology", "mondo"),
        ("exact", "true"),
        ("rows", str(_PAGE_SIZE)),
    )
    return Request(SOURCE_ID, purpose, "/search", params, rung=terms.rung, phrases=(phrase,))


def read(request: Request, answer: Answer) -> Reading:
    """The MONDO ids whose label or exact synonym is the name that was asked for.

    Other ontologies that import MONDO's terms, and terms that only resemble the name, are left out.
    """
    response = json_object(answer).get("response")
    if not isinstance(response, dict):
        raise Fault("schema_drift", "the answer holds no response")
    total, docs = response.get("numFound"), response.get("docs")
    if not isinstance(total, int) or isinstance(total, bool) or not isinstance(docs, list):
        raise Fault("schema_drift", f"numFound is {total!r}, docs {type(docs).__name__}")
    if not docs and total:
        raise Fault("incomplete", f"{total} announced, none received")
    wanted = dict(request.params).get(QUERY_PARAMETER, "").casefold()
    ids = tuple(dict.fromkeys(str(d["obo_id"]) for d in docs if _is_named(d, wanted)))
    return Reading(len(ids), ids=ids)


def _is_named(doc: object, wanted: str) -> bool:
    if not isinstance(doc, dict) or not _MONDO_ID.fullmatch(str(doc.get("obo_id"))):
        return False
    synonyms = doc.get("exact_synonyms")
    names = [doc.get("label"), *(synonyms if isinstance(synonyms, list) else ())]
    return wanted in (str(n).casefold() for n in names)
