"""``python -m etl``: build the store, check the hand-kept files, say how things stand, refresh.

Every command ends with 0 when it did what it says, 1 when something must be mended (the message
says what and where), 130 when interrupted.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import duckdb

from etl import ROOT, add_disease, commit, diff, health, import_file, provenance, refresh, store, table_schema
from etl import catalog as catalogs
from etl.snapshot import SnapshotError

_store_option = click.option(
    "--store", "link", type=click.Path(path_type=Path), help="Store to write or read (default: LACUNA_STORE)."
)


@click.group(help=__doc__)
def main() -> None:
    """The group of commands."""


@main.command()
@click.option("--if-needed", is_flag=True, help="Do nothing when the store is newer than its inputs.")
@_store_option
def build(if_needed: bool, link: Path | None) -> None:
    """Build the store from catalog, curated files and snapshots, and publish it."""
    paths = store.Paths.of(ROOT, link)
    if if_needed and not store.out_of_date(paths):
        click.echo(f"{paths.link} is up to date.")
        return
    try:
        file = store.build_and_publish(paths, datetime.now(UTC))
    except (catalogs.CatalogMistakes, store.BuildRefused, SnapshotError, duckdb.Error) as error:
        kept = " The store stays as it was." if paths.link.exists() else ""
        click.echo(f"{error}\n\nNothing was built.{kept}", err=True)
        sys.exit(1)
    click.echo(f"{paths.link} now shows {file.name}.")


@main.command()
@_store_option
def check(link: Path | None) -> None:
    """Read every hand-kept file, and the store if there is one, and tell every mistake at once."""
    paths = store.Paths.of(ROOT, link)
    faults: list[str] = []
    try:
        catalog = catalogs.load(paths.data)
        rows = sum(len(t) for t in catalog.tables.values())
        click.echo(f"{len(catalog.tables)} files, {rows} rows, {len(catalog.sources)} sources: no mistake.")
    except catalogs.CatalogMistakes as error:
        faults += [str(m) for m in error.mistakes]
    for folder in add_disease.drafts(paths.data):
        open_points = add_disease.mistakes(paths.data, folder)
        faults += [told for told in map(str, open_points) if told not in faults]
        if not open_points:
            click.echo(f"Draft {folder.name}: reviewed, ready for 'add-disease {folder.name} --adopt'.")
    if paths.link.exists():
        with duckdb.connect(str(paths.link.resolve()), read_only=True) as connection:
            faults += provenance.broken(connection)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        click.echo(f"\n{len(faults)} to mend.", err=True)
        sys.exit(1)


@main.command()
def schema() -> None:
    """Write data/datapackage.json: the columns of the hand-kept files, for use without this program."""
    file = ROOT / "data" / table_schema.FILE
    file.write_text(table_schema.package(), encoding="utf-8")
    click.echo(f"{file.relative_to(ROOT)}: version {table_schema.VERSION}.")


_STATES = """
SELECT disease_id, count(*) FILTER (state = 'found') AS found, count(*) FILTER (state = 'zero') AS zero,
       count(*) FILTER (state = 'unproven') AS unproven, count(*) FILTER (state = 'claimed') AS claimed,
       count(*) FILTER (state = 'unsearched') AS unsearched, count(*) FILTER (freshness = 'stale') AS stale,
       count(*) FILTER (freshness = 'last_check_failed') AS failed
FROM cell GROUP BY disease_id ORDER BY (SELECT rowid FROM disease AS d WHERE d.disease_id = cell.disease_id)
"""


#: More drug texts than these are read in the store, in the view ``unmapped_intervention``.
_MOST_UNMAPPED = 30
_UNMAPPED = """
SELECT text, n_records, for_example FROM unmapped_intervention ORDER BY n_records DESC, text LIMIT ?
"""


@main.command()
@click.option("--health", "only_health", is_flag=True, help="One line of JSON for a machine that watches.")
@click.option("--most-days", type=click.IntRange(1), help="With --health: 1 if the last answer is older.")
@_store_option
def status(only_health: bool, most_days: int | None, link: Path | None) -> None:
    """Say how many cells are in which state, which sources failed, which near misses wait for a decision,
    and which drug texts of the registries are unmapped."""
    paths = store.Paths.of(ROOT, link)
    if only_health:
        line, well = health.told(paths.link, datetime.now(UTC).replace(tzinfo=None), most_days)
        click.echo(line)
        sys.exit(0 if well else 1)
    if not paths.link.exists():
        click.echo(f"{paths.link} is missing: run 'python -m etl build'.", err=True)
        sys.exit(1)
    with duckdb.connect(str(paths.link.resolve()), read_only=True) as connection:
        _echo_table(connection.execute(_STATES))
        failed = connection.execute(
            "SELECT DISTINCT source_id, disease_id, failed FROM verdict WHERE failed <> '' ORDER BY ALL"
        )
        _echo_section("Last checks that do not count:", failed)
        waiting = connection.execute(
            "SELECT source_id, record_id, disease_id, matched_name, title FROM near_miss ORDER BY ALL"
        )
        _echo_section("Near misses to decide in data/curated/decisions.csv:", waiting)
        unmapped = connection.execute(_UNMAPPED, [_MOST_UNMAPPED])
        _echo_section(f"Drug texts of no intervention in the catalog (at most {_MOST_UNMAPPED}):", unmapped)


@main.command("diff")
@click.argument("states", nargs=-1, metavar="[A B]")
@_store_option
def diff_command(states: tuple[str, ...], link: Path | None) -> None:
    """Say what changed from A to B: store files or snapshots (default: the previous store and this one).

    A snapshot stands for all evidence up to it, and may be named by the beginning of its id.
    """
    if len(states) not in (0, 2):
        raise click.UsageError("Name two states, or none.")
    paths, now = store.Paths.of(ROOT, link), datetime.now(UTC)
    try:
        before, after = (store.cells_named(s, paths, now) for s in states or store.last_two(paths.link))
    except (store.UnknownState, SnapshotError, catalogs.CatalogMistakes, duckdb.Error) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    for line in diff.told(diff.compare(before, after)):
        click.echo(line)


def _echo_section(title: str, result: duckdb.DuckDBPyConnection) -> None:
    click.echo(f"\n{title}")
    _echo_table(result)


def _echo_table(result: duckdb.DuckDBPyConnection) -> None:
    names = [column[0] for column in result.description or []]
    rows = [["" if v is None else str(v) for v in row] for row in result.fetchall()]
    if not rows:
        click.echo("  none")
        return
    widths = [max(len(r[i]) for r in [names, *rows]) for i in range(len(names))]
    for row in (names, *rows):
        click.echo("  " + "  ".join(v.ljust(w) for v, w in zip(row, widths, strict=True)).rstrip())


main.add_command(refresh.refresh_command, "refresh")
main.add_command(import_file.import_command, "import")
main.add_command(commit.commit_command, "commit-snapshot")
main.add_command(add_disease.add_disease_command, "add-disease")

if __name__ == "__main__":
    main()
