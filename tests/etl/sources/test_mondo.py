"""MONDO: exact codes only, each with its prefix, and no name that merely resembles."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model import Answer, Fault, RowError, Terms
from etl.sources import mondo

HEADER = (
    "# mapping_set_version: http://x/mondo/releases/2026-08-04/mappings/m.sssom.tsv\n"
    "subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\n"
)


def read(recorded, name: str) -> list:
    with (recorded / f"mondo/mondo_{name}.sssom.tsv").open("rb") as stream:
        return list(mondo.rows(stream))


def rows(text: str) -> list:
    return list(mondo.rows(io.BytesIO(text.encode())))


def test_every_recorded_mapping_file_is_read_whole(recorded):
    for name in ("exactmatch_mesh", "exactmatch_orphanet", "exactmatch_sctid", "exactmatch_umls"):
        found = read(recorded, name)
        assert len(found) > 5000
        assert not [r for r in found if isinstance(r, RowError)], name
        assert {r.release for r in found} == {"2026-08-04"}
        assert all(r.exact for r in found), name


def test_the_codes_of_imam_are_those_of_the_catalog(recorded):
    found = {name: read(recorded, f"exactmatch_{name}") for name in ("orphanet", "sctid", "umls", "mesh")}
    codes = {name: mondo.exact_codes("MONDO:0016609", rows) for name, rows in found.items()}
    assert codes == {
        "orphanet": ("Orphanet:247718",),
        "sctid": ("SCTID:766706007",),
        "umls": ("UMLS:C4707791",),
        "mesh": (),
    }


def test_a_cross_reference_is_no_equality_and_keeps_its_zeros(recorded):
    gard = read(recorded, "hasdbxref_gard")
    (imam,) = [r for r in gard if r.mondo == "MONDO:0016609"]
    assert (imam.code, imam.exact) == ("GARD:0020663", False)
    assert mondo.exact_codes("MONDO:0016609", gard) == ()


def test_the_same_digits_under_another_prefix_are_another_disease(recorded):
    (other,) = [r for r in read(recorded, "hasdbxref_gard") if r.code == "GARD:0016609"]
    assert other.mondo != "MONDO:0016609"


def test_columns_are_taken_by_name():
    text = "object_id\tsubject_label\tpredicate_id\tsubject_id\nSCTID:1\tx\tskos:exactMatch\tMONDO:0000001\n"
    (found,) = rows(text)
    assert (found.mondo, found.code, found.exact, found.release) == ("MONDO:0000001", "SCTID:1", True, "")


def test_a_damaged_row_is_told_with_its_line_and_the_rest_kept():
    good = "MONDO:0000001\tx\tskos:exactMatch\tMESH:D1\tx\n"
    found = rows(HEADER + good + "MONDO:1\n" + good)
    assert isinstance(found[1], RowError) and (found[1].line, found[1].column) == (4, "subject_id")
    assert found[0] == found[2]


@pytest.mark.parametrize("text", ["", "# only\n", "<html><body>not found</body></html>", "id\tname\n1\t2\n"])
def test_another_file_is_a_fault_and_not_no_codes(text):
    with pytest.raises(Fault, match="wrong_content"):
        rows(text)


# --- OLS4 ----------------------------------------------------------------------------------------


def answer(body: object) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("u", 200, "application/json", raw, datetime(2026, 11, 23), hashlib.sha256(raw).hexdigest())


def ask(name: str):
    return mondo.ask(Terms("x", "name", (name,)), "records")


def test_a_name_is_asked_for_exactly_in_one_ontology():
    params = dict(ask("Polymyositis").params)
    assert (params["exact"], params["ontology"], params["q"]) == ("true", "mondo", "Polymyositis")


def test_a_fuzzy_answer_gives_only_the_disease_of_that_name(recorded):
    raw = (recorded / "ontology_api/biomcp__ols4__search_type_2_diabetes_mellitus_20260811.json").read_bytes()
    assert json.loads(raw)["response"]["numFound"] == 224
    reading = mondo.read(ask("Type 2 diabetes mellitus"), answer(raw))
    assert (reading.total, reading.ids) == (1, ("MONDO:0005148",))


def test_a_term_that_only_resembles_the_name_is_left_out():
    docs = [
        {"obo_id": "MONDO:0019127", "label": "polymyositis", "exact_synonyms": []},
        {"obo_id": "MONDO:0016367", "label": "dermatomyositis", "exact_synonyms": ["Wagner disease"]},
        {"obo_id": "EFO:0003063", "label": "polymyositis"},
    ]
    reading = mondo.read(ask("Polymyositis"), answer({"response": {"docs": docs, "numFound": 3}}))
    assert reading.ids == ("MONDO:0019127",)


def test_nothing_found_is_zero_and_a_missing_envelope_is_not():
    assert mondo.read(ask("x"), answer({"response": {"docs": [], "numFound": 0}})).total == 0
    for body, fault in (
        ({}, "schema_drift"),
        ({"response": {"docs": []}}, "schema_drift"),
        ({"response": {"docs": [], "numFound": 3}}, "incomplete"),
        (b"<html>", "wrong_content"),
    ):
        with pytest.raises(Fault, match=fault):
            mondo.read(ask("x"), answer(body))


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_a_fault(body):
    for read in (lambda: mondo.read(ask("x"), answer(body)), lambda: list(mondo.rows(io.BytesIO(body)))):
        try:
            read()
        except Fault:
            continue
