"""Every guard that SECURITY.md tells of names a test, and the test exists."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tests.etl.test_traps import functions_of

NOTES = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"\| `(tests/[\w/]+\.py)::(\w+)` \|$", NOTES, re.MULTILINE)


def test_every_attack_names_a_test_that_exists() -> None:
    attacks = [line for line in NOTES.splitlines() if line.startswith("| ") and "what stops it" not in line]
    assert len(NAMED) == len(attacks) > 10
    assert [f"{file}::{name}" for file, name in NAMED if name not in functions_of(ROOT / file)] == []
