"""Publishing a store file: one builder at a time, one step for readers, nothing left behind.

Beside the link ``lacuna.duckdb`` lie the stores it has pointed to, ``lacuna-<id>.duckdb``, whose names
sort in the order of publication; while one is built, ``.lacuna-<id>.building``; and a lock that only
its holder's life keeps closed. Other files, also those of a store with a similar name, are not touched.
"""

from __future__ import annotations

import fcntl
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

#: Stores kept beside the published one, for readers that still hold them open and for ``diff``.
KEPT = 3
_ID = r"\d{8}T\d{6}-[0-9a-f]{8}"
_STAMP = "%Y%m%dT%H%M%S"


@contextmanager
def one_builder(link: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the right to build and publish to ``link``; wait for another builder, and say so.

    The system takes the lock back from a builder that died.
    """
    told = f"Another build of {link} is under way; this one waits for its end."
    with one_at_a_time(link.with_name(f".{link.name}.lock"), told, say):
        yield


@contextmanager
def one_at_a_time(file: Path, told: str, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock ``file``; where another process holds it, ``say`` what is ``told`` and wait."""
    with file.open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(told)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def stores(link: Path) -> list[Path]:
    """The store files of ``link``, in the order of their publication."""
    own = re.compile(rf"{re.escape(link.stem)}-{_ID}\.duckdb")
    return sorted(f for f in link.parent.iterdir() if own.fullmatch(f.name))


def new_id(link: Path, now: datetime) -> str:
    """An id that sorts after those of all stores there: two builds may share a second, and a builder
    that waited read its clock before the one it waited for."""
    moment = now.replace(tzinfo=None, microsecond=0)
    for file in stores(link)[-1:]:
        last = datetime.strptime(file.stem.rsplit("-", 2)[1], _STAMP)  # noqa: DTZ007  # UTC, as now is
        moment = max(moment, last + timedelta(seconds=1))
    return f"{moment:{_STAMP}}-{uuid.uuid4().hex[:8]}"


def unfinished(link: Path, build_id: str) -> Path:
    """Where a store is built before it is published."""
    return link.with_name(f".{link.stem}-{build_id}.building")


def publish(built: Path, link: Path) -> Path:
    """Give a finished store its name, point ``link`` at it in one step, and remove old stores.

    The store that was published until now always stays: a reader may be about to open it.
    """
    file = link.with_name(built.name.removeprefix(".").removesuffix(".building") + ".duckdb")
    replaced = link.resolve().name
    built.rename(file)
    swap = _swap(link)
    swap.symlink_to(file.name)
    swap.replace(link)
    for old in stores(link)[:-KEPT]:
        if old.name != replaced:
            old.unlink(missing_ok=True)
    return file


def remove_leftovers(link: Path) -> None:
    """Take away what killed builds left: unfinished stores, and finished ones never published."""
    begun = re.compile(rf"\.{re.escape(link.stem)}-{_ID}\.building(\..+)?")
    for path in list(link.parent.iterdir()):
        if begun.fullmatch(path.name):
            _remove(path)
    _swap(link).unlink(missing_ok=True)
    published = link.resolve().name if link.exists() else ""
    own = stores(link)
    if not published or published in {f.name for f in own}:
        for file in own:
            if file.name > published:
                file.unlink(missing_ok=True)


def discard(built: Path) -> None:
    """Take away a store that was not finished, with what DuckDB keeps beside it."""
    for path in list(built.parent.glob(f"{built.name}*")):
        _remove(path)


def _swap(link: Path) -> Path:
    return link.with_name(f".{link.name}.swap")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
