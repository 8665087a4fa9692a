"""A key and a contact that are planted must not be found in anything that is written.

The stand-in tells them back wherever real services do: in headers, cookies and bodies, escaped as JSON
and web pages escape.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.conftest import ROOT
from tests.double import Asked, Double, Raw
from tests.double.scenarios import imam_zero

KEY, CONTACT = "plantedkey0123456789", "planted.contact+lacuna@example.org"
#: Any spelling of the two (quoted, cut, with the plus sign as a space) holds one of these.
MARKS = (b"plantedkey", b"planted.contact", b"planted%2Econtact")
#: The command with every logger at its chattiest.
CHATTY = "import logging; logging.basicConfig(level=logging.DEBUG); from etl.__main__ import main; main()"


class Gossip(Double):
    """The double, and in every answer key and contact of who asks."""

    def answer(self, asked: Asked) -> Raw:
        """The programmed answer with both in headers and a cookie, and in its body if that is JSON."""
        whole = super().answer(asked)
        told = json.dumps(f"{KEY} {CONTACT}").replace("+", r"\u002b").replace("@", r"\u0040")
        page = CONTACT.replace("+", "&#43;").replace("@", "&#64;")
        form = CONTACT.replace("+", "%2b").replace("@", "%40")
        beside = f'{{"asked_by": {told}, "page": "<a href=/by/{page}>", "form": "{form}", '.encode()
        body = beside + whole.body[1:] if whole.body.startswith(b'{"') else whole.body
        headers = (("Link", f"</?api_key={KEY}&email={CONTACT}>; rel=next"), ("X-Asked-By", CONTACT))
        return replace(whole, body=body, headers=(*headers, ("Set-Cookie", f"who={CONTACT}; Path=/")))


def contents(file: Path) -> Iterator[bytes]:
    """A file as it is, and whatever is packed in it."""
    raw = file.read_bytes()
    yield raw
    if raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            yield from (packed.read(name) for name in packed.namelist())
    if raw[:15] == b"SQLite format 3":
        with closing(sqlite3.connect(file)) as connection:
            for (table,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall():
                for row in connection.execute(f'SELECT * FROM "{table}"').fetchall():
                    yield from (v if isinstance(v, bytes) else str(v).encode() for v in row)
                    yield from (body for v in row if (body := answered(v)))


def answered(value: object) -> bytes:
    """The body of an answer that is kept, which is written in base64."""
    if not isinstance(value, str) or '"_content"' not in value:
        return b""
    return base64.b64decode(json.loads(value)["_content"])


def found(folder: Path) -> list[str]:
    return [
        f"{file.relative_to(folder)}: {mark.decode()}"
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        for said in contents(file)
        for mark in MARKS
        if mark in said
    ]


def run(command: list[str], folder: Path, name: str, environ: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, check=False, timeout=120
    )
    (folder / f"{name}.log").write_bytes(done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_secret_is_written_anywhere(tmp_path: Path) -> None:
    link = tmp_path / "trial.duckdb"
    with Gossip(imam_zero()) as double:
        environ = {**double.environ(), "LACUNA_NCBI_KEY": KEY, "LACUNA_CONTACT": CONTACT}
        chosen = ["--disease", "imam", "--source", "pubmed", "--source", "clinicaltrials_gov"]
        where = ["--store", str(link), "--snapshots", str(tmp_path / "snapshots")]
        run([sys.executable, "-c", CHATTY, "refresh", *chosen, *where], tmp_path, "refresh", environ)
        sent = double.asked("pubmed")
        assert any(("api_key", KEY) in entry.params for entry in sent), "the key was never in danger"
        assert any(CONTACT in entry.user_agent for entry in sent), "the contact was never in danger"
        out = ["--out", str(tmp_path / "exports"), "--format", "pptx,pdf,html,zip"]
        run(
            [sys.executable, "-m", "dashboard.export", "--disease", "imam", "--lang", "en", *out],
            tmp_path,
            "export",
            {**environ, "LACUNA_STORE": str(link)},
        )
    kept = [said for file in tmp_path.rglob("*.sqlite") for said in contents(file)]
    assert any(b'"asked_by"' in said for said in kept), "nothing was told back"
    assert (tmp_path / "refresh.log").stat().st_size > 1000, "nothing was logged"
    assert list((tmp_path / "exports").iterdir())
    assert found(tmp_path) == []
