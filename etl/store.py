"""Builds the DuckDB store from catalog, curated files and snapshots, and publishes it.

The store is derived: a pure function of its inputs and the date it is judged for. It is built in
a new file and published by swapping a link (``etl.publication``), so that a reader sees either the old
store or the new one, never a half. A mistake in the inputs stops the build and leaves the old store as
it is. One builder works at a time, from reading the inputs to publishing: what is published last was
also read last.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from etl import catalog as catalogs
from etl import cells, diff, inputs, intervals, interventions, provenance, publication, tables
from etl import evidence as evidences
from etl.judge import passed
from etl.model import Catalog, Control, Record, Search, Source
from etl.snapshot import Snapshot, foreign_hosts, read_all

_HERE = Path(__file__).parent
#: How DuckDB says that a disk does not take what is written: at once, when it commits, when it checkpoints.
_UNWRITTEN = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)


class BuildRefused(Exception):
    """The store was not built or not published; the old one stays. The message says what to do."""


class UnknownState(Exception):
    """A store or snapshot that is not there. The message says what there is."""


@dataclass(frozen=True)
class Paths:
    """Where a project keeps its inputs and its store."""

    data: Path
    link: Path
    snapshots: tuple[Path, ...]

    @classmethod
    def of(cls, root: Path, link: Path | None = None, snapshots: Sequence[Path] = ()) -> Paths:
        """The usual places below a project's root; ``LACUNA_STORE`` moves the link."""
        data = root / "data"
        chosen = link or Path(os.environ.get("LACUNA_STORE") or data / "lacuna.duckdb")
        return cls(data, chosen, tuple(snapshots) or (data / "snapshots", data / "local" / "snapshots"))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def build_and_publish(
    paths: Paths,
    now: datetime,
    allow_hosts: frozenset[str] = frozenset(),
    say: Callable[[str], None] = _say,
) -> Path:
    """Build a new store file and swap the link to it; return the file.

    Waits for another builder of the same store, and tells ``say``. ``allow_hosts`` lets a temporary
    store take snapshots of a registry double. Raises :class:`etl.catalog.CatalogMistakes`,
    :class:`BuildRefused` or :class:`etl.snapshot.SnapshotError`; in each case the published store stays.
    """
    try:
        paths.link.parent.mkdir(parents=True, exist_ok=True)
        with publication.one_builder(paths.link, say):
            publication.remove_leftovers(paths.link)
            return publication.publish(_built(paths, now, allow_hosts), paths.link)
    except (OSError, *_UNWRITTEN) as error:
        raise BuildRefused(
            f"The store cannot be written beside {paths.link}: {_told(error)}. Make room and make that "
            "folder writable, or keep the store elsewhere, for example LACUNA_STORE=/tmp/lacuna.duckdb."
        ) from error
    except duckdb.Error as error:
        raise BuildRefused(f"The store cannot be built: {_told(error)}. Nothing was published.") from error


def _told(error: Exception) -> str:
    """An error of the system without its number, one of DuckDB without what it did before."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error).partition("\n")[0]


def _built(paths: Paths, now: datetime, allow_hosts: frozenset[str]) -> Path:
    """A whole and checked store file, not yet published."""
    made_from = _inputs(paths)  # before reading: what changes in between is then found to be newer
    catalog = catalogs.load(paths.data)
    snapshots = _snapshots(paths, catalog, allow_hosts)
    build_id = publication.new_id(paths.link, now)
    file = publication.unfinished(paths.link, build_id)
    try:
        with duckdb.connect(str(file)) as connection:
            fill(connection, catalog, snapshots, now, build_id)
            rows = [dict(zip(("kind", "name", "sha256"), row, strict=True)) for row in sorted(made_from)]
            _insert_rows(connection, "store_input", rows)
            # Closing would say nothing of a full disk, and leave the tables in a log that is not published.
            connection.execute("CHECKPOINT")
        with duckdb.connect(str(file), read_only=True) as connection:
            refuse_broken(connection)
    except BaseException:
        publication.discard(file)
        raise
    return file


def _inputs(paths: Paths) -> frozenset[inputs.Input]:
    try:
        return inputs.of(paths.data, paths.snapshots)
    except OSError as error:
        raise BuildRefused(f"An input cannot be read: {_told(error)}. Make it readable.") from error


def _snapshots(paths: Paths, catalog: Catalog, allow_hosts: frozenset[str]) -> tuple[Snapshot, ...]:
    try:
        snapshots = read_all(paths.snapshots)
    except OSError as error:
        raise BuildRefused(f"A snapshot cannot be read: {_told(error)}. Make it readable.") from error
    _refuse_foreign(snapshots, catalog.sources, allow_hosts)
    _refuse_unknown_diseases(snapshots, catalog)
    return snapshots


def _refuse_foreign(
    snapshots: Iterable[Snapshot], sources: Mapping[str, Source], allowed: frozenset[str]
) -> None:
    for snapshot in snapshots:
        hosts = sorted(set(foreign_hosts(snapshot, sources)) - allowed)
        if hosts:
            raise BuildRefused(
                f"Snapshot {snapshot.receipt.snapshot_id} holds answers of {', '.join(hosts)}, which "
                f"data/{catalogs.SOURCES_FILE} does not list. Only answers of the real services enter "
                "this store: remove that snapshot folder, or build a temporary store with LACUNA_STORE."
            )


def _refuse_unknown_diseases(snapshots: Iterable[Snapshot], catalog: Catalog) -> None:
    """A disease that was renamed in the catalog would lose its searches: its id never changes."""
    known = {str(row["disease_id"]) for row in catalog.tables["disease"]}
    told: dict[tuple[str, str], str] = {}
    for snapshot in snapshots:
        ending = "jsonl.gz" if snapshot.receipt.redistributable else "jsonl"
        for name in ("searches", "controls", "matches"):
            for line, row in enumerate(getattr(snapshot, name), 1):
                if row.disease_id and row.disease_id not in known:
                    where = f"Snapshot {snapshot.receipt.snapshot_id}, {name}.{ending}, line {line}"
                    told.setdefault((snapshot.receipt.snapshot_id, row.disease_id), where)
    if told:
        faults = [
            f"{where}: {disease!r} is no disease of the catalog." for (_, disease), where in told.items()
        ]
        raise BuildRefused(
            "\n".join(faults) + f"\nThe id of a disease is never changed: put its row back into "
            f"data/{tables.table('disease').file} under this id (names and labels may change), or take "
            "that snapshot folder away."
        )


def fill(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    snapshots: Sequence[Snapshot],
    now: datetime,
    build_id: str,
) -> None:
    """Create every table and view in an empty database, load the inputs, judge every cell, and say
    what the last snapshot changed."""
    _fill_judged(connection, catalog, snapshots, now, build_id)
    _insert_rows(connection, "exact_interval", list(intervals.rows()))
    if snapshots:
        before = cells_with(catalog, snapshots[:-1], now)
        changes = diff.compare(before, cells_of(connection))
        last = snapshots[-1].receipt.snapshot_id
        _insert_rows(connection, "cell_change", [{**asdict(c), "snapshot_id": last} for c in changes])


def _fill_judged(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    snapshots: Sequence[Snapshot],
    now: datetime,
    build_id: str,
) -> None:
    for declared in tables.TABLES:
        connection.execute(tables.ddl(declared))
        _insert_rows(connection, declared.name, catalog.tables[declared.name])
    connection.execute((_HERE / "schema.sql").read_text(encoding="utf-8"))
    _insert_rows(connection, "source", [_source_row(s) for s in catalog.sources.values()])
    receipt = {
        "build_id": build_id,
        "built_at": now.replace(tzinfo=None),
        "as_of": now.date(),
        "catalog_sha256": catalog.sha256,
        "snapshots": [s.receipt.snapshot_id for s in snapshots],
        "version": metadata_version(),
    }
    _insert_rows(connection, "receipt", [receipt])
    current = evidences.current(catalog, snapshots, evidences.table_searches(catalog))
    questions = {str(r["search_id"]): str(r["question"]) for r in catalog.tables["dataset_search"]}
    _insert_rows(connection, "search", [_search_row(s, questions) for s in current.searches])
    _insert_rows(connection, "control", [_control_row(c) for c in current.controls])
    _insert_rows(connection, "record", [_record_row(i, r) for i, r in current.records])
    _insert_rows(
        connection,
        "record_match",
        [{**asdict(m), "names_disease": m.names_disease} for m in current.matches],
    )
    keys = ("source_id", "record_id", "cluster_id")
    clustered = [dict(zip(keys, (*key, c), strict=True)) for key, c in current.clusters.items()]
    _insert_rows(connection, "cluster", clustered)
    mapped = interventions.of_records((r for _, r in current.records), catalog.tables["intervention"])
    _insert_rows(connection, "record_intervention", [asdict(m) for m in mapped])
    connection.execute((_HERE / "views.sql").read_text(encoding="utf-8"))
    answers = connection.execute(_ANSWERS).fetchall()
    undecided = connection.execute(_UNDECIDED).fetchall()
    judged = cells.judge_all(catalog, current, _evidence(connection), answers, undecided)
    _insert_rows(connection, "verdict", judged.verdicts)
    _insert_rows(connection, "cell_judged", judged.cells)
    _insert_rows(connection, "cell_reason", judged.reasons)
    _insert_rows(connection, "cell_search", judged.cell_searches)


_CELLS = """
SELECT question_id, disease_id, state, n, bound,
       coalesce((SELECT list([source_id, v.failed] ORDER BY source_id) FROM verdict AS v
                 WHERE v.question_id = c.question_id AND v.disease_id = c.disease_id AND v.failed <> ''), [])
FROM cell_judged AS c ORDER BY c.rowid
"""


def cells_of(connection: duckdb.DuckDBPyConnection) -> list[diff.CellState]:
    """The cells of a store, for comparing."""
    return [
        diff.CellState(question, disease, state, n, bound, tuple((s, why) for s, why in failed))
        for question, disease, state, n, bound, failed in connection.execute(_CELLS).fetchall()
    ]


def cells_with(catalog: Catalog, snapshots: Sequence[Snapshot], now: datetime) -> list[diff.CellState]:
    """The cells that these snapshots give with this catalog."""
    with duckdb.connect() as connection:
        _fill_judged(connection, catalog, snapshots, now, "diff")
        return cells_of(connection)


def cells_named(name: str, paths: Paths, now: datetime) -> list[diff.CellState]:
    """The cells of the state called ``name``: a store file, or a snapshot and all before it.

    A snapshot may be named by the beginning of its id. Raises :class:`UnknownState`, whose message
    says what there is.
    """
    file = next((f for f in (Path(name), paths.link.parent / name) if f.is_file()), None)
    if file:
        with duckdb.connect(str(file.resolve()), read_only=True) as connection:
            return cells_of(connection)
    snapshots = read_all(paths.snapshots)
    ids = [s.receipt.snapshot_id for s in snapshots]
    meant = [n for n, snapshot_id in enumerate(ids) if name and snapshot_id.startswith(name)]
    if not meant:
        known = ", ".join(ids) or "none"
        raise UnknownState(f"{name!r} is neither a store file nor a snapshot. Snapshots: {known}.")
    return cells_with(catalogs.load(paths.data), snapshots[: meant[-1] + 1], now)


def last_two(link: Path) -> tuple[str, str]:
    """The store before the published one, and this. Raises :class:`UnknownState` where there is none."""
    now = link.resolve()
    earlier = [s for s in publication.stores(link) if s.name < now.name] if link.exists() else []
    if not earlier:
        raise UnknownState(f"There is no store before {now.name}: name two states, stores or snapshots.")
    return str(earlier[-1]), str(now)


_ANSWERS = "SELECT question_id, source_id, record_id, text_counts FROM record_answer"
_UNDECIDED = "SELECT question_id, source_id, record_id FROM record_undecided"
_EVIDENCE = """
SELECT e.question_id, e.disease_id, e.role, e.file, e.row_id, e.n,
       coalesce(nullif(e.as_of, ''), r.accessed_on, '') AS answered_on,
       coalesce(g.judged_by, '') AS judged_by, coalesce(g.second_reader, '') AS second_reader,
       coalesce(g.search_depth, '') AS search_depth
FROM evidence AS e
LEFT JOIN reference AS r ON r.reference_id = e.reference_id
LEFT JOIN judgement_of AS g ON g.file = e.file AND g.row_id = e.row_id
"""


def _evidence(connection: duckdb.DuckDBPyConnection) -> list[cells.EvidenceRow]:
    return [cells.EvidenceRow(*row) for row in connection.execute(_EVIDENCE).fetchall()]


def _source_row(source: Source) -> dict[str, object]:
    return asdict(source)


def _search_row(search: Search, questions: Mapping[str, str]) -> dict[str, object]:
    row = asdict(search)
    row["question_id"] = questions.get(search.search_id)
    row["fields"] = search.filters
    row["asked_on"] = search.data_version if search.reference_id else f"{search.asked_at:%Y-%m-%dT%H:%M:%S}"
    row["warnings"] = [f"{w.code} {w.detail}".strip() for w in search.warnings]
    row["reference_id"] = search.reference_id or None
    return row


def _control_row(control: Control) -> dict[str, object]:
    row = asdict(control)
    row["disease_id"] = control.disease_id or None
    row["search_id"] = control.control_id.rpartition(":")[0]
    row["asked_on"] = f"{control.asked_at:%Y-%m-%dT%H:%M:%S}"
    row["passed"] = passed(control)
    return row


def _record_row(snapshot_id: str, record: Record) -> dict[str, object]:
    return {**asdict(record), "snapshot_id": snapshot_id}


_ARROW: dict[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
    "VARCHAR[]": pa.list_(pa.string()),
}


def _insert_rows(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, object]]
) -> None:
    """Append ``rows`` to ``table``; keys of a row that are no column of the table are left out."""
    if not rows:
        return
    described = connection.execute(f'DESCRIBE "{table}"').fetchall()
    fields = [pa.field(name, _ARROW[sql_type]) for name, sql_type, *_ in described]
    arrays = [pa.array([row[f.name] for row in rows], f.type) for f in fields]
    names = ", ".join(f'"{f.name}"' for f in fields)
    connection.register("incoming", pa.table(arrays, schema=pa.schema(fields)))
    try:
        # table and column names come from our own DDL, never from data
        connection.execute(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM incoming')  # noqa: S608
    except duckdb.ConstraintException as error:
        raise BuildRefused(f"The rows of the table {table} do not fit together: {error}") from error
    connection.unregister("incoming")


def refuse_broken(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise :class:`BuildRefused` naming every structural fault."""
    if faults := provenance.broken(connection):
        raise BuildRefused("The new store is not published. " + "; ".join(faults))


def out_of_date(paths: Paths) -> bool:
    """Whether the store is missing or unreadable, or was made from other inputs or by another program."""
    try:
        with duckdb.connect(str(paths.link.resolve(strict=True)), read_only=True) as connection:
            made_from = connection.execute("SELECT kind, name, sha256 FROM store_input").fetchall()
        return frozenset(made_from) != inputs.of(paths.data, paths.snapshots)
    except (OSError, duckdb.Error):
        return True


def metadata_version() -> str:
    """The version of the project as written in ``pyproject.toml``."""
    text = (_HERE.parent / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else ""
