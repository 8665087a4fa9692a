"""The grid draws every cell with its mark, and its words come from the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard import queries, summary, tables, tiles
from dashboard.export.csv_table import csv_table
from dashboard.figures import template
from dashboard.figures.grid import grid
from dashboard.marks import LIGHT, mark
from dashboard.text import translate

pytestmark = pytest.mark.usefixtures("embedded")


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_cell_is_drawn_with_its_own_mark(lang: str, theme: str) -> None:
    cells = queries.grid("imam")
    figure = grid(cells, "imam", translate(lang), theme)
    body = _body(figure)
    assert len(body.customdata) == len(cells) == 351
    assert list(body.customdata) == [
        f"{q}.{d}" for q, d in zip(cells["question_id"], cells["disease_id"], strict=True)
    ]
    if theme == "light":
        marks = [mark(row, translate(lang), LIGHT) for row in cells.to_dict("records")]
        assert list(_texts(figure).values()) == [f"<b>{m.text}</b>" if m.bold else m.text for m in marks]
        assert list(body.marker.pattern.shape) == ["/" if m.hatched else "" for m in marks]
        assert list(body.marker.color) == [m.fill for m in marks]


def test_a_value_that_plotly_does_not_know_is_met_by_the_tests() -> None:
    """Readers get figures that nobody has checked for them (``template.assembled``)."""
    with pytest.raises(ValueError, match="Invalid value"):
        template.assembled("light", [{"type": "bar", "textposition": "within"}])


def test_what_imam_and_its_comparators_read() -> None:
    shown = _texts(grid(queries.grid("imam"), "imam", translate("en"), "light"))
    assert shown["trials_registered.dm"] == "≥\u202f46"
    assert shown["trials_registered.imam"] == "0?"
    assert shown["trials_recruiting.imam"] == "↳\u202f0?"
    assert shown["approved_treatment.imam"] == "claimed"
    assert shown["diagnostic_code.imam"] == "<b>0</b>"
    assert shown["expert_network.imam"] == ""


def test_no_tile_covers_another() -> None:
    body = _body(grid(queries.grid("imam"), "imam", translate("en"), "light"))
    assert len(set(zip(body.x, body.base, strict=True))) == 351


def test_no_heat_map_and_no_zero_for_what_is_missing() -> None:
    figure = grid(queries.grid("imam"), "imam", translate("en"), "light")
    assert {trace.type for trace in figure.data} == {"bar", "scatter"}


def test_title_and_alternative_text_count_the_rows() -> None:
    cells, text = queries.grid("imam"), translate("en")
    said = summary.finding(cells, "imam", text)
    states = cells[cells["disease_id"] == "imam"]["state"].value_counts()
    assert said.startswith("39 questions asked of IMAM: ")
    assert f"{states['found']} found something" in said
    assert f"{states['unproven']} unproven" in said
    alternative = summary.alternative(cells, "imam", text)
    assert said in alternative
    assert "Registered trials (unproven · 0 of 5 sources · out of date" in alternative
    assert "DM: " in alternative


def test_the_file_holds_exactly_the_rows_of_the_grid() -> None:
    cells = queries.grid("imam")
    rows = tables.grid_table(cells, translate("en"), "2026-11-23")
    assert tuple(rows.columns) == tables.COLUMNS
    assert len(rows) == len(cells)
    lines = csv_table(rows).decode("utf-8-sig").splitlines()
    assert len(lines) == 352
    unproven = next(line for line in lines if line.startswith("trials_registered,Registered trials,imam,"))
    assert ",unproven,,trials," in unproven, "what is not counted stays empty, never 0"
    assert "0/5" in unproven


def test_the_column_escapes_what_the_data_say() -> None:
    cells = queries.grid("imam").assign(title_en='<img src=x onerror="alert(1)">')
    html = tiles.column(
        cells, "imam", "dm", text=translate("en"), theme="light", address=lambda cell: f'?cell={cell}"><b'
    )
    assert "<img" not in html
    assert '"><b' not in html
    assert html.count('class="lc-r"') == 39


def test_a_hostile_name_stays_text_in_the_figure() -> None:
    cells = queries.grid("imam").assign(title_en="<a href='x'>y</a>", label_en="<script>")
    drawn = grid(cells, "imam", translate("en"), "light").to_json()
    assert "<script>" not in drawn
    assert "<a href" not in drawn


def _body(figure: Any) -> Any:
    return next(trace for trace in figure.data if trace.customdata is not None)


def _texts(figure: Any) -> dict[str, str]:
    """Cell -> what stands in the middle of its tile; nothing where no text stands."""
    body = _body(figure)
    numbers = next(trace for trace in figure.data if trace.textposition == "middle center")
    at = {
        (round(x, 3), round(y, 3)): said
        for x, y, said in zip(numbers.x, numbers.y, numbers.text, strict=True)
    }
    middles = [
        (round(x, 3), round(base + y / 2, 3)) for x, base, y in zip(body.x, body.base, body.y, strict=True)
    ]
    assert set(at) <= set(middles), "a text stands beside every tile"
    return {cell: at.get(middle, "") for cell, middle in zip(body.customdata, middles, strict=True)}


def test_unproven_in_a_tile_of_html(embedded: Path) -> None:
    row = queries.grid("imam").iloc[0].to_dict()
    html = tiles.tile(row, translate("fr"), "dark", "?cell=x", "Essais")
    assert "dotted" in html
    assert 'aria-label="Essais' in html
    assert "non prouvé" in html
