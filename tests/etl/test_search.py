"""Rungs, pages, controls and faults: searching without network or clock, then the whole command."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from etl import commit, refresh, search, snapshot
from etl.model import Answer, Control, Fault, Reading, Record, Request, Rung, Search, Terms
from etl.search import Gathered, Interrupted, gather, nonsense_terms, positive_terms
from etl.sources import ADAPTERS
from tests.double import Double, Hits, Known, Rule, Trials
from tests.double.scenarios import imam_zero, study
from tests.etl.answers import NAME, NOON, answer, imam, source


class Script:
    """A stand-in for the network and for an adapter at once: what ``pages`` says is what comes back.

    ``pages`` maps the text of a query to its pages; a page is a reading or a fault.
    """

    SOURCE_ID, INTERFACE, QUERY_PARAMETER = "script", "a script", "q"

    def __init__(self, pages: Mapping[str, Sequence[Reading | Fault]]) -> None:
        self.pages = pages
        self.asked: list[tuple[str, int, bool]] = []

    def base(self, source_id: str) -> str:
        return f"https://{self.host(source_id)}/api"

    def host(self, source_id: str) -> str:
        return f"{source_id}.example.org"

    @staticmethod
    def ask(terms: Terms, purpose: Any) -> Request:
        if purpose == "known_items" and not terms.known_items:
            raise Fault("query_refused", "no known item")
        known = tuple((i.pmid, i.reference_id) for i in terms.known_items) if purpose == "known_items" else ()
        text = f"{purpose}:{' OR '.join((*terms.phrases, *terms.acronyms))}"
        return Request("script", purpose, "/", (("q", text),), rung=terms.rung, continuation=known)

    def read(self, request: Request, answered: Answer) -> Reading:
        raise AssertionError("the script reads for itself")

    def answer(self, request: Request, anew: bool) -> tuple[Answer, Reading]:
        params = dict(request.params)
        at = int(params.get("page", "0"))
        self.asked.append((params["q"], at, anew))
        pages = self.pages.get(params["q"], [Reading(0)])
        page = pages[min(at + (len(self.asked) if "restart" in params["q"] and anew else 0), len(pages) - 1)]
        if isinstance(page, Fault):
            raise page
        return answer(f"{params['q']}{at}"), page


class Http(Script):
    """The script in the place of the network."""

    def ask(
        self, request: Request, read: Callable[..., Reading], *, anew: bool = False
    ) -> tuple[Answer, Reading]:  # type: ignore[override]
        return self.answer(request, anew)


def page_request(text: str, at: int) -> Request:
    return Request("script", "records", "/", (("q", text), ("page", str(at))))


def record(number: str, title: str = NAME) -> Record:
    return Record("script", number, "trial", title, "")


def run(
    pages: Mapping[str, Sequence[Reading | Fault]],
    *terms: Terms,
    http: Http | None = None,
    **changes: Any,
) -> Gathered:
    script = source("script", **{"rungs": ("name", "synonyms", "broader"), "known_items": False, **changes})
    asked: dict[str, list[Terms]] = {}
    for term in terms or (imam(),):
        asked.setdefault(term.disease_id, []).append(term)
    network = http or Http(pages)
    return gather(network, [script], asked, "s1", now=lambda: NOON, adapters={"script": Script({})})


QUERY = f"records:{NAME}"


# --- one search ---------------------------------------------------------------------------------


def test_a_search_tells_all_that_prisma_wants() -> None:
    reading = Reading(1, (record("1"),), ("1",), echo="as asked", register_size=9, data_version="v1")
    (found,) = run({QUERY: [reading]}).searches
    assert (found.search_id, found.query, found.interface) == ("s1:script:imam:name", QUERY, "a script")
    assert (found.total, found.received, found.complete, found.requests) == (1, 1, True, 1)
    assert (found.echo, found.register_size, found.data_version, found.asked_at) == (
        "as asked",
        9,
        "v1",
        NOON,
    )
    assert found.answers == (answer(f"{QUERY}0").sha256,)


def test_pages_are_followed_until_none_is_left() -> None:
    pages = [
        Reading(2, (record("1"),), ("1",), then=(page_request(QUERY, 1),)),
        Reading(None, then=(page_request(QUERY, 2),)),
        Reading(None, (record("2"),), ("2",)),
    ]
    gathered = run({QUERY: pages})
    assert gathered.searches[0].complete and gathered.searches[0].requests == 3
    assert [r.record_id for r in gathered.records] == ["1", "2"]


def test_distinct_ids_that_are_not_the_total_are_incomplete() -> None:
    pages = [
        Reading(2, (record("1"),), ("1",), then=(page_request(QUERY, 1),)),
        Reading(None, (record("1"),), ("1",)),
    ]
    http = Http({QUERY: pages})
    (found,) = run({}, http=http).searches
    assert (found.complete, found.received, found.total, found.fault) == (False, 1, 2, "")
    of_search = [asked for asked in http.asked if asked[0] == QUERY]
    assert of_search == [(QUERY, 0, False), (QUERY, 1, False), (QUERY, 0, True), (QUERY, 1, True)]


def test_a_warning_of_incompleteness_makes_the_search_incomplete() -> None:
    reading = Reading(1, (), ("1",), warnings=(("incomplete", "not delivered: 1"),))
    (found,) = run({QUERY: [reading]}).searches
    assert not found.complete and found.warnings[0].code == "incomplete"
    assert found.warnings[0].source_id == "script"


def test_a_refused_page_token_starts_the_query_once_more() -> None:
    text = "records:restart"
    pages: list[Reading | Fault] = [
        Reading(1, then=(page_request(text, 1),)),
        Fault("http_status", "400: page token"),
        Reading(1, (record("7"),), ("7",)),
    ]
    http = Http({text: pages})
    (found,) = run({}, imam(phrases=("restart",)), http=http).searches
    assert found.complete and found.received == 1 and not found.fault
    assert [(at, anew) for text_, at, anew in http.asked if text_ == text] == [
        (0, False),
        (1, False),
        (0, True),
    ]


def test_a_page_refused_twice_is_a_fault() -> None:
    pages: list[Reading | Fault] = [Reading(1, then=(page_request(QUERY, 1),)), Fault("http_status", "400")]
    (found,) = run({QUERY: pages}).searches
    assert (found.fault, found.complete, found.total) == ("http_status", False, None)


def test_a_source_that_hands_out_the_same_page_again_is_a_fault() -> None:
    pages = [Reading(5, then=(page_request(QUERY, 1),)), Reading(None, then=(page_request(QUERY, 1),))]
    (found,) = run({QUERY: pages}).searches
    assert (found.fault, found.total) == ("incomplete", None)


def test_a_source_that_hands_out_pages_without_end_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST_REQUESTS", 3)
    pages = [Reading(9, then=(page_request(QUERY, at),)) for at in range(1, 9)]
    (found,) = run({QUERY: pages}).searches
    assert found.fault == "incomplete" and "more than 3 requests" in found.fault_detail


@pytest.mark.parametrize("code", ["unreachable", "rate_limited", "wrong_content", "error_body"])
def test_a_failure_is_never_a_zero_and_the_others_go_on(code: str) -> None:
    pages: dict[str, list[Reading | Fault]] = {QUERY: [Fault(code, "why")], "records:Other": [Reading(0)]}
    failed, fine = run(pages, imam(), Terms("other", "name", ("Other",))).searches
    assert (failed.fault, failed.fault_detail, failed.complete, failed.total) == (code, "why", False, None)
    assert (fine.fault, fine.complete, fine.total) == ("", True, 0)


def test_a_form_the_adapter_stumbles_over_is_schema_drift() -> None:
    class Reads(Http):
        def ask(self, request: Request, read: Callable[..., Reading], *, anew: bool = False) -> Any:  # type: ignore[override]
            return answer("x"), read(request, answer("x"))

    class Stumbles(Script):
        def read(self, request: Request, answered: Answer) -> Reading:
            raise KeyError("studies")

    gathered = gather(
        Reads({}),
        [source("script")],
        {"imam": [imam()]},
        "s1",
        now=lambda: NOON,
        adapters={"script": Stumbles({})},
    )
    assert gathered.searches[0].fault == "schema_drift" and "studies" in gathered.searches[0].fault_detail


def test_a_query_refused_before_sending_is_a_fault_of_that_search() -> None:
    bare = source("clinicaltrials_gov", positive_controls=(), nonsense_control="")
    terms = {"imam": [imam(phrases=("NCT01234567",))]}
    (found,) = gather(Http({}), [bare], terms, "s1", now=lambda: NOON).searches
    assert (found.fault, found.requests, found.total) == ("query_refused", 0, None)


def test_a_source_that_keeps_failing_is_not_asked_again_in_this_run() -> None:
    names = [Terms(f"d{n}", "name", (f"D{n}",)) for n in range(6)]
    http = Http({f"records:D{n}": [Fault("rate_limited", "slow down")] for n in range(6)})
    gathered = run({}, *names, http=http, positive_controls=(), nonsense_control="")
    assert [s.fault for s in gathered.searches] == ["rate_limited"] * 3 + ["unreachable"] * 3
    assert "failed 3 times in a row" in gathered.searches[-1].fault_detail
    assert len(http.asked) == 3 and all(s.total is None for s in gathered.searches)


def test_rungs_the_source_does_not_declare_are_not_asked() -> None:
    gathered = run({}, imam("name"), imam("broader"), rungs=("name",))
    assert [s.rung for s in gathered.searches] == ["name"]


# --- records ------------------------------------------------------------------------------------


def test_hits_that_do_not_name_the_disease_are_rejected_or_broader() -> None:
    other = record("9", "Polymyositis")
    broader = imam("broader", phrases=("Polymyositis",))
    pages = {QUERY: [Reading(1, (other,), ("9",))], "records:Polymyositis": [Reading(1, (other,), ("9",))]}
    gathered = run(pages, imam(), broader)
    assert [(m.search_id, m.match) for m in gathered.matches] == [
        ("s1:script:imam:name", "rejected"),
        ("s1:script:imam:broader", "broader"),
    ]
    assert len(gathered.records) == 1


def test_an_acronym_names_the_disease_under_every_rung() -> None:
    terms = (imam(), imam("synonyms", acronyms=("IMAM",)), imam("broader", phrases=("Group",)))
    reading = Reading(1, (record("3", "IMAM and other myopathies"),), ("3",))
    gathered = run({"records:Group": [reading]}, *terms)
    assert [(m.match, m.matched_name) for m in gathered.matches] == [("title", "IMAM")]


def test_running_texts_serve_to_match_and_are_dropped() -> None:
    from dataclasses import replace

    near = replace(record("4", "A trial"), texts=(f"Includes {NAME}.",))
    gathered = run({QUERY: [Reading(1, (near,), ("4",))]})
    assert gathered.matches[0].match == "text" and gathered.records[0].texts == ()


# --- controls -----------------------------------------------------------------------------------


def controls(gathered: Gathered, kind: str) -> list[Control]:
    return [c for c in gathered.controls if c.kind == kind]


@pytest.mark.parametrize(
    ("terms", "positive"),
    [
        (imam(), "positive:Immune-mediated necrotizing myopathy"),
        (
            imam("synonyms", phrases=("A b", "C d"), acronyms=("IMAM",)),
            "positive:Immune-mediated necrotizing myopathy OR "
            "inflammatory myopathy with abundant zebrafish OR ZZQX",
        ),
    ],
)
def test_controls_have_the_shape_of_the_search(terms: Terms, positive: str) -> None:
    gathered = run({positive: [Reading(3)]}, terms)
    (found,) = controls(gathered, "positive")
    assert (found.query, found.found, found.rung, found.disease_id) == (positive, 3, terms.rung, "imam")
    (nothing,) = controls(gathered, "nonsense")
    assert nothing.found == 0 and nothing.query.count(" OR ") == positive.count(" OR ")


def test_a_positive_control_is_never_a_name_of_the_disease_itself() -> None:
    terms = Terms("imnm", "name", ("immune mediated necrotising myopathies",))
    chosen = positive_terms(source("script"), terms)
    assert chosen is not None and chosen.phrases == ("Inclusion body myositis",)


def test_without_a_control_name_there_is_no_control() -> None:
    bare = source("script", positive_controls=(NAME,), nonsense_control="")
    assert positive_terms(bare, imam()) is None and nonsense_terms(bare, imam()) is None
    assert run({}, positive_controls=(), nonsense_control="").controls == ()


def test_searches_of_one_shape_share_their_controls() -> None:
    http = Http({})
    gathered = run(
        {}, imam(), imam("broader", phrases=("Group",)), Terms("dm", "name", ("Other",)), http=http
    )
    assert len(controls(gathered, "positive")) == len(controls(gathered, "nonsense")) == 3
    assert len([a for a in http.asked if a[0].startswith("nonsense")]) == 1
    assert len({c.control_id for c in gathered.controls}) == 6


def test_each_search_is_followed_by_a_positive_control_of_its_own() -> None:
    """What a control found an hour ago says nothing of a source that has gone blind since."""
    http = Http({})
    run({}, imam(), Terms("dm", "name", ("Other",)), http=http)
    kinds = [text.partition(":")[0] for text, *_ in http.asked]
    assert kinds == ["records", "positive", "nonsense", "records", "positive"]


def test_an_outage_in_the_middle_of_a_run_shows_in_the_searches_it_touched() -> None:
    class Blind(Http):
        def answer(self, request: Request, anew: bool) -> tuple[Answer, Reading]:
            answered, _ = super().answer(request, anew)
            blind = any(text == "records:Other" for text, *_ in self.asked)
            return answered, Reading(0 if blind or request.purpose != "positive" else 9)

    gathered = run({}, imam(), Terms("dm", "name", ("Other",)), http=Blind({}))
    assert [(c.disease_id, c.found) for c in controls(gathered, "positive")] == [("imam", 9), ("dm", 0)]


@pytest.mark.parametrize(("hours", "times"), [(0, 1), (0.9, 1), (2, 2)])
def test_a_kept_search_whose_control_comes_too_late_is_asked_anew(hours: float, times: int) -> None:
    """The run was killed between a search and its control; the next run finds the search kept."""

    class Kept(Http):
        def answer(self, request: Request, anew: bool) -> tuple[Answer, Reading]:
            answered, _ = super().answer(request, anew)
            kept = request.purpose == "records" and not anew
            return replace(answered, asked_at=NOON - timedelta(hours=hours) if kept else NOON), Reading(
                9 if request.purpose == "positive" else 0
            )

    http = Kept({})
    (found,) = run({}, imam(), http=http).searches
    assert len([a for a in http.asked if a[0].startswith("records")]) == times
    assert found.asked_at == (NOON if times == 2 else NOON - timedelta(hours=hours))


def test_a_failed_control_has_no_count() -> None:
    positive = "positive:Immune-mediated necrotizing myopathy"
    (found,) = controls(run({positive: [Fault("unreachable", "x")]}), "positive")
    assert (found.found, found.fault) == (None, "unreachable")


def test_known_items_are_told_as_x_of_n() -> None:
    query = f"known_items:{NAME}"
    gathered = run({query: [Reading(1, (), ("16809038",))]}, known_items=True)
    (control,) = controls(gathered, "known_items")
    assert (control.found, control.expected, control.missed) == (1, 2, ("kim2022",))
    assert controls(run({}, imam(known_items=()), known_items=True), "known_items") == []


# --- lanes and interruption ---------------------------------------------------------------------


def test_rows_come_back_in_the_order_of_the_sources_whatever_lane_was_faster() -> None:
    first_may_end = threading.Event()

    class Uneven(Http):
        def answer(self, request: Request, anew: bool) -> tuple[Answer, Reading]:
            if request.rung == "name" and threading.current_thread().name.endswith("_0"):
                first_may_end.wait(5)
            first_may_end.set() if threading.current_thread().name.endswith("_1") else None
            return super().answer(request, anew)

    sources = [source("slow", adapter="script"), source("fast", adapter="script")]
    gathered = gather(
        Uneven({}), sources, {"imam": [imam()]}, "s1", now=lambda: NOON, adapters={"script": Script({})}
    )
    assert [s.source_id for s in gathered.searches] == ["slow", "fast"]


def test_what_went_wrong_in_one_lane_is_told_not_that_the_others_were_stopped() -> None:
    failed = threading.Event()

    class Breaks(Http):
        def answer(self, request: Request, anew: bool) -> tuple[Answer, Reading]:
            if threading.current_thread().name.endswith("_1"):
                failed.set()
                raise MemoryError("lane 1")
            failed.wait(5)
            return super().answer(request, anew)

    sources = [source("one", adapter="script"), source("two", adapter="script")]
    with pytest.raises(MemoryError, match="lane 1"):
        gather(
            Breaks({}), sources, {"imam": [imam()]}, "s1", now=lambda: NOON, adapters={"script": Script({})}
        )


def test_a_stopped_refresh_ends_before_its_next_request() -> None:
    stop, http = threading.Event(), Http({})
    terms = {"imam": [imam()], "dm": [Terms("dm", "name", ("Other",))]}
    with pytest.raises(Interrupted):
        gather(
            http,
            [source("script")],
            terms,
            "s1",
            now=lambda: NOON,
            adapters={"script": Script({})},
            done=lambda _: stop.set(),
            stop=stop,
        )
    assert len({text for text, _, _ in http.asked if text.startswith("records")}) == 1


# --- the whole command, against the double ------------------------------------------------------


class Trial:
    """A refresh of its own: store, snapshots and kept answers in a temporary folder."""

    def __init__(self, double: Double, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.double, self.folder = double, folder
        monkeypatch.setattr("etl.http.BACKOFF_FACTOR", 0.0)
        monkeypatch.setattr("etl.http.LONGEST_WAIT", 0)
        for name, value in double.environ().items():
            monkeypatch.setenv(name, value)

    def refresh(self, *arguments: str) -> Result:
        where = ["--store", str(self.folder / "trial.duckdb"), "--snapshots", str(self.folder / "snapshots")]
        return CliRunner().invoke(refresh.refresh_command, [*where, *arguments])

    def last(self) -> snapshot.Snapshot:
        return snapshot.read_all([self.folder / "snapshots"])[-1]

    def of(self, source_id: str, rung: Rung = "name", disease: str = "imam") -> Search:
        wanted = (source_id, disease, rung)
        return next(s for s in self.last().searches if (s.source_id, s.disease_id, s.rung) == wanted)


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    with Double(imam_zero()) as double:
        yield Trial(double, tmp_path, monkeypatch)


ONLY_IMAM = ("--disease", "imam")
#: The sources that the registry double stands in for.
DOUBLED = ("--source", "clinicaltrials_gov", "--source", "pubmed")


def test_imam_at_clinicaltrials_gov_is_a_complete_zero_with_controls(trial: Trial) -> None:
    result = trial.refresh(*ONLY_IMAM, *DOUBLED)
    assert result.exit_code == 0, result.output
    found = trial.of("clinicaltrials_gov")
    assert (found.total, found.complete, found.fault) == (0, True, "")
    assert found.data_version == "2026-11-20T09:00:04" and found.query.startswith(f'"{NAME}"')
    of_trials = [c for c in trial.last().controls if c.source_id == "clinicaltrials_gov"]
    assert {(c.kind, (c.found or 0) > 0) for c in of_trials} == {("positive", True), ("nonsense", False)}
    assert trial.of("clinicaltrials_gov", "broader").received == 4
    matches = {m.match for m in trial.last().matches if m.source_id == "clinicaltrials_gov"}
    assert matches == {"broader"}


def test_known_item_recall_in_pubmed(trial: Trial) -> None:
    trial.double.rules.insert(0, Rule("pubmed", "/esearch.fcgi", Known(missed=["35315602"]), ("[uid]",)))
    assert trial.refresh(*ONLY_IMAM, "--source", "pubmed").exit_code == 0
    recall = {
        c.rung: (c.found, c.expected, c.missed) for c in trial.last().controls if c.kind == "known_items"
    }
    assert recall["name"] == (1, 1, ()) and recall["broader"] == (1, 2, ("kim2022",))


def test_the_next_refresh_asks_nothing_again(trial: Trial) -> None:
    trial.refresh(*ONLY_IMAM, *DOUBLED)
    asked = len(trial.double.log)
    assert trial.refresh(*ONLY_IMAM, *DOUBLED).exit_code == 0
    assert len(trial.double.log) == asked
    assert trial.refresh(*ONLY_IMAM, *DOUBLED, "--anew").exit_code == 0
    assert len(trial.double.log) == 2 * asked


def test_zero_to_everything_shows_in_the_positive_control(trial: Trial) -> None:
    trial.double.switch("clinicaltrials_gov", "zero")
    assert trial.refresh(*ONLY_IMAM, "--source", "clinicaltrials_gov").exit_code == 0
    assert trial.of("clinicaltrials_gov").total == 0
    positive = [c.found for c in trial.last().controls if c.kind == "positive"]
    assert positive == [0, 0, 0]


def test_a_quarantined_source_is_asked_again_by_the_next_refresh(trial: Trial) -> None:
    """Its kept answers are the ones that could not be right."""
    trial.double.switch("clinicaltrials_gov", "zero")
    result = trial.refresh(*ONLY_IMAM, *DOUBLED)
    assert "Quarantined, its last good evidence stays: clinicaltrials_gov" in result.output
    asked = len(trial.double.log)
    trial.double.mend()
    trial.refresh(*ONLY_IMAM, *DOUBLED)
    again = {e.source for e in trial.double.log[asked:]}
    assert again == {"clinicaltrials_gov"}
    assert trial.of("clinicaltrials_gov", "broader").total == 4


@pytest.mark.parametrize(
    "kind", ["reset", "rate_limited", "error_500", "html_200", "truncated", "invalid_json"]
)
def test_a_source_that_fails_is_told_and_the_other_goes_on(trial: Trial, kind: str) -> None:
    trial.double.switch("clinicaltrials_gov", kind)
    result = trial.refresh(*ONLY_IMAM, *DOUBLED)
    assert result.exit_code == 0 and "Failed, and no zero: clinicaltrials_gov" in result.output
    assert trial.of("clinicaltrials_gov").fault and trial.of("clinicaltrials_gov").total is None
    assert trial.of("pubmed").complete


def test_a_refresh_that_nobody_answered_ends_with_1_after_publishing(trial: Trial) -> None:
    for source_id in ("clinicaltrials_gov", "pubmed"):
        trial.double.switch(source_id, "reset")
    result = trial.refresh(*ONLY_IMAM, *DOUBLED)
    assert result.exit_code == 1 and "No source answered" in result.output.splitlines()[-1]
    assert "now shows" in result.output and (trial.folder / "trial.duckdb").exists()


@pytest.mark.parametrize(
    "error", [duckdb.BinderException("Binder Error: a view does not fit\nLINE 1: SELECT"), None]
)
def test_a_refresh_that_cannot_end_well_says_so_in_one_line(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """What DuckDB will not do, and a snapshot that may not be shared."""

    def refuse(*_: object) -> Path:
        raise error or commit.CommitRefused("A younger one is shared already.")

    if error:
        monkeypatch.setattr("etl.store.fill", refuse)
    else:
        monkeypatch.setattr("etl.refresh._refresh_and_publish", refuse)
    result = trial.refresh(*ONLY_IMAM, "--source", "pubmed")
    last = result.stderr.splitlines()[-1]
    assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
    assert ("a view does not fit" if error else "A younger one") in last and "LINE" not in result.output


def test_a_file_beside_the_snapshots_is_no_snapshot_of_the_future(trial: Trial) -> None:
    (trial.folder / "snapshots").mkdir()
    (trial.folder / "snapshots" / "README.md").write_text("What lies here.")
    assert trial.refresh(*ONLY_IMAM, "--source", "pubmed").exit_code == 0


def test_pages_with_an_empty_one_in_the_middle_are_complete(trial: Trial) -> None:
    trial.refresh("--disease", "dm", "--source", "clinicaltrials_gov")
    found = trial.of("clinicaltrials_gov", disease="dm")
    assert (found.total, found.received, found.complete) == (6, 6, True)
    assert found.requests == 4


def test_a_total_that_is_not_reached_is_incomplete(trial: Trial) -> None:
    short = Trials(([study(1, "x")],), total=2)
    trial.double.rules.insert(0, Rule("clinicaltrials_gov", "/studies", short, ("abundant macrophages",)))
    trial.refresh(*ONLY_IMAM, "--source", "clinicaltrials_gov")
    found = trial.of("clinicaltrials_gov")
    assert (found.total, found.received, found.complete) == (2, 1, False)


def test_a_phrase_pubmed_drops_is_never_a_clean_zero(trial: Trial) -> None:
    dropped = Hits(dropped=[NAME])
    trial.double.rules.insert(0, Rule("pubmed", "/esearch.fcgi", dropped, ("abundant macrophages",)))
    trial.refresh(*ONLY_IMAM, "--source", "pubmed")
    assert {w.code for w in trial.of("pubmed").warnings} == {"term_dropped"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--disease", "nobody"), "No disease is called"),
        (("--source", "nobody"), "No source to refresh is called"),
    ],
)
def test_an_unknown_name_is_told_with_those_there_are(
    trial: Trial, arguments: tuple[str, ...], says: str
) -> None:
    result = trial.refresh(*arguments)
    assert result.exit_code == 2 and says in result.output and "There are:" in result.output
    assert trial.double.log == []


def test_the_double_never_fills_the_real_store(trial: Trial) -> None:
    result = CliRunner().invoke(refresh.refresh_command, [*ONLY_IMAM, *DOUBLED])
    assert result.exit_code == 2 and "add --store and --snapshots" in result.output
    assert trial.double.log == []


def test_without_contact_nothing_is_asked(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        refresh.refresh_command, ["--snapshots", str(tmp_path / "s"), "--source", "pubmed"]
    )
    assert result.exit_code == 1 and "Set LACUNA_CONTACT" in result.output


def test_a_search_lists_what_an_adapter_offers() -> None:
    for source_id, adapter in ADAPTERS.items():
        assert source_id == adapter.SOURCE_ID and adapter.INTERFACE and adapter.QUERY_PARAMETER
