"""Drug texts of registries -> interventions of the catalog; what names none stays visible."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from etl import __main__ as commands
from etl import catalog, snapshot, store
from etl.interventions import RecordIntervention, named, names, of_records
from etl.model import Record

from .conftest import DATA, NOW
from .test_evidence import snapshot as a_run

ROWS = catalog.load(DATA).tables["intervention"]
KNOWN = names(ROWS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rituximab", ["rituximab"]),
        ("Drug: RITUXIMAB 1000 mg i.v.", ["rituximab"]),
        ("Biological: IVIg (Octagam 10%)", ["immunoglobulin_iv"]),
        ("Octagam 10%", ["immunoglobulin_iv"]),
        ("Methotrexate + prednisone", ["methotrexate", "prednisone"]),
        ("Prednisone, then prednisone tapered", ["prednisone"]),
        ("Dexaméthasone", ["dexamethasone"]),
        ("PF-06823859", ["dazukibart"]),
        ("Dazukibart (PF 06823859)", ["dazukibart"]),
        ("KYV-101 infusion", ["kyv_101"]),
        ("Mycophenolate mofetil 500 MG", ["mycophenolate_mofetil"]),
        ("Anti-IL-6 receptor antibody", ["tocilizumab"]),
        ("Other: Home exercise", ["home_exercise"]),
    ],
)
def test_a_text_names_interventions(text, expected):
    assert list(named(text, KNOWN)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Placebo",
        "A new anti-IL-6 receptor antibody of another maker",
        "TYK2 inhibitor ABC-1",
        "Human normal immunoglobulin",
        "Prednisonelike substance",
        "Mycophenolate",
    ],
)
def test_what_fits_several_or_none_is_left_unmapped(text):
    assert named(text, KNOWN) == ()


def test_a_name_that_two_interventions_share_names_neither():
    twins = [{**ROWS[0], "intervention_id": "twin"}, *ROWS]
    assert named("Prednisone", names(twins)) == ()
    assert named("Methotrexate", names(twins)) == ("methotrexate",)


def test_every_intervention_of_the_catalog_is_named_by_its_own_label():
    for row in ROWS:
        for label in (row["label_en"], row["label_fr"]):
            assert named(str(label), KNOWN) == (row["intervention_id"],), label


@given(st.text(max_size=60))
def test_any_text_names_known_interventions_once_or_none(text):
    found = named(text, KNOWN)
    assert len(found) == len(set(found))
    assert set(found) <= {r["intervention_id"] for r in ROWS}


def test_each_text_of_a_record_has_a_row_for_each_name_or_one_without():
    record = Record("s", "1", "trial", "t", "u", interventions=("MTX and AZA", "Placebo", "Placebo"))
    assert list(of_records([record], ROWS)) == [
        RecordIntervention("s", "1", "MTX and AZA", "methotrexate"),
        RecordIntervention("s", "1", "MTX and AZA", "azathioprine"),
        RecordIntervention("s", "1", "Placebo", None),
    ]


def test_the_store_keeps_the_texts_and_status_tells_the_unmapped_ones(tmp_path):
    run = a_run(1, named={"dm": 2})
    records = [replace(r, interventions=("Rituximab", "XYZ-1")) for r in run.records]
    paths = store.Paths(DATA, tmp_path / "lacuna.duckdb", (tmp_path / "snapshots",))
    parts = (run.receipt, run.searches, run.controls, records, run.matches)
    snapshot.write(paths.snapshots[0], *parts)
    store.build_and_publish(paths, NOW)
    with duckdb.connect(str(paths.link.resolve()), read_only=True) as connection:
        rows = connection.execute(
            "SELECT text, intervention_id, count(*) FROM record_intervention GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    assert rows == [("Rituximab", "rituximab", len(records)), ("XYZ-1", None, len(records))]
    told = CliRunner().invoke(commands.main, ["status", "--store", str(paths.link)])
    assert told.exit_code == 0, told.output
    heading = told.output.index("Drug texts of no intervention in the catalog (at most 30):")
    unmapped = told.output[heading:].splitlines()[2:]
    assert [line.split()[:2] for line in unmapped] == [["XYZ-1", str(len(records))]]
