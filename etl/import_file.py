"""``python -m etl import``: read a file that a person got from a source, write a snapshot, build, publish.

Some sources give files and no interface. Whoever exports the file accepts the source's terms; here it is
read row by row, screened for the names of the catalog's diseases (``etl.screen``) and not kept: the snapshot
holds the records that name a disease, the size and the SHA-256 of the file.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import BinaryIO

import click

from etl import ROOT, snapshot, store
from etl import catalog as catalogs
from etl.judge import passed
from etl.model import Catalog, Fault, Record, RowError
from etl.screen import FileFacts, Screen, Seen
from etl.search import Gathered
from etl.sources import anr, cordis, fda_orphan, ictrp

Wanted = Callable[[str], bool]
Rows = Iterator[Record | RowError]

#: Unreadable rows told by line; the others are counted.
_TOLD = 20


class ImportRefused(Exception):
    """A file that is not taken in. The message says which one and what to do."""


@dataclass(frozen=True)
class Form:
    """How the files of one source are read, and when they are the whole of it.

    ``rows`` reads one file; where it takes ``wanted`` it passes over rows that hold no name.
    ``exported_on`` gives the day that a file itself tells. ``part_because`` says from the files and
    the funders met in them why they are not the whole source; empty when they are. ``keeps`` is the least
    share of the last whole import's rows that a later one must hold.
    """

    interface: str
    rows: Callable[[BinaryIO, Wanted, str], Rows]
    part_because: Callable[[Sequence[Path], frozenset[str], int], str]
    exported_on: Callable[[BinaryIO], str] = lambda _: ""
    screens_itself: bool = False
    keeps: float = 1.0


#: Projects are merged and withdrawn now and then; how often is not known. Half a file has far fewer.
_NEARLY_ALL = 0.95
#: The smallest that the whole can be: neither ever gets smaller (ICTRP in November 2020; the FDA's
#: designations of 13 January 2022, each counted once; withdrawn ones stay in the table).
ICTRP_LEAST, FDA_LEAST = 670_000, 5_949
#: Two sets, each of two eras.
ANR_FILES = 4


def _part_of_ictrp(files: Sequence[Path], _: frozenset[str], rows: int) -> str:
    for file in files:
        with file.open("rb") as stream:
            if not ictrp.is_full_export(stream):
                return "an export of the portal holds what was searched for there, not the whole platform"
    return _too_small(rows, ICTRP_LEAST, "the platform of November 2020")


def _part_of_cordis(_: Sequence[Path], funders: frozenset[str], __: int) -> str:
    absent = [p for p in cordis.PROGRAMMES if cordis.funder_of(p) not in funders]
    return f"no project of {', '.join(absent)}" if absent else ""


def _part_of_anr(files: Sequence[Path], _: frozenset[str], __: int) -> str:
    if len(files) >= ANR_FILES:
        return ""
    return f"{len(files)} of at least {ANR_FILES} project files (two sets, each of two eras)"


def _part_of_fda(_: Sequence[Path], __: frozenset[str], rows: int) -> str:
    return _too_small(rows, FDA_LEAST, "the table of 13 January 2022")


def _too_small(rows: int, least: int, than: str) -> str:
    return f"{rows} rows, fewer than {than} had ({least})" if rows < least else ""


FORMS: dict[str, Form] = {
    "ictrp": Form(
        ictrp.INTERFACE,
        lambda stream, wanted, _: ictrp.rows(stream, wanted),
        _part_of_ictrp,
        ictrp.exported_on,
        screens_itself=True,
    ),
    "cordis": Form(
        cordis.INTERFACE, lambda stream, _, __: cordis.rows(stream), _part_of_cordis, keeps=_NEARLY_ALL
    ),
    "anr": Form(anr.INTERFACE, lambda stream, _, __: anr.rows(stream), _part_of_anr, keeps=_NEARLY_ALL),
    "fda_orphan": Form(
        fda_orphan.INTERFACE, lambda stream, _, as_of: fda_orphan.rows(stream, as_of), _part_of_fda
    ),
}


def read_files(  # noqa: PLR0917  # what is read, and what for
    catalog: Catalog, source_id: str, files: Sequence[Path], told_date: str, snapshot_id: str, today: date
) -> tuple[Gathered, FileFacts, Seen]:
    """All searches of one source over ``files``: what they gave, what is known of the files, what was seen.

    ``told_date`` is the ISO day of the export where the person tells it. Raises :class:`ImportRefused`
    for files that are not of this source, or of no known day.
    """
    form, source = FORMS[source_id], catalog.sources[source_id]
    terms = {
        str(row["disease_id"]): catalogs.terms(catalog, str(row["disease_id"]))
        for row in catalog.tables["disease"]
    }
    screen, seen, funders = Screen(source, terms), Seen(), set[str]()

    def wanted(text: str) -> bool:
        seen.rows += 1
        return screen.wanted(text)

    with ExitStack() as opened:
        streams = [opened.enter_context(_opened(file)) for file in files]
        hashes = [_sha256(stream) for stream in streams]
        _refuse_twice(files, hashes)
        exported = _export_day(form, files, streams, told_date, today)
        for file, stream in zip(files, streams, strict=True):
            before = seen.rows
            try:
                for row in form.rows(stream, wanted, exported):
                    if isinstance(row, Record):
                        funders.add(row.funder)
                        seen.rows += not form.screens_itself
                        screen.take(row)
                    else:
                        (seen.unclear if row.kept else seen.lost).append((file.name, row))
            except Fault as fault:
                raise ImportRefused(f"{file}: {fault.detail or fault.code}. Nothing was imported.") from None
            if seen.rows == before:
                raise ImportRefused(f"{file}: holds no row of {source.name}. Nothing was imported.")
        part = form.part_because(files, frozenset(funders), seen.rows)
    moment = datetime.combine(date.fromisoformat(exported), time())
    facts = FileFacts(tuple(f.name for f in files), tuple(hashes), moment, today.isoformat(), part)
    return screen.gathered(snapshot_id, form.interface, facts, seen), facts, seen


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise ImportRefused(f"{file}: {error.strerror}") from None


def _sha256(stream: BinaryIO) -> str:
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # a file opened to read
    stream.seek(0)
    return digest


def _refuse_twice(files: Sequence[Path], hashes: Sequence[str]) -> None:
    for at, digest in enumerate(hashes):
        if digest in hashes[:at]:
            raise ImportRefused(
                f"{files[at]} is the same file as {files[hashes.index(digest)]}: give it once."
            )


def _export_day(
    form: Form, files: Sequence[Path], streams: Sequence[BinaryIO], told: str, today: date
) -> str:
    """The day that the files are of: the oldest one told by person or file."""
    days = {}
    for file, stream in zip(files, streams, strict=True):
        own = form.exported_on(stream)
        if own and told and own != told:
            raise ImportRefused(f"{file} says that it was exported on {own}, not {told}.")
        if not own and not told:
            raise ImportRefused(f"{file} does not say of which day it is: add --date YYYY-MM-DD.")
        days[own or told] = file
    if max(days) > today.isoformat():
        raise ImportRefused(f"{days[max(days)]}: {max(days)} is in the future.")
    return min(days)


def refuse_worse(
    snapshots: Sequence[snapshot.Snapshot], source_id: str, facts: FileFacts, seen: Seen
) -> None:
    """Raise :class:`ImportRefused` where a newer file, the whole instead of a part, or a whole of more rows
    is there already."""
    rows = seen.rows + len(seen.lost)
    for taken in snapshots:
        for search in (s for s in taken.searches if s.source_id == source_id and not s.fault):
            name = f"{taken.receipt.snapshot_id} already holds {source_id}"
            if search.data_version > facts.exported.date().isoformat():
                raise ImportRefused(f"Snapshot {name} of {search.data_version}, which is newer.")
            if search.coverage == "whole" and facts.part_because:
                raise ImportRefused(
                    f"Snapshot {name} of {search.data_version} as a whole, and this would be a part: "
                    f"{facts.part_because}."
                )
            before = search.register_size  # unknown where it was not told: then nothing can be compared
            if search.coverage == "whole" and before and rows < FORMS[source_id].keeps * before:
                raise ImportRefused(
                    f"Snapshot {name} of {search.data_version} with {search.register_size} rows; these files "
                    f"hold {rows}, so some are missing. Get them again; if it was that import which held too "
                    "many, take its folder away."
                )


def import_files(  # noqa: PLR0917  # what is read, and where to
    catalog: Catalog,
    source_id: str,
    files: Sequence[Path],
    told_date: str,
    roots: Sequence[Path],
    now: datetime,
) -> tuple[Path, Gathered, FileFacts, Seen]:
    """Read ``files`` and write one snapshot below the last of ``roots``. Raises :class:`ImportRefused`."""
    digest = hashlib.sha256(f"{catalog.sha256} {source_id} {now.isoformat()}".encode()).hexdigest()[:6]
    snapshot_id = f"{now:%Y-%m-%dT%H-%M-%SZ}-{digest}"
    found, facts, seen = read_files(catalog, source_id, files, told_date, snapshot_id, now.date())
    refuse_worse(snapshot.read_all(roots), source_id, facts, seen)
    receipt = snapshot.Receipt(
        snapshot_id,
        now,
        now,
        store.metadata_version(),
        catalog.sha256,
        interfaces={source_id: FORMS[source_id].interface},
    )
    folder = snapshot.write(roots[-1], receipt, found.searches, found.controls, found.records, found.matches)
    return folder, found, facts, seen


def told(found: Gathered, facts: FileFacts, seen: Seen) -> Iterator[str]:
    """What an import says for itself, a line each."""
    for name, error in seen.lost[:_TOLD]:
        column = f", {error.column}" if error.column else ""
        yield f"{name}, line {error.line}{column}: {error.problem}. The row was left out."
    if len(seen.lost) > _TOLD:
        yield f"… and {len(seen.lost) - _TOLD} more rows."
    if seen.unclear:
        name, error = seen.unclear[0]
        yield f"{len(seen.unclear)} values are unknown (first: {name}, line {error.line}, {error.problem})."
    yield f"{seen.rows} rows of {facts.exported.date()}, {len(found.records)} name a disease or its group."
    if facts.part_because:
        yield f"Part of the source, so no zero: {facts.part_because}."
    if seen.lost:
        yield f"{len(seen.lost)} rows could not be read, so no zero."
    for control in {c.query: c for c in found.controls if not passed(c)}.values():
        yield f"Control failed, so no zero: {control.kind}, {control.found} found of {control.query}"
    by_disease: dict[str, list[str]] = {}
    for search in found.searches:
        by_disease.setdefault(search.disease_id, []).append(f"{search.rung} {search.total}")
    yield from (f"  {disease}: {', '.join(counts)}" for disease, counts in by_disease.items())


@click.command("import")
@click.argument("source_id", metavar="SOURCE", type=click.Choice(list(FORMS)))
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--date", "exported", type=click.DateTime(["%Y-%m-%d"]), help="Day of the export (YYYY-MM-DD).")
@click.option("--store", "link", type=click.Path(path_type=Path), help="Store to publish to (LACUNA_STORE).")
@click.option("--snapshots", type=click.Path(path_type=Path), help="Folder for the new snapshot.")
def import_command(
    source_id: str,
    files: tuple[Path, ...],
    exported: datetime | None,
    link: Path | None,
    snapshots: Path | None,
) -> None:
    """Take in files of a source that has no interface: write a snapshot, build the store, publish it.

    \b
    ictrp FILE       the XML or the 40-column CSV of the portal (both are a part),
                     or the full export of 63 columns without a header (the whole; needs --date)
    cordis FILE…     project.csv of FP7, H2020 and HORIZON; fewer are a part
    anr FILE…        every file of projects, of both sets
    fda_orphan FILE  the table of designations

    Everything but the portal's files needs --date: the day that the data are of, not that of the import.
    Unreadable rows are told with their line and left out; then nothing in the file is a zero.
    """
    paths = store.Paths.of(ROOT, link, (ROOT / "data" / "snapshots", snapshots) if snapshots else ())
    now = datetime.now(UTC).replace(tzinfo=None)
    day = exported.date().isoformat() if exported else ""
    try:
        catalog = catalogs.load(paths.data)
        folder, found, facts, seen = import_files(catalog, source_id, files, day, paths.snapshots, now)
        for line in told(found, facts, seen):
            click.echo(line)
        file = store.build_and_publish(paths, datetime.now(UTC))
    except (ImportRefused, catalogs.CatalogMistakes, snapshot.SnapshotError, store.BuildRefused) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(f"{folder}\n{paths.link} now shows {file.name}.")
