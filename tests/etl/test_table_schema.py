"""The Table Schema on disk is the declaration, and validates the files without this program."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from frictionless import Package, system

from etl import table_schema, tables

DATA = Path(__file__).parents[2] / "data"


def validated(folder: Path) -> dict[str, list[tuple[int | None, str | None]]]:
    """File -> (row, field) of each mistake that Frictionless tells."""
    with system.use_context(trusted=True):
        report = Package(str(folder / table_schema.FILE)).validate()
    return {
        task.place: [(getattr(e, "row_number", None), getattr(e, "field_name", None)) for e in task.errors]
        for task in report.tasks
        if task.errors
    }


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("*.duckdb", "local", "snapshots"))
    return tmp_path / "data"


def test_the_file_is_what_the_declaration_says():
    written = (DATA / table_schema.FILE).read_text(encoding="utf-8")
    assert written == table_schema.package(), "run 'python -m etl schema'"


def test_every_table_and_column_is_described():
    described = {r["path"]: r["schema"] for r in json.loads(table_schema.package())["resources"]}
    for declared in tables.TABLES:
        names = [field["name"] for field in described[declared.file]["fields"]]
        assert names == [column.name for column in declared.columns]
        assert described[declared.file]["primaryKey"] == list(declared.key)


def test_the_embedded_files_are_valid(copy):
    assert validated(copy) == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "field"),
    [
        ("curated/cases.csv", ",1,44,male,", ",1,144,male,", "age_years"),
        ("curated/cases.csv", ",1,44,male,", ",1,44,man,", "sex"),
        ("curated/case_treatments.csv", "carrera2006_1,1,prednisone", "carrera2006_1,0,prednisone", "line"),
        (
            "curated/studies.csv",
            "carrera2006,imam,carrera2006,case_report",
            "carrera2006,imam,carrera2006,report",
            "design",
        ),
    ],
)
def test_a_mistake_is_found_in_its_field(copy, file, old, new, field):
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert field in [name for _row, name in validated(copy)[file]]
