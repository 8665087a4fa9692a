"""The ICTRP export files: three shapes, and every trap of their cells, by name."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model import Fault, Record, RowError
from etl.sources import ictrp

TABLE = "ictrp/COVID19-web_7Apr2020_subset.csv"
XML = "ictrp/ICTRP-Results_18Mar2020_50_trials.xml"
HEADER = (
    *("TrialID", "Public title", "Scientific title", "Condition", "Intervention", "Recruitment Status"),
    *("Phase", "Study type", "Target size", "Date registration", "Date registration3", "Date enrollement"),
    *("Countries", "results yes no"),
)


def read(content: str | bytes, **options: Any) -> list[Record | RowError]:
    raw = content.encode() if isinstance(content, str) else content
    return list(ictrp.rows(io.BytesIO(raw), **options))


def records(found: list[Record | RowError]) -> list[Record]:
    return [one for one in found if isinstance(one, Record)]


def errors(found: list[Record | RowError]) -> list[RowError]:
    return [one for one in found if isinstance(one, RowError)]


def written(rows: list[list[str]], header: tuple[str, ...] = ()) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [*([header] if header else []), *rows]
    )
    return out.getvalue()


def row(**cells: str) -> list[str]:
    values = {
        "TrialID": "NCT04246242",
        "Public title": "A trial",
        **{k.replace("_", " "): v for k, v in cells.items()},
    }
    return [values.get(column, "") for column in HEADER]


def one(**cells: str) -> Record:
    (record,) = records(read(written([row(**cells)], HEADER)))
    return record


def full(**cells: str) -> list[str]:
    """A row of the full export: quotes around every cell but the first, NULL where nothing is."""
    values = {"public_title": "A trial", **cells}
    named = [f'"{values[c]}"' if c in values else "NULL" for c in ictrp.FULL_EXPORT]
    return [cells.get("trialid", "NCT04246242"), *named[1:]]


# --- the three shapes ---------------------------------------------------------------------------


def test_the_recorded_table_of_40_columns(recorded: Path) -> None:
    with (recorded / TABLE).open("rb") as file:
        found = list(ictrp.rows(file))
    assert len(records(found)) == 110 and not errors(found)
    statuses = Counter(r.status for r in records(found))
    assert statuses == {"RECRUITING": 57, "NOT_RECRUITING": 32, "AUTHORISED": 21}
    assert Counter(r.study_type for r in records(found))["INTERVENTIONAL"] == 76
    assert all(r.start and r.year == int(r.start[:4]) for r in records(found))


def test_the_recorded_xml(recorded: Path) -> None:
    with (recorded / XML).open("rb") as file:
        found = list(ictrp.rows(file))
    assert len(records(found)) == 50 and not errors(found)
    first = records(found)[0]
    assert (first.record_id, first.enrolment, first.start) == ("ChiCTR2000029953", 400, "2020-02-01")
    assert first.conditions == ("2019-nCoV Pneumonia",)
    assert len(first.title) < 120  # the cell is padded with hundreds of spaces


def test_xml_and_table_tell_the_same_of_a_trial(recorded: Path) -> None:
    both = []
    for name in (TABLE, XML):
        with (recorded / name).open("rb") as file:
            both.append({r.record_id: r for r in records(list(ictrp.rows(file)))})
    shared = both[0].keys() & both[1].keys()
    assert len(shared) > 20
    for number in shared:
        table, xml = both[0][number], both[1][number]
        assert (table.title, table.conditions, table.phases) == (xml.title, xml.conditions, xml.phases)


def test_the_full_export_has_the_documented_columns_and_an_unnamed_one(recorded: Path) -> None:
    lines = (recorded / "ictrp/ICTRP_export_datafields.txt").read_text().split()
    documented = [line.lower() for line in lines[lines.index("TrialID") :]]
    assert len(ictrp.FULL_EXPORT) == 63
    assert [ictrp.FULL_EXPORT[0], *ictrp.FULL_EXPORT[2:]] == documented and not ictrp.FULL_EXPORT[1]


def test_the_full_export_is_read_without_a_header() -> None:
    cells = {"trialid": "EUCTR2020-001909-22-FR", "conditions": "Myositis", "date_registration": "15/01/2014"}
    (record,) = records(read(written([full(**cells, secondaryids="NCT01;U1111", url="http://x.org/a")])))
    assert record.record_id == "EUCTR2020-001909-22-FR"  # the country suffix belongs to the number
    assert (record.title, record.conditions, record.year) == ("A trial", ("Myositis",), 2014)
    assert (record.other_ids, record.url, record.sponsor) == (("NCT01", "U1111"), "http://x.org/a", "")


def test_a_byte_order_mark_and_another_order_of_columns_do_not_matter() -> None:
    names = ("TrialID", "Condition", "Public title")
    (record,) = records(read(b"\xef\xbb\xbf" + written([["NCT04246242", "Myositis", "A"]], names).encode()))
    assert (record.conditions, record.title) == (("Myositis",), "A")


@pytest.mark.parametrize("content", [b"PK\x03\x04...", b"\x1f\x8b...", b"\xff\xfeT\x00r\x00"])
def test_a_packed_or_excel_file_is_refused(content: bytes) -> None:
    with pytest.raises(Fault, match="wrong_content"):
        read(content)


def test_a_header_without_the_needed_columns_is_named() -> None:
    with pytest.raises(Fault, match="the header lacks public_title, condition"):
        read("TrialID,Title\nNCT04246242,x\n")


def test_another_root_and_unsafe_xml_are_faults() -> None:
    with pytest.raises(Fault, match="schema_drift: the root is html"):
        read("<html><body/></html>")
    with pytest.raises(Fault, match="not_parsable"):
        read('<!DOCTYPE a [<!ENTITY x "y">]><Trials_downloaded_from_ICTRP>&x;</Trials_downloaded_from_ICTRP>')


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_a_fault(body: bytes) -> None:
    begun = b"<Trials_downloaded_from_ICTRP><Trial><TrialID>NCT1</TrialID>"
    for content in (body, written([row()], HEADER).encode() + body, begun + body):
        try:
            read(content)
        except Fault:
            continue


# --- damaged rows -------------------------------------------------------------------------------


def test_a_damaged_row_is_told_with_its_line_and_the_rest_is_kept() -> None:
    content = written(
        [row(TrialID="NCT00000001"), ["NCT00000002", "short"], row(TrialID="NCT00000003")], HEADER
    )
    found = read(content)
    assert [r.record_id for r in records(found)] == ["NCT00000001", "NCT00000003"]
    assert errors(found) == [RowError(3, "", f"2 columns instead of {len(HEADER)}")]


@pytest.mark.parametrize("at", [1, 3, 5])
@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ('"A trial"', '"A "stray, trial'),
        ('"A trial"', '"A trial'),
        ('"No"\r\n', '"No\r\n'),
        ('"No"', '"N"o"'),
    ],
)
def test_a_quote_that_is_never_closed_costs_its_own_row_only(at: int, sound: str, broken: str) -> None:
    numbers = [f"NCT0000000{n}" for n in range(1, 6)]
    rows = [row(TrialID=number, results_yes_no="No") for number in numbers]
    lines = written(rows, HEADER).splitlines(keepends=True)
    lines[at] = lines[at].replace(sound, broken)
    found = read("".join(lines))
    kept = [r.record_id for r in records(found)]
    assert [n for n in kept if n != numbers[at - 1]] == [n for n in numbers if n != numbers[at - 1]]
    assert {e.line for e in errors(found)} == ({at + 1} if len(kept) == 4 else set())


def test_a_quote_that_swallows_the_rest_of_a_file_without_quotes_gives_it_back() -> None:
    lines = [",".join(row(TrialID=f"NCT0000000{n}")) for n in range(1, 6)]
    lines[1] = lines[1].replace("A trial", '"A trial')
    found = read("\n".join([",".join(HEADER), *lines, ""]))
    assert [r.record_id for r in records(found)] == [f"NCT0000000{n}" for n in (1, 3, 4, 5)]
    assert [e.line for e in errors(found)] == [3]


def test_a_row_with_lines_in_its_cells_does_not_shift_the_line_of_an_error() -> None:
    content = written([row(Condition="a\r\nb\nc"), ["NCT1"]], HEADER)
    assert [e.line for e in errors(read(content))] == [5]


def test_a_row_without_a_trial_number_is_told() -> None:
    found = read(written([row(TrialID="<br>"), row(TrialID="2020"), row()], HEADER))
    assert [(e.line, e.column) for e in errors(found)] == [(2, "TrialID"), (3, "TrialID")]
    assert len(records(found)) == 1


def test_a_null_byte_costs_one_row() -> None:
    content = written([row(TrialID="NCT00000001", Condition="a\0b"), row(TrialID="NCT00000002")], HEADER)
    found = read(content)
    assert [r.record_id for r in records(found)][-1] == "NCT00000002"


def test_bytes_that_are_not_utf8_are_told_and_the_trial_kept() -> None:
    content = written([row(Condition="Sjögren")], HEADER).encode("latin-1")
    found = read(content)
    assert errors(found)[0].line == 2 and records(found)[0].conditions == ("Sj\ufffdgren",)


def test_xml_that_breaks_off_keeps_what_came_before(recorded: Path) -> None:
    content = (recorded / XML).read_bytes()
    found = read(content[: len(content) // 2])
    assert 10 < len(records(found)) < 50
    (error,) = errors(found)
    assert error.line > 100 and "nothing after it was read" in error.problem


def test_a_trial_of_the_xml_without_a_number_is_told_with_its_line() -> None:
    whole = "<Trial><TrialID>NCT00000001</TrialID><Public_title>A</Public_title></Trial>"
    lines = [
        "<Trials_downloaded_from_ICTRP>",
        whole,
        "<Trial>",
        "<Public_title>B</Public_title>",
        "</Trial>",
        whole,
    ]
    found = read("\n".join([*lines, "</Trials_downloaded_from_ICTRP>"]))
    assert len(records(found)) == 2 and [(e.line, e.column) for e in errors(found)] == [(3, "TrialID")]


# --- cells --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "iso"),
    [
        ("17/05/2016", "2016-05-17"),  # ANZCTR, DRKS, EUCTR, ISRCTN, JPRN
        ("2016-10-20", "2016-10-20"),  # ChiCTR, IRCT, KCT, SLCTR
        ("2016/10/20", "2016-10-20"),  # JPRN, enrolment
        ("21-10-2013", "2013-10-21"),  # CTRI
        ("January 25, 2020", "2020-01-25"),  # ClinicalTrials.gov, enrolment
        ("January 2020", "2020-01"),
        ("3 February 2020", "2020-02-03"),
        ("20200127", "2020-01-27"),
        ("", ""),
    ],
)
def test_dates_are_read_as_each_registry_writes_them(date: str, iso: str) -> None:
    assert one(Date_enrollement=date).start == iso


@pytest.mark.parametrize("date", ["30/02/2020", "05/03/2641", "25/13/2019", "soon", "Smarch 1, 2020"])
def test_an_impossible_date_is_told_and_the_trial_kept(date: str) -> None:
    found = read(written([row(Date_enrollement=date)], HEADER))
    assert [(e.line, e.column) for e in errors(found)] == [(2, "Date_enrollement")]
    assert records(found)[0].start == ""


def test_date_registration3_comes_first() -> None:
    assert one(Date_registration="06/02/2019", Date_registration3="20200127").year == 2020


def test_without_a_start_the_year_is_that_of_the_registration() -> None:
    record = one(Date_registration="06/02/2019")
    assert (record.start, record.year) == ("", 2019)


@pytest.mark.parametrize(
    ("size", "known"),
    [
        ("500", 500),
        ("Experimental group:30;Control group:30;", 60),
        ("survival group:200;died:200;", 400),
        ("Dose 5:10;Dose 7:10", 20),
        ("0", None),
        ("", None),
        ("about fifty", None),
    ],
)
def test_target_sizes_of_groups_are_summed_and_0_is_unknown(size: str, known: int | None) -> None:
    assert one(Target_size=size).enrolment == known


EUCTR_PHASE = (
    "Human pharmacology (Phase I): no\nTherapeutic exploratory (Phase II): yes\n"
    "Therapeutic confirmatory - (Phase III): yes\nTherapeutic use (Phase IV): no\n"
)


@pytest.mark.parametrize(
    ("phase", "phases"),
    [
        (EUCTR_PHASE, ("PHASE2", "PHASE3")),
        (EUCTR_PHASE.replace("yes", "no"), ()),
        ("Phase 2/Phase 3", ("PHASE2", "PHASE3")),
        ("2-3", ("PHASE2", "PHASE3")),
        ("Phase III", ("PHASE3",)),
        ("Phase IIb", ("PHASE2",)),
        ("4", ("PHASE4",)),
        ("0", ()),
        ("Retrospective study", ()),
        ("N/A", ("NA",)),
        ("Not applicable", ("NA",)),
        ("", ()),
    ],
)
def test_phases_are_read_as_each_registry_writes_them(phase: str, phases: tuple[str, ...]) -> None:
    assert one(Phase=phase).phases == phases


@pytest.mark.parametrize(
    ("status", "word"),
    [("Recruiting", "RECRUITING"), ("Not Recruiting", "NOT_RECRUITING"), ("Authorised", "AUTHORISED")],
)
def test_only_recruiting_means_recruiting(status: str, word: str) -> None:
    assert one(Recruitment_Status=status).status == word


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Myositis <br>Inclusion", ("Myositis", "Inclusion")),
        ("Myositis&lt;br&gt;Inclusion", ("Myositis", "Inclusion")),
        ("Inclusion&#x0D;\nbody", ("Inclusion body",)),
        ("Inclusion\rbody\r\nmyositis", ("Inclusion body myositis",)),
        ("Sjögren&eacute;;x", ("Sjögrené", "x")),
        ("<i>Anti</i>-Jo1", ("Anti -Jo1",)),
        ("NULL", ()),
        ("  padded" + " " * 900, ("padded",)),
        ('"quoted"', ("quoted",)),
        ("CK < 5 and age > 3", ("CK < 5 and age > 3",)),
    ],
)
def test_html_returns_padding_and_null_are_taken_out_of_cells(cell: str, text: tuple[str, ...]) -> None:
    assert one(Condition=cell).conditions == text


def test_a_lone_return_in_a_cell_without_quotes_ends_no_row() -> None:
    content = written([], HEADER) + ",".join(row(Condition="Inclusion\rbody")) + "\n"
    assert records(read(content))[0].conditions == ("Inclusion body",)


def test_countries_are_told_once_each() -> None:
    assert one(Countries="France;France;Iran").countries == ("France", "Iran")


@pytest.mark.parametrize(("cell", "known"), [("Yes", True), ("No", False), ("", None), ("NULL", None)])
def test_results_are_known_only_when_said(cell: str, known: bool | None) -> None:
    assert one(results_yes_no=cell).has_results is known


def test_a_link_that_is_none_is_left_out() -> None:
    assert records(read(written([full(url="javascript:alert(1)")])))[0].url == ""


# --- large files --------------------------------------------------------------------------------


def test_unwanted_rows_are_passed_over_and_damaged_ones_still_told() -> None:
    rows = [row(TrialID="NCT00000001", Condition="Dermatomyositis"), ["NCT1"], row(TrialID="NCT00000002")]
    found = read(written(rows, HEADER), wanted=lambda text: re.search("myositis", text) is not None)
    assert [r.record_id for r in records(found)] == ["NCT00000001"] and len(errors(found)) == 1


class _Endless(io.RawIOBase):
    """A file made while it is read: ``head``, then ``body`` so many times."""

    def __init__(self, head: bytes, body: bytes, times: int) -> None:
        self._head, self._body, self._left = head, body, times
        self._ready = head

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._ready = self._head
        return 0

    def readinto(self, buffer: Any) -> int:
        if not self._ready and self._left:
            self._left -= 1
            self._ready = self._body
        part, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def readline(self, size: int | None = -1) -> bytes:
        if not self._ready and self._left:
            self._left -= 1
            self._ready = self._body
        end = self._ready.find(b"\n") + 1 or len(self._ready)
        part, self._ready = self._ready[:end], self._ready[end:]
        return part


@pytest.mark.parametrize("shape", ["table", "xml"])
def test_memory_does_not_grow_with_the_file(shape: str) -> None:
    trial = (
        b"<Trial>\n<TrialID>NCT04246242</TrialID>\n<Condition>" + b"x" * 2000 + b"</Condition>\n</Trial>\n"
    )
    table = written([row(Condition="x" * 2000)]).encode()
    head = b"<Trials_downloaded_from_ICTRP>\n" if shape == "xml" else written([], HEADER).encode()
    file: BinaryIO = _Endless(head.ljust(64), trial if shape == "xml" else table, 3000)  # type: ignore[assignment]
    tracemalloc.start()
    count = sum(isinstance(one, Record) for one in ictrp.rows(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000 and peak < 2_000_000
