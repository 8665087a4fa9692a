"""The story as PowerPoint: native charts and tables that can be edited, notes with sources.

python-pptx is imported where it is used. Every shape carries alternative text; the fonts exist
everywhere; a table that is longer than its slide goes on on the next one.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dashboard import marks
from dashboard.export.csv_table import harmless
from dashboard.export.html import PART_INKS, PARTS
from dashboard.story.slide import Bars, Lanes, Series, Slide, Table, Tile, Tiles
from dashboard.text import Text

if TYPE_CHECKING:
    from pptx.presentation import Presentation as Deck

FONT = "Arial"
WIDTH, HEIGHT = 13.333, 7.5
LEFT, ACROSS = 0.6, 12.13
#: Inches from the top: sentence, plain line, figure, and the caption under it.
TOP_TITLE, TITLE_HEIGHT, TOP_PLAIN, TOP_FIGURE, TOP_CAPTION = 0.62, 1.32, 1.98, 2.42, 6.92
ROOM = TOP_CAPTION - TOP_FIGURE - 0.05
SMALL = 11
#: Letters of Arial are about this wide, as a share of their height; rather too wide than clipped.
LETTER = 0.54
BOLD_LETTER = 0.6
#: A longer name of a lane is cut: labels that wrap drive others out. Notes and alt text hold all of it.
_LANE_NAME = 30
#: So many letters a property of the file may hold.
_LONGEST_TITLE = 255


def pptx(slides: Sequence[Slide], disease: str, text: Text) -> bytes:
    """The whole file. ``disease`` is the name in its properties."""
    from pptx import Presentation  # noqa: PLC0415  loaded only for an export
    from pptx.util import Inches  # noqa: PLC0415

    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    about = deck.core_properties
    title = text.gettext("{disease}: what was looked for, and how").format(disease=disease)
    about.title = title[:_LONGEST_TITLE]
    about.author, about.language = "Lacuna", text.lang
    for slide in slides:
        _put(deck, slide, len(slides), text)
    held = io.BytesIO()
    deck.save(held)
    return held.getvalue()


def _put(deck: Deck, slide: Slide, count: int, text: Text) -> None:
    """The slide, and one more for every part of its tables that does not fit."""
    figure = slide.figure
    if isinstance(figure, Bars):
        page = _page(deck, slide, count, text)
        _chart(page, figure, slide.alt)
    elif isinstance(figure, Tiles):
        page = _page(deck, slide, count, text)
        _tiles(page, figure, slide.alt)
    else:
        table = figure.table() if isinstance(figure, Lanes) else figure
        for n, part in enumerate(pages(table, ROOM)):
            page = _page(deck, slide, count, text, further=n > 0)
            _table(page, part, slide.alt)
    if slide.extra:
        for part in pages(slide.extra, TOP_CAPTION - 1.2):
            page = _page(deck, slide, count, text, heading=slide.extra.title)
            _table(page, part, part.title, top=1.2)


def _page(
    deck: Deck, slide: Slide, count: int, text: Text, *, further: bool = False, heading: str = ""
) -> Any:
    page = deck.slides.add_slide(deck.slide_layouts[5])  # "Title Only"
    said = heading or slide.sentence
    more = text.gettext("continued")
    where = f"{slide.number} / {count} · {slide.title}" + (f" ({more})" if further or heading else "")
    title = page.shapes.title
    title.left, title.top = _inch(LEFT), _inch(TOP_TITLE)
    title.width, title.height = _inch(ACROSS), _inch(0.5 if heading else TITLE_HEIGHT)
    _write(title, said, 18 if heading else fitting(said), bold=True)
    title.text_frame.vertical_anchor = _anchor()
    _alt(title, where, said)
    _label(page, where, 0.28, SMALL, text.gettext("number and title of the slide"))
    if not heading:
        _label(page, slide.plain, TOP_PLAIN, 13, text.gettext("in plain words"))
    _label(page, slide.caption, TOP_CAPTION, 9, text.gettext("source and dates"))
    cited = [f"{label} {url}".strip() for label, url in slide.sources]
    lines = [slide.sentence, slide.plain, "", *slide.notes, "", text.gettext("Sources") + text.colon, *cited]
    page.notes_slide.notes_text_frame.text = "\n".join([*lines, slide.caption])
    return page


def fitting(said: str) -> int:
    """The largest size, in points, at which a sentence fits its place."""
    for size in (30, 27, 24, 21, 18, 16, 14, 12):
        letters = ACROSS * 72 / (size * BOLD_LETTER)
        if math.ceil(len(said) / letters) * size * 1.22 / 72 <= TITLE_HEIGHT - 0.1:
            return size
    return 10


def _chart(page: Any, figure: Bars, alt: str) -> None:
    from pptx.chart.data import CategoryChartData  # noqa: PLC0415
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION  # noqa: PLC0415
    from pptx.util import Pt  # noqa: PLC0415

    data: Any = CategoryChartData(number_format="0")  # type: ignore[no-untyped-call]
    data.categories = [_lane_name(figure, i) for i in range(len(figure.categories))]
    for series in figure.series:
        data.add_series(harmless(series.name), series.values)
    place = (_inch(LEFT), _inch(TOP_FIGURE), _inch(ACROSS), _inch(ROOM))
    held = page.shapes.add_chart(XL_CHART_TYPE.BAR_STACKED, *place, data)
    _alt(held, figure.title, alt)
    chart = held.chart
    chart.font.size, chart.font.name = Pt(12), FONT
    chart.has_title = True
    chart.chart_title.text_frame.text = figure.title
    _font(chart.chart_title.text_frame, 13, True)
    chart.has_legend = True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.category_axis.reverse_order = True
    chart.category_axis.tick_labels.font.size = Pt(11)
    chart.category_axis.format.line.color.rgb = _rgb(marks.LIGHT.hairline)
    chart.value_axis.visible = False
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.minimum_scale = 0
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 35, 100
    for axis in chart._chartSpace.xpath(".//c:catAx"):  # every lane has its name
        skip = axis.makeelement(axis.tag.replace("catAx", "tickLblSkip"), {"val": "1"})
        axis.xpath("c:noMultiLvlLbl")[0].addprevious(skip)
    for n, (series, drawn) in enumerate(zip(figure.series, plot.series, strict=True)):
        ink = _part(drawn.format, series, n)
        labels = drawn.data_labels
        labels.show_value = True
        labels.font.size, labels.font.bold = Pt(11), True
        labels.font.color.rgb = _rgb(ink)


def _part(form: Any, series: Series, n: int) -> str:
    """Fill and outline of a part: the mark of its state, or the next colour. Returns the ink on it."""
    from pptx.enum.dml import MSO_LINE, MSO_PATTERN  # noqa: PLC0415
    from pptx.util import Pt  # noqa: PLC0415

    light = marks.LIGHT
    dashes = {"zero": MSO_LINE.SOLID, "unproven": MSO_LINE.ROUND_DOT, "claimed": MSO_LINE.DASH}
    if series.state == "unsearched":
        form.fill.patterned()
        form.fill.pattern = MSO_PATTERN.LIGHT_UPWARD_DIAGONAL
        form.fill.fore_color.rgb, form.fill.back_color.rgb = _rgb(light.hatch), _rgb(light.paper)
        return light.ink
    form.fill.solid()
    if series.state in dashes:
        ink = {"zero": light.zero, "claimed": light.claimed}.get(series.state, light.ink)
        form.fill.fore_color.rgb = _rgb(light.paper)
        form.line.color.rgb, form.line.width = _rgb(ink), Pt(1.75)
        form.line.dash_style = dashes[series.state]
        return ink
    form.fill.fore_color.rgb = _rgb(light.fills[2] if series.state else PARTS[n % len(PARTS)])
    return light.inks[2] if series.state else PART_INKS[n % len(PART_INKS)]


def _lane_name(figure: Bars, i: int) -> str:
    """The name of a lane; one without numbers says its state (all of it stands in notes and alt text).

    It also stands in the workbook of the chart, where it must not be a formula.
    """
    name, words = figure.categories[i], figure.states[i][1]
    empty = all(s.values[i] is None for s in figure.series)
    short = name if len(name) <= _LANE_NAME else name[: _LANE_NAME - 1].rstrip() + "…"
    return harmless(f"{short} · {words.split(' · ')[0]}" if empty and words else short)


def _tiles(page: Any, figure: Tiles, alt: str) -> None:
    label = min(4.6, max(2.6, 0.085 * max(len(name) for name, _cells in figure.lines)))
    one = min(1.9, (ACROSS - label) / max(1, len(figure.columns)))
    widths = [label, *[one] * len(figure.columns)]
    height = min(0.42, ROOM / (len(figure.lines) + 1))
    shape = _grid(page, len(figure.lines) + 1, widths, TOP_FIGURE, height)
    _alt(shape, figure.title, alt)
    for c, name in enumerate((figure.head, *figure.columns)):
        _cell(shape.table.cell(0, c), name, SMALL, bold=True)
    for r, (name, cells) in enumerate(figure.lines, 1):
        _cell(shape.table.cell(r, 0), name, SMALL)
        for c, tile in enumerate(cells, 1):
            _mark(shape.table.cell(r, c), tile)


def _mark(cell: Any, tile: Tile) -> None:
    """A tile as a cell of a table: fill, outline and text of its state."""
    from pptx.enum.dml import MSO_PATTERN  # noqa: PLC0415

    said = " ".join(filter(None, [tile.text, tile.aside, f"({tile.corner})" if tile.corner else ""]))
    light = marks.LIGHT
    ink = {"zero": light.zero, "claimed": light.claimed}.get(tile.state, light.ink)
    fill = light.paper
    if tile.state == "found":
        fill, ink = light.fills[tile.step], light.inks[tile.step]
    if tile.aged:
        fill, ink = light.faded_fill, light.faded_ink
    _cell(cell, said, SMALL, bold=tile.state == "zero", ink=ink, fill=fill, centred=True)
    if tile.state == "unsearched":
        cell.fill.patterned()
        cell.fill.pattern = MSO_PATTERN.LIGHT_UPWARD_DIAGONAL
        cell.fill.fore_color.rgb, cell.fill.back_color.rgb = _rgb(light.hatch), _rgb(light.paper)
    dash = {"zero": "solid", "unproven": "sysDot", "claimed": "dash"}.get(tile.state)
    if dash:
        _outline(cell, ink, dash)


def _outline(cell: Any, colour: str, dash: str) -> None:
    from lxml import etree  # type: ignore[import-untyped]  # noqa: PLC0415

    space = "http://schemas.openxmlformats.org/drawingml/2006/main"
    properties = cell._tc.get_or_add_tcPr()
    for at, side in enumerate(("lnL", "lnR", "lnT", "lnB")):
        line = etree.Element(f"{{{space}}}{side}", w="22225")
        fill = etree.SubElement(line, f"{{{space}}}solidFill")
        etree.SubElement(fill, f"{{{space}}}srgbClr", val=colour.lstrip("#"))
        etree.SubElement(line, f"{{{space}}}prstDash", val=dash)
        properties.insert(at, line)


def pages(table: Table, room: float) -> Iterator[Table]:
    """The table in parts, each of which fits ``room`` inches; an empty one says why it is empty."""
    if not table.rows:
        yield Table(table.title, ("",), ((table.empty,),))
        return
    widths = _widths(table)
    head = _height(table.columns, widths)
    kept: list[tuple[str, ...]] = []
    used = head
    for row in table.rows:
        need = _height(row, widths)
        if kept and used + need > room:
            yield Table(table.title, table.columns, tuple(kept), widths=table.widths)
            kept, used = [], head
        kept.append(row)
        used += need
    yield Table(table.title, table.columns, tuple(kept), widths=table.widths)


def _widths(table: Table) -> list[float]:
    shares = table.widths or (1.0,) * len(table.columns)
    return [ACROSS * share / sum(shares) for share in shares]


def _height(row: Sequence[str], widths: Sequence[float]) -> float:
    """Inches that a row needs, rather too many than too few."""
    lines = [
        sum(max(1, math.ceil(len(line) * LETTER * SMALL / 72 / (width - 0.18))) for line in said.split("\n"))
        for said, width in zip(row, widths, strict=True)
    ]
    return max(lines) * SMALL * 1.22 / 72 + 0.09


def _table(page: Any, table: Table, alt: str, top: float = TOP_FIGURE) -> None:
    widths = _widths(table)
    shape = _grid(page, len(table.rows) + 1, widths, top, 0.2)
    _alt(shape, table.title, alt)
    for r, row in enumerate((table.columns, *table.rows)):
        shape.table.rows[r].height = _inch(_height(row, widths))
        for c, said in enumerate(row):
            _cell(
                shape.table.cell(r, c),
                said,
                SMALL,
                bold=r == 0,
                fill=marks.LIGHT.panel if r == 0 else "#ffffff",
            )


def _grid(page: Any, rows: int, widths: Sequence[float], top: float, height: float) -> Any:
    across = sum(widths)
    shape = page.shapes.add_table(
        rows, len(widths), _inch(LEFT), _inch(top), _inch(across), _inch(height * rows)
    )
    for column, width in zip(shape.table.columns, widths, strict=True):
        column.width = _inch(width)
    for row in shape.table.rows:
        row.height = _inch(height)
    shape.table.horz_banding = False
    return shape


def _cell(
    cell: Any, said: str, size: int, *, bold: bool = False, ink: str = marks.LIGHT.ink, fill: str = "#ffffff",
    centred: bool = False,
) -> None:  # fmt: skip
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN  # noqa: PLC0415

    cell.margin_left = cell.margin_right = _inch(0.07)
    cell.margin_top = cell.margin_bottom = _inch(0.03)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.text = said
    _font(cell.text_frame, size, bold, ink)
    if centred:
        cell.text_frame.paragraphs[0].alignment = PP_ALIGN.CENTER
    cell.fill.solid()
    cell.fill.fore_color.rgb = _rgb(fill)


def _label(page: Any, said: str, top: float, size: int, what: str) -> None:
    box = page.shapes.add_textbox(_inch(LEFT), _inch(top), _inch(ACROSS), _inch(0.34))
    _write(box, said, size, ink=marks.LIGHT.quiet)
    _alt(box, what, said)


def _write(shape: Any, said: str, size: int, *, bold: bool = False, ink: str = marks.LIGHT.ink) -> None:
    frame = shape.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.text = said
    _font(frame, size, bold, ink)


def _font(frame: Any, size: int, bold: bool, ink: str = marks.LIGHT.ink) -> None:
    from pptx.enum.text import PP_ALIGN  # noqa: PLC0415
    from pptx.util import Pt  # noqa: PLC0415

    for paragraph in frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        if not paragraph.runs:  # an empty paragraph is as high as its end mark, 18 points unless told
            paragraph._p.get_or_add_endParaRPr().set("sz", str(100 * size))
        for run in paragraph.runs:
            run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
            run.font.color.rgb = _rgb(ink)


def _alt(shape: Any, name: str, said: str) -> None:
    """Name and alternative text of a shape."""
    drawn = shape._element.xpath(".//p:cNvPr")[0]
    drawn.set("name", name)
    drawn.set("descr", said)


def _inch(value: float) -> Any:
    from pptx.util import Inches  # noqa: PLC0415

    return Inches(value)


def _anchor() -> Any:
    from pptx.enum.text import MSO_ANCHOR  # noqa: PLC0415

    return MSO_ANCHOR.TOP


def _rgb(colour: str) -> Any:
    from pptx.dml.color import RGBColor  # noqa: PLC0415

    return RGBColor.from_string(  # type: ignore[no-untyped-call]
        colour.lstrip("#").upper()
    )
