"""Answers of the literature: PubMed (esearch, efetch) and Europe PMC."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.double.wire import XML, Asked, Raw, as_json


@dataclass(frozen=True)
class Hits:
    """An esearch answer: ids, and what PubMed says it did with the query."""

    ids: Sequence[str] = ()
    count: int | None = None
    dropped: Sequence[str] = ()
    warned: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)

    def reply(self, asked: Asked) -> Raw:
        """Count (a string), ids as far as ``retmax`` goes, and the echo without what was dropped."""
        count = len(self.ids) if self.count is None else self.count
        shown = list(self.ids)[: int(asked.params.get("retmax", "20"))]
        result: dict[str, Any] = {
            "count": str(count),
            "retmax": str(len(shown)),
            "retstart": "0",
            "idlist": shown,
            "translationset": [],
            "querytranslation": echo(asked.params["term"], self.dropped),
        }
        if (self.dropped and self.warned) or not count:
            result["warninglist"] = {
                "phrasesignored": [],
                "quotedphrasesnotfound": [f'"{p}"' for p in self.dropped] if self.warned else [],
                "outputmessages": [] if count else ["No items found."],
            }
        result.update(self.extra)
        return as_json({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result})


@dataclass(frozen=True)
class Known:
    """An esearch answer to a known-item query: the numbers asked for, but those in ``missed``."""

    missed: Sequence[str] = ()

    def reply(self, asked: Asked) -> Raw:
        """The numbers tagged ``[uid]`` in the query."""
        wanted = re.findall(r"(\d+)\[uid\]", asked.params["term"])
        return Hits([i for i in wanted if i not in self.missed]).reply(asked)


@dataclass(frozen=True)
class Articles:
    """An efetch answer: the XML of each number asked for, as far as it is programmed."""

    by_pmid: Mapping[str, str]

    def reply(self, asked: Asked) -> Raw:
        """A set of articles in the order asked for."""
        wanted = (self.by_pmid.get(pmid, "") for pmid in asked.params["id"].split(","))
        body = f'<?xml version="1.0" ?>\n<PubmedArticleSet>{"".join(wanted)}</PubmedArticleSet>'
        return Raw(body.encode(), content_type=XML)


@dataclass(frozen=True)
class Papers:
    """A search answer of Europe PMC: whole records, of which as much is shown as was asked for."""

    entries: Sequence[Mapping[str, Any]] = ()

    def reply(self, asked: Asked) -> Raw:
        """One page from the cursor on. No hit or one has no next cursor, and POST no next address."""
        params = asked.params
        cursor, size = params["cursorMark"], int(params["pageSize"])
        at = 0 if cursor == "*" else int(cursor.removeprefix("AoE"))
        fields = ("id", "source") if params["resultType"] == "idlist" else None
        shown = [{k: e[k] for k in fields or e} for e in self.entries[at : at + size]]
        body: dict[str, Any] = {"version": "6.9", "hitCount": len(self.entries)}
        if len(self.entries) > 1:
            body["nextCursorMark"] = f"AoE{min(at + size, len(self.entries))}"
            if asked.method == "GET":
                body["nextPageUrl"] = f"https://www.example.org/search?cursorMark={body['nextCursorMark']}"
        body["request"] = {
            "queryString": params["query"],
            "resultType": params["resultType"],
            "cursorMark": cursor,
            "pageSize": size,
            "sort": "",
            "synonym": params.get("synonym") == "true",
        }
        return as_json({**body, "resultList": {"result": shown}})


@dataclass(frozen=True)
class KnownPapers:
    """An answer of Europe PMC to a known-item query: the items asked for, but those in ``missed``."""

    missed: Sequence[str] = ()

    def reply(self, asked: Asked) -> Raw:
        """The numbers and DOIs of the query; every item has one of its own."""
        query = asked.params["query"]
        pmids = [i for i in re.findall(r"EXT_ID:(\d+)", query) if i not in self.missed]
        dois = [i for i in re.findall(r'DOI:"([^"]+)"', query) if i not in self.missed]
        found = [{"id": i, "source": "MED", "pmid": i, "title": "Known"} for i in pmids]
        found += [{"id": f"PPR{n}", "source": "PPR", "doi": i, "title": "Known"} for n, i in enumerate(dois)]
        whole = replace(asked, params={**asked.params, "resultType": "lite"})
        return Papers(found).reply(whole)


def echo(term: str, dropped: Sequence[str] = ()) -> str:
    """The query in PubMed's own words: full tag names, quotes around words, without what was dropped."""
    for phrase in dropped:
        term = re.sub(rf'(?: OR )?"?{re.escape(phrase)}"?\[tiab(?::~0)?\]', "", term)
    term = re.sub(r'([^\s()"\[\]]+)\[tiab\]', r'"\1"[tiab]', term)
    return (
        term.replace("[tiab", "[Title/Abstract").replace("[uid]", "[UID]").replace("[edat]", "[Date - Entry]")
    )
