"""Europe PMC grants: no real answer was seen; the edges are written by hand from its documentation."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.model import Answer, Fault, Purpose, Terms
from etl.sources.europe_pmc_grants import QUERY_PARAMETER, ask, read

TERMS = Terms("ibm", "name", ("Inclusion body myositis",))


def _answer(
    body: bytes | dict[str, Any], content_type: str = "application/json", status: int = 200
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("https://example.org", status, content_type, raw, datetime(2026, 11, 23), "")


def _pair(
    number: str = "MR/N003322/1", person: str = "Hanna", funder: str = "MRC", **grant: Any
) -> dict[str, Any]:
    return {
        "Person": {"FamilyName": person, "Initials": "M"},
        "Grant": {"Funder": {"Name": funder}, "Id": number, "Title": "Inclusion body myositis", **grant},
        "Institution": {"Name": "UCL"},
    }


def _page(*pairs: dict[str, Any], hits: object = None) -> Answer:
    return _answer(
        {"HitCount": str(len(pairs)) if hits is None else hits, "RecordList": {"Record": list(pairs)}}
    )


# --- asking ---------------------------------------------------------------------------------------


def test_the_query_is_a_part_of_the_path_and_encoded() -> None:
    request = ask(TERMS, "records")
    head, tail = "/get/query=", "&format=json&resultType=core&page=1"
    assert (request.path[: len(head)], request.path[-len(tail) :], request.params) == (head, tail, ())
    assert unquote(request.path[len(head) : -len(tail)]) == '"Inclusion body myositis"'


def test_an_ampersand_in_a_name_does_not_cut_the_query_short() -> None:
    path = ask(replace(TERMS, phrases=("muscle & nerve / brain",)), "records").path
    assert path.count("&") == 3
    assert path.count("/") == 2
    assert " " not in path


def test_the_query_is_told_beside_the_path() -> None:
    assert dict(ask(TERMS, "count").continuation)[QUERY_PARAMETER] == '"Inclusion body myositis"'


def test_years_are_not_asked_for_since_they_mean_running_and_not_awarded() -> None:
    with pytest.raises(Fault, match="query_refused"):
        ask(TERMS, "year")


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "records", [{}, {"RecordList": None}, {"RecordList": ""}, {"RecordList": {"Record": []}}]
)
def test_a_zero_in_whatever_form_its_empty_list_has(records: dict[str, Any]) -> None:
    reading = read(ask(TERMS, "records"), _answer({"HitCount": "0", **records}))
    assert (reading.total, reading.records, reading.then) == (0, (), ())


def test_one_grant_of_three_persons_is_three_records_and_one_grant() -> None:
    reading = read(
        ask(TERMS, "records"), _page(_pair(), _pair(person="Machado"), _pair(person="Hilton-Jones"))
    )
    assert (reading.total, len(reading.ids), len(reading.records)) == (3, 3, 1)
    assert (reading.records[0].record_id, reading.records[0].funder) == ("MRC: MR/N003322/1", "MRC")
    assert reading.records[0].amount is None


def test_two_funders_with_the_same_number_are_two_grants() -> None:
    reading = read(ask(TERMS, "records"), _page(_pair("101"), _pair("101", funder="Wellcome Trust")))
    assert len(reading.records) == 2


def test_a_lone_record_may_come_without_its_list() -> None:
    reading = read(ask(TERMS, "records"), _answer({"HitCount": "1", "RecordList": {"Record": _pair()}}))
    assert (len(reading.ids), len(reading.records)) == (1, 1)


def test_the_reference_number_joins_a_grant_to_other_sources() -> None:
    (record,) = read(ask(TERMS, "records"), _page(_pair(Doi="10.35802/104033"))).records
    assert record.other_ids == ("MR/N003322/1", "10.35802/104033")
    assert record.url == "https://doi.org/10.35802/104033"


def test_pages_of_25_follow_until_the_count_is_reached() -> None:
    request, seen = ask(TERMS, "records"), 0
    people = [_pair(person=f"Person {i}") for i in range(60)]
    for page in (1, 2, 3):
        assert f"page={page}" in request.path
        reading = read(request, _page(*people[25 * page - 25 : 25 * page], hits="60"))
        seen += len(reading.ids)
        assert len(reading.then) == (page < 3)
        request = reading.then[0] if reading.then else request
    assert seen == 60


def test_a_control_counts_without_following_pages() -> None:
    assert read(ask(TERMS, "positive"), _page(_pair(), hits="60")).then == ()


@pytest.mark.parametrize("hits", [-1, True, "", "many", [], {}, 1.5])
def test_a_hit_count_of_another_form_is_no_zero(hits: object) -> None:
    with pytest.raises(Fault, match="schema_drift: HitCount"):
        read(ask(TERMS, "records"), _page(hits=hits))


def test_a_missing_hit_count_is_no_zero() -> None:
    """The address that another part of the service does not have (`grantSearch`) answers otherwise."""
    with pytest.raises(Fault, match="schema_drift: HitCount"):
        read(ask(TERMS, "records"), _answer({"RecordList": {"Record": []}}))


def test_records_announced_and_none_delivered_is_no_zero() -> None:
    with pytest.raises(Fault, match="schema_drift"):
        read(ask(TERMS, "count"), _page(hits="3"))


def test_an_error_with_status_200_is_no_zero() -> None:
    with pytest.raises(Fault, match="error_body"):
        read(ask(TERMS, "records"), _answer({"errCode": 500, "errMsg": "no", "HitCount": "0"}))


def test_a_grant_without_number_is_refused() -> None:
    with pytest.raises(Fault, match="without Id"):
        read(ask(TERMS, "records"), _page({"Grant": {"Title": "x"}}))


@pytest.mark.parametrize(
    "abstract",
    [
        "Why muscle fails.",
        ["Why muscle fails."],
        {"@Type": "scientific", "$": "Why muscle fails."},
        [{"Type": "lay", "Language": "en", "$": "Why muscle fails."}],
    ],
)
def test_an_abstract_of_unknown_form_is_read_as_text(abstract: object) -> None:
    assert read(ask(TERMS, "records"), _page(_pair(Abstract=abstract))).records[0].texts == (
        "Why muscle fails.",
    )


@pytest.mark.parametrize("purpose", ["known_items", "year"])
def test_other_purposes_are_refused(purpose: Purpose) -> None:
    with pytest.raises(Fault, match="query_refused"):
        ask(TERMS, purpose)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["application/json", "text/xml", ""]))
def test_arbitrary_bytes_raise_only_faults(body: bytes, content_type: str) -> None:
    with pytest.raises(Fault):
        read(ask(TERMS, "records"), _answer(body, content_type))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
_GRANT = st.dictionaries(st.sampled_from(["Id", "Title", "Abstract", "Funder", "StartDate", "Doi"]), _JSON)


@settings(max_examples=100, deadline=None)
@given(st.fixed_dictionaries({"Person": _JSON, "Grant": _GRANT, "Institution": _JSON}))
def test_records_of_any_form_are_read_or_refused(entry: dict[str, Any]) -> None:
    with contextlib.suppress(Fault):
        read(ask(TERMS, "records"), _page(entry))
