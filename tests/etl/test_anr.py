"""ANR project files: both spellings of the code, both languages, EUR from projects only."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.match import match
from etl.model import Fault, Record, RowError, Terms
from etl.sources import anr

COLUMNS = (
    "Projet.Code_Decision",
    "AAP.Edition",
    "Projet.Acronyme",
    "Projet.Titre.Francais",
    "Projet.Titre.Anglais",
    "Projet.Resume.Francais",
    "Projet.Resume.Anglais",
    "Programme.Acronyme",
    "Projet.Montant.AF.Aide_allouee.ANR",
    "Projet.T0 scientifique",
)
OLDER = ("Projet.Code_Decision_ANR", *COLUMNS[1:])
PROJECT = ("ANR-22-CE17-0001", "2022", "MYO", "Myosite à inclusions", "Inclusion body myositis", "Pourquoi ?",
           "Why?", "CES17", "512345,60", "2023-02-01")  # fmt: skip


def _line(*changes: tuple[int, str]) -> str:
    values = list(PROJECT)
    for at, value in changes:
        values[at] = value
    return ";".join(f'"{v}"' if set(v) & set(';"\n') else v for v in values) + "\r\n"


def _file(*lines: str, header: Iterable[str] = COLUMNS) -> io.BytesIO:
    return io.BytesIO((";".join(header) + "\r\n" + "".join(lines)).encode())


def _projects(*lines: str, header: Iterable[str] = COLUMNS) -> list[Record]:
    read = list(anr.rows(_file(*lines, header=header)))
    assert not [row for row in read if isinstance(row, RowError)]
    return [row for row in read if isinstance(row, Record)]


def test_a_project() -> None:
    (record,) = _projects(_line())
    assert (record.record_id, record.url) == ("ANR-22-CE17-0001", "https://anr.fr/Projet-ANR-22-CE17-0001")
    assert (record.amount, record.currency, record.year, record.start) == (
        512345.6,
        "EUR",
        2022,
        "2023-02-01",
    )
    assert record.funder == "Agence nationale de la recherche"


@pytest.mark.parametrize("header", [COLUMNS, OLDER])
def test_both_spellings_of_the_project_code(header: tuple[str, ...]) -> None:
    assert _projects(_line(), header=header)[0].record_id == "ANR-22-CE17-0001"


@pytest.mark.parametrize("name", ["Inclusion body myositis", "Myosite à inclusions"])
def test_both_languages_are_there_to_be_searched(name: str) -> None:
    (record,) = _projects(_line())
    assert match(record, Terms("ibm", "name", (), names=(name,)))[0] == "title"


@pytest.mark.parametrize(("empty", "title"), [(3, "Inclusion body myositis"), (4, "Myosite à inclusions")])
def test_a_project_described_in_one_language_only(empty: int, title: str) -> None:
    (record,) = _projects(_line((empty, ""), (empty + 2, "")))
    assert record.title == title
    assert len(record.texts) == 1


@pytest.mark.parametrize("missing", [0, 3, 4, 5, 6, 8])
def test_a_file_without_a_needed_column_is_refused_and_the_column_named(missing: int) -> None:
    header = [f"Autre.{at}" if at == missing else column for at, column in enumerate(COLUMNS)]
    with pytest.raises(Fault, match=rf"schema_drift: no column {COLUMNS[missing]}"):
        list(anr.rows(_file(_line(), header=header)))


def test_the_file_of_partners_is_refused_because_it_would_count_money_again() -> None:
    header = ("Projet.Code_Decision", "Projet.Partenaire.Nom_organisme", "Projet.Partenaire.Est_coordinateur",
              "Projet.Partenaire.Adresse.Pays", "Projet.Partenaire.Aide_allouee.ANR")  # fmt: skip
    with pytest.raises(Fault, match="schema_drift"):
        list(anr.rows(_file("ANR-22-CE17-0001;CNRS;true;France;1000\r\n", header=header)))


def test_a_summary_beyond_the_limit_of_a_field() -> None:
    csv.field_size_limit(131_072)
    first, second = _projects(_line((5, "muscle; " * 20_000)), _line((0, "ANR-22-CE17-0002")))
    assert (len(first.texts[0]) > 131_072, second.record_id) == (True, "ANR-22-CE17-0002")
    assert csv.field_size_limit() == 131_072


def test_a_quote_that_is_not_closed_damages_its_own_row_only() -> None:
    broken = _line((0, "ANR-22-CE17-0002"), (5, '"x'))
    lines = (_line(), broken, _line((0, "ANR-22-CE17-0003")), _line((0, "ANR-05-BLAN-0004-01")))
    read = list(anr.rows(_file(*lines)))
    kept = [r.record_id for r in read if isinstance(r, Record)]
    assert kept == ["ANR-22-CE17-0001", "ANR-22-CE17-0003", "ANR-05-BLAN-0004-01"]
    assert [r.line for r in read if isinstance(r, RowError)] == [3]


def test_no_amount_is_not_zero_euros() -> None:
    (record,) = _projects(_line((8, "")))
    assert (record.amount, record.currency) == (None, "")


def test_an_amount_that_cannot_be_read_is_told_and_its_project_kept() -> None:
    error, record = anr.rows(_file(_line((8, "confidentiel"))))
    assert isinstance(error, RowError)
    assert isinstance(record, Record)
    assert (error.line, error.column, record.amount) == (2, "Projet.Montant.AF.Aide_allouee.ANR", None)


def test_a_row_without_code_is_told() -> None:
    error, _ = anr.rows(_file(_line((0, "")), _line()))
    assert isinstance(error, RowError)
    assert (error.line, error.column) == (2, "Projet.Code_Decision")


@pytest.mark.parametrize("written", ["01/02/2023", "2023-02-01", "2023-02-01T00:00:00"])
def test_days_in_either_order(written: str) -> None:
    assert _projects(_line((9, written)))[0].start == "2023-02-01"


@pytest.mark.parametrize("content", [b"", b"<html>", _file().getvalue()])
def test_an_empty_or_another_file_is_no_zero(content: bytes) -> None:
    with pytest.raises(Fault):
        list(anr.rows(io.BytesIO(content)))


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_told_or_refused(content: bytes) -> None:
    read = list(anr.rows(io.BytesIO(_file(_line()).getvalue() + content)))
    assert all(isinstance(r, Record | RowError) for r in read)
    with pytest.raises(Fault):
        list(anr.rows(io.BytesIO(content)))
