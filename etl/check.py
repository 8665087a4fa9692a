"""Checks the rows of one hand-kept file against its declaration. Pure: bytes in, rows and mistakes out.

``python -m etl check`` and the Cases page (for files that a reader drops there) use the same rules. A
mistake names file, line and column, what was expected and what to do. Nothing is repaired silently.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from etl.model import Row
from etl.tables import Column, Table

_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_WEB_ADDRESS = re.compile(r"https?://[^\s/]\S*")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t")
_MAX_CELL = 20_000
#: A file with more mistakes than these is another kind of file: the others are not looked for.
MOST_MISTAKES = 1_000


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing wrong in one file, in words that a person can act on."""

    file: str
    line: int
    column: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}, line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.problem} {self.remedy}".rstrip()


@dataclass(frozen=True)
class Numbered:
    """One row as it stands in its file, and the line it begins on."""

    line: int
    cells: Mapping[str, str]


def read_table(declared: Table, content: bytes, name: str = "") -> tuple[list[Numbered], list[Mistake]]:
    """Rows of one CSV file with their line numbers, and everything wrong with them.

    ``name`` is how mistakes call the file; without it, by its place in the project.
    """
    file = name or f"data/{declared.file}"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [], [
            Mistake(
                file,
                line,
                "",
                "The file is not UTF-8 text.",
                "Save it as 'CSV UTF-8'; in a spreadsheet this is one of the CSV choices.",
            )
        ]
    if text.startswith("\ufeff"):
        text = text[1:]
    if not text.strip():
        return [], [Mistake(file, 1, "", "The file is empty.", "Put its header back.")]
    rows, mistakes = _rows(declared, file, text)
    return rows, at_most(mistakes)


def at_most(mistakes: list[Mistake]) -> list[Mistake]:
    """As many mistakes as anybody would read, and a word on the others."""
    if len(mistakes) <= MOST_MISTAKES:
        return mistakes
    last = mistakes[MOST_MISTAKES]
    problem, remedy = f"There are more than {MOST_MISTAKES:,} mistakes.", "Mend those before this line first."
    return [*mistakes[:MOST_MISTAKES], Mistake(last.file, last.line, "", problem, remedy)]


def _rows(declared: Table, file: str, text: str) -> tuple[list[Numbered], list[Mistake]]:
    rows: list[Numbered] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names = [c.name for c in declared.columns]
    mistakes: list[Mistake] = []
    line = 1
    try:
        header = next(reader)
        mistakes = _header(file, header, names)
        if mistakes:
            return [], mistakes
        line = reader.line_num + 1
        for cells in reader:
            if len(mistakes) > MOST_MISTAKES:
                break
            if len(cells) != len(header):
                mistakes.append(_wrong_length(file, line, len(cells), len(header)))
            elif any(cells):
                rows.append(Numbered(line, dict(zip(header, cells, strict=True))))
            line = reader.line_num + 1
    except csv.Error as error:
        mistakes.append(
            Mistake(file, line, "", f"The row cannot be read ({error}).", "Look for a stray quote.")
        )
    for row in rows:
        if len(mistakes) > MOST_MISTAKES:
            return rows, mistakes
        mistakes += _cells(declared, file, row)
    return rows, mistakes + _duplicates(declared, file, rows)


def _header(file: str, header: list[str], names: list[str]) -> list[Mistake]:
    mistakes = [
        Mistake(file, 1, name, "The column is missing.", "Add it to the header; its cells may stay empty.")
        for name in names
        if name not in header
    ]
    if mistakes and len(header) == 1 and ";" in header[0]:
        hint = "Columns are separated by ';'. Save the file with commas."
        return [Mistake(file, 1, "", "The header is one single column.", hint)]
    unknown = [name for name in header if name not in names]
    mistakes += [
        Mistake(file, 1, name or "(no name)", "The column is not known.", "Remove it or correct its name.")
        for name in unknown
    ]
    twice = [name for name, times in Counter(header).items() if times > 1]
    mistakes += [Mistake(file, 1, name, "The column stands twice.", "Keep one.") for name in twice]
    return mistakes


def _wrong_length(file: str, line: int, got: int, expected: int) -> Mistake:
    remedy = "A text with a comma must stand in double quotes."
    return Mistake(file, line, "", f"The row has {got} cells, the header has {expected}.", remedy)


def _cells(declared: Table, file: str, row: Numbered) -> list[Mistake]:
    mistakes = []
    for column in declared.columns:
        value = row.cells[column.name]
        problem = _problem(column, value)
        if problem:
            mistakes.append(Mistake(file, row.line, column.name, *problem))
    return mistakes


def _problem(column: Column, value: str) -> tuple[str, str] | None:
    """What is wrong with one cell and what to do, or ``None``."""
    if value and not value.strip():
        return "The cell holds only spaces.", "Empty it, or write the value."
    if not value:
        if column.required:
            return "The cell is empty but must be filled.", "Write the value, or remove the row."
        return None
    return _unfit_text(value) or _unfit_address(column, value) or _unfit_kind(column, value)


def _unfit_text(value: str) -> tuple[str, str] | None:
    if len(value) > _MAX_CELL:
        return f"The cell holds {len(value):,} characters.", f"At most {_MAX_CELL:,} are allowed."
    if value != value.strip():
        return f"{short(value)} has spaces around it.", "Remove them."
    if value.startswith(_FORMULA_STARTS) and not _is_number(value):
        return f"{short(value)} would run as a formula in a spreadsheet.", "Begin with a word."
    return None


def _unfit_address(column: Column, value: str) -> tuple[str, str] | None:
    if column.name != "url" or _WEB_ADDRESS.fullmatch(value):
        return None
    return f"{short(value)} is no web address.", "Begin with https:// or http://, and leave no spaces."


def _out_of_bounds(column: Column, value: str) -> tuple[str, str] | None:
    if float(value) < column.least:
        least = "0, which means none" if column.least == 0 else f"{column.least:g}"
        return f"{short(value)} is too small.", f"The least is {least}; leave the cell empty if unknown."
    if column.most is not None and float(value) > column.most:
        return f"{short(value)} is too large.", f"At most {column.most:g} is possible."
    return None


def _unfit_kind(column: Column, value: str) -> tuple[str, str] | None:
    if column.kind in ("integer", "number") and not _is_number(value, whole=column.kind == "integer"):
        kind = "a whole number" if column.kind == "integer" else "a number with a point"
        return f"{short(value)} is not {kind}.", "Leave the cell empty if the number is unknown."
    if column.kind == "date" and not _is_date(value):
        return f"{short(value)} is not a date.", "Write YYYY-MM-DD, YYYY-MM or YYYY."
    if column.kind == "yes_no" and value not in ("yes", "no"):
        return f"{short(value)} is neither yes nor no.", "Write yes or no."
    if column.kind in ("integer", "number") and (problem := _out_of_bounds(column, value)):
        return problem
    unknown = [v for v in items(column, value) if column.values and v not in column.values]
    if unknown:
        return f"{short(unknown[0])} is not one of the values allowed.", f"Use {', '.join(column.values)}."
    return None


def _is_number(value: str, whole: bool = False) -> bool:
    return bool(re.fullmatch(r"-?\d{1,15}" if whole else r"-?\d{1,15}(\.\d{1,15})?", value))


def _is_date(value: str) -> bool:
    if not _PARTIAL_DATE.fullmatch(value):
        return False
    parts = [int(p) for p in value.split("-")]
    try:
        date(*(parts + [1] * (3 - len(parts))))
    except ValueError:
        return False
    return True


def short(value: str) -> str:
    """A value in quotes, cut where it is long."""
    return f"'{value[:40]}…'" if len(value) > 40 else f"'{value}'"


def items(column: Column, value: str) -> list[str]:
    """The entries of a cell: several in a list column, else the cell itself."""
    return [v.strip() for v in value.split(";")] if column.kind == "list" else [value]


def _duplicates(declared: Table, file: str, rows: list[Numbered]) -> list[Mistake]:
    first: dict[tuple[str, ...], int] = {}
    mistakes = []
    for row in rows:
        key = tuple(row.cells[k] for k in declared.key)
        if key in first:
            name = " + ".join(declared.key)
            problem = f"{' + '.join(key)} stands already in line {first[key]}."
            mistakes.append(
                Mistake(file, row.line, name, problem, "Each may stand once: change or remove one.")
            )
        first.setdefault(key, row.line)
    return mistakes


def typed_row(declared: Table, cells: Mapping[str, str]) -> Row:
    """The cells of a row as values; what is empty is ``None``, or an empty list."""
    return {c.name: _value(c, cells[c.name]) for c in declared.columns}


def _value(column: Column, value: str) -> object:
    if not value:
        return [] if column.kind == "list" else None
    if column.kind == "list":
        return [v for v in items(column, value) if v]
    if column.kind == "yes_no":
        return value == "yes"
    try:
        return {"integer": int, "number": float}.get(column.kind, str)(value)
    except ValueError:  # told as a mistake by _problem; the typed row is then never used
        return None
