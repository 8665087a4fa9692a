"""A store whose catalog has one disease more, of which nothing is known."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime
from pathlib import Path

from etl import store as built
from tests.conftest import ROOT


def newcomer_store(folder: Path) -> Path:
    """Build it below ``folder`` and give its link; the disease is ``newd``."""
    shutil.copytree(ROOT / "data" / "catalog", folder / "data" / "catalog")
    shutil.copytree(ROOT / "data" / "curated", folder / "data" / "curated")
    catalog = folder / "data" / "catalog" / "diseases.csv"
    with catalog.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    fresh = {
        "disease_id": "newd",
        "label_en": "New disease",
        "label_fr": "Maladie neuve",
        "abbreviation": "NEWD",
    }
    with catalog.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, columns, lineterminator="\n").writerow(fresh)
    with (catalog.parent / "disease_names.csv").open("a", encoding="utf-8") as file:
        file.write("newd,New disease,en,preferred,no,orphapacket2025\n")
    link = folder / "lacuna.duckdb"
    built.build_and_publish(built.Paths(folder / "data", link, ()), datetime(2026, 11, 23, 20, 0))
    return link
