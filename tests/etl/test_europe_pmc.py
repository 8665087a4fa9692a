"""Europe PMC: what is asked, and every answer that must not be taken for a zero or for a count."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.match import match
from etl.model import Answer, Fault, KnownItem, Purpose, Request, Terms
from etl.sources import europe_pmc
from etl.sources.europe_pmc import ask, read, refuse_unknown_fields

TERMS = Terms(
    "imam",
    "synonyms",
    ("Inflammatory myopathy with abundant macrophages", "anti-synthetase syndrome"),
    acronyms=("IMAM",),
    context=("myositis", "muscle"),
    names=("Inflammatory myopathy with abundant macrophages",),
    known_items=(
        KnownItem("carrera2006", "name", pmid="16809038"),
        KnownItem("bassez2003", "name", doi="10.1093/JNEN/62.5.464"),
        KnownItem("kim2022", "broader", pmid="35315602"),
        KnownItem("bouzidi2015", "synonyms"),
    ),
)


def _answer(
    body: bytes | dict[str, Any], content_type: str = "application/json", status: int = 200
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("https://example.org", status, content_type, raw, datetime(2026, 11, 23), "")


def _recorded(folder: Path, name: str) -> Answer:
    return _answer((folder / "europepmc" / f"pyEuropePMC__{name}.json").read_bytes())


def _asked(query: str = "cancer", purpose: Purpose = "records") -> Request:
    """A request as :func:`ask` makes it, with the query of a recorded answer."""
    first = ask(TERMS, purpose)
    return replace(first, params=tuple((k, query if k == "query" else v) for k, v in first.params))


def _page(request: Request, *entries: dict[str, Any], **other: Any) -> Answer:
    echo = {"queryString": dict(request.params)["query"], "synonym": False}
    body = {"hitCount": len(entries), "request": echo, "resultList": {"result": list(entries)}, **other}
    return _answer(body)


MED = {"id": "16809038", "source": "MED", "pmid": "16809038", "title": "A title", "pubYear": "2006"}


# --- asking ---------------------------------------------------------------------------------------


def test_every_phrase_carries_its_fields_and_no_word_stands_alone() -> None:
    query = dict(ask(TERMS, "records").params)["query"]
    phrase = "Inflammatory myopathy with abundant macrophages"
    assert f'(TITLE:"{phrase}" OR ABSTRACT:"{phrase}")' in query
    assert 'TITLE:"antisynthetase syndrome"' in query
    assert 'TITLE:"anti synthetase syndrome"' in query
    assert query.count('"') == 2 * (query.count("TITLE:") + query.count("ABSTRACT:"))


def test_acronyms_are_asked_for_beside_a_word_of_the_field_only() -> None:
    query = dict(ask(TERMS, "records").params)["query"]
    assert '(((TITLE:"IMAM" OR ABSTRACT:"IMAM")) AND ((TITLE:"myositis" OR ABSTRACT:"myositis") OR' in query


def test_synonyms_are_switched_off_in_every_request() -> None:
    for purpose in ("records", "count", "positive", "nonsense", "known_items"):
        assert dict(ask(TERMS, purpose).params)["synonym"] == "false"


def test_articles_and_preprints_are_asked_for_and_patents_are_not() -> None:
    query = dict(ask(TERMS, "count").params)["query"]
    assert query.endswith("AND (SRC:MED OR SRC:PMC OR SRC:PPR)")


def test_the_cursor_is_not_encoded_before_it_is_sent() -> None:
    assert dict(ask(TERMS, "records").params)["cursorMark"] == "*"


def test_a_page_holds_no_more_than_the_service_allows() -> None:
    assert int(dict(ask(TERMS, "records").params)["pageSize"]) <= 1000


def test_a_long_query_is_posted_as_a_form() -> None:
    many = replace(TERMS, phrases=tuple(f"disease number {i} of many" for i in range(50)))
    request = ask(many, "records")
    assert (request.method, request.path, request.body) == ("POST", "/searchPOST", "")


def test_signs_of_the_query_language_never_leave_a_phrase() -> None:
    query = dict(ask(replace(TERMS, phrases=('a") OR (b:*"',)), "count").params)["query"]
    assert 'TITLE:"a OR b"' in query


def test_an_unknown_field_is_refused_since_it_would_give_a_quiet_zero() -> None:
    with pytest.raises(Fault, match="unknown field HAS_DB_CROSS_REFERENCES"):
        refuse_unknown_fields('(TITLE:"a: b") AND HAS_DB_CROSS_REFERENCES:y')


def test_years_are_not_asked_for_because_some_records_have_none() -> None:
    with pytest.raises(Fault, match="query_refused"):
        ask(TERMS, "year")


def test_terms_without_a_phrase_are_refused() -> None:
    with pytest.raises(Fault, match="query_refused"):
        ask(Terms("x", "name", ()), "count")


def test_known_items_are_asked_for_by_number_or_doi_up_to_the_rung() -> None:
    request = ask(TERMS, "known_items")
    query = dict(request.params)["query"]
    assert query.endswith('AND ((EXT_ID:16809038 AND SRC:MED) OR DOI:"10.1093/JNEN/62.5.464")')
    assert dict(request.continuation) == {"16809038": "carrera2006", "10.1093/jnen/62.5.464": "bassez2003"}


def test_without_a_known_item_the_control_is_refused() -> None:
    with pytest.raises(Fault, match="query_refused"):
        ask(replace(TERMS, known_items=()), "known_items")


# --- recorded answers -----------------------------------------------------------------------------


def test_recorded_zero(recorded: Path) -> None:
    asked = _asked("asdkfjhasdkfjhasdfasdasdasdfgsagsd")
    reading = read(asked, _recorded(recorded, "search_no_results"))
    assert (reading.total, reading.ids, reading.warnings, reading.then) == (0, (), (), ())
    assert reading.echo == "asdkfjhasdkfjhasdfasdasdasdfgsagsd"


def test_recorded_count(recorded: Path) -> None:
    reading = read(_asked(purpose="count"), _recorded(recorded, "search_cancer"))
    assert (reading.total, reading.records, reading.then, reading.warnings) == (5_059_039, (), (), ())


def test_recorded_whole_records(recorded: Path) -> None:
    reading = read(_asked(), _recorded(recorded, "search_cancer_core"))
    assert len(reading.ids) == len(reading.records) == 25
    by_id = {r.record_id: r for r in reading.records}
    first = by_id["39709209"]
    assert first.other_ids == ("10.1016/s0140-6736(24)02600-x",)
    assert (first.year, first.url) == (2025, "https://europepmc.org/article/MED/39709209")
    assert sum("Review" in r.publication_types for r in reading.records) == 8
    assert any("Neoplasms" in r.conditions for r in reading.records)
    assert not any("<h4>" in text for r in reading.records for text in r.texts)


def test_recorded_cursor_leads_to_the_next_page(recorded: Path) -> None:
    (following,) = read(_asked(), _recorded(recorded, "search_cancer")).then
    assert dict(following.params)["cursorMark"] == "AoIIP4ZawSg1MzEyODI1MA=="
    assert dict(following.params)["query"] == "cancer"


def test_recorded_synonym_expansion_is_noticed(recorded: Path) -> None:
    """5,933,343 with synonyms against 5,059,039 without: the flag that comes back tells."""
    reading = read(_asked(), _recorded(recorded, "search_post_cancer"))
    assert ("echo_missing", "synonyms not switched off: synonym is True") in reading.warnings


def test_recorded_error_bean_is_an_error_with_its_message(recorded: Path) -> None:
    body = (recorded / "europepmc" / "biomcp__pmc3040717-supplementary-not-open-access.xml").read_bytes()
    with pytest.raises(Fault, match="error_body: Article with id PMC3040717 is not open access"):
        read(_asked(), _answer(body, "application/xml"))


# --- answers that look like a zero, or like a count -----------------------------------------------


def test_an_error_with_status_200_is_no_zero() -> None:
    body = {
        "errCode": 404,
        "errMsg": "Invalid page size provided.",
        "hitCount": 0,
        "resultList": {"result": []},
    }
    with pytest.raises(Fault, match="error_body: 404: Invalid page size"):
        read(_asked(), _answer(body))


def test_a_term_dropped_from_the_query_shows_in_the_echo() -> None:
    asked = ask(TERMS, "count")
    answer = _answer({"hitCount": 0, "request": {"queryString": "(SRC:MED)", "synonym": False},
                      "resultList": {"result": []}})  # fmt: skip
    assert [code for code, _ in read(asked, answer).warnings] == ["term_dropped"]


def test_an_answer_without_echo_says_so() -> None:
    answer = _answer({"hitCount": 0, "resultList": {"result": []}})
    assert [code for code, _ in read(_asked(), answer).warnings] == ["echo_missing", "echo_missing"]


@pytest.mark.parametrize("count", [None, "0", -1, True, 1.5])
def test_a_hit_count_of_another_form_is_no_zero(count: object) -> None:
    with pytest.raises(Fault, match="schema_drift: hitCount"):
        read(_asked(), _answer({"hitCount": count, "resultList": {"result": []}}))


def test_a_missing_result_list_is_no_zero() -> None:
    with pytest.raises(Fault, match="schema_drift"):
        read(_asked(), _answer({"hitCount": 0}))


def test_more_hits_announced_than_delivered_stays_visible() -> None:
    asked = ask(TERMS, "records")
    reading = read(asked, _page(asked, MED, hitCount=3))
    assert (reading.total, len(reading.ids)) == (3, 1)


@pytest.mark.parametrize("cursor", [None, "", "*"])
def test_pages_end_when_the_cursor_is_missing_or_unchanged(cursor: str | None) -> None:
    asked = ask(TERMS, "records")
    assert read(asked, _page(asked, MED, nextCursorMark=cursor)).then == ()


def test_pages_end_with_an_empty_page_whatever_its_cursor() -> None:
    asked = ask(TERMS, "records")
    assert read(asked, _page(asked, nextCursorMark="further", hitCount=500)).then == ()


def test_a_record_without_year_has_no_year() -> None:
    asked = ask(TERMS, "records")
    bare = {k: v for k, v in MED.items() if k != "pubYear"}
    electronic = {**bare, "id": "2", "firstPublicationDate": "2007-01-31"}
    issue = {**bare, "id": "3", "journalInfo": {"yearOfPublication": 2008}}
    assert [r.year for r in read(asked, _page(asked, bare, electronic, issue)).records] == [None, 2007, 2008]


def test_a_preprint_is_told_apart_from_its_article() -> None:
    asked = ask(TERMS, "records")
    preprint = {"id": "PPR1", "source": "PPR", "doi": "10.1101/1", "title": "A title"}
    typed = {**preprint, "id": "PPR2", "pubType": "preprint"}
    records = read(asked, _page(asked, MED, preprint, typed)).records
    assert [r.publication_types for r in records] == [(), ("Preprint",), ("Preprint",)]
    assert {r.kind for r in records} == {"publication"}


def test_markup_in_titles_and_abstracts_is_taken_off_and_headings_part_words() -> None:
    asked = ask(TERMS, "records")
    marked = {**MED, "title": "<i>Trichinella</i> myositis, CO<sub>2</sub> &amp; p < 0.05",
              "abstractText": "<h4>Aim</h4>To see.<h4>Results</h4>Seen."}  # fmt: skip
    (record,) = read(asked, _page(asked, marked)).records
    assert record.title == "Trichinella myositis, CO2 & p < 0.05"
    assert record.texts == ("Aim To see. Results Seen.",)


def test_a_retracted_article_says_so() -> None:
    asked = ask(TERMS, "records")
    corrected = {**MED, "commentCorrectionList": {"commentCorrection": [{"type": "Retraction in"}]}}
    typed = {**MED, "id": "2", "pubTypeList": {"pubType": ["Retracted Publication"]}}
    assert [r.status for r in read(asked, _page(asked, corrected, typed, {**MED, "id": "3"})).records] == [
        "retracted",
        "retracted",
        "",
    ]


def test_known_items_are_found_by_number_and_by_doi() -> None:
    asked = ask(TERMS, "known_items")
    found = {**MED, "id": "12769198", "doi": "10.1093/jnen/62.5.464"}
    reading = read(asked, _page(asked, MED, found))
    assert set(dict(asked.continuation)) <= set(reading.ids)


def test_a_record_that_names_the_disease_in_its_abstract_only_is_a_near_miss() -> None:
    asked = ask(TERMS, "records")
    near = {**MED, "abstractText": "A case of inflammatory myopathy with abundant macrophages."}
    (record,) = read(asked, _page(asked, near)).records
    assert match(record, TERMS)[0] == "text"


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["application/json", "text/xml", ""]))
def test_arbitrary_bytes_raise_only_faults(body: bytes, content_type: str) -> None:
    with pytest.raises(Fault):
        read(_asked(), _answer(body, content_type))


LOOSE = ("title", "pubTypeList", "journalInfo", "keywordList", "meshHeadingList", "abstractText", "pubYear")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(LOOSE, _JSON)))
def test_records_of_any_form_are_read_or_refused(fields: dict[str, Any]) -> None:
    asked = ask(TERMS, "records")
    (record,) = read(asked, _page(asked, {**fields, "id": "1", "source": "MED"})).records
    assert record.source_id == europe_pmc.SOURCE_ID
