"""Names of exported files: ``lacuna-<disease>-<date>-<what>.<ext>``, safe on every system."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_LONGEST = 60


def slug(name: str) -> str:
    """``name`` in small ASCII letters, digits and hyphens; nothing else survives.

    Slashes, quotes, emoji and marks of writing direction go. A name of which nothing is left gets
    letters made from its hash, so that two such names differ.
    """
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^a-z0-9]+", "-", ascii_only.casefold()).strip("-")[:_LONGEST].strip("-")
    return kept or "x" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8]


def file_name(disease: str, day: str, what: str, extension: str) -> str:
    """The name of one file. ``day`` is the ISO day on which the rows were read."""
    return f"lacuna-{slug(disease)}-{slug(day)}-{slug(what)}.{extension}"
