"""NIH RePORTER: rows are counted for completeness, core projects for Lacuna; other traps by name."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.model import Answer, Fault, Purpose, Reading, Record, Request, Terms
from etl.sources import nih_reporter
from etl.sources._query import holds
from etl.sources.nih_reporter import ask, read

TERMS = Terms("marfan", "name", ("Marfan syndrome",))


def _answer(
    body: bytes | dict[str, Any], content_type: str = "application/json", status: int = 200
) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("https://example.org", status, content_type, raw, datetime(2026, 11, 23), "")


def _row(appl_id: int, core: str = "R01HL000001", year: int = 2020, **other: Any) -> dict[str, Any]:
    return {
        "appl_id": appl_id,
        "subproject_id": None,
        "fiscal_year": year,
        "project_num": f"5{core}-{year - 2000:02}",
        "core_project_num": core,
        "project_title": "Aortic disease in Marfan syndrome",
        "award_amount": 100_000,
        **other,
    }


def _page(*rows: dict[str, Any], total: int | None = None, offset: int = 0) -> Answer:
    return _answer({"meta": {"total": len(rows) if total is None else total, "offset": offset},
                    "results": list(rows)})  # fmt: skip


def _body(request: Request) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(request.body)
    return parsed


def _follow(
    first: Request, answer: Callable[[dict[str, Any]], Answer]
) -> tuple[list[Reading], dict[str, Record]]:
    """Everything that a search receives, as the search itself puts it together."""
    readings, records, queue = [], {}, [first]
    while queue:
        request = queue.pop(0)
        reading = read(request, answer(_body(request)))
        readings.append(reading)
        records.update({r.record_id: r for r in reading.records})
        queue += reading.then
    return readings, records


# --- asking ---------------------------------------------------------------------------------------


def test_a_phrase_is_kept_together_by_the_operator_advanced_and_quotes() -> None:
    text = _body(ask(TERMS, "records"))["criteria"]["advanced_text_search"]
    assert text["operator"] == "advanced"
    assert text["search_text"] == '"Marfan syndrome"'


def test_the_list_of_concepts_made_by_a_machine_is_not_searched() -> None:
    fields = _body(ask(TERMS, "records"))["criteria"]["advanced_text_search"]["search_field"]
    assert fields == "projecttitle,abstracttext"


def test_subprojects_are_left_out_and_no_active_project_is_added() -> None:
    criteria = _body(ask(TERMS, "records"))["criteria"]
    assert (criteria["exclude_subprojects"], criteria["include_active_projects"]) == (True, False)


def test_fiscal_years_are_said_and_all_of_them_meant() -> None:
    assert _body(ask(TERMS, "records"))["criteria"]["fiscal_years"] == []


def test_the_spelling_of_criteria_and_fields() -> None:
    """Criteria are in snake case, fields in Pascal case; any other spelling is ignored without a word."""
    body = _body(ask(TERMS, "records"))
    assert all(name == name.lower() for name in body["criteria"])
    assert all(name[0].isupper() and "_" not in name for name in body["include_fields"])


def test_a_word_with_a_soft_hyphen_holds_what_was_asked_for() -> None:
    assert holds(["A trial in myo\u00adpathy"], ["myopathy"])


def test_the_query_is_posted_in_the_body_and_told_beside_it() -> None:
    request = ask(TERMS, "records")
    assert (request.method, request.path, request.params) == ("POST", "/projects/search", ())
    assert dict(request.continuation)[nih_reporter.QUERY_PARAMETER] == '"Marfan syndrome"'


@pytest.mark.parametrize("purpose", ["year", "known_items"])
def test_other_purposes_are_refused(purpose: Purpose) -> None:
    with pytest.raises(Fault, match="query_refused"):
        ask(TERMS, purpose)


# --- recorded answers -----------------------------------------------------------------------------


def _marfan(recorded: Path) -> dict[str, Any]:
    """The recorded page; the program that recorded it had not asked for ``appl_id``."""
    page: dict[str, Any] = json.loads(
        (recorded / "nih_reporter" / "biomcp__funding_marfan_syndrome.json").read_text()
    )
    for row in page["results"]:
        row["appl_id"] = int(row["project_detail_url"].rsplit("/", 1)[1])
    return page


def test_recorded_project_years_are_five_core_projects(recorded: Path) -> None:
    reading = read(ask(TERMS, "records"), _answer(_marfan(recorded)))
    assert (reading.total, len(reading.ids), len(reading.records)) == (104, 10, 5)
    aortic = {r.record_id: r for r in reading.records}["R01HL132141"]
    assert aortic.amount == 731_621 + 731_621 + 731_621 + 716_987
    assert (aortic.currency, aortic.year, len(aortic.other_ids)) == ("USD", 2022, 4)


def test_recorded_intramural_row_is_no_grant_like_the_others(recorded: Path) -> None:
    reading = read(ask(TERMS, "records"), _answer(_marfan(recorded)))
    kinds = {r.record_id: r.study_type for r in reading.records}
    assert kinds["ZICHG200420"] == "intramural"
    assert kinds["R01HL132141"] == "grant"


def test_recorded_amount_is_taken_once_and_not_added_to_the_institutes_shares(recorded: Path) -> None:
    row = json.loads((recorded / "nih_reporter" / "transcribed__full_record_10497514.json").read_text())
    (record,) = read(ask(TERMS, "records"), _page(row)).records
    assert record.amount == 444_000.0
    assert sum(f["total_cost"] for f in row["agency_ic_fundings"]) == 444_000
    assert (record.record_id, record.start, record.completion) == ("R15DE032063", "2023-08-01", "2026-07-31")
    assert record.funder == "National Institute of Dental and Craniofacial Research"


def test_recorded_row_without_the_term_is_noticed(recorded: Path) -> None:
    """A misspelt criterion is ignored and unrelated projects come back with status 200."""
    row = json.loads((recorded / "nih_reporter" / "transcribed__full_record_10497514.json").read_text())
    assert read(ask(TERMS, "records"), _page(row)).warnings == (
        ("term_dropped", "none of 1 rows holds what was asked for"),
    )


# --- rows, projects, money ------------------------------------------------------------------------


def test_a_true_zero() -> None:
    reading = read(ask(TERMS, "records"), _page())
    assert (reading.total, reading.records, reading.warnings, reading.then) == (0, (), (), ())


def test_subprojects_are_received_but_neither_counted_nor_paid_twice() -> None:
    whole, part = _row(1, "P01HL000001"), _row(2, "P01HL000001", subproject_id="5432", award_amount=40_000)
    reading = read(ask(TERMS, "records"), _page(whole, part))
    (record,) = reading.records
    assert (reading.ids, record.amount) == (("1", "2"), 100_000)


def test_no_amount_is_not_zero_dollars() -> None:
    reading = read(ask(TERMS, "records"), _page(_row(1, award_amount=None)))
    assert (reading.records[0].amount, reading.records[0].currency) == (None, "")


def test_a_year_without_amount_leaves_the_sum_of_the_others() -> None:
    rows = (_row(1, award_amount=None), _row(2, year=2021, award_amount=5))
    assert read(ask(TERMS, "records"), _page(*rows)).records[0].amount == 5.0


def test_times_come_with_and_without_zone() -> None:
    dates = {"project_start_date": "2001-09-01T00:00:00Z", "project_end_date": "2005-08-31T00:00:00"}
    (record,) = read(ask(TERMS, "records"), _page(_row(1, **dates))).records
    assert (record.start, record.completion) == ("2001-09-01", "2005-08-31")


def test_a_contract_is_told_apart() -> None:
    assert read(ask(TERMS, "records"), _page(_row(1, "N01AR042209"))).records[0].study_type == "contract"


def test_an_abstract_that_one_year_alone_has_stays_with_the_project() -> None:
    rows = (_row(1, abstract_text="On Marfan syndrome."), _row(2, year=2021, abstract_text=None))
    (record,) = read(ask(TERMS, "records"), _page(*rows)).records
    assert record.texts == ("On Marfan syndrome.",)


def test_the_years_of_a_project_on_two_pages_are_one_project() -> None:
    rows = [
        _row(1, abstract_text="first"),
        *(_row(i, f"R01HL{i:06}") for i in range(2, 501)),
        _row(501, year=2026),
    ]

    def answer(asked: dict[str, Any]) -> Answer:
        at = asked["offset"]
        return _page(*rows[at : at + asked["limit"]], total=len(rows), offset=at)

    readings, records = _follow(ask(TERMS, "records"), answer)
    assert [r.total for r in readings] == [501, None]
    assert len({i for r in readings for i in r.ids}) == 501
    assert len(records) == 500
    both = records["R01HL000001"]
    assert (both.amount, both.year, both.texts) == (200_000, 2020, ("first",))


def test_a_row_that_comes_twice_is_paid_once() -> None:
    pages = {0: [_row(1)], 500: [_row(1), _row(2, year=2021)]}
    _, records = _follow(
        ask(TERMS, "records"), lambda asked: _page(*pages[asked["offset"]], total=501, offset=asked["offset"])
    )
    assert records["R01HL000001"].amount == 200_000


def test_beyond_the_reach_of_offsets_the_fiscal_years_are_parted() -> None:
    """Of 20,000 rows the service reaches 15,000; no row is lost and no project counted twice."""
    rows = [_row(i, f"R01HL{i % 4000:06}", 1990 + i % 40) for i in range(20_000)]

    def answer(asked: dict[str, Any]) -> Answer:
        assert asked["offset"] <= 14_999
        years = asked["criteria"]["fiscal_years"]
        inside = [r for r in rows if not years or r["fiscal_year"] in years]
        at = asked["offset"]
        return _page(*inside[at : at + asked["limit"]], total=len(inside), offset=at)

    readings, records = _follow(ask(TERMS, "records"), answer)
    assert next(r.total for r in readings if r.total is not None) == 20_000
    assert [r.total for r in readings[1:]] == [None] * (len(readings) - 1)
    assert len({i for r in readings for i in r.ids}) == 20_000
    assert len(records) == 4000
    assert sum(r.amount or 0 for r in records.values()) == 20_000 * 100_000


def test_a_year_too_large_to_be_reached_is_incomplete() -> None:
    request = ask(TERMS, "records")
    request = replace(request, continuation=(*request.continuation, ("years", "[2020, 2020]")))
    reading = read(request, _page(_row(1), total=15_001))
    assert ("incomplete", "more than 15000 rows in one year") in reading.warnings


def test_a_page_from_another_offset_is_refused() -> None:
    with pytest.raises(Fault, match="incomplete"):
        read(ask(TERMS, "records"), _page(_row(1), offset=500))


# --- answers that look like data, or like a zero --------------------------------------------------


def test_a_positive_control_that_found_other_projects_has_not_passed() -> None:
    with pytest.raises(Fault, match="none of 1 rows"):
        read(ask(TERMS, "positive"), _page(_row(1, project_title="Head and neck cancer"), total=2_900_000))


def test_a_nonsense_control_that_found_other_projects_has_found_something() -> None:
    assert (
        read(ask(TERMS, "nonsense"), _page(_row(1, project_title="Cancer"), total=2_900_000)).total
        == 2_900_000
    )


def test_a_positive_control_may_find_the_words_in_another_spelling() -> None:
    limb = Terms("", "name", ("Limb-girdle muscular dystrophy",))
    row = _row(1, project_title="LIMB GIRDLE MUSCULAR DYSTROPHY 2B")
    assert read(ask(limb, "positive"), _page(row)).total == 1


@pytest.mark.parametrize("body", [{}, {"meta": {"total": 0}}, {"meta": {}, "results": []},
                                  {"meta": {"total": None}, "results": []},
                                  {"meta": {"total": "0"}, "results": []},
                                  {"results": []}])  # fmt: skip
def test_a_missing_envelope_is_no_zero(body: dict[str, Any]) -> None:
    with pytest.raises(Fault, match="schema_drift"):
        read(ask(TERMS, "records"), _answer(body))


def test_a_row_without_its_number_is_refused() -> None:
    row = _row(1)
    del row["appl_id"]
    with pytest.raises(Fault, match="appl_id"):
        read(ask(TERMS, "records"), _page(row))


def test_an_answer_with_an_error_status_is_no_zero() -> None:
    with pytest.raises(Fault, match="http_status: 400"):
        read(ask(TERMS, "records"), _answer(b'["offset too large"]', status=400))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["application/json", "text/html", ""]))
def test_arbitrary_bytes_raise_only_faults(body: bytes, content_type: str) -> None:
    with pytest.raises(Fault):
        read(ask(TERMS, "records"), _answer(body, content_type))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=120, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*_row(1), "organization", "agency_ic_admin", "project_start_date"]), _JSON
    )
)
def test_rows_of_any_form_are_read_or_refused(row: dict[str, Any]) -> None:
    with contextlib.suppress(Fault):
        read(ask(TERMS, "records"), _page(row))
