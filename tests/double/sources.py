"""What the double must know of each source: where the query stands, what a later page is, how it fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from tests.double.funding import GtrFunds, GtrProjects, Pairs, ProjectYears
from tests.double.literature import Articles, Hits, Papers
from tests.double.trials import CtisRows, CtisTrials, EuCtr, Isrctn, Trials
from tests.double.wire import HTML, TEXT, XML, Asked, Raw, Reply, Rule, as_json

DATA_TIMESTAMP = "2026-11-20T09:00:04"
#: Sources whose later pages are named by a token that the page before hands out.
WITH_TOKENS = ("clinicaltrials_gov", "europe_pmc")


@dataclass(frozen=True)
class Form:
    """One source. ``query`` holds the words of a request; ``first_page`` is the first page of the search
    that a request goes on with, ``None`` where the request begins one; ``nothing`` answers by path;
    ``invalid`` is a body that cannot be read, ``refused`` the answer to a page token it does not know."""

    query: Callable[[Asked], str]
    first_page: Callable[[Asked], Asked | None]
    nothing: Mapping[str, Reply]
    invalid: Raw
    refused: Raw

    def rules(self, source: str) -> list[Rule]:
        """Nothing found, for every path of the source."""
        return [Rule(source, path, reply) for path, reply in self.nothing.items()]


def _parameter(name: str) -> Callable[[Asked], str]:
    return lambda asked: asked.params.get(name, "")


def _with_parameter(name: str, first: str | None) -> Callable[[Asked], Asked | None]:
    """Pages by a parameter whose value on the first page is ``first`` (``None``: it is not there)."""

    def first_page(asked: Asked) -> Asked | None:
        if asked.params.get(name) == first:
            return None
        others = {k: v for k, v in asked.params.items() if k != name}
        return replace(asked, params=others if first is None else {**others, name: first})

    return first_page


def _pubmed_query(asked: Asked) -> str:
    return asked.params.get("term", asked.params.get("id", ""))


def _pubmed_first(asked: Asked) -> Asked | None:
    """A batch of records goes on with a search; the same answer again holds the first one only."""
    if asked.path != "/efetch.fcgi":
        return None
    return replace(asked, params={**asked.params, "id": "16809038"})


def _ctis_first(asked: Asked) -> Asked | None:
    if asked.method == "GET":
        return replace(asked, path="/retrieve/2023-500000-10-00")
    body = asked.json
    if body["pagination"]["page"] == 1:
        return None
    return replace(asked, body=json.dumps({**body, "pagination": {**body["pagination"], "page": 1}}))


def _eu_ctr_first(asked: Asked) -> Asked | None:
    if asked.path == "/search":
        bare = {k: v for k, v in asked.params.items() if k != "resultsstatus"}
        return replace(asked, params=bare) if "resultsstatus" in asked.params else None
    return replace(asked, params={**asked.params, "page": "1"})


def _isrctn_first(asked: Asked) -> Asked | None:
    if asked.params.get("limit") == "0":
        return None
    return replace(asked, params={k: v for k, v in asked.params.items() if k != "offset"})


def _nih_first(asked: Asked) -> Asked | None:
    return replace(asked, body=json.dumps({**asked.json, "offset": 0})) if asked.json["offset"] else None


def _gtr_first(asked: Asked) -> Asked | None:
    if asked.path.startswith("/funds/"):
        return replace(asked, path="/funds/another")
    return _with_parameter("p", "1")(asked)


def _grist_first(asked: Asked) -> Asked | None:
    first = re.sub(r"&page=\d+", "&page=1", asked.path)
    return None if first == asked.path else replace(asked, path=first)


_INVALID_JSON = Raw(b'{"studies": [}, "esearchresult": <', 200)
_INVALID_XML = Raw(b'<allTrials totalCount="0" xmlns="http://www.67bricks.com/isrctn"><fullTrial>', 200, XML)
_REFUSED = Raw(b"the page token is not valid", 400, TEXT)
#: Europe PMC and Grist answer errors with status 200.
_ERROR_200 = as_json({"errCode": 404, "errMsg": "Invalid cursor mark provided."})

FORMS: dict[str, Form] = {
    "clinicaltrials_gov": Form(
        _parameter("query.cond"),
        _with_parameter("pageToken", None),
        {
            "/version": as_json({"apiVersion": "2.0.5", "dataTimestamp": DATA_TIMESTAMP}),
            "/studies": Trials(),
        },
        _INVALID_JSON,
        _REFUSED,
    ),
    "ctis": Form(
        lambda asked: json.dumps(asked.json["searchCriteria"], ensure_ascii=False) if asked.body else "",
        _ctis_first,
        {"/search": CtisRows(), "/retrieve/": CtisTrials({})},
        _INVALID_JSON,
        _REFUSED,
    ),
    "eu_ctr": Form(
        _parameter("query"),
        _eu_ctr_first,
        {"/": EuCtr({})},
        Raw(b"<html><body>Trials with a EudraCT protocol (</body>", 200, HTML),
        Raw(b"<html><body>An error occurred.</body></html>", 200, HTML),
    ),
    "isrctn": Form(
        _parameter("q"), _isrctn_first, {"/query/format/default": Isrctn()}, _INVALID_XML, _REFUSED
    ),
    "pubmed": Form(
        _pubmed_query,
        _pubmed_first,
        {"/esearch.fcgi": Hits(), "/efetch.fcgi": Articles({})},
        _INVALID_JSON,
        Raw(b'{"esearchresult":{"ERROR":"Search Backend failed:\nno such page"}}', 200),
    ),
    "europe_pmc": Form(
        _parameter("query"), _with_parameter("cursorMark", "*"), {"/": Papers()}, _INVALID_JSON, _ERROR_200
    ),
    "nih_reporter": Form(
        lambda asked: str(asked.json["criteria"]["advanced_text_search"]["search_text"]),
        _nih_first,
        {"/projects/search": ProjectYears()},
        _INVALID_JSON,
        _REFUSED,
    ),
    "ukri_gtr": Form(
        _parameter("q"),
        _gtr_first,
        {"/projects": GtrProjects(), "/funds/": GtrFunds()},
        _INVALID_JSON,
        _REFUSED,
    ),
    "europe_pmc_grants": Form(
        lambda asked: unquote(asked.path), _grist_first, {"/get/": Pairs()}, _INVALID_JSON, _ERROR_200
    ),
}
