"""PubMed through the E-utilities: what to ask and how to read it. Pure; rules and traps beside them.

Forms follow recorded answers and published measurements. PubMed echoes the query it ran, and drops
what it does not know with a quiet warning or with none: a phrase that does not come back in the
echo was not searched, whatever the count says. ``rettype=count`` is never sent, because its answer
leaves out the echo and the warnings.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal
from xml.etree.ElementTree import Element

from etl.model import Answer, Fault, KnownItem, Purpose, Reading, Record, Request, Rung, Terms
from etl.sources._body import json_object, quote, xml_root
from etl.sources._query import apart

SOURCE_ID = "pubmed"
INTERFACE = "NCBI E-utilities, esearch and efetch, db=pubmed"
#: The parameter that holds the query, as PRISMA-S wants it quoted.
QUERY_PARAMETER = "term"

#: One query reaches 9,999 records; a larger ``retmax`` is silently cut down to it.
WINDOW = 9999
BATCH = 200
#: Longer queries are POSTed, as the E-utilities advise.
LONGEST_ADDRESS = 1500
#: Unknown tags are ignored without a warning (`asthma[foo]` finds everything), so the list is closed.
TAGS = frozenset({"tiab", "tiab:~0", "uid", "edat"})

_ALL_DAYS = (date(1800, 1, 1), date(2199, 12, 31))
_REACH: dict[Rung, int] = {"name": 0, "synonyms": 1, "broader": 2}
_PREFIXES = "anti|auto"
_QUERY_SIGNS = re.compile(r'[\[\](){}"“”„«»*\u2217\\]')
_TAG = re.compile(r"\[([^\[\]]*)\]")
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|\[(?P<tag>[^\[\]]*)\]|(?P<bracket>[()])|(?P<word>[^\s()\[\]"]+)')
_OPERATORS = frozenset({"AND", "OR", "NOT"})
#: PubMed's names for the tags of :data:`TAGS`.
_TAG_NAMES = {"title/abstract": "tiab", "title/abstract:~0": "tiab:~0", "date - entry": "edat"}
#: More brackets than any query here has; such an echo is not followed.
_MOST_BRACKETS = 200
#: Nor is one followed that is many times longer than any query with all that PubMed adds.
_LONGEST_ECHO = 100_000
#: Lists and objects of an answer that are read here, or tell nothing about the query.
_KNOWN_PARTS = frozenset({"idlist", "translationset", "translationstack", "errorlist", "warninglist"})
_NOTHING_FOUND = "No items found."


def ask(terms: Terms, purpose: Purpose) -> Request:
    """The first request of a search.

    Counting asks for no ids, ``records`` for all that one query reaches, ``known_items`` for those
    publications among the results that a correct search must retrieve. Raises
    ``Fault("query_refused")`` for terms that cannot be asked safely.
    """
    if purpose == "year":
        raise Fault("query_refused", f"{SOURCE_ID}: years are read from the records, which fall in one each")
    term, sent = query(terms)
    items = known_items(terms) if purpose == "known_items" else ()
    if purpose == "known_items":
        if not items:
            raise Fault("query_refused", f"{SOURCE_ID}: no known publication with a PubMed number")
        term = f"({term}) AND ({' OR '.join(f'{item.pmid}[uid]' for item in items)})"
    refuse_unsafe(term)
    retmax = WINDOW if purpose in ("records", "known_items") else 0
    params = (("db", "pubmed"), ("retmode", "json"), ("retmax", str(retmax)), (QUERY_PARAMETER, term))
    known = tuple((item.pmid, item.reference_id) for item in items)
    method: Literal["GET", "POST"] = "POST" if len(term) > LONGEST_ADDRESS else "GET"
    return Request(SOURCE_ID, purpose, "/esearch.fcgi", params, method, "", terms.rung, known, sent)


def query(terms: Terms) -> tuple[str, tuple[str, ...]]:
    """The query, and every phrase that its echo must hold.

    Phrases are searched by proximity with distance 0, which needs no entry in the phrase index.
    Every term carries its own tag: a tag on a bracketed group is ignored. Acronyms are only
    searched beside a word of the field (``IMAM`` alone also finds clergy).
    """
    phrases = tuple(dict.fromkeys(v for p in terms.phrases for v in variants(clean(p))))
    members = [_tagged(p) for p in phrases]
    sent = phrases
    if terms.acronyms and terms.context:
        acronyms = tuple(clean(a) for a in terms.acronyms)
        context = tuple(dict.fromkeys(_stem(clean(c)) for c in terms.context))
        left, right = (" OR ".join(_tagged(w) for w in words) for words in (acronyms, context))
        members.append(f"(({left}) AND ({right}))")
        sent += acronyms + context
    if not members:
        raise Fault("query_refused", f"{SOURCE_ID}: nothing to ask for {terms.disease_id}")
    return " OR ".join(members), sent


def known_items(terms: Terms) -> tuple[KnownItem, ...]:
    """The publications with a PubMed number that a search at this rung, or a narrower one, must find."""
    reach = _REACH[terms.rung]
    return tuple(i for i in terms.known_items if i.pmid.isdecimal() and _REACH[i.rung] <= reach)


def variants(phrase: str) -> tuple[str, ...]:
    """``phrase`` as others write it: PubMed looks for these very words and knows no other form.

    Hyphens kept, opened, and closed after a prefix (antisynthetase, anti-synthetase, anti
    synthetase); *myopathy* and *myopathies*; *necrotizing* and *necrotising*.
    """
    closed = re.sub(rf"\b({_PREFIXES})-(?=[a-z])", r"\1", phrase, flags=re.IGNORECASE)
    hyphened = re.sub(rf"\b({_PREFIXES})(?=[a-z]{{4}})", r"\1-", phrase, flags=re.IGNORECASE)
    forms = [phrase, phrase.replace("-", " "), hyphened, hyphened.replace("-", " "), closed]
    for pattern, other in ((r"pathy\b", "pathies"), (r"izing\b", "ising")):
        forms += [re.sub(pattern, other, form) for form in forms]
    return tuple(dict.fromkeys(" ".join(form.split()) for form in forms))


def clean(phrase: str) -> str:
    """``phrase`` without HTML escapes, typographic asterisks and signs of the query language."""
    cleaned = " ".join(_QUERY_SIGNS.sub(" ", html.unescape(phrase)).split())
    if not any(c.isalnum() for c in cleaned):
        raise Fault("query_refused", f"{phrase!r} holds nothing to search for")
    return cleaned


def refuse_unsafe(term: str) -> None:
    """Raise ``Fault("query_refused")`` for a tag outside :data:`TAGS` or on a bracketed group:
    PubMed ignores both without a word and counts something else."""
    for tag in _TAG.findall(term):
        if tag.lower() not in TAGS:
            raise Fault("query_refused", f"unknown field tag [{tag}]")
    if re.search(r"\)\s*\[", term):
        raise Fault("query_refused", "a field tag on a bracketed group")


def read(request: Request, answer: Answer) -> Reading:
    """What one answer says: count, ids, echo and warnings, or the records of a batch of ids.

    Raises ``Fault`` for every answer that cannot be believed; see :mod:`etl.sources._body`.
    """
    if request.path == "/efetch.fcgi":
        return _read_records(request, answer)
    return _read_search(request, answer)


def _read_search(request: Request, answer: Answer) -> Reading:
    result = json_object(answer).get("esearchresult")
    if not isinstance(result, dict):
        raise Fault("schema_drift", "the answer holds no esearchresult")
    if "ERROR" in result:
        raise Fault("error_body", quote(str(result["ERROR"])))
    count = result.get("count")
    if not isinstance(count, str) or not count.isdecimal():
        raise Fault("schema_drift", f"count is {count!r}")
    ids = result.get("idlist")
    if not isinstance(ids, list) or not all(isinstance(i, str) and i.isdecimal() for i in ids):
        raise Fault("schema_drift", "idlist is not a list of PubMed numbers")
    echo = result.get("querytranslation")
    echo = echo if isinstance(echo, str) else ""
    warnings = tuple(dict.fromkeys(_warnings(request, result, echo)))
    window = dict(request.continuation).get("window", "")
    total = None if window else int(count)
    if request.purpose == "records" and int(count) > WINDOW:
        halves = _halves(request, window)
        lost = () if halves else (("incomplete", f"more than {WINDOW} records on {window}"),)
        return Reading(total, (), (), warnings + lost, echo, then=halves)
    then = tuple(_batches(request, ids)) if request.purpose == "records" else ()
    return Reading(total, (), tuple(ids), warnings, echo, then=then)


def _warnings(request: Request, result: Mapping[str, object], echo: str) -> Iterator[tuple[str, str]]:
    """Everything that makes the count another one than asked for, whatever the count."""
    for group in ("warninglist", "errorlist"):
        yield from _noted(group, result.get(group), result["count"])
    for part in result.keys() - _KNOWN_PARTS:
        if isinstance(result[part], list | dict) and result[part]:
            yield "term_dropped", f"a part of the answer that is not known: {part}"
    mapped = result.get("translationset", [])
    if not isinstance(mapped, list):
        yield "echo_missing", f"translationset is a {type(mapped).__name__}"
    for translation in mapped if isinstance(mapped, list) else ():
        term = translation.get("from") if isinstance(translation, dict) else translation
        yield "echo_missing", f"mapped to other terms: {term}"
    if echo:
        yield from _differences(dict(request.params)[QUERY_PARAMETER], echo)
    else:
        yield "echo_missing", "no querytranslation"


def _noted(group: str, noted: object, count: object) -> Iterator[tuple[str, str]]:
    """What the lists of warnings and errors say. One of another form or name is no clean answer either."""
    if noted is None:
        return
    if not isinstance(noted, dict):
        yield "term_dropped", f"{group} is a {type(noted).__name__}"
        return
    for name, found in noted.items():
        if not isinstance(found, list):
            yield "term_dropped", f"{group}.{name} is a {type(found).__name__}"
            continue
        for entry in map(str, found):
            if name != "outputmessages":
                yield "term_dropped", f"{name}: {entry.strip(chr(34))}"
            elif entry != _NOTHING_FOUND or count != "0":
                # such as: Restrictions achieved. start and count adjusted to 9990, 9
                cut = "adjusted" in entry or "restrict" in entry.casefold()
                yield "incomplete" if cut else "term_dropped", f"{name}: {entry}"


# --- the echo: phrases, tags, operators and truncation as they were sent -----------------------


@dataclass(frozen=True)
class _Term:
    """A phrase or word, without case, accents and hyphens but with its ``*``, and its tag."""

    words: str
    tag: str


@dataclass(frozen=True)
class _Group:
    """What one operator joins. Nested groups of the same operator are one, in any order."""

    operator: str
    members: frozenset[_Term | _Group]


def _differences(sent: str, echo: str) -> Iterator[tuple[str, str]]:
    """Where the query that PubMed ran is not the one it was sent."""
    if echo.count("(") > _MOST_BRACKETS or len(echo) > _LONGEST_ECHO:
        yield "echo_missing", f"the echo cannot be followed: {quote(echo)}"
        return
    ours, theirs = _terms(sent), _terms(echo)
    for term, written in ours.items():
        tags = {t.tag for t in theirs if t.words == term.words}
        if term not in theirs and tags:
            yield "term_dropped", f"searched as {', '.join(sorted(tags)) or 'untagged'}: {written}"
        elif term not in theirs:
            yield "term_dropped", f"not in the echo: {written}"
    for term, written in theirs.items():
        if not any(t.words == term.words for t in ours):
            yield "echo_missing", f"not asked for, but in the echo: {written}"
    if ours.keys() == theirs.keys() and _parsed(sent) != _parsed(echo):
        yield "echo_missing", f"joined in another way: {quote(echo)}"


def _tokens(query: str) -> list[tuple[str, str]]:
    """Kind and text of every part: term, tag, operator, bracket. Words in a row are one term."""
    found: list[tuple[str, list[str]]] = []
    for match in _TOKEN.finditer(query):
        kind, text = str(match.lastgroup), match[str(match.lastgroup)]
        if kind == "word" and text in _OPERATORS:
            found.append(("operator", [text]))
        elif kind == "word" and found and found[-1][0] == "loose":
            found[-1][1].append(text)
        else:
            found.append(({"word": "loose"}.get(kind, kind), [text]))
    return [("term" if kind in ("loose", "quoted") else kind, " ".join(text)) for kind, text in found]


def _terms(query: str) -> dict[_Term, str]:
    """Every term of a query and how it was written."""
    tokens = [*_tokens(query), ("", "")]
    return {
        _Term(_plain(text), _tag(after_text) if after_kind == "tag" else ""): text
        for (kind, text), (after_kind, after_text) in pairwise(tokens)
        if kind == "term"
    }


def _parsed(query: str) -> _Term | _Group:
    return _joined_terms(_tokens(query)[::-1])


def _joined_terms(waiting: list[tuple[str, str]]) -> _Term | _Group:
    """The terms up to the next closing bracket, from left to right, as PubMed reads them.
    ``waiting`` holds the parts in reverse; two terms without an operator are joined by AND."""
    whole = _operand(waiting)
    while waiting and waiting[-1] != ("bracket", ")"):
        operator = waiting.pop()[1] if waiting[-1][0] == "operator" else "AND"
        parts = (whole, _operand(waiting))
        members = frozenset(
            member
            for part in parts
            for member in (
                part.members if isinstance(part, _Group) and part.operator == operator else (part,)
            )
        )
        whole = _Group(operator, members) if len(members) > 1 else next(iter(members))
    return whole


def _operand(waiting: list[tuple[str, str]]) -> _Term | _Group:
    kind, text = waiting.pop() if waiting else ("term", "")
    inner: _Term | _Group | None = None
    if (kind, text) == ("bracket", "("):
        inner = _joined_terms(waiting)
        if waiting:
            waiting.pop()
    tag = _tag(waiting.pop()[1]) if waiting and waiting[-1][0] == "tag" else ""
    if inner is None:
        return _Term(_plain(text), tag)
    return _Group(f"[{tag}]", frozenset((inner,))) if tag else inner


def _tag(written: str) -> str:
    return _TAG_NAMES.get(written.strip().casefold(), written.strip().casefold())


def _plain(text: str) -> str:
    """Letters, digits and ``*`` only, without accents, to compare with an echo."""
    return " ".join(re.findall(r"[^\W_]+\*?", apart(text.casefold())))


def _halves(request: Request, window: str) -> tuple[Request, ...]:
    """The same search split in two by Entrez date. Publication dates would not do: they pile up on
    1 January, and a record can have two. A single day cannot be split: no request."""
    first, last = (date.fromisoformat(d) for d in window.split(":")) if window else _ALL_DAYS
    if first >= last:
        return ()
    middle = first + (last - first) // 2
    return tuple(
        _within(request, start, end) for start, end in ((first, middle), (middle + timedelta(days=1), last))
    )


def _within(request: Request, start: date, end: date) -> Request:
    whole = dict(request.continuation).get("term") or dict(request.params)[QUERY_PARAMETER]
    term = f"({whole}) AND {start:%Y/%m/%d}:{end:%Y/%m/%d}[edat]"
    params = tuple((k, term if k == QUERY_PARAMETER else v) for k, v in request.params)
    continuation = (("term", whole), ("window", f"{start.isoformat()}:{end.isoformat()}"))
    return replace(request, params=params, continuation=continuation)


def _batches(request: Request, ids: list[str]) -> Iterator[Request]:
    for at in range(0, len(ids), BATCH):
        batch = ",".join(ids[at : at + BATCH])
        params = (("db", "pubmed"), ("retmode", "xml"), ("id", batch))
        yield Request(SOURCE_ID, request.purpose, "/efetch.fcgi", params, rung=request.rung)


def _read_records(request: Request, answer: Answer) -> Reading:
    root = xml_root(answer)
    if root.tag != "PubmedArticleSet":
        error = root.findtext(".//ERROR") or root.findtext("ERROR") or root.tag
        raise Fault("error_body" if root.find(".//ERROR") is not None else "schema_drift", quote(error))
    records = tuple(_record(e) for e in root if e.tag in ("PubmedArticle", "PubmedBookArticle"))
    received = tuple(r.record_id for r in records)
    missing = [i for i in dict(request.params)["id"].split(",") if i not in set(received)]
    warnings = (("incomplete", f"not delivered: {', '.join(missing)}"),) if missing else ()
    return Reading(None, records, received, warnings)


def _record(entry: Element) -> Record:
    citation = _first(entry, "MedlineCitation", "BookDocument")
    inner = citation.find("Article")
    article = citation if inner is None else inner
    pmid = _text(citation.find("PMID"))
    if not pmid:
        raise Fault("schema_drift", "a record without PMID")
    title = _text(article.find("ArticleTitle")) or _text(article.find("Book/BookTitle"))
    types = _all(article, ".//PublicationType")
    retracted = citation.find(".//CommentsCorrections[@RefType='RetractionIn']") is not None
    return Record(
        SOURCE_ID,
        pmid,
        "publication",
        title,
        f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        titles=tuple(filter(None, (title, _text(article.find("VernacularTitle"))))),
        conditions=_all(citation, "MeshHeadingList/MeshHeading/DescriptorName")
        + _all(citation, "SupplMeshList/SupplMeshName[@Type='Disease']"),
        keywords=_all(citation, "KeywordList/Keyword"),
        texts=_all(article, "Abstract/AbstractText") + _all(citation, "OtherAbstract/AbstractText"),
        other_ids=_other_ids(entry, article),
        status="retracted" if retracted or "Retracted Publication" in types else "",
        year=_year(article),
        publication_types=types,
    )


def _first(entry: Element, *tags: str) -> Element:
    for tag in tags:
        found = entry.find(tag)
        if found is not None:
            return found
    raise Fault("schema_drift", f"a {entry.tag} without {' or '.join(tags)}")


def _other_ids(entry: Element, article: Element) -> tuple[str, ...]:
    """DOI and PMC number of the record itself, not those of the works it cites."""
    own = ("PubmedData/ArticleIdList/ArticleId", "PubmedBookData/ArticleIdList/ArticleId")
    found = [_text(e) for e in article.findall("ELocationID[@EIdType='doi']")]
    for kind in ("doi", "pmc"):
        found += [_text(e) for path in own for e in entry.findall(f"{path}[@IdType='{kind}']")]
    return tuple(dict.fromkeys(filter(None, found)))


def _year(article: Element) -> int | None:
    """One year a record: of the printed issue, else of its free-text date, else electronic."""
    issue = "Journal/JournalIssue/PubDate"
    for path in (f"{issue}/Year", f"{issue}/MedlineDate", "ArticleDate/Year", "Book/PubDate/Year"):
        year = re.search(r"\d{4}", _text(article.find(path)))
        if year:
            return int(year[0])
    return None


def _tagged(phrase: str) -> str:
    """Several words by proximity, in quotes; a single word plainly, which needs neither."""
    return f'"{phrase}"[tiab:~0]' if len(re.findall(r"[^\W_]+", phrase)) > 1 else f"{phrase}[tiab]"


def _stem(word: str) -> str:
    """A context word cut before the ending that its plural changes: myositis, myopathy, myopathies."""
    stem = re.sub(r"(is|y|ies)$", "", word)
    return f"{stem}*" if stem != word and len(stem) >= 5 and " " not in word else word


def _all(element: Element, path: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (_text(e) for e in element.findall(path)))))


def _text(element: Element | None) -> str:
    """All text of an element, inline markup included (a title may begin with ``<i>``)."""
    return "" if element is None else " ".join("".join(element.itertext()).split())
