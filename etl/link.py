"""Which records are the same trial, paper or grant: clusters, counted once. Pure.

Records are joined by the ids they carry, followed from record to record: by register numbers, PubMed
numbers, DOIs, funders' reference numbers. A sponsor's protocol code joins only with an equal
sponsor, since such codes collide. A title never joins: an extension study has
the title of its parent, a preprint that of its article.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from etl.model import Record

Key = tuple[str, str]

#: Numbers of trial registers, in the order in which they name a cluster. Numbers of the European
#: registers (EudraCT, CTIS) never overlap: CTIS counts from 500000 on, and a fourth group of digits
#: only says which submission of the same trial is meant, as a country code behind a number does.
_TRIALS = (
    ("nct", re.compile(r"(?<![A-Z0-9])NCT[ -]?((?!0{8})\d{8})(?!\d)", re.IGNORECASE)),
    ("eu", re.compile(r"(?<![\d-])(20\d{2}-(?!0{6})\d{6}-\d{2})(?!\d)")),
    ("isrctn", re.compile(r"(?<![A-Z0-9])ISRCTN[ -]?(\d{8})(?!\d)", re.IGNORECASE)),
    ("utn", re.compile(r"(?<![A-Z0-9])U1111-?(\d{4}-\d{4})(?!\d)", re.IGNORECASE)),
    ("actrn", re.compile(r"(?<![A-Z0-9])ACTRN[ -]?(\d{14})(?!\d)", re.IGNORECASE)),
    ("drks", re.compile(r"(?<![A-Z0-9])DRKS[ -]?(\d{8})(?!\d)", re.IGNORECASE)),
    ("chictr", re.compile(r"(?<![A-Z0-9])ChiCTR-?([A-Z]{0,4}-?[A-Z]{0,4}-?\d{8,10})(?!\d)", re.IGNORECASE)),
    ("jrct", re.compile(r"(?<![A-Z0-9])jRCT([a-z]{0,2}\d{8,10})(?!\d)", re.IGNORECASE)),
    ("umin", re.compile(r"(?<![A-Z0-9])UMIN(\d{9})(?!\d)", re.IGNORECASE)),
    ("kct", re.compile(r"(?<![A-Z0-9])KCT(\d{7})(?!\d)", re.IGNORECASE)),
    ("ctri", re.compile(r"(?<![A-Z0-9])CTRI/(\d{4}/\d{2,3}/\d+)", re.IGNORECASE)),
    ("irct", re.compile(r"(?<![A-Z0-9])IRCT(\d+(?:N\d+)?)", re.IGNORECASE)),
)
_PAPERS = (
    ("pmid", re.compile(r"^(?:(?:PMID|MED|PubMed)[:/ ]\s*)?0*([1-9]\d{0,8})$", re.IGNORECASE)),
    ("doi", re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+?)[.,;]*$", re.IGNORECASE)),
    ("pmc", re.compile(r"^(?:PMCID:\s*|PMC/)?PMC0*([1-9]\d*)$", re.IGNORECASE)),
)
_GRANTS = (
    ("nih", re.compile(r"^\d?([A-Z][A-Z0-9]\d[A-Z]{2}\d{6})(?:-.*)?$", re.IGNORECASE)),
    ("ukri", re.compile(r"^([A-Z]{2,3}/[A-Z0-9]{6,8}/\d{1,2})$", re.IGNORECASE)),
)
_PATTERNS = {"trial": _TRIALS, "publication": _PAPERS, "grant": _GRANTS}
_RANK = {name: rank for rank, (name, _) in enumerate((*_TRIALS, *_PAPERS, *_GRANTS))}
#: Award numbers stand among the second ids of trials; many trials share one award.
_AWARD = re.compile(r"^\d?[A-Z][A-Z0-9]\d[ -]?[A-Z]{2}[ -]?\d{5,6}|^(?:N01|HHSN|NIH|FD-)", re.IGNORECASE)
_LEGAL_FORMS = frozenset(["ab", "ag", "as", "bv", "co", "corp", "corporation", "gmbh", "inc", "incorporated"])
_LEGAL_FORMS |= {"kg", "limited", "llc", "ltd", "nv", "plc", "sa", "sas", "spa", "srl", "company"}


def clusters(records: Iterable[Record]) -> dict[Key, str]:
    """The cluster of every record, by (source, record id).

    A cluster is named after the best id that joins it, whatever the order of the records.
    """
    distinct = {(r.source_id, r.record_id): r for r in records}
    joining = _joining(distinct)
    groups = _Groups()
    for key, ids in joining.items():
        groups.join(_address(*key), ids)
    names = groups.names()
    return {key: names[_address(*key)] for key in joining}


def ids_of(record: Record) -> tuple[frozenset[Key], frozenset[Key]]:
    """The ids of a record: its own, and those it names beside."""
    own = frozenset(_known(record.kind, record.record_id))
    named = frozenset(k for text in record.other_ids for k in _known(record.kind, text))
    own = own or frozenset([_address(record.source_id, record.record_id)])
    return own, (named | frozenset(_codes(record))) - own


def _joining(records: Mapping[Key, Record]) -> dict[Key, set[Key]]:
    """For each record the ids by which it may be joined to others.

    What one source holds under two numbers are two. An id named beside therefore joins a record
    only if no other record of its source carries it too: a study that names its parent, or an award
    or a congress DOI that it shares with others, stays apart from them.
    """
    both = {key: ids_of(record) for key, record in records.items()}
    holders: dict[tuple[str, Key], set[frozenset[Key]]] = defaultdict(set)
    for (source_id, _), (own, named) in both.items():
        for one in own | named:
            holders[source_id, one].add(own)
    return {
        key: {*own, *(n for n in named if len(holders[key[0], n]) == 1)} for key, (own, named) in both.items()
    }


def _address(source_id: str, record_id: str) -> Key:
    return "record", f"{source_id}/{record_id}"


def _known(kind: str, text: str) -> Iterator[Key]:
    for name, pattern in _PATTERNS.get(kind, ()):
        for match in pattern.finditer(text.strip()):
            yield name, match[1].upper().removeprefix("-")


def _codes(record: Record) -> Iterator[Key]:
    """Protocol codes, each together with its sponsor."""
    sponsor = _sponsor(record.sponsor)
    if record.kind != "trial" or not sponsor:
        return
    for text in record.other_ids:
        code = "".join(c for c in text.casefold() if c.isalnum())
        plain = not any(pattern.search(text) for _, pattern in _TRIALS) and not _AWARD.search(text.strip())
        if plain and len(code) >= 5 and any(c.isdigit() for c in code):
            yield "code", f"{code} of {sponsor}"


def _sponsor(name: str) -> str:
    words = re.findall(r"\w+", name.casefold().replace(".", ""))
    return " ".join(w for w in words if w not in _LEGAL_FORMS)


class _Groups:
    """Ids joined into groups, each id pointing towards the first of its group (union-find)."""

    def __init__(self) -> None:
        self._towards: dict[Key, Key] = {}

    def join(self, first: Key, others: Iterable[Key]) -> None:
        """Put ``first`` and ``others`` into one group."""
        for other in others:
            one, two = sorted((self._first(first), self._first(other)))
            self._towards[two] = one
        self._first(first)

    def names(self) -> dict[Key, str]:
        """For each id the name of its group: the best id in it."""
        members: dict[Key, list[Key]] = defaultdict(list)
        for key in list(self._towards):
            members[self._first(key)].append(key)
        best = {first: min(keys, key=_preference) for first, keys in members.items()}
        return {key: ":".join(best[first]) for first, keys in members.items() for key in keys}

    def _first(self, key: Key) -> Key:
        self._towards.setdefault(key, key)
        while self._towards[key] != key:
            self._towards[key] = self._towards[self._towards[key]]
            key = self._towards[key]
        return key


def _preference(key: Key) -> tuple[int, Key]:
    """Ids of registers and databases first, then the record's own address, a protocol code last."""
    rank = _RANK.get(key[0], len(_RANK) + (key[0] == "code"))
    return rank, key
