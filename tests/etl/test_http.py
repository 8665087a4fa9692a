"""The edge to the network, against a real server on loopback."""

from __future__ import annotations

import html
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from etl import http as edge
from etl.http import ContactMissing, Http, Identity, SettingMistake, allowed_rate
from etl.masking import Masking
from etl.model import Answer, Fault, Reading, Request
from etl.sources import ADAPTERS
from tests.double import Double, Raw, Rule
from tests.double.scenarios import imam_zero
from tests.etl.answers import imam, source

KEY, CONTACT = "s3cr3t-ncbi-key", "curator@example.org"
SOURCES = {s: source(s, per_second=3.0) for s in ("clinicaltrials_gov", "pubmed")}


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(imam_zero()) as running:
        yield running


class Client:
    """An :class:`Http` at the double, with its waits written down instead of waited."""

    def __init__(self, double: Double, folder: Path, **changes: Any) -> None:
        self.waits: list[float] = []
        sources = {sid: replace(s, **changes) for sid, s in SOURCES.items()}
        self.http = Http(
            sources,
            folder,
            Identity("1.0", CONTACT, KEY),
            environ=double.environ(),
            sleep=self.waits.append,
            now=lambda: datetime(2026, 11, 23, 12),
        )

    def ask(self, source_id: str = "clinicaltrials_gov", **kwargs: Any) -> tuple[Answer, Reading]:
        adapter = ADAPTERS[source_id]
        return self.http.ask(adapter.ask(imam(), "records"), adapter.read, **kwargs)

    def fault(self, source_id: str = "clinicaltrials_gov") -> Fault:
        with pytest.raises(Fault) as caught:
            self.ask(source_id)
        return caught.value


@pytest.fixture
def client(double: Double, tmp_path: Path) -> Iterator[Client]:
    made = Client(double, tmp_path / "answers")
    yield made
    made.http.close()


# --- who asks, and what stays secret ------------------------------------------------------------


def test_a_live_refresh_without_contact_is_refused_with_what_to_do(tmp_path: Path) -> None:
    http = Http(SOURCES, tmp_path, Identity("1.0"), environ={})
    with pytest.raises(ContactMissing, match=r"LACUNA_CONTACT=me@example\.org"):
        http.require_contact()
    Http(SOURCES, tmp_path, Identity("1.0", CONTACT), environ={}).require_contact()


def test_a_refresh_on_this_machine_needs_no_contact(double: Double, tmp_path: Path) -> None:
    http = Http(SOURCES, tmp_path, Identity("1.0"), environ=double.environ())
    http.require_contact()
    assert http.host("pubmed") == "127.0.0.1"


def test_contact_and_key_come_from_the_environment() -> None:
    identity = Identity.from_environment("2", {"LACUNA_CONTACT": " a@b ", "LACUNA_NCBI_KEY": "k"})
    assert (identity.contact, identity.ncbi_key, identity.user_agent) == ("a@b", "k", "lacuna/2 (+a@b)")


@pytest.mark.parametrize(
    "contact",
    [
        "me@example.org",
        "jane.doe+lacuna@mail.example.org",
        "https://example.org/~jane",
        "https://example.org",
    ],
)
def test_an_e_mail_address_or_a_page_is_a_contact(contact: str, tmp_path: Path) -> None:
    Http(SOURCES, tmp_path, Identity("1.0", contact), environ={}).require_contact()


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        ("me", "neither an e-mail address nor an https address"),
        ("a@b", "neither"),
        ("Jane Doe <me@example.org>", "neither"),
        ("me@example.org\r\nX-Other: 1", "cannot be printed"),
        ("http://example.org/me", "is not an https address"),
        ("https://", "names no host"),
        ("https://jane:pass@example.org", "user name or password"),
        ("Zoë@example.org", "letters that no request can carry"),
        ("連絡先@例え.jp", "letters that no request can carry"),
    ],
)
def test_what_reaches_nobody_is_refused_with_what_to_write(contact: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingMistake, match=rf"^LACUNA_CONTACT .*{said}.*me@example\.org") as told:
        Http(SOURCES, tmp_path, Identity("1.0", contact), environ={})
    assert "pass" not in str(told.value).replace("password", "")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp://example.org", "must begin with https:// or http://, not with ftp"),
        ("file:///etc/passwd", "must begin with"),
        ("example.org/api", "must begin with"),
        ("http://", "names no host"),
        ("http:///studies", "names no host"),
        ("https://exa mple.org", "names no host"),
        ("https://example.org:99999", "is no address"),
        ("https://example.org:0", "names no host"),
        ("https://me:s3cret@example.org/api", "user name or password"),
        ("https://me@example.org/api", "user name or password"),
        ("https://example.org/api?key=1", "query or a fragment"),
        ("https://example.org/api#here", "query or a fragment"),
        ("http://[::1", "is no address"),
    ],
)
def test_a_base_address_that_cannot_be_used_is_refused(address: str, said: str, tmp_path: Path) -> None:
    environ = {"LACUNA_BASE_PUBMED": address}
    with pytest.raises(SettingMistake, match=f"^LACUNA_BASE_PUBMED .*{said}") as told:
        Http(SOURCES, tmp_path, Identity("1.0", CONTACT), environ=environ)
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8099/pubmed/", "https://mirror.example.org", " http://[::1]:9 "]
)
def test_a_base_address_may_be_a_mirror_or_a_double(address: str, tmp_path: Path) -> None:
    http = Http(SOURCES, tmp_path, Identity("1.0", CONTACT), environ={"LACUNA_BASE_PUBMED": address})
    assert http.base("pubmed") == address.strip().rstrip("/")


def test_every_wrong_setting_is_told_at_once(tmp_path: Path) -> None:
    environ = {"LACUNA_BASE_PUBMED": "x", "LACUNA_BASE_CLINICALTRIALS_GOV": "y"}
    with pytest.raises(SettingMistake) as told:
        Http(SOURCES, tmp_path, Identity("1.0", "nobody"), environ=environ)
    assert len(str(told.value).splitlines()) == 3


def test_ncbi_gets_tool_contact_and_key_and_nobody_else_does(client: Client, double: Double) -> None:
    client.ask("pubmed")
    client.ask("clinicaltrials_gov")
    (to_pubmed,), (to_trials,) = double.asked("pubmed"), double.asked("clinicaltrials_gov")
    params = dict(to_pubmed.params)
    assert (params["tool"], params["email"], params["api_key"]) == ("lacuna", CONTACT, KEY)
    assert not {"tool", "email", "api_key"} & {name for name, _ in to_trials.params}
    assert to_trials.user_agent == f"lacuna/1.0 (+{CONTACT})"


def test_keys_and_contact_are_in_no_answer_and_no_file(
    client: Client, double: Double, tmp_path: Path
) -> None:
    echoed = {
        "header": {"api_key": KEY},
        "esearchresult": {"count": "0", "idlist": [], "note": f"to {CONTACT}"},
    }
    double.rules.insert(0, Rule("pubmed", "/esearch.fcgi", Raw(json.dumps(echoed).encode())))
    answer, _ = client.ask("pubmed")
    client.http.close()
    stored = b"".join(p.read_bytes() for p in tmp_path.rglob("*.sqlite*"))
    for secret in (KEY, CONTACT, CONTACT.replace("@", "%40")):
        assert (
            secret not in answer.url and secret.encode() not in answer.body and secret.encode() not in stored
        )
    assert b"masked" in answer.body and stored


def test_what_a_source_repeats_in_headers_cookies_and_addresses_is_not_kept(
    client: Client, double: Double, tmp_path: Path
) -> None:
    said = f"{KEY} {CONTACT}"
    headers = (("Link", f"</x?api_key={KEY}>"), ("X-Asked-By", said), ("Set-Cookie", f"who={CONTACT}"))
    zero = json.dumps({"header": {}, "esearchresult": {"count": "0", "idlist": []}}).encode()
    there = f"/pubmed/for/{KEY}/{CONTACT}"
    double.rules[:0] = [
        Rule("pubmed", "/esearch.fcgi", Raw(b"", 301, "text/plain", (*headers, ("Location", there)))),
        Rule("pubmed", there.removeprefix("/pubmed"), Raw(zero, 200, f"text/plain; for={said}", headers)),
    ]
    request = ADAPTERS["pubmed"].ask(imam(), "count")
    for kept in (False, True):
        answer, _ = client.http.ask(request, lambda _r, _a: Reading(0))
        assert answer.content_type == "text/plain; for=masked masked"
        assert answer.from_cache == kept
    client.http.close()
    stored = b"".join(p.read_bytes() for p in tmp_path.rglob("*.sqlite*"))
    assert KEY.encode() not in stored and b"curator" not in stored and b"for=masked" in stored


@pytest.mark.parametrize("secret", ["https://example.org/~me", "jane+doe@example.org", 'a "k&y" <1>'])
@pytest.mark.parametrize("case", [str, str.upper, str.lower])
def test_a_secret_is_masked_in_every_form_that_it_is_written_in(
    secret: str, case: Callable[[str], str]
) -> None:
    numbers = [ord(c) for c in secret]
    forms = [secret, json.dumps(secret)[1:-1], json.dumps(secret).replace("/", "\\/")[1:-1]]
    forms += [json.dumps(json.dumps(secret))[3:-3], html.escape(secret), quote(secret), quote_plus(secret)]
    forms += [quote(secret, safe=""), quote(quote(secret, safe=""), safe=""), secret.replace("+", " ")]
    forms += [
        "".join(form % n for n in numbers) for form in ("\\u%04x", "\\x%02x", "%%%02x", "&#%d;", "&#x%x;")
    ]
    forms += [secret.replace("@", "&commat;").replace("+", "&plus;").replace("/", "&sol;")]
    forms += [secret.replace("@", r"\u0040").replace("+", "%2b").replace("/", r"\/")]
    masking = Masking((secret,))
    for form in forms if case is str else [case(form) for form in forms[:4]]:
        assert masking.text(f"to {form}, it said") == "to masked, it said"
        assert masking.body(f"to {form}, it said".encode()) == b"to masked, it said"
    assert masking.text(other := "https://example.org/~you jan+doe@example.org a k&y") == other


def test_an_echoed_address_is_masked_before_it_is_hashed(client: Client, double: Double) -> None:
    body = b'{"error":"API rate limit exceeded","api-key":"203.0.113.9","count":"4","limit":"3"}'
    double.rules.insert(0, Rule("pubmed", "/esearch.fcgi", Raw(body)))
    seen: list[Answer] = []

    def read(request: Request, answer: Answer) -> Reading:
        seen.append(answer)
        return ADAPTERS["pubmed"].read(request, answer)

    with pytest.raises(Fault, match="rate_limited"):
        client.http.ask(ADAPTERS["pubmed"].ask(imam(), "count"), read)
    assert b"203.0.113.9" not in seen[0].body and b'"api-key":"masked"' in seen[0].body


def test_keys_are_in_no_log_line(client: Client, double: Double, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    double.switch("pubmed", "reset")
    fault = client.fault("pubmed")
    assert fault.code == "unreachable" and "urllib3" in caplog.text
    assert KEY not in caplog.text and "curator" not in caplog.text and KEY not in str(fault)


def test_a_contact_with_a_plus_is_in_no_log_line_in_any_form(
    double: Double, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The library writes the address that it sends into its log, with the contact as a form has it."""
    caplog.set_level(logging.DEBUG)
    http = Http(SOURCES, tmp_path, Identity("1.0", "jane+doe@example.org", KEY), environ=double.environ())
    adapter = ADAPTERS["pubmed"]
    http.ask(adapter.ask(imam(), "count"), adapter.read)
    assert "email=masked" in caplog.text
    assert "jane" not in caplog.text
    for form in ("Jane Doe", "Jane+Doe", "Jane%20Doe", "jane+doe"):
        masked = Identity("1.0", "Jane Doe").masking().text(f"GET /x?email={form}&y=1")
        assert masked == "GET /x?email=masked&y=1"
    http.close()


def test_a_secret_in_a_logged_traceback_is_masked(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError(f"no answer from /x?api_key={KEY}")
    except ValueError:
        logging.getLogger("urllib3.connectionpool").exception("it failed")
    assert KEY not in caplog.text and "api_key=masked" in caplog.text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", "<html><p>Blocked: <b>{}</b></p></html>"),
        ("text/html; charset=utf-8", "Your IP: {}."),
        ("text/plain", "<!DOCTYPE html><html><body>{} was blocked"),
        ("text/xml", '<?xml version="1.0"?><error><clientIp>{}</clientIp></error>'),
        ("application/xml", '<error ip="{}">too many requests</error>'),
        ("text/xml", "<ERROR>Too many requests from your IP address {}.</ERROR>"),
        ("text/plain", "REMOTE_ADDR={}"),
        ("application/json", '{{"error": "Client IP is {}"}}'),
    ],
)
@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::7"])
def test_an_address_that_a_page_tells_back_is_masked(
    client: Client, double: Double, content_type: str, body: str, address: str
) -> None:
    double.rules.insert(
        0, Rule("pubmed", "/esearch.fcgi", Raw(body.format(address).encode(), 200, content_type))
    )
    answer, _ = client.http.ask(ADAPTERS["pubmed"].ask(imam(), "count"), lambda _r, _a: Reading(0))
    assert answer.body.decode() == body.format("masked")


@pytest.mark.parametrize(
    "body",
    [
        "<RegistryNumber>EC 3.4.24.11</RegistryNumber><Abstract>version 1.2.3.4 at 12:30:45</Abstract>",
        "<AbstractText>The recipient 10.1.1.1 group; skip 2.7.11.1; IP 3 of 10</AbstractText>",
        '{"doi": "10.1136/ard.59.1.65", "id": "EUCTR2015-003289-27", "ip": null}',
    ],
)
def test_what_only_looks_like_an_address_stays(body: str) -> None:
    assert Identity("1.0").masking().body(body.encode(), "text/xml") == body.encode()


# --- what is kept -------------------------------------------------------------------------------


def test_a_good_answer_is_asked_for_once(client: Client, double: Double) -> None:
    first, reading = client.ask()
    again, same = client.ask()
    assert len(double.log) == 1 and (first.from_cache, again.from_cache) == (False, True)
    assert (first.body, first.sha256, first.url) == (again.body, again.sha256, again.url) and reading == same


def test_a_kept_answer_survives_the_process_without_being_closed(
    client: Client, double: Double, tmp_path: Path
) -> None:
    client.ask()
    other = Client(double, tmp_path / "answers")
    answer, _ = other.ask()
    assert answer.from_cache and len(double.log) == 1
    other.http.close()


def test_a_kept_answer_tells_when_it_was_received_not_when_it_was_looked_up(client: Client) -> None:
    client.ask()
    again, _ = client.ask()
    assert again.asked_at.tzinfo is None and abs(again.asked_at - datetime.utcnow()) < timedelta(minutes=1)  # noqa: DTZ003


def test_anew_passes_over_a_kept_answer_and_keeps_the_new_one(client: Client, double: Double) -> None:
    client.ask()
    answer, _ = client.ask(anew=True)
    client.ask()
    assert not answer.from_cache and len(double.log) == 2


def test_forget_drops_what_was_kept(client: Client, double: Double) -> None:
    client.ask()
    client.http.forget("clinicaltrials_gov")
    client.ask()
    assert len(double.log) == 2


def test_a_kept_answer_does_not_outlive_its_time(
    client: Client, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "RESUME_DAYS", 0)
    client.ask()
    client.ask()
    assert len(double.log) == 2


def test_a_damaged_file_of_kept_answers_is_begun_anew(double: Double, tmp_path: Path) -> None:
    (tmp_path / "clinicaltrials_gov.sqlite").write_bytes(b"this is no database at all, " * 100)
    mended = Client(double, tmp_path)
    mended.ask()
    assert mended.ask()[0].from_cache and len(double.log) == 1
    mended.http.close()


def test_posted_queries_are_kept_apart(client: Client, double: Double) -> None:
    adapter = ADAPTERS["pubmed"]
    for last in ("a", "b", "a"):
        names = tuple(f"A made up disease of number {n}{last}" for n in range(60))
        client.http.ask(adapter.ask(imam(phrases=names), "count"), adapter.read)
    assert [e.method for e in double.log] == ["POST", "POST"]
    assert dict(double.log[0].params)["api_key"] == KEY


@pytest.mark.parametrize(
    "kind", ["rate_limited", "error_500", "html_200", "truncated", "invalid_json", "reset"]
)
@pytest.mark.parametrize("source_id", ["clinicaltrials_gov", "pubmed"])
def test_what_could_not_be_read_is_never_kept(
    client: Client, double: Double, source_id: str, kind: str
) -> None:
    double.switch(source_id, kind)
    fault = client.fault(source_id)
    expected = {"rate_limited": "rate_limited", "error_500": "http_status", "html_200": "wrong_content"}
    expected |= {"truncated": "unreachable", "invalid_json": "not_parsable", "reset": "unreachable"}
    assert fault.code == expected[kind]
    double.mend()
    answer, _ = client.ask(source_id)
    assert not answer.from_cache and answer.status == 200


def test_an_answer_kept_by_a_more_contented_reader_is_asked_again(client: Client, double: Double) -> None:
    request = ADAPTERS["pubmed"].ask(imam(), "count")
    client.http.ask(request, lambda _request, _answer: Reading(0))
    seen: list[bool] = []

    def stricter(_request: Request, answer: Answer) -> Reading:
        seen.append(answer.from_cache)
        if answer.from_cache:
            raise Fault("schema_drift", "old form")
        return Reading(3)

    assert client.http.ask(request, stricter)[1].total == 3
    assert seen == [True, False] and len(double.log) == 2


# --- patience and limits ------------------------------------------------------------------------


def test_retry_after_is_honoured_and_bounded(client: Client, double: Double) -> None:
    double.switch("pubmed", "rate_limited", times=2)
    answer, _ = client.ask("pubmed")
    assert answer.status == 200 and client.waits == [2, 2]


def test_a_long_retry_after_is_capped(client: Client, double: Double) -> None:
    busy = Raw(b"busy", 503, "text/plain", (("Retry-After", "86400"),))
    double.rules.insert(0, Rule("clinicaltrials_gov", "/studies", busy))
    assert client.fault().code == "http_status"
    assert client.waits == [edge.LONGEST_WAIT] * edge.RETRIES


@pytest.mark.parametrize(
    ("retry_after", "waits"),
    [
        ("0", [1, 2, 4]),
        ("soon", [1, 2, 4]),
        ("-5", [1, 2, 4]),
        ("7", [7, 7, 7]),
        ("61", [60, 60, 60]),
        ("Fri, 01 Jan 2100 00:00:00 GMT", [60, 60, 60]),
        ("Fri, 01 Jan 2010 00:00:00 GMT", [1, 2, 4]),
    ],
)
def test_a_retry_waits_as_asked_within_reason_or_longer_each_time(
    client: Client, double: Double, retry_after: str, waits: list[float]
) -> None:
    busy = Raw(b"busy", 503, "text/plain", (("Retry-After", retry_after),))
    double.rules.insert(0, Rule("clinicaltrials_gov", "/studies", busy))
    assert client.fault().code == "http_status"
    assert client.waits == waits


def test_no_retry_comes_at_once(client: Client, double: Double) -> None:
    double.switch("clinicaltrials_gov", "error_500")
    client.fault()
    assert client.waits == [1, 2, 4]
    assert len(double.log) == 1 + edge.RETRIES


def test_the_wait_between_retries_has_a_cap(
    client: Client, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "RETRIES", 8)
    double.switch("clinicaltrials_gov", "error_500")
    client.fault()
    assert client.waits == [1, 2, 4, 8, 16, 32, edge.LONGEST_WAIT, edge.LONGEST_WAIT]


def test_a_web_page_with_status_200_is_tried_once_more(client: Client, double: Double) -> None:
    double.switch("clinicaltrials_gov", "html_200", times=1)
    answer, _ = client.ask()
    assert answer.status == 200 and len(double.log) == 2


def test_a_plain_refusal_is_not_tried_again(client: Client, double: Double) -> None:
    refused = Raw(b"`filter.phase` is unknown parameter", 400, "text/plain")
    double.rules.insert(0, Rule("clinicaltrials_gov", "/studies", refused))
    assert "400" in client.fault().detail
    assert len(double.log) == 1 and client.waits == []


def test_a_silent_service_ends_in_a_timeout(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "RETRIES", 0)
    double.switch("clinicaltrials_gov", "slow")
    slow = Client(double, tmp_path, timeout_seconds=0.05)
    assert slow.fault().code == "unreachable"
    slow.http.close()


def test_a_body_beyond_all_reason_is_cut_off(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "MAX_BODY", 10)
    assert client.fault().code == "wrong_content"


@pytest.mark.parametrize("target", ["http://localhost:1/x", "https://127.0.0.1/x", "//example.org/x"])
def test_a_redirect_to_another_host_is_refused(client: Client, double: Double, target: str) -> None:
    moved = Raw(b"", 302, "text/plain", (("Location", target),))
    double.rules.insert(0, Rule("clinicaltrials_gov", "/studies", moved))
    assert "another host" in client.fault().detail


def test_a_redirect_within_the_host_is_followed_and_kept(client: Client, double: Double) -> None:
    there = Raw(b"", 301, "text/plain", (("Location", "/clinicaltrials_gov/version"),))
    double.rules.insert(0, Rule("clinicaltrials_gov", "/studies", there))
    request = ADAPTERS["clinicaltrials_gov"].ask(imam(), "count")
    for _ in range(2):
        answer, _reading = client.http.ask(request, lambda _r, _a: Reading(0))
        assert b"dataTimestamp" in answer.body
    assert len(double.log) == 2


@pytest.mark.parametrize("code", [200, 404])
def test_control_characters_of_a_source_never_steer_a_terminal(
    client: Client, double: Double, code: int
) -> None:
    planted = "text/html\x1b]0;owned\x07"
    double.rules.insert(0, Rule("clinicaltrials_gov", "/studies", Raw(b"no", code, planted)))
    answer, _ = client.http.ask(
        ADAPTERS["clinicaltrials_gov"].ask(imam(), "count"), lambda _r, _a: Reading(0)
    )
    assert answer.content_type == "text/html]0;owned"


class Flood:
    """A source that answers at ``/start`` with ``status`` and as good as without end, elsewhere in short.

    ``sent`` counts the bytes of the long bodies, ``asked`` the requests.
    """

    CHUNK = b"x" * 65536

    def __init__(self, status: int, chunk: bytes = CHUNK) -> None:
        self.sent, self.asked = 0, 0
        flood, pieces = self, 1_000 if len(chunk) > 1 else 1_000_000

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                flood.asked += 1
                long = "start" in self.path
                self.send_response(status if long else 200)
                self.send_header("Location", "/end")
                self.end_headers()
                try:
                    for _ in range(pieces if long else 0):
                        self.wfile.write(chunk)
                        flood.sent += len(chunk)
                except OSError:  # hung up, as it should
                    pass

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def client(self, folder: Path, sleep: Callable[[float], None] = lambda _: None) -> Http:
        environ = {"LACUNA_BASE_PUBMED": f"http://127.0.0.1:{self.server.server_port}"}
        return Http({"pubmed": SOURCES["pubmed"]}, folder, Identity("1"), environ=environ, sleep=sleep)

    def ask(self, http: Http) -> Answer:
        return http.ask(Request("pubmed", "count", "/start"), lambda _r, _a: Reading(0))[0]


@pytest.fixture
def flood(request: pytest.FixtureRequest) -> Iterator[Flood]:
    made = Flood(*request.param)
    yield made
    made.server.shutdown()
    made.server.server_close()


#: What stands in the buffers of this machine between a server and one who reads no further.
BUFFERED = 16 * 1024 * 1024


@pytest.mark.parametrize("flood", [[302], [307]], indirect=True)
def test_the_body_of_a_redirect_is_not_read(flood: Flood, tmp_path: Path) -> None:
    http = flood.client(tmp_path)
    assert flood.ask(http).body == b"" and flood.asked == 2
    http.close()
    assert flood.sent < BUFFERED


@pytest.mark.parametrize("flood", [[503], [429]], indirect=True)
def test_a_refused_answer_is_not_read_before_it_is_asked_again_and_then_only_its_beginning(
    flood: Flood, tmp_path: Path
) -> None:
    http = flood.client(tmp_path)
    answer = flood.ask(http)
    http.close()
    assert flood.asked == 1 + edge.RETRIES and answer.body == b"x" * edge.MAX_TROUBLE
    assert flood.sent < flood.asked * BUFFERED


@pytest.mark.parametrize("flood", [[503, b"x"]], indirect=True)
def test_trouble_that_drips_is_not_waited_for(
    flood: Flood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "TROUBLE_SECONDS", 0.0)
    http = flood.client(tmp_path)
    assert 0 < len(flood.ask(http).body) < edge.MAX_TROUBLE
    http.close()


@pytest.mark.parametrize("flood", [[200, b"x"]], indirect=True)
def test_an_answer_without_end_is_not_waited_for_once_the_refresh_is_stopped(
    flood: Flood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "STOP_SECONDS", 0.0)
    http = flood.client(tmp_path)

    def stop() -> None:
        while not flood.sent:
            time.sleep(0.001)
        http.close()

    threading.Thread(target=stop, daemon=True).start()
    with pytest.raises(Fault, match="the refresh was stopped"):
        flood.ask(http)
    assert flood.asked == 1, "nothing is asked again once all is stopped"
    assert flood.sent < 1_000_000


class Dripping(ThreadingHTTPServer):
    """A source that begins to answer with ``beginning`` and goes on with ``drop`` until it is let go."""

    daemon_threads = True

    def __init__(self, beginning: bytes, drop: bytes) -> None:
        self.asked, self.let_go = 0, threading.Event()
        dripping = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                dripping.asked += 1
                self.close_connection = True
                try:
                    self.wfile.write(beginning)
                    while not dripping.let_go.wait(0.005):
                        self.wfile.write(drop)
                except OSError:  # hung up, as it should
                    pass

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)


@contextmanager
def dripping(beginning: bytes, drop: bytes, folder: Path) -> Iterator[tuple[Dripping, Http]]:
    with Dripping(beginning, drop) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        environ = {"LACUNA_BASE_PUBMED": f"http://127.0.0.1:{server.server_port}"}
        sources = {"pubmed": replace(SOURCES["pubmed"], timeout_seconds=0.3)}
        http = Http(sources, folder, Identity("1"), environ=environ)
        yield server, http
        http.close()
        server.let_go.set()
        server.shutdown()


WELL = b"HTTP/1.1 200 OK\r\n"
CHUNKED = WELL + b"Transfer-Encoding: chunked\r\n\r\n"
DRIPPING_HEADERS = {
    "a header": (WELL + b"X-Drip: ", b"x"),
    "one beginning after another": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the status": (b"HTTP/1.1 ", b"2"),
}
DRIPPING_BODIES = {
    "a body": (WELL + b"\r\n", b"x"),
    "headers after a body": (CHUNKED + b"1\r\nx\r\n0\r\nX-Drip: ", b"x"),
    "the size of a piece": (CHUNKED + b"1;", b"x"),
    "the name of a packed file": (WELL + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08" + b"\0" * 6, b"x"),
}


@pytest.mark.parametrize("drips", DRIPPING_HEADERS)
def test_headers_that_drip_are_hung_up_on_and_asked_for_again(
    drips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "HEAD_SECONDS", 0.0)
    with dripping(*DRIPPING_HEADERS[drips], tmp_path) as (server, http):
        with pytest.raises(Fault, match="unreachable"):
            http.ask(Request("pubmed", "count", "/"), lambda _r, _a: Reading(0))
        assert server.asked > 1


@pytest.mark.parametrize("drips", DRIPPING_BODIES)
def test_whatever_drips_in_a_body_is_cut_off(
    drips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "MAX_SECONDS", 0.3)
    with dripping(*DRIPPING_BODIES[drips], tmp_path) as (_, http), pytest.raises(Fault, match="cut off"):
        http.ask(Request("pubmed", "count", "/"), lambda _r, _a: Reading(0))


@pytest.mark.parametrize("drips", [*DRIPPING_HEADERS, *DRIPPING_BODIES])
def test_nothing_that_drips_is_waited_for_once_the_refresh_is_stopped(
    drips: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "STOP_SECONDS", 0.0)
    with dripping(*{**DRIPPING_HEADERS, **DRIPPING_BODIES}[drips], tmp_path) as (server, http):

        def stop() -> None:
            while not server.asked:
                time.sleep(0.001)
            http.close()

        threading.Thread(target=stop, daemon=True).start()
        with pytest.raises(Fault, match="unreachable"):
            http.ask(Request("pubmed", "count", "/"), lambda _r, _a: Reading(0))


def test_a_connection_that_was_watched_answers_the_next_request(
    client: Client, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "HEAD_SECONDS", 0.0)
    for _ in range(3):
        client.ask(anew=True)
    assert len(double.log) == 3
    assert [thread for thread in threading.enumerate() if thread.name == "watch"] == []


def test_rates_by_source_key_and_place() -> None:
    pubmed = SOURCES["pubmed"]
    assert allowed_rate(pubmed, "eutils.ncbi.nlm.nih.gov", Identity("1")) == 3.0
    assert allowed_rate(pubmed, "eutils.ncbi.nlm.nih.gov", Identity("1", "", "key")) == 10.0
    assert allowed_rate(SOURCES["clinicaltrials_gov"], "clinicaltrials.gov", Identity("1", "", "key")) == 3.0
    assert allowed_rate(pubmed, "127.0.0.1", Identity("1")) > 100


def test_the_rate_is_kept_and_kept_answers_cost_nothing(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "_PER_SECOND_HERE", 10.0)
    limited = Client(double, tmp_path)
    begun = time.monotonic()
    for _ in range(3):
        limited.ask(anew=True)
    asked = time.monotonic() - begun
    for _ in range(20):
        limited.ask()
    kept = time.monotonic() - begun - asked
    limited.http.close()
    assert asked >= 0.19 and kept < 0.5
