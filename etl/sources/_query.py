"""Saying what to look for, and seeing whether it came back: shared by the adapters that search words. Pure.

Every service here takes a Boolean expression of quoted phrases; how one member of it is written is
the adapter's own business.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable

from etl.model import Fault, Terms

_PREFIXES = "anti|auto"
_SIGNS = re.compile(r'[\[\](){}<>"“”„«»*?~^:&|!+\u2217\\/]')


def expression(source_id: str, terms: Terms, member: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
    """The query, and every phrase and acronym in it.

    Phrases are OR-ed in all their forms; acronyms are only searched beside a word of the field
    (``IMAM`` alone also finds clergy). Raises ``Fault("query_refused")`` for terms without a phrase.
    """
    sent = tuple(dict.fromkeys(v for phrase in terms.phrases for v in variants(clean(phrase))))
    members = [member(phrase) for phrase in sent]
    if terms.acronyms and terms.context:
        acronyms = tuple(clean(a) for a in terms.acronyms)
        context = dict.fromkeys(clean(c) for c in terms.context)
        left, right = (" OR ".join(map(member, words)) for words in (acronyms, context))
        members.append(f"(({left}) AND ({right}))")
        sent += acronyms
    if not members:
        raise Fault("query_refused", f"{source_id}: nothing to ask for {terms.disease_id}")
    return " OR ".join(members), sent


def clean(phrase: str) -> str:
    """``phrase`` without HTML escapes and signs of a query language, which would change the query."""
    cleaned = " ".join(_SIGNS.sub(" ", html.unescape(phrase)).split())
    if not any(c.isalnum() for c in cleaned):
        raise Fault("query_refused", f"{phrase!r} holds nothing to search for")
    return cleaned


def variants(phrase: str) -> tuple[str, ...]:
    """``phrase`` as others write it, since no service says which forms it takes for the same.

    Hyphens kept, opened, and closed after a prefix (anti-synthetase, anti synthetase,
    antisynthetase); *myopathy* and *myopathies*; *necrotizing* and *necrotising*.
    """
    closed = re.sub(rf"\b({_PREFIXES})-(?=[a-z])", r"\1", phrase, flags=re.IGNORECASE)
    hyphened = re.sub(rf"\b({_PREFIXES})(?=[a-z]{{4}})", r"\1-", phrase, flags=re.IGNORECASE)
    forms = [phrase, phrase.replace("-", " "), hyphened, hyphened.replace("-", " "), closed]
    for pattern, other in ((r"pathy\b", "pathies"), (r"izing\b", "ising")):
        forms += [re.sub(pattern, other, form) for form in forms]
    return tuple(dict.fromkeys(" ".join(form.split()) for form in forms))


def holds(texts: Iterable[str], phrases: Iterable[str]) -> bool:
    """Whether one of ``phrases`` begins at a word of ``texts``, whatever the case, accents and hyphens.

    Only a first sieve against answers to another question: whether a record names a disease is
    decided by :mod:`etl.match`.
    """
    wanted = [f" {_plain(phrase)}" for phrase in phrases]
    plain = [f" {_plain(text)}" for text in texts]
    return any(phrase in text for phrase in wanted for text in plain)


def _plain(text: str) -> str:
    bare = "".join(c for c in apart(text.casefold()) if unicodedata.category(c) != "Cf")
    return " ".join(re.findall(r"[^\W_]+", bare))


def apart(text: str) -> str:
    """``text`` taken apart into letters, without the accents and whatever else combines with one.

    Letter by letter: taken as a whole, the marks behind a letter are sorted, which takes hours where
    somebody wrote a hundred thousand of them.
    """
    if text.isascii():
        return text
    parts = (unicodedata.normalize("NFKD", letter) for letter in text)
    return "".join(c for part in parts for c in part if not unicodedata.combining(c))
