"""The EU Clinical Trials Register adapter: every trap of its pages and files, by name."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from etl.http import Http, Identity
from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources import eu_ctr
from tests.etl.answers import source

NAME = "Inflammatory myopathy with abundant macrophages"
RECORDED = "euctr/euctr_full_download_10_records_with_planted_error.txt"


def imam(**changes: Any) -> Terms:
    fields: dict[str, Any] = {"phrases": (NAME,), "context": ("myositis",), "names": (NAME,)}
    return Terms("imam", "name", **{**fields, **changes})


def answer(body: str | bytes, status: int = 200, content_type: str = "text/plain") -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    sha256 = hashlib.sha256(raw).hexdigest()
    return Answer("http://127.0.0.1/x", status, content_type, raw, datetime(2026, 11, 23, 12), sha256)


def counted(written: object) -> str:
    return f"<html><a>Trials with a EudraCT protocol ({written})</a> Paediatric studies (9)</html>"


def block(number: str = "2012-003632-23", **fields: str) -> str:
    lines = {"A.3": "Full title of the trial: A trial", "E.1.1": "Medical condition: Polymyositis", **fields}
    body = "\n".join(f"{code} {value}" for code, value in lines.items())
    return (
        f"Summary\nEudraCT Number: {number}\nTrial Status: Ongoing\n{body}\nP. End of Trial Status: Ongoing\n"
    )


def full(continuation: tuple[tuple[str, str], ...] = ()) -> Request:
    params = (("query", "x"), ("page", "1"), ("mode", "current_page"))
    return Request("eu_ctr", "records", "/rest/download/full", params, continuation=continuation)


def read_block(text: str) -> Record:
    (record,) = eu_ctr.read(full(), answer(text)).records
    return record


def search(
    serve: Callable[[Request], str], purpose: Purpose = "records"
) -> tuple[list[Request], list[Reading]]:
    queue, asked, readings = deque([eu_ctr.ask(imam(), purpose)]), [], []
    while queue:
        asked.append(queue.popleft())
        readings.append(eu_ctr.read(asked[-1], answer(serve(asked[-1]))))
        queue.extend(readings[-1].then)
    return asked, readings


def register(trials: int, with_results: int) -> Callable[[Request], str]:
    """A register of numbered trials, the first ``with_results`` of which have results."""

    def serve(request: Request) -> str:
        params = dict(request.params)
        number = with_results if "resultsstatus" in params else trials
        if request.path == "/search":
            return counted(number)
        at = (int(params["page"]) - 1) * 20
        return "".join(block(f"2012-{n:06d}-23") for n in range(at, min(at + 20, number)))

    return serve


# --- the server ---------------------------------------------------------------------------------


def test_an_incomplete_certificate_chain_is_a_fault_and_verification_stays_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has been known to leave a certificate out: no answer then, and never an unverified one."""
    verified: list[object] = []

    def refuse(adapter: object, *_: object, **how: object) -> None:
        verified.append(how["verify"])
        raise requests.exceptions.SSLError("unable to get local issuer certificate")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", refuse)
    http = Http({"eu_ctr": source("eu_ctr")}, tmp_path, Identity("test"), environ={}, sleep=lambda _: None)
    try:
        with pytest.raises(Fault, match="unreachable"):
            http.ask(eu_ctr.ask(imam(), "count"), eu_ctr.read)
    finally:
        http.close()
    assert verified and all(way is True or isinstance(way, str) for way in verified)


# --- asking and counting ------------------------------------------------------------------------


def test_phrases_are_quoted_in_all_their_forms_and_acronyms_stand_beside_a_word_of_the_field() -> None:
    query = dict(eu_ctr.ask(imam(acronyms=("IMAM",)), "records").params)["query"]
    assert query.startswith(f'"{NAME}" OR "Inflammatory myopathies with')
    assert query.endswith('(("IMAM") AND ("myositis"))')


@pytest.mark.parametrize("purpose", ["known_items", "year"])
def test_purposes_the_source_does_not_answer_are_refused(purpose: Purpose) -> None:
    with pytest.raises(Fault, match="query_refused"):
        eu_ctr.ask(imam(), purpose)


def test_the_status_filter_removed_in_2025_is_never_sent() -> None:
    asked, _ = search(register(3, 1))
    assert "status" not in {name for request in asked for name, _ in request.params}


@pytest.mark.parametrize(
    ("written", "number"), [("0", 0), ("44,412", 44412), ("44.412", 44412), ("7", 7), ("1,234,567", 1234567)]
)
def test_separators_in_the_number_are_dropped(written: str, number: int) -> None:
    assert eu_ctr.read(eu_ctr.ask(imam(), "count"), answer(counted(written))).total == number


@pytest.mark.parametrize("written", ["", ",", "many"])
def test_a_page_without_a_number_is_no_zero(written: str) -> None:
    with pytest.raises(Fault, match="wrong_content"):
        eu_ctr.read(eu_ctr.ask(imam(), "count"), answer(counted(written)))


def test_a_number_of_trials_that_no_register_holds_makes_no_requests_without_end() -> None:
    with pytest.raises(Fault, match=r"wrong_content.*9,999,999,999 trials"):
        eu_ctr.read(eu_ctr.ask(imam(), "records"), answer(counted(9999999999)))


def test_a_maintenance_page_with_status_200_is_no_zero() -> None:
    with pytest.raises(Fault, match="wrong_content"):
        eu_ctr.read(eu_ctr.ask(imam(), "records"), answer("<html>Down for maintenance (0)</html>"))


@pytest.mark.parametrize("purpose", ["count", "positive", "nonsense"])
def test_counting_follows_nothing(purpose: Purpose) -> None:
    asked, readings = search(register(57, 3), purpose)
    assert len(asked) == 1 and readings[0].total == 57


def test_a_zero_follows_nothing() -> None:
    asked, readings = search(register(0, 0))
    assert len(asked) == 1 and readings[0].total == 0


@pytest.mark.parametrize(
    ("status", "code"), [(403, "http_status"), (503, "http_status"), (429, "rate_limited")]
)
def test_an_error_status_is_a_fault(status: int, code: str) -> None:
    for request in (eu_ctr.ask(imam(), "records"), full()):
        with pytest.raises(Fault, match=code):
            eu_ctr.read(request, answer(counted(0), status))


# --- pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("trials", "pages"), [(1, 1), (20, 1), (21, 2), (57, 3)])
def test_twenty_trials_a_page_and_every_page(trials: int, pages: int) -> None:
    asked, readings = search(register(trials, 0))
    downloads = [dict(r.params) for r in asked if r.path.endswith("full")]
    assert [p["page"] for p in downloads] == [str(n + 1) for n in range(pages)]
    assert {p["mode"] for p in downloads} == {"current_page"}
    assert len({i for reading in readings for i in reading.ids}) == readings[0].total == trials


def test_which_trials_have_results_comes_from_a_second_search() -> None:
    asked, readings = search(register(57, 23))
    records = [record for reading in readings for record in reading.records]
    assert sum(record.has_results is True for record in records) == 23
    assert [r.path for r in asked][:4] == ["/search", "/search", *["/rest/download/summary"] * 2]
    assert not [w for reading in readings for w in reading.warnings]


def test_a_list_of_results_that_is_not_whole_is_told() -> None:
    serve = register(5, 3)
    _, readings = search(lambda r: block() if r.path.endswith("summary") else serve(r))
    assert [w for r in readings for w in r.warnings] == [("incomplete", "1 of 3 trials with results")]


@pytest.mark.parametrize("text", ["", "This file contains full details", "Eudra-CT No: 2012-003632-23\n"])
def test_a_download_without_a_trial_is_no_empty_page(text: str) -> None:
    with pytest.raises(Fault, match="schema_drift"):
        eu_ctr.read(full(), answer(text))


def test_a_download_of_more_records_than_a_page_can_hold_is_another_kind_of_answer() -> None:
    many = "EudraCT Number: 2012-003632-23\n" * (eu_ctr.MOST_BLOCKS + 1)
    with pytest.raises(Fault, match=r"wrong_content.*more than 10,000 records"):
        eu_ctr.read(full(), answer(many))


def test_html_in_place_of_a_download_is_a_fault() -> None:
    with pytest.raises(Fault, match="wrong_content"):
        eu_ctr.read(full(), answer("<html>EudraCT Number: 2012-003632-23</html>"))


@pytest.mark.parametrize(("old", "new"), [("Trial Status", "Status of trial"), ("A.3 ", "A.03 ")])
def test_a_header_that_changed_is_named(old: str, new: str) -> None:
    with pytest.raises(Fault, match=f"schema_drift.*{old.strip()}"):
        eu_ctr.read(full(), answer(block().replace(old, new)))


@pytest.mark.parametrize(
    "lost", ["P. End of Trial Status: Ongoing\n", "E.1.1 Medical condition: Polymyositis\nP. "]
)
def test_a_download_that_breaks_off_in_its_last_record_is_incomplete(lost: str) -> None:
    """The number of trials still fits, but the field that names the disease may be gone."""
    whole = block("2012-000001-23") + block("2012-000002-23")
    assert eu_ctr.read(full(), answer(whole)).warnings == ()
    broken = eu_ctr.read(full(), answer(whole[: whole.rindex(lost)]))
    assert broken.ids == ("2012-000001-23", "2012-000002-23")
    assert broken.warnings == (("incomplete", "the download breaks off in 2012-000002-23"),)


@pytest.mark.parametrize(("on_the_page", "delivered"), [(3, 2), (2, 3), (21, 20)])
def test_the_number_of_the_page_and_the_trials_of_the_download_are_held_against_each_other(
    on_the_page: int, delivered: int
) -> None:
    """The page counts, the download delivers: where they differ, the search is not complete."""

    def serve(request: Request) -> str:
        if request.path == "/search":
            return counted(0 if "resultsstatus" in dict(request.params) else on_the_page)
        return "".join(block(f"2012-{n:06d}-23") for n in range(delivered))

    _, readings = search(serve)
    received = {number for reading in readings for number in reading.ids}
    assert readings[0].total == on_the_page and len(received) == delivered != on_the_page


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_a_fault(body: bytes) -> None:
    for request in (eu_ctr.ask(imam(), "records"), full()):
        for text in (body, block().encode() + body, b"EudraCT Number: 2012-003632-23\n" + body):
            try:
                eu_ctr.read(request, answer(text))
            except Fault:
                continue


# --- records ------------------------------------------------------------------------------------


def test_a_record_a_country_is_one_trial() -> None:
    spain, france = (
        block(**{"A.1": "Member State Concerned: Spain - AEMPS"}),
        block(**{"A.1": "Member State Concerned: France - ANSM"}).replace("Ongoing", "Completed"),
    )
    reading = eu_ctr.read(full(), answer(france + spain))
    (record,) = reading.records
    assert reading.ids == ("2012-003632-23",)
    assert record.countries == ("France", "Spain")
    assert record.status == "ONGOING"  # in the country where it is most open


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("GB - no longer in EU/EEA", "NO_LONGER_IN_EU"),
        ("Trial now transitioned", "TRANSITIONED"),
        ("Prematurely Ended", "TERMINATED"),
        ("Some new word", "SOME_NEW_WORD"),
    ],
)
def test_the_words_for_a_status(written: str, word: str) -> None:
    assert read_block(block().replace("Ongoing", written)).status == word


def test_values_go_on_over_lines_without_a_key() -> None:
    record = read_block(block(**{"A.3": "Full title of the trial: A trial in\ninclusion body\n\nmyositis"}))
    assert record.title == "A trial in inclusion body myositis"


def test_a_title_in_english_comes_before_its_translations() -> None:
    text = block(**{"A.3": "Full title of the trial (es): Un ensayo\nA.3 Full title of the trial: A trial"})
    assert read_block(text).titles == ("A trial", "Un ensayo")


def test_the_status_of_the_sponsor_stands_behind_a_tab() -> None:
    commercial = {"B.3.1": "and B.3.2\tStatus of the sponsor: Commercial"}
    assert read_block(block(**commercial)).sponsor_class == "INDUSTRY"
    behind_the_code = block().replace("E.1.1 Medical", "E.1.1\tMedical")
    assert read_block(behind_the_code).conditions == ("Polymyositis",)
    assert read_block(block()).sponsor_class == ""


def test_phases_are_read_from_yes_and_no() -> None:
    phases = {"E.7.1": "Human pharmacology (Phase I): No", "E.7.2": "Therapeutic exploratory (Phase II): Yes"}
    assert read_block(block(**phases, **{"E.7.1.1": "First administration: Yes"})).phases == ("PHASE2",)


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"F.4.1": "In the member state: 5", "F.4.2.1": "In the EEA: 7", "F.4.2.2": "In the whole: 15"}, 15),
        ({"F.4.1": "In the member state: 5", "F.4.2.1": "In the EEA: 0"}, 5),
        ({"F.4.2.2": "In the whole clinical trial: many"}, None),
    ],
)
def test_the_widest_planned_size_counts_and_0_is_unknown(fields: dict[str, str], size: int | None) -> None:
    assert read_block(block(**fields)).enrolment == size


def test_numbers_of_other_registries_and_meddra_terms_are_read() -> None:
    fields = {
        "A.5.1": "ISRCTN (International Standard Randomised Controlled Trial) Number: ISRCTN62918594",
        "A.5.2": "US NCT (ClinicalTrials.gov registry) number: NCT01720745",
        "E.1.2": "Version: 20.0\nE.1.2 Term: Dermatomyositis\nE.1.2 System Organ Class: 100000004858",
    }
    record = read_block(block(**fields))
    assert record.other_ids == ("ISRCTN62918594", "NCT01720745")
    assert record.keywords == ("Dermatomyositis",)


# --- the recorded download ----------------------------------------------------------------------


def test_ten_recorded_records_are_two_trials_whatever_the_planted_error(recorded: Path) -> None:
    body = (recorded / RECORDED).read_bytes()
    assert body.count(b"JSON_ERROR_HERE") == 2
    reading = eu_ctr.read(full((("results", "2021-002179-21"),)), answer(body))
    first, second = reading.records
    assert reading.ids == ("2022-002568-62", "2021-002179-21")
    assert (first.countries, first.enrolment) == (("Spain", "Sweden"), 15)
    assert first.phases == ("PHASE1", "PHASE2")
    assert first.conditions[0] == "Frontotemporal Dementia With Progranulin Mutations (FTD-GRN)"
    assert (first.sponsor, first.sponsor_class, first.year) == ("AviadoBio Ltd", "INDUSTRY", 2023)
    assert (first.has_results, second.has_results) == (False, True)
    assert second.interventions == ("Masitinib mesilate",)
    assert "Early onset Alzheimer's disease" in second.keywords
    assert second.countries == ("France", "Spain", "Greece", "Poland", "Portugal", "Hungary")


def test_every_recorded_record_stands_alone_too(recorded: Path) -> None:
    text = (recorded / RECORDED).read_text()
    for part in text.split("Summary\n")[1:]:
        record = replace(read_block(f"Summary\n{part}"), texts=())
        assert record.title and record.conditions and record.countries
