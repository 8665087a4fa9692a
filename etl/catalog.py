"""Reads ``data/catalog`` and ``data/curated`` into typed rows and tells every mistake at once.

A mistake names file, line and column, what was expected and what to do. Nothing is repaired
silently: a row that cannot be read is a mistake, a missing value stays missing.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from etl.check import Mistake, Numbered, items, read_table, short, typed_row
from etl.model import Catalog, KnownItem, Question, Row, Source, Terms
from etl.tables import EXTRA_TOPICS, TABLES, table

SOURCES_FILE = "catalog/sources.toml"
#: Words of the field that an ambiguous acronym must stand beside in a search.
CONTEXT_WORDS = ("myositis", "myopathy", "myopathies", "muscle")


class CatalogMistakes(Exception):
    """Every mistake found in the hand-kept files."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(str(m) for m in self.mistakes))


def load(data: Path) -> Catalog:
    """Read and check everything below ``data``.

    Raises :class:`CatalogMistakes` holding every mistake of every file.
    """
    mistakes: list[Mistake] = []
    digest = hashlib.sha256()
    raw: dict[str, list[Numbered]] = {}
    typed: dict[str, tuple[Row, ...]] = {}
    for declared in TABLES:
        content = _bytes(data / declared.file, declared.file, mistakes)
        digest.update(declared.file.encode() + b"\0" + content + b"\0")
        rows, found = read_table(declared, content)
        mistakes += found
        raw[declared.name] = rows
        typed[declared.name] = tuple(typed_row(declared, r.cells) for r in rows)
    toml = _bytes(data / SOURCES_FILE, SOURCES_FILE, mistakes)
    digest.update(toml)
    sources, found = read_sources(toml)
    mistakes += found
    mistakes += _references(raw) + _sources_named(raw, sources) + _topics(raw)
    mistakes += _treatments_named(raw)
    if mistakes:
        raise CatalogMistakes(mistakes)
    return Catalog(typed, sources, digest.hexdigest())


def _bytes(path: Path, name: str, mistakes: list[Mistake]) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        mistakes.append(Mistake(f"data/{name}", 1, "", "The file is missing.", "Put it back or restore it."))
    except OSError as error:
        mistakes.append(Mistake(f"data/{name}", 1, "", f"The file cannot be read ({error.strerror}).", ""))
    return b""


def _references(raw: Mapping[str, list[Numbered]]) -> list[Mistake]:
    """Cells that point to a row that is not there."""
    known = {(t.name, c.name): {r.cells[c.name] for r in raw[t.name]} for t in TABLES for c in t.columns}
    mistakes = []
    for declared in TABLES:
        for column in (c for c in declared.columns if c.refers):
            other_table, other_column = column.refers.split(".")
            if not raw[other_table]:
                continue  # that file could not be read: its own mistake is told
            for row in raw[declared.name]:
                for value in filter(None, items(column, row.cells[column.name])):
                    if value not in known[other_table, other_column]:
                        file = f"data/{table(other_table).file}"
                        remedy = f"Correct it, or add it to {file} first."
                        problem = f"{short(value)} is not known."
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


def _sources_named(raw: Mapping[str, list[Numbered]], sources: Mapping[str, Source]) -> list[Mistake]:
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
        for value in filter(None, items(table(name).column(column), row.cells[column]))
        if value not in sources
    ]


def _topics(raw: Mapping[str, list[Numbered]]) -> list[Mistake]:
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


def _treatments_named(raw: Mapping[str, list[Numbered]]) -> list[Mistake]:
    known = {r.cells["intervention_id"] for r in raw["intervention"]}
    known |= {r.cells["class_id"] for r in raw["intervention_class"]}
    return [
        Mistake(
            "data/curated/named_treatments.csv",
            row.line,
            "treatment_id",
            f"{short(row.cells['treatment_id'])} is no intervention and no class.",
            "Use an id of data/catalog/interventions.csv or intervention_classes.csv.",
        )
        for row in raw["named_treatment"]
        if raw["intervention"] and raw["intervention_class"] and row.cells["treatment_id"] not in known
    ]


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
    the acronyms beside a word of the field, ``broader`` for the names of the parent, screened for
    the names of the disease. Rungs without a phrase are left out. Raises ``KeyError`` for an
    unknown disease.
    """
    parents = {str(r["disease_id"]): r["parent_disease_id"] for r in catalog.tables["disease"]}
    parent = parents[disease_id]
    preferred = _names(catalog, disease_id, {"preferred"})
    synonyms = _names(catalog, disease_id, {"synonym", "acronym"})
    acronyms = _names(catalog, disease_id, {"acronym", "synonym", "preferred"}, ambiguous=True)
    names = preferred + synonyms
    known = _knownitems(catalog, disease_id)
    rungs = [Terms(disease_id, "name", preferred, (), CONTEXT_WORDS, names, known)]
    if synonyms or acronyms:
        rungs.append(Terms(disease_id, "synonyms", names, acronyms, CONTEXT_WORDS, names, known))
    if parent:
        phrases = _names(catalog, str(parent), {"preferred", "synonym"})
        rungs.append(Terms(disease_id, "broader", phrases, (), CONTEXT_WORDS, names, known))
    return tuple(r for r in rungs if r.phrases)


def _names(catalog: Catalog, disease_id: str, kinds: set[str], ambiguous: bool = False) -> tuple[str, ...]:
    rows = catalog.tables["disease_name"]
    found = [
        str(r["name"])
        for r in rows
        if r["disease_id"] == disease_id and r["kind"] in kinds and bool(r["ambiguous"]) == ambiguous
    ]
    return tuple(dict.fromkeys(found))


def _knownitems(catalog: Catalog, disease_id: str) -> tuple[KnownItem, ...]:
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
