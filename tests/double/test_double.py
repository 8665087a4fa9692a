"""The double itself: as a process, steered over HTTP, with its switches."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import requests
from defusedxml.ElementTree import fromstring

from etl.model import Answer, KnownItem, Purpose, Request, Terms
from etl.sources import ADAPTERS
from tests.double import LATER_ONLY, SOURCES, SWITCHES, Double
from tests.double.checks import foreign_keys
from tests.double.request_form import request_faults
from tests.double.scenarios import (
    ctis_row,
    ctis_trial,
    eu_ctr_record,
    imam_zero,
    isrctn_member,
    paper,
    project_year,
)
from tests.etl.answers import answer

KNOWN = (KnownItem("carrera2006", "name", "16809038"),)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(imam_zero(), slow_seconds=0.0) as running:
        yield running


def count(address: str) -> int:
    params = {"query.cond": '"Dermatomyositis"', "countTotal": "true", "pageSize": "1"}
    answer = requests.get(f"{address}/clinicaltrials_gov/studies", params=params, timeout=5)
    return int(answer.json()["totalCount"])


def test_it_runs_as_a_process_and_prints_where() -> None:
    command = [sys.executable, "-m", "tests.double", "--print-address", "--fault", "clinicaltrials_gov=zero"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        *settings, address = [process.stdout.readline().strip() for _ in range(len(SOURCES) + 1)]
        assert settings == [f"LACUNA_BASE_{s.upper()}={address}/{s}" for s in SOURCES]
        assert count(address) == 0
        requests.get(f"{address}/double/mend", timeout=5)
        assert count(address) == 6
        log = requests.get(f"{address}/double/log", timeout=5).json()
        assert [entry["path"] for entry in log] == ["/studies", "/studies"]
    finally:
        process.kill()
        process.communicate()


def test_a_switch_can_be_set_for_a_number_of_requests(double: Double) -> None:
    requests.get(f"{double.address}/double/fault?source=clinicaltrials_gov&kind=zero&times=1", timeout=5)
    assert [count(double.address), count(double.address)] == [0, 6]


def test_a_switch_may_wait_for_a_number_of_requests(double: Double) -> None:
    requests.get(f"{double.address}/double/fault?source=clinicaltrials_gov&kind=zero&after=2", timeout=5)
    assert [count(double.address) for _ in range(4)] == [6, 6, 0, 0]


def test_a_switch_may_be_set_for_some_requests_only(double: Double) -> None:
    double.switch(
        "clinicaltrials_gov", "zero", where=lambda asked: "Polymyositis" in asked.params["query.cond"]
    )
    assert count(double.address) == 6 and double.spoilt == []


@pytest.mark.parametrize("kind", [k for k in SWITCHES if k not in LATER_ONLY])
def test_every_switch_spoils_the_answer(double: Double, kind: str) -> None:
    double.switch("clinicaltrials_gov", kind)
    if kind == "slow":  # late here, not spoilt
        assert count(double.address) == 6
    elif kind == "zero":
        assert count(double.address) == 0
    else:
        with pytest.raises((requests.RequestException, KeyError, ValueError)):
            count(double.address)


def page(address: str, token: str = "") -> requests.Response:
    params = {
        "query.cond": '"Dermatomyositis"',
        "pageSize": "1000",
        **({"pageToken": token} if token else {}),
    }
    return requests.get(f"{address}/clinicaltrials_gov/studies", params=params, timeout=5)


def test_a_later_page_may_come_in_another_order_than_the_first(double: Double) -> None:
    first, last = page(double.address).json()["studies"], page(double.address, "page-2").json()["studies"]
    double.switch("clinicaltrials_gov", "reordered")
    assert page(double.address).json()["studies"] == first
    assert page(double.address, "page-2").json()["studies"] == first != last


def test_an_expired_token_is_refused_until_the_search_begins_anew(double: Double) -> None:
    double.switch("clinicaltrials_gov", "token_expired", 1)
    assert page(double.address, "page-2").status_code == 400
    double.mend()
    statuses = [page(double.address, token).status_code for token in ("page-2", "", "page-2")]
    assert statuses == [400, 200, 200]


@pytest.mark.parametrize(("source", "kind"), [("pubmed", "bored"), ("nobody", "zero")])
def test_an_unknown_switch_is_refused(double: Double, source: str, kind: str) -> None:
    with pytest.raises(ValueError, match="no switch"):
        double.switch(source, kind)


def test_an_unknown_path_or_source_is_not_found(double: Double) -> None:
    for path in ("/clinicaltrials_gov/nothing", "/nobody/studies"):
        assert requests.get(double.address + path, timeout=5).status_code == 404


# --- every source ---------------------------------------------------------------------------------


def asked_of(source: str, words: str = "Dermatomyositis", purpose: Purpose = "records") -> Request:
    terms = Terms("dm", "name", (words,), acronyms=("DM",), context=("myositis",), known_items=KNOWN)
    return ADAPTERS[source].ask(terms, purpose)


def sent(double: Double, request: Request) -> Answer:
    """The double's answer to an adapter's request, as the HTTP edge would send it."""
    form = request.method == "POST" and not request.body
    params = dict(request.params)
    got = requests.request(
        request.method,
        f"{double.address}/{request.source_id}{request.path}",
        params=None if form else params,
        data=params if form else request.body.encode() or None,
        headers={"Content-Type": "application/json"} if request.body else {},
        timeout=5,
    )
    return answer(got.content, got.status_code, got.headers["Content-Type"])


def followed(double: Double, first: Request) -> tuple[int | None, int, list[Request]]:
    """The total, the number of distinct ids, and all requests of a search followed to its end."""
    queue, all_requests, total, ids = [first], [], None, set()
    while queue:
        request = queue.pop(0)
        all_requests.append(request)
        reading = ADAPTERS[request.source_id].read(request, sent(double, request))
        total = reading.total if total is None else total
        ids.update(reading.ids)
        queue += reading.then
    return total, len(ids), all_requests


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_answers_what_is_programmed_and_nothing_else(double: Double, source: str) -> None:
    programmed = 8 if source in ("pubmed", "europe_pmc") else 6
    assert followed(double, asked_of(source))[:2] == (programmed, programmed)
    assert followed(double, asked_of(source, "Zebrafish disease"))[:2] == (0, 0)


@pytest.mark.parametrize("source", SOURCES)
def test_controls_are_answered_as_often_as_they_are_asked(double: Double, source: str) -> None:
    totals = [followed(double, asked_of(source, purpose="positive"))[0] for _ in range(3)]
    assert totals[0] and totals == [totals[0]] * 3


@pytest.mark.parametrize("source", SOURCES)
def test_every_request_of_a_search_has_the_form_that_the_notes_give(double: Double, source: str) -> None:
    _, _, all_requests = followed(double, asked_of(source))
    assert {request: request_faults(request) for request in all_requests if request_faults(request)} == {}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("purpose", ["records", "positive", "nonsense"])
def test_every_first_request_has_the_form_that_the_notes_give(source: str, purpose: Purpose) -> None:
    assert request_faults(asked_of(source, purpose=purpose)) == []


@pytest.mark.parametrize("source", ["pubmed", "europe_pmc"])
def test_the_known_item_request_has_the_form_that_the_notes_give(source: str) -> None:
    assert request_faults(asked_of(source, purpose="known_items")) == []


@pytest.mark.parametrize(
    ("source", "changes", "fault"),
    [
        ("clinicaltrials_gov", {"params": (("filter.phase", "PHASE3"),)}, "filter.phase is not known"),
        ("ctis", {"method": "GET"}, "no such request: GET /search"),
        ("ctis", {"body": '{"pagination": {"page": 0, "size": 1}}'}, "the body holds ['pagination']"),
        ("eu_ctr", {"params": (("query", "x"), ("status", "completed"))}, "status is not known"),
        ("isrctn", {"params": (("q", "x"),)}, "limit is missing"),
        ("pubmed", {"path": "/esummary.fcgi"}, "no such request: GET /esummary.fcgi"),
        ("europe_pmc", {"params": (("synonym", "true"),)}, "synonym is 'true'"),
        ("nih_reporter", {"body": '{"criteria": {}}'}, "the body holds ['criteria']"),
        ("ukri_gtr", {"accept": ""}, "accepts ''"),
        (
            "europe_pmc_grants",
            {"path": "/get/query=a b&page=1"},
            "no such request: GET /get/query=a b&page=1",
        ),
    ],
)
def test_a_request_of_another_form_is_told(source: str, changes: dict[str, Any], fault: str) -> None:
    assert fault in request_faults(replace(asked_of(source), **changes))


# --- as recorded ----------------------------------------------------------------------------------

#: Fields that published clients describe in a row of CTIS, in none of the recorded ones.
CTIS_DESCRIBED = {
    f"/{name} is in no recorded answer" for name in ("ctTitle", "conditions", "product", "sponsor")
}


def test_rows_and_trials_of_ctis_have_the_recorded_form(recorded: Path) -> None:
    rows = json.loads((recorded / "ctis" / "ctis_search_rows_subset_ctrdata.json").read_text())
    whole = json.loads((recorded / "ctis" / "ctis_merged_2024-510663-34-00_ctrdata.json").read_text())
    number = "2023-500000-10-00"
    assert set(foreign_keys(ctis_row(number, "x"), rows)) == CTIS_DESCRIBED
    assert set(rows[0]) <= set(ctis_row(number, "x"))
    assert list(foreign_keys(ctis_trial(number, "x"), [whole])) == []


def test_records_of_the_eu_register_have_the_recorded_lines(recorded: Path) -> None:
    path = recorded / "euctr" / "euctr_full_download_10_records_with_planted_error.txt"
    known = {line.partition(":")[0] for line in path.read_text().splitlines()}
    made = {line.partition(":")[0] for line in eu_ctr_record("2015-000001-23", "x", "Spain").splitlines()}
    assert {line for line in made - known if not line.startswith("E. General")} == set()


def test_trials_of_isrctn_have_the_transcribed_elements(recorded: Path) -> None:
    path = recorded / "isrctn" / "isrctn_query_ISRCTN62918594_transcribed.xml"
    known = set(elements(fromstring(path.read_bytes())[0]))
    made = set(
        elements(fromstring(f'<a xmlns="http://www.67bricks.com/isrctn">{isrctn_member(1, "x")}</a>')[0])
    )
    # the transcriber left out the text of the condition, which published clients read
    assert {tag.rpartition("}")[2] for tag in made - known} == {"description"}


def elements(element: Element, above: str = "") -> Iterator[str]:
    yield (here := f"{above}/{element.tag}")
    for inner in element:
        yield from elements(inner, here)


def test_answers_of_europe_pmc_have_the_recorded_form(double: Double, recorded: Path) -> None:
    folder = recorded / "europepmc"
    names = ("search_cancer", "search_cancer_core", "search_no_results", "search_post_cancer")
    known = [json.loads((folder / f"pyEuropePMC__{name}.json").read_text()) for name in names]
    for words in ("Dermatomyositis", "Zebrafish disease"):
        programmed = json.loads(sent(double, asked_of("europe_pmc", words)).body)
        assert list(foreign_keys(programmed, known)) == []
    assert (
        set(known[2]) <= set(programmed)
        and paper("1", "x").keys() <= known[1]["resultList"]["result"][0].keys()
    )


def test_answers_of_nih_reporter_have_the_recorded_form(double: Double, recorded: Path) -> None:
    marfan = json.loads((recorded / "nih_reporter" / "biomcp__funding_marfan_syndrome.json").read_text())
    whole = json.loads((recorded / "nih_reporter" / "transcribed__full_record_10497514.json").read_text())
    rows = whole.get("results", [whole])
    known = [marfan, {"results": rows}]
    programmed = json.loads(sent(double, asked_of("nih_reporter")).body)
    assert list(foreign_keys(programmed, known)) == []
    assert set(marfan["meta"]) == set(programmed["meta"])
    assert project_year(1, "x").keys() <= {key for row in (*rows, *marfan["results"]) for key in row}
