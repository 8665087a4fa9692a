"""Programmed scenarios: which answer belongs to which words. Every record is made up and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from tests.double.funding import GtrFunds, GtrProjects, Pairs, ProjectYears
from tests.double.literature import Articles, Hits, Known, KnownPapers, Papers
from tests.double.server import SOURCES
from tests.double.trials import CtisRows, CtisTrials, EuCtr, Isrctn, Trials
from tests.double.wire import Rule

MARK = "[TEST RECORD]"
LITERATURE = ("pubmed", "europe_pmc")


@dataclass(frozen=True)
class Topic:
    """Words of a query -> what the records found by them name, one record each.

    ``number`` sets the records of a topic apart from those of others; ``ids`` are chosen by hand.
    """

    words: str
    conditions: Sequence[str]
    number: int = 0
    ids: Sequence[str] = ()

    @property
    def numbers(self) -> range:
        """A number for each record, met in no other topic."""
        return range(1000 * self.number, 1000 * self.number + len(self.conditions))


#: Words of a query -> the condition that its made-up records name, how many trials and grants, how many
#: publications. The first that fits counts, so a narrower name stands before a wider one.
TOPICS: tuple[tuple[str, str, int, int], ...] = (
    ("Immune-mediated necrotizing myopathy", "Immune-mediated Necrotizing Myopathy", 3, 4),
    ("Inclusion body myositis", "Inclusion Body Myositis", 5, 6),
    ("Juvenile dermatomyositis", "Juvenile Dermatomyositis", 2, 3),
    ("Dermatomyositis", "Dermatomyositis", 6, 8),
    ("Polymyositis", "Polymyositis", 4, 5),
    ("Antisynthetase syndrome", "Antisynthetase Syndrome", 2, 3),
    ("Macrophagic myofasciitis", "Macrophagic Myofasciitis", 1, 2),
    ("Idiopathic inflammatory myopathy", "Idiopathic Inflammatory Myopathies", 4, 5),
    ("Limb-girdle muscular dystrophy", "Limb-girdle Muscular Dystrophy", 3, 4),
)
IMAM = "Inflammatory myopathy with abundant macrophages"
IMAM_WORDS = "abundant macrophages"
IMAM_PMIDS = ("16809038", "39973451", "99000001")


def imam_zero() -> list[Rule]:
    """IMAM: no trial or grant under its names, those of the group that do not name it, publications that do.

    The other diseases have a few records each, the nonsense control has none, and every known
    publication is found.
    """
    return [rule for source in SOURCES for rule in programmed(source, _imam_topics(source))]


def _imam_topics(source: str) -> list[Topic]:
    literature = source in LITERATURE
    ids = IMAM_PMIDS if literature else ()
    imam = Topic(IMAM_WORDS, [IMAM] * len(ids), len(TOPICS), ids)
    return [imam, *others(source)]


def others(source: str) -> list[Topic]:
    """The topics of the other diseases and of the controls."""
    return [
        Topic(words, [condition] * (papers if source in LITERATURE else n), at)
        for at, (words, condition, n, papers) in enumerate(TOPICS)
    ]


def programmed(source: str, topics: Sequence[Topic]) -> list[Rule]:
    """The rules by which ``source`` answers ``topics``, and nothing to all other words."""
    return _PROGRAMS[source](topics)


# --- trials ---------------------------------------------------------------------------------------


def study(number: int, condition: str, **modules: Mapping[str, Any]) -> dict[str, Any]:
    """A made-up study; ``modules`` replace modules of its protocol section."""
    protocol: dict[str, Any] = {
        "identificationModule": {
            "nctId": f"NCT{99000000 + number}",
            "orgStudyIdInfo": {"id": f"DOUBLE-{number}"},
            "briefTitle": f"{MARK} Made-up trial {number} in {condition}",
        },
        "statusModule": {
            "overallStatus": "RECRUITING",
            "statusVerifiedDate": "2026-10",
            "startDateStruct": {"date": "2024-05", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Registry double", "class": "OTHER"}},
        "conditionsModule": {"conditions": [condition]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE2"],
            "enrollmentInfo": {"count": 20, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {"interventions": [{"type": "DRUG", "name": "Testumab"}]},
        "contactsLocationsModule": {"locations": [{"country": "Canada"}]},
    }
    protocol.update(modules)
    return {"protocolSection": protocol, "hasResults": False}


def _clinicaltrials_gov(topics: Sequence[Topic]) -> list[Rule]:
    """Two pages, with an empty page between them, as the service may do."""
    rules = []
    for topic in topics:
        studies = [study(n, c) for n, c in zip(topic.numbers, topic.conditions, strict=True)]
        pages: Sequence[Sequence[Mapping[str, Any]]] = (
            (studies[:1], (), studies[1:]) if len(studies) > 1 else (studies,)
        )
        rules.append(Rule("clinicaltrials_gov", "/studies", Trials(pages), (topic.words,)))
    return rules


def ctis_row(number: str, condition: str) -> dict[str, Any]:
    """A made-up row of a CTIS search: the fields recorded, and those that clients describe."""
    return {
        "ctNumber": number,
        "ctStatus": 4,
        "startDateEU": "29/01/2024",
        "decisionDate": "ES: 24/04/2024",
        "trialRegion": 1,
        "shortTitle": f"DOUBLE-{number}",
        "trialCountries": ["Spain:4"],
        "decisionDateOverall": "24/04/2024",
        "therapeuticAreas": ["Diseases [C] - Musculoskeletal Diseases [C05]"],
        "sponsorType": "Pharmaceutical company",
        "trialPhase": "Therapeutic exploratory (Phase II)",
        "ageRangeSecondary": ["3"],
        "ageGroup": "18-64 years",
        "gender": "Female, Male",
        "totalNumberEnrolled": "11",
        "resultsFirstReceived": "No",
        "lastUpdated": "15/09/2026",
        "lastPublicationUpdate": "16/09/2026",
        "ctTitle": f"{MARK} Made-up trial {number} in {condition}",
        "conditions": condition,
        "product": "Testumab",
        "sponsor": "Registry double",
    }


def ctis_trial(number: str, condition: str) -> dict[str, Any]:
    """The same trial as CTIS retrieves it, as far as it is read."""
    title = f"{MARK} Made-up trial {number} in {condition}"
    information = {"trialCategory": {"trialPhase": "4"}, "trialObjective": {"mainObjective": "None."}}
    names = {"fullTitle": title, "publicTitle": title, "shortTitle": f"DOUBLE-{number}"}
    part = {
        "rowSubjectCount": 0,
        "products": [{"productName": "Testumab"}],
        "trialDetails": {"clinicalTrialIdentifiers": names, "trialInformation": information},
        "medicalConditions": [{"medicalCondition": condition, "isConditionRareDisease": True}],
    }
    application = {"authorizedPartI": part, "authorizedPartsII": []}
    return {"ctNumber": number, "ctPublicStatusCode": 4, "authorizedApplication": application}


def _ctis(topics: Sequence[Topic]) -> list[Rule]:
    rules, trials = [], {}
    for topic in topics:
        numbered = [
            (f"2023-{500000 + n:06d}-10-00", c) for n, c in zip(topic.numbers, topic.conditions, strict=True)
        ]
        rows = [ctis_row(number, condition) for number, condition in numbered]
        trials |= {number: ctis_trial(number, condition) for number, condition in numbered}
        rules.append(Rule("ctis", "/search", CtisRows(rows), (topic.words,)))
    return [*rules, Rule("ctis", "/retrieve/", CtisTrials(trials))]


def eu_ctr_record(number: str, condition: str, country: str) -> str:
    """One country's record of a made-up trial, as the register's text download gives it."""
    return f"""Summary
EudraCT Number: {number}
Sponsor's Protocol Code Number: DOUBLE-{number}
National Competent Authority: {country}
Clinical Trial Type: EEA CTA
Trial Status: Ongoing
Date on which this record was first entered in the EudraCT database: 2015-01-16
Link: https://www.clinicaltrialsregister.eu/ctr-search/trial/{number}/ES/

A. Protocol Information
A.1 Member State Concerned: {country}
A.2 EudraCT number: {number}
A.3 Full title of the trial: {MARK} Made-up trial {number}
A.4.1 Sponsor's protocol code number: DOUBLE-{number}

B. Sponsor Information
Sponsor 1
B.1.1 Name of Sponsor: Registry double
B.3.1 and B.3.2\tStatus of the sponsor: Commercial

E. General Information on the Trial
E.1.1 Medical condition(s) being investigated: {condition}
E.1.1.2 Therapeutic area: Diseases [C] - Musculoskeletal Diseases [C05]

N. Review by the Competent Authority or Ethics Committee in the country concerned
N. Competent Authority Decision: Authorised

P. End of Trial
P. End of Trial Status: Ongoing

"""


def _eu_ctr(topics: Sequence[Topic]) -> list[Rule]:
    rules = []
    for topic in topics:
        numbered = zip(topic.numbers, topic.conditions, strict=True)
        texts = {
            f"2015-{n + 1:06d}-23": "".join(
                eu_ctr_record(f"2015-{n + 1:06d}-23", c, country)
                for country in ("Spain - AEMPS", "France - ANSM")
            )
            for n, c in numbered
        }
        rules.append(Rule("eu_ctr", "/", EuCtr(texts, list(texts)[:1]), (topic.words,)))
    return rules


def isrctn_member(number: int, condition: str) -> str:
    """A made-up trial of ISRCTN, in the elements of the transcribed answer that are read."""
    digits = f"{99000000 + number}"
    return f"""<fullTrial>
<trial lastUpdated="2026-09-30T14:08:37Z" publicIdentifierCanonical="ISRCTN{digits}"><isrctn>{digits}</isrctn>
<trialDescription><title>{MARK} Made-up trial {number}</title><acronym /></trialDescription>
<externalRefs><eudraCTNumber>Nil known</eudraCTNumber></externalRefs>
<trialDesign><primaryStudyDesign>Interventional</primaryStudyDesign>
<overallEndDate>2030-09-10T00:00:00.000Z</overallEndDate></trialDesign>
<participants><recruitmentCountries><country>United Kingdom</country></recruitmentCountries>
<targetEnrolment>20</targetEnrolment></participants>
<conditions><condition><description>{escape(condition)}</description></condition></conditions>
</trial></fullTrial>"""


def _isrctn(topics: Sequence[Topic]) -> list[Rule]:
    return [
        Rule(
            "isrctn",
            "/query/format/default",
            Isrctn([isrctn_member(n, c) for n, c in zip(topic.numbers, topic.conditions, strict=True)]),
            (topic.words,),
        )
        for topic in topics
    ]


# --- literature -----------------------------------------------------------------------------------


def article(pmid: str, title: str, year: int = 2020) -> str:
    """A made-up publication as efetch gives it."""
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID>'
        '<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Internet"><PubDate>'
        f"<Year>{year}</Year></PubDate></JournalIssue><Title>Journal of Test Records</Title></Journal>"
        f"<ArticleTitle>{MARK} {title}</ArticleTitle><PublicationTypeList>"
        '<PublicationType UI="D002363">Case Reports</PublicationType></PublicationTypeList></Article>'
        f'</MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>'
        "</ArticleIdList></PubmedData></PubmedArticle>"
    )


def paper(pmid: str, title: str, year: int = 2020) -> dict[str, Any]:
    """A made-up publication as Europe PMC gives it whole."""
    return {
        "id": pmid,
        "source": "MED",
        "pmid": pmid,
        "title": f"{MARK} {title}",
        "pubYear": str(year),
        "pubTypeList": {"pubType": ["case-report"]},
        "firstPublicationDate": f"{year}-01-01",
    }


def _pmids(topic: Topic) -> list[str]:
    return list(topic.ids) or [str(99100000 + n) for n in topic.numbers]


def _pubmed(topics: Sequence[Topic]) -> list[Rule]:
    articles = {
        pmid: article(pmid, f"A made-up report of {condition}")
        for topic in topics
        for pmid, condition in zip(_pmids(topic), topic.conditions, strict=True)
    }
    return [
        Rule("pubmed", "/esearch.fcgi", Known(), ("[uid]",)),
        *(Rule("pubmed", "/esearch.fcgi", Hits(_pmids(topic)), (topic.words,)) for topic in topics),
        Rule("pubmed", "/efetch.fcgi", Articles(articles)),
    ]


def _europe_pmc(topics: Sequence[Topic]) -> list[Rule]:
    rules = [Rule("europe_pmc", "/", KnownPapers(), ("EXT_ID:",))]
    for topic in topics:
        met = zip(_pmids(topic), topic.conditions, strict=True)
        entries = [paper(pmid, f"A made-up report of {condition}") for pmid, condition in met]
        rules.append(Rule("europe_pmc", "/", Papers(entries), (topic.words,)))
    return rules


# --- funding --------------------------------------------------------------------------------------


def project_year(number: int, condition: str) -> dict[str, Any]:
    """A made-up row of NIH RePORTER."""
    return {
        "appl_id": 99000000 + number,
        "subproject_id": None,
        "fiscal_year": 2020,
        "project_num": f"5R01XX{990000 + number}-01",
        "core_project_num": f"R01XX{990000 + number}",
        "project_title": f"{MARK} Made-up project in {condition}",
        "abstract_text": "Made up.",
        "organization": {"org_name": "REGISTRY DOUBLE", "org_country": "UNITED STATES"},
        "award_amount": 1000,
        "agency_ic_admin": {"name": "Registry double", "abbreviation": "XX"},
        "project_start_date": "2020-01-01T00:00:00",
        "project_end_date": "2021-01-01T00:00:00",
        "project_detail_url": "https://reporter.nih.gov/project-details/99000000",
    }


def _nih_reporter(topics: Sequence[Topic]) -> list[Rule]:
    return [
        Rule(
            "nih_reporter",
            "/projects/search",
            ProjectYears([project_year(n, c) for n, c in zip(topic.numbers, topic.conditions, strict=True)]),
            (topic.words,),
        )
        for topic in topics
    ]


def gtr_project(number: int, condition: str) -> dict[str, Any]:
    """A made-up project of Gateway to Research, as its documentation describes one."""
    href = f"https://gtr.ukri.org:443/gtr/api/funds/FUND-{number}"
    return {
        "id": f"PROJECT-{number}",
        "title": f"{MARK} Made-up project in {condition}",
        "abstractText": "Made up.",
        "status": "Active",
        "grantCategory": "Research Grant",
        "leadFunder": "MRC",
        "identifiers": {"identifier": [{"value": f"XX/Z{number:06d}/1", "type": "RCUK"}]},
        "links": {"link": [{"rel": "FUND", "href": href}]},
    }


def _ukri_gtr(topics: Sequence[Topic]) -> list[Rule]:
    rules = [
        Rule(
            "ukri_gtr",
            "/projects",
            GtrProjects([gtr_project(n, c) for n, c in zip(topic.numbers, topic.conditions, strict=True)]),
            (topic.words,),
        )
        for topic in topics
    ]
    return [*rules, Rule("ukri_gtr", "/funds/", GtrFunds())]


def grant_pair(number: int, condition: str) -> dict[str, Any]:
    """A made-up grant and its holder, as the Grist documentation describes them."""
    title = f"{MARK} Made-up grant in {condition}"
    grant = {"Funder": {"Name": "Registry double"}, "Id": f"XX/{number:06d}", "Title": title}
    return {"Person": {"FamilyName": "Double", "Initials": "R"}, "Grant": grant, "Institution": {"Name": "X"}}


def _europe_pmc_grants(topics: Sequence[Topic]) -> list[Rule]:
    return [
        Rule(
            "europe_pmc_grants",
            "/get/",
            Pairs([grant_pair(n, c) for n, c in zip(topic.numbers, topic.conditions, strict=True)]),
            (topic.words,),
        )
        for topic in topics
    ]


_PROGRAMS: dict[str, Callable[[Sequence[Topic]], list[Rule]]] = {
    "clinicaltrials_gov": _clinicaltrials_gov,
    "ctis": _ctis,
    "eu_ctr": _eu_ctr,
    "isrctn": _isrctn,
    "pubmed": _pubmed,
    "europe_pmc": _europe_pmc,
    "nih_reporter": _nih_reporter,
    "ukri_gtr": _ukri_gtr,
    "europe_pmc_grants": _europe_pmc_grants,
}
SCENARIOS = {"imam_zero": imam_zero}
