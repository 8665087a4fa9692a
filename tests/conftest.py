"""What all tests share: recorded answers, a browser, a closed network, and a plain word on what was not run.

``recorded`` and ``chromium`` skip a test where these things are absent, and the last lines of the
run say how many tests that concerned. ``LACUNA_REQUIRE_RECORDED=1`` and ``LACUNA_REQUIRE_BROWSER=1``
turn such a skip into a failure.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OFFLINE = Path(__file__).resolve().parent / "offline"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
#: mark -> (the setting that forbids skipping, what the last lines call it, why it was not run)
NEEDS = {
    "recorded": ("LACUNA_REQUIRE_RECORDED", "Recorded answers", "LACUNA_RECORDED names no folder"),
    "browser": ("LACUNA_REQUIRE_BROWSER", "Browser", "no Chromium or Chrome was found"),
}

for _folder in (str(ROOT), str(OFFLINE)):
    if _folder not in sys.path:
        sys.path.insert(0, _folder)

import sitecustomize as _offline  # noqa: E402

if not hasattr(_offline, "close_network"):  # another sitecustomize was loaded before ours
    del sys.modules["sitecustomize"]
    import sitecustomize as _offline

os.environ["PYTHONPATH"] = os.pathsep.join(
    dict.fromkeys([str(OFFLINE), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
)


def recorded_folder() -> Path | None:
    """The folder of recorded answers, or ``None``. A relative path is relative to the project."""
    folder = (ROOT / (os.environ.get("LACUNA_RECORDED") or "../shared/recorded")).resolve()
    return folder if folder.is_dir() else None


def browser_program() -> Path | None:
    """A Chromium or Chrome on this machine, or ``None``. ``LACUNA_BROWSER`` may name it."""
    if named := os.environ.get("LACUNA_BROWSER"):
        return Path(named) if Path(named).is_file() else None
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return Path(found) if found else None


def _required(mark: str) -> bool:
    return os.environ.get(NEEDS[mark][0], "") not in {"", "0"}


def _absent(mark: str) -> None:
    setting, what, why = NEEDS[mark]
    if _required(mark):
        pytest.fail(f"{what}: {why}, and {setting} is set.", pytrace=False)
    pytest.skip(f"{what}: {why}.")


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded answers; without it the test is skipped, or fails where it is required."""
    folder = recorded_folder()
    if folder is None:
        _absent("recorded")
    return folder  # type: ignore[return-value]


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser program; without it the test is skipped, or fails where it is required."""
    program = browser_program()
    if program is None:
        _absent("browser")
    return program  # type: ignore[return-value]


@pytest.fixture(autouse=True)
def closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine can be reached, and no setting of the person at the keyboard leaks in."""
    _offline.close_network()
    for setting in [name for name in os.environ if name.startswith("LACUNA_")]:
        if setting not in {"LACUNA_RECORDED", "LACUNA_BROWSER", *(need[0] for need in NEEDS.values())}:
            monkeypatch.delenv(setting)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--long`` also runs the tests marked long."""
    parser.addoption("--long", action="store_true", help="also run the tests marked long")


def pytest_configure(config: pytest.Config) -> None:
    """The mark that every test with recorded answers gets."""
    config.addinivalue_line("markers", "recorded: reads recorded answers (set by the fixture)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by the fixtures they ask for, and leave the long ones out unless asked for."""
    kept, left_out = [], []
    asked = config.getoption("--long") or "long" in str(config.getoption("markexpr"))
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "recorded" in fixtures:
            item.add_marker("recorded")
        if "chromium" in fixtures:
            item.add_marker("browser")
        (kept if asked or not item.get_closest_marker("long") else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def _tally(terminal: pytest.TerminalReporter, mark: str) -> tuple[int, int]:
    """How many tests with this mark were run, and how many were skipped."""

    def tests(outcomes: Iterable[str]) -> set[str]:
        return {
            report.nodeid
            for outcome in outcomes
            for report in terminal.stats.get(outcome, ())
            if mark in getattr(report, "keywords", {})
        }

    skipped = tests(["skipped"])
    return len(tests(["passed", "failed", "error", "xfailed", "xpassed"]) - skipped), len(skipped)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where a thing is required, a skipped test is a failed run, whatever the test's reason."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or exitstatus != pytest.ExitCode.OK:
        return
    if any(_required(mark) and _tally(terminal, mark)[1] for mark in NEEDS):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Two plain lines on what was and was not run, after the table of the fault matrix if it was."""
    _write_fault_table(terminalreporter)
    for mark, (setting, what, why) in NEEDS.items():
        here = recorded_folder() if mark == "recorded" else browser_program()
        run, skipped = _tally(terminalreporter, mark)
        if here is None:
            run, skipped = 0, run + skipped
        line = f"{what}: checks run: {run}"
        if skipped or here is None:
            line += f", NOT run: {skipped}" + ("" if here else f" ({why})")
            if _required(mark):
                line += f"; {setting} asks for them"
        terminalreporter.write_line(line + ".")


def _write_fault_table(terminal: pytest.TerminalReporter) -> None:
    """What every fault did to every source; whichever worker ran it, the reports carry it here."""
    from tests.etl import fault_table

    reports = [r for of_kind in terminal.stats.values() for r in of_kind if getattr(r, "when", "") == "call"]
    told = [v for r in reports for name, v in r.user_properties if name == fault_table.PROPERTY]
    for line in fault_table.lines(told):
        terminal.write_line(line)
