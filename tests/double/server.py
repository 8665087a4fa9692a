"""The double's server and the switches for faults."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.double.sources import FORMS, WITH_TOKENS
from tests.double.wire import HTML, Asked, Raw, Reply, Rule, turned

#: The sources that the double stands in for.
SOURCES = tuple(FORMS)
#: What can be made to go wrong, by source.
SWITCHES: Mapping[str, str] = {
    "slow": "no answer within the time limit",
    "reset": "connection reset",
    "rate_limited": "429 with Retry-After",
    "error_500": "500",
    "html_200": "web page with status 200",
    "truncated": "body shorter than announced",
    "cut_short": "half a body, announced as whole",
    "invalid_json": "invalid JSON, XML or page",
    "zero": "zero to everything",
    "repeated_page": "the first page again",
    "token_refused": "page token refused",
}
#: What a client has to bear without harm or to refuse; either way nothing that stands is lost by it.
ODDITIES: Mapping[str, str] = {
    "drip": "the body in many small pieces",
    "drip_head": "the headers one by one",
    "wrong_type": "another content type than the body has",
    "stale_page": "the page before again",
    "reordered": "a later page in another order than the first",
    "token_expired": "page tokens refused until their search begins anew, even after all was mended",
}
#: Faults of later pages: a first page cannot suffer them.
LATER_ONLY = ("repeated_page", "token_refused", "stale_page", "reordered", "token_expired")

#: In how many pieces a body drips, or how many headers more than needed.
DRIPS = 50

Where = Callable[[Asked], bool]


@dataclass(frozen=True)
class Logged:
    """One request as it came in, the status it was answered with (0: not answered), and what went wrong."""

    source: str
    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    user_agent: str
    status: int
    content_type: str
    body: bytes
    sent: str = ""
    fault: str = ""

    @property
    def asked(self) -> Asked:
        """The request alone."""
        return Asked(self.source, self.method, self.path, dict(self.params), self.sent)

    @property
    def what(self) -> tuple[str, str, tuple[tuple[str, str], ...], str]:
        """What makes two requests the same."""
        return self.source, self.path, tuple(sorted(self.params)), self.sent


@dataclass
class _Switch:
    """A fault: for the requests that ``where`` names, past the first ``after``, ``times`` of them."""

    kind: str
    times: int | None
    after: int
    where: Where


class Double:
    """The server. Use as a context manager; ``rules`` are looked through in order, then a zero.

    ``heard`` is told of every request once it is in the log, before it is answered.
    """

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        port: int = 0,
        slow_seconds: float = 30.0,
        drip_seconds: float = 0.0,
    ) -> None:
        self.rules = list(rules)
        self.log: list[Logged] = []
        self.spoilt: list[Asked] = []
        self.slow_seconds, self.drip_seconds = slow_seconds, drip_seconds
        self.heard: Callable[[], None] = lambda: None
        self._nothing = [rule for source, form in FORMS.items() for rule in form.rules(source)]
        self._switches: dict[str, _Switch] = {}
        self._expired: list[Asked] = []
        self._before: dict[str, Raw] = {}
        self._lock = threading.Lock()
        self._let_go = threading.Event()
        self._server = _Server(port, self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Double:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where the double listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def environ(self) -> dict[str, str]:
        """The settings that send a refresh here."""
        return {f"LACUNA_BASE_{s.upper()}": f"{self.address}/{s}" for s in SOURCES}

    def switch(
        self,
        source: str,
        kind: str,
        times: int | None = None,
        *,
        after: int = 0,
        where: Where = lambda _: True,
    ) -> None:
        """Make something go wrong at a source: for the requests that ``where`` names, once ``after`` of
        them were answered well, for the next ``times`` or for good."""
        if kind not in {**SWITCHES, **ODDITIES} or source not in SOURCES:
            raise ValueError(f"no switch {kind!r} at {source!r}")
        with self._lock:
            self._switches[source] = _Switch(kind, times, after, where)

    def mend(self) -> None:
        """Turn every switch off, and let go whom a fault made wait."""
        with self._lock:
            self._switches.clear()
            self._let_go.set()
            self._let_go = threading.Event()

    def asked(self, source: str = "", path: str = "") -> list[Logged]:
        """The requests of a source and path so far."""
        with self._lock:
            return [e for e in self.log if e.source.startswith(source) and e.path.startswith(path)]

    def fault(self, asked: Asked) -> str:
        """What goes wrong with this request; notes it."""
        with self._lock:
            kind = "token_expired" if self._has_expired(asked) else self._switched(asked)
            if kind:
                self.spoilt.append(asked)
            return kind

    def _has_expired(self, asked: Asked) -> bool:
        """Whether the token of this page is refused; a search that begins anew gets another one."""
        if asked in self._expired:
            self._expired.remove(asked)
        return FORMS[asked.source].first_page(asked) in self._expired

    def _switched(self, asked: Asked) -> str:
        switch = self._switches.get(asked.source)
        if switch is None or not switch.where(asked):
            return ""
        first = FORMS[asked.source].first_page(asked)
        if switch.kind in LATER_ONLY and first is None:
            return ""
        if switch.after:
            switch.after -= 1
            return ""
        if switch.times == 0:
            return ""
        if switch.times is not None:
            switch.times -= 1
        if switch.kind == "token_expired" and first and asked.source in WITH_TOKENS:
            self._expired.append(first)
        return switch.kind

    def answer(self, asked: Asked) -> Raw:
        """The programmed answer."""
        return self._first((*self.rules, *self._nothing), asked)

    def spoiled(self, asked: Asked, kind: str) -> Raw:
        """The answer as a fault makes it."""
        form = FORMS[asked.source]
        if kind == "zero":
            return self._first(self._nothing, asked)
        if kind == "repeated_page":
            return self.answer(form.first_page(asked) or asked)
        if kind == "reordered":
            return self._first((*self.rules, *self._nothing), asked, turned)
        whole = self.answer(asked)
        changed = {
            **_BROKEN,
            "invalid_json": form.invalid,
            "token_refused": form.refused,
            "token_expired": form.refused,
            "stale_page": self._before.get(asked.source, whole),
            "wrong_type": replace(whole, content_type="image/png"),
            "cut_short": replace(whole, body=whole.body[: len(whole.body) // 2]),
        }
        return changed.get(kind, whole)

    def _first(
        self, rules: Sequence[Rule], asked: Asked, changed: Callable[[Reply], Reply] = lambda reply: reply
    ) -> Raw:
        query = FORMS[asked.source].query(asked)
        for rule in rules:
            if rule.meets(asked, query):
                return changed(rule.reply).reply(asked)
        return Raw(f"no such path: {asked.path}".encode(), 404, "text/plain")

    def note(self, logged: Logged) -> None:
        """Write a request down."""
        with self._lock:
            self.log.append(logged)
        self.heard()

    def remember(self, asked: Asked, reply: Raw) -> None:
        """Keep an answer, to give it once more instead of the next one."""
        with self._lock:
            self._before[asked.source] = reply

    def wait(self, seconds: float) -> None:
        """Be slow, until all is mended or the server ends."""
        if seconds:
            self._let_go.wait(seconds)

    def drip(self) -> None:
        """Wait between two drops."""
        self.wait(self.drip_seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, double: Double) -> None:
        self.double = double
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when the other side has gone: being killed is what some of them are here for."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve(self._address(), "")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if "json" in self.headers.get("Content-Type", ""):
            self._serve(self._address(), body)
        else:
            self._serve(self._address() + parse_qsl(body, keep_blank_values=True), "")

    def _address(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.path).query, keep_blank_values=True)

    def _serve(self, pairs: list[tuple[str, str]], body: str) -> None:
        _, source, *rest = urlsplit(self.path).path.split("/")
        path = "/" + "/".join(rest)
        if source == "double":
            self._steer(path, dict(pairs))
        elif source not in SOURCES:
            self._send(Raw(b"unknown source", 404, "text/plain"))
        else:
            self._replay(Asked(source, self.command, path, dict(pairs), body), pairs)

    def _replay(self, asked: Asked, pairs: list[tuple[str, str]]) -> None:
        double = self.server.double
        kind = double.fault(asked)
        reply = double.spoiled(asked, kind) if kind else double.answer(asked)
        double.remember(asked, reply)
        whole = kind not in ("reset", "truncated", "slow")
        double.note(
            Logged(
                asked.source,
                asked.method,
                asked.path,
                tuple(pairs),
                self.headers.get("User-Agent", ""),
                reply.status if whole else 0,
                reply.content_type,
                reply.body,
                asked.body,
                kind,
            )
        )
        if kind == "slow":
            double.wait(double.slow_seconds)
        if kind == "reset":
            self._reset()
        else:
            self._send(reply, kind)

    def _send(self, reply: Raw, kind: str = "") -> None:
        cut = kind == "truncated"
        body = reply.body[: len(reply.body) // 2] if cut else reply.body
        try:
            self._send_headers(reply, DRIPS if kind == "drip_head" else 0)
            self._send_body(body, DRIPS if kind == "drip" else 1)
        except OSError:  # the other side has gone, as it may
            self.close_connection = True
        self.close_connection = self.close_connection or cut

    def _send_headers(self, reply: Raw, drops: int) -> None:
        self.send_response(reply.status)
        for number in range(drops):
            self.send_header("X-Drop", str(number))
            self.flush_headers()
            self.server.double.drip()
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()

    def _send_body(self, body: bytes, pieces: int) -> None:
        size = len(body) // pieces + 1
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            if pieces > 1:
                self.server.double.drip()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _steer(self, path: str, params: dict[str, str]) -> None:
        double = self.server.double
        if path == "/fault":
            times, after = params.get("times"), int(params.get("after", "0"))
            double.switch(params["source"], params["kind"], int(times) if times else None, after=after)
        elif path == "/mend":
            double.mend()
        log = [
            {"source": e.source, "path": e.path, "params": e.params, "status": e.status}
            for e in double.asked()
        ]
        self._send(Raw(json.dumps(log).encode()))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the log is data."""


_BROKEN = {
    "rate_limited": Raw(
        b'{"error":"API rate limit exceeded","api-key":"203.0.113.9","count":"4","limit":"3"}',
        429,
        headers=(("Retry-After", "2"),),
    ),
    "error_500": Raw(b"<html><body>Internal Server Error</body></html>", 500, HTML),
    "html_200": Raw(b"<!DOCTYPE html><html><body>Down for maintenance</body></html>", 200, HTML),
}
