"""Builds that tests hold or kill from outside: each runs in a process of its own.

``python -m tests.etl.builds hold DATA LINK`` says "read" when it has read its inputs and goes on when it
is given a line. ``python -m tests.etl.builds kill DATA LINK 1`` builds again and again, killed with signal
9 before each line of publishing, 1 line later each time, until one build comes through; ``fill`` kills
before each of the real tables is filled. After each kill the published store must be there and whole, and the
next build must leave nothing behind. A process is forked for each, before any store is opened.
``python -m tests.etl.builds refresh POINT ARGUMENTS`` is ``python -m etl ARGUMENTS``, killed at a point.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb

from etl import __main__ as commands
from etl import publication, snapshot, store
from etl.model import Catalog

NOW = datetime(2026, 11, 23, 12)
WATCHED = {store.build_and_publish.__code__, store._built.__code__}


def build(paths: store.Paths) -> None:
    store.build_and_publish(paths, NOW)


def hold(paths: store.Paths) -> None:
    """Build, but wait for a line between reading the inputs and writing the store."""
    fill = store.fill

    def held(*arguments: Any) -> None:
        print("read", flush=True)
        sys.stdin.readline()
        fill(*arguments)

    store.fill = held
    build(paths)


def small() -> None:
    """Make builds quick: a store of one table, as publishing does not care what is in it."""

    def fill(connection: duckdb.DuckDBPyConnection, *_: Any) -> None:
        connection.execute("CREATE TABLE store_input (kind VARCHAR, name VARCHAR, sha256 VARCHAR)")
        connection.execute("CREATE TABLE cell AS SELECT 'whole' AS state")

    store.fill, store.refuse_broken = fill, lambda _: None
    store.catalogs.load = lambda _: Catalog({"disease": ()}, {}, "")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_before_line(number: int, paths: store.Paths) -> None:
    """Build, and die before the line of that number of those that build and publish."""
    seen = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal seen
        if frame.f_code not in WATCHED and frame.f_code.co_filename != publication.__file__:
            return None
        if event == "line":
            seen += 1
            if seen == number:
                die()
        return trace

    sys.settrace(trace)
    build(paths)


def killed_before_table(number: int, paths: store.Paths) -> None:
    """Build, and die before the rows of the table of that number are written."""
    seen, insert = 0, store._insert_rows

    def counted(*arguments: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            die()
        insert(*arguments)

    store._insert_rows = counted
    build(paths)


def check(paths: store.Paths, may_be_missing: bool) -> None:
    """The published store is whole."""
    if may_be_missing and not paths.link.is_symlink():
        return
    with duckdb.connect(str(paths.link.resolve(strict=True)), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM cell").fetchone() != (0,)


def check_clean(paths: store.Paths) -> None:
    """Nothing lies there but the link, the lock and a few whole stores, the published one the last."""
    kept = publication.stores(paths.link)
    assert paths.link.resolve() == kept[-1].resolve()
    assert 0 < len(kept) <= publication.KEPT + 1
    expected = {paths.link.name, f".{paths.link.name}.lock", *(f.name for f in kept)}
    left = {f.name for f in paths.link.parent.iterdir()}
    assert left == expected, left - expected
    for file in kept:
        duckdb.connect(str(file), read_only=True).close()


def build_and_check(paths: store.Paths) -> None:
    """The next build is not disturbed by what the killed one left, and takes it away."""
    build(paths)
    check_clean(paths)


def forked(work: Callable[..., None], *arguments: Any) -> int:
    """What became of ``work`` in a process of its own: its exit code, or minus the signal."""
    child = os.fork()
    if not child:
        try:
            work(*arguments)
        except BaseException as error:
            print(f"{work.__name__}: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_everywhere(paths: store.Paths, killed: Callable[..., None], step: int) -> int:
    """How often a build was killed until one came through."""
    number, published = 1, False
    while (code := forked(killed, number, paths)) == -signal.SIGKILL:
        if forked(check, paths, not published) or forked(build_and_check, paths):
            sys.exit(f"after a kill at {number}")
        # the first kills meet an empty folder, then each a published store, then an empty one again
        published = number % 3 > 0
        for file in () if published else paths.link.parent.iterdir():
            file.unlink()
        number += step
    if code or forked(check_clean, paths):
        sys.exit("the last build failed")
    return number // step


#: Points of a refresh behind its last request: the function that is not called any more, and which of
#: its calls it is.
POINTS: dict[str, tuple[Any, str, int]] = {
    "before the snapshot": (snapshot, "write", 1),
    "between two files of the snapshot": (snapshot, "_write_safely", 3),
    "before the receipt of the snapshot": (snapshot, "_write_safely", 5),
    "when the snapshot has its name": (snapshot, "_sync_folder", 1),
    "before the build": (store, "build_and_publish", 1),
    "while tables are filled": (store, "_insert_rows", 30),
    "before the store is checked": (store, "refuse_broken", 1),
    "before the store has its name": (publication, "publish", 1),
    "before the link is swapped": (publication, "_swap", 2),
}


def refresh_killed_at(point: str, arguments: list[str]) -> None:
    """The command, which dies instead of a call."""
    module, name, number = POINTS[point]
    whole, seen = getattr(module, name), 0

    def deadly(*called: Any, **named: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == number:
            die()
        return whole(*called, **named)

    setattr(module, name, deadly)
    commands.main(arguments)


def main() -> None:
    if sys.argv[1] == "refresh":
        refresh_killed_at(sys.argv[2], sys.argv[3:])
        return
    mode, data, link, *step = sys.argv[1:]
    paths = store.Paths(Path(data), Path(link), (Path(data) / "snapshots",))
    if mode == "hold":
        hold(paths)
    elif mode == "kill":
        small()
        print(kill_everywhere(paths, killed_before_line, int(step[0])))
    else:
        print(kill_everywhere(paths, killed_before_table, int(step[0])))


if __name__ == "__main__":
    main()
