"""The brief as PDF: one or two pages, A4 or Letter, tagged (PDF/UA-1), fonts embedded, readable in grey.

Typst is imported where it is used. The data goes in as data: nothing of it is read as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from dashboard import story, wording
from dashboard.story.cells import focus_cells, focus_table
from dashboard.story.rows import Rows
from dashboard.story.slide import Slide
from dashboard.text import Text, with_article

_HERE = Path(__file__).resolve().parent
#: What the embedded font draws: Latin, Greek and Cyrillic, punctuation, some signs.
_DRAWN = re.compile(
    "[^\n\u0020-\u007e\u00a0-\u024f\u0300-\u036f\u0370-\u03ff\u0400-\u04ff\u1e00-\u1eff\u2002-\u200a"
    "\u2010-\u2027\u202f\u2030\u2032-\u203a\u20ac\u2190-\u2193\u2212\u2260\u2264\u2265\u25cb]"
)
#: Marks of writing direction and such: invisible, dropped.
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
_STEPS = 6


def pdf(rows: Rows, slides: Sequence[Slide], text: Text, paper: Literal["a4", "us-letter"] = "a4") -> bytes:
    """The brief of a disease. ``slides`` are those of :func:`dashboard.story.slides` for the same rows."""
    import typst  # noqa: PLC0415  loaded only for an export

    given = json.dumps(_drawable(_content(rows, slides, text, paper)), ensure_ascii=False)
    made = typst.compile(
        str(_HERE / "brief.typ"),
        root=str(_HERE),
        sys_inputs={"data": given},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
    )
    if not isinstance(made, bytes):
        raise TypeError("the engine gave several files for one PDF")
    return made


def _content(rows: Rows, slides: Sequence[Slide], text: Text, paper: str) -> dict[str, Any]:
    _ = text.gettext
    by = {slide.key: slide for slide in slides}
    label = text.pick(rows.disease, "label")
    told = ("patients", "searched", "trials", "biomarkers", "money", "cases")
    lanes = by["cases"].table
    steps = by["steps"].table
    cited = [" ".join(filter(None, [name, url])) for name, url in by["limits"].sources]
    return {
        "lang": text.lang,
        "paper": paper,
        "title": _("{disease}: what was looked for, and how").format(disease=rows.name),
        "heading": f"{label} ({rows.name})",
        "dated": f"{by['limits'].caption} {by['limits'].sentence}",
        "footer": f"Lacuna · {rows.name} · {text.day(rows.today)} · {rows.build}",
        "findings_title": _("Findings"),
        "findings": [
            {"title": by[k].title + text.colon.rstrip(" ") + " ", "sentence": by[k].sentence} for k in told
        ],
        "column_title": _("All questions asked of {disease}").format(disease=with_article(rows.name, text)),
        "legend": story.legend(text, grey=True),
        "head": [_("Shown"), _("State"), _("Sources")],
        "groups": _groups(rows, text),
        "cases_title": _("Patients one by one"),
        "cases_head": [lanes.columns[0], lanes.columns[2], lanes.columns[3]],
        "cases": [[f"{r[0]} ({r[1]})", r[2], r[3]] for r in lanes.rows],
        "cases_empty": lanes.empty,
        "steps_title": _("First steps"),
        "steps": [[f"{r[0]}. {r[1]}", r[2], " · ".join(r[3:5])] for r in steps.rows[:_STEPS]],
        "steps_empty": steps.empty,
        "sources_title": _("Sources"),
        "sources": cited or [_("none cited")],
    }


def _groups(rows: Rows, text: Text) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, str]]] = {}
    told = focus_table(rows, text).rows
    for cell, row in zip(focus_cells(rows), told, strict=True):
        question, words, shown, coverage, day, beside = row
        line = {"question": question, "state": str(cell["state"]), "words": words, "shown": shown,
                "coverage": coverage, "day": day, "beside": beside}  # fmt: skip
        groups.setdefault(wording.word(wording.GROUPS, cell["group"], text), []).append(line)
    return [{"name": name, "rows": lines} for name, lines in groups.items()]


def _drawable(value: Any) -> Any:
    """The same with a star for every sign that the embedded font has not: no sign is lost unseen."""
    if isinstance(value, str):
        return _DRAWN.sub("*", _UNSEEN.sub("", value))
    if isinstance(value, list):
        return [_drawable(v) for v in value]
    if isinstance(value, dict):
        return {k: _drawable(v) for k, v in value.items()}
    return value
