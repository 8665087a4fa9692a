"""The ClinicalTrials.gov adapter: every trap of the interface, by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl.match import match
from etl.model import Fault, Reading, Record, Request, Terms
from etl.sources import clinicaltrials_gov as ctgov
from tests.double import Double
from tests.double.checks import TrialsForm
from tests.double.scenarios import study
from tests.etl.answers import NAME, answer, imam


def records_request(**changes: str) -> Request:
    request = ctgov.ask(imam(), "records")
    return Request(request.source_id, "records", request.path, (*request.params, *changes.items()))


def read_studies(*studies: dict[str, Any], **body: Any) -> Reading:
    page = {"totalCount": len(studies), "studies": list(studies), **body}
    return ctgov.read(records_request(), answer(page))


def read_one(number: int = 1, **modules: Any) -> Record:
    return read_studies(study(number, "Polymyositis", **modules)).records[0]


# --- asking -------------------------------------------------------------------------------------


def test_a_count_asks_for_one_study_because_zero_would_mean_ten() -> None:
    params = dict(ctgov.ask(imam(), "count").params)
    assert (params["pageSize"], params["countTotal"], params["fields"]) == ("1", "true", "NCTId")


@pytest.mark.parametrize("purpose", ["positive", "nonsense"])
def test_controls_are_asked_in_the_shape_of_the_search(purpose: Any) -> None:
    searched = dict(ctgov.ask(imam(phrases=("A b",)), "records").params)["query.cond"]
    assert dict(ctgov.ask(imam(phrases=("C d",)), purpose).params)["query.cond"] == searched.replace(
        "A b", "C d"
    )


def test_phrases_are_quoted_and_acronyms_stand_beside_a_word_of_the_field() -> None:
    terms = imam("synonyms", phrases=("One name", "Other name"), acronyms=("IMAM",))
    assert ctgov.query(terms) == '"One name" OR "Other name" OR (("IMAM") AND (myositis OR myopathy))'


def test_acronyms_without_context_are_not_asked() -> None:
    assert ctgov.query(imam(acronyms=("IMAM",), context=())) == f'"{NAME}"'


@pytest.mark.parametrize("phrase", ["myositis [x] (y)", 'myositis "x" \\y', "myositis “x” {y}"])
def test_signs_of_the_query_language_are_removed(phrase: str) -> None:
    assert ctgov.query(imam(phrases=(phrase,))) in ('"myositis x y"',)


@pytest.mark.parametrize("phrase", ["NCT01234567", "nct1", "[]", "  "])
def test_ids_and_empty_phrases_are_refused_before_sending(phrase: str) -> None:
    with pytest.raises(Fault, match="query_refused"):
        ctgov.ask(imam(phrases=(phrase,)), "records")


def test_no_request_ever_carries_a_filter() -> None:
    names = {name for purpose in ("count", "records") for name, _ in ctgov.ask(imam(), purpose).params}
    assert not [n for n in names if "ilter" in n]


@pytest.mark.parametrize("purpose", ["known_items", "year"])
def test_purposes_the_source_does_not_answer_are_refused(purpose: Any) -> None:
    with pytest.raises(Fault, match="query_refused"):
        ctgov.ask(imam(), purpose)


def test_nothing_to_ask_is_refused() -> None:
    with pytest.raises(Fault, match="nothing to ask"):
        ctgov.ask(Terms("imam", "name", ()), "count")


# --- pages --------------------------------------------------------------------------------------


def test_a_later_page_repeats_identical_parameters_and_adds_the_token() -> None:
    first = records_request()
    page, version = ctgov.read(first, answer({"totalCount": 3, "studies": [], "nextPageToken": "abc"})).then
    assert page.params == (*first.params, ("pageToken", "abc"))
    assert version.path == "/version"


def test_a_third_page_holds_one_token_only() -> None:
    second = records_request(pageToken="abc")
    (page,) = ctgov.read(second, answer({"studies": [], "nextPageToken": "def"})).then
    assert [p for p in page.params if p[0] == "pageToken"] == [("pageToken", "def")]


def test_an_empty_page_in_the_middle_is_not_the_end() -> None:
    reading = ctgov.read(records_request(pageToken="abc"), answer({"studies": [], "nextPageToken": "def"}))
    assert reading.records == () and len(reading.then) == 1


def test_the_total_stands_on_the_first_page_only() -> None:
    assert read_studies(study(1, "x")).total == 1
    later = ctgov.read(records_request(pageToken="abc"), answer({"studies": [study(2, "x")]}))
    assert later.total is None and later.ids == ("NCT99000002",)


@pytest.mark.parametrize("total", [None, "3", True, -1])
def test_a_first_page_without_a_plain_total_is_a_fault(total: object) -> None:
    with pytest.raises(Fault, match="schema_drift"):
        ctgov.read(records_request(), answer({"studies": [], "totalCount": total}))


def test_a_count_follows_no_page() -> None:
    body = {"totalCount": 7, "studies": [study(1, "x")], "nextPageToken": "abc"}
    reading = ctgov.read(ctgov.ask(imam(), "count"), answer(body))
    assert (reading.total, reading.then, reading.ids) == (7, (), ())


def test_the_data_version_is_read() -> None:
    request = read_studies(study(1, "x")).then[-1]
    body = {"apiVersion": "2.0.5", "dataTimestamp": "2026-10-02T09:00:04"}
    assert ctgov.read(request, answer(body)).data_version == "2026-10-02T09:00:04"
    assert ctgov.read(request, answer({"apiVersion": "2.0.5"})).data_version == ""


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "content_type", "code"),
    [
        ("`filter.phase` is unknown parameter", 400, "text/plain", "http_status"),
        ('{"totalCount": 0, "studies": []}', 404, "text/plain", "http_status"),
        ("<html>Down</html>", 200, "text/html", "wrong_content"),
        ("  <!DOCTYPE html><html></html>", 200, "application/json", "wrong_content"),
        ('{"totalCount": 3, "studies": [{', 200, "application/json", "not_parsable"),
        ("", 200, "application/json", "not_parsable"),
        ("[]", 200, "application/json", "schema_drift"),
        ('{"totalCount": 0}', 200, "application/json", "schema_drift"),
        ('{"error": "unavailable"}', 200, "application/json", "error_body"),
        ("slow down", 429, "text/plain", "rate_limited"),
    ],
)
def test_an_answer_that_cannot_be_believed_is_a_fault(
    body: str, status: int, content_type: str, code: str
) -> None:
    with pytest.raises(Fault) as caught:
        ctgov.read(records_request(), answer(body, status, content_type))
    assert caught.value.code == code


def test_a_plain_text_refusal_is_quoted_not_parsed() -> None:
    with pytest.raises(Fault, match=r"400: Invalid value in parameter"):
        ctgov.read(records_request(), answer("Invalid value in parameter", 400, "text/plain"))


def test_a_study_without_a_number_is_a_fault() -> None:
    with pytest.raises(Fault, match="nctId"):
        read_studies({"protocolSection": {}})


# --- studies ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "start", "year"),
    [
        ("2006", "2006", 2006),
        ("2006-11", "2006-11", 2006),
        ("2006-11-03", "2006-11-03", 2006),
        ("soon", "", None),
    ],
)
def test_partial_dates_stay_partial(date: str, start: str, year: int | None) -> None:
    record = read_one(
        statusModule={"startDateStruct": {"date": date}, "completionDateStruct": {"date": date}}
    )
    assert (record.start, record.completion, record.year) == (start, start, year)


def test_an_absent_start_is_unknown() -> None:
    record = read_one(statusModule={"overallStatus": "COMPLETED"})
    assert (record.start, record.completion, record.year, record.status) == ("", "", None, "COMPLETED")


def test_the_primary_completion_stands_in_for_an_absent_completion() -> None:
    assert read_one(statusModule={"primaryCompletionDateStruct": {"date": "2015-03"}}).completion == "2015-03"


@pytest.mark.parametrize(
    ("design", "phases"),
    [({"phases": ["NA"]}, ("NA",)), ({"phases": ["PHASE2", "PHASE3"]}, ("PHASE2", "PHASE3")), ({}, ())],
)
def test_phases_are_a_list_that_may_be_absent(design: dict[str, Any], phases: tuple[str, ...]) -> None:
    assert read_one(designModule=design).phases == phases


@pytest.mark.parametrize(
    ("count", "enrolment"), [(99999999, None), (0, 0), (31, 31), (None, None), (True, None)]
)
def test_an_enrolment_of_99999999_is_unknown(count: object, enrolment: int | None) -> None:
    assert read_one(designModule={"enrollmentInfo": {"count": count}}).enrolment == enrolment


def test_modules_may_be_absent() -> None:
    bare = {"protocolSection": {"identificationModule": {"nctId": "NCT00000001", "briefTitle": "T"}}}
    record = read_studies(bare).records[0]
    assert (record.interventions, record.countries, record.sponsor, record.has_results) == ((), (), "", None)


def test_other_ids_hold_former_numbers_and_secondary_ids_without_a_type() -> None:
    identity = {
        "nctId": "NCT00000002",
        "nctIdAliases": ["NCT00000009"],
        "secondaryIdInfos": [
            {"id": "2015-001894-41", "type": "EUDRACT_NUMBER"},
            {"id": "ABC-1"},
            {"type": "OTHER"},
        ],
    }
    assert read_one(identificationModule=identity).other_ids == ("NCT00000009", "2015-001894-41", "ABC-1")


def test_the_sponsors_own_number_is_asked_for_and_read() -> None:
    """A trial in two registries may share nothing else with itself."""
    assert "OrgStudyIdInfo" in dict(ctgov.ask(imam(), "records").params)["fields"].split("|")
    identity = {"nctId": "NCT01", "orgStudyIdInfo": {"id": "2015-001894-41", "type": "EUDRACT_NUMBER"}}
    study = {"protocolSection": {"identificationModule": identity}}
    assert read_studies(study).records[0].other_ids == ("2015-001894-41",)


def test_ancestors_of_mesh_headings_are_no_keywords() -> None:
    derived = {
        "conditionBrowseModule": {"meshes": [{"term": "Polymyositis"}], "ancestors": [{"term": "Myositis"}]}
    }
    assert read_studies({**study(1, "x"), "derivedSection": derived}).records[0].keywords == ("Polymyositis",)


# --- recorded answers ---------------------------------------------------------------------------


def recorded_study(recorded: Path, nct_id: str) -> Record:
    text = (recorded / "ctgov" / f"v2_study_{nct_id}.json").read_text()
    return read_studies(json.loads(text)).records[0]


def test_recorded_studies_are_read(recorded: Path) -> None:
    record = recorded_study(recorded, "NCT02552212")
    assert (record.start, record.completion, record.phases) == ("2015-09", "2020-05", ("PHASE3",))
    assert (record.enrolment, record.enrolment_type, record.sponsor_class) == (317, "ACTUAL", "INDUSTRY")
    assert record.other_ids == ("AS0006", "2015-001894-41") and record.has_results is True
    assert "United States" in record.countries and "C-AXSPAND" in record.titles
    withdrawn = recorded_study(recorded, "NCT00973089")
    assert (withdrawn.status, withdrawn.enrolment, withdrawn.status_as_of) == ("WITHDRAWN", 0, "2015-08")
    assert withdrawn.has_results is False and withdrawn.phases == ("NA",)


def test_the_official_example_page_is_read(recorded: Path) -> None:
    text = (recorded / "ctgov" / "v2_search_example_from_oas.json").read_text()
    reading = ctgov.read(records_request(), answer(text))
    assert reading.total == 438897 and len(reading.ids) == 3 and len(reading.then) == 2


def test_twelve_recorded_hits_of_which_none_names_the_disease(recorded: Path) -> None:
    path = recorded / "ctgov" / "derived_orpha588_muscle-eye-brain_12_hits_2025-07.json"
    trials = json.loads(path.read_text())["trials"]
    terms = imam(phrases=("Muscle-eye-brain disease",), names=("Muscle-eye-brain disease",))
    assert len(trials) == 12
    for trial in trials:
        modules = {
            "identificationModule": {k: trial[k] for k in ("nctId", "briefTitle", "officialTitle")},
            "conditionsModule": {"conditions": trial["conditions"]},
        }
        record = read_studies({"protocolSection": modules}).records[0]
        assert match(record, terms)[0] in ("rejected", "text"), trial["nctId"]


def test_requests_and_programmed_answers_fit_the_official_description(recorded: Path) -> None:
    import requests

    from tests.double.scenarios import imam_zero

    with Double(imam_zero()) as double:
        base = double.environ()["LACUNA_BASE_CLINICALTRIALS_GOV"]
        queue = [ctgov.ask(imam("broader", phrases=("Dermatomyositis",)), p) for p in ("records", "count")]
        while queue:
            request = queue.pop(0)
            got = requests.get(base + request.path, params=dict(request.params), timeout=5)
            queue += ctgov.read(request, answer(got.content)).then
        form = TrialsForm(recorded)
        assert len(double.log) == 5
        assert list(form.faults(double.log)) == []


def test_the_official_description_would_refuse_a_wrong_request_or_answer(recorded: Path) -> None:
    import requests

    with Double() as double:
        base = double.environ()["LACUNA_BASE_CLINICALTRIALS_GOV"]
        requests.get(f"{base}/studies", params={"filter.phase": "PHASE3", "pageSize": "many"}, timeout=5)
        faults = list(TrialsForm(recorded).faults(double.log))
    assert len(faults) == 2 and "filter.phase" in faults[0]
