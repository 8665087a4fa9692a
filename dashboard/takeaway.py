"""What a person takes to a meeting: each file made from the store, for the disease and filters chosen.

The edge between the store and ``dashboard/export``: the buttons and the shell call the same function.
Libraries of a format are loaded when that format is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboard import story
from dashboard.export.names import file_name
from dashboard.queries import story as asked
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Slide
from dashboard.text import N_, translate

#: Format -> what it is, the word in its file's name, its ending, its type.
FORMATS: dict[str, tuple[str, str, str, str]] = {
    "html": (N_("Slides as one file that opens in any browser"), "slides", "html", "text/html"),
    "pptx": (
        N_("Slides for PowerPoint or Impress"),
        "slides",
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    "pdf": (N_("Brief of one or two pages, A4"), "brief-a4", "pdf", "application/pdf"),
    "pdf-letter": (N_("Brief of one or two pages, Letter"), "brief-letter", "pdf", "application/pdf"),
    "zip": (N_("Data: tables, searches, references"), "data", "zip", "application/zip"),
}


@dataclass(frozen=True)
class File:
    """One file: its name, its type for a browser, what is in it."""

    name: str
    mime: str
    data: bytes


def name(disease: str, kind: str, lang: str, day: date) -> str:
    """The name of the file of a format; the language stands in it, so that two do not mix."""
    _about, what, ending, _mime = FORMATS[kind]
    return file_name(disease, day.isoformat(), f"{what}-{lang}", ending)


def make(kind: str, disease: str, lang: str, chosen: Filter | None = None, as_of: date | None = None) -> File:
    """One file of a key of :data:`FORMATS`. ``disease`` is an id; ``as_of`` the day for freshness."""
    rows = asked.rows(disease, as_of)
    text = translate(lang)
    _about, _what, _ending, mime = FORMATS[kind]
    if kind == "zip":
        from dashboard.export.package import Further, package  # noqa: PLC0415

        data = package(rows, Further(asked.package(disease)), text)
    else:
        made = story.slides(rows, chosen or Filter(), text)
        data = _drawn(kind, rows, made, lang)
    return File(name(rows.name, kind, text.lang, date.fromisoformat(rows.today)), mime, data)


def _drawn(kind: str, rows: Rows, made: tuple[Slide, ...], lang: str) -> bytes:
    text = translate(lang)
    if kind == "html":
        from dashboard.export.html import html  # noqa: PLC0415

        return html(made, rows.name, text)
    if kind == "pptx":
        from dashboard.export.pptx import pptx  # noqa: PLC0415

        return pptx(made, rows.name, text)
    from dashboard.export.pdf import pdf  # noqa: PLC0415

    return pdf(rows, made, text, "us-letter" if kind == "pdf-letter" else "a4")
