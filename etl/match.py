"""Does a record name the disease, and where? Pure.

A search brings back more than was asked for: relatives, loose words, places (a search for
*Muscle-eye-brain disease* once gave twelve trials, none about it). So every record is screened for
the names of the disease. Only a name in a condition, title or keyword counts as naming it; what
comes near without naming it (a name in the running text, the words of a name out of order) is
``text`` or ``loose``: a near miss that waits for a person's decision and keeps a zero from being proven.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

from etl.model import Match, Record, Terms

Tokens = tuple[str, ...]
_Fields = Sequence[tuple[Match, tuple[str, ...]]]

#: Prefixes written apart, with a hyphen, or as one word: anti-synthetase, auto-immune.
_PREFIXES = frozenset({"anti", "auto", "dermato", "poly", "non"})
#: Words that say nothing about a disease, left out when words are compared out of order.
_SMALL_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "au",
        "aux",
        "avec",
        "d",
        "de",
        "des",
        "du",
        "et",
        "in",
        "l",
        "la",
        "le",
        "les",
        "of",
        "or",
        "the",
        "to",
        "with",
        "à",
    ]
)
_SPELLINGS = (("haem", "hem"), ("oede", "ede"), ("paed", "ped"), ("aemi", "emi"))
_UNSEEN = frozenset({"Cf", "Mn", "Me"})
#: A tag, with a letter behind its bracket: *< 18 years* is none.
MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>")


def match(record: Record, terms: Terms) -> tuple[Match, str]:
    """How ``record`` names the disease of ``terms``, and by which name (empty when by none).

    Strongest first: ``condition``, ``title``, ``keyword``; then two near misses, ``text`` for a whole
    name in the running text and ``loose`` for the words of one out of order or broken or a lone acronym;
    then ``broader`` for a record that names the parent it was met under, and ``rejected`` for any other.
    An acronym counts only as written (or all in capitals) and beside a word of the field in the
    record's own conditions, titles or keywords; beside one in the running text only, it is loose.
    """
    fields: _Fields = (
        ("condition", tuple(map(seen, record.conditions))),
        ("title", tuple(map(seen, (record.title, *record.titles)))),
        ("keyword", tuple(map(seen, record.keywords))),
    )
    running = tuple(map(seen, record.texts))
    for kind, texts in fields:
        name = _named(texts, terms.names)
        if name:
            return kind, name
    acronym = _acronym(fields, running, terms)
    if acronym and acronym[0] != "loose":
        return acronym
    name = _named(running, terms.names)
    if name:
        return "text", name
    return acronym or _loose(fields, running, terms.names) or _broader(fields, terms)


def same_name(one: str, other: str) -> bool:
    """Whether two names differ only in case, hyphens, accents, plural or spelling."""
    return _tokens(one) == _tokens(other)


def seen(text: str) -> str:
    """``text`` without characters that show nothing, such as soft hyphens, and without marks that stand
    behind their letter: thousands of them take hours to sort."""
    return text if text.isascii() else "".join(c for c in text if unicodedata.category(c) not in _UNSEEN)


def _named(texts: Iterable[str], names: Sequence[str]) -> str:
    for text in texts:
        forms = [_tokens(form) for form in _forms(text)]
        for name in names:
            if any(_holds(form, _tokens(name)) for form in forms):
                return name
    return ""


def _acronym(fields: _Fields, texts: Sequence[str], terms: Terms) -> tuple[Match, str] | None:
    own = [text for _, of_kind in fields for text in of_kind]
    for acronym in terms.acronyms:
        written = re.compile(rf"(?<!\w)({re.escape(acronym)}|{re.escape(acronym.upper())})(?!\w)")
        for kind, of_kind in fields:
            if any(written.search(text) for text in of_kind):
                if _in_context(own, terms.context):
                    return kind, acronym
                if _in_context(texts, terms.context):
                    return "loose", acronym
        if any(written.search(text) and _in_context([text], terms.context) for text in texts):
            return "loose", acronym
    return None


def _in_context(texts: Iterable[str], context: Sequence[str]) -> bool:
    """Whether a word of the field stands in ``texts``, alone or inside a word (*polymyositis*)."""
    words = [" ".join(_tokens(word)) for word in context]
    return any(word in " ".join(_tokens(text)) for text in texts for word in words)


def _loose(fields: _Fields, texts: Sequence[str], names: Sequence[str]) -> tuple[Match, str] | None:
    """A near miss: all the words of a name, out of order, in one condition, title or keyword; or a name in
    words that are broken (*macro- phages*) or run together, anywhere."""
    for text in (*(text for _, of_kind in fields for text in of_kind), *texts):
        for name in names:
            if _holds_broken(_tokens(text), _tokens(name)):
                return "loose", name
    for _, of_kind in fields:
        for text in of_kind:
            words = set(_tokens(text))
            for name in names:
                wanted = set(_tokens(name)) - _SMALL_WORDS
                if len(wanted) > 1 and wanted <= words:
                    return "loose", name
    return None


def _broader(fields: _Fields, terms: Terms) -> tuple[Match, str]:
    """A source that searches running text also brings records that are not about the parent."""
    if terms.rung == "broader":
        name = _named((text for _, of_kind in fields for text in of_kind), terms.phrases)
        if name:
            return "broader", name
    return "rejected", ""


def _forms(text: str) -> Iterable[str]:
    """The text, what is left of it without markup, and its inverted form when it is a heading such as
    *Myositis, Inclusion Body*."""
    yield text
    if "<" in text:
        yield MARKUP.sub("", text)  # within a word
        yield MARKUP.sub(" ", text)  # between two
    head, comma, rest = text.partition(",")
    if comma and "," not in rest and len(text) < 120:
        yield f"{rest} {head}"


def _holds(text: Tokens, name: Tokens) -> bool:
    length = len(name)
    return bool(name) and any(text[i : i + length] == name for i in range(len(text) - length + 1))


def _holds_broken(text: Tokens, name: Tokens) -> bool:
    """Whether ``text`` holds the letters of ``name``, from the beginning of a word to the end of one."""
    wanted, letters = "".join(name), "".join(text)
    if not wanted or wanted not in letters:
        return False
    ends = set(accumulate(map(len, text), initial=0))
    begins = (found.start() for found in re.finditer(f"(?={re.escape(wanted)})", letters))
    return any({begin, begin + len(wanted)} <= ends for begin in begins)


@lru_cache(maxsize=512)
def _tokens(text: str) -> Tokens:
    """``text`` as comparable words: no case, accents, punctuation, plural or regional spelling."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    words = re.findall(r"[^\W\d_]+|\d+", bare)
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in _PREFIXES and not word.isdigit():
            joined[-1] += word
        else:
            joined.append(word)
    return tuple(_base(word) for word in joined)


def _base(word: str) -> str:
    """A word without plural and regional spelling; the same rule on both sides, so that it may be rough."""
    for british, american in _SPELLINGS:
        word = word.replace(british, american)
    if len(word) > 3:
        word = re.sub(r"itides$", "itis", word)
        word = re.sub(r"(?<![siu])s$", "", word)
        word = re.sub(r"ie$", "y", word)
    word = re.sub(r"is(ing|ed|ation|e)$", r"iz\1", word)
    return re.sub(r"our$", "or", word)
