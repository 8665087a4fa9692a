"""Whole refreshes while everything goes wrong, in seeded order: what must hold after each of them.

A world has a double of two sources, a store on a disk of its own, a clock, and a page in another process that
never stops reading. Its faults are dealt from shuffled decks, so that every kind comes as often as any other;
each seed chooses what is true (a record that names the disease stands on the last page, or none does), where
the fault strikes and for how long. After each faulty refresh the store opens and passes ``check``, no fault
has become a zero, and a run that goes on from there asks nothing that was answered (``fault_ledger``). Once
all is mended, a refresh tells the truth and asks nothing; the page has seen whole stores (``fault_reader``).
"""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from etl import __main__ as commands
from etl import catalog as catalogs
from etl import http, publication, search
from etl.http import Http, Identity
from etl.model import Catalog
from tests.conftest import ROOT
from tests.double import LATER_ONLY, SWITCHES, Double
from tests.double.server import ODDITIES, SOURCES
from tests.double.sources import FORMS, WITH_TOKENS
from tests.etl.fault_matrix import Truth, rules, verified_catalog
from tests.etl.test_fault_matrix import ALWAYS

from .conftest import PLAYED
from .fault_command import AROUND, Clock, moment
from .fault_disk import Bound, Disk
from .fault_ledger import Ledger
from .fault_reader import Reader

#: Worlds, and refreshes of each in which something goes wrong; a good one follows.
SEEDS, SEEDS_SAMPLED = 40, 4
STEPS = 5
#: From this world on the refresh is bound in place of the disk, also where one could be mounted.
BOUND_FROM = 30
DISEASE = "imam"
#: Every kind of fault, and the ways in which it comes, one after the other.
KINDS: Mapping[str, Sequence[str]] = {
    "reset": ("reset",),
    "stall": ("slow",),
    "slow drip": ("drip", "drip_head"),
    "truncated page": ("truncated", "cut_short"),
    "repeated page": ("repeated_page",),
    "re-ordered page": ("reordered", "stale_page"),
    "expired token": ("token_expired", "token_refused"),
    "429 storm": ("rate_limited",),
    "wrong content type": ("wrong_type", "html_200"),
    "clock set forward": ("clock_set_forward",),
    "clock set back": ("clock_set_back_meanwhile", "clock_set_back"),
    "disk full": ("disk_full_at_the_end", "disk_full_early"),
    "read-only disk": ("read_only_from_then_on", "read_only"),
    "kill -9": ("killed_while_asking", "killed_while_building"),
    "two at once": ("two_at_once",),
    "any other trouble": ("error_500", "invalid_json", "zero"),
}
#: How long a client waits for a byte, and for headers or a body, where the double stalls, or drips for
#: longer; and how long elsewhere, so that a machine with much to do is no fault.
IMPATIENCE, PATIENCE = 2.0, 600.0
#: Between two drops of fifty.
DRIP_SECONDS = 0.06
#: Bytes left on a full disk: for all but the last pages of the store, or too few for what comes before.
ROOM_AT_THE_END, ROOM_EARLY = (5_000_000, 10_000_000, 20_000_000), (0, 20_000, 60_000, 1_000_000)


def dealt() -> list[tuple[str, str]]:
    """Kind and way of every fault, world after world: shuffled decks of all kinds. With this seed the four
    faults that fill up the sample come in their second way."""
    chance, faults = random.Random(20262787), []
    for deck in range(SEEDS * STEPS // len(KINDS) + 1):
        kinds = list(KINDS)
        chance.shuffle(kinds)
        faults += [(kind, KINDS[kind][deck % len(KINDS[kind])]) for kind in kinds]
    return faults[: SEEDS * STEPS]


class World:
    """A double, a clock, a disk with a store, and what is true."""

    def __init__(self, chance: random.Random, disk: Disk, catalog: Catalog, double: Double,
                 truths: Mapping[str, Truth]):  # fmt: skip
        self.chance, self.disk, self.double, self.truths = chance, disk, double, truths
        self.folder = disk.folder
        self.link, self.snapshots = self.folder / "trial.duckdb", self.folder / "snapshots"
        self.answers = self.folder / "answers"
        self.whole, self.patience = catalog, PATIENCE
        self.told: list[str] = []
        self.published = ""
        self.sound: set[tuple[str, str]] = set()
        self.true_answers: set[str] = set()
        self._gather(self.folder / "undisturbed")
        self.ledger = Ledger(double, double.log)

    def catalog(self, _: Path | None = None) -> Catalog:
        """The catalog, with the patience of the moment."""
        sources = self.whole.sources.items()
        return replace(self.whole, sources={k: replace(s, timeout_seconds=self.patience) for k, s in sources})

    # --- refreshes --------------------------------------------------------------------------------

    def command(self) -> list[str]:
        chosen = [part for source in self.truths for part in ("--source", source)]
        where = ["--store", str(self.link), "--snapshots", str(self.snapshots)]
        return ["refresh", "--disease", DISEASE, *chosen, *where]

    def refresh(self) -> tuple[int, str]:
        """The whole command in this process; its exit code and all it said."""
        result = CliRunner().invoke(commands.main, self.command())
        unforeseen = result.exception and not isinstance(result.exception, SystemExit)
        assert not unforeseen, (self.told, result.exc_info)
        return result.exit_code, result.output

    def process(self, bound: Bound = None) -> subprocess.Popen[str]:
        """The same in a process of its own."""
        ahead = str(Clock.ahead.total_seconds())
        return subprocess.Popen(
            [sys.executable, "-m", "tests.hold.fault_command", ahead, *self.command()],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=bound,  # noqa: PLW1509  # no more than a limit or a right
        )

    def refresh_bound(self, bound: Bound) -> tuple[int, str]:
        """In this process, or bound in another one where the disk cannot do it."""
        if not bound:
            return self.refresh()
        process = self.process(bound)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def _gather(self, answers: Path) -> None:
        known = self.catalog().sources
        sources = [known[source] for source in self.truths]
        client = Http({s.source_id: s for s in sources}, answers, Identity("test"))
        try:
            terms = {DISEASE: catalogs.terms(self.whole, DISEASE)}
            search.gather(client, sources, terms, "going-on", now=moment)
        finally:
            client.close()

    def ask_anew(self, *sources: str) -> None:
        """Throw away what was kept of these sources."""
        for source in sources or self.truths:
            for file in self.answers.glob(f"{source}.sqlite*"):
                file.unlink()
            self.ledger.forget(source)

    def at_request(self, number: int, act: Callable[[], None]) -> None:
        """Do something when the double has been asked so often from now on, before it answers."""
        lock, begun = threading.Lock(), len(self.double.log)
        waiting = [act]

        def heard() -> None:
            with lock:
                due = [waiting.pop()] if waiting and len(self.double.log) - begun >= number else []
            for now in due:
                now()

        self.double.heard = heard

    # --- faults -----------------------------------------------------------------------------------

    def happen(self, kind: str, way: str) -> None:
        """One thing goes wrong during one refresh; then a run goes on from there in good weather."""
        self.told.append(way)
        begun, before, threads = len(self.double.log), self._snapshots(), threading.enumerate()
        self.ask_anew(*self._struck(way))
        said = getattr(self, f"_{way}", lambda: self._at_a_source(way))()
        self.double.heard = lambda: None
        self.double.mend()
        self._wait_for_silence(threads)
        clock = kind.startswith("clock")
        self._write_down(begun, lost=kind in ("disk full", "read-only disk", "kill -9"), pardoned=clock)
        for name in self._snapshots() - before:
            self.sound |= {(name, source) for source in self.truths if not self.ledger.open(source)}
        for source in self.truths:
            if f"its last good evidence stays: {source}:" in said:
                self.ledger.forget(source)
        self.hold()
        begun = len(self.double.log)
        self._gather(self.answers)
        self._write_down(begun, pardoned=clock)
        open_still = [what for source in self.truths for what in self.ledger.open(source)]
        assert open_still == [], (self.told, "not asked again, or a wrong answer is kept")

    def _write_down(self, begun: int, *, lost: bool = False, pardoned: bool = False) -> None:
        entries = self.double.log[begun:]
        again = self.ledger.take(entries, lost=lost, pardoned=pardoned)
        assert again == [], (self.told, "asked again")
        told = (e.body for e in entries if e.body == self.double.answer(e.asked).body)
        self.true_answers |= {hashlib.sha256(body).hexdigest() for body in told}

    def _snapshots(self) -> set[str]:
        return {folder.name for folder in self.snapshots.glob("2*")}

    def _wait_for_silence(self, earlier: Sequence[threading.Thread]) -> None:
        """Until what a killed or stopped refresh had sent is answered: its lanes and its connections end."""
        lasting = ("lane", "Thread") if "killed" in self.told[-1] else ("lane",)
        for thread in set(threading.enumerate()).difference(earlier):
            if thread.name.startswith(lasting):
                thread.join(60)
                assert not thread.is_alive()

    def _struck(self, way: str) -> list[str]:
        """The source where it happens; none where all are concerned."""
        if way not in {**SWITCHES, **ODDITIES}:
            return []
        fit = [s for s in self.truths if way != "token_expired" or s in WITH_TOKENS]
        self.struck = self.chance.choice(fit)
        return [self.struck]

    def _at_a_source(self, way: str) -> str:
        chance, before = self.chance, len(self.double.spoilt)
        own = [what for what in self.ledger.usual.elements() if what[0] == self.struck]
        if way in LATER_ONLY:
            later = [e.what for e in self.double.log if FORMS[e.source].first_page(e.asked)]
            own = [what for what in own if what in later]
        after, times = chance.randrange(min(len(own), 12)), chance.choice([1, 2, None])
        if way == "slow":
            times, self.patience = chance.choice([1, 2]), IMPATIENCE
        elif way == "drip":
            times = chance.choice([1, 2])
        elif way == "drip_head":
            times, self.patience = chance.choice([1, 2]), chance.choice([PATIENCE, IMPATIENCE])
        elif way == "rate_limited":
            times = chance.choice([8, None])
        elif way == "zero":  # a lone wrong zero is what no client can tell from a true one
            after, times = 0, None
        self.double.switch(self.struck, way, times, after=after)
        with pytest.MonkeyPatch.context() as patch:
            if way == "drip":
                patch.setattr(http, "MAX_SECONDS", chance.choice([PATIENCE, IMPATIENCE]))
            patch.setattr(http, "HEAD_SECONDS", 0.0)
            code, said = self.refresh()
        self.patience = PATIENCE
        assert code == 0, (self.told, said)
        assert len(self.double.spoilt) > before, (self.told, "nothing went wrong")
        return said

    def _disk_full_at_the_end(self) -> str:
        return self._disk_full(self.chance.choice(ROOM_AT_THE_END))

    def _disk_full_early(self) -> str:
        return self._disk_full(self.chance.choice(ROOM_EARLY))

    def _disk_full(self, room: int) -> str:
        with self.disk.full(room) as bound:
            code, said = self.refresh_bound(bound)
        assert code == 1 and "Make room" in said, (self.told, said)
        return said

    def _read_only(self, since: int = 0) -> str:
        with self.disk.read_only() as (bound, begin):
            self.at_request(since, begin) if since else begin()
            code, said = self.refresh_bound(bound)
        assert code == 1 and "writable" in said, (self.told, said)
        return said

    def _read_only_from_then_on(self) -> str:
        return self._read_only(self._some_request())

    def _some_request(self) -> int:
        return self.chance.randint(1, self.ledger.usual.total())

    def _jump(self, hours: int) -> None:
        Clock.ahead += timedelta(hours=hours)

    def _clock_set_forward(self) -> str:
        """From some request on it is later, and stays so."""
        hours, before = self.chance.randint(1, 48), Clock.ahead
        self.at_request(self._some_request(), lambda: self._jump(hours))
        code, said = self.refresh()
        assert code == 0 and Clock.ahead > before, (self.told, said)
        return said

    def _clock_set_back_meanwhile(self) -> str:
        """From some request on it is earlier, until somebody sets it right as the message says."""
        hours = self.chance.randint(1, 48)
        self.at_request(self._some_request(), lambda: self._jump(-hours))
        code, said = self.refresh()
        self._jump(hours)
        assert code == 1 and "Set the clock right" in said, (self.told, said)
        return said

    def _clock_set_back(self) -> str:
        """It is earlier than before, and perhaps than the last snapshot."""
        hours, asked = self.chance.randint(1, 48), len(self.double.log)
        self._jump(-hours)
        of_the_future = max(self._snapshots(), default="") > f"{moment():%Y-%m-%dT%H-%M-%SZ}"
        code, said = self.refresh()
        self._jump(hours)
        refused = code == 1 and "Set the clock right" in said and len(self.double.log) == asked
        assert refused if of_the_future else code == 0, (self.told, said)
        return said

    def _killed_while_asking(self) -> str:
        process = self.process()
        self.at_request(self._some_request(), process.kill)
        return self._end_of_killed(process)

    def _killed_while_building(self) -> str:
        process = self.process()
        while process.poll() is None and not list(self.folder.glob(".trial-*.building")):
            time.sleep(0.002)  # waits for another process, which has no clock of ours
        process.kill()
        return self._end_of_killed(process)

    def _end_of_killed(self, process: subprocess.Popen[str]) -> str:
        said, _ = process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL, (self.told, said)
        return said

    def _two_at_once(self) -> str:
        """Another one begins while this one asks; this one goes on once the other waits for it."""
        other: list[subprocess.Popen[str]] = []

        def begin() -> None:
            other.append(self.process())
            assert other[0].stdout
            while (line := other[0].stdout.readline()) and "Another refresh is under way" not in line:
                pass

        self.at_request(1, begin)
        code, said = self.refresh()
        rest, _ = other[0].communicate(timeout=120)
        assert (code, other[0].returncode) == (0, 0), (self.told, said, rest)
        return said + rest

    # --- what must hold ---------------------------------------------------------------------------

    def hold(self) -> None:
        """What must be true of whatever is published."""
        name = self.link.resolve().name if self.link.exists() else ""
        assert name >= self.published, (self.told, "what was published is gone")
        self.published = name
        if not name:
            return
        self._command("check")
        assert list(self._false_zeros()) == [], self.told

    def _command(self, *words: str) -> None:
        result = CliRunner().invoke(commands.main, [*words, "--store", str(self.link)])
        assert result.exit_code == 0, (self.told, result.output)

    def _false_zeros(self) -> Iterator[str]:
        """Zeros of sources that hold a record, that rest on a wrong answer, or that hide a failure."""
        with duckdb.connect(str(self.link.resolve()), read_only=True) as connection:
            rows = connection.execute(_ZEROS, [DISEASE, list(self.truths)]).fetchall()
        for source, question, failed, freshness, last, answers in rows:
            zero = f"{source} × {question}"
            if self.truths[source] == "last" and question == self.whole.sources[source].answers[0]:
                yield f"{zero}: a record exists"
            if not set(answers) <= self.true_answers:
                yield f"{zero}: rests on a wrong answer"
            if (last, source) not in self.sound and not (failed and freshness == "last_check_failed"):
                yield f"{zero}: the last check failed, and that is not told"

    def mended(self) -> None:
        """All is well again: the truth is told, nothing is asked twice, and nothing lies about."""
        begun = len(self.double.log)
        code, said = self.refresh()
        assert code == 0, (self.told, said)
        assert [e.what for e in self.double.log[begun:]] == [], (self.told, "asked again")
        self.sound |= {(max(self._snapshots()), source) for source in self.truths}
        self.hold()
        self._command("status", "--health")
        with duckdb.connect(str(self.link.resolve()), read_only=True) as connection:
            told = {(s, q): why for s, q, *why in connection.execute(_VERDICTS, [DISEASE]).fetchall()}
        for source, truth in self.truths.items():
            proven = "unproven" if source in ALWAYS else "zero"
            state = told[source, self.whole.sources[source].answers[0]]
            assert state == ["found" if truth == "last" else proven, ""], (self.told, source)
        stores = [file.name for file in publication.stores(self.link)]
        lock = f".{self.link.name}.lock"
        expected = {self.link.name, lock, *stores, "answers", "snapshots", "undisturbed"}
        assert {f.name for f in self.folder.iterdir()} == expected and len(stores) <= publication.KEPT + 1
        assert {f.name for f in self.snapshots.iterdir()} == self._snapshots()


#: Zeros of sources that were asked live: what stands behind each, and in which snapshot it was last asked.
_ZEROS = """
SELECT v.source_id, v.question_id, v.failed, any_value(x.freshness),
       (SELECT last(n ORDER BY n) FROM (SELECT unnest(snapshots) AS n FROM receipt)),
       flatten(list(s.answers))
FROM verdict AS v JOIN cell AS x USING (question_id, disease_id)
JOIN cell_search AS c USING (question_id, disease_id)
JOIN search AS s ON s.search_id = c.search_id AND s.source_id = v.source_id AND s.snapshot_id <> 'embedded'
WHERE v.state = 'zero' AND v.disease_id = ? AND list_contains(?, v.source_id)
GROUP BY ALL
"""
_VERDICTS = "SELECT source_id, question_id, state, failed FROM verdict WHERE disease_id = ?"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return verified_catalog()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as running:
        yield running


def chosen_truths(chance: random.Random, ways: Sequence[str]) -> dict[str, Truth]:
    """Two sources and what each holds; a token can only expire where there are tokens."""
    first = chance.choice(WITH_TOKENS if "token_expired" in ways else SOURCES)
    second = chance.choice([source for source in SOURCES if source != first])
    return {source: chance.choice(["last", "none"]) for source in (first, second)}


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=() if n < SEEDS_SAMPLED else pytest.mark.long) for n in range(SEEDS)]
)
def test_after_any_fault_what_is_published_holds(
    seed: int,
    tmp_path: Path,
    catalog: Catalog,
    reader: Reader,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    for module, name, value in (*AROUND, (Clock, "ahead", timedelta(0))):
        monkeypatch.setattr(module, name, value)
    faults = dealt()[seed * STEPS : (seed + 1) * STEPS]
    chance = random.Random(seed)
    truths = chosen_truths(chance, [way for _, way in faults])
    known = [rule for source, truth in truths.items() for rule in rules(source, truth)]
    disk = Disk(tmp_path / "disk", mounted=seed < BOUND_FROM)
    with Double(known, drip_seconds=DRIP_SECONDS) as double, disk:
        for name, value in double.environ().items():
            monkeypatch.setenv(name, value)
        world = World(chance, disk, catalog, double, truths)
        monkeypatch.setattr(catalogs, "load", world.catalog)
        questions = [catalog.sources[source].answers[0] for source in truths]
        cells = len(catalog.tables["question"]) * len(catalog.tables["disease"])
        with reader.reading(world.link, DISEASE, questions, cells) as seen:
            for kind, way in faults:
                world.happen(kind, way)
            world.mended()
            last = world.link.resolve().stem
    assert seen.wrong == []
    assert last.endswith(seen.stores[-1]) and len(seen.stores) > 1, "the page saw too few stores"
    assert seen.stores == sorted(seen.stores), "the page saw an older store again"
    record_property(PLAYED, ([kind for kind, _ in faults], disk.kind))


def test_every_kind_of_fault_is_in_the_sample_and_as_often_as_any_other() -> None:
    faults = dealt()
    assert len(faults) == 200 and SEEDS_SAMPLED * STEPS == 20
    assert {kind for kind, _ in faults[:20]} == set(KINDS)
    often = Counter(kind for kind, _ in faults)
    assert max(often.values()) - min(often.values()) <= 1
    assert {way for _, way in faults} == {way for ways in KINDS.values() for way in ways}
    assert {*SWITCHES, *ODDITIES} <= {way for _, way in faults}, "no fault of the double is left out"
