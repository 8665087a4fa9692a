"""The edge: the only room that touches the network.

One session a source, made of three parts that each know one thing: requests-cache holds the answers
that could be read, requests-ratelimiter keeps to the rate the source allows, urllib3 tries again a
bounded number of times and honours ``Retry-After`` up to a cap. Keys and the contact are added
here and nowhere else, and are masked in every address, body, log line and stored answer, as are the
addresses of this machine that a source tells back (``etl.masking``). Of the headers of an answer only
its kind of content is kept: who asked is repeated in any of them.

The cache is for resuming: an answer is kept only when its adapter could read it, at the moment it
was read, so that a refresh cut off at any instant asks nothing again that was answered.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests_cache import CacheMixin
from requests_cache.backends.base import BaseCache
from requests_cache.backends.sqlite import SQLiteCache, SQLiteDict
from requests_ratelimiter import LimiterMixin
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.response import BaseHTTPResponse, HTTPResponse
from urllib3.util.retry import Retry

from etl.masking import Masking
from etl.model import Answer, Fault, Reading, Request, Source

Read = Callable[[Request, Answer], Reading]

#: Kept answers older than this are asked again, whatever the source's own freshness: the cache
#: serves to resume a refresh, and a search should not lie far from its controls.
RESUME_DAYS = 2
MAX_BODY = 256 * 1024 * 1024
MAX_SECONDS = 600.0
#: So long headers may take, past the time that the source is given for a first byte.
HEAD_SECONDS = 10.0
#: A page that tells of trouble is quoted by its beginning: so much of it is read, and for so long.
MAX_TROUBLE = 64 * 1024
TROUBLE_SECONDS = 10.0
#: So long an answer that is under way may take to arrive, and be kept, once the refresh is stopped.
STOP_SECONDS = 10.0
_CHUNK = 64 * 1024
#: How often a watch looks whether the refresh was stopped (seconds).
_GLANCE = 0.2
RETRIES = 3
BACKOFF_FACTOR = 1.0
LONGEST_WAIT = 60
RETRIED_STATUS = (429, 500, 502, 503, 504)
#: Faults of a body that a second attempt may cure; a wrong status was already tried again below.
RETRIED_FAULTS = frozenset({"rate_limited", "wrong_content", "not_parsable", "unreachable"})
#: NCBI asks for a tool name and an address with every call, and allows 10 requests a second with a key.
_NCBI_SOURCES = frozenset({"pubmed"})
_NCBI_PER_SECOND_WITH_KEY = 10.0
_PER_SECOND_HERE = 1000.0
#: What SQLite says of a file that is no sound database.
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_SECRET_PARAMETERS = ("api_key", "email", "tool")
_E_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_CHATTY_LOGGERS = (
    "urllib3.connectionpool",
    "urllib3.util.retry",
    "requests_ratelimiter.requests_ratelimiter",
    "requests_cache.session",
    "requests_cache.backends.base",
)


class SettingMistake(Exception):
    """A setting that cannot be used. The message names it and says what to write."""


class ContactMissing(SettingMistake):
    """A live refresh without a contact, or with one that reaches nobody. The message says what to do."""


class AnswersNotKept(Exception):
    """Answers cannot be kept or read back: a full, read-only or broken disk. The message says what to do."""

    def __init__(self, file: Path, error: Exception) -> None:
        super().__init__(
            f"The answers kept in {file} cannot be read or written: {error}. Make room and make that folder "
            "writable, then start again: what was kept is not asked again. Nothing was published."
        )


@dataclass(frozen=True)
class Identity:
    """Who asks: shown to every source, never stored. The key is NCBI's, and optional."""

    version: str
    contact: str = ""
    ncbi_key: str = ""

    @classmethod
    def from_environment(cls, version: str, environ: Mapping[str, str] = os.environ) -> Identity:
        """Contact and key from ``LACUNA_CONTACT`` and ``LACUNA_NCBI_KEY``."""
        contact, key = environ.get("LACUNA_CONTACT", ""), environ.get("LACUNA_NCBI_KEY", "")
        return cls(version, contact.strip(), key.strip())

    @property
    def user_agent(self) -> str:
        """An honest name with a way to reach a person."""
        return f"lacuna/{self.version}" + (f" (+{self.contact})" if self.contact else "")

    def parameters(self, source_id: str) -> dict[str, str]:
        """What this source wants added to every request."""
        if source_id not in _NCBI_SOURCES:
            return {}
        wanted = {"tool": "lacuna", "email": self.contact, "api_key": self.ncbi_key}
        return {name: value for name, value in wanted.items() if value}

    def masking(self) -> Masking:
        """What takes key, contact and echoed addresses out of bodies and log lines."""
        return Masking((self.ncbi_key, self.contact))


class Http:
    """Answers to requests, one source at a time, each at its own address, rate and patience.

    ``sleep`` and ``now`` (UTC without zone) are injected for tests. One source is asked by one thread
    at a time. Raises :class:`SettingMistake` for a contact or a base address that cannot be used.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        cache: Path,
        identity: Identity,
        *,
        environ: Mapping[str, str] = os.environ,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC).replace(tzinfo=None),
    ) -> None:
        self._sources, self._cache, self._identity = sources, cache, identity
        self._environ, self._sleep, self._now = environ, sleep, now
        self._refuse_bad_settings()
        self._sessions: dict[str, _Session] = {}
        self._closed = threading.Event()
        self._secrets_filter = _Secrets(identity.masking())
        for name in _CHATTY_LOGGERS:
            logging.getLogger(name).addFilter(self._secrets_filter)

    def base(self, source_id: str) -> str:
        """The address of a source: its own, or ``LACUNA_BASE_<SOURCE_ID>`` where that is set."""
        override = self._environ.get(_base_setting(source_id), "").strip()
        return (override or self._sources[source_id].base).rstrip("/")

    def _refuse_bad_settings(self) -> None:
        faults = []
        if self._identity.contact and (problem := contact_problem(self._identity.contact)):
            faults.append(f"LACUNA_CONTACT {problem}")
        for source_id in self._sources:
            setting = _base_setting(source_id)
            if (override := self._environ.get(setting, "").strip()) and (problem := base_problem(override)):
                faults.append(f"{setting} {problem}")
        if faults:
            raise SettingMistake("\n".join(faults))

    def host(self, source_id: str) -> str:
        """The host that answers for a source, as written in receipts."""
        return urlsplit(self.base(source_id)).hostname or ""

    def require_contact(self) -> None:
        """Raise :class:`ContactMissing` when a source outside this machine would be asked by nobody."""
        live = [s for s in self._sources if not _is_loopback(self.host(s))]
        if live and not self._identity.contact:
            raise ContactMissing(
                f"A refresh asks {', '.join(sorted(live))}, whose services want to know whom to write to. "
                "Set LACUNA_CONTACT to your e-mail address or a page about you, for example "
                "LACUNA_CONTACT=me@example.org, and start again."
            )

    def ask(self, request: Request, read: Read, *, anew: bool = False) -> tuple[Answer, Reading]:
        """The answer and what ``read`` understands of it; only an answer that could be read is kept.

        ``anew`` passes over a kept answer. Raises ``Fault``: ``unreachable``, ``wrong_content``
        (too large, or another host), or whatever ``read`` finds wrong; and :class:`AnswersNotKept`.
        """
        session = self._session(request.source_id)
        try:
            try:
                return self._attempt(session, request, read, anew)
            except Fault as fault:
                if fault.code not in RETRIED_FAULTS or self._closed.is_set():
                    raise
            self._wait(request.source_id)(BACKOFF_FACTOR)
            return self._attempt(session, request, read, anew=True)
        except sqlite3.Error as error:
            raise AnswersNotKept(self._file(request.source_id), error) from error

    def forget(self, source_id: str) -> None:
        """Drop the kept answers of a source, so that everything is asked again."""
        try:
            self._session(source_id).cache.clear()  # type: ignore[no-untyped-call]  # not typed there
        except sqlite3.Error as error:
            raise AnswersNotKept(self._file(source_id), error) from error

    def close(self) -> None:
        """Close every session and the cache files, end every waiting, and soon every answer under way."""
        self._closed.set()
        for session in self._sessions.values():
            session.close()  # type: ignore[no-untyped-call]  # the cache mixin is not typed
        for name in _CHATTY_LOGGERS:
            logging.getLogger(name).removeFilter(self._secrets_filter)

    def _attempt(self, session: _Session, request: Request, read: Read, anew: bool) -> tuple[Answer, Reading]:
        response = self._send(session, request, anew)
        answer = self._answer(request, response)
        try:
            reading = read(request, answer)
        except Fault:
            if answer.from_cache:
                # Kept by an older reader that was content with it; the source is asked again.
                return self._attempt(session, request, read, anew=True)
            raise
        if not answer.from_cache:
            session.keep(response, self._keep_until(request.source_id))
        return answer, reading

    def _send(self, session: _Session, request: Request, anew: bool) -> requests.Response:
        params = {**dict(request.params), **self._identity.parameters(request.source_id)}
        as_form = request.method == "POST" and not request.body
        session.beside = request.beside
        try:
            return session.request(
                request.method,
                self.base(request.source_id) + request.path,
                params=None if as_form else params,
                data=params if as_form else (request.body or None),
                headers={"Content-Type": "application/json"} if request.body else {},
                timeout=self._sources[request.source_id].timeout_seconds,
                force_refresh=anew,
            )
        except (requests.RequestException, HTTPError) as error:
            # The message of the library would repeat the whole address, key included.
            where = self.host(request.source_id) + request.path
            raise Fault("unreachable", f"{where}: {type(error).__name__}") from None

    def _answer(self, request: Request, response: requests.Response) -> Answer:
        body = response.content
        kept_at = getattr(response, "created_at", None) if getattr(response, "from_cache", False) else None
        query = f"?{urlencode(request.params)}" if request.params else ""
        return Answer(
            url=self.base(request.source_id) + request.path + query,
            status=response.status_code,
            content_type=response.headers.get("Content-Type", ""),
            body=body,
            asked_at=kept_at.astimezone(UTC).replace(tzinfo=None) if kept_at else self._now(),
            sha256=hashlib.sha256(body).hexdigest(),
            from_cache=kept_at is not None,
        )

    def _keep_until(self, source_id: str) -> datetime:
        days = min(self._sources[source_id].fresh_days, RESUME_DAYS)
        return datetime.now(UTC) + timedelta(days=days)

    def _wait(self, source_id: str) -> Callable[[float], None]:
        """How to wait before asking again. A stand-in on this machine needs no sparing."""
        return self._sleep or ((lambda _: None) if _is_loopback(self.host(source_id)) else self._pause)

    def _pause(self, seconds: float) -> None:
        """Wait, but no longer than the refresh lasts: one that is stopped must not sit out a long wait."""
        if self._closed.wait(seconds):
            raise _stopped()

    def _session(self, source_id: str) -> _Session:
        if source_id not in self._sessions:
            file = self._file(source_id)
            try:
                self._sessions[source_id] = self._opened_or_begun_anew(source_id, file)
            except (sqlite3.Error, OSError) as error:
                raise AnswersNotKept(file, error) from error
        return self._sessions[source_id]

    def _file(self, source_id: str) -> Path:
        return self._cache / f"{source_id}.sqlite"

    def _opened_or_begun_anew(self, source_id: str, file: Path) -> _Session:
        try:
            return self._opened(source_id, file)
        except sqlite3.DatabaseError as error:
            if not str(getattr(error, "sqlite_errorname", "")).startswith(_DAMAGED):
                raise  # full, read-only or locked: what it keeps is sound
            file.unlink()  # what it kept is only asked again
            return self._opened(source_id, file)

    def _opened(self, source_id: str, file: Path) -> _Session:
        self._cache.mkdir(parents=True, exist_ok=True)
        rate = allowed_rate(self._sources[source_id], self.host(source_id), self._identity)
        return _Session(self._identity, file, rate, _patience(self._wait(source_id)), self._closed)


def contact_problem(contact: str) -> str:
    """Why nobody can be reached at ``contact``, an e-mail address or an https page; empty if it is fine."""
    remedy = "write an e-mail address or the https address of a page about you, such as me@example.org"
    if not contact.isascii():
        return f"holds letters that no request can carry: {remedy}, in plain letters (accents as %C3%A9)."
    if not contact.isprintable():
        return f"holds characters that cannot be printed: {remedy}."
    if "://" in contact:
        problem = base_problem(contact) if contact.startswith("https://") else "is not an https address."
        return f"{problem} Please {remedy}." if problem else ""
    return (
        "" if _E_MAIL.fullmatch(contact) else f"is neither an e-mail address nor an https address: {remedy}."
    )


def base_problem(address: str) -> str:
    """Why ``address`` cannot be the base of a source, without repeating a password; empty if it can."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        return f"is no address: {error}."
    if parts.scheme not in ("http", "https"):
        return f"must begin with https:// or http://, not with {parts.scheme or 'nothing of the kind'}."
    if not parts.hostname or port == 0 or any(c.isspace() or not c.isprintable() for c in address):
        return "names no host that could be asked: write it like https://example.org/api."
    if "@" in parts.netloc:
        return "holds a user name or password, which would be sent and logged: leave it out."
    if "?" in address or "#" in address:
        return "holds a query or a fragment (behind ? or #), which no base address has: leave it out."
    return ""


def _base_setting(source_id: str) -> str:
    return f"LACUNA_BASE_{source_id.upper()}"


def allowed_rate(source: Source, host: str, identity: Identity) -> float:
    """Requests a second. Limits protect a service, so a stand-in on this machine has as good as none."""
    if _is_loopback(host):
        return _PER_SECOND_HERE
    if source.source_id in _NCBI_SOURCES and identity.ncbi_key:
        return _NCBI_PER_SECOND_WITH_KEY
    return source.per_second


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


class _Edge(requests.Session):
    """The bare session: bounded bodies, masked before anybody sees them, no way to another host.

    Once ``closed`` is set, no answer is waited for any longer than :data:`STOP_SECONDS`.
    """

    max_redirects = 3
    masking = Masking(())
    closed = threading.Event()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send, read no more than :func:`_bounded` does, mask."""
        kwargs["stream"] = True
        response = super().send(request, **kwargs)
        if not getattr(response, "_content_consumed", False):  # a redirect's target was read already
            self._bare(response)
            _fill(response, self.masking.body(_bounded(response, self.closed), _kind(response)))
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Follow a redirect within the same scheme and host only: keys must not travel elsewhere.

        Its own body is left unread, which the library would read to its end.
        """
        target: str | None = super().get_redirect_target(resp)
        if target:
            resp.close()
            _fill(resp, b"")
            there, here = urlsplit(target), urlsplit(resp.url)
            if there.netloc and (there.scheme or here.scheme, there.netloc) != (here.scheme, here.netloc):
                host = _printable(self.masking.text(there.hostname or ""))
                raise Fault("wrong_content", f"redirected to another host: {host}")
        return target

    def _bare(self, response: requests.Response) -> None:
        """Take away what a source may repeat of the request; only status, kind of content and body stay."""
        kind = _printable(self.masking.text(_kind(response)))
        response.headers = CaseInsensitiveDict({"Content-Type": kind} if kind else {})
        response.reason, response.encoding = "", None
        response.cookies.clear()


class _Watch:
    """Hangs up on a connection that takes beyond all reason, and soon once ``closed`` is set.

    The library's time limit is for one byte, and it reads on by itself until a line or a piece is whole:
    a source that drips keeps it for ever. ``late`` tells afterwards whether it was hung up on.
    """

    def __init__(self, line: Any, seconds: float, closed: threading.Event) -> None:
        # within a proxy's TLS the socket is one below
        self._line: socket.socket = line if isinstance(line, socket.socket) else line.socket
        self._seconds, self._closed, self._done = seconds, closed, threading.Event()
        self._thread = threading.Thread(target=self._wait, name="watch", daemon=True)
        self.late = False

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()  # so that it cannot hang up on what is read next

    def _wait(self) -> None:
        end, stopped = time.monotonic() + self._seconds, False
        while not self._done.wait(max(0.0, min(_GLANCE, end - time.monotonic()))):
            if self._closed.is_set() and not stopped:
                end, stopped = min(end, time.monotonic() + STOP_SECONDS), True
            if time.monotonic() >= end:
                self.late = True
                with suppress(OSError):  # it has ended by itself
                    socket.socket.shutdown(
                        self._line, socket.SHUT_RDWR
                    )  # past TLS, which another thread reads
                return


class _Watched(HTTPConnection):
    """A connection that hangs up on headers that take beyond all reason."""

    def __init__(self, closed: threading.Event, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._closed = closed

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as in the library itself
        """The answer with its headers read, its body not. Raises ``TimeoutError``, as the library does."""
        line = self.sock
        with _Watch(line, (self.timeout or 0.0) + HEAD_SECONDS, self._closed) as watch:
            response = super().getresponse()
        if watch.late:  # headers that break off are taken by the library as whole
            raise TimeoutError
        response.line = line  # type: ignore[attr-defined]  # for the watch over its body
        return response


class _WatchedSafe(_Watched, HTTPSConnection):
    """The same over TLS, whose own greeting the library bounds as a whole."""


class _Punctual(HTTPAdapter):
    """The library's way to a host, through watched connections."""

    def __init__(self, closed: threading.Event, **kwargs: Any) -> None:
        self._connections: dict[type, Callable[..., HTTPConnection]] = {
            HTTPConnection: partial(_Watched, closed),
            HTTPSConnection: partial(_WatchedSafe, closed),
        }
        super().__init__(**kwargs)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """The pool of connections to a host or its proxy."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = self._connections.get(pool.ConnectionCls, pool.ConnectionCls)
        return pool  # type: ignore[no-any-return]  # typed as its bare base there


def _kind(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "")


def _fill(response: requests.Response, body: bytes) -> None:
    """Make ``body`` all there is to read."""
    response._content = body
    vars(response)["_content_consumed"] = True


def _printable(text: str) -> str:
    """``text`` without what would steer a terminal that shows it."""
    return "".join(filter(str.isprintable, text))


class _Table(SQLiteDict):
    """A table of kept answers. Where the disk does not take what is written, the library would undo it in
    silence, or try for ever to begin."""

    @contextmanager
    def _acquire_sqlite_lock(self) -> Iterator[None]:
        """Write all that is inside, or raise :class:`sqlite3.OperationalError`."""
        with self._lock, self.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._active_transaction = True
            try:
                yield
                connection.commit()
            except sqlite3.OperationalError:
                connection.rollback()
                raise
            finally:
                self._active_transaction = False


class _Kept(SQLiteCache):
    """The file with the kept answers of one source, as the library lays it out."""

    def __init__(self, file: Path) -> None:
        BaseCache.__init__(self, cache_name=str(file))  # that of SQLiteCache fills in its own tables
        self.responses = _Table(file, table_name="responses", serializer="json")
        self.redirects = _Table(file, table_name="redirects", serializer=None, lock=self.responses._lock)


class _Session(CacheMixin, LimiterMixin, _Edge):
    """Cache over limiter over edge. The cache reads by itself and writes only through :meth:`keep`.

    ``beside`` is that of the request under way (see :class:`etl.model.Request`).
    """

    beside = ""

    def __init__(
        self, identity: Identity, file: Path, per_second: float, retry: Retry, closed: threading.Event
    ) -> None:
        super().__init__(
            backend=_Kept(file),
            per_second=per_second,
            burst=1 / per_second,  # evenly spaced, not a second's worth at once
            read_only=True,
            key_fn=self._key,
            allowable_methods=("GET", "POST"),
        )
        self.masking, self.closed = identity.masking(), closed
        self.headers["User-Agent"] = identity.user_agent
        self.mount("https://", _Punctual(closed, max_retries=retry))
        self.mount("http://", _Punctual(closed, max_retries=retry))
        self.cache.delete(expired=True)

    def keep(self, response: requests.Response, until: datetime) -> None:
        """Store an answer that could be read. On return it survives a kill."""
        key = self._key(response.history[0].request if response.history else response.request)
        response.history, response.request = [], _blank(response.request, self.masking)
        response.url = response.request.url or ""
        self.cache.save_response(response, key, until)

    def _key(self, request: Any, **_: Any) -> str:
        return _cache_key(request, self.beside)


def _cache_key(request: Any, beside: str) -> str:
    """What makes two requests the same: method, address and form without keys and contact, body, and
    the search that it stands beside."""
    address = urlsplit(request.url)
    body = request.body or b""
    content = body.decode() if isinstance(body, bytes) else body
    if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        content = _without_secrets(content)
    what = (request.method, address.scheme, address.netloc, address.path, _without_secrets(address.query))
    return hashlib.sha256("\n".join((*what, content, beside)).encode()).hexdigest()


def _without_secrets(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(sorted(pair for pair in pairs if pair[0] not in _SECRET_PARAMETERS))


def _blank(request: requests.PreparedRequest, masking: Masking) -> requests.PreparedRequest:
    """A request fit to be stored beside its answer: no key, no contact, no headers, no body."""
    address = urlunsplit(urlsplit(request.url or "")._replace(query=""))
    return requests.Request(request.method, masking.text(address)).prepare()


def _bounded(response: requests.Response, closed: threading.Event) -> bytes:
    """The whole body, refused when it grows or lasts beyond all reason; of trouble the beginning.

    Read as it comes in: to wait for a full chunk would be to wait for hours on a source that drips.
    """
    well = response.status_code < 300
    most, seconds = (MAX_BODY, MAX_SECONDS) if well else (MAX_TROUBLE, TROUBLE_SECONDS)
    body = bytearray()
    watch = _Watch(response.raw.line, seconds, closed)  # type: ignore[union-attr]  # set in _Watched
    try:
        with watch:
            while len(body) <= most and (chunk := response.raw.read1(_CHUNK, decode_content=True)):
                body += chunk
    except HTTPError:
        if not watch.late:
            raise
    if watch.late or len(body) > most:
        response.close()
        if closed.is_set():
            raise _stopped()
        if well:
            raise Fault("wrong_content", f"cut off after {len(body)} bytes")
    return bytes(body[:most])


def _stopped() -> Fault:
    return Fault("unreachable", "the refresh was stopped")


def _patience(sleep: Callable[[float], None]) -> Retry:
    """A bounded number of attempts, waiting as long as the service asks but never beyond a cap."""

    class Patient(Retry):
        def increment(self, *args: Any, **kwargs: Any) -> Patient:
            """Count an attempt and hang up: the library would read what is refused to its end first."""
            further = super().increment(*args, **kwargs)
            if response := kwargs.get("response"):
                response.close()
            return further

        def sleep(self, response: BaseHTTPResponse | None = None) -> None:
            sleep((self._asked(response) if response else 0) or self.get_backoff_time())

        def _asked(self, response: BaseHTTPResponse) -> float:
            """Seconds that the service asks for, up to the cap; 0 where it says nothing of sense."""
            try:
                return self.get_retry_after(response) or 0
            except InvalidHeader:
                return 0

        def get_backoff_time(self) -> float:
            """Longer each time. The library would not wait at all before the first retry."""
            return min(LONGEST_WAIT, BACKOFF_FACTOR * 2.0 ** (len(self.history) - 1))

    return Patient(
        total=RETRIES,
        status_forcelist=RETRIED_STATUS,
        allowed_methods=("GET", "POST"),
        retry_after_max=LONGEST_WAIT,
        raise_on_status=False,
    )


class _Secrets(logging.Filter):
    """Takes key and contact out of log lines: the libraries below log whole addresses."""

    def __init__(self, masking: Masking) -> None:
        super().__init__()
        self._masking = masking

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask in place, traceback included; every record passes."""
        record.msg, record.args = self._masking.text(record.getMessage()), ()
        if record.exc_info:
            record.exc_text, record.exc_info = logging.Formatter().formatException(record.exc_info), None
        if record.exc_text:
            record.exc_text = self._masking.text(record.exc_text)
        return True
