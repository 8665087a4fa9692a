"""Texts, numbers and dates in the reader's language.

The message is the English text itself. ``_ = translate(lang).gettext`` in a page, ``N_("…")`` where
a text is declared at the top of a module and translated later. Evidence stays in its own language.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

LOCALE = Path(__file__).resolve().parent / "locale"
#: Language -> the locale that numbers and dates follow. English dates read "23 Nov 2026".
LANGUAGES: dict[str, str] = {"en": "en_GB", "fr": "fr_FR"}

_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def N_(message: str) -> str:
    """Mark a text for translation where it is declared; it is translated when shown."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:
    """Mark a singular and its plural where they are declared; ``ngettext`` takes both when shown."""
    return one, many


#: Numbers that running text spells out.
_SMALL = (
    N_("none"),
    N_("one"),
    N_("two"),
    N_("three"),
    N_("four"),
    N_("five"),
    N_("six"),
    N_("seven"),
    N_("eight"),
    N_("nine"),
    N_("ten"),
)


class Text:
    """One language: messages, plurals, numbers, dates, bilingual columns."""

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGUAGES else "en"
        self.locale = Locale.parse(LANGUAGES[self.lang])
        self._catalog = gettext.translation("lacuna", LOCALE, languages=[self.lang], fallback=True)

    def gettext(self, message: str) -> str:
        """The message in this language; the empty message stays empty."""
        return self._catalog.gettext(message) if message else ""

    def ngettext(self, one: str, many: str, n: int, shown: str = "", **values: object) -> str:
        """The singular or plural message for ``n``; ``{n}`` is filled in, as ``shown`` if given."""
        return self._catalog.ngettext(one, many, n).format(n=shown or self.number(n), **values)

    def number(self, value: float) -> str:
        """``6144`` -> ``6,144`` or ``6 144`` (thin no-break space)."""
        return _number(value + 0, self.lang)  # -0.0 and 0 are one key of what is kept

    def day(self, value: object) -> str:
        """A date as far as it is known: a day, a month or a year; ``""`` where there is none.

        Takes ISO text, which may stop at the month or year, or a date.
        """
        if isinstance(value, datetime):
            value = value.date()
        if isinstance(value, date):
            return str(format_date(value, "d MMM y", self.locale))
        found = _PARTIAL_DATE.match(str(value)) if isinstance(value, str) else None
        if found is None:
            return ""
        year, month, day = (int(part) if part else 0 for part in found.groups())
        if not month:
            return str(year)
        pattern = "d MMM y" if day else "MMM y"
        return str(format_date(date(year, month, day or 1), pattern, self.locale))

    def join(self, items: Iterable[str]) -> str:
        """``a, b and c`` or ``a, b et c``."""
        return str(format_list(list(items), locale=self.locale)).replace(", and ", " and ")

    def pick(self, row: Mapping[str, Any] | Any, name: str) -> str:
        """The column ``name_en`` or ``name_fr`` of a row; English where the French is empty."""
        value = row[f"{name}_{self.lang}"]
        return value if isinstance(value, str) and value else str(row[f"{name}_en"])

    @property
    def colon(self) -> str:
        """The colon with the space that its language puts before it."""
        return "\u00a0: " if self.lang == "fr" else ": "


@lru_cache(maxsize=4096)
def _number(value: float, lang: str) -> str:
    """Babel's formatting, kept: the same small counts stand in hundreds of tiles."""
    return str(format_decimal(value, locale=LANGUAGES[lang]))


@lru_cache(maxsize=len(LANGUAGES))
def translate(lang: str) -> Text:
    """The texts of a language; an unknown one reads English."""
    return Text(lang)


def spelled(n: int, text: Text) -> str:
    """Small numbers as words, as in running text; larger ones in figures."""
    return text.gettext(_SMALL[n]) if n < len(_SMALL) else text.number(n)


def with_article(disease: str, text: Text) -> str:
    """French takes ``l’`` before a vowel; an abbreviation of unknown gender stays bare."""
    return f"l’{disease}" if text.lang == "fr" and disease[:1].upper() in "AEIOU" else disease
