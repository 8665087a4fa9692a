"""Every code has words in both languages, and no sentence claims more than its state."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from dashboard import certificate, queries, summary, wording
from dashboard.marks import says
from dashboard.text import LOCALE, translate
from etl.model import FAULTS, REASONS
from tests.conftest import ROOT

#: What nothing on screen may say.
FORBIDDEN = re.compile(
    r"(?:nobody|no one) has (?:ever )?(?:studied|published|tried)|never been studied"
    r"|\bproves?\b|\bproven that\b|does not exist|\bno\b[^.;]* exists?\b"
    r"|personne n’a (?:jamais |encore )?(?:étudié|publié|essayé)|jamais étudié|n’existe|prouve\b",
    re.IGNORECASE,
)
#: What no sentence on a cell may say either.
ONLY = re.compile(r"\bonly\b|\bseul(?:s|es|ement)?\b", re.IGNORECASE)


def catalog() -> Any:
    with (LOCALE / "fr" / "LC_MESSAGES" / "lacuna.po").open("rb") as file:
        return read_po(file, locale="fr")


@pytest.mark.parametrize(("codes", "words"), [(REASONS, wording.REASONS), (FAULTS, wording.FAULTS)])
def test_every_code_is_worded_in_both_languages(codes: dict[str, str], words: dict[str, str]) -> None:
    assert set(codes) == set(words)
    french = translate("fr")
    assert all(french.gettext(message) != message for message in words.values())


def test_reasons_read_as_words() -> None:
    en, fr = translate("en"), translate("fr")
    part = wording.reason("part_of_source", "101,016 rows, 2018-07", "ClinicalTrials.gov", en)
    assert part == "a part of ClinicalTrials.gov was searched, not the whole (101,016 rows, Jul 2018)"
    said = wording.reason("funders_unchecked", "8 of 32", "", fr)
    assert said == "les financeurs de la liste n’ont pas tous été vérifiés (8 sur 32)"
    assert "()" not in wording.reason("failed", "", "PubMed", en)
    titles = {"trials_registered": "Essais enregistrés"}
    assert "Essais enregistrés" in wording.reason("follows", "trials_registered", "", fr, titles)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_no_cell_says_more_than_its_state(embedded: Path, lang: str) -> None:
    text = translate(lang)
    cells = queries.grid("imam")
    said = [wording.sentence(r, text, "Somebody (2025)", 32) for r in cells.to_dict("records")]
    said += [says(r, text) for r in cells.to_dict("records")]
    said += [note for r in cells.to_dict("records") for note in wording.asides(r, text)]
    said += [summary.finding(cells, "imam", text), summary.alternative(cells, "imam", text)]
    said += [summary.searched(queries.searched(d), d, text) for d in cells["disease_id"].unique()]
    assert [s for s in said if FORBIDDEN.search(s) or ONLY.search(s)] == []
    assert [s for s in said if "{" in s] == []


def test_no_message_of_the_interface_uses_forbidden_words() -> None:
    messages = [m for m in catalog() if m.id]
    texts = [t for m in messages for t in (*_all(m.id), *_all(m.string))]
    assert [t for t in texts if FORBIDDEN.search(t)] == []


def _all(message: Any) -> tuple[str, ...]:
    return message if isinstance(message, tuple) else (message,)


def test_sentences_of_each_state(embedded: Path) -> None:
    cells = queries.grid("imam").set_index(["question_id", "disease_id"], drop=False)
    en = translate("en")

    def said(question: str, disease: str = "imam") -> str:
        row = cells.loc[(question, disease)].to_dict()
        found = queries.certificate(question, disease)
        return wording.sentence(row, en, certificate.claimant(found, en), *certificate.funders(found))

    assert said("trials_registered", "dm") == "At least 46 gathered (trials)."
    assert said("trials_registered").startswith("None seen so far; 0 of 5 required sources searched")
    assert said("diagnostic_code") == "None found in 1 of 1 required source, 4 Aug 2026, controls passed."
    assert "says there is none; not re-run here" in said("approved_treatment")
    assert said("expert_network") == "Not looked for yet."
    assert "among the 32 funders listed" in said("disease_programmes")


def test_french_is_complete() -> None:
    empty = [m.id for m in catalog() if m.id and not all(_all(m.string))]
    assert empty == []
    assert [m.id for m in catalog() if m.fuzzy and m.id] == []


def test_no_message_is_missing_from_the_catalog(tmp_path: Path) -> None:
    pot = tmp_path / "lacuna.pot"
    extract = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        "extract",
        "-k",
        "NN_:1,2",
        "-o",
        str(pot),
    ]
    subprocess.run([*extract, "app.py", "pages", "dashboard"], cwd=ROOT, check=True)
    with pot.open("rb") as file:
        wanted = {one for m in read_po(file) if m.id for one in _all(m.id)}
    # a plural is asked for by both its forms, whichever way they are marked in the code
    assert wanted - {one for m in catalog() if m.id for one in _all(m.id)} == set()


def test_french_spaces_before_high_punctuation() -> None:
    bad = re.compile(r"(?<![\u00a0\u202f{}&\w/\d])[;!?»]|\w[;!?](?!\w)| [:;!?»]|« (?!\u00a0)")
    texts = [t for m in catalog() if m.id for t in _all(m.string)]
    assert [t for t in texts if bad.search(t.replace("0?", ""))] == []


def test_no_number_is_no_zero() -> None:
    with pytest.raises(TypeError):
        translate("en").number(None)  # type: ignore[arg-type]
    assert (translate("en").number(-0.0), translate("en").number(0)) == ("0", "0")


def test_numbers_and_dates_follow_the_language() -> None:
    en, fr = translate("en"), translate("fr")
    assert (en.number(101016), fr.number(101016)) == ("101,016", "101\u202f016")
    assert (en.day("2026-11-23"), fr.day("2026-11-23")) == ("23 Nov 2026", "23 nov. 2026")
    assert (en.day("2018-07"), fr.day("2024"), en.day("")) == ("Jul 2018", "2024", "")
    assert translate("xx").lang == "en"
