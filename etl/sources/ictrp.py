"""WHO ICTRP: how to read its export files. Pure; a person exports a file and accepts WHO's terms.

Three shapes are taken: the portal's XML, the table of 40 columns with a header, and the full export
without one, whose 63 columns are the documented 62 and an unnamed one after ``TrialID``. Cells
hold what each registry wrote: dates of several forms, sizes by group, HTML, quotes around quotes.

A file is read row by row, so that a million rows need no more memory than one. A damaged row is told
with its line, and reading goes on at the next line that begins like a row.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from io import TextIOWrapper
from operator import itemgetter
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from etl.model import Fault, Record, RowError
from etl.sources._body import SafeParser
from etl.sources._stream import Bounded, unescaped, unless_lost

SOURCE_ID = "ictrp"
INTERFACE = "WHO ICTRP export file"

#: The full export as documented on 22 May 2020, with its unnamed column.
FULL_EXPORT = (
    *("trialid", "", "secondaryids", "public_title", "scientific_title", "url"),
    *(
        f"public_contact_{part}"
        for part in ("firstname", "lastname", "address", "email", "tel", "affiliation")
    ),
    *(f"scientific_contact_{part}" for part in ("firstname", "lastname", "address", "email", "tel")),
    *("scientific_contact_affiliation", "study_type", "study_design", "phase", "date_registration"),
    *("date_enrollement", "target_size", "recruitment_status", "primary_sponsor", "secondary_sponsors"),
    *("source_support", "countries", "conditions", "interventions", "agemin", "agemax", "gender"),
    *("inclusion_criteria", "exclusion_criteria", "primary_outcome", "secondary_outcomes"),
    *("bridging_flag", "bridged_type", "childs", "type_enrolment", "retrospective_flag"),
    *("results_actual_enrollment", "results_url_link", "results_summary", "results_date_posted"),
    *("results_date_first_publication", "results_baseline_char", "results_participant_flow"),
    *("results_adverse_events", "results_outcome_measures", "results_url_protocol", "results_ipd_plan"),
    *("results_ipd_description", "results_date_completed", "results_yes_no", "ethics_status"),
    *("ethics_approval_date", "ethics_contact_name", "ethics_contact_address", "ethics_contact_phone"),
    "ethics_contact_email",
)
#: What a record is made of: the first of these columns that a file has.
_FIELDS: tuple[tuple[str, ...], ...] = (
    ("trialid",),
    ("public_title",),
    ("scientific_title",),
    ("acronym",),
    ("condition", "conditions"),
    ("intervention", "interventions"),
    ("secondaryids", "secondary_id", "secondary_ids"),
    ("childs",),
    ("web_address", "url"),
    ("recruitment_status",),
    ("last_refreshed_on",),
    ("study_type",),
    ("phase",),
    ("target_size",),
    ("date_registration3",),
    ("date_registration",),
    ("date_enrollement", "date_enrollment"),
    ("countries",),
    ("primary_sponsor",),
    ("results_yes_no",),
    ("results_date_posted",),
    ("results_url_link",),
    ("inclusion_criteria",),
    ("exclusion_criteria",),
    ("primary_outcome",),
)
_NEEDED = ("trialid", "public_title", "condition")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9 /_.:()-]{0,50}\d[A-Za-z0-9 /_.:()-]{0,30}", re.ASCII)
_BEGINS = re.compile(r'"?(?=[A-Za-z])[A-Za-z0-9/_.()-]{0,50}\d[A-Za-z0-9/_.()-]{0,30}"?,', re.ASCII)
_TAG = re.compile(r"<[a-zA-Z/][^<>]{0,100}>")
_PARTS = re.compile(r";|<br\s*/?>", re.IGNORECASE)
_KIND = re.compile(r"^(?:Drug|Biological|Device|Procedure|Behavioral|Genetic|Radiation|Other)\s*:\s*")
_OF_GROUP = re.compile(r":\s*(\d{1,8})\s*(?=;|$)", re.ASCII)
_PHASE_BLOCK = re.compile(r"\(Phase (I{1,3}|IV)\)\s*:\s*(yes|no)", re.IGNORECASE)
_PHASE = re.compile(r"(?<![a-z0-9])(iv|i{1,3}|[1-4])[ab]?(?![a-z0-9])", re.IGNORECASE | re.ASCII)
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FIRST = re.compile(r"(\d{4})[-/]?(\d{2})[-/]?(\d{2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/ ]([A-Za-z]{3,9}|\d{1,2})[-/ ](\d{4})", re.ASCII)
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9}) (?:(\d{1,2}), )?(\d{4})", re.ASCII)
#: No trial is older, none is planned further ahead: beyond lie slips such as 2641.
_YEARS = range(1900, 2101)

_LINE = "line"

Cells = Sequence[str]


def rows(stream: BinaryIO, wanted: Callable[[str], bool] | None = None) -> Iterator[Record | RowError]:
    """The trials of an export file that can be sought, and what could not be read, in the order of the file.

    ``wanted`` sees the raw text of every sound row and may pass over rows at little cost; it should
    look for single words, since HTML or padding may stand between two. Raises ``Fault`` for a file
    that is no export, and for a row that has no end.
    """
    yield from unless_lost(_rows(stream, wanted))


def _rows(stream: BinaryIO, wanted: Callable[[str], bool] | None) -> Iterator[Record | RowError]:
    head = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    stream.seek(0)
    if head.startswith((b"PK", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff")):
        raise Fault("wrong_content", "a packed, Excel or UTF-16 file; give the XML or the CSV in UTF-8")
    for line, cells in _of_xml(stream) if head.startswith(b"<") else _of_csv(stream):
        if isinstance(cells, RowError):
            yield cells
        else:
            raw = " ".join(cells)
            # what was sought may hide behind bytes that cannot be read
            if wanted is None or wanted(raw) or not _is_utf8(raw):
                yield from _row(line, cells)


def is_full_export(stream: BinaryIO) -> bool:
    """Whether a file has the form of the full export: neither XML nor a header. The portal gives the others,
    which hold what somebody searched for there."""
    head = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    stream.seek(0)
    return not head.startswith(b"<") and not head.lstrip(b'"').lower().startswith(b"trialid")


def exported_on(stream: BinaryIO) -> str:
    """The ISO day that the first record of a portal file names as the day of its export, else empty."""
    head = stream.read(256 * 1024).decode("utf-8-sig", errors="replace")
    stream.seek(0)
    if head.startswith("<"):
        found = re.search(r"<Export_date>\s*([\d/]+)", head)
        written = found[1] if found else ""
    else:
        table = csv.DictReader(io.StringIO(head, newline=""))
        try:
            written = str(next(table, {}).get("Export date") or "").partition(" ")[0]
        except csv.Error:  # the row is told with its line when it is read
            written = ""
    month_first = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", written, re.ASCII)
    if not month_first:
        return ""
    month, day, year = map(int, month_first.groups())
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _of_xml(stream: BinaryIO) -> Iterator[tuple[int, Cells | RowError]]:
    """The cells of every ``Trial``; finished elements are let go at once."""
    pieces, builder = Bounded(stream), _Numbering()
    builder.parser = SafeParser(target=builder)
    root: Element | None = None
    try:
        for event, element in iterparse(pieces, events=("start", "end"), parser=builder.parser):
            if root is None:
                root = element
                if root.tag != "Trials_downloaded_from_ICTRP":
                    raise Fault("schema_drift", f"the root is {root.tag}, not Trials_downloaded_from_ICTRP")
            elif element.tag == "Trial" and event == "end":
                line = int(element.get(_LINE, 1))
                yield line, _named({e.tag.lower(): e.text or "" for e in element})
                root.clear()
                pieces.row_ended()
    except ParseError as error:
        where = error.position[0]
        yield (
            where,
            RowError(where, "", f"the XML breaks off or is not valid, nothing after it was read: {error}"),
        )
    except (DefusedXmlException, ValueError, LookupError) as error:  # an encoding nobody knows
        raise Fault("not_parsable", f"unsafe or unreadable XML: {error}") from None


class _Numbering(TreeBuilder):
    """Writes into each trial the line on which it begins."""

    parser: SafeParser

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        """An element has begun."""
        element = super().start(tag, attributes)
        if tag == "Trial":
            element.set(_LINE, str(self.parser.parser.CurrentLineNumber))
        return element


def _named(values: Mapping[str, str]) -> Cells:
    return [next((values[name] for name in names if values.get(name)), "") for names in _FIELDS]


def _of_csv(stream: BinaryIO) -> Iterator[tuple[int, Cells | RowError]]:
    """The cells of every row of a table, with or without a header."""
    lines = _Lines(TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="\n"))
    reader = csv.reader(lines)
    columns: Sequence[str] = FULL_EXPORT
    pick: Callable[[list[str]], Cells] | None = None
    while True:
        line = lines.number + 1
        try:
            row = next(reader, None)
            problem = ""
        except csv.Error as error:
            row, problem = [], str(error)
        if row is None:
            return
        if pick is None:
            header = [name.strip().lower().replace(" ", "_") for name in row]
            columns = header if header[:1] == ["trialid"] else FULL_EXPORT
            pick = itemgetter(*_order(columns))
            if columns is header:
                lines.row_ended()
                continue
        if len(row) == len(columns):
            row.append("")  # what a missing column refers to
            yield line, pick(row)
        elif row or problem:
            problem = problem or f"{len(row)} columns instead of {len(columns)}"
            yield line, RowError(line, "", problem)
            lines.resume()
            reader = csv.reader(lines)  # the one before may have met the end of the file
        lines.row_ended()


def _order(columns: Sequence[str]) -> list[int]:
    """Where each field stands; -1 for one that the file does not have."""
    order = [next((columns.index(n) for n in names if n in columns), -1) for names in _FIELDS]
    missing = [names[0] for names, at in zip(_FIELDS, order, strict=True) if at < 0 and names[0] in _NEEDED]
    if missing:
        raise Fault("schema_drift", f"the header lacks {', '.join(missing)}")
    return order


class _Lines:
    """The lines of a table, remembering those of the present row so that they can be read again."""

    def __init__(self, text: TextIOWrapper) -> None:
        self._bounded = Bounded(text)
        self._text, self._again = iter(self._bounded), list[str]()
        self.number, self.taken = 0, list[str]()

    def row_ended(self) -> None:
        """The lines taken so far are those of a row that was read."""
        self.taken.clear()
        self._bounded.row_ended()

    def __iter__(self) -> Iterator[str]:
        while line := self._again.pop() if self._again else next(self._text, ""):
            self.number += 1
            self.taken.append(line)
            # A lone CR stands inside cells and ends no row, quoted or not.
            yield line.replace("\r\n", "\n").replace("\r", " ") if "\r" in line else line

    def resume(self) -> None:
        """After a damaged row: read again from its first further line that begins like a row."""
        for at, line in enumerate(self.taken):
            if at and _BEGINS.match(line):
                self._again += reversed(self.taken[at:])
                self.number -= len(self.taken) - at
                return


def _row(line: int, cells: Cells) -> Iterator[Record | RowError]:
    """The record of one row, after what could not be read in it."""
    if not all(map(_is_utf8, cells)):
        yield RowError(line, "", "bytes that are not UTF-8 were replaced")
        cells = [cell.encode(errors="surrogateescape").decode(errors="replace") for cell in cells]
    trial_id = _tidy(cells[0])
    if not _ID.fullmatch(trial_id):
        yield RowError(line, "TrialID", f"not a trial number: {trial_id[:80]!r}")
        return
    days = {}
    # The third way of writing the registration is the same for all registries, but often missing.
    dates = (("Date_registration", cells[14] or cells[15]), ("Date_enrollement", cells[16]))
    for column, cell in dates:
        try:
            days[column] = _day(_tidy(cell))
        except ValueError as error:
            days[column] = ""
            yield RowError(line, column, str(error), kept=True)
    yield _record(trial_id, cells, days["Date_registration"], days["Date_enrollement"])


def _is_utf8(text: str) -> bool:
    """Whether no byte was unreadable; those stand in ``text`` as lone surrogates."""
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _record(trial_id: str, cells: Cells, registered: str, start: str) -> Record:
    """The record; without a start its year is that of the registration."""
    (
        _,
        public,
        scientific,
        acronym,
        conditions,
        interventions,
        second,
        children,
        url,
        status,
        refreshed,
        kind,
    ) = cells[:12]
    phase, size, _, _, _, countries, sponsor, results, posted, results_url, *running = cells[12:]
    titles = _distinct(map(_tidy, (public, scientific, acronym)))
    day, enrolment = start or registered, _size(_tidy(size))
    address = _tidy(url)
    return Record(
        SOURCE_ID,
        trial_id,
        "trial",
        titles[0] if titles else "",
        address if address.startswith(("http://", "https://")) else "",
        titles=titles,
        conditions=_parts(conditions),
        texts=_distinct(map(_tidy, running)),
        other_ids=_distinct((*_parts(second), *_parts(children))),
        study_type=_word(_tidy(kind)),
        phases=_phases(_tidy(phase)),
        status=_word(_tidy(status)),
        status_as_of=_day_or_none(_tidy(refreshed)),
        has_results=True if _tidy(posted) or _tidy(results_url) else _YES_NO.get(_tidy(results).lower()),
        start=start,
        year=int(day[:4]) if day else None,
        enrolment=enrolment,
        enrolment_type="" if enrolment is None else "ESTIMATED",
        interventions=_distinct(_KIND.sub("", part) for part in _parts(interventions)),
        sponsor=_tidy(sponsor),
        countries=_parts(countries),
    )


_YES_NO = {"yes": True, "no": False}


@lru_cache(maxsize=512)
def _word(written: str) -> str:
    """Kind and status in the words of ClinicalTrials.gov where they mean the same.

    *Not recruiting* may mean not yet or no longer, *Authorised* says nothing of it: both stay apart.
    """
    word = re.sub(r"[^A-Z0-9]+", "_", written.upper()).strip("_")
    return next((known for known in ("INTERVENTIONAL", "OBSERVATIONAL") if word.startswith(known)), word)


@lru_cache(maxsize=2048)
def _phases(written: str) -> tuple[str, ...]:
    """Phases from a number, *Phase 2/Phase 3*, *2-3*, or the four lines of the EU register.

    The 0 of the Chinese register stands for anything without a phase, and is none.
    """
    block = _PHASE_BLOCK.findall(written)
    found = [n for n, answer in block if answer.lower() == "yes"] if block else _PHASE.findall(written)
    if not found and not block and re.fullmatch(r"n/?a|not applicable", written, re.IGNORECASE):
        return ("NA",)
    digits = dict.fromkeys(_ROMAN.get(n.lower(), n) for n in found)
    return tuple(f"PHASE{digit}" for digit in sorted(digits))


def _size(written: str) -> int | None:
    """A number, or the sum over groups (*A:30;B:30;*). 0 and anything else is unknown."""
    if written.isascii() and written.isdecimal() and len(written) < 9:
        return int(written) or None
    return sum(map(int, _OF_GROUP.findall(written))) or None


@lru_cache(maxsize=65536)
def _day(written: str) -> str:
    """An ISO day or month from any registry's writing; ``ValueError`` for one that cannot be.

    Numbers alone are always year-month-day or day-month-year; only words put the month first.
    """
    if not written:
        return ""
    if found := _YEAR_FIRST.match(written):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.match(written):
        day, month, year = found.groups()
    elif found := _MONTH_FIRST.match(written):
        month, day, year = found.groups()
    else:
        raise ValueError(f"not a date: {written[:40]!r}")
    number = int(month) if month.isdecimal() else _month(month)
    try:
        iso = date(int(year), number, int(day or 1)).isoformat()
    except ValueError:
        raise ValueError(f"no such date: {written[:40]!r}") from None
    if int(year) not in _YEARS:
        raise ValueError(f"no such year: {written[:40]!r}")
    return iso if day else iso[:7]


def _month(word: str) -> int:
    return _MONTHS.index(word[:3].lower()) + 1 if word[:3].lower() in _MONTHS else 0


def _day_or_none(written: str) -> str:
    try:
        return _day(written)
    except ValueError:
        return ""


def _parts(cell: str) -> tuple[str, ...]:
    """The members of a list written with semicolons or line breaks."""
    plain = unescaped(cell) if "&" in cell else cell  # first: an entity ends with a semicolon too
    return _distinct(map(_tidy, _PARTS.split(plain)))


def _tidy(cell: str) -> str:
    """A cell as plain text on one line: no HTML, padding, quotes around it, or *NULL*."""
    if "<" in cell or "&" in cell:
        cell = unescaped(_TAG.sub(" ", unescaped(cell)))
    plain = " ".join(cell.split()).strip('" ')
    return "" if plain == "NULL" else plain


def _distinct(found: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, found)))
