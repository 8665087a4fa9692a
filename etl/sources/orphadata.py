"""Orphadata: names, codes, relatives and epidemiology of rare diseases. Pure; rules and traps beside them.

Two ways in: the API, one disease at a time and in a language, and the XML files (product 1 and
product 9), read as a stream. Forms follow the official OpenAPI description and recorded files. A
disease without a row is *not recorded*; that never means that nobody has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO
from urllib.parse import quote as quoted
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources._body import SafeParser, json_object
from etl.sources._stream import Bounded

SOURCE_ID = "orphadata"
INTERFACE = "Orphadata API 1.0.0"
#: The API takes what it is asked for in the path; only the language is a parameter.
QUERY_PARAMETER = ""

_NAMES = "/rd-cross-referencing/orphacodes"
_EPIDEMIOLOGY = "/rd-epidemiology/orphacodes"
_CLASSIFICATION = "/rd-classification/orphacodes"
_CODE = re.compile(r"(?:ORPHA|Orphanet):?\s*([1-9]\d*)", re.IGNORECASE)
_NO_NUMBER = ("Class only", "Unknown")
_POINT_PREVALENCE = "Point prevalence"
#: A disease of the files has some hundreds of elements.
_MOST_ELEMENTS = 50_000


@dataclass(frozen=True)
class Reference:
    """A code in another list. Only an ``exact`` one means the same disease: with any other relation
    the code is broader or narrower, and a count drawn with it belongs to another disease."""

    source: str
    code: str
    exact: bool


@dataclass(frozen=True)
class Disorder:
    """One disease (or group) as Orphanet names it in one language."""

    orpha: str
    language: str
    name: str
    synonyms: tuple[str, ...] = ()
    group: str = ""
    typology: str = ""
    references: tuple[Reference, ...] = ()
    version: str = ""

    def exact(self, source: str) -> tuple[str, ...]:
        """Codes of ``source`` that mean this very disease."""
        return tuple(r.code for r in self.references if r.source == source and r.exact)


@dataclass(frozen=True)
class Estimate:
    """One row of epidemiology. ``value`` is per 100,000 (cases for *Cases/families*), or no number."""

    kind: str
    value: float | None
    prevalence_class: str
    qualification: str
    place: str
    validated: bool
    source: str


@dataclass(frozen=True)
class Epidemiology:
    """All rows of one disease."""

    orpha: str
    name: str
    estimates: tuple[Estimate, ...]
    version: str = ""


@dataclass(frozen=True)
class Place:
    """Where a disease stands in one of Orphanet's classifications: codes of parents and children."""

    classification: str
    parents: tuple[str, ...]
    children: tuple[str, ...]


# --- the API: names, codes, relatives -----------------------------------------------------------


def ask_disorder(orpha: str, language: str) -> Request:
    """Names and codes of one disease; ``lang`` is the parameter, any other is silently ignored."""
    return _request(f"{_NAMES}/{int(orpha)}", (("orpha", orpha), ("lang", language)), language)


def read_disorder(request: Request, answer: Answer) -> Disorder | None:
    """The disease, or ``None`` where Orphanet knows no such code (its error object, with status 404).

    Raises ``Fault`` for every answer that cannot be believed, one in another language or about
    another disease included.
    """
    body = _body(answer)
    if body is None:
        return None
    language = dict(request.continuation).get("lang", "en")
    answered = _text(_branch(body, "datasetCategory"), "lang") or language
    if answered != language:
        raise Fault("wrong_content", f"asked in {language!r}, answered in {answered!r}")
    result = _result(body)
    return Disorder(
        _orpha(request, result),
        language,
        _needed(result, "Preferred term"),
        tuple(dict.fromkeys(s.strip() for s in _texts(result, "Synonym") if s.strip())),
        _text(result, "DisorderGroup"),
        _text(result, "Typology"),
        tuple(_reference(r) for r in _items(result, "ExternalReference")),
        _text(result, "Date")[:10],
    )


def ask_places(orpha: str) -> Request:
    """Where a disease stands in the classifications."""
    return _request(f"{_CLASSIFICATION}/{int(orpha)}/hchids", (("orpha", orpha),))


def read_places(request: Request, answer: Answer) -> tuple[Place, ...]:
    """Its places, one a classification; none where the disease stands in none."""
    body = _body(answer)
    if body is None:
        return ()
    results = _branch(body, "data").get("results")
    if not isinstance(results, list):
        results = [_result(body)]
    places = []
    for result in results:
        _orpha(request, result)
        places.append(Place(_text(result, "hch_tag"), _codes(result, "parents"), _codes(result, "childs")))
    return tuple(places)


# --- the API: epidemiology, as the search asks for it -------------------------------------------


def ask(terms: Terms, purpose: Purpose) -> Request:
    """Figures of prevalence: by ``ORPHA:`` code, else by the first name, which is then confirmed."""
    if not terms.phrases or purpose in ("known_items", "year"):
        raise Fault("query_refused", f"{SOURCE_ID}: nothing to ask for {purpose}")
    phrase = terms.phrases[0].strip()
    code = _CODE.fullmatch(phrase)
    if code:
        request = _request(f"{_EPIDEMIOLOGY}/{code[1]}", (("orpha", code[1]),))
    elif phrase:
        request = _request(f"{_NAMES}/names/{quoted(phrase, safe='')}", (("name", phrase),))
    else:
        raise Fault("query_refused", f"{SOURCE_ID}: an empty name")
    return replace(request, purpose=purpose, rung=terms.rung, phrases=(phrase,))


def read(request: Request, answer: Answer) -> Reading:
    """Figures of point prevalence, one record each; an absent row is none recorded.

    A name that Orphanet does not know says nothing about its figures: a ``Fault``, except where
    nonsense was asked for.
    """
    body = _body(answer)
    if request.path.startswith(f"{_NAMES}/names/"):
        return _confirmed(request, body)
    if body is None:
        return Reading(0)
    found = _epidemiology(request, _result(body))
    records = tuple(_record(found, n, e) for n, e in enumerate(found.estimates) if _is_figure(e))
    ids = tuple(r.record_id for r in records)
    return Reading(len(records), records, ids, data_version=found.version)


def read_epidemiology(request: Request, answer: Answer) -> Epidemiology | None:
    """All rows of one disease; ``None`` is *not recorded*."""
    body = _body(answer)
    return None if body is None else _epidemiology(request, _result(body))


def _confirmed(request: Request, body: Mapping[str, object] | None) -> Reading:
    asked = dict(request.continuation)["name"]
    if body is None:
        if request.purpose == "nonsense":
            return Reading(0)
        raise Fault("error_body", f"Orphanet knows no disease called {asked!r}; that is no zero")
    result = _result(body)
    names = (_needed(result, "Preferred term"), *_texts(result, "Synonym"))
    if asked.casefold() not in (n.casefold() for n in names):
        raise Fault("wrong_content", f"asked for {asked!r}, answered about {names[0]!r}")
    orpha = _orpha(request, result)
    then = _request(f"{_EPIDEMIOLOGY}/{orpha}", (("orpha", orpha),))
    return Reading(None, then=(replace(then, purpose=request.purpose, rung=request.rung),))


def _epidemiology(request: Request, result: Mapping[str, object]) -> Epidemiology:
    rows = result.get("Prevalence")
    if rows is not None and not isinstance(rows, list):
        raise Fault("schema_drift", f"Prevalence is {type(rows).__name__}, not a list")
    estimates = tuple(
        _estimate({name: _text(row, name) for name in _ESTIMATE_FIELDS})
        for row in _items(result, "Prevalence")
    )
    name = _needed(result, "Preferred term")
    return Epidemiology(_orpha(request, result), name, estimates, _text(result, "Date")[:10])


_ESTIMATE_FIELDS = (
    "PrevalenceType",
    "PrevalenceQualification",
    "PrevalenceClass",
    "ValMoy",
    "PrevalenceGeographic",
    "PrevalenceValidationStatus",
    "Source",
)


def _estimate(row: Mapping[str, str]) -> Estimate:
    return Estimate(
        row["PrevalenceType"],
        _value(row),
        row["PrevalenceClass"],
        row["PrevalenceQualification"],
        row["PrevalenceGeographic"],
        row["PrevalenceValidationStatus"] == "Validated",
        row["Source"],
    )


def _value(row: Mapping[str, str]) -> float | None:
    """0.0 is how Orphanet prints that there is no number, "no data" another way."""
    if {row["PrevalenceQualification"], row["PrevalenceClass"]} & set(_NO_NUMBER):
        return None
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", row["ValMoy"]):
        return None
    return float(row["ValMoy"]) or None


def _is_figure(estimate: Estimate) -> bool:
    return estimate.kind == _POINT_PREVALENCE and estimate.value is not None


def _record(found: Epidemiology, number: int, estimate: Estimate) -> Record:
    return Record(
        SOURCE_ID,
        f"ORPHA:{found.orpha}:{number}",
        "estimate",
        f"{estimate.kind}, {estimate.place}: {estimate.value} ({estimate.prevalence_class})",
        f"https://www.orpha.net/consor/cgi-bin/OC_Exp.php?lng=en&Expert={found.orpha}",
        conditions=(found.name,),
        texts=(estimate.source,),
        study_type=estimate.kind,
        status="" if estimate.validated else "not validated",
    )


# --- the XML files ------------------------------------------------------------------------------


def disorders(stream: BinaryIO) -> Iterator[Disorder]:
    """Every disease of a product 1 file, in the file's language, in little memory.

    Raises ``Fault``: ``not_parsable`` for a file cut short, ``incomplete`` when fewer diseases came
    than it announces.
    """
    for element, version in _elements(stream):
        name = element.find("Name")
        yield Disorder(
            _inside(element, "OrphaCode"),
            (name.get("lang") or "") if name is not None else "",
            _inside(element, "Name"),
            tuple(filter(None, (_plain(s) for s in element.findall("SynonymList/Synonym")))),
            _inside(element, "DisorderGroup/Name"),
            _inside(element, "DisorderType/Name"),
            tuple(
                _reference(
                    {
                        "Source": _inside(r, "Source"),
                        "Reference": _inside(r, "Reference"),
                        "DisorderMappingRelation": _inside(r, "DisorderMappingRelation/Name"),
                    }
                )
                for r in element.findall("ExternalReferenceList/ExternalReference")
            ),
            version,
        )


def epidemiologies(stream: BinaryIO) -> Iterator[Epidemiology]:
    """Every disease that has rows in a product 9 (prevalence) file; faults as :func:`disorders`."""
    for element, version in _elements(stream):
        rows = (
            {name: _inside(p, f"{name}/Name") or _inside(p, name) for name in _ESTIMATE_FIELDS}
            for p in element.findall("PrevalenceList/Prevalence")
        )
        estimates = tuple(_estimate(row) for row in rows)
        if estimates:
            yield Epidemiology(_inside(element, "OrphaCode"), _inside(element, "Name"), estimates, version)


def _elements(stream: BinaryIO) -> Iterator[tuple[Element, str]]:
    """Each ``Disorder`` with the file's date, forgotten when the next is read.

    The XML declaration decides the encoding: it was ISO-8859-1 in 2024 and UTF-8 in 2025.
    """
    version, announced, received, elements = "", None, 0, 0
    inside: Element | None = None
    pieces, parser = Bounded(stream), SafeParser(target=TreeBuilder())
    try:
        for event, element in iterparse(pieces, events=("start", "end"), parser=parser):
            elements += event == "start"
            if elements > _MOST_ELEMENTS:
                raise Fault("not_parsable", f"a disease of more than {_MOST_ELEMENTS:,} elements")
            if event == "start" and element.tag == "JDBOR":
                version = (element.get("date") or "")[:10]
            elif event == "start" and element.tag == "DisorderList":
                inside, announced = element, element.get("count")
            elif event == "end" and element.tag == "Disorder" and inside is not None:
                received += 1
                if not _inside(element, "OrphaCode"):
                    raise Fault("schema_drift", f"disease {received} has no OrphaCode")
                yield element, version
                inside.clear()
                pieces.row_ended()
                elements = 0
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Fault("not_parsable", str(error)) from None
    if inside is None:
        raise Fault("wrong_content", "the file holds no list of diseases")
    if announced != str(received):
        raise Fault("incomplete", f"{received} diseases of {announced} announced")


def _inside(element: Element, path: str) -> str:
    found = element.find(path)
    return "" if found is None else _plain(found)


def _plain(element: Element) -> str:
    return " ".join((element.text or "").split())


# --- small readings -----------------------------------------------------------------------------


def _request(path: str, asked: tuple[tuple[str, str], ...], language: str = "en") -> Request:
    return Request(SOURCE_ID, "records", path, (("lang", language),), continuation=asked)


def _body(answer: Answer) -> Mapping[str, object] | None:
    """The body, or ``None`` for the error object that comes with status 404: a code without entry."""
    if answer.status != 404:
        return json_object(answer)
    try:
        json_object(replace(answer, status=200))
    except Fault as fault:
        if fault.code == "error_body":
            return None
    raise Fault("http_status", "404 without the error object that an unknown code is answered with")


def _result(body: Mapping[str, object]) -> Mapping[str, object]:
    """The one result: an object, or a list of one."""
    results = _branch(body, "data").get("results")
    if isinstance(results, list) and len(results) == 1:
        results = results[0]
    if not isinstance(results, dict):
        raise Fault("schema_drift", f"data.results is {type(results).__name__}, not one object")
    return results


def _orpha(request: Request, result: object) -> str:
    code = result.get("ORPHAcode") if isinstance(result, dict) else None
    if isinstance(code, bool) or not re.fullmatch(r"[1-9]\d*", str(code)):
        raise Fault("schema_drift", f"ORPHAcode is {code!r}")
    asked = dict(request.continuation).get("orpha")
    if asked and str(code) != asked:
        raise Fault("wrong_content", f"asked for ORPHA:{asked}, answered about ORPHA:{code}")
    return str(code)


def _reference(row: object) -> Reference:
    """A code, written as its own list writes it; Orphanet leaves the prefix of MONDO away."""
    source, code = _text(row, "Source"), _text(row, "Reference")
    if source == "MONDO" and code.isdecimal():
        code = f"MONDO:{code.zfill(7)}"
    exact = _text(row, "DisorderMappingRelation").split(" ")[0] == "E"
    return Reference(source, code, exact)


def _codes(result: object, field: str) -> tuple[str, ...]:
    found = result.get(field) if isinstance(result, dict) else None
    if not isinstance(found, list):
        raise Fault("schema_drift", f"{field} is {type(found).__name__}, not a list")
    return tuple(str(c) for c in found if isinstance(c, int | str))


def _branch(value: Mapping[str, object], field: str) -> Mapping[str, object]:
    found = value.get(field)
    return found if isinstance(found, dict) else {}


def _needed(value: object, field: str) -> str:
    text = _text(value, field)
    if not text:
        raise Fault("schema_drift", f"a disease without {field!r}")
    return text


def _text(value: object, field: str) -> str:
    found = value.get(field) if isinstance(value, dict) else None
    return " ".join(found.split()) if isinstance(found, str) else ""


def _texts(value: Mapping[str, object], field: str) -> tuple[str, ...]:
    found = value.get(field)
    return tuple(t for t in found if isinstance(t, str)) if isinstance(found, list) else ()


def _items(value: Mapping[str, object], field: str) -> list[object]:
    """The members of a list, each of which tells something."""
    found = value.get(field)
    members = found if isinstance(found, list) else []
    if not all(isinstance(member, dict) and member for member in members):
        raise Fault("schema_drift", f"{field} holds a member that tells nothing")
    return members
