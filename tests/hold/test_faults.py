"""Whole refreshes while everything goes wrong, in seeded order: what must hold after each of them.

A world has a double of two sources, a store, a clock and a reader who never stops reading. Each seed chooses
what is true (a record that names the disease stands on the last page, or none does) and what happens.
Afterwards: the store opens and passes its check, no record that exists has become a zero, the reader has seen
whole stores only; and once all is mended, a refresh tells the truth, and the next one asks nothing.
"""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from unittest import mock

import duckdb
import pytest

from etl import catalog as catalogs
from etl import provenance, refresh, snapshot, store
from etl.http import AnswersNotKept, Http, Identity
from etl.model import Catalog, Source
from tests.conftest import ROOT
from tests.double import SWITCHES, Double
from tests.double.server import ODDITIES, SOURCES
from tests.etl.fault_matrix import SMALL_PAGES, Truth, rules, verified_catalog

#: Worlds, and refreshes of each in which something goes wrong; two good ones follow.
SEEDS, SEEDS_SAMPLED = 40, 4
STEPS = 5
DISEASE = "imam"
#: What may be raised on purpose: the message of each says what to do, the command shows it and ends with 1.
EXPECTED = (AnswersNotKept, snapshot.SnapshotError, store.BuildRefused, duckdb.Error, OSError)
AT_THE_SOURCE = (*SWITCHES, *ODDITIES)
HERE = ("disk_full", "read_only", "clock_set_back", "clock_set_forward")
#: These start processes of their own, which takes a second each.
PROCESSES = ("killed", "two_at_once")


@dataclass
class Reader:
    """Opens the published store again and again, as pages do."""

    link: Path
    seen: list[tuple[datetime, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def reading(self) -> Iterator[None]:
        thread = threading.Thread(target=self._read, daemon=True)
        thread.start()
        yield
        self._stop.set()
        thread.join(30)
        assert not thread.is_alive()

    def _read(self) -> None:
        while not self._stop.wait(0.2):
            if not self.link.exists():
                continue
            try:
                with duckdb.connect(str(self.link.resolve()), read_only=True) as connection:
                    row = connection.execute("SELECT built_at, (SELECT count(*) FROM cell) FROM receipt")
                    self.seen.append(row.fetchall()[0])
            except Exception as error:
                self.wrong.append(repr(error))


class World:
    """A double, a clock, a store, and what is true."""

    def __init__(self, seed: int, folder: Path, catalog: Catalog, double: Double, truths: dict[str, Truth]):
        self.chance = random.Random(seed)
        self.folder, self.catalog, self.double, self.truths = folder, catalog, double, truths
        self.shift = timedelta(0)
        self.link = folder / "trial.duckdb"
        self.paths = store.Paths(ROOT / "data", self.link, (folder / "snapshots",))
        self.told: list[str] = []

    @cached_property
    def stored(self) -> Mapping[str, Source]:
        """The sources as the store knows them; there an unverified form proves no zero."""
        return catalogs.load(self.paths.data).sources

    def now(self) -> datetime:
        return datetime.now(UTC).replace(tzinfo=None) + self.shift

    @cached_property
    def sources(self) -> list[Source]:
        return [self.catalog.sources[source_id] for source_id in self.truths]

    def refresh(self, done: Callable[..., None] = lambda *_: None) -> None:
        """One refresh and publication, as the command does them, at this world's clock."""
        by_id = {s.source_id: s for s in self.sources}
        http = Http(
            by_id,
            self.folder / "answers",
            Identity("test"),
            environ=self.double.environ(),
            sleep=lambda _: None,
            now=self.now,
        )
        try:
            refresh.refresh(
                *(self.catalog, http, self.paths.snapshots[-1]),
                diseases=[DISEASE],
                sources=self.sources,
                now=self.now,
                done=done,
            )
            file = store.build_and_publish(self.paths, self.now(), frozenset({"127.0.0.1"}))
            for source_id, _ in refresh._quarantined(file, self.sources):
                http.forget(source_id)
        finally:
            http.close()

    def happen(self, what: str) -> None:
        """One thing goes wrong during one refresh."""
        self.told.append(what)
        getattr(self, f"_{what}", lambda: self._at_a_source(what))()
        self.double.mend()
        self.hold()

    def _at_a_source(self, what: str) -> None:
        self.double.switch(
            self.chance.choice(list(self.truths)),
            what,
            self.chance.choice([1, 2, None]),
            after=self.chance.randint(0, 12),
        )
        self._refresh_or_blame_the_clock()

    def _disk_full(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.chance.choice([1_000, 30_000, 200_000]), hard))
        try:
            with pytest.raises(EXPECTED):
                self.refresh()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def _read_only(self) -> None:
        refused = OSError(errno.EROFS, "Read-only file system")
        place = self.chance.choice(["etl.snapshot._write_safely", "etl.publication.publish"])
        with mock.patch(place, side_effect=refused), pytest.raises(EXPECTED):
            self.refresh()

    def _jump(self, by: timedelta) -> None:
        left = self.chance.randint(0, 4)

        def done(*_: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.shift += by

        self._refresh_or_blame_the_clock(done)

    def _refresh_or_blame_the_clock(self, done: Callable[..., None] = lambda *_: None) -> None:
        """Once the clock was set back, kept answers are of the future, and a refresh refuses them."""
        try:
            self.refresh(done)
        except snapshot.SnapshotError as error:
            assert "clock" in str(error) and any("clock" in told for told in self.told)

    def _clock_set_back(self) -> None:
        self._jump(-timedelta(hours=self.chance.randint(1, 48)))

    def _clock_set_forward(self) -> None:
        self._jump(timedelta(hours=self.chance.randint(1, 48)))

    def _process(self) -> subprocess.Popen[bytes]:
        chosen = [part for s in self.truths for part in ("--source", s)]
        where = ["--store", str(self.link), "--snapshots", str(self.paths.snapshots[-1])]
        command = [sys.executable, "-m", "etl", "refresh", "--disease", DISEASE, *chosen, *where]
        environ = {**os.environ, **self.double.environ()}
        return subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _killed(self) -> None:
        process = self._process()
        try:
            process.wait(self.chance.uniform(0.3, 1.6))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait(60)

    def _two_at_once(self) -> None:
        both = [self._process(), self._process()]
        codes = [process.wait(120) for process in both]
        assert set(codes) <= {0, 1}

    def hold(self) -> None:
        """What must be true of whatever is published."""
        if not self.link.exists():
            return
        with duckdb.connect(str(self.link.resolve()), read_only=True) as connection:
            assert provenance.broken(connection) == [], self.told
        told = self.verdicts()
        false = [s for s, truth in self.truths.items() if truth == "last" and told.get(s) == "zero"]
        assert false == [], self.told

    def verdicts(self) -> dict[str, str]:
        """The state of each source's verdict on the first question that it answers."""
        questions = [(s.source_id, s.answers[0]) for s in self.sources]
        with duckdb.connect(str(self.link.resolve()), read_only=True) as connection:
            rows = connection.execute(
                "SELECT source_id, question_id, state FROM verdict WHERE disease_id = ?", [DISEASE]
            ).fetchall()
        return {source: state for source, question, state in rows if (source, question) in questions}

    def mended(self) -> None:
        """All is well again and the clock right: the truth is told, and nothing is asked twice."""
        self.shift = max(self.shift, timedelta(0))
        latest = max((f.name[:19] for f in self.paths.snapshots[-1].glob("2*")), default="")
        if latest:
            day, _, clock = latest.partition("T")
            written = datetime.fromisoformat(f"{day}T{clock.replace('-', ':')}")
            self.shift += max(timedelta(0), written - self.now())
        self.shift += timedelta(minutes=1)
        try:
            self.refresh()
        except snapshot.SnapshotError as error:  # answers of the future are kept: the message names --anew
            assert "--anew" in str(error)
            for file in (self.folder / "answers").glob("*.sqlite*"):
                file.unlink()
            self.refresh()
        self.hold()
        begun = len(self.double.log)
        self.refresh()
        again = [entry.what for entry in self.double.log[begun:]]
        assert again == [], self.told
        told = self.verdicts()
        for source, truth in self.truths.items():
            proven = "zero" if self.stored[source].form_verified else "unproven"
            assert told[source] == ("found" if truth == "last" else proven), (self.told, source)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return verified_catalog()


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=() if n < SEEDS_SAMPLED else pytest.mark.long) for n in range(SEEDS)]
)
def test_after_any_fault_what_is_published_holds(
    seed: int, tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, size in SMALL_PAGES:
        monkeypatch.setattr(module, name, size)
    monkeypatch.setattr("etl.http.RETRIES", 1)
    chance = random.Random(seed)
    truths: dict[str, Truth] = {s: chance.choice(["last", "none"]) for s in chance.sample(SOURCES, 2)}
    with Double([r for s, t in truths.items() for r in rules(s, t)], slow_seconds=0.05) as double:
        world = World(seed, tmp_path, catalog, double, truths)
        reader = Reader(world.link)
        with reader.reading():
            for number in range(STEPS):
                # a process of its own in one seed of four; the clock and the disk as often as each fault
                processes = PROCESSES if seed % 4 == 0 and number == 1 else ()
                world.happen(chance.choice(processes or (*AT_THE_SOURCE, *HERE)))
            world.mended()
    assert reader.wrong == []
    assert reader.seen and len({cells for _, cells in reader.seen}) == 1
