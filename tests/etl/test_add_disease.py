"""A draft from Orphadata: what a person must decide is marked, and then ``check`` accepts it."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import threading
from collections.abc import Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from click.testing import CliRunner

from etl import __main__ as commands
from etl import add_disease, catalog
from etl.model import Answer, Fault, Reading, Request
from etl.sources import orphadata

from .conftest import DATA
from .sources.test_orphadata import UNKNOWN, documented

CATALOG = catalog.load(DATA)
TODAY = "2026-11-23"


class Orphanet:
    """Answers by path and language; whatever is not there is unknown to it."""

    def __init__(self, answers: Mapping[tuple[str, str], object]) -> None:
        self.answers, self.asked = answers, []

    def ask(self, request: Request, read, *, anew: bool = False) -> tuple[Answer, Reading]:
        key = (request.path, dict(request.params)["lang"])
        self.asked.append(key)
        body = self.answers.get(key, UNKNOWN)
        raw = json.dumps(body).encode()
        status = 404 if body is UNKNOWN else 200
        digest = hashlib.sha256(raw).hexdigest()
        answer = Answer("u", status, "application/json", raw, datetime(2026, 11, 23), digest)
        return answer, read(request, answer)


def named(code: int, lang: str, name: str, *synonyms: str, references: tuple = ()) -> dict:
    rows = [
        {"Source": s, "Reference": r, "DisorderMappingRelation": f"{relation} (…)"}
        for s, r, relation in references
    ]
    told = {"ORPHAcode": code, "Preferred term": name, "Synonym": list(synonyms), "Typology": "Disease"}
    told |= {"ExternalReference": rows, "Date": "2025-12-09 07:06:32"}
    return {"data": {"results": told}, "datasetCategory": {"lang": lang}}


def placed(code: int, parents: list[int], children: list[int]) -> dict:
    told = {
        "ORPHAcode": code,
        "hch_tag": "rare neurological diseases",
        "parents": parents,
        "childs": children,
    }
    return {"data": {"results": [told]}, "datasetCategory": {"lang": "en"}}


def at(code: int, lang: str = "en") -> tuple[str, str]:
    return f"/rd-cross-referencing/orphacodes/{code}", lang


def places(code: int) -> tuple[str, str]:
    return f"/rd-classification/orphacodes/{code}/hchids", "en"


EOSINOPHILIC = Orphanet(
    {
        at(247724): named(
            247724,
            "en",
            "Idiopathic eosinophilic myositis",
            "IEM",
            "Idiopathic inflammatory myopathy",
            references=(("MONDO", "0016610", "E"), ("ICD-10", "M60.8", "NTBT"), ("UMLS", "C1", "E")),
        ),
        at(247724, "fr"): named(247724, "fr", "Myosite à éosinophiles idiopathique"),
        places(247724): placed(247724, [98482], []),
        places(98482): placed(98482, [98006], [247724, 221, 732, 48918, 611, 206569, 81, 247718, 206572]),
    }
)


@pytest.fixture
def alexander(recorded: Path) -> Orphanet:
    """The documented answers about ORPHA:58, with one recorded disorder of product 1 as its sibling."""
    english = documented(recorded, "/rd-cross-referencing/orphacodes/{orphacode}")
    french = json.loads(json.dumps(english))
    french["datasetCategory"]["lang"] = "fr"
    french["data"]["results"]["Preferred term"] = "Maladie d'Alexander"
    with (recorded / "orphadata/orphanet-link__en_product1.xml").open("rb") as stream:
        sibling = next(orphadata.disorders(stream))
    told = [(r.source, r.code.removeprefix("MONDO:"), "E" if r.exact else "NTBT") for r in sibling.references]
    code = int(sibling.orpha)
    return Orphanet(
        {
            at(58): english,
            at(58, "fr"): french,
            places(58): documented(recorded, "/rd-classification/orphacodes/{orphacode}/hchids"),
            places(68356): placed(68356, [], [58, code, 999]),
            at(68356): named(68356, "en", "Leukodystrophy"),
            at(68356, "fr"): named(68356, "fr", "Leucodystrophie"),
            at(code): named(code, "en", sibling.name, *sibling.synonyms, references=tuple(told)),
            at(code, "fr"): named(code, "fr", sibling.name),
        }
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in ("catalog", "curated"):
        shutil.copytree(DATA / folder, tmp_path / folder)
    return tmp_path


def clear_reviews(folder: Path, keep: str = "") -> None:
    """What a person does last: empty every cell of the column ``review``."""
    for file in folder.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            names, rows = list(reader.fieldnames or ()), list(reader)
        for row in rows:
            row["review"] = row["review"] if keep and keep in row["review"] else ""
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, names)
            writer.writeheader()
            writer.writerows(rows)


def test_a_draft_of_recorded_answers_is_accepted_once_its_review_marks_are_cleared(data, alexander):
    folder = add_disease.write(data, add_disease.draft(alexander, CATALOG, "58", TODAY))
    waiting = add_disease.mistakes(data, folder)
    assert {m.column for m in waiting} == {"review"}
    clear_reviews(folder)
    assert add_disease.mistakes(data, folder) == []
    add_disease.adopt(data, folder)
    assert not folder.exists()
    loaded = catalog.load(data)
    (added,) = [r for r in loaded.tables["disease"] if r["orpha"] == "58"]
    assert (added["label_en"], added["label_fr"]) == ("Alexander disease", "Maladie d'Alexander")
    assert len(catalog.terms(loaded, str(added["disease_id"]))) == 3
    assert loaded.tables["disease"][: len(CATALOG.tables["disease"])] == CATALOG.tables["disease"]


def test_a_draft_for_a_family_that_the_catalog_has_names_its_members(data):
    made = add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY)
    (disease,) = [r for r in made.rows["disease"] if r["orpha"] == "247724"]
    assert (disease["disease_id"], disease["abbreviation"]) == ("iem", "IEM")
    assert (disease["label_en"], disease["label_fr"], disease["parent_disease_id"]) == (
        "Idiopathic eosinophilic myositis",
        "Myosite à éosinophiles idiopathique",
        "iim",
    )
    relations = [(r["other_id"], r["role"]) for r in made.rows["disease_relation"]]
    assert relations == [
        ("iim", "parent"),
        *((d, "comparator") for d in ("asys", "dm", "ibm", "pm", "imnm", "imam")),
    ]
    assert made.left_out == ["48918", "206572"]
    assert all("proposed" in r["review"] for r in made.rows["disease_relation"])
    folder = add_disease.write(data, made)
    clear_reviews(folder)
    assert add_disease.mistakes(data, folder) == []


def test_only_exact_codes_are_taken():
    (disease,) = add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY).rows["disease"]
    assert (disease["mondo"], disease["umls"], disease["icd10"]) == ("MONDO:0016610", "C1", "")


def test_synonyms_wait_for_review_and_acronyms_are_marked_ambiguous():
    names = add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY).rows["disease_name"]
    told = {(r["name"], r["language"]): r for r in names}
    preferred = told["Myosite à éosinophiles idiopathique", "fr"]
    assert (preferred["kind"], preferred["review"]) == ("preferred", "")
    acronym = told["IEM", "en"]
    assert (acronym["kind"], acronym["ambiguous"]) == ("acronym", "yes")
    assert acronym["review"].startswith("ambiguous")
    assert told["Idiopathic inflammatory myopathy", "en"]["review"].startswith("also a name of iim, imam")


def test_field_words_come_from_relatives_of_the_catalog_and_wait_for_review_where_they_matter():
    (disease,) = add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY).rows["disease"]
    assert disease["field_words"].split(";")[:4] == ["myositis", "myopathy", "myopathies", "muscle"]
    assert "field words" in disease["review"]


def test_field_words_of_another_field_come_from_the_names_of_the_family(data, alexander):
    rows = add_disease.draft(alexander, CATALOG, "58", TODAY).rows["disease"]
    assert all("leukodystrophy" in r["field_words"].split(";") for r in rows)
    assert not {"myositis", "muscle", "disease"} & set(rows[0]["field_words"].split(";"))


def test_words_that_most_names_hold_come_first_and_those_of_every_field_not_at_all():
    names = ["Alexander disease", "Canavan leukodystrophy", "Krabbe leukodystrophy", "Idiopathic thing"]
    assert add_disease.field_words(names)[0] == "leukodystrophy"
    assert not {"disease", "idiopathic"} & set(add_disease.field_words(names))
    assert add_disease.field_words(names, ["myelin"])[:2] == ["myelin", "leukodystrophy"]
    assert len(add_disease.field_words([f"Name {chr(97 + n) * 6}" for n in range(20)])) == 6


@pytest.mark.parametrize(
    ("name", "acronym", "ambiguous"),
    [
        ("IBM", True, True),
        ("sIBM", True, True),
        ("ASyS", True, True),
        ("AxD", True, True),
        ("Juvenile DM", False, True),
        ("AS syndrome", False, True),
        ("Anti-ARS syndrome", False, False),
        ("Polymyositis", False, False),
    ],
)
def test_what_an_acronym_is(name, acronym, ambiguous):
    assert (add_disease.is_acronym(name), add_disease.is_ambiguous(name)) == (acronym, ambiguous)


def test_a_french_name_that_is_the_english_one_waits_for_review(alexander):
    made = add_disease.draft(alexander, CATALOG, "58", TODAY)
    (sibling,) = [r for r in made.rows["disease"] if r["orpha"] == "166024"]
    assert "the French name is the English one" in sibling["review"]
    assert "proposed comparator" in sibling["review"]
    assert made.left_out == ["999", "183500"]


def test_an_unknown_code_or_a_known_disease_is_refused():
    with pytest.raises(add_disease.DraftError, match="knows no ORPHA:58"):
        add_disease.draft(Orphanet({}), CATALOG, "58", TODAY)
    with pytest.raises(add_disease.DraftError, match="already, as 'imam'"):
        add_disease.draft(EOSINOPHILIC, CATALOG, "247718", TODAY)


def test_an_answer_in_the_wrong_language_makes_no_draft():
    answers = {**EOSINOPHILIC.answers, at(247724, "fr"): EOSINOPHILIC.answers[at(247724)]}
    with pytest.raises(Fault, match="answered in 'en'"):
        add_disease.draft(Orphanet(answers), CATALOG, "247724", TODAY)


def test_an_open_review_is_told_with_file_and_line_and_nothing_is_adopted(data):
    folder = add_disease.write(data, add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY))
    clear_reviews(folder, keep="ambiguous")
    (mistake,) = add_disease.mistakes(data, folder)
    assert str(mistake).startswith(
        "data/drafts/iem/disease_names.csv, line 3, column review: To be reviewed: amb"
    )
    before = (data / "catalog/diseases.csv").read_bytes()
    with pytest.raises(catalog.CatalogMistakes):
        add_disease.adopt(data, folder)
    assert (data / "catalog/diseases.csv").read_bytes() == before and folder.exists()


def test_a_mistake_in_a_draft_is_told_where_the_person_wrote_it(data):
    folder = add_disease.write(data, add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY))
    clear_reviews(folder)
    file = folder / "disease_names.csv"
    file.write_text(file.read_text(encoding="utf-8").replace(",fr,", ",de,"), encoding="utf-8")
    (mistake,) = add_disease.mistakes(data, folder)
    assert str(mistake).startswith("data/drafts/iem/disease_names.csv, line 5, column language: 'de'")


def test_a_damaged_draft_is_told(data):
    folder = add_disease.write(data, add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY))
    clear_reviews(folder)
    (folder / "known_items.csv").write_text("review;disease_id\n", encoding="utf-8")
    (folder / "references.csv").unlink()
    assert {m.file.rpartition("/")[2] for m in add_disease.mistakes(data, folder)} == {
        "known_items.csv",
        "references.csv",
    }


def test_a_draft_that_a_person_works_on_is_never_overwritten(data):
    made = add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY)
    add_disease.write(data, made)
    with pytest.raises(add_disease.DraftError, match="is there already"):
        add_disease.write(data, made)


def test_the_command_drafts_from_a_service(data, monkeypatch):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            body = EOSINOPHILIC.answers.get((path, dict(parse_qsl(query))["lang"]), UNKNOWN)
            self.send_response(404 if body is UNKNOWN else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("LACUNA_BASE_ORPHADATA", f"http://127.0.0.1:{server.server_port}")
        run = CliRunner().invoke
        done = run(commands.main, ["add-disease", "ORPHA:247724", "--data", str(data)])
        unknown = run(commands.main, ["add-disease", "999999", "--data", str(data)])
        server.shutdown()
    assert done.exit_code == 0, done.output
    assert (
        (data / "drafts/iem/disease_names.csv").read_text(encoding="utf-8").startswith("review,disease_id,")
    )
    assert unknown.exit_code == 1 and "knows no ORPHA:999999" in unknown.output


def test_the_commands_say_what_to_do(data, monkeypatch):
    run = CliRunner().invoke
    tried = run(commands.main, ["add-disease", "ORPHA:x", "--data", str(data)])
    assert tried.exit_code == 2 and "Write it as ORPHA:247724" in tried.output
    nobody = run(commands.main, ["add-disease", "ORPHA:247724", "--data", str(data)])
    assert nobody.exit_code == 1 and "LACUNA_CONTACT" in nobody.output
    folder = add_disease.write(data, add_disease.draft(EOSINOPHILIC, CATALOG, "247724", TODAY))
    monkeypatch.setattr(commands, "ROOT", data)
    (data / "data").symlink_to(data)
    checked = run(commands.main, ["check", "--store", str(data / "none")])
    assert checked.exit_code == 1 and "To be reviewed" in checked.output
    clear_reviews(folder)
    checked = run(commands.main, ["check", "--store", str(data / "none")])
    assert checked.exit_code == 0 and "Draft iem: reviewed" in checked.output
    adopted = run(commands.main, ["add-disease", "ORPHA:247724", "--adopt", "--data", str(data)])
    assert adopted.exit_code == 0, adopted.output
    assert run(commands.main, ["check", "--store", str(data / "none")]).exit_code == 0
