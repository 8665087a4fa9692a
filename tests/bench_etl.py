"""The ETL's part of ``make bench``: a whole refresh, a million rows of a file, ten years of snapshots.

Each beside a bound of the same run: what the allowed rates make of the requests, a bare ``csv`` pass over the
same file. Memory is the peak of a process of its own that does nothing else.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from etl import catalog as catalogs
from etl import commit, dry_run, import_file, snapshot, store
from etl.http import Http, Identity
from etl.model import Catalog, Control, Record, RecordMatch, Search, Source
from etl.refresh import refresh
from etl.sources import ADAPTERS, ictrp
from tests.conftest import ROOT
from tests.double import Double
from tests.double.scenarios import imam_zero

DATA = ROOT / "data"
#: The double is asked so many times faster than the real hosts may be; the ratio of the rates is kept.
RATE_SCALE = 2
FILE_ROWS = 1_000_000
NAMED_EVERY = 10_000
WEEKS = 520
PUBLICATIONS, NEW_A_WEEK = 10_000, 20
EXPORTED = "2026-11-01"


class _RealHosts(Http):
    """Asks the double, but keeps to the lanes of the real hosts."""

    def host(self, source_id: str) -> str:
        return self._sources[source_id].hosts[0]


def _sources(catalog: Catalog) -> list[Source]:
    able = [s for s in catalog.sources.values() if s.adapter in ADAPTERS and s.rungs]
    return [replace(s, per_second=s.per_second * RATE_SCALE) for s in able]


def _peak_mb() -> int:
    # not ru_maxrss: it begins with the size of the process that started this one
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def _in_a_process(what: str, folder: Path, environ: dict[str, str] | None = None) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench_etl", what, str(folder)],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(run.stderr)
    return json.loads(run.stdout.splitlines()[-1])


# --- lanes --------------------------------------------------------------------------------------


def lanes() -> dict[str, Any]:
    """A refresh of every disease in every source, beside the slowest lane's own bound."""
    catalog = catalogs.load(DATA)
    with tempfile.TemporaryDirectory() as folder, Double(imam_zero()) as double:
        result = _in_a_process("refresh", Path(folder), double.environ())
        sent = Counter(entry.source for entry in double.asked())
    bounds: Counter[str] = Counter()
    for source in _sources(catalog):
        bounds[source.hosts[0]] += sent[source.source_id] / source.per_second  # type: ignore[assignment]
    lane, bound = bounds.most_common(1)[0]
    ratio = round(result["seconds"] / bound, 3)
    return {
        **result,
        "requests": sent.total(),
        "slowest_lane": lane,
        "bound_seconds": round(bound, 1),
        "ratio": ratio,
    }


def _refresh(folder: Path) -> dict[str, Any]:
    catalog = catalogs.load(DATA)
    sources = _sources(catalog)
    http = _RealHosts({s.source_id: s for s in sources}, folder / "answers", Identity("bench"))
    diseases = [str(d["disease_id"]) for d in catalog.tables["disease"]]
    start = time.perf_counter()
    refresh(catalog, http, folder / "snapshots", diseases=diseases, sources=sources)
    seconds = time.perf_counter() - start
    http.close()
    paths = store.Paths(DATA, folder / "x.duckdb", (folder / "snapshots",))
    store.build_and_publish(paths, datetime.now(UTC), frozenset(s.hosts[0] for s in sources) | {"127.0.0.1"})
    return {"seconds": round(seconds, 1), "peak_mb": _peak_mb()}


# --- a million rows -----------------------------------------------------------------------------


def write_full_export(file: Path, rows: int, named_every: int) -> None:
    """A full export of some two thousand characters a row; one row in ``named_every`` names a disease."""
    dice = random.Random(1)
    words = ("randomised", "patients", "pneumonia", "therapy", "score", "weeks", "safety", "cohort", "dose")
    field = (*words, "muscle", "syndrome")  # near the field: in one text of twenty, so in one row of seven
    texts = [" ".join(dice.choices(words if n % 20 else field, k=90)) for n in range(200)]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        for number in range(rows):
            names = ("Dermatomyositis", "Inclusion body myositis", "Limb-girdle muscular dystrophy")
            named = number % named_every == 0
            cells = {
                "trialid": f"NCT{number:08d}",
                "public_title": "A trial",
                "scientific_title": texts[number % 199],
                "study_type": "Interventional",
                "date_registration": "2020-02-17",
                "conditions": names[number // named_every % 3] if named else "Influenza",
                "inclusion_criteria": texts[number % 197],
                "primary_outcome": texts[number % 193],
            }
            writer.writerow([cells.get(column, "NULL") for column in ictrp.FULL_EXPORT])


def million_rows(rows: int = FILE_ROWS) -> dict[str, Any]:
    """The import of a generated full export, beside a bare ``csv`` pass over it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_full_export(folder / "full.csv", rows, NAMED_EVERY)
        result = _in_a_process("import", folder)
    result["ratio"] = round(result["seconds"] / result["bare_seconds"], 2)
    return result


def _import(folder: Path) -> dict[str, Any]:
    file, catalog = folder / "full.csv", catalogs.load(DATA)
    before = _bare(file)
    start = time.perf_counter()
    day = datetime.fromisoformat(EXPORTED).date()
    found, _, seen = import_file.read_files(catalog, "ictrp", [file], EXPORTED, "s1", day)
    seconds = time.perf_counter() - start
    bare = (before + _bare(file)) / 2  # a machine is not as fast at every moment
    totals = {s.disease_id: s.total for s in found.searches if s.rung == "name"}
    return {
        "rows": seen.rows,
        "megabytes": file.stat().st_size // 1_000_000,
        "dm": totals["dm"],
        "ibm": totals["ibm"],
        "imam": totals["imam"],
        "bare_seconds": round(bare, 1),
        "seconds": round(seconds, 1),
        "peak_mb": _peak_mb(),
    }


def _bare(file: Path) -> float:
    """Seconds of one pass of ``csv`` over a file."""
    start = time.perf_counter()
    with file.open(newline="", encoding="utf-8") as stream:
        for _ in csv.reader(stream):
            pass
    return time.perf_counter() - start


# --- ten years ----------------------------------------------------------------------------------


def ten_years(weeks: int = WEEKS) -> dict[str, Any]:
    """Weekly shared snapshots: every search and control of the catalog, 10,000 publications, 20 new a week.

    Measured are the first and the last week; a week in between lies between them.
    """
    catalog = catalogs.load(DATA)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = {}
        for week in (0, 1, weeks - 2, weeks - 1):
            # the last two follow one another, as every two do: only what is new in a week is written
            target = folder / ("first" if week < weeks - 2 else "last")
            local = _week(catalog, folder / "local", week)
            sizes[week] = _on_disk(commit.commit_snapshot(local, catalog, target))
    weekly = (sizes[1] + sizes[weeks - 1]) / 2
    return {
        "first_kb": sizes[0] // 1000,
        "second_kb": sizes[1] // 1000,
        "last_kb": sizes[weeks - 1] // 1000,
        "ten_years_mb": round((sizes[0] + weekly * (weeks - 1)) / 1_000_000),
    }


def _on_disk(folder: Path) -> int:
    return sum(512 * f.stat().st_blocks for f in (folder, *folder.iterdir()))


def _week(catalog: Catalog, root: Path, week: int) -> Path:
    """A snapshot of the size that a refresh of the catalog has; contents are of no account."""
    now = datetime(2026, 11, 23) + timedelta(weeks=week)
    snapshot_id = f"{now:%Y-%m-%dT%H-%M-%SZ}-{_sha(week)[:6]}"
    terms = {d: catalogs.terms(catalog, d) for d in (str(r["disease_id"]) for r in catalog.tables["disease"])}
    searches, controls = [], []
    sources = _sources(catalog)
    for n, entry in enumerate(dry_run.planned(sources, terms, ADAPTERS)):
        query = str(entry.request.params or entry.request.body) if entry.request else ""
        search_id = f"{snapshot_id}:{entry.source_id}:{entry.disease_id}:{entry.rung}"
        key = (snapshot_id, entry.source_id, entry.disease_id)
        if entry.purpose == "records":
            answers = tuple(_sha(week, n, page) for page in range(3))
            names = next(t for t in terms[entry.disease_id] if t.rung == entry.rung).names
            search = Search(search_id, *key, entry.rung, query, f"https://x/{query}", "", now, n, n, True)  # type: ignore[arg-type]
            searches.append(replace(search, answers=answers, asked_names=names, finished_at=now))
        else:
            control_id = f"{search_id}:{entry.purpose}"
            controls.append(Control(control_id, *key, entry.purpose, entry.rung, query, now, n))  # type: ignore[arg-type]
    records = [_publication(n) for n in range(PUBLICATIONS + week * NEW_A_WEEK)]
    matches = [
        RecordMatch(
            snapshot_id,
            "pubmed",
            r.record_id,
            "dm",
            f"{snapshot_id}:pubmed:dm:name",
            "title",
            "Dermatomyositis",
        )
        for r in records
    ]
    receipt = snapshot.Receipt(snapshot_id, now, now, "bench", catalog.sha256)
    return snapshot.write(
        root, replace(receipt, hosts={}), [replace(s, url="") for s in searches], controls, records, matches
    )


def _publication(number: int) -> Record:
    key, dice = str(30_000_000 + number), random.Random(number)
    words = ("muscle", "disease", "treatment", "cohort", "of", "and", "patients", "with", "antibody")
    title = " ".join(dice.choices(words, k=14))
    return Record(
        *(
            "pubmed",
            key,
            "publication",
            f"{title} {_sha(number)[:20]}",
            f"https://pubmed.ncbi.nlm.nih.gov/{key}/",
        ),  # type: ignore[arg-type]
        other_ids=(f"10.1000/{_sha(number)[:12]}",),
        year=2020,
    )


def _sha(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def measured() -> dict[str, Any]:
    """All of it."""
    return {"lanes": lanes(), "million_rows": million_rows(), "ten_years": ten_years()}


def told(result: dict[str, Any]) -> str:
    """The figures beside their goals."""
    lane, rows, years = result["lanes"], result["million_rows"], result["ten_years"]
    return "\n".join(
        [
            f"Refresh from the double, allowed rates x {RATE_SCALE}: {lane['requests']} requests",
            f"  {lane['seconds']} s, bound of {lane['slowest_lane']} {lane['bound_seconds']} s: "
            f"{lane['ratio']} times (goal: at most 1.15); peak {lane['peak_mb']} MB (goal: under 400)",
            f"Import of {rows['rows']} rows, {rows['megabytes']} MB: {rows['seconds']} s, a bare csv pass "
            f"{rows['bare_seconds']} s",
            f"  {rows['ratio']} times (goal: at most 3); peak {rows['peak_mb']} MB (goal: under 500)",
            f"Shared: first {years['first_kb']} kB, then {years['second_kb']}-{years['last_kb']} kB",
            f"  ten years of one a week: {years['ten_years_mb']} MB (goal: under 200)",
        ]
    )


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps({"refresh": _refresh, "import": _import}[sys.argv[1]](Path(sys.argv[2]))))
    else:
        print(told(measured()))
