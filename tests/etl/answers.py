"""Hand-made answers and terms that several test files use."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from etl.model import Answer, KnownItem, Rung, Source, Terms

NOON = datetime(2026, 11, 23, 12)
NAME = "Inflammatory myopathy with abundant macrophages"


def answer(
    body: object, status: int = 200, content_type: str = "application/json", from_cache: bool = False
) -> Answer:
    """An answer whose body is ``body``: bytes and text as they are, anything else as JSON."""
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    raw = text.encode() if isinstance(text, str) else text
    sha256 = hashlib.sha256(raw).hexdigest()
    return Answer("http://127.0.0.1/x", status, content_type, raw, NOON, sha256, from_cache)


def imam(rung: Rung = "name", **changes: Any) -> Terms:
    """The terms of the focus disease, or some of them changed."""
    fields: dict[str, Any] = {
        "phrases": (NAME,),
        "acronyms": (),
        "context": ("myositis", "myopathy"),
        "names": (NAME,),
        "known_items": (
            KnownItem("carrera2006", "name", "16809038"),
            KnownItem("kim2022", "broader", "35315602"),
        ),
    }
    return Terms("imam", rung, **{**fields, **changes})


def source(source_id: str, **changes: Any) -> Source:
    """A source as ``sources.toml`` would describe it, at an address of this machine."""
    fields: dict[str, Any] = {
        "name": source_id,
        "kind": "trials",
        "publisher": "",
        "citation": "",
        "licence": "",
        "licence_page": "",
        "homepage": "",
        "coverage_en": "",
        "coverage_fr": "",
        "schedule": "monthly",
        "fresh_days": 35,
        "echo": "none",
        "redistribute": "full",
        "form_verified": True,
        "adapter": source_id,
        "base": f"https://{source_id}.example.org/api",
        "hosts": (f"{source_id}.example.org",),
        "timeout_seconds": 5.0,
        "rungs": ("name", "synonyms", "broader"),
        "positive_controls": ("Immune-mediated necrotizing myopathy", "Inclusion body myositis"),
        "nonsense_control": "inflammatory myopathy with abundant zebrafish",
    }
    return Source(source_id, **{**fields, **changes})
