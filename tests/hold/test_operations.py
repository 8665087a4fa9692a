"""Running as a service: units, health, locks of the server, pins. See ``tests/browser/test_service.py``."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from starlette.formparsers import MultiPartParser

from dashboard import yours
from etl import health, snapshot
from etl import store as built
from etl.catalog import CatalogMistakes
from tests.conftest import ROOT
from tests.etl.test_evidence import snapshot as a_run

DEPLOY = ROOT / "deploy"
BUILT = datetime(2026, 11, 23, 20, 0)


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The link of a store with the embedded data alone."""
    published = tmp_path_factory.mktemp("store") / "lacuna.duckdb"
    built.build_and_publish(built.Paths(ROOT / "data", published, ()), BUILT)
    return published


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_the_units_are_sound(tmp_path: Path) -> None:
    """The program they start is put where this project is; everything else is taken as it stands."""
    for unit in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")):
        said = unit.read_text(encoding="utf-8").replace(
            "/opt/lacuna/.venv/bin", str(Path(sys.executable).parent)
        )
        (tmp_path / unit.name).write_text(said.replace("/opt/lacuna", str(ROOT)), encoding="utf-8")
    units = [str(unit) for unit in sorted(tmp_path.iterdir())]
    assert len(units) == 3
    run = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in run.stderr.splitlines() if "lacuna" in line]
    assert about_ours == [] and run.returncode == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda unit: unit.name)
def test_the_units_are_exposed_to_little(unit: Path) -> None:
    """By the measure of systemd, from 0 to 10."""
    run = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        check=True,
    )
    (score,) = re.findall(r"Overall exposure level for .*: ([\d.]+)", run.stdout)
    assert float(score) <= 2.0


def test_the_dashboard_as_a_service_starts_whatever_the_files_hold_and_reaches_nobody() -> None:
    said = dict(re.findall(r"^(\w+)=(.*)$", (DEPLOY / "lacuna.service").read_text("utf-8"), re.MULTILINE))
    assert said["ExecStartPre"].startswith("-"), "a mistake in a file would keep the last good store away"
    assert (said["IPAddressDeny"], said["IPAddressAllow"]) == ("any", "localhost")
    assert said["MemoryMax"] == "1G"


def test_a_mistake_in_a_file_leaves_the_last_good_store(tmp_path: Path) -> None:
    """Why the service may start although nothing was built."""
    data, link = tmp_path / "data", tmp_path / "lacuna.duckdb"
    shutil.copytree(
        ROOT / "data", data, ignore=shutil.ignore_patterns("*.duckdb*", "local", "drafts", "snapshots")
    )
    good = built.build_and_publish(built.Paths(data, link, ()), BUILT)
    with (data / "curated" / "cases.csv").open("a", encoding="utf-8") as file:
        file.write("broken,row\n")
    with pytest.raises(CatalogMistakes, match=r"cases\.csv"):
        built.build_and_publish(built.Paths(data, link, ()), BUILT)
    assert link.resolve() == good.resolve() and health.told(link, BUILT)[1]


def test_health_knows_the_age_of_the_store(link: Path) -> None:
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        young = health.health(connection, BUILT + timedelta(days=3), most_days=14)
        old = health.health(connection, BUILT + timedelta(days=15), most_days=14)
    assert young.problems == () and young.age_hours == 72
    assert sum(young.cells.values()) == 39 * 9
    assert old.problems == (
        "No source was ever asked, and the newest evidence is of 15 days ago; at most 14 were asked for.",
    )
    assert json.loads(old.line)["ok"] is False


def test_a_store_built_anew_of_old_evidence_is_no_younger(tmp_path: Path) -> None:
    link, now = tmp_path / "lacuna.duckdb", BUILT + timedelta(days=15)
    built.build_and_publish(built.Paths(ROOT / "data", link, ()), now)
    line, well = health.told(link, now, most_days=14)
    said = json.loads(line)
    assert (said["age_hours"], said["newest_evidence"], well) == (0, "2026-11-23", False)


@pytest.mark.parametrize(
    ("runs", "last", "problem"),
    [
        ([(2, ""), (20, "")], "2026-11-21", ""),
        ([(2, ""), (20, "unreachable")], "2026-11-03", "A source last answered 20 days ago"),
        ([(20, "unreachable")], None, "none has ever answered"),
    ],
    ids=["answered", "not any more", "never"],
)
def test_a_refresh_that_nobody_answered_makes_no_store_young(
    tmp_path: Path, runs: list[tuple[int, str]], last: str | None, problem: str
) -> None:
    for day, fault in runs:
        run = a_run(day, fault=fault)
        searches = [replace(s, finished_at=s.asked_at) for s in run.searches]
        snapshot.write(tmp_path / "snapshots", run.receipt, searches, run.controls, [], [])
    link = tmp_path / "lacuna.duckdb"
    built.build_and_publish(built.Paths(ROOT / "data", link, (tmp_path / "snapshots",)), BUILT)
    line, well = health.told(link, BUILT, most_days=14)
    said = json.loads(line)
    assert well is not bool(problem) and said["ok"] is well
    assert problem in " ".join(said["problems"]) and bool(said["problems"]) is bool(problem)
    assert (said["last_refresh"] or "")[:10] == (last or "")


def test_health_judges_what_is_stale_at_the_time_it_is_given(link: Path) -> None:
    """In ten years every answer of today is stale; a cell that nobody answered never is."""
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        now = health.health(connection, BUILT)
        later = health.health(connection, BUILT + timedelta(days=3650))
        answered = connection.execute("SELECT count(*) FROM cell_judged WHERE answered_on <> ''").fetchall()
    assert now.stale_cells < later.stale_cells == answered[0][0]
    assert set(now.stale_sources) < set(later.stale_sources)


def test_health_tells_of_no_refresh_where_only_public_tables_were_counted(link: Path) -> None:
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        said = json.loads(health.health(connection, BUILT).line)
    assert said["last_refresh"] is None and said["snapshots"] == 0


@pytest.mark.parametrize(
    ("broken", "what"), [(False, "is missing"), (True, "cannot be read")], ids=["missing", "broken"]
)
def test_a_store_that_cannot_be_opened_is_told_in_one_line_too(
    tmp_path: Path, broken: bool, what: str
) -> None:
    link = tmp_path / "lacuna.duckdb"
    if broken:
        link.write_bytes(b"no database" * 1000)
    line, well = health.told(link, BUILT)
    said = json.loads(line)
    assert not well and said["ok"] is False
    assert len(line.splitlines()) == 1 and what in said["problems"][0]


def test_the_command_of_health_ends_with_1_when_the_store_is_too_old_and_0_when_not(tmp_path: Path) -> None:
    link = tmp_path / "lacuna.duckdb"
    built.build_and_publish(built.Paths(ROOT / "data", link, ()), datetime(2020, 1, 1))
    command = [sys.executable, "-m", "etl", "status", "--health", "--store", str(link)]
    for more, code in ([], 0), (["--most-days", "1"], 1):
        run = subprocess.run([*command, *more], cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == code and len(run.stdout.splitlines()) == 1
        assert json.loads(run.stdout)["ok"] is (code == 0)


def test_the_server_is_locked() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["enableXsrfProtection"] is True
    assert config["server"]["enableCORS"] is True
    assert config["server"]["enableStaticServing"] is False
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] != "full"
    assert config["client"]["allowedOrigins"] == []
    assert config["logger"]["enableRich"] is False, "an error would be a drawing of a hundred lines"


def test_an_upload_that_is_too_large_is_refused_before_any_of_it_is_written_to_a_disk() -> None:
    """The library puts down in /tmp what is larger than a megabyte; nginx what is larger than its buffer."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    nginx = dict(
        re.findall(r"^ *(client_\w+) (\w+);$", (DEPLOY / "nginx.conf").read_text("utf-8"), re.MULTILINE)
    )
    most = config["server"]["maxUploadSize"] * 1024 * 1024
    assert yours.MOST_BYTES <= most <= MultiPartParser.spool_max_size
    assert nginx == {"client_max_body_size": "1m", "client_body_buffer_size": "1m"} and most == 1024 * 1024


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_hashed_and_no_index_is_named(name: str) -> None:
    said = (ROOT / name).read_text(encoding="utf-8")
    pins = [line for line in said.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pins) > 30
    for pin in pins:
        assert "==" in pin and pin.endswith("\\"), pin
        after = said.split(f"\n{pin}\n" if not said.startswith(pin) else f"{pin}\n", 1)[1]
        assert after.lstrip().startswith("--hash=sha256:"), pin
    assert "http" not in said and "--index" not in said and "--find-links" not in said
