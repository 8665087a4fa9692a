"""The double's server, the kinds of answers that can be programmed, and the switches for faults."""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

#: What can be made to go wrong, by source.
SWITCHES = ("slow", "reset", "rate_limited", "error_500", "html_200", "truncated", "invalid_json", "zero")
#: The query parameter that a rule's fragments are looked for in.
QUERY_PARAMETER = {"clinicaltrials_gov": "query.cond", "pubmed": "term"}
DATA_TIMESTAMP = "2026-11-20T09:00:04"
JSON = "application/json"

Params = Mapping[str, str]


@dataclass(frozen=True)
class Raw:
    """An answer as it goes over the wire."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Trials:
    """Studies of ClinicalTrials.gov in pages; ``total`` differs from their number only on purpose."""

    pages: Sequence[Sequence[Mapping[str, Any]]] = ((),)
    total: int | None = None

    def reply(self, params: Params) -> Raw:
        """One page, found by its token. ``totalCount`` stands on the first page only."""
        at = int(params.get("pageToken", "page-0").removeprefix("page-"))
        everything = [study for page in self.pages for study in page]
        first = "pageToken" not in params
        body: dict[str, Any] = {}
        if first and params.get("countTotal") == "true":
            body["totalCount"] = len(everything) if self.total is None else self.total
        counting = params.get("pageSize") == "1"
        body["studies"] = everything[:1] if counting else list(self.pages[at])
        if (len(everything) > 1) if counting else (at + 1 < len(self.pages)):
            body["nextPageToken"] = f"page-{at + 1}"
        return Raw(json.dumps(body).encode())


@dataclass(frozen=True)
class Hits:
    """An esearch answer: ids, and what PubMed says it did with the query."""

    ids: Sequence[str] = ()
    count: int | None = None
    dropped: Sequence[str] = ()
    warned: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)

    def reply(self, params: Params) -> Raw:
        """Count (a string), ids as far as ``retmax`` goes, and the echo without what was dropped."""
        count = len(self.ids) if self.count is None else self.count
        shown = list(self.ids)[: int(params.get("retmax", "20"))]
        result: dict[str, Any] = {
            "count": str(count),
            "retmax": str(len(shown)),
            "retstart": "0",
            "idlist": shown,
            "translationset": [],
            "querytranslation": echo(params["term"], self.dropped),
        }
        if (self.dropped and self.warned) or not count:
            result["warninglist"] = {
                "phrasesignored": [],
                "quotedphrasesnotfound": [f'"{p}"' for p in self.dropped] if self.warned else [],
                "outputmessages": [] if count else ["No items found."],
            }
        result.update(self.extra)
        body = {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}
        return Raw(json.dumps(body).encode())


@dataclass(frozen=True)
class Known:
    """An esearch answer to a known-item query: the numbers asked for, but those in ``missed``."""

    missed: Sequence[str] = ()

    def reply(self, params: Params) -> Raw:
        """The numbers tagged ``[uid]`` in the query."""
        asked = re.findall(r"(\d+)\[uid\]", params["term"])
        return Hits([i for i in asked if i not in self.missed]).reply(params)


@dataclass(frozen=True)
class Articles:
    """An efetch answer: the XML of each number asked for, as far as it is programmed."""

    by_pmid: Mapping[str, str]

    def reply(self, params: Params) -> Raw:
        """A set of articles in the order asked for."""
        wanted = (self.by_pmid.get(pmid, "") for pmid in params["id"].split(","))
        body = f'<?xml version="1.0" ?>\n<PubmedArticleSet>{"".join(wanted)}</PubmedArticleSet>'
        return Raw(body.encode(), content_type="text/xml; charset=UTF-8")


@dataclass(frozen=True)
class Rule:
    """The answer to every request of a source and path whose query holds all fragments."""

    source: str
    path: str
    reply: Raw | Trials | Hits | Known | Articles
    holds: tuple[str, ...] = ()

    def meets(self, source: str, path: str, params: Params) -> bool:
        """Whether this rule answers the request."""
        query = params.get(QUERY_PARAMETER[source], "").casefold()
        return (source, path) == (self.source, self.path) and all(h.casefold() in query for h in self.holds)


@dataclass(frozen=True)
class Logged:
    """One request as it came in, and the status it was answered with (0: not answered)."""

    source: str
    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    user_agent: str
    status: int
    content_type: str
    body: bytes

    @property
    def what(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What makes two requests the same."""
        return self.source, self.path, tuple(sorted(self.params))


def echo(term: str, dropped: Sequence[str] = ()) -> str:
    """The query in PubMed's own words: full tag names, quotes around words, without what was dropped."""
    for phrase in dropped:
        term = re.sub(rf'(?: OR )?"?{re.escape(phrase)}"?\[tiab(?::~0)?\]', "", term)
    term = re.sub(r'([^\s()"\[\]]+)\[tiab\]', r'"\1"[tiab]', term)
    return (
        term.replace("[tiab", "[Title/Abstract").replace("[uid]", "[UID]").replace("[edat]", "[Date - Entry]")
    )


_ALWAYS: tuple[Rule, ...] = (
    Rule(
        "clinicaltrials_gov",
        "/version",
        Raw(json.dumps({"apiVersion": "2.0.5", "dataTimestamp": DATA_TIMESTAMP}).encode()),
    ),
    Rule("clinicaltrials_gov", "/studies", Trials()),
    Rule("pubmed", "/esearch.fcgi", Hits()),
    Rule("pubmed", "/efetch.fcgi", Articles({})),
)


class Double:
    """The server. Use as a context manager; ``rules`` are looked through in order, then a zero."""

    def __init__(self, rules: Sequence[Rule] = (), port: int = 0, slow_seconds: float = 30.0) -> None:
        self.rules = list(rules)
        self.log: list[Logged] = []
        self.slow_seconds = slow_seconds
        self._switches: dict[str, tuple[str, int | None]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Double:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """Where the double listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def environ(self) -> dict[str, str]:
        """The settings that send a refresh here."""
        return {f"LACUNA_BASE_{s.upper()}": f"{self.address}/{s}" for s in QUERY_PARAMETER}

    def switch(self, source: str, kind: str, times: int | None = None) -> None:
        """Make something go wrong at a source, for the next ``times`` requests or for good."""
        if kind not in SWITCHES or source not in QUERY_PARAMETER:
            raise ValueError(f"no switch {kind!r} at {source!r}")
        with self._lock:
            self._switches[source] = (kind, times)

    def mend(self) -> None:
        """Turn every switch off."""
        with self._lock:
            self._switches.clear()

    def asked(self, source: str = "", path: str = "") -> list[Logged]:
        """The requests of a source and path so far."""
        with self._lock:
            return [e for e in self.log if e.source.startswith(source) and e.path.startswith(path)]

    def fault(self, source: str) -> str:
        """What goes wrong with this request; counts it."""
        with self._lock:
            kind, times = self._switches.get(source, ("", None))
            if times == 0:
                return ""
            if times is not None:
                self._switches[source] = (kind, times - 1)
            return kind

    def answer(self, source: str, path: str, params: Params) -> Raw:
        """The programmed answer."""
        for rule in (*self.rules, *_ALWAYS):
            if rule.meets(source, path, params):
                return rule.reply if isinstance(rule.reply, Raw) else rule.reply.reply(params)
        return Raw(f"no such path: {path}".encode(), 404, "text/plain")

    def zero(self, source: str, path: str, params: Params) -> Raw:
        """Nothing found, in the source's own form."""
        for rule in _ALWAYS:
            if rule.meets(source, path, params) and not isinstance(rule.reply, Raw):
                return rule.reply.reply(params)
        return self.answer(source, path, params)

    def note(self, logged: Logged) -> None:
        """Write a request down."""
        with self._lock:
            self.log.append(logged)

    def wait(self) -> None:
        """Be slow, but end with the server."""
        self._closing.wait(self.slow_seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when the other side has gone: being killed is what some of them are here for."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(double: Double) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            self._serve(parse_qsl(urlsplit(self.path).query) + parse_qsl(form, keep_blank_values=True))

        def _serve(self, pairs: list[tuple[str, str]]) -> None:
            _, source, *rest = urlsplit(self.path).path.split("/")
            path = "/" + "/".join(rest)
            if source == "double":
                self._steer(path, dict(pairs))
            elif source not in QUERY_PARAMETER:
                self._send(Raw(b"unknown source", 404, "text/plain"))
            else:
                self._replay(source, path, pairs)

        def _replay(self, source: str, path: str, pairs: list[tuple[str, str]]) -> None:
            kind, params = double.fault(source), dict(pairs)
            reply = double.answer(source, path, params)
            if kind == "slow":
                double.wait()
            elif kind == "zero":
                reply = double.zero(source, path, params)
            elif kind in _BROKEN:
                reply = _BROKEN[kind]
            whole = kind not in ("reset", "truncated", "slow")
            double.note(
                Logged(
                    source,
                    self.command,
                    path,
                    tuple(pairs),
                    self.headers.get("User-Agent", ""),
                    reply.status if whole else 0,
                    reply.content_type,
                    reply.body,
                )
            )
            if kind == "reset":
                self._reset()
            else:
                self._send(reply, cut=kind == "truncated")

        def _send(self, reply: Raw, cut: bool = False) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
            except OSError:  # the other side has gone, as it may
                self.close_connection = True
            self.close_connection = self.close_connection or cut

        def _reset(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

        def _steer(self, path: str, params: dict[str, str]) -> None:
            if path == "/fault":
                times = params.get("times")
                double.switch(params["source"], params["kind"], int(times) if times else None)
            elif path == "/mend":
                double.mend()
            log = [
                {"source": e.source, "path": e.path, "params": e.params, "status": e.status}
                for e in double.asked()
            ]
            self._send(Raw(json.dumps(log).encode()))

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the log is data."""

    return Handler


_BROKEN = {
    "rate_limited": Raw(
        b'{"error":"API rate limit exceeded","api-key":"203.0.113.9","count":"4","limit":"3"}',
        429,
        headers=(("Retry-After", "2"),),
    ),
    "error_500": Raw(b"<html><body>Internal Server Error</body></html>", 500, "text/html"),
    "html_200": Raw(b"<!DOCTYPE html><html><body>Down for maintenance</body></html>", 200, "text/html"),
    "invalid_json": Raw(b'{"studies": [}, "esearchresult": <', 200),
}
