"""A copy of the hand-kept files in which every text tries to become markup, and what gives it away.

Whoever may write one cell of one file, or one title in a registry, must not be able to run a script,
create an element or call a stranger from a page, a slide or a file. Each text carries HTML, a broken
out attribute, Markdown, a formula and a colour of Streamlit; each address is a script. Wherever one
of the marker words is seen, its markup must stand beside it as plain characters.
"""

from __future__ import annotations

import csv
import re
import shutil
import tomllib
from datetime import datetime
from pathlib import Path

import duckdb

from etl import store as built
from etl import tables
from tests.conftest import ROOT

HOST = "planted.invalid"
SCRIPT = "javascript:planted(7)"
PAYLOAD = (
    f"<img src=//{HOST}/i onerror=planted(1)><script>planted(2)</script></script><svg onload=planted(3)>"
    f'"\' onmouseover=planted(4) x=\'<b>plantedhtml</b><a href="https://{HOST}/">plantedlink</a>'
    f"**plantedstrong** `plantedcode` [plantedmark](https://{HOST}/) ![i](https://{HOST}/i.png) "
    r"$plantedmath$ :red[plantedhot] :material/home:"
)
#: Marker word -> the characters that stand right before it for as long as it is plain text.
PLAIN = {
    "plantedhtml": "<b>",
    "plantedstrong": "**",
    "plantedcode": "`",
    "plantedmark": "[",
    "plantedmath": "$",
    "plantedhot": ":red[",
}
#: Columns that other files or the program look up by their text; every other text is planted.
IDS = {
    *("intervention.intervention_id", "landscape.question", "dataset_search.source_id", "decision.source_id"),
    *("named_treatment.treatment_id", "decision.record_id", "outcome.outcome_id", "question.counts_from"),
    *("question.required_sources", "question.optional_sources"),
}
ADDRESSES = ("url", "homepage", "licence_page")
#: Texts of ``sources.toml`` that people read. The others are names of programs, hosts and limits.
SOURCE_TEXTS = (
    "name",
    "publisher",
    "citation",
    "licence",
    "coverage_en",
    "coverage_fr",
    "limits_en",
    "limits_fr",
)


def planted_store(folder: Path, begin: str = "") -> Path:
    """Build the planted files into a store below ``folder`` and give its link.

    With ``begin`` each planted text of the store begins so, whatever the checks of the files refuse.
    """
    data = folder / "data"
    shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("*.duckdb*", "local", "drafts"))
    for table in tables.TABLES:
        plant(data / table.file, table)
    plant_sources(data / "catalog" / "sources.toml")
    link = folder / "lacuna.duckdb"
    file = built.build_and_publish(built.Paths(data, link, ()), datetime(2026, 11, 23, 20, 0))
    with duckdb.connect(str(file)) as connection:
        plant_records(connection)
        # The check of the files refuses such an address; what comes after must not rely on it.
        connection.execute("UPDATE reference SET url = ? WHERE url <> ''", [SCRIPT])
        if begin:
            begin_with(connection, begin)
    return link


def plant_records(connection: duckdb.DuckDBPyConnection) -> None:
    """Records of a registry and of a literature database, as a hostile answer would bring them."""
    (search,) = connection.execute("SELECT search_id FROM search LIMIT 1").fetchall()[0]
    names = [str(row[0]) for row in connection.execute("DESCRIBE record").fetchall()]
    types = [str(row[1]) for row in connection.execute("DESCRIBE record").fetchall()]
    for source, kind in (("clinicaltrials_gov", "trial"), ("europe_pmc", "publication")):
        for number, match in enumerate(("condition", "title", "text", "broader"), 1):
            known = {"source_id": source, "record_id": f"planted{number}", "kind": kind, "url": SCRIPT}
            known |= {"start": "2020", "completion": "2021", "status_as_of": "2024", "year": "2020"}
            usual = {"VARCHAR": PAYLOAD, "VARCHAR[]": [PAYLOAD]}
            row = [known.get(n, usual.get(t)) for n, t in zip(names, types, strict=True)]
            connection.execute(f"INSERT INTO record VALUES ({', '.join('?' * len(row))})", row)
            connection.execute(
                "INSERT INTO record_match VALUES (?, ?, 'imam', ?, ?, ?, NULL, ?)",
                [source, f"planted{number}", search, match, PAYLOAD, match in ("condition", "title")],
            )
            connection.execute(
                "INSERT INTO cluster VALUES (?, ?, ?)", [source, f"planted{number}", f"{source}{number}"]
            )


def begin_with(connection: duckdb.DuckDBPyConnection, begin: str) -> None:
    """Put ``begin`` before every planted text of the store that is no key."""
    texts = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() USING (table_name)"
        " WHERE data_type = 'VARCHAR' AND NOT ends_with(column_name, '_id')"
    ).fetchall()
    for table, column in texts:
        connection.execute(
            f'UPDATE "{table}" SET "{column}" = ? || "{column}" WHERE contains("{column}", \'plantedhtml\')',
            [begin],
        )


def plant(file: Path, table: tables.Table) -> None:
    """Plant every free text of one file; ids, codes and dates stay, or nothing would be drawn."""
    with file.open(encoding="utf-8", newline="") as read:
        rows = list(csv.DictReader(read))
    for row in rows:
        for column in table.columns:
            if row[column.name] and column.name not in ADDRESSES and is_free_text(table, column):
                row[column.name] = f"{row[column.name]} {PAYLOAD}"
    with file.open("w", encoding="utf-8", newline="") as write:
        writer = csv.DictWriter(write, [column.name for column in table.columns], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def is_free_text(table: tables.Table, column: tables.Column) -> bool:
    """Whether a person may write anything into this column."""
    looked_up = {c.refers for other in tables.TABLES for c in other.columns}
    place = f"{table.name}.{column.name}"
    named = column.refers or column.values or place in IDS or place in looked_up
    return column.kind in ("text", "list") and not named and column.name != "language"


def plant_sources(file: Path) -> None:
    """Plant what ``sources.toml`` says to people."""
    said = file.read_text(encoding="utf-8")
    texts = "|".join(SOURCE_TEXTS)
    inside = PAYLOAD.replace("\\", "\\\\").replace('"', '\\"')
    said = re.sub(rf'^({texts}) = "(.+)"$', lambda m: f'{m[1]} = "{m[2]} {inside}"', said, flags=re.M)
    said = re.sub(rf'^({"|".join(ADDRESSES)}) = ".+"$', rf'\1 = "{SCRIPT}"', said, flags=re.M)
    said = re.sub(r'^  "(.+)",$', lambda m: f'  "{m[1]} {inside}",', said, flags=re.M)
    tomllib.loads(said)
    file.write_text(said, encoding="utf-8")


def turned(said: str) -> list[str]:
    """Marker words in ``said`` that no longer stand beside their markup: it was taken as markup."""
    wrong = []
    for word, before in PLAIN.items():
        for found in re.finditer(word, said):
            left = said[max(0, found.start() - 12) : found.start()]
            if not left.endswith(before):
                wrong.append(f"…{left}{word}")
    return wrong
