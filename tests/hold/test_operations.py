"""Running as a service: units, a sub-path behind nginx, stopping, health, logs, locks of the server."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Page

from etl import health
from etl import store as built
from tests.browser.conftest import browser, link  # noqa: F401
from tests.browser.looking import settled
from tests.browser.server import Server, free_port, server
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
BELOW = ("--server.baseUrlPath", "lacuna")
BUILT = datetime(2026, 11, 23, 20, 0)


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


@contextmanager
def nginx(to: Server, folder: Path) -> Iterator[str]:
    """nginx with the shipped ``location`` in front of ``to``; its address."""
    port, upstream = free_port(), to.address.removesuffix("/lacuna")
    shipped = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace("http://127.0.0.1:8501", upstream)
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; access_log off;\n"
        f"server {{ listen 127.0.0.1:{port};\n{shipped}\n}} }}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/lacuna"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def below(link: Path) -> Iterator[Server]:  # noqa: F811
    with server(ROOT / "app.py", {"LACUNA_STORE": str(link)}, *BELOW) as started:
        yield started


def look_below(page: Page, address: str) -> None:
    """Page, websocket, a link of its own and a download, all below the path."""
    settled(page, f"{address}/trials?lang=fr")
    page.get_by_text("Essais sur IMAM").first.wait_for()
    page.locator(".lc-caption a").first.click()
    page.wait_for_url(f"{address}/**cell=trials_registered.imam**")
    page.get_by_text("Aucun vu à ce jour").first.wait_for()
    settled(page, f"{address}/next_steps?lang=en")
    page.locator("summary", has_text="As a table").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download these rows (CSV)").click()
    assert b"step_id" in Path(waiting.value.path()).read_bytes()[:200]


def test_it_works_below_a_path(browser, below: Server) -> None:  # noqa: F811
    page = browser.new_page()
    look_below(page, below.address)
    page.close()


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not on this machine")
def test_it_works_behind_nginx_as_shipped(browser, below: Server, tmp_path: Path) -> None:  # noqa: F811
    with nginx(below, tmp_path) as address:
        page = browser.new_page()
        look_below(page, address)
        page.close()


def test_sigterm_ends_the_server_cleanly_and_its_log_names_no_visitor(browser, link: Path) -> None:  # noqa: F811
    with server(ROOT / "app.py", {"LACUNA_STORE": str(link)}) as started:
        page = browser.new_page(user_agent="visitor-agent")
        settled(page, f"{started.address}/trials?find=visitor-query")
        page.close()
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(10) in {0, -signal.SIGTERM}
        said = started.said.read_text(encoding="utf-8")
    assert "Traceback" not in said and "visitor" not in said


def test_health_knows_the_age_of_the_store(link: Path) -> None:  # noqa: F811
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        young = health.health(connection, BUILT + timedelta(days=3), most_days=14)
        old = health.health(connection, BUILT + timedelta(days=15), most_days=14)
    assert young.problems == () and young.age_hours == 72
    assert sum(young.cells.values()) == 39 * 9
    assert old.problems == ("The store was built 15 days ago; at most 14 were asked for.",)
    assert json.loads(old.line)["ok"] is False


def test_the_command_of_health_ends_with_1_when_something_is_wrong(tmp_path: Path) -> None:
    link = tmp_path / "lacuna.duckdb"  # noqa: F811
    told = {}
    for case in ("missing", "old"):
        if case == "old":
            built.build_and_publish(built.Paths(ROOT / "data", link, ()), datetime(2020, 1, 1))
        command = [
            sys.executable,
            "-m",
            "etl",
            "status",
            "--health",
            "--most-days",
            "1",
            "--store",
            str(link),
        ]
        told[case] = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert [run.returncode for run in told.values()] == [1, 1]
    assert "is missing" in told["missing"].stderr
    assert len(told["old"].stdout.splitlines()) == 1 and json.loads(told["old"].stdout)["ok"] is False


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
