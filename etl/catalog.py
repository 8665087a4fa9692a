"""Reads ``data/catalog`` and ``data/curated`` into typed rows and tells every mistake at once.

A mistake names file, line and column, what was expected and what to do. Nothing is repaired
silently: a row that cannot be read is a mistake, a missing value stays missing.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from etl.check import MOST_MISTAKES, Mistake, Numbered, at_most, items, read_table, short, typed_row
from etl.model import Catalog, KnownItem, Question, Source, Terms
from etl.tables import EXTRA_TOPICS, TABLES, Table, table

SOURCES_FILE = "catalog/sources.toml"
_FILES = (*(t.file for t in TABLES), SOURCES_FILE)
#: Several times today's file and its longest line. The parser of TOML takes time with the square of the
#: parts of a name, which stands on one line.
_MOST_BYTES, _LONGEST_LINE = 200_000, 1_500


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
    contents = {name: _bytes(data / name, name, mistakes) for name in _FILES}
    missing = {m.file for m in mistakes}
    raw: dict[str, list[Numbered]] = {}
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
    mistakes += _treatments_named(raw)
    if mistakes:
        raise CatalogMistakes(mistakes)
    typed = {t.name: tuple(typed_row(t, r.cells) for r in raw[t.name]) for t in TABLES}
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


def _no_rows(declared: Table, rows: list[Numbered]) -> list[Mistake]:
    if rows or not declared.needs_rows:
        return []
    problem = "The file has a header and no row."
    return [Mistake(f"data/{declared.file}", 1, "", problem, "Put its rows back or restore it.")]


def _references(raw: Mapping[str, list[Numbered]], unread: Collection[str]) -> list[Mistake]:
    """Cells that point to a row that is not there."""
    known = {(t.name, c.name): {r.cells[c.name] for r in raw[t.name]} for t in TABLES for c in t.columns}
    mistakes = []
    for declared in TABLES:
        for column in (c for c in declared.columns if c.refers):
            other_table, other_column = column.refers.split(".")
            if other_table in unread:
                continue  # its own mistake is told
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


def _undated(raw: Mapping[str, list[Numbered]]) -> list[Mistake]:
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
                    f"The cell is empty, but {where} rests on {short(reference)} and has no other date.",
                    "Write the day on which it was read.",
                )
    return list(mistakes.values())


def _names_missing(raw: Mapping[str, list[Numbered]], unread: Collection[str]) -> list[Mistake]:
    """Diseases without a name that a search can ask for, or without the words that make one plain."""
    if not {"disease", "disease_name"}.isdisjoint(unread) or not raw["disease_name"]:
        return []
    names: dict[str, list[Numbered]] = {}
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
                    f"{short(disease_id)} has no preferred English name to ask for.",
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
                    f"The cell is empty, but {short(name)} is ambiguous and means little alone.",
                    "Write words of the field that stand beside it in titles, for example myositis;muscle.",
                )
            )
    return mistakes


def _is_preferred(cells: Mapping[str, str]) -> bool:
    return (cells["kind"], cells["ambiguous"], cells["language"]) == ("preferred", "no", "en")


def _not_agreed(raw: Mapping[str, list[Numbered]]) -> list[Mistake]:
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
    if too_large := _too_large(content):
        return {}, [Mistake(file, *too_large)]
    try:
        text = content.decode("utf-8")
        parsed = tomllib.loads(text)
    except UnicodeDecodeError:
        return {}, [Mistake(file, 1, "", "The file is not UTF-8 text.", "Save it as UTF-8.")]
    except RecursionError:
        problem = "The file cannot be read: too many brackets within brackets."
        return {}, [Mistake(file, 1, "", problem, "Look for a bracket that is not closed.")]
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        at = re.search(r"line (\d+)", str(error))
        return {}, [Mistake(file, int(at[1]) if at else 1, "", f"The file cannot be read: {error}.", "")]
    adapter: TypeAdapter[_StrictSource] = TypeAdapter(_StrictSource)
    sources: dict[str, Source] = {}
    mistakes: list[Mistake] = []
    lines = _lines_of(text)
    for source_id, fields in parsed.items():
        if len(mistakes) > MOST_MISTAKES:
            break
        line = lines.get(f"[{source_id}]", 1)
        try:
            read = adapter.validate_python({"source_id": source_id, **fields})
            sources[source_id] = Source(**read.__dict__)
        except (ValidationError, TypeError) as error:
            mistakes += _source_mistakes(file, line, error)
    return sources, at_most(mistakes)


def _too_large(content: bytes) -> tuple[int, str, str, str] | None:
    """Line, no column, problem and remedy of a file that nobody would write by hand."""
    if len(content) > _MOST_BYTES:
        return 1, "", f"The file holds {len(content):,} bytes.", f"At most {_MOST_BYTES:,} are read."
    for number, line in enumerate(content.split(b"\n"), 1):
        if len(line) > _LONGEST_LINE:
            return number, "", f"The line holds {len(line):,} bytes.", f"At most {_LONGEST_LINE:,} are read."
    return None


def _lines_of(text: str) -> dict[str, int]:
    """The line on which each table begins."""
    numbered = enumerate(text.splitlines(), 1)
    return {line.strip(): number for number, line in numbered if line.strip().startswith("[")}


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
