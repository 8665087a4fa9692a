"""Taking values out of JSON that somebody else wrote, and a record through a chain of requests. Pure.

A missing value is empty or ``None``; nothing here turns it into a 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from etl.model import Fault, Record


def branch(value: object, *path: str) -> Mapping[str, object]:
    """The object at the end of ``path``, empty where there is none."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(value: object, field: str) -> str:
    """A text or a whole number of ``value`` as text, trimmed."""
    found = value.get(field) if isinstance(value, dict) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found.strip() if isinstance(found, str) else ""


def listed(value: object, field: str) -> list[object]:
    """A list of ``value``. Services made from XML write a lone member without its list."""
    found = value.get(field) if isinstance(value, dict) else None
    if found is None or found == "":
        return []
    return found if isinstance(found, list) else [found]


def texts(value: object, field: str) -> tuple[str, ...]:
    """The texts in a list of ``value``, each once."""
    found = (t.strip() for t in listed(value, field) if isinstance(t, str))
    return tuple(dict.fromkeys(filter(None, found)))


def number(value: object, field: str) -> float | None:
    """A number of ``value``; ``None`` for a missing one and for anything that is no number."""
    found = value.get(field) if isinstance(value, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if abs(found) < 1e18 else None


def count(value: object, field: str) -> int:
    """A count of ``value``, which must be there: ``Fault("schema_drift")`` where it is not."""
    found = value.get(field) if isinstance(value, dict) else None
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise Fault("schema_drift", f"{field} is {found!r}")
    return found


def packed(record: Record) -> str:
    """``record`` as text, to go with a request that completes it."""
    return json.dumps(asdict(record), ensure_ascii=False)


def unpacked(text: str) -> Record:
    """The record that :func:`packed` wrote."""
    told: dict[str, Any] = json.loads(text)
    fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in told.items()}
    return Record(**fields)
