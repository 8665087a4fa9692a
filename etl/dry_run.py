"""``refresh --dry-run``: what a refresh would send, without sending it. Pure.

The requests come from the same ``ask`` of the same adapters, with the same controls, as in the real run
(``etl.search``). What follows from an answer (later pages, the records behind a list) is not known before
it: these are the first requests of every search and control.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from etl.model import Fault, Purpose, Request, Source, Terms
from etl.search import nonsense_terms, positive_terms
from etl.sources import Adapter


@dataclass(frozen=True)
class Planned:
    """One request that would be sent, or why it cannot be asked (``refused``; ``request`` is then None)."""

    source_id: str
    disease_id: str
    rung: str
    purpose: Purpose
    request: Request | None
    refused: str = ""


def planned(
    sources: Sequence[Source], terms: Mapping[str, Sequence[Terms]], adapters: Mapping[str, Adapter]
) -> Iterator[Planned]:
    """Every first request, source by source in the order of the run.

    A nonsense or known-item control of one shape is asked once a source; a positive one is asked
    after each search, since it must speak for that moment.
    """
    for source in sources:
        once: set[Request] = set()
        for rungs in terms.values():
            for asked in (t for t in rungs if t.rung in source.rungs):
                for entry in _of_search(source, adapters[source.adapter], asked):
                    shared = entry.purpose in ("nonsense", "known_items") and entry.request
                    if entry.request not in once or not shared:
                        yield entry
                    if shared:
                        once.add(shared)


def _of_search(source: Source, adapter: Adapter, terms: Terms) -> Iterator[Planned]:
    wanted: list[tuple[Purpose, Terms | None]] = [
        ("records", terms),
        ("positive", positive_terms(source, terms)),
        ("nonsense", nonsense_terms(source, terms)),
        ("known_items", terms if source.known_items and terms.known_items else None),
    ]
    for purpose, asked in wanted:
        if not asked:
            continue
        try:
            request, refused = adapter.ask(asked, purpose), ""
        except Fault as fault:
            if purpose == "known_items" and fault.code == "query_refused":
                continue  # none of these items can be met in this source
            request, refused = None, fault.detail or fault.code
        follows = getattr(adapter, "follows", None)  # of a source that takes one name at a time
        for sent in (request, *(follows(request) if follows and request else ())):
            yield Planned(source.source_id, terms.disease_id, terms.rung, purpose, sent, refused)


def told(
    plan: Sequence[Planned],
    base: Callable[[str], str],
    host: Callable[[str], str],
    rate: Callable[[str], float],
) -> Iterator[str]:
    """The plan as lines: every request, then how many there are and how long each host would take.

    ``rate`` gives the requests a second that are allowed to a source.
    """
    numbers = Counter(p.source_id for p in plan if p.request)
    for source_id in dict.fromkeys(p.source_id for p in plan):
        yield f"{source_id}: {numbers[source_id]} requests"
        for entry in (p for p in plan if p.source_id == source_id):
            yield f"  {entry.disease_id}, {entry.rung}, {entry.purpose}: {_line(entry, base(source_id))}"
    seconds: dict[str, float] = {}
    for source_id, number in numbers.items():
        seconds[host(source_id)] = seconds.get(host(source_id), 0.0) + number / rate(source_id)
    yield ""
    for name, taken in sorted(seconds.items(), key=lambda item: -item[1]):
        yield f"{name}: at least {duration(taken)}"
    slowest = max(seconds.values(), default=0)
    yield (
        f"{numbers.total()} requests to {len(seconds)} hosts side by side, at least {duration(slowest)}. "
        "Later pages come on top: how many, only the answers say. Contact and key are added when sending."
    )


def _line(entry: Planned, base: str) -> str:
    request = entry.request
    if request is None:
        return f"not asked: {entry.refused}"
    query = f"?{urlencode(request.params)}" if request.params else ""
    if request.method == "POST" and not request.body:  # sent as a form
        return f"POST {base}{request.path} {urlencode(request.params)}"
    body = f" {json.dumps(json.loads(request.body), ensure_ascii=False)}" if request.body else ""
    return f"{request.method} {base}{request.path}{query}{body}"


def duration(seconds: float) -> str:
    """A time as a person says it: "45 s", "3 min 20 s"."""
    minutes, rest = divmod(round(seconds + 0.5), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
