"""FDA orphan designations: one record a designation, whatever the table does to it."""

from __future__ import annotations

import contextlib
import csv
import io
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.match import match
from etl.model import Fault, Record, RowError, Terms
from etl.sources import fda_orphan

HEADER = (
    "Generic Name,Trade Name,Date Designated,Orphan Designation,Orphan Designation Status,"
    "Approved Labeled Indication,Exclusivity Protected Indication *,Sponsor Company,CF Grid Key\n"
)
ROW = "octagam,,6/22/17,Treatment of dermatomyositis,Designated,,,Octapharma,1\n"


def rows(text: str | bytes, as_of: str = "2022-01-13") -> list[Record | RowError]:
    content = text if isinstance(text, bytes) else text.encode()
    return list(fda_orphan.rows(io.BytesIO(content), as_of))


@pytest.fixture(scope="module")
def table(recorded) -> list[Record]:
    with (recorded / "orphan_designation/fda_orphan_drug__FDA_0113.csv").open("rb") as stream:
        found = list(fda_orphan.rows(stream, "2022-01-13"))
    assert not [r for r in found if isinstance(r, RowError)]
    return found


def test_the_recorded_table_is_read_whole_without_its_remark_lines(table, recorded):
    with (recorded / "orphan_designation/fda_orphan_drug__FDA_0113.csv").open(encoding="utf-8-sig") as stream:
        keys = Counter(row["CF Grid Key"] for row in csv.DictReader(stream))
    assert keys.pop("") == 2
    assert sum(keys.values()) == 6142
    assert {r.record_id for r in table} == set(keys)
    assert len(table) == len(keys) < 6142


@pytest.mark.parametrize(
    ("name", "n", "withdrawn"),
    [
        ("Dermatomyositis", 11, 4),
        ("Polymyositis", 4, 2),
        ("Inclusion body myositis", 4, 1),
        ("Inflammatory myopathy", 2, 0),
        ("Inflammatory myopathy with abundant macrophages", 0, 0),
        ("Antisynthetase syndrome", 0, 0),
    ],
)
def test_the_recorded_table_says_what_the_curators_counted(table, name, n, withdrawn):
    """As in data/curated/dataset_searches.csv; combined wordings ("polymyositis/dermatomyositis") count
    for both, "synthetase" alone (enzyme deficiencies) for none."""
    terms = Terms("x", "name", (name,), names=(name,))
    found = [r for r in table if match(r, terms)[0] == "condition"]
    assert len(found) == n
    assert sum("Withdrawn" in r.status for r in found) == withdrawn


def test_one_designation_approved_for_several_indications_is_one_record():
    other = ROW.replace(",Designated,,", ",Designated/Approved,Adults,")
    third = ROW.replace(",1\n", ",2\n")
    found = rows(HEADER + ROW + third + other)
    assert [r.record_id for r in found] == ["1", "2"]
    assert found[0].texts == ("Adults",)
    assert found[0].status == "Designated/Approved"


def test_a_withdrawn_designation_is_kept_and_marked():
    assert (
        rows(HEADER + ROW.replace("Designated,", "Designated/Withdrawn,"))[0].status == "Designated/Withdrawn"
    )
    header = HEADER.replace("CF Grid Key", "CF Grid Key,Date Designation Withdrawn or Revoked")
    (found,) = rows(header + ROW.replace(",1\n", ",1,02/03/2020\n"))
    assert (found.status, found.completion) == ("Designated/Withdrawn", "2020-02-03")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("6/22/17", "2017-06-22"),
        ("12/1/83", "1983-12-01"),
        ("1/2/82", "2082-01-02"),
        ("11/02/2003", "2003-11-02"),
        ("2/30/17", ""),
        ("22/6/17", ""),
        ("2017-06-22", ""),
    ],
)
def test_years_of_two_digits_begin_with_the_act_of_1983(written, meant):
    assert fda_orphan.day(written) == meant


def test_the_recorded_dates_lie_between_the_act_and_the_table(table):
    assert min(r.start for r in table) >= "1983-01-01"
    assert max(r.start for r in table) <= "2022-01-13"


def test_the_date_of_the_table_is_given_by_whoever_hands_it_over():
    assert rows(HEADER + ROW, "2026-10-01")[0].status_as_of == "2026-10-01"
    assert rows(HEADER + ROW, "")[0].status_as_of == ""


def test_remark_lines_are_no_designations():
    note = "Note: exclusivity is shown for approvals from 2013,,,,,,,,\n"
    shown = ',,,,,,"(Shown for approvals from Jan. 1, 2013, to the present)",,\n'
    assert len(rows(HEADER + shown + ROW + note)) == 1


def test_the_exclusivity_column_may_change_its_name_but_no_needed_one_may():
    assert len(rows(HEADER.replace("Indication *", "Indication **") + ROW)) == 1
    with pytest.raises(Fault, match="wrong_content: the header row has no CF Grid Key"):
        rows(HEADER.replace("CF Grid Key", "Key") + ROW)


@pytest.mark.parametrize(
    "text", ["", "\n", "<html><body><h1>Service unavailable</h1></body></html>", "a,b\n1,2\n"]
)
def test_any_other_page_is_a_fault_and_not_an_empty_table(text):
    with pytest.raises(Fault, match="wrong_content"):
        rows(text)


@pytest.mark.parametrize(
    ("damage", "column"),
    [
        (ROW.replace("6/22/17", "soon"), "Date Designated"),
        (ROW.replace(",1\n", ",x\n"), "CF Grid Key"),
        (ROW.replace("Designated,", "Perhaps,"), "Orphan Designation Status"),
        (ROW.replace("Treatment of dermatomyositis", ""), "Orphan Designation"),
        ("octagam,too,short\n", "CF Grid Key"),
    ],
)
def test_a_damaged_row_is_told_with_its_line_and_the_rest_kept(damage, column):
    found = rows(HEADER + ROW + damage + ROW.replace(",1\n", ",2\n"))
    assert [r.record_id for r in found if isinstance(r, Record)] == ["1", "2"]
    (wrong,) = [r for r in found if isinstance(r, RowError)]
    assert (wrong.line, wrong.column) == (3, column)


def test_the_excel_export_is_a_page_with_a_table():
    cells = [line.split(",") for line in (HEADER.strip(), ROW.strip())]
    page = "<html><table border=1>\n" + "".join(
        "<tr>" + "".join(f"<td>{c}&nbsp;</td>" for c in row) + "</tr>\n" for row in cells
    )
    assert rows(page + "</table></html>") == rows(HEADER + ROW)
    with pytest.raises(Fault, match="not_parsable"):
        rows(page)


@given(st.binary(max_size=300), st.sampled_from([b"", HEADER.encode(), b"<table><tr>"]))
def test_whatever_comes_is_read_or_a_fault(body, before):
    with contextlib.suppress(Fault):
        rows(before + body)
