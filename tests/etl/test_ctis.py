"""The CTIS adapter: every trap of the interface, by name."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.match import match
from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Rung, Terms
from etl.sources import ctis

NAME = "Inflammatory myopathy with abundant macrophages"
NUMBER = "2024-510663-34-00"


def imam(rung: Rung = "name", **changes: Any) -> Terms:
    fields: dict[str, Any] = {"phrases": (NAME,), "context": ("myositis", "myopathy"), "names": (NAME,)}
    return Terms("imam", rung, **{**fields, **changes})


def answer(body: object, status: int = 200, content_type: str = "application/json") -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sha256 = hashlib.sha256(raw).hexdigest()
    return Answer("http://127.0.0.1/x", status, content_type, raw, datetime(2026, 11, 23, 12), sha256)


def row(number: str = NUMBER, **changes: Any) -> dict[str, Any]:
    return {"ctNumber": number, "ctStatus": 4, "ctTitle": f"Polymyositis {number}", **changes}


def page(*rows: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {
        "showWarning": False,
        "pagination": {"totalRecords": len(rows) if total is None else total, "currentPage": 1},
        "data": list(rows),
    }


def trial(number: str = NUMBER, **changes: Any) -> dict[str, Any]:
    part = {"trialDetails": {"clinicalTrialIdentifiers": {"fullTitle": "Full"}, "trialInformation": {}}}
    application = {"authorizedPartI": part}
    return {"ctNumber": number, "ctPublicStatusCode": 4, "authorizedApplication": application, **changes}


def criteria(request: Request) -> dict[str, str]:
    return dict(json.loads(request.body)["searchCriteria"])


Serve = Callable[[Request], object]


def search(
    serve: Serve, terms: Terms | None = None, purpose: Purpose = "records"
) -> tuple[list[Request], list[Reading]]:
    """Follow a search to its end, as the engine does."""
    queue, asked, readings = deque([ctis.ask(terms or imam(), purpose)]), [], []
    while queue:
        request = queue.popleft()
        asked.append(request)
        readings.append(ctis.read(request, answer(serve(request))))
        queue.extend(readings[-1].then)
    return asked, readings


def found(readings: list[Reading]) -> dict[str, Record]:
    return {record.record_id: record for reading in readings for record in reading.records}


def total(readings: list[Reading]) -> int | None:
    return next((r.total for r in readings if r.total is not None), None)


def ids(readings: list[Reading]) -> set[str]:
    return {i for reading in readings for i in reading.ids}


def only(criterion: str, *rows: dict[str, Any], announced: int | None = None) -> Serve:
    """A registry whose rows are found by one criterion only, and can be retrieved."""

    def serve(request: Request) -> object:
        if request.method == "GET":
            return trial(request.path.rpartition("/")[2])
        return page(*rows, total=announced) if list(criteria(request)) == [criterion] else page()

    return serve


# --- asking -------------------------------------------------------------------------------------


def test_the_first_page_is_number_one_and_sort_and_criteria_are_present() -> None:
    body = json.loads(ctis.ask(imam(), "records").body)
    assert body["pagination"] == {"page": 1, "size": 100}
    assert body["sort"] and body["searchCriteria"] == {"medicalCondition": NAME}


def test_page_zero_is_refused_because_it_is_answered_with_a_false_zero() -> None:
    first = ctis.ask(imam(), "records")
    body = json.loads(first.body)
    body["pagination"]["page"] = 0
    zero = Request(first.source_id, "records", first.path, (), "POST", json.dumps(body))
    with pytest.raises(Fault, match=r"query_refused.*page 0"):
        ctis.read(zero, answer(page()))


def test_a_name_is_asked_as_condition_as_title_and_anywhere() -> None:
    asked, _ = search(lambda _: page())
    assert [list(criteria(r)) for r in asked] == [["medicalCondition"], ["title"], ["containAny"]]


def test_anywhere_is_asked_in_every_form_of_the_name() -> None:
    asked, _ = search(lambda _: page(), imam(phrases=("Immune-mediated necrotizing myopathy",)))
    forms = criteria(asked[-1])["containAny"].split(", ")
    assert "Immune mediated necrotising myopathies" in forms


def test_a_comma_in_a_name_does_not_make_two_terms_of_it() -> None:
    asked, _ = search(lambda _: page(), imam(phrases=("Myositis, inclusion body",)))
    assert criteria(asked[-1]) == {"containAny": "Myositis inclusion body"}


def test_the_name_of_the_parent_is_not_asked_anywhere() -> None:
    asked, _ = search(lambda _: page(), imam("broader"))
    assert not [r for r in asked if "containAny" in criteria(r)]


def test_an_acronym_is_only_asked_beside_a_word_of_the_field() -> None:
    asked, _ = search(lambda _: page(), imam("synonyms", acronyms=("IMAM",)))
    beside = [criteria(r) for r in asked if "IMAM" in criteria(r).values()]
    assert beside == [
        {"medicalCondition": "IMAM", "containAny": "myositis, myopathy"},
        {"title": "IMAM", "containAny": "myositis, myopathy"},
    ]
    asked, _ = search(lambda _: page(), imam(acronyms=("IMAM",), context=()))
    assert not [r for r in asked if "IMAM" in criteria(r).values()]


@pytest.mark.parametrize("purpose", ["known_items", "year"])
def test_purposes_the_source_does_not_answer_are_refused(purpose: Purpose) -> None:
    with pytest.raises(Fault, match="query_refused"):
        ctis.ask(imam(), purpose)


@pytest.mark.parametrize("phrases", [(), ("[]",), ('""',)])
def test_nothing_to_ask_is_refused(phrases: tuple[str, ...]) -> None:
    with pytest.raises(Fault, match="query_refused"):
        ctis.ask(imam(phrases=phrases), "records")


def test_the_whole_query_is_told() -> None:
    told = dict(ctis.ask(imam(), "records").continuation)[ctis.QUERY_PARAMETER]
    assert told.startswith(f'medicalCondition: "{NAME}" OR title: "{NAME}" OR containAny: "')


# --- controls -----------------------------------------------------------------------------------


def test_controls_ask_for_one_row_and_their_numbers_are_not_added() -> None:
    asked, readings = search(lambda _: page(row(), total=7), purpose="nonsense")
    assert {json.loads(r.body)["pagination"]["size"] for r in asked} == {1}
    assert total(readings) == 7 and found(readings) == {}


def test_a_control_hears_of_the_way_that_found_most() -> None:
    _, readings = search(only("medicalCondition", row(), announced=7), purpose="nonsense")
    assert total(readings) == 7


def test_the_search_anywhere_cannot_hide_that_condition_and_title_find_nothing() -> None:
    _, readings = search(only("containAny", row()), purpose="positive")
    assert total(readings) == 0


def test_the_nonsense_control_hears_of_a_search_anywhere_that_takes_names_apart() -> None:
    _, readings = search(only("containAny", row(), announced=8000), purpose="nonsense")
    assert total(readings) == 8000


def test_a_count_retrieves_nothing_and_counts_each_trial_once() -> None:
    asked, readings = search(lambda _: page(row()), purpose="count")
    assert (total(readings), len(asked)) == (1, 3)


# --- pages and ways -----------------------------------------------------------------------------


def test_nothing_found_in_any_way_is_a_zero() -> None:
    _, readings = search(lambda _: page())
    assert (total(readings), ids(readings), found(readings)) == (0, set(), {})


def test_a_trial_found_in_several_ways_counts_once() -> None:
    serve = lambda r: trial() if r.method == "GET" else page(row())  # noqa: E731
    asked, readings = search(serve)
    assert total(readings) == len(ids(readings)) == len(found(readings)) == 1
    assert [r.path for r in asked if r.method == "GET"] == [f"/retrieve/{NUMBER}"]


def test_every_page_is_read() -> None:
    numbers = [f"2024-{n:06d}-11-00" for n in range(500001, 500251)]

    def serve(request: Request) -> object:
        if request.method == "GET":
            return trial(request.path.rpartition("/")[2])
        if list(criteria(request)) != ["title"]:
            return page()
        at = json.loads(request.body)["pagination"]["page"] - 1
        return page(*map(row, numbers[at * 100 : at * 100 + 100]), total=250)

    _, readings = search(serve)
    assert total(readings) == len(ids(readings)) == len(found(readings)) == 250


@pytest.mark.parametrize(("announced", "counted"), [(3, 3), (0, 2)])
def test_other_than_announced_cannot_pass_as_complete(announced: int, counted: int) -> None:
    _, readings = search(only("title", row(), announced=announced))
    assert total(readings) == counted and len(ids(readings)) == 1


def test_the_same_page_again_cannot_pass_as_complete() -> None:
    rows = [row(f"2024-{n:06d}-11-00") for n in range(500001, 500101)]
    _, readings = search(only("title", *rows, announced=200))
    assert total(readings) == 200 and len(ids(readings)) == 100


def test_more_than_ten_thousand_cannot_be_reached_and_is_told() -> None:
    asked, readings = search(only("title", row(), announced=12573))
    assert [code for r in readings for code, _ in r.warnings] == ["incomplete"]
    assert len(asked) == 4  # no second page, but the other ways and the trial


def test_a_search_anywhere_that_finds_too_many_is_not_read_to_its_end() -> None:
    asked, readings = search(only("containAny", row(), announced=1001))
    assert [code for r in readings for code, _ in r.warnings] == ["incomplete"] and len(asked) == 3


def test_of_several_submissions_of_a_trial_the_highest_remains() -> None:
    rows = [row(f"2024-510663-34-{n:02d}") for n in (1, 10, 2)]
    _, readings = search(only("title", *rows))
    assert list(found(readings)) == ["2024-510663-34-10"]
    assert total(readings) == len(ids(readings)) == 3


def test_a_trial_met_anywhere_only_is_a_near_miss_and_not_retrieved() -> None:
    asked, readings = search(only("containAny", row(ctTitle="Cancer", conditions="Lung cancer")))
    (record,) = found(readings).values()
    assert match(record, imam())[0] == "text"
    assert "GET" not in {r.method for r in asked}


def test_a_trial_met_anywhere_whose_title_names_the_disease_is_retrieved() -> None:
    asked, readings = search(only("containAny", row(ctTitle=f"{NAME}: a trial")))
    assert match(found(readings)[NUMBER], imam())[0] == "title"
    assert asked[-1].method == "GET"


# --- the envelope -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "pagination.totalRecords"),
        ({"pagination": [], "data": []}, "pagination.totalRecords"),
        ({"pagination": {"totalRecords": "3"}, "data": []}, "pagination.totalRecords is '3'"),
        ({"pagination": {"totalRecords": True}, "data": []}, "pagination.totalRecords is True"),
        ({"pagination": {"totalRecords": 0}}, "data is NoneType"),
        (page(row("EUCTR1")), r"data\[0\].ctNumber is 'EUCTR1'"),
        (page(row(), row("2023-505613-24-00", ctStatus=13)), r"data\[1\].ctStatus is 13"),
        (page(row(ctStatus="4")), r"data\[0\].ctStatus is '4'"),
        (page(row(ctStatus=True)), r"data\[0\].ctStatus is True"),
    ],
)
def test_drift_is_named_with_its_path(body: object, path: str) -> None:
    with pytest.raises(Fault, match=f"schema_drift: {path}"):
        ctis.read(ctis.ask(imam(), "records"), answer(body))


@pytest.mark.parametrize("body", [b"<html>gateway", b"<!DOCTYPE html>"])
def test_html_with_status_200_is_a_fault(body: bytes) -> None:
    with pytest.raises(Fault, match="wrong_content"):
        ctis.read(ctis.ask(imam(), "records"), answer(body, content_type="text/html"))


@pytest.mark.parametrize(
    ("status", "code"), [(405, "http_status"), (400, "http_status"), (429, "rate_limited")]
)
def test_an_error_status_is_a_fault(status: int, code: str) -> None:
    with pytest.raises(Fault, match=code):
        ctis.read(ctis.ask(imam(), "records"), answer(page(), status))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_a_fault(body: bytes) -> None:
    asked, _ = search(only("title", row()))
    for request in (asked[0], asked[-1]):
        try:
            ctis.read(request, answer(body))
        except Fault:
            continue


# --- records ------------------------------------------------------------------------------------


def read_row(**changes: Any) -> Record:
    _, readings = search(only("containAny", row(**changes)))
    return found(readings)[NUMBER]


@pytest.mark.parametrize(
    ("code", "word"),
    [
        *[(1, "UNDER_EVALUATION"), (2, "NOT_YET_RECRUITING"), (3, "RECRUITING"), (4, "RECRUITING")],
        *[(5, "ACTIVE_NOT_RECRUITING"), (6, "SUSPENDED"), (7, "SUSPENDED"), (8, "ENDED")],
        *[(9, "EXPIRED"), (10, "REVOKED"), (11, "NOT_AUTHORISED"), (12, "CANCELLED")],
    ],
)
def test_status_codes_mean_what_the_notes_say(code: int, word: str) -> None:
    assert read_row(ctStatus=code).status == word


@pytest.mark.parametrize(
    ("written", "phases"),
    [
        ("Therapeutic exploratory (Phase II)", ("PHASE2",)),
        ("Human pharmacology  (Phase I)  - Other", ("PHASE1",)),
        ("Phase II and Phase III (Integrated)", ("PHASE2", "PHASE3")),
        ("Therapeutic use (Phase IV)", ("PHASE4",)),
        ("", ()),
    ],
)
def test_the_phase_of_a_row_is_text(written: str, phases: tuple[str, ...]) -> None:
    assert read_row(trialPhase=written).phases == phases


def test_the_number_behind_a_country_is_no_number_of_sites() -> None:
    assert read_row(trialCountries=["Spain:4", "Italy:4"]).countries == ("Spain", "Italy")


@pytest.mark.parametrize(
    ("written", "day"), [("03/04/2024", "2024-04-03"), ("31/02/2024", ""), ("2024-04-03", ""), (None, "")]
)
def test_days_stand_first_in_dates_and_impossible_ones_are_empty(written: str | None, day: str) -> None:
    assert read_row(startDateEU=written).start == day


@pytest.mark.parametrize(("written", "known"), [("11", 11), ("", None), ("unknown", None)])
def test_enrolment_is_text_and_unknown_is_not_zero(written: str, known: int | None) -> None:
    assert read_row(totalNumberEnrolled=written).enrolment == known


@pytest.mark.parametrize(("written", "known"), [("Yes", True), ("No", False), ("", None)])
def test_results_are_known_only_when_said(written: str, known: bool | None) -> None:
    assert read_row(resultsFirstReceived=written).has_results is known


def retrieved(body: object) -> Reading:
    asked, _ = search(only("title", row()))
    return ctis.read(asked[-1], answer(body))


def test_an_unknown_number_is_answered_with_an_empty_object_and_the_row_stands() -> None:
    reading = retrieved({})
    assert reading.records == () and reading.warnings == (("incomplete", f"not delivered: {NUMBER}"),)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (trial("2023-505613-24-00"), "ctNumber is '2023-505613-24-00'"),
        (trial(authorizedApplication={}), "authorizedApplication.authorizedPartI"),
        ({"ctNumber": NUMBER, "authorizedPartI": {"id": 1}}, "authorizedApplication.authorizedPartI"),
        (trial(ctPublicStatusCode=99), "ctPublicStatusCode is 99"),
    ],
)
def test_another_form_of_a_trial_is_named(body: object, path: str) -> None:
    with pytest.raises(Fault, match=f"schema_drift: {path}"):
        retrieved(body)


@pytest.mark.parametrize(
    ("code", "phases"),
    [
        *[(1, ("PHASE1",)), (2, ("PHASE1",)), (3, ("PHASE1",)), (4, ("PHASE2",)), (5, ("PHASE3",))],
        *[(6, ("PHASE4",)), (7, ("PHASE1", "PHASE2")), (8, ("PHASE1", "PHASE2")), (9, ("PHASE1", "PHASE2"))],
        *[(10, ("PHASE2", "PHASE3")), (11, ("PHASE3", "PHASE4")), ("4", ("PHASE2",)), (12, ()), (None, ())],
    ],
)
def test_the_phase_of_a_retrieved_trial_is_a_code(code: object, phases: tuple[str, ...]) -> None:
    body = trial()
    told = body["authorizedApplication"]["authorizedPartI"]["trialDetails"]["trialInformation"]
    told["trialCategory"] = {"trialPhase": code}
    assert retrieved(body).records[0].phases == phases


def test_numbers_of_other_registries_are_read_where_they_stand() -> None:
    body = trial()
    application = body["authorizedApplication"]
    application["eudraCt"] = {"eudraCtCode": "2019-001588-63", "isTransitioned": True}
    application["authorizedPartI"]["trialDetails"]["clinicalTrialIdentifiers"][
        "secondaryIdentifyingNumbers"
    ] = {
        "nctNumber": {"number": "NCT04494412"},
        "isrctnNumber": {"number": "ISRCTN62918594"},
        "additionalRegistries": [{"id": 7, "number": "jRCT2031200001"}],
    }
    wanted = {"NCT04494412", "ISRCTN62918594", "jRCT2031200001", "2019-001588-63"}
    assert wanted <= set(retrieved(body).records[0].other_ids)


# --- recorded answers ---------------------------------------------------------------------------


def test_recorded_rows_are_read(recorded: Path) -> None:
    rows = json.loads((recorded / "ctis/ctis_search_rows_subset_ctrdata.json").read_text())
    _, readings = search(only("containAny", *rows))
    first = found(readings)[NUMBER]
    assert (first.status, first.phases, first.countries) == ("RECRUITING", ("PHASE2",), ("Spain", "Italy"))
    assert (first.start, first.year, first.enrolment) == ("2021-01-29", 2021, 11)
    assert (first.has_results, first.status_as_of, first.sponsor_class) == (False, "2025-09-16", "INDUSTRY")


def test_a_recorded_trial_completes_its_recorded_row(recorded: Path) -> None:
    rows = json.loads((recorded / "ctis/ctis_search_rows_subset_ctrdata.json").read_text())
    whole = json.loads((recorded / "ctis/ctis_merged_2024-510663-34-00_ctrdata.json").read_text())
    serve = only("title", rows[0])
    _, readings = search(lambda r: whole if r.method == "GET" else serve(r))
    record = found(readings)[NUMBER]
    assert record.title.startswith("An open label, single arm study")
    assert record.conditions == ("Influenza, Human",)
    assert {"NCT04494412", "2019-001588-63", "200925"} <= set(record.other_ids)
    assert record.interventions == ("zanamivir",)
    assert record.sponsor == "Glaxosmithkline Research & Development Limited"
    assert (record.completion, record.countries) == ("2026-12-09", ("Spain", "Italy"))


def test_the_recorded_trial_adds_up_its_member_states(recorded: Path) -> None:
    whole = json.loads((recorded / "ctis/ctis_merged_2024-510663-34-00_ctrdata.json").read_text())
    assert retrieved(whole).records[0].enrolment == 11
