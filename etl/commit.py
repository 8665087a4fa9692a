"""Sharing a snapshot: the form that may be passed on, written where the project keeps it.

A refresh writes its snapshot for this machine alone. What a maintainer commits is cut down to what each
source allows (``redistribute`` in ``sources.toml``) and reaches everyone's default with the next build.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from etl import ROOT, snapshot, store
from etl import catalog as catalogs
from etl.model import Catalog


class CommitRefused(Exception):
    """A snapshot that may not be shared, or that is not there. The message says why."""


def commit_snapshot(folder: Path, catalog: Catalog, target: Path) -> Path:
    """Write the shareable form of the snapshot in ``folder`` below ``target``; its new folder.

    Raises :class:`CommitRefused` for answers of hosts that ``sources.toml`` does not list, and
    :class:`etl.snapshot.SnapshotError` for a damaged snapshot or one that is there already.
    """
    whole = snapshot.read(folder)
    foreign = snapshot.foreign_hosts(whole, catalog.sources)
    if foreign:
        raise CommitRefused(
            f"{folder} holds answers of {', '.join(foreign)}, no host of the real services: it is not shared."
        )
    shared = snapshot.redistributable(whole, catalog.sources)
    earlier = snapshot.read_all([target])
    later = [s.receipt.snapshot_id for s in earlier if s.receipt.started > shared.receipt.started]
    if later:  # which leaves to earlier ones what they hold
        raise CommitRefused(
            f"{later[0]} is shared already and is younger: snapshots are shared in their order."
        )
    shared = snapshot.without_known(shared, earlier)
    receipt = replace(shared.receipt, counts={}, sha256={})
    return snapshot.write(target, receipt, shared.searches, shared.controls, shared.records, shared.matches)


def named(name: str, root: Path) -> Path:
    """The snapshot below ``root`` whose id begins with ``name``. Raises :class:`CommitRefused`."""
    folders = sorted(f for f in root.glob("*") if f.is_dir() and not f.name.startswith("."))
    meant = [f for f in folders if name and f.name.startswith(name)]
    if len(meant) != 1:
        known = ", ".join(f.name for f in (meant or folders)) or "none"
        raise CommitRefused(f"{name!r} names {len(meant)} snapshots of this machine. There are: {known}.")
    return meant[0]


@click.command("commit-snapshot")
@click.argument("snapshot_id", metavar="ID")
def commit_command(snapshot_id: str) -> None:
    """Write the shareable form of a local snapshot under data/snapshots, to be committed by hand.

    ID may be the beginning of the id. Records are cut down to what each source allows to pass on.
    """
    try:
        data = ROOT / "data"
        folder = named(snapshot_id, store.Paths.of(ROOT).snapshots[-1])
        click.echo(f"To be shared: {commit_snapshot(folder, catalogs.load(data), data / 'snapshots')}")
    except (CommitRefused, snapshot.SnapshotError, catalogs.CatalogMistakes) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
