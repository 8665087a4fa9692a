"""The parsers' part of ``make bench``: seconds for a megabyte of anything, memory for 100 MB without an end.

Each body is made to hurt one parser (``tests.hold.bodies``). Beside it, in the same process, the library
alone reads the same: ``json``, ``defusedxml`` or ``csv``. A body four times as long shows what grows with the
square. ``python -m tests.bench_parsers every`` fills each field with each hostile piece: an hour.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from tests.hold import bounded

MEGABYTE = 2**20
_HUGE = 50 * MEGABYTE
#: Below this a time is noise, and growth cannot be told.
_NOISE = 0.05

Figures = list[dict[str, Any]]


def measured(kind: str = "few") -> dict[str, Any]:
    """The slowest body of a megabyte with its parser, its floor and growth; the largest peak of a huge file;
    the slowest of each parser in ``all``."""
    found = bounded.run(kind, str(MEGABYTE), "1")
    large = [one for one in found if one.get("bytes", 0) < _HUGE]
    small = bounded.run(kind, str(MEGABYTE // 4))
    huge = [one for one in found if one.get("bytes", 0) >= _HUGE] or bounded.run("huge")
    ended = [one for one in (*large, *small, *huge) if "failed" in one]
    if ended:
        raise RuntimeError("\n".join(f"{one['parser']}: {one['body']}: {one['failed']}" for one in ended))
    before = {(one["parser"], _kind(one)): one for one in small}
    for one in large:
        one["seconds_per_mb"] = round(one["seconds"] * MEGABYTE / max(one["bytes"], MEGABYTE), 3)
        earlier = before.get((one["parser"], _kind(one)))
        one["growth"] = _growth(earlier, one) if earlier else None
    slowest, largest = max(large, key=_per_mb), max(huge, key=lambda one: one["peak_mb"])
    return {
        "bodies": len(large),
        "slowest_seconds_per_mb": slowest["seconds_per_mb"],
        "parser": slowest["parser"],
        "body": slowest["body"],
        "floor_seconds": slowest.get("floor_seconds"),
        "most_growth": max((one["growth"] for one in large if one["growth"]), default=None),
        "peak_mb": largest["peak_mb"],
        "peak_parser": largest["parser"],
        "peak_body": largest["body"],
        "all": {one["parser"]: one for one in sorted(large, key=_per_mb)},
    }


def _per_mb(one: Mapping[str, Any]) -> float:
    return float(one["seconds_per_mb"])


def _kind(one: Mapping[str, Any]) -> str:
    """The name of a body without its depth, which differs from size to size."""
    return str(one["body"]).lstrip("0123456789")


def _growth(small: Mapping[str, Any], large: Mapping[str, Any]) -> float | None:
    """How many times longer four times as much takes: about 4, or 16 for what grows with the square."""
    if large["bytes"] < 3 * small["bytes"] or small["seconds"] < _NOISE:
        return None
    return round(large["seconds"] / small["seconds"] * 4 * small["bytes"] / large["bytes"], 1)


def told(result: Mapping[str, Any], most: int = 12) -> Iterable[str]:
    """The slowest parsers, a line each."""
    yield f"{result['bodies']} bodies; 100 MB without an end: {result['peak_mb']} MB at most"
    yield f"({result['peak_parser']}, {result['peak_body']})"
    yield f"{'s/MB':>7}{'library':>9}{'growth':>8}"
    for name, one in list(reversed(result["all"].items()))[:most]:
        floor, growth = one.get("floor_seconds", ""), one["growth"] or ""
        yield f"{one['seconds_per_mb']:>7}{floor:>9}{growth:>8}  {name}: {one['body']}"


if __name__ == "__main__":
    figures = measured(*sys.argv[1:])
    print("\n".join(told(figures)))
    print(json.dumps({key: value for key, value in figures.items() if key != "all"}))
