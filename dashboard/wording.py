"""The words for states, reasons, faults and everything else that the store says in codes.

No sentence claims more than its state: ``found`` counts what was gathered, ``zero`` names the
sources, the date and the controls, ``unproven`` says what was seen so far, ``claimed`` repeats a
document, ``unsearched`` says that nobody looked yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import pandas as pd

from dashboard.text import N_, Text

#: A row of a frame, as ``to_dict("records")`` gives it.
Row = Mapping[Any, Any]

STATES: dict[str, str] = {
    "found": N_("found"),
    "zero": N_("zero"),
    "unproven": N_("unproven"),
    "claimed": N_("claimed"),
    "unsearched": N_("not looked for yet"),
}

FRESHNESS: dict[str, str] = {
    "fresh": N_("up to date"),
    "stale": N_("out of date"),
    "last_check_failed": N_("the last check failed"),
    "never_answered": N_("never answered"),
}

#: Codes of ``etl.model.REASONS``; ``{source}`` and ``{detail}`` are filled in.
REASONS: dict[str, str] = {
    "source_unsearched": N_("{source} was not searched"),
    "part_of_source": N_("a part of {source} was searched, not the whole ({detail})"),
    "rung_missing": N_("{source} was not asked for {detail}"),
    "name_not_asked": N_("{source} was not asked for a name added since ({detail})"),
    "incomplete": N_("not every record that {source} announced was received"),
    "term_dropped": N_("{source} dropped a term of the query, or did not know it ({detail})"),
    "echo_missing": N_("{source} did not say which query it ran"),
    "positive_missing": N_("no positive control was answered at {source} within the hour"),
    "positive_found_nothing": N_("the positive control found nothing at {source}"),
    "nonsense_missing": N_("no nonsense control was run at {source}"),
    "nonsense_found_something": N_("the nonsense control found something at {source}"),
    "known_items_missing": N_("no known publications were looked for at {source}"),
    "known_items_missed": N_("the search at {source} missed known publications ({detail})"),
    "near_miss_undecided": N_("near misses at {source} wait for a decision ({detail})"),
    "form_unverified": N_("the form of the answers of {source} was never verified"),
    "failed": N_("the last check of {source} failed ({detail})"),
    "dropped_below_floor": N_("at {source} a count fell too far below what is known ({detail})"),
    "needs_a_reader": N_("{source} was searched; its answers wait for a reader"),
    "no_reader": N_("no named reader judged this"),
    "no_second_reader": N_("no second reader has confirmed this yet"),
    "shallow_search": N_("the search behind the judgement did not read a whole source ({detail})"),
    "funders_unchecked": N_("funders on the list were not all checked ({detail})"),
    "gathered_not_searched": N_("records were gathered; the sources themselves were not searched in full"),
    "only_candidates": N_("markers were met, none of them established"),
    "follows": N_("it follows from the answer to “{detail}”"),
}

#: Codes of ``etl.model.FAULTS``.
FAULTS: dict[str, str] = {
    "unreachable": N_("no answer: refused, reset or timed out"),
    "http_status": N_("the service answered with an error"),
    "rate_limited": N_("the service refused: too many requests"),
    "wrong_content": N_("something else than asked for came back, such as a web page"),
    "not_parsable": N_("the answer is cut short or not valid"),
    "error_body": N_("the answer says that the request failed"),
    "schema_drift": N_("a field of the answer is missing or has changed"),
    "incomplete": N_("fewer or other records came than announced"),
    "query_refused": N_("the query was refused before it was sent"),
}

RUNGS: dict[str, str] = {
    "name": N_("the name"),
    "synonyms": N_("the synonyms"),
    "broader": N_("the broader name"),
}

DEPTHS: dict[str, str] = {
    "whole_table": N_("whole table"),
    "object_search": N_("by name and by words of the object"),
    "name_search": N_("by name"),
    "single_source": N_("one source"),
}

GROUPS: dict[str, str] = {
    "trials": N_("Trials"),
    "biomarkers": N_("Biomarkers"),
    "funding": N_("Funding"),
    "foundations": N_("Foundations"),
    "outcomes_and_care": N_("Outcomes and care"),
    "literature": N_("Literature"),
}

ROLES: dict[str, str] = {
    "focus": N_("focus disease"),
    "comparator": N_("comparator"),
    "parent": N_("parent group"),
    "look_alike": N_("look-alike"),
}

STEP_KINDS: dict[str, str] = {
    "look": N_("Look"),
    "ask": N_("Ask"),
    "reuse": N_("Reuse"),
    "make": N_("Make"),
}

EFFORTS: dict[str, str] = {
    "hours": N_("hours"),
    "days": N_("days"),
    "weeks": N_("weeks"),
    "months": N_("months"),
}

CONTROLS: dict[str, str] = {
    "positive": N_("positive control"),
    "nonsense": N_("nonsense control"),
    "known_items": N_("known items"),
}

EVIDENCE_ROLES: dict[str, str] = {
    "value": N_("counted in a whole table"),
    "floor": N_("gathered"),
    "table": N_("counted in a part of a table"),
    "absent": N_("looked for, not met"),
    "open": N_("not looked for"),
    "claimed": N_("stated by a document"),
    "candidate": N_("candidate, shown apart"),
    "broader": N_("under a broader label, shown apart"),
    "listed": N_("listed"),
    "numbered": N_("with a registry number"),
}

#: Status of a trial, as the curated rows and (in capitals) the registries write it.
TRIAL_STATUSES: dict[str, str] = {
    "recruiting": N_("recruiting"),
    "not_yet_recruiting": N_("not yet recruiting"),
    "enrolling_by_invitation": N_("enrolling by invitation"),
    "active_not_recruiting": N_("active, not recruiting"),
    "completed": N_("completed"),
    "suspended": N_("suspended"),
    "terminated": N_("terminated early"),
    "withdrawn": N_("withdrawn"),
    "unknown": N_("status unknown"),
}

MATCHES: dict[str, str] = {
    "condition": N_("named as its condition"),
    "title": N_("named in the title"),
    "keyword": N_("named as a keyword"),
    "text": N_("named in the text only"),
    "broader": N_("under the broader name"),
    "rejected": N_("does not name the disease"),
}

VERDICTS: dict[str, str] = {
    "undecided": N_("undecided"),
    "different_entity": N_("a different disease"),
    "same_entity": N_("the same disease"),
}


#: Detail of a part of a source as the judge writes it: ``101,016 rows, 2018-07``.
_ROWS = re.compile(r"(?P<n>[\d,]+) rows, (?P<day>[\d-]+)")


@lru_cache(maxsize=4096)
def plain(said: object) -> str:
    """Data for a place that reads Markdown (headings, labels, dialogs): no character of it is markup."""
    return _LINKED.sub("\\g<0>\N{WORD JOINER}", str(said)).translate(_ESCAPED)


_ESCAPED = str.maketrans({c: f"\\{c}" for c in r"\`*_{}[]()#+-!|~$:<>"})
#: Streamlit turns bare addresses into links after it has read the Markdown, where no backslash helps:
#: a word joiner, which nobody sees, stands in their way.
_LINKED = re.compile(r"https?:(?=//)|www(?=\.)|[-.\w+](?=@)", re.IGNORECASE)


def cited(said: str, citations: Mapping[str, str]) -> str:
    """A text of the curators with references by their citation, not by their internal id."""
    return _WORDS.sub(lambda found: citations.get(found[0], found[0]), said)


#: What an id of a reference can look like: small letters and a year.
_WORDS = re.compile(r"\b[a-z]+\d{4}[a-z_0-9]*\b")


def word(table: Mapping[str, str], code: object, text: Text) -> str:
    """The word for a code in the reader's language; an unknown code is shown as it is."""
    return text.gettext(table.get(str(code), str(code)))


def trial_status(status: object, as_of: object, text: Text) -> str:
    """The status of a trial with the date at which it held; a status without a date says so."""
    if missing(status) or not str(status):
        return ""
    said = word(TRIAL_STATUSES, str(status).lower(), text)
    day = "" if missing(as_of) else text.day(str(as_of))
    return f"{said} ({day})" if day else text.gettext("{status} (status undated)").format(status=said)


def failure(failed: str, source: str, text: Text) -> str:
    """Why the last check of a source does not count, in words; ``failed`` as a verdict holds it."""
    code, _space, detail = failed.partition(" ")
    code = code.rstrip(":")
    if code in FAULTS:
        return text.gettext(FAULTS[code])
    if code in REASONS:
        return reason(code, detail.strip("() "), source, text)
    return failed.replace("_", " ")


#: Names of sources (data/catalog/sources.toml) that are descriptions, and so are translated.
_DESCRIBED = {
    N_("EU Clinical Trials Information System (CTIS)"),
    N_("EU Clinical Trials Register"),
    N_("ISRCTN registry"),
    N_("WHO International Clinical Trials Registry Platform (ICTRP)"),
    N_("ANR, French National Research Agency"),
    N_("FDA orphan drug designations"),
    N_("EU register of orphan medicines"),
    N_("MONDO disease ontology"),
    N_("Lacuna curation"),
}


def source_name(name: object, text: Text) -> str:
    """The name of a source; those that are descriptions, not names, are translated."""
    if missing(name):
        return ""
    return text.gettext(str(name)) if name in _DESCRIBED else str(name)


def reason(
    code: str, detail: str, source: str, text: Text, questions: Mapping[str, str] | None = None
) -> str:
    """One reason in words. ``source`` is the source's name, ``questions`` id -> title."""
    known = {**RUNGS, **DEPTHS, **FAULTS}
    if code == "follows" and questions:
        detail = questions.get(detail, detail)
    elif code == "funders_unchecked":
        detail = _of(detail, text)
    elif detail in known:
        detail = text.gettext(known[detail])
    elif rows := _ROWS.fullmatch(detail):
        n = int(rows["n"].replace(",", ""))
        detail = text.ngettext("{n} row", "{n} rows", n) + f", {text.day(rows['day'])}"
    template = text.gettext(REASONS.get(code, code))
    said = template.format(source=source or text.gettext("the source"), detail=detail)
    return said.replace(" ()", "").replace("\u00a0()", "")


def _of(detail: str, text: Text) -> str:
    """``8 of 32`` in the reader's language."""
    part, separator, whole = detail.partition(" of ")
    return text.gettext("{part} of {whole}").format(part=part, whole=whole) if separator else detail


def source(evidence: str, built: str, text: Text) -> str:
    """The source with the day of its newest evidence and that of the store, which is no day of evidence."""
    day = text.day(evidence)
    if not day:
        return text.gettext("Source: Lacuna, no answer yet, store of {built}.").format(built=built)
    said = text.gettext("Source: Lacuna, evidence of {day}, store of {built}.")
    return said.format(day=day, built=built)


def coverage(cell: Row, text: Text) -> str:
    """``2 of 5 sources``."""
    k = text.number(int(cell["proven_sources"]))
    n, governs = _governing(cell, text)
    return text.ngettext("{k} of {n} source", "{k} of {n} sources", governs, n, k=k)


def _governing(cell: Row, text: Text) -> tuple[str, int]:
    """The whole as shown, and the number that the noun agrees with: English follows the whole
    ("1 of 5 sources"), French the part ("1 source sur 5")."""
    k, n = int(cell["proven_sources"]), int(cell["required_sources"])
    return text.number(n), k if text.lang == "fr" else n


def sentence(cell: Row, text: Text, claimant: str = "", funders: int = 0, checked: int | None = None) -> str:
    """What a cell's state allows to say, and no more.

    ``cell`` is a row of :func:`dashboard.queries.grid`; ``claimant`` names the document and date
    behind a claim; ``funders`` is how many funders the list of a programme question holds, and
    ``checked`` how many of them were checked.
    """
    said = _STATE_SENTENCES[str(cell["state"])](cell, text, claimant)
    among = ""
    if cell["kind"] == "programme" and funders and cell["state"] != "claimed":
        among = text.ngettext("among the {n} funder listed", "among the {n} funders listed", funders)
        if checked is not None:
            among += " " + _checked(checked, funders, text)
    parts = [said, among, _age(cell, text)]
    return text.gettext("{sentence}.").format(sentence=", ".join(p for p in parts if p))


def _checked(checked: int, funders: int, text: Text) -> str:
    if checked >= funders:
        return text.gettext("(every one checked)")
    return text.gettext("({k} of {n} checked)").format(k=text.number(checked), n=text.number(funders))


def _found(cell: Row, text: Text, _claimant: str) -> str:
    n = text.number(int(cell["n"]))
    unit = text.pick(cell, "unit")
    if cell["bound"] == "floor":
        return text.gettext("At least {n} gathered ({unit})").format(n=n, unit=unit)
    return text.gettext("{n} found ({unit})").format(n=n, unit=unit)


def _zero(cell: Row, text: Text, _claimant: str) -> str:
    k, (n, governs) = text.number(int(cell["proven_sources"])), _governing(cell, text)
    found = text.ngettext(
        "None found in {k} of {n} required source",
        "None found in {k} of {n} required sources",
        governs,
        n,
        k=k,
    )
    sure = text.gettext("two readers") if cell["kind"] == "judgement" else text.gettext("controls passed")
    return f"{found}, {text.day(cell['answered_on'])}, {sure}"


def _unproven(cell: Row, text: Text, _claimant: str) -> str:
    k, (n, governs) = text.number(int(cell["proven_sources"])), _governing(cell, text)
    return text.ngettext(
        "None seen so far; {k} of {n} required source searched as it must be",
        "None seen so far; {k} of {n} required sources searched as they must be",
        governs,
        n,
        k=k,
    )


def _claimed(_cell: Row, text: Text, claimant: str) -> str:
    who = claimant or text.gettext("A cited document")
    return text.gettext("{who} says there is none; not re-run here").format(who=who)


def _unsearched(_cell: Row, text: Text, _claimant: str) -> str:
    return text.gettext("Not looked for yet")


_STATE_SENTENCES = {
    "found": _found,
    "zero": _zero,
    "unproven": _unproven,
    "claimed": _claimed,
    "unsearched": _unsearched,
}


def _age(cell: Row, text: Text) -> str:
    day = text.day(cell["answered_on"])
    if not cell["proven_sources"]:  # nothing was answered as it must be: no answer to call good
        if cell["freshness"] == "last_check_failed":
            return text.gettext("the last check failed")
        return (
            text.gettext("out of date: as of {day}").format(day=day) if cell["freshness"] == "stale" else ""
        )
    if cell["freshness"] == "stale":
        return text.gettext("out of date: last good answer {day}").format(day=day)
    if cell["freshness"] == "last_check_failed":
        return text.gettext("the last check failed; last good answer {day}").format(day=day)
    return ""


def asides(cell: Row, text: Text) -> list[str]:
    """What stands beside a cell and is never added to it: broader label, candidates."""
    said = []
    if cell["broader_n"]:
        said.append(
            text.ngettext(
                "{n} record under a broader label might concern a patient; it is not added.",
                "{n} records under a broader label might concern a patient; they are not added.",
                int(cell["broader_n"]),
            )
        )
    if cell["candidate_n"]:
        said.append(
            text.ngettext(
                "{n} candidate, not established or under a doubtful label, is shown apart.",
                "{n} candidates, not established or under a doubtful label, are shown apart.",
                int(cell["candidate_n"]),
            )
        )
    return said


def missing(value: Any) -> bool:
    """Whether a single value of a frame is unknown."""
    return value is None or bool(pd.isna(value))
