"""The ISRCTN adapter: every trap of the interface, by name."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.match import match
from etl.model import Answer, Fault, Purpose, Reading, Record, Terms
from etl.sources import isrctn

NAME = "Inflammatory myopathy with abundant macrophages"
NAMESPACE = 'xmlns="http://www.67bricks.com/isrctn"'


def imam(**changes: Any) -> Terms:
    fields: dict[str, Any] = {"phrases": (NAME,), "context": ("myositis",), "names": (NAME,)}
    return Terms("imam", "name", **{**fields, **changes})


def answer(body: str | bytes, status: int = 200, asked_at: datetime = datetime(2026, 11, 23, 12)) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    sha256 = hashlib.sha256(raw).hexdigest()
    return Answer("http://127.0.0.1/x", status, "application/xml", raw, asked_at, sha256)


def trials(*members: str, total: object = None) -> str:
    count = len(members) if total is None else total
    return f'<allTrials {NAMESPACE} totalCount="{count}">{"".join(members)}</allTrials>'


def trial(inner: str = "", beside: str = "", number: int = 62918594) -> str:
    head = f'<trial lastUpdated="2026-09-30T14:08:37Z" publicIdentifierCanonical="ISRCTN{number}">'
    title = (
        "" if "<trialDescription" in inner else "<trialDescription><title>A trial</title></trialDescription>"
    )
    return f"<fullTrial>{head}{title}{inner}</trial>{beside}</fullTrial>"


FIRST = isrctn.ask(imam(), "records")
(PAGE,) = isrctn.read(FIRST, answer(trials(total=3))).then


def read_page(body: str | bytes, **changes: Any) -> Reading:
    return isrctn.read(PAGE, answer(body, **changes))


def read_one(inner: str = "", beside: str = "", **changes: Any) -> Record:
    return read_page(trials(trial(inner, beside)), **changes).records[0]


# --- asking -------------------------------------------------------------------------------------


def test_every_name_is_asked_in_quotes_and_all_forms_for_there_are_no_synonyms() -> None:
    terms = imam(phrases=("Antisynthetase syndrome", "Anti-Jo1 syndrome"), acronyms=("ASyS",))
    query = dict(isrctn.ask(terms, "records").params)["q"]
    for form in (
        "Antisynthetase syndrome",
        "anti synthetase syndrome",
        "Anti-Jo1 syndrome",
        "Anti Jo1 syndrome",
    ):
        assert f'"{form}"'.lower() in query.lower()
    assert query.endswith('(("ASyS") AND ("myositis"))')


@pytest.mark.parametrize("purpose", ["count", "records", "positive", "nonsense"])
def test_a_limit_is_always_sent_because_the_default_is_unknown(purpose: Purpose) -> None:
    assert dict(isrctn.ask(imam(), purpose).params)["limit"] == "0"


@pytest.mark.parametrize("purpose", ["known_items", "year"])
def test_purposes_the_source_does_not_answer_are_refused(purpose: Purpose) -> None:
    with pytest.raises(Fault, match="query_refused"):
        isrctn.ask(imam(), purpose)


def test_the_records_are_asked_with_the_number_as_limit() -> None:
    assert dict(PAGE.params) == {"q": dict(FIRST.params)["q"], "limit": "3"}


def test_more_than_a_page_is_asked_by_offset() -> None:
    pages = isrctn.read(FIRST, answer(trials(total=2500))).then
    assert [dict(p.params).get("offset") for p in pages] == [None, "1000", "2000"]
    assert {dict(p.params)["limit"] for p in pages} == {"1000"}


@pytest.mark.parametrize("purpose", ["count", "positive", "nonsense"])
def test_counting_follows_nothing(purpose: Purpose) -> None:
    reading = isrctn.read(isrctn.ask(imam(), purpose), answer(trials(total=3)))
    assert (reading.total, reading.then) == (3, ())


# --- the envelope -------------------------------------------------------------------------------


def test_a_zero_stands_in_the_root() -> None:
    reading = isrctn.read(FIRST, answer(trials()))
    assert (reading.total, reading.then) == (0, ())


@pytest.mark.parametrize(
    "body",
    [
        '<allTrials totalCount="0"/>',
        '<allTrials xmlns="http://example.org/new" totalCount="0"/>',
        f"<error {NAMESPACE}>unavailable</error>",
        f"<allTrials {NAMESPACE}/>",
        *(trials(total=value) for value in ("", "many", "-1", "²", "9" * 5000)),
    ],
)
def test_another_root_namespace_or_number_is_drift_and_no_zero(body: str) -> None:
    for request in (FIRST, PAGE):
        with pytest.raises(Fault, match="schema_drift"):
            isrctn.read(request, answer(body))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("<html>Down</html>", 200, "wrong_content"),
        ('{"error": "x"}', 200, "error_body"),
        (trials(), 503, "http_status"),
        (trials(), 429, "rate_limited"),
        (trials()[:-5], 200, "not_parsable"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 200, "not_parsable"),
    ],
)
def test_other_answers_are_faults(body: str, status: int, code: str) -> None:
    with pytest.raises(Fault, match=code):
        isrctn.read(FIRST, answer(body, status))


@pytest.mark.parametrize(
    "inner",
    [
        '<trialDescription xmlns=""><title>A</title></trialDescription>',
        "<title>A</title>",
        "<trialDescription/>",
    ],
)
def test_elements_of_another_namespace_or_name_are_drift_and_no_nameless_trial(inner: str) -> None:
    """The root may keep its namespace while what stands below it is read as absent."""
    other = f'<fullTrial><trial publicIdentifierCanonical="ISRCTN62918594">{inner}</trial></fullTrial>'
    with pytest.raises(Fault, match=r"schema_drift.*trialDescription"):
        read_page(trials(other))


@pytest.mark.parametrize("member", ["<fullTrial/>", "<fullTrial><trial/></fullTrial>"])
def test_a_trial_without_its_number_is_drift(member: str) -> None:
    with pytest.raises(Fault, match=r"schema_drift.*fullTrial"):
        read_page(trials(member))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_a_fault(body: bytes) -> None:
    for request in (FIRST, PAGE):
        for text in (body, trials(trial("X")).encode().replace(b"X", body)):
            try:
                isrctn.read(request, answer(text))
            except Fault:
                continue


# --- records ------------------------------------------------------------------------------------


def test_the_number_is_read_from_digits_where_the_canonical_one_is_missing() -> None:
    title = "<trialDescription><title>A trial</title></trialDescription>"
    body = f"<fullTrial><trial><isrctn>62918594</isrctn>{title}</trial></fullTrial>"
    assert read_page(trials(body)).ids == ("ISRCTN62918594",)


def dated(start: str = "", closed: str = "", end: str = "", override: str = "") -> str:
    recruitment = f"<recruitmentStart>{start}</recruitmentStart><recruitmentEnd>{closed}</recruitmentEnd>"
    by_hand = f"<recruitmentStatusOverride>{override}</recruitmentStatusOverride>"
    design = f"<trialDesign><overallEndDate>{end}</overallEndDate></trialDesign>"
    return f"{design}<participants>{recruitment}{by_hand}</participants>"


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        (dated("2026-12-01T00:00:00.000Z", "2027-12-01", "2028-12-01"), "NOT_YET_RECRUITING"),
        (dated("2026-01-01", "2027-12-01", "2028-12-01"), "RECRUITING"),
        (dated("2026-01-01", "2026-11-23", "2028-12-01"), "RECRUITING"),
        (dated("2020-01-01", "2026-11-22", "2028-12-01"), "ACTIVE_NOT_RECRUITING"),
        (dated("2020-01-01", "2021-01-01", "2022-12-01"), "COMPLETED"),
        (dated("2026-01-01", "2027-12-01", "2028-12-01", "Stopped"), "TERMINATED"),
        (dated("2026-01-01", "2027-12-01", "2028-12-01", "Suspended"), "SUSPENDED"),
        (dated("2026-13-01"), ""),
        (dated(), ""),
    ],
)
def test_the_status_is_derived_from_dates_on_the_day_of_the_answer(dates: str, status: str) -> None:
    assert read_one(dates).status == status


def test_the_same_record_has_another_status_on_another_day() -> None:
    dates = dated("2020-01-01", "2021-01-01", "2022-12-01")
    assert read_one(dates, asked_at=datetime(2020, 6, 1)).status == "RECRUITING"


@pytest.mark.parametrize(
    "none", ["Nil known", "Nil Known", "nil known", "N/A", "None", "Not applicable", "-"]
)
def test_nil_known_is_no_number(none: str) -> None:
    refs = f"<eudraCTNumber>{none}</eudraCTNumber><clinicalTrialsGovNumber>{none}</clinicalTrialsGovNumber>"
    assert read_one(f"<externalRefs>{refs}</externalRefs>").other_ids == ()


def test_the_sponsor_stands_beside_the_trial_and_is_found_by_its_id() -> None:
    beside = "".join(
        f'<sponsor id="{i}"><organisation>{name}</organisation>'
        f"<commercialStatus>{status}</commercialStatus></sponsor>"
        for i, name, status in (("a", "Other", "Non-commercial"), ("b", "Ours", "Commercial"))
    )
    record = read_one("<parties><sponsorId>b</sponsorId></parties>", beside)
    assert (record.sponsor, record.sponsor_class) == ("Ours", "INDUSTRY")


def test_the_united_kingdom_and_its_nations_are_one_country() -> None:
    names = ("England", "Scotland", "United Kingdom", "Wales", "Northern Ireland", "Ireland")
    countries = "".join(f"<country>{name}</country>" for name in names)
    inner = f"<participants><recruitmentCountries>{countries}</recruitmentCountries></participants>"
    assert read_one(inner).countries == ("United Kingdom", "Ireland")


@pytest.mark.parametrize(
    ("results", "known"),
    [
        ("<publicationStage>Results</publicationStage>", True),
        ("<publicationStage>Protocol</publicationStage>", False),
        ("<publicationStage/><basicReport>see file</basicReport>", True),
        ("<publicationStage/><basicReport/>", False),
    ],
)
def test_a_published_protocol_is_no_result(results: str, known: bool) -> None:
    assert read_one(f"<results>{results}</results>").has_results is known


@pytest.mark.parametrize(
    ("target", "final", "size"),
    [
        ("81", "25", (25, "ACTUAL")),
        ("81", "0", (81, "ESTIMATED")),
        ("0", "", (None, "")),
        ("?", "", (None, "")),
    ],
)
def test_0_and_empty_sizes_are_unknown(target: str, final: str, size: tuple[int | None, str]) -> None:
    sizes = f"<targetEnrolment>{target}</targetEnrolment><totalFinalEnrolment>{final}</totalFinalEnrolment>"
    record = read_one(f"<participants>{sizes}</participants>")
    assert (record.enrolment, record.enrolment_type) == size


@pytest.mark.parametrize(
    ("written", "phases"),
    [
        ("Phase I/II", ("PHASE1", "PHASE2")),
        ("Phase III", ("PHASE3",)),
        ("Not Applicable", ("NA",)),
        ("", ()),
        ("Not Specified", ()),
    ],
)
def test_phases(written: str, phases: tuple[str, ...]) -> None:
    inner = f"<interventions><intervention><phase>{written}</phase></intervention></interventions>"
    assert read_one(inner).phases == phases


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        (f"<conditions><condition><description>{NAME}</description></condition></conditions>", "condition"),
        (f"<trialDescription><acronym>{NAME}</acronym></trialDescription>", "title"),
        (f"<conditions><condition><diseaseClass2>{NAME}</diseaseClass2></condition></conditions>", "keyword"),
        (f"<participants><exclusion>No {NAME}</exclusion></participants>", "text"),
        (f"<someNewElement>{NAME}</someNewElement>", "text"),
    ],
)
def test_a_name_is_seen_wherever_it_stands(inner: str, kind: str) -> None:
    assert match(read_one(inner), imam())[0] == kind


# --- recorded answers ---------------------------------------------------------------------------


def test_the_recorded_empty_answer_is_a_zero(recorded: Path) -> None:
    body = (recorded / "isrctn/isrctn_query_empty_transcribed.xml").read_bytes()
    assert isrctn.read(FIRST, answer(body)).total == 0


def test_the_recorded_trial_is_read(recorded: Path) -> None:
    body = (recorded / "isrctn/isrctn_query_ISRCTN62918594_transcribed.xml").read_bytes()
    assert isrctn.read(FIRST, answer(body)).total == 1
    (record,) = read_page(body).records
    assert record.record_id == "ISRCTN62918594"
    assert {"NCT05057013", "2020-005891-36", "298897"} <= set(record.other_ids)
    assert (record.status, record.status_as_of) == ("COMPLETED", "2026-09-30")
    assert (record.study_type, record.phases) == ("INTERVENTIONAL", ("PHASE1", "PHASE2"))
    assert (record.start, record.completion, record.year) == ("2021-10-07", "2025-09-10", 2021)
    assert (record.enrolment, record.enrolment_type, record.has_results) == (25, "ACTUAL", True)
    assert (record.sponsor, record.sponsor_class) == ("Cancer Research UK", "OTHER")
    assert (record.countries, record.interventions) == (("United Kingdom",), ("HMBD-001",))
