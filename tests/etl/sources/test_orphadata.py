"""Orphadata: names and codes that may be used, numbers that are numbers, and what is not recorded."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model import Answer, Fault, Request, Terms
from etl.sources import orphadata


def answer(body: object, status: int = 200) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hashlib.sha256(raw).hexdigest()
    return Answer("u", status, "application/json", raw, datetime(2026, 11, 23), digest)


def documented(recorded: Path, path: str) -> Any:
    """The example answer that the official OpenAPI description gives for a path."""
    api = json.loads((recorded / "orphadata/API_Orphadata__openapi.json").read_text(encoding="utf-8"))
    schema = api["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return _example(schema)


def _example(schema: dict) -> Any:
    if "properties" in schema:
        return {name: _example(inner) for name, inner in schema["properties"].items()}
    if "example" in schema:
        return schema["example"]
    return [_example(schema["items"])] if "items" in schema else None


NAMES = "/rd-cross-referencing/orphacodes/{orphacode}"
EPIDEMIOLOGY = "/rd-epidemiology/orphacodes/{orphacode}"
UNKNOWN = {"error": {"code": 404, "type": "not found", "message": "Query returned no result"}}


def disorder(code: int = 58, lang: str = "en", **more: object) -> dict:
    result = {"ORPHAcode": code, "Preferred term": "Alexander disease", "Synonym": ["AxD"], **more}
    return {"data": {"__count": 1, "results": result}, "datasetCategory": {"lang": lang}}


def epidemiology(*rows: dict, code: int = 206569) -> dict:
    result = {"ORPHAcode": code, "Preferred term": "Immune-mediated necrotizing myopathy", "Prevalence": rows}
    return {"data": {"results": result}, "datasetCategory": {"lang": "en"}}


def prevalence(
    value: str, qualification: str = "Value and class", cls: str = "1-9 / 100 000", **more
) -> dict:
    told = {"PrevalenceType": "Point prevalence", "ValMoy": value, "PrevalenceClass": cls}
    return {**told, "PrevalenceQualification": qualification, "PrevalenceGeographic": "Europe", **more}


def read_disorder(body: object, code: str = "58", lang: str = "en", status: int = 200):
    return orphadata.read_disorder(orphadata.ask_disorder(code, lang), answer(body, status))


def test_the_documented_answer_is_read(recorded):
    found = read_disorder(documented(recorded, NAMES))
    assert (found.orpha, found.name, found.synonyms) == ("58", "Alexander disease", ("AxD",))
    assert found.exact("OMIM") == ("203450",)
    assert (found.group, found.typology, found.version) == ("Disorder", "Disease", "2022-05-01")


def test_the_language_parameter_is_called_lang_and_an_answer_in_another_language_is_refused():
    request = orphadata.ask_disorder("58", "fr")
    assert request.params == (("lang", "fr"),)
    with pytest.raises(Fault, match="wrong_content: asked in 'fr', answered in 'en'"):
        orphadata.read_disorder(request, answer(disorder(lang="en")))


def test_an_unknown_code_is_unknown_and_any_other_404_a_fault():
    assert read_disorder(UNKNOWN, status=404) is None
    for body in (b"", b"<html>Not Found</html>", {"detail": "no such path"}):
        with pytest.raises(Fault, match="http_status"):
            read_disorder(body, status=404)
    with pytest.raises(Fault, match="http_status: 503"):
        read_disorder(UNKNOWN, status=503)
    with pytest.raises(Fault, match="error_body"):
        read_disorder(UNKNOWN)


def test_an_answer_about_another_disease_is_refused():
    with pytest.raises(Fault, match="asked for ORPHA:58, answered about ORPHA:59"):
        read_disorder(disorder(59))


@pytest.mark.parametrize(
    ("relation", "exact"),
    [
        ("E (Exact mapping: the two concepts are equivalent)", True),
        ("NTBT (ORPHAcode is narrower than the targeted code used to represent it)", False),
        ("BTNT (ORPHAcode is broader than the targeted code used to represent it)", False),
        ("ND (not yet decided/unable to decide)", False),
        (None, False),
    ],
)
def test_only_the_relation_e_is_equality(relation, exact):
    row = {"Source": "ICD-10", "Reference": "G72.4", "DisorderMappingRelation": relation}
    found = read_disorder(disorder(ExternalReference=[row]))
    assert found.exact("ICD-10") == (("G72.4",) if exact else ())


def test_codes_of_mondo_come_without_prefix():
    row = {"Source": "MONDO", "Reference": "0016609", "DisorderMappingRelation": "E (Exact mapping)"}
    assert read_disorder(disorder(ExternalReference=[row])).exact("MONDO") == ("MONDO:0016609",)


def test_places_are_read_in_both_forms(recorded):
    request = orphadata.ask_places("58")
    listed = documented(recorded, "/rd-classification/orphacodes/{orphacode}/hchids")
    (place,) = orphadata.read_places(request, answer(listed))
    assert (place.parents, place.children) == (("68356", "183500"), ("363717", "363722"))
    single = documented(recorded, "/rd-classification/orphacodes/{orphacode}/hchids/{hchid}")
    assert orphadata.read_places(request, answer(single))[0].parents == ("182070", "68356")
    assert orphadata.read_places(request, answer(UNKNOWN, 404)) == ()


# --- epidemiology --------------------------------------------------------------------------------


def terms(phrase: str) -> Terms:
    return Terms("imnm", "name", (phrase,), names=(phrase,))


def figures(body: object, status: int = 200, phrase: str = "ORPHA:206569"):
    return orphadata.read(orphadata.ask(terms(phrase), "records"), answer(body, status))


def test_the_documented_epidemiology_is_read(recorded):
    request = orphadata.ask(terms("ORPHA:58"), "records")
    found = orphadata.read_epidemiology(request, answer(documented(recorded, EPIDEMIOLOGY)))
    (estimate,) = found.estimates
    assert (estimate.kind, estimate.value, estimate.place) == ("Annual incidence", 0.037, "Japan")
    assert estimate.validated


@pytest.mark.parametrize(
    "row",
    [
        prevalence("0.0", "Class only", "Unknown"),
        prevalence("0.0", "Class only", "<1 / 1 000 000"),
        prevalence("0.0"),
        prevalence("3.5", "Class only"),
        prevalence("no data"),
        prevalence(""),
        prevalence("nan"),
        prevalence("7.1", PrevalenceType="Annual incidence"),
    ],
)
def test_zero_with_a_class_only_is_no_number(row):
    reading = figures(epidemiology(row))
    assert (reading.total, reading.records) == (0, ())


def test_numbers_become_records_that_name_the_disease():
    reading = figures(epidemiology(prevalence("0.0", "Class only"), prevalence("7.1"), prevalence("7.2")))
    assert reading.total == 2
    assert reading.ids == ("ORPHA:206569:1", "ORPHA:206569:2")
    assert {r.kind for r in reading.records} == {"estimate"}
    assert reading.records[0].conditions == ("Immune-mediated necrotizing myopathy",)


def test_an_absent_row_is_not_recorded_and_no_prevalence_of_zero():
    request = orphadata.ask(terms("ORPHA:247718"), "records")
    assert orphadata.read_epidemiology(request, answer(UNKNOWN, 404)) is None
    assert orphadata.read(request, answer(UNKNOWN, 404)).total == 0


def test_a_name_is_confirmed_before_its_figures_are_asked_for(recorded):
    request = orphadata.ask(terms("Marfan syndrome"), "records")
    assert request.path == "/rd-cross-referencing/orphacodes/names/Marfan%20syndrome"
    body = documented(recorded, "/rd-cross-referencing/orphacodes/names/{name}")
    (then,) = orphadata.read(request, answer(body)).then
    assert then.path == "/rd-epidemiology/orphacodes/558"
    with pytest.raises(Fault, match="wrong_content"):
        figures(body, phrase="Another syndrome")


def test_an_unknown_name_is_no_zero_except_for_nonsense():
    with pytest.raises(Fault, match="that is no zero"):
        figures(UNKNOWN, 404, phrase="Morbus Nemo")
    nonsense = orphadata.ask(terms("Morbus Nemo"), "nonsense")
    assert orphadata.read(nonsense, answer(UNKNOWN, 404)).total == 0


# --- files ---------------------------------------------------------------------------------------


def test_product_1_is_read(recorded):
    with (recorded / "orphadata/orphanet-link__en_product1.xml").open("rb") as stream:
        one, alexander = orphadata.disorders(stream)
    assert (alexander.orpha, alexander.synonyms) == ("58", ("AxD", "Fibrinoid leukodystrophy"))
    assert (one.language, one.version, one.typology) == ("en", "2025-12-09", "Disease")
    assert one.exact("MONDO") == ("MONDO:0011778",)
    assert one.exact("ICD-10") == () and one.exact("ICD-11") == ()


def test_product_9_is_read_and_its_class_only_row_has_no_number(recorded):
    with (recorded / "orphadata/orphanet-link__en_product9_prev.xml").open("rb") as stream:
        (found,) = orphadata.epidemiologies(stream)
    assert [(e.kind, e.value) for e in found.estimates] == [
        ("Cases/families", 4.0),
        ("Point prevalence", None),
    ]
    assert found.estimates[1].prevalence_class == "<1 / 1 000 000"


XML = (
    '<?xml version="1.0" encoding="{0}"?><JDBOR date="2024-12-03">'
    '<DisorderList count="{1}">{2}</DisorderList></JDBOR>'
)
DISORDER = '<Disorder id="1"><OrphaCode>611</OrphaCode><Name lang="fr">Myosite à inclusions</Name></Disorder>'


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-8"])
def test_the_declaration_decides_the_encoding(encoding):
    content = XML.format(encoding, 1, DISORDER).encode(encoding)
    (found,) = orphadata.disorders(io.BytesIO(content))
    assert (found.name, found.language) == ("Myosite à inclusions", "fr")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (XML.format("UTF-8", 2, DISORDER).encode(), "incomplete: 1 diseases of 2"),
        (XML.format("UTF-8", 1, DISORDER).encode()[:-20], "not_parsable"),
        (b"<html><body>Maintenance</body></html>", "wrong_content"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><JDBOR/>', "not_parsable"),
        (XML.format("UTF-8", 1, "<Disorder><Name>x</Name></Disorder>").encode(), "schema_drift"),
        (XML.format("UTF-8", 1, "<a/>" * 50_001).encode(), "not_parsable: a disease of more than 50,000 el"),
    ],
)
def test_a_file_that_is_cut_short_or_another_is_a_fault(content, fault):
    with pytest.raises(Fault, match=fault):
        list(orphadata.disorders(io.BytesIO(content)))


def test_a_table_made_from_product_9_says_what_the_curators_counted(recorded):
    """Numbers of point prevalence as in data/curated/dataset_searches.csv."""
    file = recorded / "orphadata/mattop73__epidemiology_of_rare_diseases.csv"
    counted: dict[str, int] = {}
    with file.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            told = prevalence(
                row["val_moy"],
                row["prevalence_qualification"],
                row["prevalence_class"],
                PrevalenceType=row["prevalence_type"],
            )
            if row["orpha_code"] in ("221", "732", "611", "206569", "81", "247718"):
                found = figures(
                    epidemiology(told, code=int(row["orpha_code"])), phrase=f"ORPHA:{row['orpha_code']}"
                )
                counted[row["orpha_code"]] = counted.get(row["orpha_code"], 0) + (found.total or 0)
    assert counted == {"221": 7, "732": 3, "611": 6, "206569": 0, "81": 1}


@given(st.binary(max_size=300), st.sampled_from([200, 404, 500]))
def test_whatever_comes_is_read_or_a_fault(body, status):
    for read, request in (
        (orphadata.read, orphadata.ask(terms("ORPHA:58"), "records")),
        (orphadata.read, orphadata.ask(terms("Alexander disease"), "records")),
        (orphadata.read_disorder, orphadata.ask_disorder("58", "fr")),
        (orphadata.read_places, orphadata.ask_places("58")),
    ):
        try:
            read(request, answer(body, status))
        except Fault:
            continue
    with contextlib.suppress(Fault):
        list(orphadata.disorders(io.BytesIO(body)))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["data", "results", "ORPHAcode", "Preferred term", "Synonym", "Prevalence", "parents"]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_json_comes_is_read_or_a_fault(value):
    requests: list[Request] = [orphadata.ask(terms("ORPHA:58"), "records"), orphadata.ask_places("58")]
    for request, read in zip(requests, (orphadata.read, orphadata.read_places), strict=True):
        try:
            read(request, answer({"data": {"results": value}}))
        except Fault:
            continue
