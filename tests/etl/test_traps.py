"""The list of traps: every test it names exists, every source that is asked or read has its section."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TEXT = (HERE / "TRAPS.md").read_text(encoding="utf-8")
NAMED = re.findall(r"\| `([^`|]+\.py)::(\w+)` \|$", TEXT, re.MULTILINE)
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and "what is done" not in line]


def functions_of(file: Path) -> set[str]:
    return {
        n.name
        for n in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(n, ast.FunctionDef)
    }


def test_every_trap_names_a_test() -> None:
    assert len(NAMED) == len(ROWS) > 100


@pytest.mark.parametrize("file", sorted({file for file, _ in NAMED}))
def test_every_test_that_is_named_exists(file: str) -> None:
    named = {name for of_file, name in NAMED if of_file == file}
    assert named - functions_of(HERE / file) == set()


def test_every_source_has_its_section() -> None:
    readers = {p.stem for p in (HERE.parents[1] / "etl" / "sources").glob("[!_]*.py")}
    assert readers - set(re.findall(r"^## (\w+)$", TEXT, re.MULTILINE)) == set()
