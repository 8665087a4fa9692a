"""Running as a service: units, health, locks of the server, pins. See ``tests/browser/test_service.py``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from etl import health
from etl import store as built
from tests.conftest import ROOT

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


def test_health_knows_the_age_of_the_store(link: Path) -> None:
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        young = health.health(connection, BUILT + timedelta(days=3), most_days=14)
        old = health.health(connection, BUILT + timedelta(days=15), most_days=14)
    assert young.problems == () and young.age_hours == 72
    assert sum(young.cells.values()) == 39 * 9
    assert old.problems == ("The store was built 15 days ago; at most 14 were asked for.",)
    assert json.loads(old.line)["ok"] is False


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
    assert config["server"].get("enableCORS", True) is True
    assert config["server"]["enableStaticServing"] is False
    assert config["server"]["maxUploadSize"] <= 5
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] != "full"


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
