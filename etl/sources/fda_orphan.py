"""FDA orphan designations: a table that a person exports and hands over. Pure.

Form as in the whole table of 13 January 2022: a CSV made from the "Excel" export. That export
itself is a web page with one table; it is read too, but no real one was recorded, so its form is
unverified. The table says nowhere of which day it is: whoever hands it over says so.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from html.parser import HTMLParser
from itertools import chain
from typing import BinaryIO

from etl.model import Fault, Record, RowError
from etl.sources._stream import Bounded, unless_lost

SOURCE_ID = "fda_orphan"
INTERFACE = "Orphan Drug Designations and Approvals, exported table"

_KEY, _NAME, _DATE, _TEXT, _STATUS = (
    "CF Grid Key",
    "Generic Name",
    "Date Designated",
    "Orphan Designation",
    "Orphan Designation Status",
)
_TRADE, _LABEL, _SPONSOR = "Trade Name", "Approved Labeled Indication", "Sponsor Company"
#: Columns without which the table is another one. Others come and go: the exclusivity column
#: changes its name, a date of withdrawal was added.
_NEEDED = (_KEY, _NAME, _DATE, _TEXT, _STATUS, _TRADE, _LABEL, _SPONSOR)
_WITHDRAWN = "Date Designation Withdrawn or Revoked"
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})")
#: The Orphan Drug Act is of 1983, so a two-digit year from 83 on is of the last century.
_FIRST_YEAR = 1983
#: A page is parsed in pieces; no tag or comment is as long as several of them. At the end of the page little
#: may be left: the parser tries every bracket in it anew.
_PIECE, _LONGEST_TAG, _LONGEST_REST = 64 * 1024, 256 * 1024, 4 * 1024
#: There were 5,949 rows in 2022: a table of so many is another one, and all of it is held at once.
_MOST_ROWS = 100_000
_PAGE = "https://www.accessdata.fda.gov/scripts/opdlisting/oopd/detailedIndex.cfm?cfgridkey="
_DESIGNATED = re.compile(r"designated(/(approved|withdrawn|revoked))*", re.IGNORECASE)

Cells = Mapping[str, str]


def rows(stream: BinaryIO, as_of: str = "") -> Iterator[Record | RowError]:
    """Every designation of the table of the day ``as_of``, once; then every row that cannot be read.

    A designation approved for several indications has a row for each, not always together: they are
    one record. Remark lines are no designations. Raises ``Fault``: ``wrong_content`` for anything
    but this table, ``not_parsable`` for bytes that are no text, a file cut short or a row without an end.
    """
    yield from unless_lost(_designations(stream, as_of))


def _designations(stream: BinaryIO, as_of: str) -> Iterator[Record | RowError]:
    merged: dict[str, list[Cells]] = {}
    wrong: list[RowError] = []
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        for number, (line, row) in enumerate(_table(text)):
            if number == _MOST_ROWS:
                raise Fault("wrong_content", f"line {line}: more than {_MOST_ROWS:,} rows")
            if not row[_KEY] and not row[_DATE]:
                continue  # a remark, such as the note on exclusivity
            problem = _problem(line, row)
            if problem:
                wrong.append(problem)
            else:
                merged.setdefault(row[_KEY], []).append(row)
    except (ValueError, csv.Error, AssertionError) as error:  # the first and the last: html.parser too
        raise Fault("not_parsable", str(error)) from None
    finally:
        text.detach()
    yield from (_record(key, of_key, as_of) for key, of_key in merged.items())
    yield from wrong


def _table(text: io.TextIOWrapper) -> Iterator[tuple[int, Cells]]:
    """Line and cells by column of every row below the header, from CSV or from a page with a table."""
    pieces = Bounded(text)
    lines = iter(pieces)
    first = next(lines, "")
    table = (
        _page_rows(first, pieces)
        if first.lstrip().startswith("<")
        else _csv_rows(chain([first], lines), pieces)
    )
    _, names = next(table, (1, []))
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise Fault("wrong_content", f"the header row has no {', '.join(missing)}")
    for line, cells in table:
        if len(cells) == len(names):
            yield line, dict(zip(names, cells, strict=True))
        elif any(cells):
            short = dict.fromkeys(_NEEDED, "")
            yield line, {**short, _KEY: "?", _STATUS: f"{len(cells)} cells, not {len(names)}"}


def _csv_rows(lines: Iterable[str], pieces: Bounded) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, strict=True)
    line = 1
    for cells in reader:
        pieces.row_ended()
        yield line, [_clean(c) for c in cells]
        line = reader.line_num + 1


def _page_rows(first: str, pieces: Bounded) -> Iterator[tuple[int, list[str]]]:
    page, piece = _Page(), first
    while piece:
        if 3 * piece.count("<") > len(piece) + _PIECE // 16:
            raise Fault("not_parsable", f"line {pieces.number}: more brackets than tags could have")
        page.feed(piece)
        if page.unfinished > _LONGEST_TAG:
            raise Fault("not_parsable", f"line {pieces.number}: a tag without an end")
        for row in page.taken():
            pieces.row_ended()
            yield row
        piece = pieces.read(_PIECE)
    if page.unfinished > _LONGEST_REST:
        raise Fault("not_parsable", f"line {pieces.number}: a tag without an end")
    page.close()
    yield from page.taken()
    if page.is_open:
        raise Fault("not_parsable", "the table has no end")


class _Page(HTMLParser):
    """The rows of the one table of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.is_open = False
        self._rows: list[tuple[int, list[str]]] = []
        self._cells: list[list[str]] | None = None
        self._line = 1

    @property
    def unfinished(self) -> int:
        """How much of the page waits for the end of a tag: it is looked through again with every piece."""
        return len(self.rawdata)

    def taken(self) -> list[tuple[int, list[str]]]:
        """Rows finished since the last call."""
        done, self._rows = self._rows, []
        return done

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "table":
            self.is_open = True
        elif tag == "tr":
            self._cells, self._line = [], self.getpos()[0]
        elif tag in ("td", "th") and self._cells is not None:
            self._cells.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.is_open = False
        elif tag == "tr" and self._cells is not None:
            self._rows.append((self._line, [_clean("".join(parts)) for parts in self._cells]))
            self._cells = None

    def handle_data(self, data: str) -> None:
        if self._cells:
            self._cells[-1].append(data)


def _clean(cell: str) -> str:
    """A cell without the non-breaking spaces that stand around dates."""
    return " ".join(cell.split())


def _problem(line: int, row: Cells) -> RowError | None:
    if not row[_KEY].isdecimal():
        problem = row[_STATUS] if row[_KEY] == "?" else f"{row[_KEY][:40]!r} is no key"
        return RowError(line, _KEY, problem)
    if not _DESIGNATED.fullmatch(row[_STATUS]):
        return RowError(line, _STATUS, f"{row[_STATUS][:40]!r} is no known status")
    if not row[_TEXT]:
        return RowError(line, _TEXT, "the designation is empty")
    if not day(row[_DATE]):
        return RowError(line, _DATE, f"{row[_DATE][:40]!r} is no date")
    return None


def day(text: str) -> str:
    """An ISO day from month/day/year, with two or four digits of the year; empty if it is none."""
    found = _DAY.fullmatch(text)
    if not found:
        return ""
    month, day_of_month, year = (int(part) for part in found.groups())
    if len(found[3]) == 2:
        year += 1900 if year >= _FIRST_YEAR % 100 else 2000
    try:
        return date(year, month, day_of_month).isoformat()
    except ValueError:
        return ""


def _record(key: str, of_key: list[Cells], as_of: str) -> Record:
    first = of_key[0]
    names = (cell for row in of_key for cell in (row[_NAME], row[_TRADE]))
    indications = dict.fromkeys(row[_LABEL] for row in of_key if row[_LABEL])
    withdrawn = day(first.get(_WITHDRAWN, ""))
    start = day(first[_DATE])
    return Record(
        SOURCE_ID,
        key,
        "designation",
        f"{first[_NAME]}: {first[_TEXT]}",
        _PAGE + key,
        conditions=(first[_TEXT],),
        texts=tuple(indications),
        status=_status(of_key, withdrawn),
        status_as_of=as_of,
        start=start,
        completion=withdrawn,
        year=int(start[:4]),
        interventions=tuple(dict.fromkeys(filter(None, names))),
        sponsor=first[_SPONSOR],
    )


def _status(of_key: list[Cells], withdrawn: str) -> str:
    """Withdrawn designations count, and are marked: "Designated/Withdrawn"."""
    words = dict.fromkeys(word for row in of_key for word in row[_STATUS].title().split("/"))
    if withdrawn and not {"Withdrawn", "Revoked"} & set(words):
        words["Withdrawn"] = None
    order = ("Designated", "Approved", "Withdrawn", "Revoked")
    return "/".join(w for w in order if w in words)
