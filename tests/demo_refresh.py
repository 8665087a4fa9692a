"""``make demo-refresh``: a whole refresh against the registry double, into a temporary store.

Three acts: everything answers; ClinicalTrials.gov answers "zero" to everything; it answers with a
web page and status 200. After each, how many cells changed and how is printed, with the certificate of
the trial cell of IMAM. The real store and its snapshots are not touched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.conftest import ROOT
from tests.double import Double
from tests.double.scenarios import imam_zero

REGISTRY = "clinicaltrials_gov"
SOURCES = (REGISTRY, "pubmed")
_CELLS = """
SELECT question_id, disease_id, state, coalesce(n, -1), bound, freshness, proven_sources, required_sources
FROM cell
"""
_VERDICT = """
SELECT state, n, answered_on, failed FROM verdict
WHERE question_id = 'trials_registered' AND disease_id = 'imam' AND source_id = 'clinicaltrials_gov'
"""
_REASONS = """
SELECT code, detail FROM cell_reason
WHERE question_id = 'trials_registered' AND disease_id = 'imam' AND source_id = 'clinicaltrials_gov'
"""
_SEARCHES = """
SELECT s.rung, s.total, s.received, s.complete
FROM cell_search AS c JOIN search AS s USING (search_id)
WHERE c.question_id = 'trials_registered' AND c.disease_id = 'imam' AND s.source_id = 'clinicaltrials_gov'
ORDER BY s.asked_on
"""
_CONTROLS = """
SELECT kind, count(*), count(*) FILTER (passed), min(found), max(found) FROM control
WHERE source_id = 'clinicaltrials_gov' AND disease_id = 'imam' AND snapshot_id <> 'embedded'
GROUP BY kind ORDER BY kind DESC
"""
#: The cell whose certificate is shown.
_SHOWN = ("trials_registered", "imam")


@dataclass(frozen=True)
class Trial:
    """A temporary project of its own: a store, snapshots, kept answers."""

    folder: Path

    @property
    def store(self) -> Path:
        """The link to the temporary store."""
        return self.folder / "lacuna.duckdb"

    def command(self, *words: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run ``python -m etl`` on the temporary store."""
        return subprocess.run(
            [sys.executable, "-m", "etl", *words, "--store", str(self.store)],
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def refresh(self, double: Double, *words: str) -> subprocess.CompletedProcess[str]:
        """Refresh from the double, for which ``words`` name the sources (default: those played here)."""
        where = ["--snapshots", str(self.folder / "snapshots")]
        if "--source" not in words:
            where += [word for source in SOURCES for word in ("--source", source)]
        return self.command("refresh", *where, *words, environ=double.environ())

    def ask(self, query: str) -> list[tuple]:
        """Rows of the published temporary store."""
        with duckdb.connect(str(self.store.resolve()), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def cells(self) -> dict[tuple[str, str], tuple]:
        """Every cell by question and disease."""
        return {row[:2]: row[2:] for row in self.ask(_CELLS)}

    def verdict(self) -> tuple:
        """State, number, day and failure of IMAM's registered trials at ClinicalTrials.gov."""
        return self.ask(_VERDICT)[0]

    def reasons(self) -> set[str]:
        """Reason codes of the same."""
        return {code for code, _ in self.ask(_REASONS)}


def changed(before: dict[tuple[str, str], tuple], after: dict[tuple[str, str], tuple]) -> list[str]:
    """Lines that tell what became of each cell that changed."""
    return [
        f"  {question} × {disease}: {_worded(before[question, disease])} -> {_worded(cell)}"
        for (question, disease), cell in sorted(after.items())
        if before[question, disease] != cell
    ]


def summary(before: dict[tuple[str, str], tuple], after: dict[tuple[str, str], tuple]) -> list[str]:
    """A few lines that tell how many cells changed, and how."""
    pairs = [(before[key], cell) for key, cell in after.items() if before[key] != cell]
    states = Counter(f"{b[0]} -> {a[0]}" for b, a in pairs if b[0] != a[0])
    freshness = Counter(a[3] for b, a in pairs if b[3] != a[3])
    covered = sum(a[4] > b[4] for b, a in pairs)
    lines = [f"  {len(pairs)} of {len(after)} cells changed; {covered} are covered by more sources"]
    lines += [f"    {n} {what}" for what, n in states.most_common()]
    return lines + [f"    {n} now {what}" for what, n in freshness.most_common()]


def _worded(cell: tuple) -> str:
    state, n, bound, freshness, proven, required = cell
    number = "" if n < 0 else f" {'≥ ' if bound == 'floor' else ''}{n}"
    return f"{state}{number}, {freshness}, {proven} of {required} sources"


def _act(title: str, trial: Trial, double: Double, *words: str) -> None:
    print(f"\n{title}")
    before = trial.cells()
    result = trial.refresh(double, *words)
    if result.returncode:
        sys.exit(result.stderr)
    after = trial.cells()
    for line in (*summary(before, after), *changed({_SHOWN: before[_SHOWN]}, {_SHOWN: after[_SHOWN]})):
        print(line)
    state, n, answered_on, failed = trial.verdict()
    print(f"  verdict of ClinicalTrials.gov on trials of IMAM: {state}{'' if n is None else f' ({n})'}")
    last_check = f"; last check: {failed.partition(';')[0]}" if failed else ""
    print(f"    evidence in force of {answered_on or 'no day'}{last_check}")
    for code, detail in trial.ask(_REASONS):
        print(f"    reason: {code} {detail}".rstrip())
    searches = [
        f"{rung} {received} of {total}{'' if complete else ' (not complete)'}"
        for rung, total, received, complete in trial.ask(_SEARCHES)
    ]
    print(f"    received by rung: {', '.join(searches)}")
    for kind, asked, passed, least, most in trial.ask(_CONTROLS):
        found = least if least == most else f"{least} to {most}"
        print(f"    control {kind}: found {found}; {passed} of {asked} passed")


def main() -> None:
    """Play the three acts."""
    with tempfile.TemporaryDirectory() as folder, Double(imam_zero()) as double:
        for name in ("answering", "silent"):
            (Path(folder) / name).mkdir()
        answering, silent = Trial(Path(folder) / "answering"), Trial(Path(folder) / "silent")
        for trial in (answering, silent):
            trial.command("build")
        _act("Everything answers.", answering, double)
        double.switch(REGISTRY, "zero")
        _act("ClinicalTrials.gov answers zero to everything, in a store of its own.", silent, double)
        double.switch(REGISTRY, "html_200")
        _act("ClinicalTrials.gov answers with a web page and status 200.", answering, double, "--anew")
    print("\nAll of this was made up by the registry double; the real store was not touched.")


if __name__ == "__main__":
    main()
