"""Answers of the funders: NIH RePORTER, UKRI Gateway to Research, Europe PMC grants."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.double.wire import TEXT, Asked, Raw, as_json

#: The Grist service gives 25 records a page, whatever is asked.
GRIST_PAGE = 25
GTR_SMALLEST_PAGE = 10


@dataclass(frozen=True)
class ProjectYears:
    """Rows of NIH RePORTER: one a year of a project."""

    rows: Sequence[Mapping[str, Any]] = ()

    def reply(self, asked: Asked) -> Raw:
        """The rows from the offset on; the total stands in every answer."""
        offset, limit = asked.json["offset"], asked.json["limit"]
        meta = {
            "search_id": "registry-double",
            "total": len(self.rows),
            "offset": offset,
            "limit": limit,
            "sort_field": asked.json["sort_field"],
            "sort_order": asked.json["sort_order"],
            "sorted_by_relevance": False,
            "properties": {"URL": "https:/reporter.example.org/search/registry-double/projects"},
        }
        return as_json({"meta": meta, "results": list(self.rows[offset : offset + limit])})


@dataclass(frozen=True)
class GtrProjects:
    """Projects of Gateway to Research. Nothing found is status 404, a page below ten an error."""

    projects: Sequence[Mapping[str, Any]] = ()

    def reply(self, asked: Asked) -> Raw:
        """One page of the size asked for."""
        page, size = int(asked.params["p"]), int(asked.params["s"])
        if size < GTR_SMALLEST_PAGE:
            return Raw(b"Page size cannot be less than 10", 400, TEXT)
        shown = self.projects[(page - 1) * size : page * size]
        if not shown:
            return as_json_404()
        pages = -(-len(self.projects) // size)
        body = {"page": page, "size": size, "totalPages": pages, "totalSize": len(self.projects)}
        return as_json({**body, "project": list(shown)})


@dataclass(frozen=True)
class GtrFunds:
    """The money behind a project: 1,000 pounds for a year, whatever the fund."""

    def reply(self, asked: Asked) -> Raw:
        """One fund, with its times in milliseconds."""
        value = {"currencyCode": "GBP", "amount": 1000.0}
        times = {"start": 1577836800000, "end": 1609459199000}
        return as_json({"id": asked.path.rpartition("/")[2], **times, "valuePounds": value})


@dataclass(frozen=True)
class Pairs:
    """Records of Grist: one for each grant and person."""

    pairs: Sequence[Mapping[str, Any]] = ()

    def reply(self, asked: Asked) -> Raw:
        """One page; a lone record stands without its list, the number is a text."""
        page = int((re.search(r"&page=(\d+)", asked.path) or ["", "1"])[1])
        shown = list(self.pairs[(page - 1) * GRIST_PAGE : page * GRIST_PAGE])
        records: Any = shown[0] if len(shown) == 1 else shown
        body: dict[str, Any] = {"HitCount": str(len(self.pairs)), "Request": {"Page": str(page)}}
        return as_json({**body, "RecordList": {"Record": records} if shown else {}})


def as_json_404() -> Raw:
    """An empty search of Gateway to Research."""
    return Raw(b'{"status": 404, "message": "Not Found"}', 404)
