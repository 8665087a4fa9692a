"""The PubMed adapter: every trap of the interface, by name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model import Fault, KnownItem, Reading, Record, Request
from etl.sources import pubmed
from tests.double import Asked, Hits, Known
from tests.double.checks import foreign_keys
from tests.double.scenarios import article
from tests.etl.answers import NAME, answer, imam

SEARCH = pubmed.ask(imam(), "records")
ASKED = Asked("pubmed", "GET", "/esearch.fcgi", dict(SEARCH.params))
ECHO = (
    f'"{NAME}"[Title/Abstract:~0] OR "Inflammatory myopathies with abundant macrophages"[Title/Abstract:~0]'
)


ACRONYM = '"anti-synthetase syndrome"[tiab:~0] OR ((IMAM[tiab]) AND (myosit*[tiab] OR myopath*[tiab]))'


def result(**fields: Any) -> dict[str, Any]:
    clean = {
        "count": "0",
        "retmax": "0",
        "retstart": "0",
        "idlist": [],
        "translationset": [],
        "querytranslation": ECHO,
    }
    return {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": {**clean, **fields}}


def read(request: Request = SEARCH, **fields: Any) -> Reading:
    return pubmed.read(request, answer(result(**fields)))


def sent(term: str, purpose: Any = "records") -> Request:
    """A search whose query is ``term``."""
    params = tuple((k, term if k == "term" else v) for k, v in SEARCH.params)
    return replace(SEARCH, params=params, purpose=purpose)


def fetched(*articles: str, ids: str = "1") -> Reading:
    request = Request("pubmed", "records", "/efetch.fcgi", (("id", ids),))
    body = f'<?xml version="1.0" ?><PubmedArticleSet>{"".join(articles)}</PubmedArticleSet>'
    return pubmed.read(request, answer(body, content_type="text/xml"))


def one(inner: str, after: str = "", data: str = "") -> Record:
    body = (
        f"<PubmedArticle><MedlineCitation><PMID>1</PMID><Article>{inner}</Article>{after}</MedlineCitation>"
        f"<PubmedData>{data}</PubmedData></PubmedArticle>"
    )
    return fetched(body).records[0]


# --- asking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["count", "records", "positive", "nonsense", "known_items"])
def test_rettype_count_is_never_sent(purpose: Any) -> None:
    params = dict(pubmed.ask(imam(), purpose).params)
    assert "rettype" not in params and params["retmode"] == "json"


def test_a_year_is_not_asked_because_years_overlap() -> None:
    with pytest.raises(Fault, match="query_refused"):
        pubmed.ask(imam(), "year")


def test_phrases_are_searched_by_proximity_with_distance_zero() -> None:
    assert pubmed.query(imam())[0].startswith(f'"{NAME}"[tiab:~0] OR ')


def test_every_term_carries_its_own_tag_and_acronyms_a_context() -> None:
    term, sent = pubmed.query(imam("synonyms", phrases=("Dermatomyositis",), acronyms=("IMAM",)))
    assert term == "Dermatomyositis[tiab] OR ((IMAM[tiab]) AND (myosit*[tiab] OR myopath*[tiab]))"
    assert sent == ("Dermatomyositis", "IMAM", "myosit*", "myopath*")


@pytest.mark.parametrize(
    ("phrase", "forms"),
    [
        ("Anti-synthetase syndrome", {"Anti synthetase syndrome", "Antisynthetase syndrome"}),
        ("Antisynthetase syndrome", {"Anti-synthetase syndrome", "Anti synthetase syndrome"}),
        ("Immune-mediated x", {"Immune mediated x"}),
        (
            "Necrotizing myopathy",
            {"Necrotising myopathy", "Necrotising myopathies", "Necrotizing myopathies"},
        ),
    ],
)
def test_hyphens_plurals_and_spellings_are_spelled_out(phrase: str, forms: set[str]) -> None:
    assert set(pubmed.variants(phrase)) == {phrase} | forms


def test_html_escapes_and_typographic_asterisks_are_cleaned() -> None:
    assert pubmed.clean("muscle &amp; nerve \u2217 [x] (y)") == "muscle & nerve x y"


@pytest.mark.parametrize("phrase", ["", "[]", "\u2217"])
def test_an_empty_phrase_is_refused(phrase: str) -> None:
    with pytest.raises(Fault, match="query_refused"):
        pubmed.ask(imam(phrases=(phrase,)), "count")


@pytest.mark.parametrize("term", ["asthma[foo]", "asthma[mh:~3]", "asthma[ti:noexp]", "x[Mesh]", "x[]"])
def test_unknown_field_tags_are_refused_before_sending(term: str) -> None:
    with pytest.raises(Fault, match="unknown field tag"):
        pubmed.refuse_unsafe(term)


@pytest.mark.parametrize("term", ["(asthma OR copd)[tiab]", "(asthma) [tiab]"])
def test_a_tag_on_a_bracketed_group_is_refused(term: str) -> None:
    with pytest.raises(Fault, match="bracketed group"):
        pubmed.refuse_unsafe(term)


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=3))
def test_no_phrase_can_bring_in_a_tag_or_a_quote_of_its_own(phrases: list[str]) -> None:
    try:
        term, sent = pubmed.query(imam(phrases=tuple(phrases)))
    except Fault:
        return
    pubmed.refuse_unsafe(term)
    assert term.count("[") == len(sent)


def test_a_long_query_is_posted() -> None:
    names = tuple(f"A made up disease of number {n}" for n in range(60))
    assert pubmed.ask(imam(phrases=names), "count").method == "POST"
    assert SEARCH.method == "GET"


# --- false zeros --------------------------------------------------------------------------------


def test_a_true_zero_has_no_warning() -> None:
    warned = {"phrasesignored": [], "quotedphrasesnotfound": [], "outputmessages": ["No items found."]}
    reading = read(warninglist=warned)
    assert (reading.total, reading.warnings, reading.echo) == (0, (), ECHO)


@pytest.mark.parametrize("count", ["0", "5"])
def test_a_quoted_phrase_the_index_does_not_know_is_told_whatever_the_count(count: str) -> None:
    reading = read(count=count, warninglist={"quotedphrasesnotfound": [f'"{NAME}"']})
    assert ("term_dropped", f"quotedphrasesnotfound: {NAME}") in reading.warnings


def test_a_term_dropped_inside_an_or_is_caught_although_the_count_is_5() -> None:
    reply = Hits(["1", "2", "3", "4", "5"], dropped=[NAME], warned=False).reply(ASKED)
    reading = pubmed.read(SEARCH, answer(reply.body))
    assert reading.total == 5
    assert reading.warnings == (("term_dropped", f"not in the echo: {NAME}"),)


def test_a_shorter_name_dropped_beside_a_longer_one_is_caught() -> None:
    request = pubmed.ask(imam(phrases=("body myositis", "inclusion body myositis")), "count")
    echo = '"inclusion body myositis"[Title/Abstract:~0]'
    assert read(request, querytranslation=echo).warnings == (
        ("term_dropped", "not in the echo: body myositis"),
    )


def test_a_phrase_split_into_words_was_not_searched() -> None:
    request = pubmed.ask(imam(phrases=("body battery",)), "count")
    echo = '"body"[Title/Abstract] AND "battery"[Title/Abstract]'
    assert read(request, querytranslation=echo, count="9").warnings[0][0] == "term_dropped"


@pytest.mark.parametrize("field", ["phrasesnotfound", "fieldsnotfound"])
def test_words_and_fields_not_found_are_told(field: str) -> None:
    assert ("term_dropped", f"{field}: the") in read(errorlist={field: ["the"]}).warnings


@pytest.mark.parametrize(
    "echo",
    [
        # brackets that change nothing, another order, the long names of the tags, hyphens opened
        '("imam"[Title/Abstract] AND ("myopath*"[Title/Abstract] OR "myosit*"[Title/Abstract]))'
        ' OR "anti synthetase syndrome"[Title/Abstract:~0]',
        '"ANTI-SYNTHETASE SYNDROME"[tiab:~0] OR (IMAM[tiab] AND (myosit*[tiab] OR myopath*[tiab]))',
    ],
)
def test_an_echo_in_other_words_is_the_same_query(echo: str) -> None:
    assert read(sent(ACRONYM), querytranslation=echo).warnings == ()


@pytest.mark.parametrize(
    ("echoed", "instead", "warning"),
    [
        ("[tiab:~0]", "[All Fields]", ("term_dropped", "searched as all fields: anti-synthetase syndrome")),
        ("[tiab:~0]", "[tiab]", ("term_dropped", "searched as tiab: anti-synthetase syndrome")),
        ("[tiab:~0]", "", ("term_dropped", "searched as untagged: anti-synthetase syndrome")),
        ("myosit*", "myosit", ("term_dropped", "not in the echo: myosit*")),
        (") AND (", ") OR (", ("echo_missing", "joined in another way")),
        (" OR ((", " AND ((", ("echo_missing", "joined in another way")),
        (" OR ((", " NOT ((", ("echo_missing", "joined in another way")),
        (
            "(IMAM[tiab])",
            "(IMAM[tiab] OR imams[tiab])",
            ("echo_missing", "not asked for, but in the echo: imams"),
        ),
        ("(IMAM[tiab])", "IMAM[tiab] AND 2019[dp]", ("echo_missing", "not asked for, but in the echo: 2019")),
        (ACRONYM, f"({ACRONYM})[tiab]", ("echo_missing", "joined in another way")),
        (ACRONYM, "(" * 999, ("echo_missing", "the echo cannot be followed")),
    ],
)
def test_tags_operators_and_truncation_must_come_back_as_sent(
    echoed: str, instead: str, warning: tuple[str, str]
) -> None:
    told = read(sent(ACRONYM), querytranslation=ACRONYM.replace(echoed, instead), count="9").warnings
    assert any(code == warning[0] and detail.startswith(warning[1]) for code, detail in told), told


@given(st.text(alphabet=' "()[]*ORANDab:~', max_size=60))
def test_an_echo_of_any_form_is_compared_without_stumbling(echo: str) -> None:
    warnings = read(sent(ACRONYM), querytranslation=echo).warnings
    assert {code for code, _ in warnings} & {"term_dropped", "echo_missing"}


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        (
            {
                "warninglist": {
                    "outputmessages": ["Restrictions achieved. start and count adjusted to 9990, 9"]
                }
            },
            ("incomplete", "outputmessages: Restrictions achieved. start and count adjusted to 9990, 9"),
        ),
        (
            {"warninglist": {"outputmessages": ["Some words were left out."]}},
            ("term_dropped", "outputmessages: Some words were left out."),
        ),
        (
            {"warninglist": {"outputmessages": ["No items found."]}, "count": "7"},
            ("term_dropped", "outputmessages: No items found."),
        ),
        ({"warninglist": {"phraseschanged": ["x"]}}, ("term_dropped", "phraseschanged: x")),
        (
            {"warninglist": {"quotedphrasesnotfound": "x"}},
            ("term_dropped", "warninglist.quotedphrasesnotfound is a str"),
        ),
        ({"errorlist": ["x"]}, ("term_dropped", "errorlist is a list")),
        ({"translationset": {}}, ("echo_missing", "translationset is a dict")),
        ({"notices": ["x"]}, ("term_dropped", "a part of the answer that is not known: notices")),
    ],
)
def test_messages_and_lists_that_are_not_known_are_told(
    fields: dict[str, Any], warning: tuple[str, str]
) -> None:
    assert warning in read(**fields).warnings


def test_a_missing_echo_is_told() -> None:
    body = result()
    del body["esearchresult"]["querytranslation"]
    assert ("echo_missing", "no querytranslation") in pubmed.read(SEARCH, answer(body)).warnings


def test_automatic_mapping_is_told() -> None:
    mapped = [{"from": "myositis", "to": '"myositis"[MeSH Terms] OR "myositis"[All Fields]'}]
    assert ("echo_missing", "mapped to other terms: myositis") in read(
        translationset=mapped, count="9"
    ).warnings


def test_an_error_body_with_a_raw_newline_is_an_error() -> None:
    body = '{"header":{"type":"esearch"},"esearchresult":{"ERROR":"Search Backend failed:\nwindow exceeded"}}'
    with pytest.raises(Fault) as caught:
        pubmed.read(SEARCH, answer(body))
    assert caught.value.code == "error_body" and "window exceeded" in caught.value.detail


@pytest.mark.parametrize("status", [200, 429])
def test_too_many_requests_is_a_fault_even_with_status_200(status: int) -> None:
    body = {"error": "API rate limit exceeded", "api-key": "masked", "count": "4", "limit": "3"}
    with pytest.raises(Fault) as caught:
        pubmed.read(SEARCH, answer(body, status))
    assert caught.value.code == "rate_limited"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("<html>502</html>", 502, "http_status"),
        ("<!DOCTYPE html><html></html>", 200, "wrong_content"),
        ('{"esearchresult": {"count": "0"', 200, "not_parsable"),
        ('{"header": {}}', 200, "schema_drift"),
    ],
)
def test_an_answer_that_cannot_be_believed_is_a_fault(body: str, status: int, code: str) -> None:
    with pytest.raises(Fault) as caught:
        pubmed.read(SEARCH, answer(body, status))
    assert caught.value.code == code


@pytest.mark.parametrize(
    "fields", [{"count": 0}, {"count": "many"}, {"idlist": None}, {"idlist": ["x"]}, {"idlist": [1]}]
)
def test_a_count_is_a_string_of_digits_and_ids_too(fields: dict[str, Any]) -> None:
    with pytest.raises(Fault, match="schema_drift"):
        read(**fields)


# --- records ------------------------------------------------------------------------------------


def test_ids_are_fetched_in_batches_of_200() -> None:
    ids = [str(n) for n in range(1, 402)]
    then = read(count="401", idlist=ids).then
    assert [len(dict(r.params)["id"].split(",")) for r in then] == [200, 200, 1]
    assert {r.path for r in then} == {"/efetch.fcgi"}


def test_a_count_fetches_nothing() -> None:
    assert read(replace(SEARCH, purpose="count"), count="3", idlist=[]).then == ()


def test_more_than_the_window_is_split_by_entrez_date_until_it_fits() -> None:
    reading = read(count="10000", idlist=["1"])
    assert reading.total == 10000 and reading.ids == ()
    left, right = reading.then
    assert dict(left.params)["term"].endswith("AND 1800/01/01:2000/01/01[edat]")
    assert dict(right.params)["term"].endswith("AND 2000/01/02:2199/12/31[edat]")
    again = read(right, count="10000").then
    assert [dict(r.params)["term"].count("[edat]") for r in again] == [1, 1]
    assert "AND 2000/01/02:" in dict(again[0].params)["term"]
    half = read(left, count="1", idlist=["7"])
    assert half.total is None and half.ids == ("7",)
    pubmed.refuse_unsafe(dict(right.params)["term"])


def test_a_single_day_beyond_the_window_is_told_as_incomplete() -> None:
    day = (("term", "x"), ("window", "2020-01-01:2020-01-01"))
    reading = read(replace(SEARCH, continuation=day), count="10000")
    assert reading.then == () and reading.warnings[-1][0] == "incomplete"


def test_exactly_the_window_is_fetched() -> None:
    assert len(read(count="9999", idlist=[str(n) for n in range(1, 10000)]).then) == 50


def test_a_record_not_delivered_is_told() -> None:
    reading = fetched(article("1", "x"), ids="1,2")
    assert reading.warnings == (("incomplete", "not delivered: 2"),) and reading.ids == ("1",)


def test_inline_markup_in_a_title_is_kept_as_text() -> None:
    assert (
        one("<ArticleTitle><i>TERT</i> and p<sub>trend</sub> in  IMAM.</ArticleTitle>").title
        == "TERT and ptrend in IMAM."
    )


@pytest.mark.parametrize(
    ("inner", "year"),
    [
        ("<Journal><JournalIssue><PubDate><Year>2017</Year></PubDate></JournalIssue></Journal>", 2017),
        (
            "<Journal><JournalIssue><PubDate><MedlineDate>1998 Dec-1999 Jan</MedlineDate></PubDate>"
            "</JournalIssue></Journal>",
            1998,
        ),
        ("<ArticleDate><Year>2021</Year></ArticleDate>", 2021),
        ("", None),
    ],
)
def test_a_record_falls_in_one_year(inner: str, year: int | None) -> None:
    assert one(inner).year == year


def test_headings_types_identifiers_and_retractions_are_read() -> None:
    record = one(
        "<ArticleTitle>[A title.]</ArticleTitle><VernacularTitle>Un titre.</VernacularTitle>"
        '<ELocationID EIdType="doi">10.1/a</ELocationID>'
        "<PublicationTypeList><PublicationType>Case Reports</PublicationType></PublicationTypeList>",
        "<MeshHeadingList><MeshHeading><DescriptorName>Myositis</DescriptorName></MeshHeading></MeshHeadingList>"
        "<SupplMeshList><SupplMeshName Type='Disease'>Antisynthetase syndrome</SupplMeshName></SupplMeshList>"
        "<KeywordList><Keyword>IMAM</Keyword></KeywordList>"
        "<CommentsCorrectionsList><CommentsCorrections RefType='RetractionIn'/></CommentsCorrectionsList>",
        "<ArticleIdList><ArticleId IdType='doi'>10.1/a</ArticleId>"
        "<ArticleId IdType='pmc'>PMC1</ArticleId></ArticleIdList><ReferenceList><ArticleIdList>"
        "<ArticleId IdType='doi'>10.9/cited</ArticleId></ArticleIdList></ReferenceList>",
    )
    assert record.titles == ("[A title.]", "Un titre.")
    assert record.conditions == ("Myositis", "Antisynthetase syndrome") and record.keywords == ("IMAM",)
    assert record.other_ids == ("10.1/a", "PMC1") and record.publication_types == ("Case Reports",)
    assert record.status == "retracted"


def test_a_book_chapter_is_a_record() -> None:
    book = (
        "<PubmedBookArticle><BookDocument><PMID>5</PMID><Book><BookTitle>Myology</BookTitle>"
        "<PubDate><Year>2019</Year></PubDate></Book></BookDocument></PubmedBookArticle>"
    )
    record = fetched(book, ids="5").records[0]
    assert (record.record_id, record.title, record.year) == ("5", "Myology", 2019)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<eFetchResult><ERROR>Cannot process ID list</ERROR></eFetchResult>", "error_body"),
        ("<PubmedArticleSet><PubmedArticle>", "not_parsable"),
        ('{"error":"API rate limit exceeded"}', "rate_limited"),
        ("<!DOCTYPE html><html></html>", "wrong_content"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><PubmedArticleSet>&a;</PubmedArticleSet>', "not_parsable"),
        (
            "<PubmedArticleSet><PubmedArticle><MedlineCitation/></PubmedArticle></PubmedArticleSet>",
            "schema_drift",
        ),
    ],
)
def test_xml_that_cannot_be_believed_is_a_fault(body: str, code: str) -> None:
    request = Request("pubmed", "records", "/efetch.fcgi", (("id", "1"),))
    with pytest.raises(Fault) as caught:
        pubmed.read(request, answer(body, content_type="text/xml"))
    assert caught.value.code == code


# --- known items --------------------------------------------------------------------------------


def test_known_items_of_a_wider_rung_are_not_expected() -> None:
    request = pubmed.ask(imam("name"), "known_items")
    assert dict(request.params)["term"].endswith(") AND (16809038[uid])")
    assert request.continuation == (("16809038", "carrera2006"),)
    broader = pubmed.ask(imam("broader"), "known_items")
    assert dict(broader.params)["term"].endswith(") AND (16809038[uid] OR 35315602[uid])")


def test_without_a_pubmed_number_there_is_no_known_item_to_ask_for() -> None:
    with pytest.raises(Fault, match="query_refused"):
        pubmed.ask(imam(known_items=(KnownItem("bassez2003", "name", doi="10.1093/x"),)), "known_items")


# --- recorded answers ---------------------------------------------------------------------------


def recorded_text(recorded: Path, name: str) -> str:
    return (recorded / "pubmed" / name).read_text()


def test_the_recorded_zero_of_an_unknown_phrase_is_no_zero(recorded: Path) -> None:
    request = sent('"zzqxunfoundphrase qqxz"')
    reading = pubmed.read(request, answer(recorded_text(recorded, "ssHelper__quoted-phrase-not-found.json")))
    assert reading.total == 0
    assert reading.warnings == (("term_dropped", "quotedphrasesnotfound: zzqxunfoundphrase qqxz"),)


def test_the_recorded_mapping_of_an_untagged_word_is_told(recorded: Path) -> None:
    reading = pubmed.read(
        replace(SEARCH, purpose="count"), answer(recorded_text(recorded, "ssHelper__count-ok.json"))
    )
    assert reading.total == 26498
    assert ("echo_missing", "mapped to other terms: diabetes") in reading.warnings


def test_a_recorded_clean_answer_is_clean(recorded: Path) -> None:
    request = sent("PTEN[tiab] AND D326N[tiab]")
    reading = pubmed.read(request, answer(recorded_text(recorded, "biomcp__variant683_2ebc125c.json")))
    assert (reading.total, reading.ids, reading.warnings) == (3, ("32150788", "29373119", "17427195"), ())


def test_the_recorded_refusal_is_a_fault(recorded: Path) -> None:
    with pytest.raises(Fault, match="rate_limited"):
        pubmed.read(SEARCH, answer(recorded_text(recorded, "biomcp__variant683_25d28782.json")))


def test_recorded_articles_are_read(recorded: Path) -> None:
    request = Request("pubmed", "records", "/efetch.fcgi", (("id", "27797938"),))
    reading = pubmed.read(request, answer(recorded_text(recorded, "biopython__pubmed4.xml")))
    record = reading.records[0]
    assert record.title.startswith("Leucocyte telomere length, genetic variants at the TERT gene region")
    assert record.year == 2017 and "10.1136/gutjnl-2016-312510" in record.other_ids
    assert "Journal Article" in record.publication_types and record.texts and record.conditions


def test_the_doubles_answers_have_the_keys_and_types_of_the_recorded_ones(recorded: Path) -> None:
    names = (
        "ssHelper__count-ok.json",
        "ssHelper__quoted-phrase-not-found.json",
        "biomcp__variant683_2ebc125c.json",
    )
    known = [json.loads(recorded_text(recorded, n)) for n in names]
    for reply in (Hits(["1"]), Hits(), Hits(["1"], dropped=[NAME]), Known()):
        programmed = json.loads(reply.reply(ASKED).body)
        assert list(foreign_keys(programmed, known)) == []
        assert set(known[2]["esearchresult"]) <= set(programmed["esearchresult"])
    assert list(foreign_keys({"header": {}, "esearchresult": {"count": 3, "hits": []}}, known)) == [
        "/esearchresult/count is a int, recorded as str",
        "/esearchresult/hits is in no recorded answer",
    ]
