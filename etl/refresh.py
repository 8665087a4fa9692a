"""``python -m etl refresh``: ask the sources again, write a snapshot, build the store and publish it.

Here a run meets the network, the clock, the files and the person at the terminal; what is asked,
and what an answer means, is in ``etl.search``.
"""

from __future__ import annotations

import hashlib
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import click
import duckdb

from etl import ROOT, commit, publication, snapshot, store
from etl import catalog as catalogs
from etl import dry_run as dry_run_of
from etl.http import AnswersNotKept, Http, Identity, SettingMistake, allowed_rate
from etl.model import REASONS, Catalog, Search, Source
from etl.search import Gathered, gather
from etl.sources import ADAPTERS

#: What a shell expects of a command that Ctrl-C ended, and of one that a service manager ended.
INTERRUPTED, TERMINATED = 130, 143


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a refresh as Ctrl-C does."""


def refresh(
    catalog: Catalog,
    http: Http,
    snapshots: Path,
    *,
    diseases: Sequence[str],
    sources: Sequence[Source],
    now: Callable[[], datetime] = lambda: datetime.now(UTC).replace(tzinfo=None),
    done: Callable[[Search], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Path:
    """Search ``sources`` for ``diseases`` and write one snapshot below ``snapshots``; its folder.

    Killed at any moment it leaves no snapshot, and the next run asks nothing again that was answered.
    Raises :class:`etl.snapshot.SnapshotError` where it cannot be written or the clock was set back.
    """
    started = now()
    stamp = hashlib.sha256(f"{catalog.sha256} {started.isoformat()}".encode()).hexdigest()[:6]
    snapshot_id = f"{started:%Y-%m-%dT%H-%M-%SZ}-{stamp}"
    terms = {disease: catalogs.terms(catalog, disease) for disease in diseases}
    found = gather(http, sources, terms, snapshot_id, now=now, done=done, stop=stop)
    finished = now()
    _refuse_jumped_clock(found, started, finished)
    receipt = snapshot.Receipt(
        snapshot_id,
        started,
        finished,
        store.metadata_version(),
        catalog.sha256,
        hosts={s.source_id: http.host(s.source_id) for s in sources},
        interfaces={s.source_id: ADAPTERS[s.adapter].INTERFACE for s in sources},
    )
    return snapshot.write(snapshots, receipt, found.searches, found.controls, found.records, found.matches)


class _Progress:
    """A bar on a terminal, a line a search elsewhere; both on stderr, told by several lanes."""

    def __init__(self, length: int) -> None:
        self._lock = threading.Lock()
        self._stream = sys.stderr
        self._bar = click.progressbar(length=length, label="Searching", file=self._stream)
        self.told = 0
        self.faults: list[str] = []

    def done(self, search: Search) -> None:
        """Count one search that ended, and remember it if it failed."""
        name = f"{search.source_id}, {search.disease_id}, {search.rung}"
        with self._lock:
            self.told += 1
            if search.fault:
                self.faults.append(f"{name}: {search.fault}: {search.fault_detail}")
            if self._stream.isatty():
                self._bar.update(1)
            else:
                click.echo(f"{name}: {search.fault or f'{search.received} of {search.total}'}", err=True)


@click.command("refresh")
@click.option("--disease", "diseases", multiple=True, help="Only this disease (repeatable).")
@click.option("--source", "source_ids", multiple=True, help="Only this source (repeatable).")
@click.option("--store", "link", type=click.Path(path_type=Path), help="Store to publish to (LACUNA_STORE).")
@click.option("--snapshots", type=click.Path(path_type=Path), help="Folder for the new snapshot.")
@click.option("--anew", is_flag=True, help="Ask again what an earlier run was answered in the last days.")
@click.option(
    "--dry-run", is_flag=True, help="Print every request and how long the run would take; ask nothing."
)
@click.option(
    "--commit-snapshot", is_flag=True, help="Also write the form of the snapshot that may be shared."
)
def refresh_command(  # noqa: PLR0917  # one a choice of the person
    diseases: tuple[str, ...],
    source_ids: tuple[str, ...],
    link: Path | None,
    snapshots: Path | None,
    anew: bool,
    dry_run: bool,
    commit_snapshot: bool,
) -> None:
    """Ask the registries and databases again, write a snapshot, build the store and publish it.

    Needs LACUNA_CONTACT. Stopped with Ctrl-C or SIGTERM it goes on from there when started again.
    """
    paths = store.Paths.of(ROOT, link, (ROOT / "data" / "snapshots", snapshots) if snapshots else ())
    try:
        catalog = catalogs.load(paths.data)
        sources = _chosen_sources(catalog, source_ids)
        wanted = _chosen_diseases(catalog, diseases)
        if dry_run:
            _tell_plan(catalog, sources, wanted)
            return
        local = paths.snapshots[-1]
        answers = local.parent / "answers"
        http = Http({s.source_id: s for s in sources}, answers, _identity())
        allowed = _foreign_hosts(http, sources)
        if allowed and (snapshots is None or _is_real(paths.link, snapshots)):
            raise click.UsageError(
                f"{', '.join(sorted(allowed))} is not a host of the real services. A trial needs a store "
                "and snapshots of its own: add --store and --snapshots."
            )
        if allowed and commit_snapshot:
            raise click.UsageError(f"A snapshot of {', '.join(sorted(allowed))} is not shared.")
        http.require_contact()
        with _ended_by_sigterm(), _alone(answers):
            _refuse_slow_clock(paths.snapshots, datetime.now(UTC))
            folder, answered = _refresh_and_publish(catalog, http, paths, sources, wanted, anew, allowed)
        if commit_snapshot:
            click.echo(
                f"To be shared: {commit.commit_snapshot(folder, catalog, ROOT / 'data' / 'snapshots')}"
            )
        if not answered:
            click.echo("No source answered: what is shown is what was known before.", err=True)
            sys.exit(1)
    except KeyboardInterrupt as stopped:
        click.echo("\nStopped. What was answered is kept: the same command goes on from here.", err=True)
        sys.exit(TERMINATED if isinstance(stopped, _Terminated) else INTERRUPTED)
    except (
        SettingMistake,
        AnswersNotKept,
        catalogs.CatalogMistakes,
        snapshot.SnapshotError,
        store.BuildRefused,
        commit.CommitRefused,
    ) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except duckdb.Error as error:
        click.echo(str(error).partition("\n")[0], err=True)
        sys.exit(1)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end what is inside as Ctrl-C does; a second one ends it at once."""

    def stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise _Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _alone(answers: Path) -> Iterator[None]:
    """Wait for another refresh that keeps its answers here: beside it, the same would be asked twice."""
    told = "Another refresh is under way; this one waits for its end."
    try:
        answers.mkdir(parents=True, exist_ok=True)
        with publication.one_at_a_time(answers / ".lock", told, lambda line: click.echo(line, err=True)):
            yield
    except OSError as error:
        raise snapshot.SnapshotError(
            f"{error.filename or answers}: {error.strerror}. Nothing was published. Make room and make that "
            "folder writable, or name another one with --snapshots."
        ) from error


def _refuse_slow_clock(roots: Iterable[Path], now: datetime) -> None:
    """Raise for a snapshot of the future: what is asked now would count as older, and never be current."""
    latest = max((folder.name for folder in snapshot.folders(roots)), default="")
    if latest[:20] > f"{now:%Y-%m-%dT%H-%M-%SZ}":
        raise snapshot.SnapshotError(
            f"Snapshot {latest} is later than the clock of this machine, {now:%Y-%m-%d %H:%M} UTC. Set the "
            "clock right, or take that snapshot folder away if the clock was wrong when it was written."
        )


def _refuse_jumped_clock(found: Gathered, started: datetime, finished: datetime) -> None:
    """Raise where answers are of the future: nobody could say when they were found."""
    moments = [started, *(s.finished_at or s.asked_at for s in found.searches)]
    if max((*moments, *(c.asked_at for c in found.controls))) > finished:
        raise snapshot.SnapshotError(
            "The clock of this machine was set back during or since the last refresh, so its answers cannot "
            "say when they were found. Nothing was published. Set the clock right, then start again with "
            "--anew."
        )


def _refresh_and_publish(  # noqa: PLR0917  # what the command decided, in one place
    catalog: Catalog,
    http: Http,
    paths: store.Paths,
    sources: Sequence[Source],
    diseases: Sequence[str],
    anew: bool,
    allowed: frozenset[str],
) -> tuple[Path, bool]:
    """The new snapshot, and whether anything in it was answered."""
    length = sum(t.rung in s.rungs for d in diseases for t in catalogs.terms(catalog, d) for s in sources)
    progress = _Progress(length)
    try:
        for source in sources if anew else ():
            http.forget(source.source_id)
        folder = refresh(
            catalog, http, paths.snapshots[-1], diseases=diseases, sources=sources, done=progress.done
        )
        for fault in progress.faults:
            click.echo(f"Failed, and no zero: {fault}", err=True)
        file = store.build_and_publish(paths, datetime.now(UTC), allowed)
        for source_id, why in _quarantined(file, sources):
            click.echo(f"Quarantined, its last good evidence stays: {source_id}: {why}", err=True)
            http.forget(source_id)  # else the next run would be handed the same answers again
    finally:
        http.close()
    click.echo(f"{folder}\n{paths.link} now shows {file.name}.")
    return folder, len(progress.faults) < progress.told


def _tell_plan(catalog: Catalog, sources: Sequence[Source], diseases: Sequence[str]) -> None:
    """What would be sent, and in what time; neither network nor contact is needed."""
    identity, by_id = _identity(), {s.source_id: s for s in sources}
    terms = {disease: catalogs.terms(catalog, disease) for disease in diseases}
    plan = list(dry_run_of.planned(sources, terms, ADAPTERS))
    http = Http(by_id, Path(), identity)  # opens nothing until it is asked
    try:
        for line in dry_run_of.told(
            plan, http.base, http.host, lambda sid: allowed_rate(by_id[sid], http.host(sid), identity)
        ):
            click.echo(line)
    finally:
        http.close()


def _quarantined(file: Path, sources: Sequence[Source]) -> list[tuple[str, str]]:
    """The sources whose run may not become current, and why. A fault keeps no answer, a quarantine does."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(_FAILED).fetchall()
    asked = {s.source_id for s in sources}
    return [(sid, why) for sid, why in found if sid in asked and why.split()[0] in REASONS]


_FAILED = (
    "SELECT source_id, min(failed) FROM verdict WHERE failed <> '' GROUP BY source_id ORDER BY source_id"
)


def _is_real(link: Path, snapshots: Path) -> bool:
    """Whether a trial would write into the project's own store or snapshots, by whatever path."""
    data = ROOT / "data"
    stores = {data / "lacuna.duckdb", store.Paths.of(ROOT).link}
    own = {s.parent.resolve() / s.name for s in stores}  # the link itself is what is swapped
    return link.parent.resolve() / link.name in own or snapshots.resolve().is_relative_to(data.resolve())


def _chosen_sources(catalog: Catalog, wanted: Sequence[str]) -> tuple[Source, ...]:
    able = {sid: s for sid, s in catalog.sources.items() if s.adapter in ADAPTERS and s.rungs}
    unknown = [sid for sid in wanted if sid not in able]
    if unknown:
        raise click.UsageError(
            f"No source to refresh is called {unknown[0]!r}. There are: {', '.join(able)}."
        )
    return tuple(able[sid] for sid in (wanted or able))


def _chosen_diseases(catalog: Catalog, wanted: Sequence[str]) -> tuple[str, ...]:
    known = [str(row["disease_id"]) for row in catalog.tables["disease"]]
    unknown = [disease for disease in wanted if disease not in known]
    if unknown:
        raise click.UsageError(f"No disease is called {unknown[0]!r}. There are: {', '.join(known)}.")
    return tuple(wanted or known)


def _identity() -> Identity:
    return Identity.from_environment(store.metadata_version())


def _foreign_hosts(http: Http, sources: Iterable[Source]) -> frozenset[str]:
    return frozenset(http.host(s.source_id) for s in sources if http.host(s.source_id) not in s.hosts)
