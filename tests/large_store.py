"""A large store for ``make bench``: a hundred diseases, 60,000 trials, 100,000 publications.

All of it is generated and marked as such. The nine embedded diseases keep their hand-kept rows and get their
share of the generated records, so that the pages of the focus disease are as full as any.
"""

from __future__ import annotations

import csv
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

from etl import catalog as catalogs
from etl import snapshot, store, tables
from etl.model import Record, RecordMatch, Search
from tests.conftest import ROOT

DISEASES, TRIALS, PUBLICATIONS = 100, 60_000, 100_000
STATUSES = ("RECRUITING", "COMPLETED", "UNKNOWN", "TERMINATED", "NOT_YET_RECRUITING")
DRUGS = ("Prednisone", "Rituximab", "Immunoglobulin", "Methotrexate", "Placebo", "Generatumab")


def large_store(folder: Path) -> Path:
    """Generate the files below ``folder``, build the store from them and give its link."""
    data = folder / "data"
    shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("*.duckdb*", "local", "drafts"))
    diseases = _more_diseases(data)
    now = datetime.now(UTC).replace(tzinfo=None)
    snapshot_id = f"{now:%Y-%m-%dT%H-%M-%SZ}-000000"
    parts = [_of("clinicaltrials_gov", "trial", TRIALS), _of("pubmed", "publication", PUBLICATIONS)]
    records = [record for part in parts for record in part]
    matches = [
        RecordMatch(
            *(snapshot_id, record.source_id, record.record_id, disease),  # one disease a record
            search_id=f"{record.source_id}:{disease}",
            match="condition" if record.kind == "trial" else "title",
            matched_name=disease,
        )
        for record, disease in zip(records, _in_turn(diseases, len(records)), strict=True)
    ]
    searches = [
        Search(
            *(f"{source}:{disease}", snapshot_id, source, disease, "name", disease, "", "", now),
            total=count // len(diseases),
            received=count // len(diseases),
            complete=True,
        )
        for source, count in (("clinicaltrials_gov", TRIALS), ("pubmed", PUBLICATIONS))
        for disease in diseases
    ]
    receipt = snapshot.Receipt(snapshot_id, now, now, "bench", catalogs.load(data).sha256)
    snapshot.write(data / "local", receipt, searches, [], records, matches)
    link = folder / "lacuna.duckdb"
    store.build_and_publish(store.Paths(data, link, (data / "local",)), now)
    return link


def _in_turn(diseases: list[str], count: int) -> list[str]:
    return [diseases[n % len(diseases)] for n in range(count)]


def _more_diseases(data: Path) -> list[str]:
    """Add diseases until there are a hundred, each a comparator of the next; the ids of all."""
    known = [str(row["disease_id"]) for row in catalogs.load(data).tables["disease"]]
    made = [f"generated{n}" for n in range(DISEASES - len(known))]
    labels = {d: f"Generated disease {n}" for n, d in enumerate(made)}
    _append(data, "disease", [_disease(d, label) for d, label in labels.items()])
    _append(data, "disease_name", [_name(d, label, "en") for d, label in labels.items()])
    _append(
        data,
        "disease_relation",
        [
            {"focus_id": one, "other_id": other, "role": "comparator", "sort_order": "10"}
            for one, other in zip(made, made[1:] + made[:1], strict=True)
        ],
    )
    return known + made


def _disease(disease: str, label: str) -> dict[str, str]:
    short = f"G{disease.removeprefix('generated')}"
    return {"disease_id": disease, "label_en": label, "label_fr": label, "abbreviation": short}


def _name(disease: str, label: str, language: str) -> dict[str, str]:
    said = {"disease_id": disease, "name": label, "language": language, "reference_id": "orphapacket2025"}
    return {**said, "kind": "preferred", "ambiguous": "no"}


def _append(data: Path, table: str, rows: list[dict[str, str]]) -> None:
    declared = next(t for t in tables.TABLES if t.name == table)
    with (data / declared.file).open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [c.name for c in declared.columns], restval="", lineterminator="\n")
        writer.writerows(rows)


def _of(source: str, kind: str, count: int) -> list[Record]:
    dice = random.Random(kind)
    return [_record(source, kind, n, dice) for n in range(count)]


def _record(source: str, kind: str, number: int, dice: random.Random) -> Record:
    year = dice.randint(1998, 2026)
    key = f"NCT{90_000_000 + number}" if kind == "trial" else str(90_000_000 + number)
    title = f"Generated {kind} {number}"
    shared = Record(source, key, kind, title, f"https://example.org/{key}", year=year)  # type: ignore[arg-type]
    if kind == "publication":
        return Record(**{**vars(shared), "publication_types": ("Journal Article",)})
    more = {
        "study_type": "INTERVENTIONAL",
        "phases": (f"PHASE{dice.randint(1, 4)}",),
        "status": dice.choice(STATUSES),
        "status_as_of": f"{dice.randint(2020, 2026)}-06-01",
        "start": f"{year}-01",
        "interventions": (dice.choice(DRUGS),),
        "sponsor": "Generated sponsor",
        "countries": ("France",),
    }
    return Record(**{**vars(shared), **more})
