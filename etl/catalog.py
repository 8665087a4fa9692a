"""Reads ``data/catalog`` and ``data/curated`` into typed rows and tells every mistake at once.

A mistake names file, line and column, what was expected and what to do. Nothing is repaired
silently: a row that cannot be read is a mistake, a missing value stays missing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from etl.model import Catalog, KnownItem, Question, Row, Source, Terms
from etl.tables import EXTRA_TOPICS, TABLES, Column, Table, table

SOURCES_FILE = "catalog/sources.toml"
_FILES = (*(t.file for t in TABLES), SOURCES_FILE)
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t")
_MAX_CELL = 20_000


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


class CatalogMistakes(Exception):
    """Every mistake found in the hand-kept files."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(m) for m in self.mistakes))


@dataclass(frozen=True)
class _Numbered:
    line: int
    cells: Mapping[str, str]


def load(data: Path) -> Catalog:
    """Read and check everything below ``data``.

    Raises :class:`CatalogMistakes` holding every mistake of every file.
    """
    mistakes: list[Mistake] = []
    contents = {name: _bytes(data / name, name, mistakes) for name in _FILES}
    missing = {m.file for m in mistakes}
    raw: dict[str, list[_Numbered]] = {}
    unread: set[str] = set()
    for declared in TABLES:
        rows, found = read_table(declared, contents[declared.file])
        raw[declared.name] = rows
        if found and not rows:
            unread.add(declared.name)
        if f"data/{declared.file}" not in missing:
            mistakes += found or _no_rows(declared, rows)
    sources, found = read_sources(contents[SOURCES_FILE])
    mistakes += found
    mistakes += _references(raw, unread) + _sources_named(raw, sources) + _topics(raw)
    mistakes += _undated(raw) + _names_missing(raw, unread) + _not_agreed(raw)
    if mistakes:
        raise CatalogMistakes(mistakes)
    typed = {t.name: tuple(_typed(t, r.cells) for r in raw[t.name]) for t in TABLES}
    return Catalog(typed, sources, _sha256(contents))


def digest(data: Path) -> str:
    """The SHA-256 of everything that :func:`load` reads, and :attr:`Catalog.sha256` of what it returns."""
    return _sha256({name: _bytes(data / name, name, []) for name in _FILES})


def _sha256(contents: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, content in contents.items():
        whole.update(name.encode() + b"\0" + str(len(content)).encode() + b"\0" + content)
    return whole.hexdigest()


def _bytes(path: Path, name: str, mistakes: list[Mistake]) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        mistakes.append(Mistake(f"data/{name}", 1, "", "The file is missing.", "Put it back or restore it."))
    except OSError as error:
        problem = f"The file cannot be read ({error.strerror})."
        mistakes.append(Mistake(f"data/{name}", 1, "", problem, "Make it a readable file."))
    return b""


def _no_rows(declared: Table, rows: list[_Numbered]) -> list[Mistake]:
    if rows or not declared.needs_rows:
        return []
    problem = "The file has a header and no row."
    return [Mistake(f"data/{declared.file}", 1, "", problem, "Put its rows back or restore it.")]


def read_table(declared: Table, content: bytes) -> tuple[list[_Numbered], list[Mistake]]:
    """Rows of one CSV file with their line numbers, and everything wrong with them."""
    file = f"data/{declared.file}"
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
    return _rows(declared, file, text)


def _rows(declared: Table, file: str, text: str) -> tuple[list[_Numbered], list[Mistake]]:
    rows: list[_Numbered] = []
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
            if len(cells) != len(header):
                mistakes.append(_wrong_length(file, line, len(cells), len(header)))
            elif any(cells):
                rows.append(_Numbered(line, dict(zip(header, cells, strict=True))))
            line = reader.line_num + 1
    except csv.Error as error:
        mistakes.append(
            Mistake(file, line, "", f"The row cannot be read ({error}).", "Look for a stray quote.")
        )
    for row in rows:
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


def _cells(declared: Table, file: str, row: _Numbered) -> list[Mistake]:
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
    return _unfit_text(value) or _unfit_kind(column, value)


def _unfit_text(value: str) -> tuple[str, str] | None:
    if len(value) > _MAX_CELL:
        return f"The cell holds {len(value):,} characters.", f"At most {_MAX_CELL:,} are allowed."
    if value != value.strip():
        return f"{_short(value)} has spaces around it.", "Remove them."
    if value.startswith(_FORMULA_STARTS) and not _is_number(value):
        return f"{_short(value)} would run as a formula in a spreadsheet.", "Begin with a word."
    return None


def _unfit_kind(column: Column, value: str) -> tuple[str, str] | None:
    if column.kind in ("integer", "number") and not _is_number(value, whole=column.kind == "integer"):
        kind = "a whole number" if column.kind == "integer" else "a number with a point"
        return f"{_short(value)} is not {kind}.", "Leave the cell empty if the number is unknown."
    if column.kind in ("integer", "number") and float(value) < column.least:
        least = "0, which means none" if column.least == 0 else str(column.least)
        return f"{_short(value)} is too small.", f"The least is {least}; leave the cell empty if unknown."
    if column.kind == "date" and not _is_date(value):
        return f"{_short(value)} is not a date.", "Write YYYY-MM-DD, YYYY-MM or YYYY."
    if column.kind == "yes_no" and value not in ("yes", "no"):
        return f"{_short(value)} is neither yes nor no.", "Write yes or no."
    unknown = [v for v in _items(column, value) if column.values and v not in column.values]
    if unknown:
        return f"{_short(unknown[0])} is not one of the values allowed.", f"Use {', '.join(column.values)}."
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


def _short(value: str) -> str:
    return f"'{value[:40]}…'" if len(value) > 40 else f"'{value}'"


def _items(column: Column, value: str) -> list[str]:
    return [v.strip() for v in value.split(";")] if column.kind == "list" else [value]


def _duplicates(declared: Table, file: str, rows: list[_Numbered]) -> list[Mistake]:
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


def _typed(declared: Table, cells: Mapping[str, str]) -> Row:
    return {c.name: _value(c, cells[c.name]) for c in declared.columns}


def _value(column: Column, value: str) -> object:
    if not value:
        return [] if column.kind == "list" else None
    if column.kind == "list":
        return [v for v in _items(column, value) if v]
    if column.kind == "yes_no":
        return value == "yes"
    try:
        return {"integer": int, "number": float}.get(column.kind, str)(value)
    except ValueError:  # told as a mistake by _problem; the typed row is then never used
        return None


def _references(raw: Mapping[str, list[_Numbered]], unread: Collection[str]) -> list[Mistake]:
    """Cells that point to a row that is not there."""
    known = {(t.name, c.name): {r.cells[c.name] for r in raw[t.name]} for t in TABLES for c in t.columns}
    mistakes = []
    for declared in TABLES:
        for column in (c for c in declared.columns if c.refers):
            other_table, other_column = column.refers.split(".")
            if other_table in unread:
                continue  # its own mistake is told
            for row in raw[declared.name]:
                for value in filter(None, _items(column, row.cells[column.name])):
                    if value not in known[other_table, other_column]:
                        file = f"data/{table(other_table).file}"
                        remedy = f"Correct it, or add it to {file} first."
                        problem = f"{_short(value)} is not known."
                        mistakes.append(
                            Mistake(f"data/{declared.file}", row.line, column.name, problem, remedy)
                        )
    return mistakes


_SOURCE_COLUMNS = (
    ("question", "required_sources"),
    ("question", "optional_sources"),
    ("dataset_search", "source_id"),
    ("decision", "source_id"),
)


def _sources_named(raw: Mapping[str, list[_Numbered]], sources: Mapping[str, Source]) -> list[Mistake]:
    if not sources:
        return []
    return [
        Mistake(
            f"data/{table(name).file}",
            row.line,
            column,
            f"'{value}' is no source.",
            f"Correct it, or add it to data/{SOURCES_FILE} first.",
        )
        for name, column in _SOURCE_COLUMNS
        for row in raw[name]
        for value in filter(None, _items(table(name).column(column), row.cells[column]))
        if value not in sources
    ]


def _topics(raw: Mapping[str, list[_Numbered]]) -> list[Mistake]:
    allowed = {r.cells["question_id"] for r in raw["question"]} | set(EXTRA_TOPICS)
    return [
        Mistake(
            "data/curated/landscape.csv",
            row.line,
            "question",
            f"'{row.cells['question']}' is no question.",
            "Use an id of data/catalog/questions.csv.",
        )
        for row in raw["landscape"]
        if raw["question"] and row.cells["question"] not in allowed
    ]


#: Rows that are counted, and their own date if they have one; without it the reference's counts.
_DATED_BY = {
    "study": "",
    "trial": "status_as_of",
    "trial_claim": "as_of",
    "biomarker": "judged_on",
    "funding": "",
    "landscape": "judged_on",
}
#: Cells that say that a row is not counted.
_NOT_COUNTED = {"study": ("included", "no"), "landscape": ("state", "not_searched")}


def _undated(raw: Mapping[str, list[_Numbered]]) -> list[Mistake]:
    """References without a day on which they were read, where a counted row has no other date: a number
    that cannot say when it was found does not exist."""
    undated = {r.cells["reference_id"]: r.line for r in raw["reference"] if not r.cells["accessed_on"]}
    mistakes = {}
    for name, date_column in _DATED_BY.items():
        column, value = _NOT_COUNTED.get(name, ("", ""))
        for row in raw[name]:
            reference = row.cells["reference_id"]
            dated = date_column and row.cells[date_column]
            if reference in undated and not dated and not (column and row.cells[column] == value):
                where = f"data/{table(name).file}, line {row.line}"
                mistakes[reference] = Mistake(
                    f"data/{table('reference').file}",
                    undated[reference],
                    "accessed_on",
                    f"The cell is empty, but {where} rests on {_short(reference)} and has no other date.",
                    "Write the day on which it was read.",
                )
    return list(mistakes.values())


def _names_missing(raw: Mapping[str, list[_Numbered]], unread: Collection[str]) -> list[Mistake]:
    """Diseases without a name that a search can ask for, or without the words that make one plain."""
    if not {"disease", "disease_name"}.isdisjoint(unread) or not raw["disease_name"]:
        return []
    names: dict[str, list[_Numbered]] = {}
    for row in raw["disease_name"]:
        names.setdefault(row.cells["disease_id"], []).append(row)
    mistakes = []
    for disease in raw["disease"]:
        disease_id, own = disease.cells["disease_id"], names.get(disease.cells["disease_id"], [])
        if not any(_is_preferred(n.cells) for n in own):
            mistakes.append(
                Mistake(
                    f"data/{table('disease').file}",
                    disease.line,
                    "disease_id",
                    f"{_short(disease_id)} has no preferred English name to ask for.",
                    "Add one to data/catalog/disease_names.csv: kind preferred, ambiguous no, language en.",
                )
            )
        unclear = [n for n in own if n.cells["ambiguous"] == "yes"]
        if unclear and not disease.cells["field_words"]:
            name = unclear[0].cells["name"]
            mistakes.append(
                Mistake(
                    f"data/{table('disease').file}",
                    disease.line,
                    "field_words",
                    f"The cell is empty, but {_short(name)} is ambiguous and means little alone.",
                    "Write words of the field that stand beside it in titles, for example myositis;muscle.",
                )
            )
    return mistakes


def _is_preferred(cells: Mapping[str, str]) -> bool:
    return (cells["kind"], cells["ambiguous"], cells["language"]) == ("preferred", "no", "en")


def _not_agreed(raw: Mapping[str, list[_Numbered]]) -> list[Mistake]:
    """Patients whose row says more, or less, of the two readers than their own columns do."""
    return [
        Mistake(f"data/{table('case_').file}", row.line, "adjudication", *problem)
        for row in raw["case_"]
        if (problem := _adjudication(row.cells))
    ]


def _adjudication(cells: Mapping[str, str]) -> tuple[str, str] | None:
    outcome, a, b = cells["outcome"], cells["outcome_extractor_a"], cells["outcome_extractor_b"]
    said = cells["adjudication"]
    if said == "agreed" and not a == b == outcome:
        told = f"reader A {a or 'nothing'}, reader B {b or 'nothing'}, outcome {outcome}"
        return f"The row says agreed, but: {told}.", "Write resolved and how, or correct the outcome."
    if said == "resolved" and not cells["adjudication_note"]:
        return "The row says resolved, but not how.", "Write it into adjudication_note."
    if said == "single_extractor" and bool(a) == bool(b):
        return "The row says that one reader coded it, but not one did.", "Leave the other's column empty."
    return None


class _StrictSource(Source):
    """The same fields, with unknown ones refused."""

    __pydantic_config__ = ConfigDict(extra="forbid")


def read_sources(content: bytes) -> tuple[dict[str, Source], list[Mistake]]:
    """Sources by id from ``sources.toml``, and everything wrong with it."""
    file = f"data/{SOURCES_FILE}"
    try:
        text = content.decode("utf-8")
        parsed = tomllib.loads(text)
    except UnicodeDecodeError:
        return {}, [Mistake(file, 1, "", "The file is not UTF-8 text.", "Save it as UTF-8.")]
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        return {}, [Mistake(file, int(at[1]) if at else 1, "", f"The file cannot be read: {error}.", "")]
    adapter: TypeAdapter[_StrictSource] = TypeAdapter(_StrictSource)
    sources: dict[str, Source] = {}
    mistakes = []
    for source_id, fields in parsed.items():
        line = _line_of(text, source_id)
        try:
            read = adapter.validate_python({"source_id": source_id, **fields})
            sources[source_id] = Source(**read.__dict__)
        except (ValidationError, TypeError) as error:
            mistakes += _source_mistakes(file, line, error)
    return sources, mistakes


def _line_of(text: str, source_id: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() == f"[{source_id}]":
            return number
    return 1


def _source_mistakes(file: str, line: int, error: ValidationError | TypeError) -> list[Mistake]:
    if isinstance(error, TypeError):
        return [Mistake(file, line, "", "This is not a table of a source.", "See CONTRIBUTING.")]
    return [
        Mistake(file, line, ".".join(str(part) for part in e["loc"]), f"{e['msg']}.", "See CONTRIBUTING.")
        for e in error.errors()
    ]


# --- what the rest of the ETL asks of a catalog ------------------------------------------------


def questions(catalog: Catalog) -> tuple[Question, ...]:
    """The framework in display order."""
    rows = sorted(catalog.tables["question"], key=lambda r: int(str(r["sort_order"])))
    return tuple(
        Question(
            question_id=str(r["question_id"]),
            kind=r["kind"],  # type: ignore[arg-type]  # one of the values allowed in etl.tables
            required_sources=_strings(r["required_sources"]),
            optional_sources=_strings(r["optional_sources"]),
            depends_on=str(r["depends_on"] or ""),
        )
        for r in rows
    )


def terms(catalog: Catalog, disease_id: str) -> tuple[Terms, ...]:
    """What to search for one disease, a :class:`Terms` a rung: name, synonyms, broader.

    ``name`` asks for the preferred names, ``synonyms`` for all names that are not ambiguous plus
    the acronyms beside one of the disease's field words, ``broader`` for the names of the parent,
    screened for the names of the disease. Rungs without a phrase are left out. Raises ``KeyError`` for
    an unknown disease.
    """
    parents = {str(r["disease_id"]): r["parent_disease_id"] for r in catalog.tables["disease"]}
    parent = parents[disease_id]
    preferred = _names(catalog, disease_id, {"preferred"})
    synonyms = _names(catalog, disease_id, {"synonym", "acronym"})
    acronyms = _names(catalog, disease_id, {"acronym", "synonym", "preferred"}, ambiguous=True)
    names = preferred + synonyms
    known = _known_items(catalog, disease_id)
    words = _field_words(catalog, disease_id)
    rungs = [Terms(disease_id, "name", preferred, (), words, names, known)]
    if synonyms or acronyms:
        rungs.append(Terms(disease_id, "synonyms", names, acronyms, words, names, known))
    if parent:
        phrases = _names(catalog, str(parent), {"preferred", "synonym"})
        rungs.append(Terms(disease_id, "broader", phrases, (), words, names, known))
    return tuple(r for r in rungs if r.phrases)


def _names(catalog: Catalog, disease_id: str, kinds: set[str], ambiguous: bool = False) -> tuple[str, ...]:
    rows = catalog.tables["disease_name"]
    found = [
        str(r["name"])
        for r in rows
        if r["disease_id"] == disease_id and r["kind"] in kinds and bool(r["ambiguous"]) == ambiguous
    ]
    return tuple(dict.fromkeys(found))


def _field_words(catalog: Catalog, disease_id: str) -> tuple[str, ...]:
    diseases = {r["disease_id"]: r for r in catalog.tables["disease"]}
    return _strings(diseases[disease_id]["field_words"])


def _known_items(catalog: Catalog, disease_id: str) -> tuple[KnownItem, ...]:
    return tuple(
        KnownItem(
            reference_id=str(r["reference_id"]),
            rung=r["rung"],  # type: ignore[arg-type]  # one of the values allowed in etl.tables
            pmid=str(r["pmid"] or ""),
            doi=str(r["doi"] or ""),
        )
        for r in catalog.tables["known_item"]
        if r["disease_id"] == disease_id and r["indexed_in_pubmed"] == "yes"
    )


def _strings(value: object) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list) else ()
