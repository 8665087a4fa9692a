"""Importing files: a zero only from the whole source whose controls hold; damage is told, never a zero."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from etl import catalog as catalogs
from etl import import_file, snapshot
from etl.__main__ import main
from etl.import_file import ImportRefused, import_files, read_files
from etl.model import Catalog
from etl.sources import ictrp

DATA = Path(__file__).parents[2] / "data"
NOW = datetime(2026, 11, 23, 12)
FDA = "orphan_designation/fda_orphan_drug__FDA_0113.csv"
XML = "ictrp/ICTRP-Results_18Mar2020_50_trials.xml"
TABLE = "ictrp/COVID19-web_7Apr2020_subset.csv"
CONTROLS = ("Limb-girdle muscular dystrophy", "Inclusion body myositis")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalogs.load(DATA)


def full_export(path: Path, conditions: list[str], damage: str = "") -> Path:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    for number, condition in enumerate(conditions, 1):
        cells = {"trialid": f"NCT{number:08d}", "public_title": "A trial", "conditions": condition}
        cells |= {"study_type": "Interventional", "url": "https://example.org/1"}
        writer.writerow([cells.get(c, "NULL") for c in ictrp.FULL_EXPORT])
    path.write_text(out.getvalue() + damage, encoding="utf-8")
    return path


def searched(catalog: Catalog, source_id: str, *files: Path, day: str = "2026-11-01"):
    return read_files(catalog, source_id, files, day, "s1", NOW.date())


def totals(found: import_file.Gathered, rung: str = "name") -> dict[str, int | None]:
    return {s.disease_id: s.total for s in found.searches if s.rung == rung}


@pytest.fixture
def small_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file, "ICTRP_LEAST", 3)


@pytest.mark.usefixtures("small_platform")
def test_a_full_export_is_the_whole_and_its_rows_are_counted(catalog: Catalog, tmp_path: Path) -> None:
    rows = [*CONTROLS, "Dermatomyositis", "Idiopathic inflammatory myopathies", "Influenza"]
    file = full_export(tmp_path / "full.csv", rows)
    found, facts, seen = searched(catalog, "ictrp", file)
    assert totals(found)["imam"] == 0 and totals(found)["dm"] == 1 and totals(found)["ibm"] == 1
    assert totals(found, "broader")["imam"] == 1
    assert {r.record_id for r in found.records} == {"NCT00000002", "NCT00000003", "NCT00000004"}
    assert facts.part_because == "" and seen.rows == 5 and not seen.lost
    search = found.searches[0]
    assert (search.coverage, search.complete, search.register_size) == ("whole", True, 5)
    assert search.data_version == "2026-11-01" and search.answered_on == "2026-11-01"
    assert search.answers == (hashlib.sha256(file.read_bytes()).hexdigest(),)
    assert "full.csv" in search.note and str(tmp_path) not in search.note


@pytest.mark.usefixtures("small_platform")
def test_controls_are_looked_for_in_the_same_file(catalog: Catalog, tmp_path: Path) -> None:
    found, _, _ = searched(catalog, "ictrp", full_export(tmp_path / "f.csv", [*CONTROLS, "Influenza"]))
    assert {(c.kind, c.found) for c in found.controls} == {("positive", 1), ("nonsense", 0)}
    without, _, _ = searched(catalog, "ictrp", full_export(tmp_path / "g.csv", ["Influenza"] * 3))
    assert {c.found for c in without.controls if c.kind == "positive"} == {0}


@pytest.mark.usefixtures("small_platform")
def test_a_damaged_row_is_told_with_its_line_and_the_rest_is_kept(catalog: Catalog, tmp_path: Path) -> None:
    file = full_export(tmp_path / "f.csv", [*CONTROLS, "Dermatomyositis"], damage="NCT00000009,too,short\n")
    found, facts, seen = searched(catalog, "ictrp", file)
    assert [(e.line, e.problem) for _, e in seen.lost] == [(4, "3 columns instead of 63")]
    assert totals(found)["dm"] == 1 and not any(s.complete for s in found.searches)
    assert found.searches[0].warnings[0].code == "incomplete"
    assert any("f.csv, line 4" in line for line in import_file.told(found, facts, seen))


@pytest.mark.usefixtures("small_platform")
def test_bytes_that_hide_a_name_make_the_search_incomplete(catalog: Catalog, tmp_path: Path) -> None:
    file = full_export(tmp_path / "f.csv", [*CONTROLS, "Dermatomyo@itis"])
    file.write_bytes(file.read_bytes().replace(b"@", b"\xff"))
    found, _, _ = searched(catalog, "ictrp", file)
    assert not any(s.complete for s in found.searches)


@pytest.mark.usefixtures("small_platform")
def test_an_unreadable_date_takes_no_zero_away(catalog: Catalog, tmp_path: Path) -> None:
    file = full_export(tmp_path / "f.csv", [*CONTROLS, "Dermatomyositis"])
    row = file.read_text().splitlines()[2].split(",")
    row[ictrp.FULL_EXPORT.index("date_registration")] = '"31/31/2020"'
    file.write_text("\n".join([*file.read_text().splitlines()[:2], ",".join(row)]) + "\n")
    found, _, seen = searched(catalog, "ictrp", file)
    assert len(seen.unclear) == 1 and all(s.complete for s in found.searches)


def test_a_full_export_far_too_small_is_a_part(catalog: Catalog, tmp_path: Path) -> None:
    found, facts, _ = searched(catalog, "ictrp", full_export(tmp_path / "f.csv", list(CONTROLS)))
    assert "fewer than" in facts.part_because and {s.coverage for s in found.searches} == {"part"}


@pytest.mark.parametrize(("name", "rows", "day"), [(XML, 50, "2020-03-18"), (TABLE, 110, "2020-04-07")])
def test_recorded_portal_files_tell_their_day_and_are_a_part(
    catalog: Catalog, recorded: Path, name: str, rows: int, day: str
) -> None:
    found, facts, seen = searched(catalog, "ictrp", recorded / name, day="")
    assert (seen.rows, facts.exported.date().isoformat(), seen.lost) == (rows, day, [])
    assert "portal" in facts.part_because and totals(found)["imam"] == 0


def test_the_recorded_table_of_the_fda_gives_what_the_curators_counted(
    catalog: Catalog, recorded: Path
) -> None:
    found, facts, _ = searched(catalog, "fda_orphan", recorded / FDA, day="2022-01-13")
    counted = {
        r["disease_id"]: int(str(r["count"]))
        for r in catalog.tables["dataset_search"]
        if r["source_id"] == "fda_orphan"
    }
    assert totals(found) == counted and facts.part_because == ""
    assert {c.found == 0 for c in found.controls if c.kind == "nonsense"} == {True}
    assert all(c.found for c in found.controls if c.kind == "positive")


CORDIS = "id;acronym;status;title;startDate;ecMaxContribution;frameworkProgramme;objective;keywords"


def cordis(path: Path, programme: str, title: str = "Work") -> Path:
    path.write_text(f'{CORDIS}\n"1{len(programme)}";"A";"";"{title}";"2021-01-01";"5";"{programme}";"o";""\n')
    return path


def test_cordis_is_whole_only_with_its_three_programmes(catalog: Catalog, tmp_path: Path) -> None:
    files = [cordis(tmp_path / p, p, "Inclusion body myositis") for p in ("FP7", "H2020", "HORIZON")]
    assert searched(catalog, "cordis", *files[:2])[1].part_because == "no project of HORIZON"
    found, facts, _ = searched(catalog, "cordis", *files)
    assert facts.part_because == "" and totals(found)["ibm"] == 3


@pytest.mark.parametrize(
    ("told", "message"),
    [("", "add --date"), ("2030-01-01", "in the future"), ("2020-03-19", "2020-03-18, not")],
)
def test_a_file_of_no_known_day_is_refused(catalog: Catalog, recorded: Path, told: str, message: str) -> None:
    name = XML if message.endswith("not") else FDA
    source_id = "ictrp" if name == XML else "fda_orphan"
    with pytest.raises(ImportRefused, match=message):
        searched(catalog, source_id, recorded / name, day=told)


def test_other_files_are_refused_by_name(catalog: Catalog, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html>error</html>")
    for source_id in import_file.FORMS:
        with pytest.raises(ImportRefused, match=r"page\.html"):
            searched(catalog, source_id, page)
    with pytest.raises(ImportRefused, match=r"none\.csv"):
        searched(catalog, "anr", tmp_path / "none.csv")
    twice = cordis(tmp_path / "a.csv", "FP7")
    with pytest.raises(ImportRefused, match="same file"):
        searched(catalog, "cordis", twice, twice)


@pytest.mark.usefixtures("small_platform")
def test_neither_a_part_nor_an_older_file_takes_the_place_of_the_whole(
    catalog: Catalog, recorded: Path, tmp_path: Path
) -> None:
    roots = (tmp_path / "snapshots",)
    whole = full_export(tmp_path / "f.csv", [*CONTROLS, "Influenza"])
    import_files(catalog, "ictrp", [whole], "2020-03-01", roots, NOW)
    with pytest.raises(ImportRefused, match="would be a part"):
        import_files(catalog, "ictrp", [recorded / XML], "", roots, NOW)
    with pytest.raises(ImportRefused, match="which is newer"):
        import_files(catalog, "ictrp", [whole], "2020-02-01", roots, NOW)
    assert len(snapshot.read_all(roots)) == 1


@pytest.mark.usefixtures("small_platform")
def test_a_platform_that_lost_rows_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    """Neither the platform nor the table of designations ever gets smaller: rows are missing."""
    roots = (tmp_path / "snapshots",)
    long, short = ([*CONTROLS, *["Influenza"] * n] for n in (2, 1))
    whole, cut = (full_export(tmp_path / f"{len(c)}.csv", c) for c in (long, short))
    import_files(catalog, "ictrp", [whole], "2026-10-01", roots, NOW)
    with pytest.raises(ImportRefused, match="with 4 rows; these files hold 3, so some are missing"):
        import_files(catalog, "ictrp", [cut], "2026-11-01", roots, NOW + timedelta(days=1))
    assert len(snapshot.read_all(roots)) == 1
    import_files(catalog, "ictrp", [whole], "2026-11-01", roots, NOW + timedelta(days=1))


@pytest.mark.parametrize(("projects", "taken"), [(40, True), (39, True), (30, False)])
def test_projects_of_which_a_few_were_withdrawn_are_taken_and_half_a_file_is_not(
    catalog: Catalog, tmp_path: Path, projects: int, taken: bool
) -> None:
    roots = (tmp_path / "snapshots",)
    others = [cordis(tmp_path / p, p) for p in ("FP7", "H2020")]
    header, row = cordis(tmp_path / "HORIZON", "HORIZON").read_text().splitlines()

    def horizon(rows: int) -> Path:
        file = tmp_path / f"HORIZON{rows}"
        file.write_text("\n".join([header, *(row.replace('"17"', f'"17{n}"') for n in range(rows))]))
        return file

    import_files(catalog, "cordis", [*others, horizon(41)], "2026-10-01", roots, NOW)
    if taken:
        import_files(
            catalog, "cordis", [*others, horizon(projects)], "2026-11-01", roots, NOW + timedelta(days=1)
        )
    else:
        with pytest.raises(ImportRefused, match="some are missing"):
            import_files(
                catalog, "cordis", [*others, horizon(projects)], "2026-11-01", roots, NOW + timedelta(days=1)
            )


def run(tmp_path: Path, *words: str) -> Result:
    places = ["--store", str(tmp_path / "x.duckdb"), "--snapshots", str(tmp_path / "snapshots")]
    return CliRunner().invoke(main, ["import", *words, *places])


def test_the_command_ends_in_a_published_store_with_the_zero_and_its_date(
    recorded: Path, tmp_path: Path
) -> None:
    result = run(tmp_path, "fda_orphan", str(recorded / FDA), "--date", "2022-01-13")
    assert result.exit_code == 0, result.output
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        verdicts = connection.execute(
            "SELECT disease_id, state, n, answered_on FROM verdict WHERE source_id = 'fda_orphan' "
            "AND question_id = 'orphan_designation_us' AND disease_id IN ('imam', 'dm') ORDER BY ALL"
        ).fetchall()
        (size,) = connection.execute(
            "SELECT DISTINCT register_size FROM search WHERE source_id = 'fda_orphan' "
            "AND snapshot_id <> 'embedded'"
        ).fetchall()[0]
    assert verdicts == [("dm", "found", 11, "2022-01-13"), ("imam", "zero", 0, "2022-01-13")]
    assert size == 5949


def test_a_file_with_a_damaged_row_proves_nothing_and_the_table_counted_before_stays(
    recorded: Path, tmp_path: Path
) -> None:
    file = tmp_path / "fda.csv"
    file.write_bytes((recorded / FDA).read_bytes() + b"\r\nA,damaged,row\r\n")
    result = run(tmp_path, "fda_orphan", str(file), "--date", "2022-01-13")
    assert result.exit_code == 0 and "so no zero" in result.output, result.output
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        told = connection.execute(
            "SELECT v.failed, c.freshness, c.state, s.snapshot_id FROM verdict AS v "
            "JOIN cell AS c USING (question_id, disease_id) "
            "JOIN cell_search AS b USING (question_id, disease_id) JOIN search AS s USING (search_id) "
            "WHERE v.source_id = 'fda_orphan' AND question_id = 'orphan_designation_us' "
            "AND v.disease_id = 'imam'"
        ).fetchall()
    assert told == [("incomplete", "last_check_failed", "zero", "embedded")]


def test_a_refused_file_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_text("nothing of the kind\n")
    result = run(tmp_path, "fda_orphan", str(file), "--date", "2022-01-13")
    assert result.exit_code == 1 and "f.csv" in result.output
    assert not (tmp_path / "snapshots").exists() and not (tmp_path / "x.duckdb").exists()
