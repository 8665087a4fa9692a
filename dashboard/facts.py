"""Terms and what was read about them, as a definition list. Pure; every value is escaped.

A definition list keeps the language of the evidence (``lang``) and folds on a small screen, which
native tables do not. What is missing looks different: hatched where it was not read, hollow where
the whole report was read and is silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Literal

Gap = Literal["", "unread", "silent"]


@dataclass(frozen=True)
class Fact:
    """One term and its value. ``lang`` is the language of the evidence, empty for the interface's own."""

    term: str
    value: str
    lang: str = ""
    gap: Gap = ""
    url: str = ""


def sheet(facts: Iterable[Fact]) -> str:
    """The facts as HTML, for ``st.html``."""
    rows = "".join(f"<dt>{escape(fact.term)}</dt><dd>{_value(fact)}</dd>" for fact in facts)
    return f'<dl class="lc-facts">{rows}</dl>'


def _value(fact: Fact) -> str:
    said = escape(fact.value)
    if fact.gap:
        return f'<span class="lc-gap lc-{fact.gap}">{said}</span>'
    if safe(fact.url):
        said = f'<a href="{escape(fact.url)}" rel="noopener">{said}</a>'
    return f'<span lang="{escape(fact.lang)}">{said}</span>' if fact.lang else said


def safe(url: str) -> bool:
    """Whether an address may become a link: encrypted web addresses (a DOI is one) and mail only."""
    return url.startswith(("https://", "mailto:"))


def link(url: str) -> str:
    """An address for a column of links, or nothing where it may not become one."""
    return url if safe(url) else ""
