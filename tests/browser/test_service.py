"""The dashboard as a service: below a path, behind nginx as shipped, stopped by SIGTERM."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.looking import settled
from tests.browser.server import Server, free_port, server
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
BELOW = ("--server.baseUrlPath", "lacuna")


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
def below(link: Path) -> Iterator[Server]:
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


def test_it_works_below_a_path_behind_nginx_as_shipped(
    browser: Browser, below: Server, tmp_path: Path
) -> None:
    """Where nginx is not on this machine the server is asked directly, below the same path."""
    there = nginx(below, tmp_path) if shutil.which("nginx") else nullcontext(below.address)
    with there as address:
        page = browser.new_page()
        look_below(page, address)
        page.close()


def test_sigterm_ends_the_server_cleanly_and_its_log_names_no_visitor(browser: Browser, link: Path) -> None:
    with server(ROOT / "app.py", {"LACUNA_STORE": str(link)}) as started:
        page = browser.new_page(user_agent="visitor-agent")
        settled(page, f"{started.address}/trials?find=visitor-query")
        page.close()
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(10) in {0, -signal.SIGTERM}
        said = started.said.read_text(encoding="utf-8")
    assert "Traceback" not in said and "visitor" not in said
