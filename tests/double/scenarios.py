"""Programmed scenarios: which answer belongs to which words. Every record is made up and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.double.server import Articles, Hits, Known, Rule, Trials

MARK = "[TEST RECORD]"

#: Words of a query -> the condition that its made-up records name, how many trials, how many
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
)
IMAM_PMIDS = ("16809038", "39973451", "99000001")


def study(number: int, condition: str, **modules: Mapping[str, Any]) -> dict[str, Any]:
    """A made-up study; ``modules`` replace modules of its protocol section."""
    protocol: dict[str, Any] = {
        "identificationModule": {
            "nctId": f"NCT{99000000 + number}",
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


def imam_zero() -> list[Rule]:
    """IMAM: no trial under its names, trials of the group that do not name it, publications that do.

    The other diseases have a few records each, the nonsense control has none, and every known
    publication is found.
    """
    rules = [_trials(words, condition, at, n) for at, (words, condition, n, _) in enumerate(TOPICS)]
    imam = Rule("clinicaltrials_gov", "/studies", Trials(), ("abundant macrophages",))
    articles = {pmid: article(pmid, "Inflammatory myopathy with abundant macrophages") for pmid in IMAM_PMIDS}
    hits = []
    for at, (words, condition, _, n) in enumerate(TOPICS):
        pmids = [str(99100000 + 1000 * at + i) for i in range(n)]
        articles |= {pmid: article(pmid, f"A made-up report of {condition}") for pmid in pmids}
        hits.append(Rule("pubmed", "/esearch.fcgi", Hits(pmids), (words,)))
    return [
        imam,
        *rules,
        Rule("pubmed", "/esearch.fcgi", Known(), ("[uid]",)),
        Rule("pubmed", "/esearch.fcgi", Hits(IMAM_PMIDS), ("abundant macrophages",)),
        *hits,
        Rule("pubmed", "/efetch.fcgi", Articles(articles)),
    ]


def _trials(words: str, condition: str, at: int, n: int) -> Rule:
    """``n`` studies in two pages, with an empty page between them, as the service may do."""
    studies = [study(1000 * at + i, condition) for i in range(n)]
    pages: Sequence[Sequence[Mapping[str, Any]]] = (studies[:1], (), studies[1:]) if n > 1 else (studies,)
    return Rule("clinicaltrials_gov", "/studies", Trials(pages), (words,))


SCENARIOS = {"imam_zero": imam_zero}
