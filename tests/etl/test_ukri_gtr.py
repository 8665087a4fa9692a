"""UKRI Gateway to Research: no real answer was seen; the edges are written by hand from its documentation."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.match import match
from etl.model import Answer, Fault, Purpose, Request, Terms
from etl.sources.ukri_gtr import ACCEPT, ask, read

TERMS = Terms("ibm", "name", ("Inclusion body myositis",), names=("Inclusion body myositis",))
FUND = "https://gtr.ukri.org:443/gtr/api/funds/AB12-9"


def _answer(
    body: bytes | dict[str, Any], content_type: str = "application/json", status: int = 200
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("https://example.org", status, content_type, raw, datetime(2026, 11, 23), "")


def _project(own_id: str = "P1", **other: Any) -> dict[str, Any]:
    return {
        "id": own_id,
        "title": "Proteins in inclusion body myositis",
        "abstractText": "Why muscle fails.",
        "status": "Active",
        "grantCategory": "Research Grant",
        "leadFunder": "MRC",
        "identifiers": {"identifier": [{"value": "MR/N003322/1", "type": "RCUK"}]},
        "links": {"link": [{"rel": "FUND", "href": FUND}, {"rel": "LEAD_ORG", "href": "x/funds/1"}]},
        **other,
    }


def _page(*projects: dict[str, Any], total: int | None = None, pages: int = 1) -> Answer:
    size = len(projects) if total is None else total
    return _answer(
        {"page": 1, "size": 100, "totalPages": pages, "totalSize": size, "project": list(projects)}
    )


def _fund_request(project: dict[str, Any] | None = None) -> Request:
    (request,) = read(ask(TERMS, "records"), _page(project or _project())).then
    return request


# --- asking ---------------------------------------------------------------------------------------


def test_the_version_of_the_answers_is_asked_for_by_name() -> None:
    """Without it the service answers XML, or the JSON of its oldest version."""
    assert ask(TERMS, "records").accept == ACCEPT == "application/vnd.rcuk.gtr.json-v7"
    assert _fund_request().accept == ACCEPT


def test_no_parameter_of_the_other_api_is_mixed_in() -> None:
    assert [name for name, _ in ask(TERMS, "records").params] == ["q", "p", "s"]


def test_the_phrase_is_quoted_because_the_search_is_broad() -> None:
    assert dict(ask(TERMS, "records").params)["q"] == '"Inclusion body myositis"'


@pytest.mark.parametrize("purpose", ["records", "count", "positive", "nonsense"])
def test_a_page_has_at_least_ten_and_at_most_a_hundred_projects(purpose: Purpose) -> None:
    assert 10 <= int(dict(ask(TERMS, purpose).params)["s"]) <= 100


@pytest.mark.parametrize("purpose", ["year", "known_items"])
def test_other_purposes_are_refused(purpose: Purpose) -> None:
    with pytest.raises(Fault, match="query_refused"):
        ask(TERMS, purpose)


# --- nothing, or a failure ------------------------------------------------------------------------


def test_404_on_a_search_means_nothing_found_in_a_form_that_was_not_verified() -> None:
    reading = read(ask(TERMS, "records"), _answer(b"", status=404))
    assert (reading.total, reading.records) == (0, ())
    assert [code for code, _ in reading.warnings] == ["form_unverified"]


def test_404_as_a_web_page_is_a_wrong_address_and_no_zero() -> None:
    for body, kind in ((b"<!DOCTYPE html><html>", ""), (b"gone", "text/html; charset=utf-8")):
        with pytest.raises(Fault, match="wrong_content"):
            read(ask(TERMS, "records"), _answer(body, kind, 404))


def test_404_on_a_later_page_is_a_broken_search_and_no_zero() -> None:
    (following,) = read(ask(TERMS, "records"), _page(_project(links={}), total=150, pages=2)).then
    assert dict(following.params)["p"] == "2"
    with pytest.raises(Fault, match="http_status"):
        read(following, _answer(b"", status=404))


def test_404_on_a_fund_is_money_unknown_and_no_empty_search() -> None:
    reading = read(_fund_request(), _answer(b"", status=404))
    assert reading.total is None
    assert [code for code, _ in reading.warnings] == ["incomplete"]
    assert (reading.records[0].record_id, reading.records[0].amount) == ("P1", None)


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_any_other_status_is_a_fault(status: int) -> None:
    """A page of fewer than ten projects is refused with a status of its own."""
    with pytest.raises(Fault, match="http_status"):
        read(ask(TERMS, "count"), _answer(b"Page size cannot be less than 10", status=status))


def test_xml_in_place_of_json_is_no_zero() -> None:
    with pytest.raises(Fault, match="wrong_content"):
        read(ask(TERMS, "records"), _answer(b'<ns2:projects totalSize="0"/>', "application/xml"))


@pytest.mark.parametrize("body", [{}, {"project": []}, {"totalSize": "0"}, {"totalSize": 3, "totalPages": 1},
                                  {"totalSize": None, "project": []}])  # fmt: skip
def test_an_envelope_of_another_form_is_no_zero(body: dict[str, Any]) -> None:
    with pytest.raises(Fault, match="schema_drift"):
        read(ask(TERMS, "records"), _answer(body))


# --- projects and their money ---------------------------------------------------------------------


def test_money_is_behind_the_fund_link_of_a_project() -> None:
    request = _fund_request()
    assert (request.path, request.params) == ("/funds/AB12-9", ())
    fund = {"valuePounds": {"amount": 250_000, "currencyCode": "GBP"},
            "start": 1_404_169_200_000, "end": 1_498_777_200_000}  # fmt: skip
    reading = read(request, _answer(fund))
    (record,) = reading.records
    assert (reading.total, reading.ids) == (None, ())
    assert (record.amount, record.currency, record.funder) == (250_000.0, "GBP", "MRC")
    assert record.title == "Proteins in inclusion body myositis"
    assert record.year == 2014


def test_midnight_of_a_british_summer_day_stays_that_day() -> None:
    """1 July 2014, 00:00 in London, is 23:00 of 30 June elsewhere; 1 January has no such hour."""
    fund = {"start": 1_404_169_200_000, "end": 1_514_764_800_000}
    (record,) = read(_fund_request(), _answer(fund)).records
    assert (record.start, record.completion) == ("2014-07-01", "2018-01-01")


def test_the_funds_of_a_project_are_added_one_after_the_other() -> None:
    other = {"rel": "FUND", "href": "https://gtr.ukri.org/gtr/api/funds/CD34"}
    request = _fund_request(_project(links={"link": [{"rel": "FUND", "href": FUND}, other]}))
    first = read(request, _answer({"valuePounds": {"amount": 100, "currencyCode": "GBP"}}))
    (second,) = first.then
    assert second.path == "/funds/CD34"
    assert (
        read(second, _answer({"valuePounds": {"amount": 20, "currencyCode": "GBP"}})).records[0].amount == 120
    )


def test_currencies_are_not_added() -> None:
    paid = read(_fund_request(), _answer({"valuePounds": {"amount": 100, "currencyCode": "GBP"}})).records[0]
    again = replace(_fund_request(), continuation=(("project", _packed(paid)), ("later", "")))
    (record,) = read(again, _answer({"valuePounds": {"amount": 7, "currencyCode": "EUR"}})).records
    assert (record.amount, record.currency) == (100.0, "GBP")


def _packed(record: Any) -> str:
    from etl.sources._values import packed

    return packed(record)


@pytest.mark.parametrize("value", [{}, {"valuePounds": None}, {"valuePounds": {"amount": 0}},
                                   {"valuePounds": {"amount": None}}])  # fmt: skip
def test_a_studentship_without_value_has_no_amount_rather_than_zero_pounds(value: dict[str, Any]) -> None:
    (record,) = read(_fund_request(), _answer(value)).records
    assert (record.amount, record.currency) == (None, "")


def test_the_whole_grant_on_every_participants_line_is_not_added_up() -> None:
    lines = [{"organisationName": "UCL", "role": "LEAD_PARTICIPANT", "grantOffer": 900},
             {"organisationName": "KCL", "role": "PARTICIPANT", "grantOffer": 900}]  # fmt: skip
    record = read(ask(TERMS, "records"), _page(_project(participantValues={"participant": lines}))).records[0]
    assert (record.amount, record.sponsor) == (None, "UCL")


def test_no_money_is_asked_for_a_project_that_the_broad_search_met_by_chance() -> None:
    chance = _project(title="Oxford lasers", abstractText="Light.")
    assert read(ask(TERMS, "records"), _page(chance)).then == ()


def test_a_broad_hit_is_received_and_rejected_by_name() -> None:
    chance = _project(title="Oxford lasers", abstractText="Light.")
    (record,) = read(ask(TERMS, "records"), _page(chance)).records
    assert match(record, TERMS)[0] == "rejected"


def test_a_placeholder_for_a_missing_abstract_is_no_abstract() -> None:
    said = "Abstracts are not currently available in GtR for all funded research. This is normally because…"
    assert read(ask(TERMS, "records"), _page(_project(abstractText=said))).records[0].texts == ()


def test_european_money_in_the_same_table_says_so() -> None:
    record = read(ask(TERMS, "records"), _page(_project(grantCategory="EU-Funded"))).records[0]
    assert record.study_type == "EU-Funded"


def test_a_lone_project_may_come_without_its_list() -> None:
    body = {"totalPages": 1, "totalSize": 1, "project": _project()}
    assert read(ask(TERMS, "records"), _answer(body)).ids == ("P1",)


def test_reference_numbers_join_a_project_to_other_sources() -> None:
    assert read(ask(TERMS, "records"), _page(_project())).records[0].other_ids == ("MR/N003322/1",)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([200, 404, 500]))
def test_arbitrary_bytes_raise_only_faults(body: bytes, status: int) -> None:
    for request in (ask(TERMS, "records"), _fund_request()):
        with contextlib.suppress(Fault):
            assert read(request, _answer(body, "", status)).total in (0, None)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*_project(), "participantValues", "researchTopics"]), _JSON),
       st.dictionaries(st.sampled_from(["valuePounds", "start", "end"]), _JSON | st.fixed_dictionaries(
           {"amount": _JSON, "currencyCode": _JSON})))  # fmt: skip
def test_projects_and_funds_of_any_form_are_read_or_refused(
    project: dict[str, Any], fund: dict[str, Any]
) -> None:
    with contextlib.suppress(Fault):
        read(ask(TERMS, "records"), _page(project))
    with contextlib.suppress(Fault):
        read(_fund_request(), _answer(fund))
