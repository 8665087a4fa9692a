"""The hand-kept files: every mistake is told at once, with file, line, column and what to do."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import catalog, tables

DATA = Path(__file__).parents[2] / "data"
CASES = "curated/cases.csv"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    for folder in ("catalog", "curated"):
        shutil.copytree(DATA / folder, copy / folder)
    return copy


def mistakes(data: Path) -> list[catalog.Mistake]:
    with pytest.raises(catalog.CatalogMistakes) as told:
        catalog.load(data)
    return list(told.value.mistakes)


def edit(data: Path, file: str, old: str, new: str) -> None:
    path = data / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_embedded_data_has_no_mistake():
    loaded = catalog.load(DATA)
    assert len(loaded.tables["question"]) == 39
    assert len(loaded.tables["disease"]) == 9
    assert len(loaded.tables["reference"]) == 248


@pytest.mark.parametrize(
    ("what", "file", "old", "new", "line", "column", "words"),
    [
        ("missing column", CASES, "case_id,study_id", "case_id,study", 1, "study_id", "column is missing"),
        (
            "unknown id",
            CASES,
            "carrera2006_1,carrera2006,",
            "carrera2006_1,carrera2066,",
            6,
            "study_id",
            "is not known",
        ),
        (
            "bad date",
            "curated/references.csv",
            "full_text,2026-11-23",
            "full_text,23/11/2026",
            2,
            "accessed_on",
            "is not a date",
        ),
        (
            "impossible day",
            "curated/references.csv",
            "full_text,2026-11-23",
            "full_text,2026-02-30",
            2,
            "accessed_on",
            "is not a date",
        ),
        (
            "duplicate id",
            CASES,
            "hara2010_2,hara2010",
            "hara2010_1,hara2010",
            4,
            "case_id",
            "stands already in line 3",
        ),
        (
            "formula",
            CASES,
            "Improved; extent",
            "=HYPERLINK(1); extent",
            6,
            "outcome_detail",
            "run as a formula",
        ),
        ("not a number", CASES, ",44,male", ",forty,male", 7, "age_years", "is not a number"),
        ("not allowed", CASES, ",44,male", ",44,man", 7, "sex", "not one of the values allowed"),
        (
            "emptied cell",
            CASES,
            "hara2010_2,hara2010,1,",
            "hara2010_2,hara2010,,",
            4,
            "n",
            "must be filled",
        ),
        (
            "unknown question",
            "curated/landscape.csv",
            "ls_imam_criteria,classification_criteria",
            "ls_imam_criteria,criteria",
            2,
            "question",
            "is no question",
        ),
        (
            "unknown source",
            "catalog/questions.csv",
            "clinicaltrials_gov;ctis;eu_ctr",
            "clinicaltrials;ctis;eu_ctr",
            2,
            "required_sources",
            "is no source",
        ),
        ("a number below zero", CASES, ",44,male", ",-44,male", 7, "age_years", "is too small"),
        (
            "a whole number below zero",
            "curated/studies.csv",
            "case_report,,,1,yes",
            "case_report,,,-1,yes",
            3,
            "n_patients",
            "is too small",
        ),
        ("nobody", CASES, "hara2010_2,hara2010,1,", "hara2010_2,hara2010,0,", 4, "n", "is too small"),
        (
            "a cell too many",
            "catalog/disease_relations.csv",
            "imam,dm,comparator,10",
            "imam,dm,comparator,10,x",
            2,
            "",
            "5 cells",
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_column(data, what, file, old, new, line, column, words):
    edit(data, file, old, new)
    told = [m for m in mistakes(data) if m.file == f"data/{file}" and m.line == line and m.column == column]
    assert told, f"{what}: {mistakes(data)}"
    assert words in told[0].problem
    assert told[0].remedy


@pytest.mark.parametrize(
    "file",
    ["catalog/questions.csv", "catalog/diseases.csv", "catalog/disease_names.csv", "curated/references.csv"],
)
def test_a_header_without_rows_is_a_mistake_where_rows_are_needed(data, file):
    path = data / file
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    told = [m for m in mistakes(data) if (m.file, m.line, m.column) == (f"data/{file}", 1, "")]
    assert [m.problem for m in told] == ["The file has a header and no row."]
    assert "Put its rows back" in told[0].remedy


def test_a_header_without_rows_is_fine_where_nothing_was_decided_yet(data):
    path = data / "curated/decisions.csv"
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1
    catalog.load(data)


def test_rows_that_point_into_an_emptied_table_are_told(data):
    path = data / "curated/studies.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    told = [m for m in mistakes(data) if m.file == f"data/{CASES}" and m.column == "study_id"]
    assert told and all("is not known" in m.problem for m in told)


def rewrite(data: Path, file: str, change) -> None:
    """Rows of a file after ``change`` was called with each; a row for which it returns False is left out."""
    with (data / file).open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    kept = [row for row in rows if change(row) is not False]
    with (data / file).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)


def test_a_counted_reference_needs_the_day_on_which_it_was_read(data):
    def undated(row):
        if row["reference_id"] == "hara2010":
            row["accessed_on"] = ""

    rewrite(data, "curated/references.csv", undated)
    (told,) = mistakes(data)
    assert (told.file, told.column) == ("data/curated/references.csv", "accessed_on")
    assert "data/curated/studies.csv, line" in told.problem and "'hara2010'" in told.problem
    line = (data / "curated/references.csv").read_text(encoding="utf-8").splitlines()[told.line - 1]
    assert line.startswith("hara2010,")


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row["disease_id"] != "pm",
        lambda row: (row["disease_id"], row["language"], row["kind"]) != ("pm", "en", "preferred"),
        lambda row: (
            row.update(ambiguous="yes") if (row["disease_id"], row["kind"]) == ("pm", "preferred") else None
        ),
    ],
)
def test_a_disease_without_a_preferred_english_name_is_a_mistake(data, change):
    rewrite(data, "catalog/disease_names.csv", change)
    told = [m for m in mistakes(data) if m.column == "disease_id"]
    assert [(m.file, m.line) for m in told] == [("data/catalog/diseases.csv", 5)]
    assert "'pm' has no preferred English name" in told[0].problem and "disease_names.csv" in told[0].remedy


def test_an_ambiguous_name_needs_field_words(data):
    rewrite(data, "catalog/diseases.csv", lambda row: row.update(field_words=""))
    told = {m.line: m.problem for m in mistakes(data) if m.column == "field_words"}
    assert "'IMAM' is ambiguous" in told[2]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outcome": "improved"}, "agreed, but: reader A remission, reader B remission, outcome improved"),
        ({"outcome_extractor_b": "improved"}, "agreed, but: reader A remission, reader B improved"),
        ({"outcome_extractor_a": ""}, "agreed, but: reader A nothing"),
        ({"adjudication": "resolved", "adjudication_note": ""}, "resolved, but not how"),
        ({"adjudication": "single_extractor"}, "one reader coded it, but not one did"),
    ],
)
def test_what_a_patient_row_says_of_its_readers_must_be_so(data, change, words):
    rewrite(data, CASES, lambda row: row.update(change) if row["case_id"] == "hara2010_2" else None)
    (told,) = mistakes(data)
    assert (told.file, told.line, told.column) == (f"data/{CASES}", 4, "adjudication")
    assert words in told.problem


def test_the_digest_is_that_of_what_was_read_and_knows_every_byte(data):
    before = catalog.load(data).sha256
    assert catalog.digest(data) == before
    edit(data, "catalog/sources.toml", "[pubmed]", "# a remark\n[pubmed]")
    assert catalog.digest(data) == catalog.load(data).sha256 != before


def test_wrong_encoding_names_the_line(data):
    path = data / CASES
    path.write_bytes(path.read_bytes().replace(b"Japan", "Japón".encode("latin-1"), 1))
    (told,) = [m for m in mistakes(data) if m.file.endswith("cases.csv")]
    assert (told.line, told.problem) == (3, "The file is not UTF-8 text.")


def test_a_missing_file_is_a_mistake(data):
    (data / CASES).unlink()
    assert any(m.file == f"data/{CASES}" and "missing" in m.problem for m in mistakes(data))


def test_every_mistake_of_every_file_is_told_at_once(data):
    edit(data, CASES, ",44,male", ",44,man")
    edit(data, "curated/studies.csv", "case_report,,,1,yes", "case_report,,,one,maybe")
    edit(data, "catalog/sources.toml", "[pubmed]", "[pubmed]\nfavourite = 1")
    files = {(m.file, m.column) for m in mistakes(data)}
    assert {
        ("data/curated/cases.csv", "sex"),
        ("data/curated/studies.csv", "n_patients"),
        ("data/curated/studies.csv", "included"),
        ("data/catalog/sources.toml", "favourite"),
    } <= files


def test_semicolons_instead_of_commas_get_a_hint(data):
    path = data / "catalog/disease_relations.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    assert any("Save the file with commas" in m.remedy for m in mistakes(data))


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n")])
def test_a_byte_order_mark_and_windows_line_ends_are_read(data, change):
    path = data / "catalog/disease_relations.csv"
    path.write_bytes(change(path.read_text(encoding="utf-8")).encode())
    assert len(catalog.load(data).tables["disease_relation"]) == 8


def test_a_line_number_is_that_of_the_file_even_after_cells_of_many_lines(data):
    path = data / "catalog/disease_relations.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    broken = [lines[0], '"im\nam",dm,comparator,10', "nobody,dm,comparator,20"]
    path.write_text("\n".join(broken) + "\n", encoding="utf-8")
    assert 4 in {m.line for m in mistakes(data) if m.file.endswith("disease_relations.csv")}


def test_a_stray_quote_and_broken_toml_are_mistakes_and_no_crash(data):
    edit(data, CASES, "Focal destructive", '"Focal" destructive')
    (data / "catalog/sources.toml").write_text("[pubmed\n", encoding="utf-8")
    assert {m.file for m in mistakes(data)} >= {"data/catalog/sources.toml"}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_rows_or_mistakes_never_a_crash(content):
    declared = tables.table("disease_relation")
    rows, told = catalog.read_table(declared, content)
    assert all(m.file == "data/catalog/disease_relations.csv" for m in told)
    assert all(set(r.cells) == {c.name for c in declared.columns} for r in rows)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_sources_or_mistakes_never_a_crash(content):
    sources, told = catalog.read_sources(content)
    assert sources == {} or all(s.publisher for s in sources.values()) or told


def test_terms_of_imam_keep_the_acronym_beside_a_word_of_the_field():
    name, synonyms, broader = catalog.terms(catalog.load(DATA), "imam")
    assert name.phrases[0] == "Inflammatory myopathy with abundant macrophages"
    assert "IMAM" not in (*name.phrases, *synonyms.phrases)
    assert synonyms.acronyms == ("IMAM",)
    assert "myositis" in synonyms.context
    assert "Idiopathic inflammatory myopathy" in broader.phrases
    assert broader.names == name.names
    assert "Idiopathic inflammatory myopathy" not in name.names


def test_field_words_are_those_of_the_disease(data):
    def other_field(row):
        if row["disease_id"] == "mmf":
            row["field_words"] = "fasciitis;aluminium"

    rewrite(data, "catalog/diseases.csv", other_field)
    loaded = catalog.load(data)
    assert {t.context for t in catalog.terms(loaded, "mmf")} == {("fasciitis", "aluminium")}
    assert {t.context for t in catalog.terms(loaded, "imam")} == {
        ("myositis", "myopathy", "myopathies", "muscle")
    }


def test_every_name_of_a_disease_is_asked_by_some_rung():
    loaded = catalog.load(DATA)
    rows = [r for r in loaded.tables["disease_name"] if r["kind"] != "broad"]
    invented = {**rows[0], "name": "XYZM", "kind": "acronym", "ambiguous": False}
    changed = replace(loaded, tables={**loaded.tables, "disease_name": (*rows, invented)})
    for row in (*rows, invented):
        asked = catalog.terms(changed, str(row["disease_id"]))
        assert any(row["name"] in (*t.phrases, *t.acronyms) for t in asked), row["name"]


@pytest.mark.parametrize("content", ["", "   \n"])
def test_an_emptied_file_is_a_mistake(data, content):
    (data / CASES).write_text(content, encoding="utf-8")
    assert any(m.file == f"data/{CASES}" and "empty" in m.problem for m in mistakes(data))


def test_a_reader_of_spaces_is_nobody(data):
    path = data / "curated/landscape.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("2026-11-23,,name_search", "2026-11-23,  ,name_search")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert any(m.column == "second_reader" and "spaces" in m.problem for m in mistakes(data))


def test_a_disease_without_a_parent_is_not_searched_broader():
    assert [t.rung for t in catalog.terms(catalog.load(DATA), "mmf")] == ["name", "synonyms"]


def test_every_source_says_publisher_licence_coverage_and_has_https_pages():
    for source in catalog.load(DATA).sources.values():
        assert source.publisher, source.source_id
        assert source.coverage_en, source.source_id
        assert source.coverage_fr, source.source_id
        assert source.licence_page == "" or source.licence_page.startswith("https://"), source.source_id
        assert len(source.caveats_en) == len(source.caveats_fr), source.source_id


def test_no_row_of_the_evidence_was_lost():
    """The rows handed over with the project, counted when they were taken in."""
    expected = {
        "question": 39,
        "reference": 248,
        "disease": 9,
        "disease_name": 59,
        "intervention_class": 16,
        "intervention": 61,
        "study": 47,
        "related_label": 28,
        "case_": 9,
        "case_treatment": 10,
        "trial": 73,
        "trial_eligibility": 73,
        "trial_claim": 24,
        "dataset_search": 55,
        "biomarker": 83,
        "funding": 43,
        "funder_check": 34,
        "landscape": 147,
        "next_step": 12,
        "known_item": 30,
        "seed_claim": 61,
    }
    loaded = catalog.load(DATA)
    assert {name: len(loaded.tables[name]) for name in expected} == expected
