"""The story as one HTML file: no network, charts that answer, keys to present with. Pure.

Charts are boxes of CSS, so that they print, follow the light of the room and stay sharp on a wall.
The file may load nothing and run nothing but its own one script, whose hash its policy names: text
from the data is escaped, and would not run if it were not.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from pathlib import Path

from dashboard import marks
from dashboard.facts import safe
from dashboard.story.slide import Bars, Lanes, Series, Slide, Table, Tile, Tiles
from dashboard.text import Text

_HERE = Path(__file__).resolve().parent
#: Okabe and Ito's, for the parts of a bar; the legend and the numbers tell them apart without colour.
PARTS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8a8a8a")
#: Ink that is readable on each part.
PART_INKS = ("#ffffff", "#000000", "#000000", "#000000", "#000000", "#000000", "#000000")


def html(slides: Sequence[Slide], disease: str, text: Text) -> bytes:
    """The whole file. ``disease`` is the name in its title."""
    script = (_HERE / "deck.js").read_text(encoding="utf-8")
    style = _colours() + (_HERE / "deck.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = "; ".join(
        (
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            f"script-src 'sha256-{digest}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    title = text.gettext("{disease}: what was looked for, and how").format(disease=disease)
    body = "".join(_slide(slide, len(slides), text) for slide in slides)
    return (
        f'<!doctype html><html lang="{text.lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=True)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>"
        f"<main>{body}</main>{_bar(len(slides), text)}<script>{script}</script></body></html>"
    ).encode()


def _colours() -> str:
    """The palettes of the dashboard as variables of the page."""
    themes = []
    for selector, colours in ((":root", marks.LIGHT), (".dark", marks.DARK)):
        names = ("paper", "panel", "ink", "quiet", "hairline", "link", "accent", "zero", "claimed", "hatch")
        plain = [f"--{name}:{getattr(colours, name)}" for name in names]
        fills = [f"--fill{i}:{fill}" for i, fill in enumerate(colours.fills)]
        inks = [f"--ink{i}:{ink}" for i, ink in enumerate(colours.inks)]
        faded = [f"--faded:{colours.faded_fill}", f"--fadedink:{colours.faded_ink}"]
        themes.append(f"{selector}{{{';'.join([*plain, *fills, *inks, *faded])}}}")
    parts = [
        f".p{i}{{background:{c};color:{ink}}}"
        for i, (c, ink) in enumerate(zip(PARTS, PART_INKS, strict=True))
    ]
    return "".join([*themes, *parts])


def _slide(slide: Slide, count: int, text: Text) -> str:
    _ = text.gettext
    size = "long" if len(slide.sentence) > 200 else "short" if len(slide.sentence) < 90 else ""
    notes = "".join(f"<li>{escape(line)}</li>" for line in slide.notes)
    cited = "".join(f"<li>{_link(label, url)}</li>" for label, url in slide.sources)
    number = f"{slide.number} / {count}"
    behind = "" if isinstance(slide.figure, Table) else _table(slide.table)
    behind += _table(slide.extra) if slide.extra else ""
    return (
        f'<section class="slide" id="s{slide.number}" aria-label="{escape(number)}">'
        f'<p class="eyebrow"><b>{slide.number}</b> {escape(slide.title)}</p>'
        f'<h2 class="{size}">{escape(slide.sentence)}</h2><p class="plain">{escape(slide.plain)}</p>'
        f'<figure><div class="drawing">{_figure(slide)}</div>'
        f"<figcaption>{escape(slide.caption)}</figcaption></figure>"
        f'<div class="behind">{behind}</div>'
        f'<aside class="notes"><h3>{escape(_("Notes"))}</h3><ul>{notes}</ul>'
        f"<h3>{escape(_('Sources'))}</h3><ul>{cited}</ul></aside></section>"
    )


def _link(label: str, url: str) -> str:
    """A source and its address, which is text where it may not become a link."""
    said, address = escape(label), escape(url, quote=True)
    if safe(url):
        said = f'<a href="{address}" rel="noopener noreferrer">{said}</a>'
    return f"{said} <small>{address}</small>" if url else said


def _figure(slide: Slide) -> str:
    figure = slide.figure
    if isinstance(figure, Bars):
        return _bars(figure, slide.alt)
    if isinstance(figure, Tiles):
        return _tiles(figure)
    if isinstance(figure, Lanes):
        return _lanes(figure)
    return _table(figure)


def _bars(figure: Bars, alt: str) -> str:
    sums = [sum(s.values[i] or 0 for s in figure.series) for i in range(len(figure.categories))]
    most = max([1, *sums])
    keys = "".join(
        f'<button type="button" class="key" data-part="{n}" aria-pressed="true">'
        f'<i class="{_look(n, series)}"></i>'
        f"{escape(series.name)}</button>"
        for n, series in enumerate(figure.series)
    )
    lanes = "".join(_lane(figure, i, most) for i in range(len(figure.categories)))
    return (
        f'<h3>{escape(figure.title)}</h3><div class="keys">{keys}</div>'
        f'<div class="bars" role="group" aria-label="{escape(alt, quote=True)}">{lanes}</div>'
        '<p class="said" aria-live="polite">&nbsp;</p>'
    )


def _lane(figure: Bars, i: int, most: int) -> str:
    name, (state, words) = figure.categories[i], figure.states[i]
    parts = []
    for n, series in enumerate(figure.series):
        value = series.values[i]
        if value is None:
            continue
        said = escape(f"{name} · {series.name}: {value} {figure.unit}", quote=True)
        parts.append(
            f'<span class="part {_look(n, series)}" tabindex="0" data-part="{n}" data-n="{value}" '
            f'data-said="{said}" '
            f'style="width:{100 * value / most:.3f}%">{value}</span>'
        )
    drawn = "".join(parts) or f'<span class="gap st-{escape(state, quote=True)}">{escape(words)}</span>'
    beside = f'<span class="words">{escape(words)}</span>' if parts and words else ""
    label = f'<span class="name">{escape(name)}</span>'
    return f'<div class="lane">{label}<span class="track">{drawn}{beside}</span></div>'


def _look(n: int, series: Series) -> str:
    """The class of a part: the mark of its state, or the next colour."""
    if series.state:
        return "f1" if series.state == "found" else f"st-{series.state}"
    return f"p{n % len(PARTS)}"


def _tiles(figure: Tiles) -> str:
    head = "".join(f"<th scope=col>{escape(c)}</th>" for c in figure.columns)
    lines = "".join(
        f"<tr><th scope=row>{escape(label)}</th>{''.join(f'<td>{tile(t)}</td>' for t in tiles)}</tr>"
        for label, tiles in figure.lines
    )
    return (
        f"<h3>{escape(figure.title)}</h3><table class=tiles>"
        f"<thead><tr><th>{escape(figure.head)}</th>{head}</tr></thead>"
        f'<tbody>{lines}</tbody></table><p class="said" aria-live="polite">&nbsp;</p>'
    )


def tile(t: Tile) -> str:
    """One cell as a box that says its state on touch, hover or focus."""
    look = f"tile st-{t.state}" + (f" f{t.step}" if t.state == "found" else "") + (" aged" if t.aged else "")
    corner = f"<sup>{escape(t.corner)}</sup>" if t.corner else ""
    aside = f"<small>{escape(t.aside)}</small>" if t.aside else ""
    said = escape(t.says, quote=True)
    return (
        f'<span class="{look}" tabindex="0" role="img" aria-label="{said}" data-said="{said}">'
        f"{corner}{escape(t.text)}{aside}</span>"
    )


def _lanes(figure: Lanes) -> str:
    if not figure.lanes:
        return f'<h3>{escape(figure.title)}</h3><p class="gap st-unsearched">{escape(figure.empty)}</p>'
    head = "".join(f"<th scope=col>{escape(c)}</th>" for c in figure.columns)
    dense = " dense" if len(figure.lanes) > 8 else ""
    lines = []
    for lane in figure.lanes:
        chips = "<b>→</b>".join(f'<span class="chip">{escape(s)}</span>' for s in lane.steps)
        chips = chips or f'<span class="gap st-unsearched">{escape(lane.missing)}</span>'
        flag = f' <span class="flag">? {escape(lane.flag)}</span>' if lane.flag else ""
        lines.append(
            f"<tr><th scope=row>{escape(lane.patient)}</th><td>{escape(lane.about)}</td><td>{chips}</td>"
            f"<td>{escape(lane.outcome)}{flag}</td></tr>"
        )
    return (
        f'<h3>{escape(figure.title)}</h3><table class="lanes{dense}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _table(table: Table) -> str:
    if not table.rows:
        return f'<h3>{escape(table.title)}</h3><p class="gap st-unsearched">{escape(table.empty)}</p>'
    head = "".join(f"<th scope=col>{escape(c)}</th>" for c in table.columns)
    dense = " dense" if len(table.rows) > 8 else ""
    rows = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in table.rows)
    return (
        f'<h3>{escape(table.title)}</h3><div class="wide"><table class="plain-table{dense}">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _bar(count: int, text: Text) -> str:
    """The keys, as buttons for those who have none."""
    _ = text.gettext
    keys = (
        ("prev", "←", _("previous slide")),
        ("next", "→", _("next slide")),
        ("room", "D", _("dark or light room")),
        ("table", "T", _("as a table")),
        ("notes", "N", _("speaker notes")),
        ("full", "F", _("full screen")),
        ("print", "P", _("print")),
    )
    buttons = "".join(
        f'<button type="button" data-do="{do}" title="{escape(label, quote=True)}"><kbd>{key}</kbd> '
        f"<span>{escape(label)}</span></button>"
        for do, key, label in keys
    )
    return f'<nav><output id="at">1 / {count}</output>{buttons}</nav>'
