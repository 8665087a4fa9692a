"""What a store is made from, as digests: hand-kept files, snapshots, and this program.

Two stores with equal inputs hold equal evidence. Contents are compared, never times of files: a
checkout, a copy or a restored backup changes those without changing a word.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from etl import catalog as catalogs
from etl.snapshot import RECEIPT_FILE

_PROGRAM = Path(__file__).parent

Input = tuple[str, str, str]


def of(data: Path, snapshots: Iterable[Path]) -> frozenset[Input]:
    """Kind, name and SHA-256 of every input: ``catalog`` (with the curated files), ``program`` and each
    ``snapshot`` (of its receipts, which hold the SHA-256 of its other files)."""
    found = {("catalog", "", catalogs.digest(data)), ("program", "", _program())}
    return frozenset(found | {("snapshot", name, sha256) for name, sha256 in _receipts(snapshots).items()})


def _receipts(roots: Iterable[Path]) -> dict[str, str]:
    """What :func:`etl.snapshot.read_all` reads: of one id, its whole and its shared form."""
    receipts: dict[str, bytes] = defaultdict(bytes)
    for root in roots:
        for file in sorted(root.glob(f"[!.]*/{RECEIPT_FILE}")):
            receipts[file.parent.name] += file.read_bytes()
    return {name: hashlib.sha256(content).hexdigest() for name, content in receipts.items()}


def _program() -> str:
    digest = hashlib.sha256()
    for file in sorted((*_PROGRAM.rglob("*.py"), *_PROGRAM.rglob("*.sql"))):
        digest.update(str(file.relative_to(_PROGRAM)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
