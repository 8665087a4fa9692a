"""A reader's own case files: checked by the same rules as the project's, shown to that reader only. Pure.

A reader may drop ``cases.csv`` and, where needed, ``case_treatments.csv``, ``studies.csv`` and
``references.csv``. Each file is known by its header, whatever it is called. Nothing is written anywhere and
nothing is added to a count: the rows stand apart, marked *yours*, until the browser's session ends.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from etl.check import Mistake, Numbered, items, read_table, typed_row
from etl.tables import Table, table

#: A file may hold so much and no more.
MOST_BYTES = 1_000_000
MOST_ROWS = 500
MOST_FILES = 4
#: The files that a reader may drop, each after those that it refers to.
_FILES: tuple[Table, ...] = tuple(map(table, ("reference", "study", "case_", "case_treatment")))
_HEADER_BYTES = 5_000


@dataclass(frozen=True)
class Known:
    """The rows of the store that a reader's rows may refer to (``queries.patients.vocabulary``): every column
    of each table, interventions with their class, references with their ``link``."""

    references: pd.DataFrame
    studies: pd.DataFrame
    interventions: pd.DataFrame
    diseases: pd.DataFrame
    cases: pd.DataFrame


@dataclass(frozen=True)
class Yours:
    """What was read of a reader's files: rows as :class:`dashboard.queries.Cases` describes them, with
    ``yours`` true, or every mistake and no row. ``elsewhere`` counts cases of another disease."""

    patients: pd.DataFrame
    treatments: pd.DataFrame
    mistakes: tuple[Mistake, ...] = ()
    elsewhere: int = 0


def read(files: Sequence[tuple[str, bytes]], known: Known, disease: str) -> Yours:
    """Check the files (name, content) and join their rows with what is known.

    One mistake anywhere refuses all of them: a part of somebody's cases would mislead. Never raises
    for what a file holds.
    """
    mistakes: list[Mistake] = []
    rows: dict[str, list[Numbered]] = {declared.name: [] for declared in _FILES}
    names: dict[str, str] = {}
    if len(files) > MOST_FILES:
        name = files[MOST_FILES][0]
        mistakes.append(Mistake(name, 1, "", "These are too many files.", f"At most {MOST_FILES} are read."))
    for name, content in files[:MOST_FILES]:
        declared = _declared(content)
        found = _refused(name, content, declared, names)
        if declared and not found:
            names[declared.name] = name
            rows[declared.name], found = read_table(declared, content, name)
            found += _too_many(name, rows[declared.name])
        mistakes += found
    if not mistakes:
        mistakes = _unknown(rows, names, known) + _already_there(rows, names, known)
    if mistakes or not rows["case_"]:
        return Yours(pd.DataFrame(), pd.DataFrame(), tuple(sorted(mistakes)))
    return _joined(rows, known, disease)


def _declared(content: bytes) -> Table | None:
    """Which of the files this is, by most of its header."""
    first = content[:_HEADER_BYTES].decode("utf-8-sig", "replace").partition("\n")[0]
    header = {cell.strip().strip('"') for cell in first.replace(";", ",").split(",")}
    shares = [(len(header & {c.name for c in t.columns}) / len(t.columns), t) for t in _FILES]
    best, declared = max(shares, key=lambda pair: pair[0])
    return declared if best > 0.5 else None


def _refused(name: str, content: bytes, declared: Table | None, names: Mapping[str, str]) -> list[Mistake]:
    """Why a file is not read at all."""
    if len(content) > MOST_BYTES:
        remedy = f"At most {MOST_BYTES:,} bytes are read: split it."
        return [Mistake(name, 1, "", f"The file holds {len(content):,} bytes.", remedy)]
    if not content.strip():
        return [Mistake(name, 1, "", "The file is empty.", "Put its header back.")]
    if declared is None:
        kinds = ", ".join(t.file.rpartition("/")[2] for t in _FILES)
        problem = "The header is none of the case files'."
        return [Mistake(name, 1, _first_column(content), problem, f"Use the columns of {kinds}.")]
    if declared.name in names:
        problem = f"This is the same kind of file as {names[declared.name]}."
        return [Mistake(name, 1, declared.columns[0].name, problem, "Join the two, or leave one out.")]
    return []


def _first_column(content: bytes) -> str:
    """The first name of a header, as far as there is one."""
    first = content[:_HEADER_BYTES].decode("utf-8-sig", "replace").partition("\n")[0]
    try:
        cells = next(csv.reader(io.StringIO(first)), [""])
    except csv.Error:
        cells = [""]
    return (cells or [""])[0][:40]


def _too_many(name: str, rows: Sequence[Numbered]) -> list[Mistake]:
    if len(rows) <= MOST_ROWS:
        return []
    problem = f"The file holds {len(rows):,} rows."
    return [Mistake(name, rows[MOST_ROWS].line, "", problem, f"At most {MOST_ROWS:,} are read: split it.")]


def _unknown(rows: Mapping[str, Sequence[Numbered]], names: Mapping[str, str], known: Known) -> list[Mistake]:
    """Cells that point to a row that is neither in the store nor in these files."""
    there = {
        "reference.reference_id": set(known.references["reference_id"]),
        "study.study_id": set(known.studies["study_id"]),
        "intervention.intervention_id": set(known.interventions["intervention_id"]),
        "disease.disease_id": set(known.diseases["disease_id"]),
        "case_.case_id": set(),  # a treatment of a case of the store would change what others published
    }
    for declared in _FILES:
        key = declared.key[0]
        if f"{declared.name}.{key}" in there:
            there[f"{declared.name}.{key}"] |= {row.cells[key] for row in rows[declared.name]}
    return [
        Mistake(
            names[declared.name],
            row.line,
            column.name,
            f"'{value[:40]}' is not known.",
            "Correct it, or add it to the file that you drop beside this one.",
        )
        for declared in _FILES
        for column in declared.columns
        if column.refers in there
        for row in rows[declared.name]
        for value in filter(None, items(column, row.cells[column.name]))
        if value not in there[column.refers]
    ]


def _already_there(
    rows: Mapping[str, Sequence[Numbered]], names: Mapping[str, str], known: Known
) -> list[Mistake]:
    """Ids that the store has already."""
    taken = {
        "reference": ("reference_id", set(known.references["reference_id"])),
        "study": ("study_id", set(known.studies["study_id"])),
        "case_": ("case_id", set(known.cases["case_id"])),
    }
    problem, remedy = "'{}' stands already in the project's own file.", "Give yours another id."
    return [
        Mistake(names[name], row.line, key, problem.format(row.cells[key][:40]), remedy)
        for name, (key, ids) in taken.items()
        for row in rows[name]
        if row.cells[key] in ids
    ]


def _joined(rows: Mapping[str, Sequence[Numbered]], known: Known, disease: str) -> Yours:
    """The rows as the store's own query would give them."""
    own: dict[str, list[dict[Any, Any]]] = {
        t.name: [dict(typed_row(t, row.cells)) for row in rows[t.name]] for t in _FILES
    }
    references: dict[Any, Any] = {
        r["reference_id"]: r for r in [*known.references.to_dict("records"), *own["reference"]]
    }
    studies: dict[Any, Any] = {s["study_id"]: s for s in [*known.studies.to_dict("records"), *own["study"]]}
    drugs: dict[Any, Any] = {i["intervention_id"]: i for i in known.interventions.to_dict("records")}
    patients = []
    for case in own["case_"]:
        study = studies[case["study_id"]]
        if study["disease_id"] == disease:
            about = {"design": study["design"], "centre": study["centre"], "study_note": study["note"]}
            patients.append({**_cited(references[study["reference_id"]]), **about, **case, "yours": True})
    shown = {p["case_id"] for p in patients}
    treatments = [
        {**_cited(references[t["reference_id"]]), **drugs[t["intervention_id"]], "atc": None, **t}
        for t in own["case_treatment"]
        if t["case_id"] in shown
    ]
    columns = [*(c.name for c in table("case_treatment").columns), "class_order"]
    ordered = sorted(treatments, key=lambda t: (str(t["case_id"]), int(str(t["line"]))))
    return Yours(
        pd.DataFrame(patients),
        pd.DataFrame(ordered, columns=None if ordered else columns),
        elsewhere=len(own["case_"]) - len(patients),
    )


def _cited(reference: Mapping[str, object]) -> dict[str, object]:
    """What a row tells of its report. ``link`` is the address made for a reference of the store."""
    names = (
        "reference_id",
        "citation_short",
        "title",
        "year",
        "container",
        "doi",
        "pmid",
        "access",
        "accessed_on",
        "language",
    )
    url = reference.get("link") or reference.get("url")
    if not url and reference.get("doi"):
        url = f"https://doi.org/{reference['doi']}"
    return {**{name: reference[name] for name in names}, "url": url}
