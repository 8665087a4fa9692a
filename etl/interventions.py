"""Which intervention of the catalog a registry's drug text names. Pure.

Registries write *Drug: Rituximab 1000 mg*, *IVIG (Octagam 10%)*, *methotrexate + prednisone*, in any
language. A text names an intervention when a name of it stands there as whole words. A name that two
interventions share names neither; a description of several words (*anti-IL-6 receptor antibody*) fits
many drugs and counts only where it is all that the text says. What names none stays visible as unmapped.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from etl.model import Record, Row

Tokens = tuple[str, ...]

#: The types of interventions that ClinicalTrials.gov, and registries that copy from it, write in front.
_TYPE = re.compile(
    r"^\s*(?:drug|biological|device|procedure|behaviou?ral|dietary supplement|genetic|radiation|"
    r"combination product|diagnostic test|other)\s*:\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class RecordIntervention:
    """One drug text of a record; ``intervention_id`` is ``None`` where it names none of the catalog."""

    source_id: str
    record_id: str
    text: str
    intervention_id: str | None


@dataclass(frozen=True)
class Names:
    """Names of interventions as comparable words: those that count anywhere in a text, and those that
    count only as the whole of it."""

    anywhere: Mapping[Tokens, str]
    alone: Mapping[Tokens, str]


def names(catalog: Iterable[Row]) -> Names:
    """The names by which the rows of ``interventions.csv`` are recognised.

    A label, and a synonym or code of one word, count anywhere. A label that explains itself behind a
    comma or in brackets (*Calcineurin inhibitor, drug not named*) is a description without that, unless
    one word is left (*KYV-101 (CD19 CAR-T)*).
    """
    anywhere: dict[Tokens, set[str]] = defaultdict(set)
    alone: dict[Tokens, set[str]] = defaultdict(set)
    for row in catalog:
        intervention = str(row["intervention_id"])
        for label in (str(row["label_en"]), str(row["label_fr"])):
            alone[_tokens(label)].add(intervention)
            bare = re.split(r"[,(]", label)[0].strip()
            name = bare == label or ("," not in label and " " not in bare)
            (anywhere if name else alone)[_tokens(bare)].add(intervention)
        synonyms = row["synonyms"]
        for synonym in synonyms if isinstance(synonyms, list) else []:
            alone[_tokens(synonym)].add(intervention)
            if " " not in synonym:
                anywhere[_tokens(synonym)].add(intervention)
    return Names(_unshared(anywhere, alone), _unshared(alone, anywhere))


def _unshared(chosen: Mapping[Tokens, set[str]], other: Mapping[Tokens, set[str]]) -> dict[Tokens, str]:
    return {
        words: next(iter(ids))
        for words, ids in chosen.items()
        if words and len(ids | other.get(words, set())) == 1
    }


def named(text: str, known: Names) -> tuple[str, ...]:
    """The interventions that ``text`` names, in the order of the text; empty where it names none."""
    words = _tokens(_TYPE.sub("", text))
    if words in known.alone:
        return (known.alone[words],)
    longest = max(map(len, known.anywhere), default=0)
    found: dict[str, None] = {}
    at = 0
    while at < len(words):
        lengths = range(min(longest, len(words) - at), 0, -1)
        length = next((n for n in lengths if words[at : at + n] in known.anywhere), 0)
        if length:
            found[known.anywhere[words[at : at + length]]] = None
        at += length or 1
    return tuple(found)


def of_records(records: Iterable[Record], catalog: Sequence[Row]) -> Iterator[RecordIntervention]:
    """One row for each text of each record and each intervention that it names, or one with ``None``."""
    known = names(catalog)
    for record in records:
        for text in dict.fromkeys(record.interventions):
            for intervention_id in named(text, known) or (None,):
                yield RecordIntervention(record.source_id, record.record_id, text, intervention_id)


def _tokens(text: str) -> Tokens:
    """``text`` as words without case, accents and punctuation."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W_]+", bare))
