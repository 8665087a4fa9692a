"""Snapshots: the immutable files of one refresh, the evidence from which every state is judged.

A snapshot is a folder named after its id: ``snapshot.json`` (the receipt, with the SHA-256 of every
file, of its own rest too) and one JSON line file each for searches, controls, records and matches. It
is written beside its place and renamed into it, so a kill never leaves half of one, and never rewritten.

A snapshot to be shared is kept for years with the project, so its files are compressed, and a record that
an earlier shared snapshot holds unchanged is left out: its match still names it, reading puts it back.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import os
import shutil
import types
import typing
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from etl.model import Control, Record, RecordMatch, Search, Source

RECEIPT_FILE = "snapshot.json"
_ENDING, _SHARED_ENDING = ".jsonl", ".jsonl.gz"
#: No file of a shared snapshot is unpacked beyond this; ten years of one disease are far from it.
MOST_BYTES = 2**29
_PARTS: dict[str, type] = {
    "searches": Search,
    "controls": Control,
    "records": Record,
    "matches": RecordMatch,
}

T = TypeVar("T")


class SnapshotError(Exception):
    """A snapshot that cannot be read or written. The message names file, line and reason."""


@dataclass(frozen=True)
class Receipt:
    """What a refresh says about itself. ``counts`` and ``sha256`` are filled in by :func:`write`.

    ``hosts`` are the hosts that answered, ``interfaces`` the services behind the adapters, both
    by source id.
    """

    snapshot_id: str
    started: datetime
    finished: datetime
    tool_version: str
    catalog_sha256: str
    hosts: Mapping[str, str] = field(default_factory=dict)
    interfaces: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    sha256: Mapping[str, str] = field(default_factory=dict)
    redistributable: bool = False


@dataclass(frozen=True)
class Snapshot:
    """One refresh as read back."""

    receipt: Receipt
    searches: tuple[Search, ...] = ()
    controls: tuple[Control, ...] = ()
    records: tuple[Record, ...] = ()
    matches: tuple[RecordMatch, ...] = ()


def write(  # noqa: PLR0917  # the four files of a snapshot, in their order
    root: Path,
    receipt: Receipt,
    searches: Sequence[Search],
    controls: Sequence[Control],
    records: Sequence[Record],
    matches: Sequence[RecordMatch],
) -> Path:
    """Write one snapshot below ``root`` and return its folder; all of it or nothing.

    The running texts of records are left out: they served to find near misses and may be
    copyrighted. Raises :class:`SnapshotError` if the snapshot is already there or cannot be written.
    """
    target = root / receipt.snapshot_id
    if target.exists():
        raise SnapshotError(f"{target}: a snapshot is never rewritten")
    _remove_leftovers(root)
    unfinished = root / f".{receipt.snapshot_id}.{os.getpid()}"
    try:
        _write_all(unfinished, receipt, searches, controls, records, matches)
        unfinished.rename(target)
        _sync_folder(root)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise SnapshotError(
            f"{target}: {error.strerror}. The snapshot is not written, nothing was published. Make room and "
            "make that folder writable, then start again: what was answered is kept for some days."
        ) from error
    return target


def _write_all(  # noqa: PLR0917  # as write
    unfinished: Path,
    receipt: Receipt,
    searches: Sequence[Search],
    controls: Sequence[Control],
    records: Sequence[Record],
    matches: Sequence[RecordMatch],
) -> None:
    unfinished.mkdir(parents=True)
    parts: dict[str, Sequence[Any]] = {
        "searches": searches,
        "controls": controls,
        "records": [replace(r, texts=()) for r in records],
        "matches": matches,
    }
    ending = _SHARED_ENDING if receipt.redistributable else _ENDING
    files = {f"{name}{ending}": rows for name, rows in parts.items()}
    sha256 = {name: _write_lines(unfinished / name, rows) for name, rows in files.items()}
    counts = {name: len(rows) for name, rows in parts.items()}
    complete = replace(receipt, counts=counts, sha256=sha256)
    complete = replace(complete, sha256={**sha256, RECEIPT_FILE: _own_sha256(complete)})
    text = json.dumps(_plain(complete), ensure_ascii=False, indent=2) + "\n"
    _write_safely(unfinished / RECEIPT_FILE, text.encode())


def read(path: Path) -> Snapshot:
    """One snapshot folder as frozen rows, without the records that a shared one leaves to earlier ones.

    Raises :class:`SnapshotError` naming file and line for anything missing, damaged or changed
    since it was written.
    """
    receipt = _read_receipt(path / RECEIPT_FILE)
    if receipt.snapshot_id != path.name:
        raise SnapshotError(f"{path / RECEIPT_FILE}: snapshot_id is {receipt.snapshot_id!r}")
    if receipt.sha256.get(RECEIPT_FILE, "") not in ("", _own_sha256(receipt)):  # the first ones had none
        raise SnapshotError(
            f"{path / RECEIPT_FILE}: changed since it was written; its SHA-256 is not its own"
        )
    ending = _SHARED_ENDING if receipt.redistributable else _ENDING
    rows: dict[str, Any] = {
        name: _read_lines(path / f"{name}{ending}", kind, receipt) for name, kind in _PARTS.items()
    }
    return Snapshot(receipt, **rows)


def folders(roots: Iterable[Path]) -> tuple[Path, ...]:
    """The folder of every snapshot below ``roots``; a snapshot and its shared form have one each."""
    return tuple(
        folder
        for root in roots
        if root.is_dir()
        for folder in sorted(root.iterdir())
        if folder.is_dir() and not folder.name.startswith(".")
    )


def read_all(roots: Iterable[Path]) -> tuple[Snapshot, ...]:
    """Every snapshot below ``roots``, oldest first. One id in two roots counts once: whole rather than in
    its shared form, which is cut down; else the first root's.

    Raises :class:`SnapshotError` as :func:`read`, and for a shared snapshot whose records lie in an
    earlier one that is not there.
    """
    forms: dict[tuple[str, bool], Snapshot] = {}
    for found in map(read, folders(roots)):
        forms.setdefault((found.receipt.snapshot_id, found.receipt.redistributable), found)
    ordered = sorted(forms.values(), key=lambda s: (s.receipt.started, s.receipt.snapshot_id))
    known: dict[tuple[str, str], Record] = {}  # of every shared form: later ones leave records to it
    completed = [_completed(s, known) if s.receipt.redistributable else s for s in ordered]
    return tuple(
        s for s in completed if not (s.receipt.redistributable and (s.receipt.snapshot_id, False) in forms)
    )


def without_known(shared: Snapshot, earlier: Iterable[Snapshot]) -> Snapshot:
    """``shared`` without the records that the shared ones among ``earlier`` (oldest first) hold unchanged."""
    known = {_key(r): r for s in earlier if s.receipt.redistributable for r in s.records}
    return replace(shared, records=tuple(r for r in shared.records if known.get(_key(r)) != r))


def _completed(snapshot: Snapshot, known: dict[tuple[str, str], Record]) -> Snapshot:
    """A shared snapshot with every record that its matches name; ``known`` grows from one to the next."""
    known.update({_key(r): r for r in snapshot.records})
    named = dict.fromkeys((m.source_id, m.record_id) for m in snapshot.matches)
    missing = [key for key in named if key not in known]
    if missing:
        source_id, record_id = missing[0]
        raise SnapshotError(
            f"{snapshot.receipt.snapshot_id}: {len(missing)} records, the first {source_id} {record_id}, "
            "lie in an earlier shared snapshot that is not there. Bring it back, or take this one away."
        )
    return replace(snapshot, records=tuple(known[key] for key in named))


def _key(record: Record) -> tuple[str, str]:
    return record.source_id, record.record_id


def foreign_hosts(snapshot: Snapshot, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Hosts that answered and that ``sources.toml`` does not list: such evidence is not real."""
    answered = set(snapshot.receipt.hosts.items())
    answered |= {(s.source_id, urlsplit(s.url).hostname or "") for s in snapshot.searches if s.url}
    return tuple(
        sorted({host for sid, host in answered if sid not in sources or host not in sources[sid].hosts})
    )


def redistributable(snapshot: Snapshot, sources: Mapping[str, Source]) -> Snapshot:
    """The snapshot with every record cut down to what its source allows to pass on.

    ``full`` keeps it, ``metadata`` drops subject words, ``counts_links`` keeps ids, link and year.
    An unknown source passes on nothing but that.
    """
    allowed = {sid: source.redistribute for sid, source in sources.items()}
    records = tuple(_trimmed(r, allowed.get(r.source_id, "counts_links")) for r in snapshot.records)
    return replace(snapshot, receipt=replace(snapshot.receipt, redistributable=True), records=records)


def _trimmed(record: Record, allowed: str) -> Record:
    if allowed == "full":
        return replace(record, texts=())
    if allowed == "metadata":
        return replace(record, texts=(), keywords=(), conditions=())
    return Record(record.source_id, record.record_id, record.kind, "", record.url, year=record.year)


# --- writing ------------------------------------------------------------------------------------


def _write_lines(file: Path, rows: Sequence[Any]) -> str:
    lines = (json.dumps(_plain(row), ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
    content = "".join(lines).encode()
    if file.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    _write_safely(file, content)
    return hashlib.sha256(content).hexdigest()


def _write_safely(file: Path, content: bytes) -> None:
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_leftovers(root: Path) -> None:
    """Take away what killed refreshes left unfinished; a living one's folder stays."""
    for folder in root.glob(".*.*"):
        pid = folder.suffix.removeprefix(".")
        if folder.is_dir() and pid.isdecimal() and not _is_running(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {name: _plain(item) for name, item in fields}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return dict(value) if isinstance(value, Mapping) else value


# --- reading ------------------------------------------------------------------------------------


def _read_receipt(file: Path) -> Receipt:
    try:
        return _typed(Receipt, json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise SnapshotError(f"{file}: missing") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise SnapshotError(f"{file}: {error}") from None


def _own_sha256(receipt: Receipt) -> str:
    """SHA-256 of all that a receipt says but this."""
    others = {name: sha256 for name, sha256 in receipt.sha256.items() if name != RECEIPT_FILE}
    text = json.dumps(_plain(replace(receipt, sha256=others)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _unpacked(content: bytes, file: Path) -> bytes:
    with gzip.open(io.BytesIO(content)) as packed:
        unpacked = packed.read(MOST_BYTES + 1)
    if len(unpacked) > MOST_BYTES:
        raise SnapshotError(f"{file}: unpacked it is larger than {MOST_BYTES // 2**20} MB")
    return unpacked


def _read_lines(file: Path, kind: type[T], receipt: Receipt) -> tuple[T, ...]:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise SnapshotError(f"{file}: missing") from None
    rows: list[T] = []
    try:
        lines = (_unpacked(content, file) if file.suffix == ".gz" else content).splitlines()
    except (OSError, EOFError, zlib.error) as error:
        raise SnapshotError(f"{file}: {error}") from None
    for number, line in enumerate(lines, 1):
        try:
            rows.append(_typed(kind, json.loads(line)))
        except (ValueError, TypeError, RecursionError) as error:
            raise SnapshotError(f"{file}, line {number}: {error}") from None
    if hashlib.sha256(content).hexdigest() != receipt.sha256.get(file.name):
        raise SnapshotError(f"{file}: changed since it was written; its SHA-256 is not the receipt's")
    return tuple(rows)


def _typed(kind: type[T], value: Any) -> T:
    """A dataclass from its JSON object. Raises ``TypeError`` or ``ValueError`` for any misfit."""
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, got {type(value).__name__}")
    readers: dict[str, Callable[[str, Any], Any]] = _readers(typing.cast(Any, kind))
    unknown = sorted(set(value) - set(readers))
    if unknown:
        raise TypeError(f"unknown field {unknown[0]!r}")
    return kind(**{name: readers[name](name, item) for name, item in value.items()})


@lru_cache(maxsize=32)
def _readers(kind: Any) -> dict[str, Callable[[str, Any], Any]]:
    hints = typing.get_type_hints(kind)
    return {name: _reader(hint) for name, hint in hints.items()}


def _reader(hint: Any) -> Callable[[str, Any], Any]:
    """How to read one field: one function a field, chosen once from its declared type."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        read_one = _reader(next(i for i in inner if i is not type(None)))
        return lambda name, v: None if v is None else read_one(name, v)
    if origin is tuple:
        read_item = _reader(inner[0])
        return lambda name, v: tuple(read_item(name, i) for i in _checked(name, v, list))
    if origin is typing.Literal:
        return lambda name, v: v if v in inner else _misfit(name, v, f"one of {', '.join(map(str, inner))}")
    if hint is datetime:
        return lambda name, v: datetime.fromisoformat(_checked(name, v, str))
    if dataclasses.is_dataclass(hint):
        return lambda _, v: _typed(typing.cast(type[Any], hint), v)
    return lambda name, v: _checked(name, v, dict if origin is Mapping else hint)


def _checked(name: str, value: Any, kind: type) -> Any:
    return value if type(value) is kind else _misfit(name, value, kind.__name__)


def _misfit(name: str, value: Any, wanted: str) -> typing.NoReturn:
    raise TypeError(f"field {name!r} is {value!r}, not {wanted}")
