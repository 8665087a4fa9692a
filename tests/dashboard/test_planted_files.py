"""Data that tries to become markup, a formula or a link stays plain text in every file that is taken away."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from pptx import Presentation
from pypdf import PdfReader

from dashboard import takeaway
from tests.planted import HOST, PLAIN, planted_store, turned

#: How a text begins that wants to be run by a spreadsheet, to end an entry and to begin another one.
FORMULA = '=HYPERLINK("http://planted.invalid/";"planted}")\nTY  - '
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted_store(tmp_path_factory.mktemp("planted"), FORMULA)


@pytest.fixture
def store(planted: Path, closed_network: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LACUNA_STORE", str(planted))
    return planted


@pytest.fixture
def packed(store: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(io.BytesIO(takeaway.make("zip", "imam", "en").data)) as opened:
        yield opened


def texts(deck: bytes) -> Iterator[str]:
    """Every text of a file of slides: shapes, cells, notes."""
    for slide in Presentation(io.BytesIO(deck)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                yield shape.text_frame.text
            if shape.has_table:
                yield from (cell.text for row in shape.table.rows for cell in row.cells)
        yield slide.notes_slide.notes_text_frame.text


def test_slides_of_powerpoint_hold_planted_texts_as_text(store: Path) -> None:
    deck = takeaway.make("pptx", "imam", "en").data
    said = "\n".join(texts(deck))
    assert set(PLAIN) <= set(re.findall("planted[a-z]+", said))
    assert turned(said) == []
    with zipfile.ZipFile(io.BytesIO(deck)) as parts:
        for name in parts.namelist():
            if name.endswith(".rels"):
                assert b'TargetMode="External"' not in parts.read(name), name
        books = [name for name in parts.namelist() if name.endswith(".xlsx")]
        sheets = [sheet for name in books for sheet in worksheets(parts.read(name))]
    assert len(sheets) >= 3, "the charts of the slides bring their workbooks"
    for sheet in sheets:
        assert sheet.find(f".//{_SHEET}f") is None, "a planted text became a formula of a workbook"
        assert sheet.find(f".//{_SHEET}hyperlink") is None


def worksheets(book: bytes) -> Iterator[ElementTree.Element]:
    """The sheets of one workbook, which python-pptx wrote here."""
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/sheet"):
                yield ElementTree.fromstring(parts.read(name))


@pytest.mark.parametrize("kind", ["pdf", "pdf-letter"])
def test_the_brief_holds_planted_texts_as_text(store: Path, kind: str) -> None:
    made = takeaway.make(kind, "imam", "fr").data
    read = PdfReader(io.BytesIO(made))
    said = "".join(page.extract_text() for page in read.pages).replace("\n", "")
    assert "<b>plantedhtml</b>" in said
    assert turned(said) == []
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(read.root_object)
    assert not read.attachments
    for page in read.pages:
        for annotation in page.get("/Annots") or ():
            action = annotation.get_object().get("/A") or {}
            assert action.get("/S") not in ("/JavaScript", "/Launch"), action
            assert HOST not in str(action.get("/URI", "")), action


def test_no_cell_of_the_data_can_be_run_by_a_spreadsheet(packed: zipfile.ZipFile) -> None:
    seen = 0
    for name in packed.namelist():
        if not name.endswith(".csv"):
            continue
        for row in csv.reader(io.StringIO(packed.read(name).decode("utf-8-sig"), newline="")):
            for cell in row:
                seen += FORMULA in cell
                assert runs_nowhere(cell), f"{name}: {cell[:80]}"
    assert seen > 100


def runs_nowhere(cell: str) -> bool:
    """Whether no spreadsheet begins a formula in it: not at its start, nor where an import may cut it."""
    if re.fullmatch(r"-?\d+(\.\d+)?", cell):
        return True
    return not any(part.lstrip().startswith(tuple("=+-@＝＋－＠")) for part in re.split(r"[;\t\r\n]", cell))


def test_the_other_files_of_the_data_are_what_they_say(packed: zipfile.ZipFile) -> None:
    """A planted text neither ends a field nor begins one."""
    told = json.loads(packed.read("datapackage.json"))
    assert FORMULA in told["title"]
    cited = yaml.safe_load(packed.read("CITATION.cff"))
    assert FORMULA in cited["title"]
    assert set(cited) == {"cff-version", "message", "title", "type", "authors", "version", "date-released"}
    ris = re.split("[\r\n]+", packed.read("references.ris").decode())
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in ris if line)
    begun = [sum(line.startswith(f"{tag}  - ") for line in ris) for tag in ("TY", "ID", "ER")]
    assert begun[0] == begun[1] == begun[2] > 10
    bib = re.sub(r"\\[{}]", "", packed.read("references.bib").decode())
    depth = 0
    for sign in re.findall("[{}]", bib):
        depth += 1 if sign == "{" else -1
        assert depth >= 0, "a planted brace ended an entry"
    assert depth == 0
    readme = packed.read("README.md").decode()
    assert r"\<b\>plantedhtml" in readme
    assert "\nTY" not in readme
    assert not re.search(r"(?<!\\)[<\[*$]", readme.replace("**", ""))
