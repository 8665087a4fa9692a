"""The data behind the story as a Frictionless data package in one zip.

CSV files whose texts a spreadsheet cannot run, ``datapackage.json`` with types, sources and licences,
the searches as PRISMA-S asks, references as RIS and BibTeX, a README, how to cite. Records leave only
as far as their source's ``redistribute`` allows. Pure.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard import cases, story, tables
from dashboard.export import references
from dashboard.export.csv_table import csv_table
from dashboard.export.names import slug
from dashboard.story.rows import Rows
from dashboard.text import Text

#: Columns of a record that each permission lets go; a missing permission lets least go.
ALLOWED: dict[str, tuple[str, ...]] = {
    "full": ("title", "url", "status", "status_as_of", "start", "year", "kind", "match"),
    "metadata": ("title", "url", "status", "status_as_of", "start", "year", "kind", "match"),
    "counts_links": ("url", "kind", "match"),
}
_RECORD_KEYS = ("source_id", "record_id", "disease_id", "names_disease", "redistribute")
#: PRISMA-S: column of the store -> its name in the file.
PRISMA: dict[str, str] = {
    "search_id": "search_id",
    "name": "database",
    "interface": "interface",
    "url": "url",
    "query": "exact_query",
    "fields": "fields_searched",
    "rung": "terms",
    "coverage": "extent",
    "register_size": "rows_in_source",
    "asked_on": "date_searched",
    "data_version": "data_version",
    "total": "records_found",
    "received": "records_received",
    "complete": "answered_in_full",
    "fault": "fault",
    "controls": "controls_run",
    "controls_failed": "controls_failed",
}
_ABOUT = {
    "cells": "A row per question and disease; `state` has its own column, an empty `n` is unknown, never 0.",
    "searches_prisma_s": "Every search behind a cell of the disease, as PRISMA-S asks.",
    "controls": "Searches of the same run that must find something, nothing, or known items.",
    "reasons": "Why a cell is no proven zero or no exact number.",
    "trials": "Trials gathered about the disease and its relatives: a floor, no register count.",
    "patients": "Published patients, age in bands. An empty field was not reported or not in the part read.",
    "treatments": "Treatments of these patients.",
    "funders": "Funders on the list, and what was done about each.",
    "next_steps": "Smallest next steps.",
    "records": "Records of live searches, as far as their source allows them to be passed on.",
    "sources": "Who was asked: licence, coverage, what may be passed on.",
    "references": "What is cited.",
    "challenges": "Doubts sent about cells, what was checked, and the verdict.",
}
_TYPES = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}


@dataclass(frozen=True)
class Further:
    """Frames of :func:`dashboard.queries.story.package`, by name."""

    frames: Mapping[str, pd.DataFrame]


def package(rows: Rows, further: Further, text: Text) -> bytes:
    """The zip. Frames go as they are, so that files of two days compare; texts are made harmless."""
    frames = {name: flat(frame) for name, frame in _frames(rows, further, text).items()}
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, frame in frames.items():
            zipped.writestr(_entry(f"data/{name}.csv", rows), csv_table(frame))
        cited = further.frames["cited"]
        texts: dict[str, str | bytes] = {
            "datapackage.json": json.dumps(_descriptor(rows, further, frames), indent=2, ensure_ascii=False),
            "references.ris": references.ris(cited),
            "references.bib": references.bibtex(cited),
            "README.md": _readme(rows, frames, text),
            "CITATION.cff": _citation(rows),
        }
        for name, said in texts.items():
            zipped.writestr(_entry(name, rows), said)
    return held.getvalue()


def _entry(name: str, rows: Rows) -> zipfile.ZipInfo:
    """An entry dated like its rows: the same rows give the same bytes."""
    year, month, day = (int(part) for part in rows.today.split("-"))
    entry = zipfile.ZipInfo(name, (year, month, day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _frames(rows: Rows, further: Further, text: Text) -> dict[str, pd.DataFrame]:
    patients = rows.patients.drop(columns=["age_years"])
    patients.insert(4, "age_band", [cases.band(age, text) for age in rows.patients["age_years"]])
    searches = rows.searches.drop_duplicates("search_id")[list(PRISMA)].rename(columns=PRISMA)
    return {
        "cells": tables.grid_table(rows.cells, text, rows.today, searches=further.frames["cell_searches"]),
        "searches_prisma_s": searches,
        "controls": further.frames["controls"],
        "reasons": rows.reasons,
        "trials": rows.trials,
        "patients": patients,
        "treatments": rows.treatments,
        "funders": rows.funders,
        "next_steps": rows.steps,
        "records": passed_on(further.frames["records"]),
        "sources": further.frames["sources"],
        "references": further.frames["cited"],
        "challenges": further.frames["challenges"],
    }


def passed_on(records: pd.DataFrame) -> pd.DataFrame:
    """The records with only the columns that each source's ``redistribute`` lets go; the rest is empty."""
    kept = records[[*_RECORD_KEYS, *ALLOWED["full"]]].astype(object)
    for permission in records["redistribute"].unique():
        barred = [
            c for c in ALLOWED["full"] if c not in ALLOWED.get(str(permission), ALLOWED["counts_links"])
        ]
        kept.loc[records["redistribute"] == permission, barred] = None
    return kept


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame without lists: their items joined by ``;`` as in the project's own files."""
    made = frame.copy()
    for column in made.columns:
        if made[column].dtype == object and made[column].map(_listed).any():
            made[column] = [";".join(map(str, v)) if _listed(v) else v for v in made[column]]
        elif made[column].dtype.kind == "M":
            made[column] = made[column].dt.strftime("%Y-%m-%d")
        elif made[column].dtype.kind == "f" and (made[column].dropna() % 1 == 0).all():
            made[column] = made[column].astype("Int64")
    return made


def _listed(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str)


def _descriptor(rows: Rows, further: Further, frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    sources = further.frames["sources"].to_dict("records")
    return {
        "profile": "tabular-data-package",
        "name": slug(f"lacuna-{rows.focus}-{rows.today}"),
        "title": f"Lacuna: {rows.disease['label_en']} ({rows.name})",
        "created": f"{rows.today}T00:00:00Z",
        "version": rows.build,
        "description": "What was looked for about a disease, and how. A state stands before every number.",
        "sources": [
            {
                "title": str(s["name"]),
                "path": str(s["homepage"]),
                "licence": str(s["licence"]) or "not stated",
                "licencePage": str(s["licence_page"]),
                "redistribute": str(s["redistribute"]),
            }
            for s in sources
        ],
        "resources": [_resource(name, frame) for name, frame in frames.items()],
    }  # fmt: skip


def _resource(name: str, frame: pd.DataFrame) -> dict[str, Any]:
    fields = [{"name": str(c), "type": _TYPES.get(frame[c].dtype.kind, "string")} for c in frame.columns]
    return {
        "name": name.replace("_", "-"),
        "path": f"data/{name}.csv",
        "profile": "tabular-data-resource",
        "description": _ABOUT[name],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8-sig",
        "schema": {"fields": fields, "missingValues": [""]},
    }


def _readme(rows: Rows, frames: Mapping[str, pd.DataFrame], text: Text) -> str:
    lines = [
        f"# Lacuna: {_plain(text.pick(rows.disease, 'label'))} ({_plain(rows.name)})",
        "",
        _plain(story.caption(rows, text)),
        "",
        text.gettext("A state stands in its own column. An empty number is unknown, never 0."),
        text.gettext("A text that a spreadsheet would run as a formula has an apostrophe in front."),
        "",
        *(f"- `data/{name}.csv`: {len(frame)}. {_ABOUT[name]}" for name, frame in frames.items()),
        "- `references.ris`, `references.bib`",
        "- `datapackage.json`: Frictionless data package",
        "",
        story.legend(text),
    ]
    return "\n".join(lines) + "\n"


def _plain(said: str) -> str:
    """Data in a file of Markdown: it begins no line, element or link, and still reads well as it is."""
    return re.sub(r"[\\`*_\[\]<>&$]", r"\\\g<0>", " ".join(said.split()))


def _citation(rows: Rows) -> str:
    title = f"Lacuna: {rows.disease['label_en']} ({rows.name}), data of {rows.today}"
    return (
        "cff-version: 1.2.0\n"
        'message: "Cite this as below, and cite the source of each number with its date."\n'
        f"title: {json.dumps(title, ensure_ascii=False)}\n"
        "type: dataset\n"
        "authors:\n"
        '  - name: "Lacuna authors"\n'
        f"version: {json.dumps(rows.build)}\n"
        f"date-released: {rows.today}\n"
    )
