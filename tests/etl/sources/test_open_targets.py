"""Open Targets: an unknown disease, an error with status 200, another disease: none of them is a zero."""

from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model import Answer, Fault, Terms
from etl.sources import open_targets

NAME = "Polymyositis"
BY_ID = Terms("pm", "name", ("MONDO:0019127",), names=(NAME,))


def answer(body: object) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("u", 200, "application/json", raw, datetime(2026, 11, 23), hashlib.sha256(raw).hexdigest())


def disease(*rows: dict, count: object = 0, **more: object) -> dict:
    listed = {"count": count, "rows": list(rows)}
    told = {"id": "MONDO_0019127", "name": "polymyositis", "drugAndClinicalCandidates": listed, **more}
    return {"data": {"disease": told}}


def read(body: object, terms: Terms = BY_ID, purpose="records"):
    return open_targets.read(open_targets.ask(terms, purpose), answer(body))


def test_a_disease_is_asked_for_with_an_underscore_and_the_present_name_of_the_field():
    request = open_targets.ask(BY_ID, "records")
    body = json.loads(request.body)
    assert (request.method, request.path, body["variables"]) == ("POST", "/graphql", {"id": "MONDO_0019127"})
    assert "drugAndClinicalCandidates" in body["query"] and "knownDrugs" not in body["query"]
    request.body.encode("latin-1")  # a body is sent as text: nothing but ASCII is safe in it


def test_no_candidates_and_no_errors_is_a_real_zero():
    assert read(disease()).total == 0


def test_candidates_are_counted_and_read():
    row = {"id": "r1", "maxClinicalStage": "PHASE_2", "drug": {"id": "CHEMBL1201607", "name": "ABATACEPT"}}
    assert read(disease(row, count=1)).ids == ("r1",)
    (found,) = open_targets.candidates(open_targets.ask(BY_ID, "records"), answer(disease(row, count=1)))
    assert (found.drug_id, found.name, found.stage) == ("CHEMBL1201607", "ABATACEPT", "PHASE_2")


def test_the_fields_of_the_recorded_answer_are_those_asked_for(recorded):
    body = json.loads(
        (recorded / "opentargets/biomcp__clinical_egfr_20260811.json").read_text(encoding="utf-8")
    )
    listed = body["data"]["target"]["drugAndClinicalCandidates"]
    ids = [{"id": row["drug"]["id"], **row} for row in listed["rows"]]
    found = open_targets.candidates(open_targets.ask(BY_ID, "records"), answer(disease(*ids)))
    assert {c.name for c in found} >= {"AFATINIB", "PANITUMUMAB"}


def test_a_disease_of_null_is_unknown_and_not_zero():
    with pytest.raises(Fault, match="not in this release; that is no zero"):
        read({"data": {"disease": None}})


def test_errors_with_status_200_are_a_fault_even_beside_data():
    with pytest.raises(Fault, match="error_body"):
        read({"errors": [{"message": "Cannot query field 'knownDrugs'"}]})
    with pytest.raises(Fault, match="error_body"):
        read({**disease(), "errors": [{"message": "timeout"}]})


def test_the_name_is_confirmed():
    with pytest.raises(Fault, match="MONDO_0019127 is called 'dermatomyositis'"):
        read(disease(name="dermatomyositis"))
    with pytest.raises(Fault, match="wrong_content"):
        read(disease(id="MONDO_0016367"))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {}},
        {"data": {"disease": {"id": "MONDO_0019127", "name": NAME}}},
        disease(count=None),
        disease(count="0"),
    ],
)
def test_a_missing_or_changed_field_is_told(body):
    with pytest.raises(Fault, match="schema_drift"):
        read(body)


def test_a_name_is_looked_up_and_confirmed_before_it_is_counted():
    by_name = Terms("pm", "name", (NAME,))
    hits = [{"id": "MONDO_0016367", "name": "dermatomyositis"}, {"id": "EFO_0003063", "name": "polymyositis"}]
    (then,) = read({"data": {"search": {"hits": hits}}}, by_name).then
    assert json.loads(then.body)["variables"] == {"id": "EFO_0003063"}
    with pytest.raises(Fault, match="that is no zero"):
        read({"data": {"search": {"hits": hits[:1]}}}, by_name)
    assert read({"data": {"search": {"hits": []}}}, by_name, "nonsense").total == 0


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_a_fault(body):
    with contextlib.suppress(Fault):
        read(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["disease", "search", "hits", "id", "name", "rows", "count", "drug"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_whatever_json_comes_is_read_or_a_fault(value):
    with contextlib.suppress(Fault):
        read({"data": value})
