"""Open Targets: drugs and clinical candidates of one disease, by GraphQL. Pure.

The names of fields follow a recorded answer of August 2026 (of a target; none of a disease was
recorded). Nothing here is evidence on its own: parents inherit what belongs to their subtypes, and
no question of the grid rests on it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from etl.model import Answer, Fault, Purpose, Reading, Request, Terms
from etl.sources._body import json_object, quote

SOURCE_ID = "open_targets"
INTERFACE = "Open Targets Platform GraphQL API v4"
QUERY_PARAMETER = ""

_FIND = """query find($name: String!) {
  search(queryString: $name, entityNames: ["disease"], page: {index: 0, size: 10}) { hits { id name } }
}"""
_CANDIDATES = """query candidates($id: String!) {
  disease(efoId: $id) {
    id name
    drugAndClinicalCandidates { count rows { id maxClinicalStage drug { id name } } }
  }
}"""
_ID = re.compile(r"(MONDO|Orphanet|EFO)[_:](\d+)")


@dataclass(frozen=True)
class Candidate:
    """A drug or clinical candidate listed under a disease, with the furthest stage it reached."""

    drug_id: str
    name: str
    stage: str


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The candidates of the disease called by the first phrase.

    Ids of MONDO, Orphanet and EFO are mixed there, so a name is looked up first and confirmed; an id
    (``MONDO:0016609``) is asked for at once, and the name confirmed against ``terms.names``.
    """
    if not terms.phrases or not terms.phrases[0].strip() or purpose in ("known_items", "year"):
        raise Fault("query_refused", f"{SOURCE_ID}: nothing to ask for {purpose}")
    phrase = terms.phrases[0].strip()
    by_id = _ID.fullmatch(phrase)
    if by_id:
        return _disease(f"{by_id[1]}_{by_id[2]}", terms.names, purpose)
    return _request(_FIND, {"name": phrase}, (phrase,), purpose)


def read(request: Request, answer: Answer) -> Reading:
    """How many candidates there are; one page is everything.

    Raises ``Fault`` for errors that come with status 200, for a disease that this release does not
    know and for one of another name: none of these is a zero.
    """
    data = _data(answer)
    if "search" in data:
        return _found(request, data["search"])
    found, listed, rows = _listed(request, data)
    count = listed.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise Fault("schema_drift", f"data.disease.drugAndClinicalCandidates.count is {count!r}")
    ids = tuple(dict.fromkeys(_text(row, "id") or _text(_branch(row, "drug"), "id") for row in rows))
    return Reading(count, ids=ids, echo=_text(found, "id"))


def candidates(request: Request, answer: Answer) -> tuple[Candidate, ...]:
    """The candidates themselves; faults as :func:`read`."""
    _, _, rows = _listed(request, _data(answer))
    return tuple(
        Candidate(
            _text(_branch(row, "drug"), "id"),
            _text(_branch(row, "drug"), "name"),
            _text(row, "maxClinicalStage"),
        )
        for row in rows
    )


def _data(answer: Answer) -> Mapping[str, object]:
    body = json_object(answer)
    if body.get("errors"):
        raise Fault("error_body", quote(str(body["errors"])))
    data = body.get("data")
    if not isinstance(data, dict):
        raise Fault("schema_drift", "the answer holds no data")
    return data


def _found(request: Request, search: object) -> Reading:
    hits = search.get("hits") if isinstance(search, dict) else None
    if not isinstance(hits, list) or not _tell(hits):
        raise Fault("schema_drift", "data.search.hits is no list of hits")
    names = request.phrases
    same = [_text(hit, "id") for hit in hits if _is_named(_text(hit, "name"), names)]
    if not same and request.purpose == "nonsense":
        return Reading(0)
    if not same:
        raise Fault("error_body", f"no disease called {', '.join(names)!r} in this release; that is no zero")
    return Reading(None, then=(_disease(same[0], names, request.purpose),))


def _listed(
    request: Request, data: Mapping[str, object]
) -> tuple[Mapping[str, object], Mapping[str, object], list[object]]:
    asked = dict(request.continuation).get("id", "")
    if "disease" not in data:
        raise Fault("schema_drift", "data.disease is missing")
    found = data["disease"]
    if found is None:
        raise Fault("error_body", f"{asked} is not in this release; that is no zero")
    if not isinstance(found, dict) or _text(found, "id") != asked:
        raise Fault("wrong_content", f"asked for {asked}, answered about {quote(str(found))}")
    if not _is_named(_text(found, "name"), request.phrases):
        raise Fault("wrong_content", f"{asked} is called {_text(found, 'name')!r}")
    listed = _branch(found, "drugAndClinicalCandidates")
    rows = listed.get("rows")
    if not isinstance(rows, list) or not _tell(rows):
        raise Fault("schema_drift", "data.disease.drugAndClinicalCandidates.rows is no list of rows")
    return found, listed, rows


def _disease(disease: str, names: tuple[str, ...], purpose: Purpose) -> Request:
    return _request(_CANDIDATES, {"id": disease}, names, purpose, (("id", disease),))


def _request(
    query: str,
    variables: Mapping[str, str],
    names: tuple[str, ...],
    purpose: Purpose,
    known: tuple[tuple[str, str], ...] = (),
) -> Request:
    body = json.dumps({"query": query, "variables": variables})
    return Request(
        SOURCE_ID, purpose, "/graphql", method="POST", body=body, continuation=known, phrases=names
    )


def _is_named(name: str, names: tuple[str, ...]) -> bool:
    def plain(text: str) -> str:
        return re.sub(r"[\W_]+", " ", text.casefold()).strip()

    return plain(name) in {plain(n) for n in names}


def _tell(members: list[object]) -> bool:
    return all(isinstance(member, dict) and member for member in members)


def _branch(value: object, field: str) -> Mapping[str, object]:
    found = value.get(field) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: object, field: str) -> str:
    found = value.get(field) if isinstance(value, dict) else None
    return found.strip() if isinstance(found, str) else ""
