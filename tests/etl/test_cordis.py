"""CORDIS project files: every row kept or told, EUR from projects only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.match import match
from etl.model import Fault, Record, RowError, Terms
from etl.sources import cordis

COLUMNS = [
    *("id", "acronym", "status", "title", "startDate", "endDate", "totalCost", "ecMaxContribution"),
    *("legalBasis", "topics", "ecSignatureDate", "frameworkProgramme", "masterCall", "subCall"),
    *("fundingScheme", "objective", "contentUpdateDate", "rcn", "grantDoi", "keywords"),
]
PROJECT = {
    "id": "101080249",
    "acronym": "MYO",
    "status": "SIGNED",
    "title": "Understanding inclusion body myositis",
    "startDate": "2023-01-01",
    "endDate": "2027-12-31",
    "totalCost": "7999999.5",
    "ecMaxContribution": "6500000.25",
    "frameworkProgramme": "HORIZON",
    "fundingScheme": "HORIZON-RIA",
    "objective": "We study muscle.",
    "grantDoi": "10.3030/101080249",
    "keywords": "myositis, muscle; ageing",
}


def _line(**fields: str) -> str:
    values = ({**PROJECT, **fields}.get(column, "") for column in COLUMNS)
    return ";".join('"' + value.replace('"', '""') + '"' for value in values) + "\n"


def _file(*lines: str, header: Iterable[str] = COLUMNS) -> io.BytesIO:
    head = ";".join(f'"{column}"' for column in header) + "\n"
    return io.BytesIO(("\ufeff" + head + "".join(lines)).encode())


def _read(*lines: str) -> list[Record | RowError]:
    return list(cordis.rows(_file(*lines)))


def _projects(*lines: str) -> list[Record]:
    read = _read(*lines)
    assert not [row for row in read if isinstance(row, RowError)]
    return [row for row in read if isinstance(row, Record)]


def test_a_project() -> None:
    (record,) = _projects(_line())
    assert (record.record_id, record.kind, record.year) == ("101080249", "grant", 2023)
    assert (record.amount, record.currency, record.funder) == (
        6500000.25,
        "EUR",
        "European Commission (HORIZON)",
    )
    assert record.keywords == ("myositis", "muscle", "ageing")
    assert match(record, Terms("ibm", "name", (), names=("Inclusion body myositis",)))[0] == "title"


def test_the_total_cost_is_not_the_grant() -> None:
    (record,) = _projects(_line(totalCost="9", ecMaxContribution="4"))
    assert record.amount == 4.0


def test_an_objective_beyond_the_limit_of_a_field_with_quotes_and_line_breaks_inside() -> None:
    objective = 'He said: "look; here"\nand\r\n' + "muscle " * 40_000
    csv.field_size_limit(131_072)
    first, second = _projects(_line(objective=objective), _line(id="2"))
    assert (len(first.texts[0]) > 131_072, second.record_id) == (True, "2")
    assert csv.field_size_limit() == 131_072


def test_a_quote_that_is_not_closed_damages_its_own_row_only() -> None:
    broken = _line(id="7").replace('"We study muscle."', '"We study muscle.')
    read = _read(_line(id="6"), broken, _line(id="8"), _line(id="9"))
    assert [r.record_id for r in read if isinstance(r, Record)] == ["6", "8", "9"]
    assert [(r.line, r.column) for r in read if isinstance(r, RowError)] == [(3, "")]


def test_a_row_with_a_column_too_many_is_told_with_its_line() -> None:
    read = _read(_line(objective="one\ntwo"), _line(id="7").replace('"MYO"', '"M";"YO"'), _line(id="8"))
    assert [(r.line, r.problem[:29]) for r in read if isinstance(r, RowError)] == [
        (4, '21 columns instead of 20: "7"')
    ]
    assert [r.record_id for r in read if isinstance(r, Record)] == ["101080249", "8"]


def test_bytes_that_are_no_utf_8_are_told_with_their_line() -> None:
    stream = _file(_line(), _line(id="7"), _line(id="8"))
    damaged = stream.getvalue().replace(b'"7";"MYO"', b'"7";"M\xe9O"')
    read = list(cordis.rows(io.BytesIO(damaged)))
    assert [type(r) for r in read] == [Record, RowError, Record]


@pytest.mark.parametrize(("written", "amount"), [("1234567,89", 1234567.89), ("1234567.89", 1234567.89),
                                                 ("1 234 567,89", 1234567.89), ("0", 0.0)])  # fmt: skip
def test_decimals_with_a_comma_as_in_older_programmes(written: str, amount: float) -> None:
    assert _projects(_line(ecMaxContribution=written))[0].amount == amount


def test_no_amount_is_not_zero_euros() -> None:
    (record,) = _projects(_line(ecMaxContribution=""))
    assert (record.amount, record.currency) == (None, "")


def test_an_amount_that_cannot_be_read_is_told_and_its_project_kept() -> None:
    error, record = _read(_line(ecMaxContribution="1.234.567"))
    assert isinstance(error, RowError)
    assert isinstance(record, Record)
    assert (error.line, error.column, record.amount) == (2, "ecMaxContribution", None)


def test_each_project_tells_its_programme_since_one_alone_hides_the_others() -> None:
    funders = {r.funder for r in _projects(_line(), _line(id="2", frameworkProgramme="FP7"))}
    assert funders == {"European Commission (HORIZON)", "European Commission (FP7)"}


def test_the_table_of_organisations_is_refused_because_it_would_count_money_again() -> None:
    header = [
        "projectID",
        "projectAcronym",
        "organisationID",
        "name",
        "country",
        "role",
        "ecContribution",
        "totalCost",
    ]
    with pytest.raises(Fault, match="schema_drift: no column id"):
        list(cordis.rows(_file('"1";"2";"B";"FR";"coordinator";"5"\n', header=header)))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"<!DOCTYPE html><html></html>", b"PK\x03\x04zip"])
def test_another_file_is_no_zero(content: bytes) -> None:
    with pytest.raises(Fault, match="schema_drift"):
        list(cordis.rows(io.BytesIO(content)))


def test_a_file_without_rows_is_no_zero() -> None:
    with pytest.raises(Fault, match="incomplete"):
        _read()


def test_a_file_whose_rows_are_all_damaged_is_no_zero() -> None:
    with pytest.raises(Fault, match="incomplete"):
        _read("damaged\n")


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_told_or_refused(content: bytes) -> None:
    stream = io.BytesIO(_file(_line()).getvalue() + content)
    read = list(cordis.rows(stream))
    assert all(isinstance(r, Record | RowError) for r in read)
    with pytest.raises(Fault):
        list(cordis.rows(io.BytesIO(content)))
