"""What the worlds of faults played, in one line at the end of the run."""

from __future__ import annotations

from collections import Counter

import pytest

PLAYED = "faults played"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How often each kind of fault was played, and on what kind of disk."""
    reports = [r for of_kind in terminalreporter.stats.values() for r in of_kind if hasattr(r, "when")]
    worlds = [v for r in reports if r.when == "call" for name, v in r.user_properties if name == PLAYED]
    if worlds:
        kinds = Counter(kind for played, _ in worlds for kind in played)
        disks = Counter(disk for _, disk in worlds)
        told = [", ".join(f"{name} {n}" for name, n in sorted(c.items())) for c in (kinds, disks)]
        terminalreporter.write_line(
            f"Faults: {len(worlds)} worlds, {sum(kinds.values())} refreshes ({told[0]}); disks: {told[1]}."
        )
