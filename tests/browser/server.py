"""A real Streamlit server on a free port of this machine, and how Chromium is started for tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.conftest import ROOT

#: Without these a headless browser on a closed network asks for hosts it cannot reach.
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE_SECONDS = 60


def free_port() -> int:
    """A port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(script: Path, environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """Start ``script`` under Streamlit, give its address once it answers, stop it at the end.

    Raises ``RuntimeError`` with the server's output if it ends early or does not answer.
    """
    with server(script, environ) as started:
        yield started.address


@dataclass(frozen=True)
class Server:
    """A running server: where it answers, its process, and the file of what it says."""

    address: str
    process: subprocess.Popen[bytes]
    said: Path


@contextmanager
def server(script: Path, environ: Mapping[str, str] | None = None, *options: str) -> Iterator[Server]:
    """As :func:`serving`, with more options of Streamlit and the process itself."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true", *options]
    below = next((f"/{o}" for k, o in pairwise(options) if k == "--server.baseUrlPath"), "")
    with tempfile.NamedTemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environ or {})}, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}{below}"
            if not _answers(f"{address}/_stcore/health", process):
                process.kill()
                raise RuntimeError(f"The server did not answer:\n{Path(said.name).read_text()}")
            yield Server(address, process, Path(said.name))
        finally:
            process.terminate()
            process.wait(10)


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.status == 200:
                    return True
        except OSError:
            time.sleep(0.05)
    return False
