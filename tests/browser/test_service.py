"""The dashboard as a service: below a path, behind nginx as shipped, stopped by SIGTERM."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.looking import saved, settled
from tests.browser.server import Server, free_port, server
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
BELOW = ("--server.baseUrlPath", "lacuna")


def wait_for(port: int) -> None:
    """Come back when somebody listens there."""
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nobody listens on port {port}")


@contextmanager
def nginx(to: Server, folder: Path, changed: tuple[str, str] = ("", "")) -> Iterator[str]:
    """nginx with the shipped ``location``, ``changed`` in one place, in front of ``to``; its address."""
    port, upstream = free_port(), to.address.removesuffix("/lacuna")
    shipped = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace("http://127.0.0.1:8501", upstream)
    shipped = shipped.replace(*changed) if all(changed) else shipped
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; access_log off;\n"
        f"server {{ listen 127.0.0.1:{port};\n{shipped}\n}} }}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/lacuna"
    finally:
        process.terminate()
        process.wait(10)


def foreign(address: str, path: str, origin: str) -> int:
    """The status of a request that a page of another origin makes."""
    request = urllib.request.Request(f"{address}{path}", headers={"Origin": origin})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


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
    file = saved(page, page.get_by_role("button", name="Download these rows (CSV)"))
    assert b"step_id" in Path(file.path()).read_bytes()[:200]


def test_it_works_below_a_path_behind_nginx_as_shipped(
    browser: Browser, below: Server, tmp_path: Path
) -> None:
    """Where nginx is not on this machine the server is asked directly, below the same path."""
    there = nginx(below, tmp_path) if shutil.which("nginx") else nullcontext(below.address)
    with there as address:
        page = browser.new_page()
        look_below(page, address)
        page.close()


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not on this machine")
def test_nginx_refuses_other_pages_frames_and_questions_about_memory(below: Server, tmp_path: Path) -> None:
    with nginx(below, tmp_path) as address:
        host = address.removesuffix("/lacuna")
        for path in ("/", "/_stcore/stream", "/_stcore/health"):
            assert foreign(address, path, "https://evil.example") == 403
            assert foreign(address, path, f"{host}0") == foreign(address, path, "null") == 403
        assert foreign(address, "/", host) == foreign(address, "/", host.replace("http", "https")) == 200
        assert foreign(address, "/_stcore/metrics", host) == 404
        with urllib.request.urlopen(f"{address}/", timeout=10) as answer:
            assert "frame-ancestors 'self'" in answer.headers.get_all("Content-Security-Policy")


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not on this machine")
def test_nginx_writes_down_no_visitor_and_no_filter_when_something_fails(tmp_path: Path) -> None:
    """With the dashboard down, and with an upload that is too large."""
    down = Server(f"http://127.0.0.1:{free_port()}/lacuna", subprocess.Popen(["true"]), tmp_path / "said")
    with nginx(down, tmp_path) as address:
        for size, status in (0, 502), (2_000_000, 413):
            request = urllib.request.Request(
                f"{address}/trials?find=visitor-query", b"x" * size or None, {"X-Visitor": "visitor-agent"}
            )
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)
            assert refused.value.code == status
    said = {file.name: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert "error.log" in said and b"client" not in said["error.log"]
    assert [name for name, text in said.items() if b"visitor-" in text] == []


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not on this machine")
def test_nginx_keeps_no_part_of_an_upload_in_a_file(tmp_path: Path) -> None:
    """It warns when it does; here the warning is written down."""
    down = Server(f"http://127.0.0.1:{free_port()}/lacuna", subprocess.Popen(["true"]), tmp_path / "said")
    told = tmp_path / "told.log"
    with nginx(down, tmp_path, ("/dev/null crit", f"{told} info")) as address:
        for size in (900_000, 1_000_000):
            with pytest.raises(urllib.error.HTTPError, match="502"):
                urllib.request.urlopen(f"{address}/upload", b"x" * size, timeout=10)
    assert "Connection refused" in told.read_text(), "nothing was written down"
    assert "buffered to a temporary file" not in told.read_text()


def test_sigterm_ends_the_server_cleanly_and_its_log_names_no_visitor(browser: Browser, link: Path) -> None:
    with server(ROOT / "app.py", {"LACUNA_STORE": str(link)}) as started:
        page = browser.new_page(user_agent="visitor-agent")
        settled(page, f"{started.address}/trials?find=visitor-query")
        page.close()
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(10) in {0, -signal.SIGTERM}
        said = started.said.read_text(encoding="utf-8")
    assert "Traceback" not in said and "visitor" not in said
