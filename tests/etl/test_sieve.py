"""The sieve lets through whatever ``match`` could find, and little else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.match import match
from etl.model import Record, Terms
from etl.sieve import Sieve

NAMES = (
    "Inflammatory myopathy with abundant macrophages",
    "Myopathie inflammatoire à macrophages abondants",
    "Polymyositis",
    "Immune-mediated necrotizing myopathy",
    "Myopathie nécrosante auto-immune",
    "Anti-synthetase syndrome",
    "Anti-SRP myopathy",
    "Paediatric haematological disease",
)
TERMS = Terms("x", "name", NAMES, ("IMAM", "AS syndrome"), ("myositis", "muscle"), NAMES)
SIEVE = Sieve(NAMES, TERMS.acronyms, TERMS.context)


@pytest.mark.parametrize(
    "text",
    [
        "A study of inflammatory MYOPATHIES with abundant macrophages",
        "myopathie necrosante auto immune",
        "Myopathie n&eacute;crosante auto-immune",
        "poly-myositides",
        "Immune mediated necrotising myopathy",
        "antisynthetase syndrome",
        "antiSRP myopathies",
        "Pediatric hematologic disease hematological",
        "macrophages abundant in inflammatory myopathy",  # out of order: a near miss
        "IMAM, a disease of muscle",
        "IM\u00adAM, a disease of muscle",
        "inflammatory myopathy with abundant macro-\r\nphages",
        "inflammatory myo<sub>pathy</sub> with abundant macrophages",
        "inflammatory myo&lt;sub&gt;pathy&amp;lt;/sub&amp;gt; with abundant macrophages",
        "inflamma&shy;tory myopathy with abundant macro\u00adphages",
        "poly\u200bmyo sitis",
        "CK <ULN; inflammatory myopathy with abundant macrophages; age >18",
        "CK &lt;ULN; polymyositis; age &gt; 18",
        "x <b polymyositis &gt; 3",
        "poly\u00ad\nmyositis",
        "poly\u2010\nmyo\nsitis",
        "poly-\tmyo/sitis",
    ],
)
def test_other_spellings_of_a_name_pass(text: str) -> None:
    assert SIEVE(text)


@pytest.mark.parametrize(
    "text", ["", "Novel coronavirus pneumonia", "IMAM, leader of a mosque", "imam of muscle", "a myopathy"]
)
def test_a_text_without_any_name_does_not_pass(text: str) -> None:
    assert not SIEVE(text)


_WORDS = sorted({word for name in (*NAMES, "IMAM", "muscle", "of", "trial") for word in name.split()})
_CHANGES = (
    str,
    str.lower,
    str.upper,
    lambda w: w + "s",
    lambda w: w.replace("-", " "),
    lambda w: w.replace("é", "e"),
    lambda w: f"{w[:3]}\u00ad{w[3:]}",
    lambda w: f"{w[:4]}-\n{w[4:]}",
    lambda w: f"{w[:2]}<i>{w[2:]}</i>",
    lambda w: f"<ULN {w} >",
    lambda w: f"{w[:4]}\u2010\n{w[4:]}",
    lambda w: f"{w[:3]}\u00ad\n{w[3:]}",
    lambda w: f"{w[:4]}\n{w[4:]}",
    lambda w: f"{w[:4]}/{w[4:]}",
)


@given(st.lists(st.tuples(st.sampled_from(_WORDS), st.sampled_from(_CHANGES)), max_size=8))
def test_what_match_finds_the_sieve_lets_through(words: list) -> None:
    text = " ".join(change(word) for word, change in words)
    record = Record("s", "1", "trial", text, "", texts=(text,))
    if match(record, TERMS)[0] != "rejected":
        assert SIEVE(text)
