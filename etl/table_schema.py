"""The declaration of the hand-kept tables as a Frictionless data package. Pure.

With ``data/datapackage.json`` a person can check a file without this program:
``frictionless validate data/datapackage.json``. It is written by ``python -m etl schema`` and never by
hand. ``version`` is raised when a column is added, renamed or means something else.
"""

from __future__ import annotations

import json
import re

from etl.tables import TABLES, Column, Table

#: Version of the columns, apart from the version of the program.
VERSION = "1.1.0"
FILE = "datapackage.json"
_PARTIAL_DATE = r"\d{4}(-\d{2}(-\d{2})?)?"


def package() -> str:
    """The data package with every table, as JSON text."""
    described = {
        "profile": "tabular-data-package",
        "name": "lacuna-hand-kept-tables",
        "title": "Lacuna: the hand-kept tables",
        "version": VERSION,
        "description": "An empty cell means unknown, never zero. Lists are separated by ';'. Dates may stop "
        "at the month or the year.",
        "resources": [_resource(declared) for declared in TABLES],
    }
    return json.dumps(described, indent=1, ensure_ascii=False) + "\n"


def _resource(declared: Table) -> dict[str, object]:
    return {
        "profile": "tabular-data-resource",
        "name": declared.name.strip("_").replace("_", "-"),
        "path": declared.file,
        "description": declared.about,
        "encoding": "utf-8",
        "schema": schema(declared),
    }


def schema(declared: Table) -> dict[str, object]:
    """The Table Schema of one table."""
    described: dict[str, object] = {
        "fields": [_field(column) for column in declared.columns],
        "primaryKey": list(declared.key),
        "missingValues": [""],
    }
    pointing = [_foreign_key(declared, c) for c in declared.columns if c.refers and c.kind != "list"]
    if pointing:
        described["foreignKeys"] = pointing
    return described


def _field(column: Column) -> dict[str, object]:
    """One column. A list stays text, because not every reader of Table Schema knows lists."""
    field: dict[str, object] = {"name": column.name, "type": "string"}
    constraints: dict[str, object] = {}
    if column.about:
        field["description"] = column.about
    if column.kind in ("integer", "number"):
        field["type"] = column.kind
    elif column.kind == "yes_no":
        field |= {"type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]}
    elif column.kind == "date":
        constraints["pattern"] = _PARTIAL_DATE
    elif column.kind == "list" and column.values:
        one = "(" + "|".join(map(re.escape, column.values)) + ")"
        constraints["pattern"] = f"{one}(; ?{one})*"
    elif column.values:
        constraints["enum"] = list(column.values)
    if column.kind == "list":
        field["description"] = "; ".join(filter(None, [column.about, "a list separated by ';'"]))
    numeric = column.kind in ("integer", "number")
    bounds = {"minimum": column.least, "maximum": column.most} if numeric else {}
    constraints |= {name: bound for name, bound in bounds.items() if bound is not None}
    if column.required:
        constraints["required"] = True
    if constraints:
        field["constraints"] = constraints
    return field


def _foreign_key(declared: Table, column: Column) -> dict[str, object]:
    table, _, other = column.refers.partition(".")
    resource = "" if table == declared.name else table.strip("_").replace("_", "-")
    return {"fields": [column.name], "reference": {"resource": resource, "fields": [other]}}
