"""The translations and the program hold the same messages: ``make messages`` neither adds nor drops one."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from dashboard.text import LANGUAGES
from dashboard.wording import _DESCRIBED
from etl import catalog
from tests.conftest import ROOT

Message = str | tuple[str, ...]
TRANSLATED = [lang for lang in LANGUAGES if lang != "en"]


def _held(lang: str, kind: Literal["po", "mo"]) -> dict[Message, Message]:
    """Message -> its translation; several forms as tuples."""
    read = {"po": read_po, "mo": read_mo}[kind]
    with (ROOT / "dashboard" / "locale" / lang / "LC_MESSAGES" / f"lacuna.{kind}").open("rb") as file:
        return {_one(m.id): _one(m.string) for m in read(file) if m.id}


def _one(said: Any) -> Message:
    return said if isinstance(said, str) else tuple(said)


def _in_the_program() -> Iterator[Message]:
    keywords = {**DEFAULT_KEYWORDS, "NN_": (1, 2)}
    for folder in ("pages", "dashboard", "."):
        methods = [("app.py" if folder == "." else "**.py", "python")]
        for found in extract_from_dir(str(ROOT / folder), methods, keywords=keywords):
            yield found[2]


@pytest.mark.parametrize("lang", TRANSLATED)
def test_every_message_of_the_program_is_translated_and_no_other(lang: str) -> None:
    held = _held(lang, "po")
    assert set(held) == set(_in_the_program())
    assert [one for one, said in held.items() if not said or not all(said)] == []


@pytest.mark.parametrize("lang", TRANSLATED)
def test_a_translation_fills_in_nothing_that_its_message_does_not_have(lang: str) -> None:
    assert [one for one, said in _held(lang, "po").items() if not _places(said) <= _places(one)] == []


@pytest.mark.parametrize("lang", TRANSLATED)
def test_readers_get_what_was_translated_last(lang: str) -> None:
    assert _held(lang, "mo") == _held(lang, "po")


def test_a_translated_name_of_a_source_is_one_of_the_catalog() -> None:
    assert {source.name for source in catalog.load(ROOT / "data").sources.values()} >= _DESCRIBED


def _places(said: Message) -> set[str]:
    parts = (said,) if isinstance(said, str) else said
    return {name for part in parts for _, name, _, _ in string.Formatter().parse(part) if name is not None}
