"""A big table somebody else wrote: every row, or the line of the row that could not be read. Pure.

Long texts with quotes and line breaks inside are what such tables are damaged by, and a quote that
is not closed would swallow every row behind it. So rows are parted first, by what a row begins with,
and read one by one: a damaged row is told and the rest is kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from etl.model import Fault, RowError
from etl.sources._body import quote
from etl.sources._stream import LONGEST, Bounded, unless_lost

#: No row is so long; a quote that is not closed is.
MOST_LINES = 20_000

_NOT_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Row:
    """One row by column, and the line on which it begins."""

    line: int
    cells: dict[str, str]

    def text(self, *columns: str) -> str:
        """The first filled one of ``columns``, on one line; empty where none is."""
        found = (" ".join(self.cells.get(column, "").split()) for column in columns)
        return next(filter(None, found), "")


def read_rows(
    stream: BinaryIO, needed: Sequence[Sequence[str]], begins: re.Pattern[str]
) -> Iterator[Row | RowError]:
    """The rows of a ``;``-separated table in UTF-8.

    ``needed`` names the columns that must be there, each with its spellings; ``begins`` matches the
    first line of a row. Raises ``Fault`` for a file that is another table, or none, or empty, and for a
    row that has no end.
    """
    yield from unless_lost(_rows(stream, needed, begins))


def _rows(
    stream: BinaryIO, needed: Sequence[Sequence[str]], begins: re.Pattern[str]
) -> Iterator[Row | RowError]:
    chunks = _chunks(stream, begins)
    header = _header(next(chunks, (1, ""))[1], needed)
    read = 0
    for line, chunk in chunks:
        cells = _cells(chunk)
        if isinstance(cells, str):
            yield RowError(line, "", cells)
        elif len(cells) != len(header):
            yield RowError(line, "", f"{len(cells)} columns instead of {len(header)}: {quote(chunk)}")
        else:
            read += 1
            yield Row(line, dict(zip(header, cells, strict=True)))
    if not read:
        raise Fault("incomplete", "no row of the file could be read")


def amount(row: Row, *columns: str) -> float | RowError | None:
    """An amount of money, with a decimal point or comma; ``None`` for an empty cell, which is not 0."""
    written = row.text(*columns).replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    if not written:
        return None
    if not re.fullmatch(r"\d{1,15}([.,]\d{1,9})?", written, re.ASCII):
        return RowError(row.line, columns[0], f"not an amount: {quote(written)}", kept=True)
    return float(written.replace(",", "."))


def _header(chunk: str, needed: Sequence[Sequence[str]]) -> list[str]:
    cells = _cells(chunk)
    header = [cell.strip() for cell in cells] if isinstance(cells, list) else []
    for spellings in needed:
        if not set(spellings) & set(header):
            raise Fault("schema_drift", f"no column {' or '.join(spellings)} in: {quote(chunk)}")
    return header


def _chunks(stream: BinaryIO, begins: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The text of each row and its first line. Inside quotes a line break goes on with the row, unless
    a new row begins there: then a quote was not closed."""
    chunk: list[str] = []
    first, within = 1, False
    lines = Bounded(stream)
    for number, raw in enumerate(lines, 1):
        line = raw.decode("utf-8-sig" if number == 1 else "utf-8", errors="surrogateescape")
        if chunk and (not within or begins.match(line) or len(chunk) >= MOST_LINES):
            yield first, "".join(chunk)
            chunk, within = [], False
        if not chunk:
            first = number
            lines.row_ended()
            if not line.strip():
                continue
        chunk.append(line)
        within ^= line.count('"') % 2 == 1
    if chunk:
        yield first, "".join(chunk)


def _cells(chunk: str) -> list[str] | str:
    """The cells of a row, or what is wrong with it."""
    if _NOT_UTF8.search(chunk):
        return f"not UTF-8: {quote(_NOT_UTF8.sub('?', chunk))}"
    before = csv.field_size_limit(LONGEST)  # a single abstract exceeds the standard limit of 131,072
    try:
        rows = list(csv.reader(io.StringIO(chunk, newline=""), delimiter=";", strict=True))
    except csv.Error as error:
        return f"{error}: {quote(chunk)}"
    finally:
        csv.field_size_limit(before)
    return rows[0] if len(rows) == 1 else f"{len(rows)} rows where one begins: {quote(chunk)}"
