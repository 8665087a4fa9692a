"""How a record names a disease."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from etl.match import match, same_name
from etl.model import Record, Rung
from etl.sieve import Sieve
from tests.etl.answers import NAME, imam

BLANK = Record("clinicaltrials_gov", "NCT1", "trial", "A trial", "")


def matched(names: tuple[str, ...] = (NAME,), rung: Rung = "name", **fields: Any) -> tuple[str, str]:
    return match(replace(BLANK, **fields), imam(rung, names=names, acronyms=("IMAM",)))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"conditions": (NAME,), "title": NAME}, "condition"),
        ({"title": f"Rituximab in {NAME}", "keywords": (NAME,)}, "title"),
        ({"titles": ("x", NAME)}, "title"),
        ({"keywords": (NAME,), "texts": (NAME,)}, "keyword"),
        ({"texts": (f"Patients with {NAME} are welcome.",)}, "text"),
        ({"conditions": ("Dermatomyositis",)}, "rejected"),
    ],
)
def test_the_strongest_place_counts(fields: dict[str, Any], expected: str) -> None:
    assert matched(**fields)[0] == expected


def test_the_name_that_matched_is_told() -> None:
    assert matched(("Other name", NAME), conditions=(NAME.upper(),)) == ("condition", NAME)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"conditions": ("Myositis",)}, ("broader", "Myositis")),
        ({"title": "Exercise in myositis"}, ("broader", "Myositis")),
        ({"texts": ("Such as myositis.",)}, ("rejected", "")),
        ({"conditions": ("Asthma",)}, ("rejected", "")),
        ({"conditions": ("Myositis",), "texts": (NAME,)}, ("text", NAME)),
    ],
)
def test_broader_is_a_record_that_names_the_parent_itself(
    fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    """A source that searches running text also brings records that are not about the parent."""
    parent = imam("broader", phrases=("Myositis",))
    assert match(replace(BLANK, **fields), parent) == expected


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("INFLAMMATORY MYOPATHY with abundant macrophages", NAME),
        ("inflammatory myopathies with abundant macrophage", NAME),
        ("Inflammatory myopathy, with abundant macrophages.", NAME),
        ("Immune mediated necrotising myopathies", "Immune-mediated necrotizing myopathy"),
        ("Anti-synthetase syndrome", "Antisynthetase syndrome"),
        ("anti synthetase syndromes", "Antisynthetase syndrome"),
        ("Anti Jo-1 Syndrome", "Anti-Jo1 syndrome"),
        ("Myosite a inclusions", "Myosite à inclusions"),
        ("Myopathies inflammatoires idiopathiques", "Myopathie inflammatoire idiopathique"),
        ("Myositis, Inclusion Body", "Inclusion body myositis"),
        ("Dermato-myositis", "Dermatomyositis"),
        ("Auto-immune necrotizing myositides", "Autoimmune necrotizing myositis"),
        ("Inflamma\u00adtory myopathy with abundant macro\u00adphages", NAME),
        ("\ufeffInflammatory\u200b myopathy\u200e with abundant\u200c macrophages", NAME),
        ("Inflamma\u034ftory myopathy\ufe0f with abundant macrophages", NAME),
        ("Inflammatory myo<sub>pathy</sub> with abundant macrophages", NAME),
        ("Inflammatory<br/>myopathy with <i>abundant</i> macrophages", NAME),
    ],
)
def test_case_hyphens_accents_plurals_and_spelling_do_not_matter(written: str, name: str) -> None:
    assert matched((name,), conditions=(written,)) == ("condition", name)


@pytest.mark.parametrize("written", ["Macrophagic myofasciitis", "Inflammatory myopathy", "Polymyositides"])
def test_relatives_do_not_name_the_disease(written: str) -> None:
    assert matched(conditions=(written,)) == ("rejected", "")


def test_a_letter_with_a_hundred_thousand_accents_takes_no_time() -> None:
    text = "e" + "\u0301\u0323" * 50_000
    begun = time.process_time()
    assert matched(conditions=(text, NAME)) == ("condition", NAME)
    assert Sieve((NAME,))(f"{text} {NAME}")
    assert time.process_time() - begun < 5


def test_a_name_inside_a_longer_word_is_no_name() -> None:
    assert matched(("Myositis",), conditions=("Polymyositis",)) == ("rejected", "")


@pytest.mark.parametrize(
    "written",
    [
        "Inflammatory myopathy with abundant macro-\nphages",
        "Inflammatory myo pathy with abundant macro- phages",
        "Inflammatorymyopathy with abundantmacrophages",
        "Inflammatory\u200bmyopathy with abundant macrophages",
    ],
)
@pytest.mark.parametrize("place", ["conditions", "texts"])
def test_a_name_in_broken_words_is_a_near_miss(written: str, place: str) -> None:
    """At the end of a line, or where a tag or an invisible sign stood between two words."""
    assert matched(**{place: (f"A study of {written}.",)}) == ("loose", NAME)


@pytest.mark.parametrize("written", ["Poly-dermatomyositis ossificans", "Myositisx", "my ositisx"])
def test_letters_of_a_name_inside_other_words_are_no_broken_name(written: str) -> None:
    assert matched(("Myositis",), conditions=(written,)) == ("rejected", "")


def test_an_acronym_with_an_invisible_sign_is_as_written() -> None:
    assert matched(title="IM\u00adAM, a myo\u00adpathy")[0] == "title"


def test_words_of_a_name_out_of_order_are_a_near_miss() -> None:
    assert matched(title="Abundant macrophages in an inflammatory myopathy") == ("loose", NAME)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "IMAM, a myopathy"}, "title"),
        ({"conditions": ("IMAM", "Polymyositis")}, "condition"),
        ({"title": "IMAM study", "texts": ("A myopathy.",)}, "loose"),
        ({"texts": ("In IMAM, a rare myopathy, steroids help.",)}, "loose"),
        ({"title": "IMAM: support from the mosque"}, "rejected"),
        ({"title": "An Imam on muscle and myopathy"}, "rejected"),
        ({"title": "IMAMS and myositis"}, "rejected"),
    ],
)
def test_an_acronym_counts_only_as_written_and_beside_a_word_of_the_field(
    fields: dict[str, Any], expected: str
) -> None:
    assert matched(**fields)[0] == expected


def test_same_name() -> None:
    assert same_name("Anti-synthetase Syndrome", "antisynthetase syndromes")
    assert not same_name("Dermatomyositis", "Polymyositis")
