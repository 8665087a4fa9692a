"""The same marks as HTML: the focus column, the legend. All data is escaped here. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd

from dashboard import wording
from dashboard.marks import Mark, mark, palette, says
from dashboard.text import N_, Text
from dashboard.wording import Row

Address = Callable[[str], str]
#: What stands in the mark of a source that met some in a part.
SEEN = "≥\u202f?"


def tile(cell: Row, text: Text, theme: str, href: str = "", label: str = "") -> str:
    """One tile. With ``href`` it is a link that says its state in words."""
    m = mark(cell, text, palette(theme))
    inside = _inside(m)
    said = escape(f"{label}{text.colon}{says(cell, text)}" if label else says(cell, text), quote=True)
    attributes = f'class="{_classes(m)}" style="{_style(m)}"'
    if not href:
        return f'<span {attributes} title="{said}">{inside}</span>'
    link = escape(href, quote=True)
    return f'<a {attributes} href="{link}" target="_self" title="{said}" aria-label="{said}">{inside}</a>'


def _inside(m: Mark) -> str:
    year = f'<span class="lc-y">{escape(m.corner)}</span>' if m.corner else ""
    return f'{year}<span class="lc-n">{escape(m.text)}</span>'


def _classes(m: Mark) -> str:
    return "lc-t" + (" lc-h" if m.hatched else "") + (" lc-b" if m.bold else "")


def _style(m: Mark) -> str:
    border = (
        f"border:{1.5 if m.outline == 'dashed' else 2}px {m.outline} {m.edge};" if m.outline != "none" else ""
    )
    return f"color:{m.ink};background-color:{m.fill};{border}"


def seen_in_part(cell: Row, text: Text, theme: str) -> str:
    """The mark of a source where a search met some that do not count, as old as it is: a "0?" would say the
    opposite."""
    m = replace(mark(cell, text, palette(theme)), text=SEEN)
    said = escape(text.gettext("seen in a part, not counted"), quote=True)
    return f'<span class="{_classes(m)}" style="{_style(m)}" title="{said}">{_inside(m)}</span>'


def column(
    cells: pd.DataFrame, focus: str, comparator: str, *, text: Text, theme: str, address: Address
) -> str:
    """The focus disease's column in its groups, with its coverage and one comparator beside it.

    ``address`` gives the link of a cell, ``question.disease``.
    """
    wide = {(str(r["question_id"]), str(r["disease_id"])): r for r in cells.to_dict("records")}
    names = cells.drop_duplicates("disease_id").set_index("disease_id")["abbreviation"]
    parts = []
    for group, rows in cells[cells["disease_id"] == focus].groupby("group", sort=False):
        title = escape(wording.word(wording.GROUPS, group, text))
        head = (
            f'<div class="lc-r lc-head"><h3>{title}</h3><b class="lc-f">{escape(str(names[focus]))}</b>'
            f'<span class="lc-k">{escape(text.gettext("sources"))}</span>'
            f"<b>{escape(str(names.get(comparator, '')))}</b></div>"
        )
        lines = [
            _line(row, wide.get((str(row["question_id"]), comparator)), text, theme, address)
            for row in rows.to_dict("records")
        ]
        parts.append(f'<section class="lc-g">{head}{"".join(lines)}</section>')
    return f'<div class="lc-col">{"".join(parts)}</div>'


def _line(row: Row, beside: Row | None, text: Text, theme: str, address: Address) -> str:
    title = text.pick(row, "title")
    cells = [row] if beside is None else [row, beside]
    drawn = [
        tile(
            cell,
            text,
            theme,
            address(f"{cell['question_id']}.{cell['disease_id']}"),
            f"{title}, {cell['abbreviation']}",
        )
        for cell in cells
    ]
    coverage = text.gettext("{part} of {whole}").format(
        part=row["proven_sources"], whole=row["required_sources"]
    )
    whole = escape(wording.coverage(row, text), quote=True)
    small = f'<span class="lc-k" title="{whole}">{escape(coverage)}</span>'
    name = f'<span class="lc-q">{escape(title)}{_aside(row, text)}</span>'
    return f'<div class="lc-r">{name}{drawn[0]}{small}{"".join(drawn[1:])}</div>'


def _aside(row: Row, text: Text) -> str:
    """Broader label and candidates, small, under the question: apart, never added."""
    parts = []
    if row["broader_n"]:
        parts.append(text.gettext("+{n} broader").format(n=text.number(int(row["broader_n"]))))
    if row["candidate_n"]:
        n = int(row["candidate_n"])
        parts.append(text.ngettext("○ {n} candidate", "○ {n} candidates", n))
    return f" <small>{escape(' · '.join(parts))}</small>" if parts else ""


_EXAMPLE: dict[str, Any] = {
    "state": "found",
    "n": 46,
    "bound": "exact",
    "freshness": "fresh",
    "proven_sources": 0,
    "required_sources": 1,
    "broader_n": 0,
    "candidate_n": 0,
    "implied_by": None,
    "answered_on": "",
}
#: What the legend shows: the changes to an example cell, and what they mean.
_LEGEND: tuple[tuple[dict[str, Any], str], ...] = (
    ({"n": 7}, N_("found")),
    ({"bound": "floor"}, N_("at least so many gathered")),
    ({"state": "zero"}, N_("none found in all required sources")),
    ({"state": "unproven"}, N_("none seen so far, not proven")),
    ({"state": "claimed"}, N_("a document says none, not re-run")),
    ({"state": "unsearched"}, N_("not looked for yet")),
    ({"state": "zero", "freshness": "stale", "answered_on": "2022"}, N_("out of date, with its year")),
    (
        {"state": "unproven", "freshness": "last_check_failed", "answered_on": ""},
        N_("the last check failed or was set aside; what was known before stays"),
    ),
    ({"state": "unproven", "implied_by": "x"}, N_("follows from another question")),
)


def legend(text: Text, theme: str) -> str:
    """The marks and what they mean, drawn with the same marks."""
    items = [
        f"<li>{tile({**_EXAMPLE, **change}, text, theme)}<span>{escape(text.gettext(meaning))}</span></li>"
        for change, meaning in _LEGEND
    ]
    return f'<ul class="lc-legend">{"".join(items)}</ul>'
