"""EU Clinical Trials Register: what to ask its pages and files and how to read them. Pure.

There is no data interface. The number is read from the search page, the trials from the plain-text
download, 20 trials a page; the trials with results come from a second search, because the
download does not say which have any. Forms follow a recorded download and published clients;
the search page itself was never recorded. The register opens words up to MedDRA terms in ways that
are not documented, so :mod:`etl.match` decides whether a trial names the disease.

The server has been known to leave out the intermediate certificate of its chain. Verification must
stay on: where the chain cannot be completed, from a shipped certificate or otherwise, the HTTP edge
reports the fault ``unreachable``, which is never a zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import islice

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources._body import check_status, quote
from etl.sources._query import expression

SOURCE_ID = "eu_ctr"
INTERFACE = "EU Clinical Trials Register, search page and text downloads"
#: The parameter that holds the query, as PRISMA-S wants it quoted.
QUERY_PARAMETER = "query"

#: Fixed by the service, for the pages of a search and of its downloads alike.
PAGE_SIZE = 20
#: A trial has a record for each country; a page of them holds some hundreds.
MOST_BLOCKS = 10_000
#: Each twenty are a request to make; the register closed with a fortieth of these.
_MOST_TRIALS = 2_000_000
#: The words of the register -> those of ClinicalTrials.gov where they mean the same. *Ongoing* does
#: not say whether the trial recruits, and stays what it is. What is closest to a patient stands
#: first: with different statuses in different countries a trial is what it is in the most open one.
STATUS = {
    "Ongoing": "ONGOING",
    "Restarted": "ONGOING",
    "Trial now transitioned": "TRANSITIONED",
    "Temporarily Halted": "SUSPENDED",
    "Suspended by CA": "SUSPENDED",
    "Completed": "COMPLETED",
    "Prematurely Ended": "TERMINATED",
    "Prohibited by CA": "PROHIBITED",
    "Not Authorised": "NOT_AUTHORISED",
    "GB - no longer in EU/EEA": "NO_LONGER_IN_EU",
}
_SPONSOR = {"Commercial": "INDUSTRY", "Non-Commercial": "OTHER"}
_COUNTING: tuple[Purpose, ...] = ("count", "positive", "nonsense")
_COUNT = re.compile(r"Trials with a EudraCT protocol \(([0-9][0-9,.]{0,9})\)")
_START = re.compile(r"^EudraCT Number:[ \t]*(\d{4}-\d{6}-\d{2})\s*$", re.MULTILINE | re.ASCII)
#: A line that begins a field: a code (``E.1.1``, or the bare section of N and P), its name, its value.
_FIELD = re.compile(r"([A-Z]\.(?:\d+(?:\.\d+)*)?)[ \t]([^:]*)(?::\s?(.*))?$")
_HEADER = re.compile(r"(Trial Status|Link|Date on which this record was first entered)[^:]*:\s*(.*)$")
_END = "P. Date of the global end of the trial"
#: The last section of every recorded record: without it the download breaks off inside the record.
_LAST = "P. End of Trial Status"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LANGUAGE = re.compile(r"\([a-z]{2}\)\s*$")

Block = Mapping[str, Sequence[str]]


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search: the page that holds the number of trials.

    Raises ``Fault("query_refused")`` for terms that cannot be asked safely.
    """
    if purpose != "records" and purpose not in _COUNTING:
        raise Fault("query_refused", f"{SOURCE_ID} does not answer the purpose {purpose}")
    # That the service understands the brackets around acronyms was never verified.
    query, sent = expression(SOURCE_ID, terms, '"{}"'.format)
    return Request(SOURCE_ID, purpose, "/search", ((QUERY_PARAMETER, query),), rung=terms.rung, phrases=sent)


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: the number of trials, those with results, or the trials of a page.

    Raises ``Fault`` for every answer that cannot be believed; see :mod:`etl.sources._body`.
    """
    check_status(answer)
    text = answer.body.decode("utf-8", errors="replace")
    if request.path == "/search":
        return _read_count(request, text)
    if re.match(r"\s*<", text):
        raise Fault("wrong_content", f"{answer.content_type or 'no content type'}: {quote(text)}")
    blocks = tuple(_blocks(text))
    if not blocks:
        raise Fault("schema_drift", f"no line 'EudraCT Number:' in the download: {quote(text)}")
    return (
        _read_results(request, blocks) if request.path.endswith("summary") else _read_trials(request, blocks)
    )


def _read_count(request: Request, page: str) -> Reading:
    """The number on a search page. A page without it (maintenance, a new layout) is no zero."""
    found = _COUNT.search(page)
    if not found:
        raise Fault("wrong_content", f"no number of trials on the page: {quote(page)}")
    count = int(re.sub(r"[,.]", "", found[1]))
    if count > _MOST_TRIALS:
        raise Fault("wrong_content", f"{count:,} trials, more than any register holds")
    state = dict(request.continuation)
    if "total" in state:
        state["with_results"] = str(count)
        return Reading(None, then=_summary(request, state, 1) if count else _downloads(request, state))
    if request.purpose in _COUNTING or not count:
        return Reading(count)
    params = (*request.params, ("resultsstatus", "trials-with-results"))
    return Reading(count, then=(replace(request, params=params, continuation=(("total", str(count)),)),))


def _summary(request: Request, state: Mapping[str, str], page: int) -> tuple[Request, ...]:
    """A page of the list of trials with results."""
    search = [p for p in request.params if p[0] in (QUERY_PARAMETER, "resultsstatus")]
    return (_download(request, "summary", search, state, page),)


def _downloads(request: Request, state: Mapping[str, str]) -> tuple[Request, ...]:
    """Every page of the full texts."""
    search = [p for p in request.params if p[0] == QUERY_PARAMETER]
    pages = range(1, -(-int(state["total"]) // PAGE_SIZE) + 1)
    return tuple(_download(request, "full", search, state, page) for page in pages)


def _download(
    request: Request, kind: str, search: Sequence[tuple[str, str]], state: Mapping[str, str], page: int
) -> Request:
    params = (*search, ("page", str(page)), ("mode", "current_page"))
    path = f"/rest/download/{kind}"
    return replace(request, path=path, params=params, continuation=tuple(state.items()))


def _read_results(request: Request, blocks: Sequence[tuple[str, Block]]) -> Reading:
    state, page = dict(request.continuation), int(dict(request.params)["page"])
    numbers = dict.fromkeys((*state.get("results", "").split(), *(number for number, _ in blocks)))
    state["results"] = " ".join(numbers)
    announced = int(state["with_results"])
    if page * PAGE_SIZE < announced:
        return Reading(None, then=_summary(request, state, page + 1))
    lost = f"{len(numbers)} of {announced} trials with results"
    warnings = (("incomplete", lost),) if len(numbers) != announced else ()
    return Reading(None, warnings=warnings, then=_downloads(request, state))


def _read_trials(request: Request, blocks: Sequence[tuple[str, Block]]) -> Reading:
    """The trials of a page, each from its records of several countries."""
    trials: dict[str, list[Block]] = {}
    for number, block in blocks:
        if not block and block is not blocks[-1][1]:
            raise Fault("schema_drift", f"{number} has no field")
        trials.setdefault(number, []).append(block)
    for code in ("A.3", "Trial Status"):
        if not any(code in block for _, block in blocks):
            raise Fault("schema_drift", f"no record of the download has the field {code}")
    results = set(dict(request.continuation).get("results", "").split())
    records = tuple(_record(number, countries, results) for number, countries in trials.items())
    number, last = blocks[-1]
    warnings = () if _LAST in last else (("incomplete", f"the download breaks off in {number}"),)
    return Reading(None, records, tuple(trials), warnings)


def _blocks(text: str) -> Iterator[tuple[str, Block]]:
    """The records of a download: the number, and code -> values. Values in another language stand
    under the code and ``*``; a value goes on over the lines below it until the next field."""
    starts = list(islice(_START.finditer(text), MOST_BLOCKS + 1))
    if len(starts) > MOST_BLOCKS:
        raise Fault("wrong_content", f"more than {MOST_BLOCKS:,} records in one download")
    ends = [*(start.start() for start in starts[1:]), len(text)]
    for start, end in zip(starts, ends, strict=False):  # without a start there is an end all the same
        fields: dict[str, list[list[str]]] = {}
        values: list[list[str]] = []
        for line in text[start.end() : end].splitlines():
            found = _HEADER.match(line) or _FIELD.match(line)
            if found:
                values = fields.setdefault(_code(found), [])
                values.append([found[found.re.groups] or ""])
            elif values and line.strip():
                values[-1].append(line)
        yield (
            start[1],
            {code: tuple(" ".join(" ".join(v).split()) for v in of_code) for code, of_code in fields.items()},
        )


def _code(found: re.Match[str]) -> str:
    if found.re is _HEADER:
        return found[1]
    # Sections N and P have no numbers, and E.1.2 stands for several fields: the name tells them apart.
    named = found[1].endswith(".") or found[1] == "E.1.2"
    code = f"{found[1]} {found[2].strip()}" if named else found[1]
    return f"{code}*" if _LANGUAGE.search(found[2]) else code


def _record(number: str, countries: Sequence[Block], results: Set[str]) -> Record:
    """One trial from its records, one a country, whose status, size and dates may differ."""

    def all_of(*codes: str) -> tuple[str, ...]:
        found = (value for code in codes for block in countries for value in block.get(code, ()))
        return tuple(dict.fromkeys(filter(None, found)))

    titles = all_of("A.3", "A.3.1", "A.3.2", "A.3*", "A.3.1*")
    entered = min(filter(_DAY.fullmatch, all_of("Date on which this record was first entered")), default="")
    sizes = (all_of(code) for code in ("F.4.2.2", "F.4.2.1", "F.4.1"))
    sizes_known = [[int(n) for n in of_code if n.isdecimal() and int(n)] for of_code in sizes]
    enrolment = next((max(known) for known in sizes_known if known), None)
    return Record(
        SOURCE_ID,
        number,
        "trial",
        titles[0] if titles else "",
        f"https://www.clinicaltrialsregister.eu/ctr-search/search?query=eudract_number:{number}",
        titles=titles,
        conditions=all_of("E.1.1", "E.1.1.1", "E.1.1*", "E.1.1.1*"),
        keywords=all_of("E.1.2 Term"),
        texts=all_of("E.2.1", "E.3", "E.4"),
        other_ids=all_of("A.5.1", "A.5.2", "A.5.3", "A.5.4", "A.4.1"),
        study_type="INTERVENTIONAL",
        phases=tuple(f"PHASE{n}" for n in range(1, 5) if "Yes" in all_of(f"E.7.{n}")),
        status=_status(all_of("Trial Status")),
        has_results=number in results,
        completion=max(filter(_DAY.fullmatch, all_of(_END)), default=""),
        # The register tells no start; the year is that of the first entry.
        year=int(entered[:4]) if entered else None,
        enrolment=enrolment,
        enrolment_type="" if enrolment is None else "ESTIMATED",
        interventions=all_of("D.3.8") or all_of("D.3.1"),
        sponsor=next(iter(all_of("B.1.1")), ""),
        sponsor_class=_SPONSOR.get(next(iter(all_of("B.3.1")), ""), ""),
        countries=tuple(dict.fromkeys(_country(value) for value in all_of("A.1"))),
    )


def _status(written: Sequence[str]) -> str:
    """The status in the country where the trial is most open; a word never met stays as written."""
    known = sorted((w for w in written if w in STATUS), key=list(STATUS).index)
    return STATUS[known[0]] if known else next(iter(written), "").upper().replace(" ", "_")


def _country(authority: str) -> str:
    """The country of *Spain - AEMPS*."""
    country = authority.partition(" - ")[0]
    return "United Kingdom" if country == "UK" else country
