"""What the running server lets in, whoever started it: asked as a page of another site would ask it."""

from __future__ import annotations

import http.client
import json
import socketserver
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.server import Server, server
from tests.conftest import ROOT

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


class Outside:
    """Stands for the internet: whatever the server asks of a host elsewhere is counted here."""

    def __init__(self) -> None:
        self.asked = 0
        outside = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outside.asked += 1

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def listening(self) -> Iterator[dict[str, str]]:
        """The settings that send what goes elsewhere here."""
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
        yield {**dict.fromkeys(names, self.address), "no_proxy": "", "NO_PROXY": ""}
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def outside() -> Outside:
    return Outside()


@pytest.fixture(scope="module")
def locked(link: Path, outside: Outside) -> Iterator[Server]:
    """The dashboard as ``make run`` starts it, before anybody has read a page."""
    with (
        outside.listening() as settings,
        server(ROOT / "app.py", {"LACUNA_STORE": str(link), **settings}) as started,
    ):
        yield started


def websocket(address: str, origin: str, host: str = "") -> int:
    """The status of a request to open the stream of the dashboard; 101 opens it."""
    there = urlsplit(address)
    connection = http.client.HTTPConnection(str(there.hostname), there.port, timeout=30)
    asked = {**UPGRADE, "Host": host or there.netloc, **({"Origin": origin} if origin else {})}
    connection.request("GET", "/_stcore/stream", headers=asked)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_stream_for_another_page_is_refused_and_nobody_outside_is_asked(
    locked: Server, outside: Outside
) -> None:
    """The library would ask a host on the internet for our address, and serve nobody meanwhile."""
    for number in range(10):
        assert websocket(locked.address, f"https://evil{number}.example") == 403
    assert outside.asked == 0
    assert websocket(locked.address, "null") == websocket(locked.address, "http://localhost:1") == 403
    said = locked.said.read_text(encoding="utf-8")
    assert "external IP" not in said and "evil" not in said


def test_a_stream_for_a_page_of_ours_is_opened_under_whatever_name(locked: Server) -> None:
    assert websocket(locked.address, locked.address) == websocket(locked.address, "") == 101
    assert websocket(locked.address, "https://lacuna.example", "lacuna.example") == 101


def test_no_page_that_frames_the_dashboard_may_steer_it(locked: Server) -> None:
    with urllib.request.urlopen(f"{locked.address}/_stcore/host-config", timeout=10) as answer:
        assert json.load(answer)["allowedOrigins"] == []


@pytest.mark.parametrize("path", ["/", "/trials", "/_stcore/health"])
def test_no_page_of_another_site_may_frame_the_dashboard(locked: Server, path: str) -> None:
    with urllib.request.urlopen(f"{locked.address}{path}", timeout=10) as answer:
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"


def test_nobody_is_told_how_much_memory_is_used(locked: Server) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{locked.address}/_stcore/metrics", timeout=10)


def test_the_server_writes_errors_of_pages_in_one_line() -> None:
    """What such a line holds: ``tests/dashboard/test_doors.py``."""
    asked = "import app, logging; print(logging.getLogger('streamlit.error_util').filters)"
    run = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "doors.OneLine" in run.stdout and run.stderr == ""
