"""The files for a meeting: the same numbers in each, safe names, safe texts, nothing lost."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd
import pytest
from click.testing import CliRunner
from pptx import Presentation
from pypdf import PdfReader

from dashboard import challenge, queries, story, tables, takeaway
from dashboard.export import package as packages
from dashboard.export.__main__ import main
from dashboard.export.csv_table import csv_table
from dashboard.export.html import html
from dashboard.export.names import file_name
from dashboard.export.pdf import pdf
from dashboard.export.pptx import pptx
from dashboard.queries import story as asked
from dashboard.story.cells import focus_cells, focus_table
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Bars
from dashboard.text import translate
from tests.dashboard.conftest import STATE_OF
from tests.dashboard.test_story import without_data

DAY = STATE_OF.date()
PLANTED = "</script><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"


@pytest.fixture
def rows(embedded: Path) -> Rows:
    return asked.rows("imam", DAY)


def pptx_text(data: bytes) -> str:
    found = []
    for slide in Presentation(io.BytesIO(data)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += ["\t".join(cell.text for cell in row.cells) for row in shape.table.rows]
    return "\n".join(found)


def pdf_text(data: bytes) -> str:
    return squeezed(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


def squeezed(said: str) -> str:
    """Without white space and hyphens at line ends: a reader of PDF breaks lines where it likes."""
    return re.sub(r"[\s\u202f\u00a0-]+", "", said)


def plain_html(data: bytes) -> str:
    from html import unescape

    return unescape(re.sub(r"<[^>]+>", "\t", data.decode()))


def views() -> list[tuple[str, str, Filter]]:
    dice = random.Random(7)
    chosen = []
    for _ in range(10):
        first = dice.randint(1990, 2020)
        years = dice.choice([None, (first, first + dice.randint(0, 20))])
        classes = dice.choice([(), ("glucocorticoid",), ("immunoglobulin", "glucocorticoid")])
        disease = dice.choice(["imam", "imam", "dm", "jdm", "imnm", "mmf", "iim"])
        chosen.append((disease, dice.choice(["en", "fr"]), Filter(years, classes, (), dice.random() < 0.5)))
    return chosen


@pytest.mark.parametrize(("disease", "lang", "chosen"), views())
def test_ten_views_tell_the_same_in_every_file(
    embedded: Path, disease: str, lang: str, chosen: Filter
) -> None:
    text, rows = translate(lang), asked.rows(disease, DAY)
    slides = story.slides(rows, chosen, text)
    deck, page = pptx_text(pptx(slides, rows.name, text)), plain_html(html(slides, rows.name, text))
    brief = pdf_text(pdf(rows, slides, text))
    shown = queries.grid(disease, DAY)  # what the page draws
    file = list(
        csv.DictReader(
            io.StringIO(csv_table(tables.grid_table(shown, text, DAY.isoformat())).decode("utf-8-sig"))
        )
    )
    by = {(r["question_id"], r["disease_id"]): r for r in file}
    for cell, row in zip(focus_cells(rows), focus_table(rows, text).rows, strict=True):
        in_file = by[str(cell["question_id"]), disease]
        assert in_file["state"] == cell["state"]
        assert in_file["n"] == ("" if pd.isna(cell["n"]) else str(int(cell["n"])))
        assert in_file["answered_on"] == str(cell["answered_on"])
        question, state, number, coverage, day, beside = row
        if cell["state"] == "found":
            assert number.removeprefix("≥\u202f") == text.number(int(in_file["n"]))
        assert "\t".join(row) in deck
        assert "".join(f"\t{part}\t" for part in row) in page
        assert squeezed(question + beside + number + state + coverage + day) in brief
    for slide in slides:
        assert slide.sentence in deck
        assert slide.sentence in page
        for cells in slide.table.rows:
            assert all(part in page for part in cells), cells
    for key in (2, 3, 4, 5, 6, 7):
        assert squeezed(slides[key - 1].sentence) in brief


def test_the_charts_of_the_pptx_hold_the_numbers_of_the_rows(rows: Rows) -> None:
    slides = story.slides(rows, Filter(), translate("en"))
    figures = [s.figure for s in slides if isinstance(s.figure, Bars)]
    deck = Presentation(io.BytesIO(pptx(slides, "IMAM", translate("en"))))
    charts = [shape.chart for slide in deck.slides for shape in slide.shapes if shape.has_chart]
    assert len(charts) == len(figures) == 3
    for chart, figure in zip(charts, figures, strict=True):
        assert [tuple(s.values) for s in chart.plots[0].series] == [s.values for s in figure.series]
    trials = {
        d: int(rows.by_cell["trials_registered", d]["n"])
        for d in ("dm", "jdm", "pm", "ibm", "imnm", "asys", "iim")
    }
    drawn = figures[2]
    sums = [sum(s.values[i] or 0 for s in drawn.series) for i in range(1, 8)]
    assert sums == list(trials.values())


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_shape_has_words_and_stays_on_its_slide(rows: Rows, lang: str) -> None:
    for known in (rows, without_data(rows)):
        deck = Presentation(
            io.BytesIO(pptx(story.slides(known, Filter(), translate(lang)), "IMAM", translate(lang)))
        )
        for slide in deck.slides:
            assert slide.has_notes_slide
            assert slide.notes_slide.notes_text_frame.text
            for shape in slide.shapes:
                assert shape._element.xpath(".//p:cNvPr")[0].get("descr"), shape.name
                assert shape.left >= 0
                assert shape.left + shape.width <= deck.slide_width
                assert shape.top + shape.height <= deck.slide_height
                if shape.has_table:  # a row never promises less than its words need
                    low = shape.top + sum(row.height for row in shape.table.rows)
                    assert low <= 914400 * 7.0, slide.shapes.title.text_frame.text


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize(("paper", "width"), [("a4", 595), ("us-letter", 612)])
def test_the_brief_has_two_pages_at_most_tags_and_its_fonts(
    rows: Rows, lang: str, paper: str, width: int
) -> None:
    text = translate(lang)
    for known in (rows, without_data(rows)):
        read = PdfReader(io.BytesIO(pdf(known, story.slides(known, Filter(), text), text, paper)))
        assert len(read.pages) <= 2
        assert round(float(read.pages[0].mediabox.width)) == width
        assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert read.trailer["/Root"]["/Lang"] == lang
        for page in read.pages:
            for font in page["/Resources"]["/Font"].values():
                inner = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
                assert any(str(key).startswith("/FontFile") for key in inner.get_object())


def test_signs_that_the_font_has_not_do_not_stop_the_brief(rows: Rows) -> None:
    odd = replace(
        rows, disease={**rows.disease, "label_en": "A\u202eB 👩 病 #evil[x] $y$ ≥ é", "abbreviation": "Œ病"}
    )
    text = translate("en")
    said = pdf_text(pdf(odd, story.slides(odd, Filter(), text), text))
    assert squeezed("AB * * #evil[x] $y$ ≥ é") in said


def test_planted_markup_is_text_in_the_html(rows: Rows) -> None:
    odd = replace(
        rows,
        disease={**rows.disease, "label_en": PLANTED, "abbreviation": PLANTED},
        related=rows.related.assign(label_used=PLANTED),
        references=rows.references.assign(citation_short=PLANTED, url="javascript:alert(1)"),
        steps=rows.steps.assign(action_en=PLANTED, deliverable_en=PLANTED, actor_en=PLANTED),
    )
    page = html(story.slides(odd, Filter(), translate("en")), PLANTED, translate("en")).decode()
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert "script-src 'sha256-" in page.replace("&#x27;", "'")


def test_the_html_loads_nothing(rows: Rows) -> None:
    page = html(story.slides(rows, Filter(), translate("fr")), rows.name, translate("fr"))
    assert len(page) < 6_000_000
    assert not re.search(rb"(?:src|srcset)=|<link|@import|url\(", page)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "a;=cmd|'/C calc'!A0", "a\n=1", " =1"],
)
def test_no_text_begins_a_formula_in_any_cell(text: str) -> None:
    made = csv_table(pd.DataFrame({"n": [-3], "said": [text]})).decode("utf-8-sig")
    number, said = list(csv.reader(io.StringIO(made, newline="")))[1]
    assert number == "-3"
    for part in re.split(r"[;\t\r\n]", said):
        assert not part.strip().startswith(("=", "+", "-", "@", "＝")), said


@pytest.mark.parametrize(
    "name", ["a/b\\c", "..", "\"quoted\" 'x'", "👩‍🔬", "\u202eimam\u202c", "", "CON\0", "é" * 300]
)
def test_names_of_files_are_safe(name: str) -> None:
    assert re.fullmatch(
        r"lacuna-[a-z0-9-]+-2026-11-23-brief\.pdf", file_name(name, "2026-11-23", "brief", "pdf")
    )
    assert len(file_name(name, "2026-11-23", "brief", "pdf")) < 120


def test_two_names_without_letters_differ() -> None:
    assert file_name("病", "2026", "x", "csv") != file_name("症", "2026", "x", "csv")


# --- data -------------------------------------------------------------------------------------


def test_the_package_is_valid_and_says_where_all_comes_from(embedded: Path, tmp_path: Path) -> None:
    from frictionless import Package

    made = takeaway.make("zip", "imam", "fr", as_of=DAY)
    assert made.name == "lacuna-imam-2026-11-23-data-fr.zip"
    with zipfile.ZipFile(io.BytesIO(made.data)) as zipped:
        zipped.extractall(tmp_path)
    report = Package(str(tmp_path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldNumber", "type", "message"])
    told = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert all(s["title"] and s["licence"] and s["redistribute"] for s in told["sources"])
    cells = next(r for r in told["resources"] if r["name"] == "cells")
    assert {"state", "n", "bound", "freshness"} <= {f["name"] for f in cells["schema"]["fields"]}
    patients = pd.read_csv(tmp_path / "data/patients.csv")
    assert "age_band" in patients
    assert "age_years" not in patients
    for name in (
        "README.md",
        "CITATION.cff",
        "references.ris",
        "references.bib",
        "data/searches_prisma_s.csv",
    ):
        assert (tmp_path / name).stat().st_size > 100


def test_records_leave_only_as_far_as_their_source_allows() -> None:
    columns = {"source_id": "s", "disease_id": "d", "names_disease": True, "title": "T", "url": "https://x",
               "status": "RECRUITING", "status_as_of": "2026", "start": "2025", "year": 2025, "kind": "trial",
               "match": "title"}  # fmt: skip
    lines = [
        {**columns, "record_id": p, "redistribute": p} for p in ("full", "metadata", "counts_links", "new")
    ]
    kept = packages.passed_on(pd.DataFrame(lines)).set_index("record_id")
    assert kept.loc["full", "title"] == kept.loc["metadata", "title"] == "T"
    for strict in ("counts_links", "new"):
        assert kept.loc[strict, ["title", "status", "start", "year"]].isna().all()
        assert kept.loc[strict, "url"] == "https://x"


# --- shell, challenge -------------------------------------------------------------------------


def test_the_shell_writes_the_files_of_the_buttons(embedded: Path, tmp_path: Path) -> None:
    asked_for = ["--disease", "mmf", "--lang", "fr", "--format", "html,pdf", "--out", str(tmp_path)]
    result = CliRunner().invoke(main, asked_for)
    assert result.exit_code == 0, result.output
    assert "[1/2] mmf fr html" in result.output
    made = takeaway.make("html", "mmf", "fr")
    assert (tmp_path / made.name).read_bytes() == made.data
    wrong = CliRunner().invoke(main, ["--disease", "xyz", "--out", str(tmp_path)])
    assert wrong.exit_code != 0
    assert "known: imam" in wrong.output


def test_a_challenge_holds_cell_date_and_queries(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = queries.grid("imam", DAY)
    cell = cell[(cell["question_id"] == "diagnostic_code") & (cell["disease_id"] == "imam")].iloc[0].to_dict()
    found = queries.certificate("diagnostic_code", "imam")
    assert challenge.mailto(cell, found, translate("en")) == ""
    monkeypatch.setenv("LACUNA_CHALLENGE", "doubts@example.org")
    made = urlsplit(challenge.mailto(cell, found, translate("fr"), "https://x.org/?cell=a.b"))
    told = {k: v[0] for k, v in parse_qs(made.query).items()}
    assert made.path == "doubts@example.org"
    assert "diagnostic_code.imam" in told["subject"]
    assert "Code CIM propre" in told["body"]
    assert "4 août 2026" in told["body"]
    assert str(found.searches.iloc[0]["query"]) in told["body"]
    assert "https://x.org/?cell=a.b" in told["body"]


def test_a_long_challenge_is_cut_and_says_so(embedded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LACUNA_CHALLENGE", "doubts@example.org")
    cell = queries.grid("imam", DAY).iloc[0].to_dict()
    found = queries.certificate("trials_registered", "imam")
    row = found.searches.iloc[[0]].assign(query="x&y=z " * 40)
    many = replace(found, searches=pd.concat([row] * 50))
    made = challenge.mailto(cell, many, translate("en"))
    assert len(made) <= challenge.LONGEST
    assert re.search(r"- and \d+ more", unquote(made))
