"""A coarse sieve before ``etl.match``: could this raw text hold one of these names at all? Pure.

A file of a million rows names a rare disease a few times. Matching every row word by word would take hours;
looking for a piece of each name takes little. The sieve lets through everything that ``match`` could find,
and more: it only looks for pieces of words, without endings, accents or prefixes that may stand apart, in
a text without spaces, signs and markup, which may break a word.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

from etl.match import MARKUP, seen

#: Written apart, with a hyphen or as one word, so no piece may reach over their end.
_PREFIX = re.compile(r"^(anti|auto|dermato|poly|non)(?=.{3})")
#: Endings that ``match`` takes for the same: plural, *-itides*, *-ising*, *-our*.
_ENDING = re.compile(r"(itis|itides|(is|iz)(ing|ed|ation|e)s?|ies?|es|our|or|[yse])$")
#: Spelled in two ways: what stands on one side of them is looked for.
_SPELLED_TWICE = re.compile(r"ha?em|o?ede|pa?ed|a?emi|oe|ae")
_SHORTEST = 4
_PIECE = 2000
#: Words such as *with* may be missing from a name out of order; they are short and in lower case.
_SMALL_WORD = 4
#: Letters written as HTML entities, perhaps twice over; line breaks and signs are let be.
_ESCAPED = re.compile(
    r"&(?:amp;)?(?:#(?!x0*[0-3]?[0-9a-f];|0*[1-6]?[0-9];)|[A-Za-z]{1,2}(?:acute|grave|uml|circ|lig|tilde|cedil);|shy;|zwn?j;|[lr]rm;)",
    re.IGNORECASE,
)
_BRACKETS = (("&amp;lt;", "<"), ("&amp;gt;", ">"), ("&lt;", "<"), ("&gt;", ">"))
_LIGATURES = (("œ", "oe"), ("Œ", "oe"), ("æ", "ae"), ("Æ", "ae"), ("ß", "ss"))


class Sieve:
    """Lets through any text that may hold a name, or an acronym beside a word of the context."""

    def __init__(
        self, names: Iterable[str], acronyms: Iterable[str] = (), context: Iterable[str] = ()
    ) -> None:
        telling = _telling([_pieces(name) for name in names])
        self._context = tuple(dict.fromkeys(min(_pieces(word), key=len) for word in context if _pieces(word)))
        in_context = [(piece,) for piece in self._context] if acronyms else []
        #: Beginning of a piece -> the names that have it; a text without any beginning holds no name.
        self._names = {
            beginning: tuple(n for n in telling if any(piece.startswith(beginning) for piece in n))
            for beginning in _fewest_beginnings([*telling, *in_context])
        }
        written = sorted({form for a in acronyms for form in (a, a.upper())})
        # begins with its letters, not with a condition, so that other letters are skipped fast
        pattern = rf"(?:{'|'.join(map(re.escape, written))})(?!\w)"
        self._acronyms = re.compile(pattern) if written else None

    def __call__(self, text: str) -> bool:
        """Whether ``text`` is worth a closer look."""
        try:
            raw = html.unescape(html.unescape(text)) if "&" in text and _ESCAPED.search(text) else text
        except ValueError:  # the number of a character of thousands of digits: a name may stand beside it
            return True
        bare = _without_markup(raw)  # what stands between "<ULN" and a later ">" is no markup: both are read
        plain = _letters(raw if bare is raw else f"{raw} {bare}")
        begun = False
        for beginning, names in self._names.items():
            if beginning in plain:  # in hardly any row of a large file
                begun = True
                if any(all(piece in plain for piece in name) for name in names):
                    return True
        if not begun or self._acronyms is None or not any(piece in plain for piece in self._context):
            return False
        return self._acronyms.search(seen(raw)) is not None


def _without_markup(text: str) -> str:
    if "&" in text:
        for escaped, bracket in _BRACKETS:
            text = text.replace(escaped, bracket)
    return MARKUP.sub("", text) if "<" in text else text


#: What is neither letter nor digit goes: it may stand within a word, as where a line ended in its middle.
_LOWER = bytes(range(256)).lower()
_SIGNS = bytes(n for n in range(128) if not chr(n).isalnum())


def _letters(text: str) -> bytes:
    """Letters and digits alone, small and without accents, as ``match`` compares; words run together."""
    if text.isascii():
        return text.encode().translate(_LOWER, _SIGNS)
    for ligature, letters in _LIGATURES:
        text = text.replace(ligature, letters)
    # piece by piece: thousands of marks behind one letter would take hours to sort, only to go
    pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
    plain = "".join(unicodedata.normalize("NFKD", piece) for piece in pieces)
    return plain.encode("ascii", "ignore").translate(_LOWER, _SIGNS)


def _pieces(name: str) -> tuple[bytes, ...]:
    """A piece of every word of ``name`` that must stand in any text that holds the name."""
    words = re.findall(r"[^\W\d_]+", name)
    telling = (w for w in words if not (w.islower() and len(w) <= _SMALL_WORD))
    return tuple(dict.fromkeys(filter(None, (_piece(_letters(word).decode()) for word in telling))))


def _piece(word: str) -> bytes:
    if len(word) >= _SHORTEST:
        word = max(_SPELLED_TWICE.split(_ENDING.sub("", _PREFIX.sub("", word))), key=len)
    return word.encode()


def _telling(names: Iterable[tuple[bytes, ...]]) -> tuple[tuple[bytes, ...], ...]:
    """The names without those that another one stands for."""
    every = {tuple(sorted(set(name))) for name in names if name}
    return tuple(sorted(n for n in every if not any(_held(other, n) for other in every - {n})))


def _fewest_beginnings(names: Sequence[tuple[bytes, ...]]) -> tuple[bytes, ...]:
    """As few beginnings of pieces as can be, so that every name has one: each is looked for in every row."""
    left, chosen = set(names), []
    while left:
        of_name = {name: {p[:n] for p in name for n in range(min(3, len(p)), len(p) + 1)} for name in left}
        every = sorted(set().union(*of_name.values()))
        best = max(every, key=lambda begin: (sum(begin in of for of in of_name.values()), len(begin)))
        chosen.append(best)
        left = {name for name in left if best not in of_name[name]}
    return tuple(chosen)


def _held(other: Sequence[bytes], name: Sequence[bytes]) -> bool:
    """Whether any text that lets ``name`` through also lets ``other`` through."""
    return all(any(piece in longer for longer in name) for piece in other)
