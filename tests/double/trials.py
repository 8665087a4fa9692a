"""Answers of the trial registers: ClinicalTrials.gov, CTIS, EU Clinical Trials Register, ISRCTN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.double.wire import HTML, TEXT, XML, Asked, Raw, as_json

#: The EU register pages its searches and downloads by twenty, whatever is asked.
EU_CTR_PAGE = 20


@dataclass(frozen=True)
class Trials:
    """Studies of ClinicalTrials.gov in pages; ``total`` differs from their number only on purpose."""

    pages: Sequence[Sequence[Mapping[str, Any]]] = ((),)
    total: int | None = None

    def reply(self, asked: Asked) -> Raw:
        """One page, found by its token. ``totalCount`` stands on the first page only."""
        params = asked.params
        at = int(params.get("pageToken", "page-0").removeprefix("page-"))
        everything = [study for page in self.pages for study in page]
        first = "pageToken" not in params
        body: dict[str, Any] = {}
        if first and params.get("countTotal") == "true":
            body["totalCount"] = len(everything) if self.total is None else self.total
        counting = params.get("pageSize") == "1"
        # a token of another search, as when the register forgot everything in between: an empty page
        page = list(self.pages[at]) if at < len(self.pages) else []
        body["studies"] = everything[:1] if counting else page
        if (len(everything) > 1) if counting else (at + 1 < len(self.pages)):
            body["nextPageToken"] = f"page-{at + 1}"
        return as_json(body)


@dataclass(frozen=True)
class CtisRows:
    """Rows of CTIS, found by any criterion. Pages begin at 1: page 0 is answered with a false zero."""

    rows: Sequence[Mapping[str, Any]] = ()

    def reply(self, asked: Asked) -> Raw:
        """One page of the size asked for, in the envelope that published clients describe."""
        page, size = asked.json["pagination"]["page"], asked.json["pagination"]["size"]
        rows = list(self.rows) if page >= 1 else []
        pages = -(-len(rows) // size)
        pagination = {
            "totalRecords": len(rows),
            "currentPage": page,
            "totalPages": pages,
            "nextPage": page < pages,
            "prevPage": page > 1,
        }
        shown = rows[(page - 1) * size : page * size] if rows else []
        return as_json({"showWarning": False, "pagination": pagination, "data": shown})


@dataclass(frozen=True)
class CtisTrials:
    """Whole trials of CTIS by number; an unknown one is answered with ``{}`` and status 200."""

    by_number: Mapping[str, Mapping[str, Any]]

    def reply(self, asked: Asked) -> Raw:
        """The trial whose number ends the path."""
        return as_json(self.by_number.get(asked.path.rpartition("/")[2], {}))


@dataclass(frozen=True)
class EuCtr:
    """Trials of the EU register: number -> text of its records, one a country; some have results."""

    texts: Mapping[str, str]
    with_results: Sequence[str] = ()

    def reply(self, asked: Asked) -> Raw:
        """The page with the number of trials, or a page of one of the two downloads."""
        chosen = self.with_results if "resultsstatus" in asked.params else list(self.texts)
        if asked.path == "/search":
            count = f"<a href='#'>Trials with a EudraCT protocol ({len(chosen):,})</a>"
            return Raw(f"<!DOCTYPE html><html><body>{count}</body></html>".encode(), content_type=HTML)
        at = (int(asked.params["page"]) - 1) * EU_CTR_PAGE
        shown = chosen[at : at + EU_CTR_PAGE]
        if asked.path == "/rest/download/summary":
            text = "".join(f"EudraCT Number: {n}\nTrial protocol: ES (Ongoing)\n\n" for n in shown)
        else:
            text = "".join(self.texts[number] for number in shown)
        return Raw(text.encode(), content_type=TEXT)


@dataclass(frozen=True)
class Isrctn:
    """Trials of ISRCTN as XML members ``fullTrial``."""

    members: Sequence[str] = ()

    def reply(self, asked: Asked) -> Raw:
        """As many as asked for from the offset on; the total stands in every answer."""
        at, limit = int(asked.params.get("offset", "0")), int(asked.params["limit"])
        root = f'<allTrials totalCount="{len(self.members)}" xmlns="http://www.67bricks.com/isrctn">'
        return Raw(f"{root}{''.join(self.members[at : at + limit])}</allTrials>".encode(), content_type=XML)
