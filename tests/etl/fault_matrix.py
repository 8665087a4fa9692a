"""Playing one fault of the double at one place of one source's run, and judging the whole run.

Two truths are played. *none*: no record names IMAM, so a good run proves a zero, and any doubt must
come from the fault. *last*: the record that names IMAM stands on the last page, so that a lost page
would look like a zero. Sources whose form was never verified are judged here as if it were: their zero
must be kept from them by the fault itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from etl import catalog as catalogs
from etl import evidence, search, snapshot
from etl.cells import judge_all
from etl.http import Http, Identity
from etl.model import Catalog
from etl.search import Gathered
from etl.sources import ctis, europe_pmc, isrctn, nih_reporter, pubmed, ukri_gtr
from tests.double import LATER_ONLY, SWITCHES, Asked, Double, Rule
from tests.double.scenarios import IMAM, IMAM_WORDS, Topic, others, programmed
from tests.double.sources import FORMS

from .conftest import DATA

DISEASE = "imam"
PARENT_WORDS = "Idiopathic inflammatory myopathy"
#: Words by which a request is known as a control: names that must be found, nonsense, known items.
CONTROL_WORDS = ("Immune-mediated", "Limb-girdle", "zebrafish", search.NONSENSE_ACRONYM, "[uid]", "EXT_ID:")
#: How many records make a second page; two of the services page by a size of their own.
RECORDS = {"eu_ctr": 21, "europe_pmc_grants": 26, "ukri_gtr": 11}
#: Where a source pages as asked, small pages do.
SMALL_PAGES: Sequence[tuple[Any, str, int]] = (
    (ctis, "PAGE_SIZE", 2),
    (isrctn, "PAGE_SIZE", 2),
    (pubmed, "BATCH", 2),
    (europe_pmc, "PAGE_SIZE", 2),
    (nih_reporter, "PAGE_SIZE", 2),
    (ukri_gtr, "PAGE_SIZE", 10),
)

Truth = Literal["none", "last"]
Where = Callable[[Asked], bool]


@dataclass(frozen=True)
class Outcome:
    """The verdict of one run: its state and the codes of its reasons; whether the fault came to pass, and
    whether a search was hit by it or only controls."""

    state: str
    reasons: tuple[str, ...]
    happened: bool
    search_hit: bool
    requests: int

    @property
    def told(self) -> str:
        """The verdict for the table with its first reason; one that every run of a source has comes last."""
        reasons = sorted(self.reasons, key=lambda code: code == "form_unverified")
        return f"{self.state} ({reasons[0]})" if reasons else self.state


def is_control(asked: Asked) -> bool:
    """Whether a request belongs to a control."""
    query = FORMS[asked.source].query(asked).casefold()
    return any(word.casefold() in query for word in CONTROL_WORDS)


def is_later(asked: Asked) -> bool:
    """Whether a request goes on with a search: a page, a batch, a whole trial, a fund, a version."""
    form = FORMS[asked.source]
    return form.first_page(asked) is not None or not form.query(asked)


#: Places of a run: the first page of a search, anything later, a control, everything.
PLACES: Mapping[str, Where] = {
    "first search": lambda asked: not is_control(asked) and not is_later(asked),
    "later page": lambda asked: not is_control(asked) and is_later(asked),
    "control": is_control,
    "whole run": lambda _: True,
}


def cases() -> Iterator[tuple[str, str, Truth]]:
    """Fault, place and truth, as far as they can meet.

    A lone wrong zero on the first page of one search, with every control answered well, is the one
    fault that no client can tell from a true zero; it is played for the whole run instead.
    """
    for fault in SWITCHES:
        for place in PLACES:
            if fault in LATER_ONLY and place != "later page":
                continue
            if fault == "zero" and place == "first search":
                continue
            if place == "whole run" and fault != "zero":
                continue
            yield fault, place, "none"
            if place == "later page":
                yield fault, place, "last"


def rules(source: str, truth: Truth) -> list[Rule]:
    """What the double knows: nothing of IMAM or its last record, several pages of its group."""
    n = RECORDS.get(source, 3)
    named = ["Polymyositis"] * (n - 1) + [IMAM] if truth == "last" else []
    group = [t for t in others(source) if t.words != PARENT_WORDS]
    wide = Topic(PARENT_WORDS, ["Idiopathic inflammatory myopathies"] * n, 50)
    return programmed(source, [Topic(IMAM_WORDS, named, 60), wide, *group])


def verified_catalog() -> Catalog:
    """The embedded catalog with the form of every source taken as verified."""
    loaded = catalogs.load(DATA)
    return replace(loaded, sources={k: replace(s, form_verified=True) for k, s in loaded.sources.items()})


@dataclass
class Matrix:
    """Runs of one source at a time, against doubles of their own."""

    catalog: Catalog
    folder: Path
    runs: int = 0

    def play(self, source_id: str, truth: Truth, fault: str = "", where: Where = PLACES["whole run"],
             after: int = 0) -> Outcome:  # fmt: skip
        """One whole run and its verdict."""
        self.runs += 1
        patience = 0.1 if fault == "slow" else 30.0
        source = replace(self.catalog.sources[source_id], timeout_seconds=patience)
        with Double(rules(source_id, truth)) as double:
            if fault:
                double.switch(source_id, fault, after=after, where=where)
            http = Http(
                {source_id: source},
                self.folder / str(self.runs),
                Identity("test"),
                environ=double.environ(),
                sleep=lambda _: None,
            )
            try:
                gathered = search.gather(
                    http, [source], {DISEASE: catalogs.terms(self.catalog, DISEASE)}, "s1", now=_now
                )
            finally:
                http.close()
            state, reasons = self._judged(source_id, gathered)
            hit = [not is_control(asked) for asked in double.spoilt]
            return Outcome(state, reasons, bool(hit), any(hit), len(double.log))

    def _judged(self, source_id: str, gathered: Gathered) -> tuple[str, tuple[str, ...]]:
        question = self.catalog.sources[source_id].answers[0]
        receipt = snapshot.Receipt("s1", _now(), _now(), "test", self.catalog.sha256)
        kept = snapshot.Snapshot(
            receipt, gathered.searches, gathered.controls, gathered.records, gathered.matches
        )
        current = evidence.current(self.catalog, [kept], ([], []))
        answers = [(question, r.source_id, r.record_id, False) for r in gathered.records]
        judged = judge_all(self.catalog, current, [], answers)
        key = {"question_id": question, "disease_id": DISEASE, "source_id": source_id}
        (verdict,) = _rows(judged.verdicts, key)
        return str(verdict["state"]), tuple(str(r["code"]) for r in _rows(judged.reasons, key))


def _rows(rows: Iterable[Mapping[str, object]], key: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [row for row in rows if all(row[name] == value for name, value in key.items())]


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture
def matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Matrix:
    """A matrix with small pages and little patience."""
    for module, name, size in SMALL_PAGES:
        monkeypatch.setattr(module, name, size)
    monkeypatch.setattr("etl.http.RETRIES", 1)
    return Matrix(verified_catalog(), tmp_path)
