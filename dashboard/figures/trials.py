"""Trials by start year, a lane a disease; an empty lane is drawn in its state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd
import plotly.graph_objects as go

from dashboard import trials, wording
from dashboard.cases import Row, records
from dashboard.figures import timeline
from dashboard.figures.timeline import Lane, Tile
from dashboard.marks import mark, palette
from dashboard.text import Text
from dashboard.trials import UNMAPPED, Names

#: What a tile says of the class of its treatment; the same letters in every language.
SIGNS: dict[str, str] = {
    "glucocorticoid": "GC",
    "conventional_immunosuppressant": "IS",
    "calcineurin_inhibitor": "CN",
    "immunoglobulin": "IG",
    "b_cell_directed": "B",
    "t_cell_directed": "T",
    "cytokine_inhibitor": "CY",
    "jak_tyk2_inhibitor": "JK",
    "type_i_interferon_directed": "IF",
    "fcrn_complement": "FC",
    "cell_therapy": "CT",
    "innate_macrophage_directed": "IM",
    "other_immunomodulator": "OI",
    "muscle_neuromuscular": "MU",
    "exercise_nutrition": "EX",
    "unspecified": "··",
    UNMAPPED: "?",
}
#: Standing of a trial -> look of its tile: only an open one, read lately, is filled.
LOOKS: dict[str, str] = {"open": "full", "closed": "plain", "ended": "plain", "unsure": "doubtful"}


def sign(class_id: str) -> str:
    """The letters of a class; of one that has none yet, the first of its id."""
    return SIGNS.get(class_id, class_id[:2].upper())


def figure(
    every: pd.DataFrame,
    shown: pd.DataFrame,
    cells: pd.DataFrame,
    names: Names,
    text: Text,
    *,
    span: tuple[int, int],
    theme: str,
    narrow: bool = False,
) -> go.Figure:
    """Draw ``shown``, the rows of ``every`` that the filters leave (:func:`dashboard.trials.named`).

    ``cells`` are those of the question on registered trials, one a lane, in the order of the lanes, with
    ``said``, the sentence that the state allows.
    """
    lanes = [_lane(cell, every, shown, text, theme) for cell in records(cells)]
    made = [_tile(row, names, text) for row in records(shown)]
    known = {lane.lane for lane in lanes}
    return timeline.figure(
        lanes, [tile for tile in made if tile.lane in known], span, text, theme, narrow=narrow
    )


def _lane(cell: Row, every: pd.DataFrame, shown: pd.DataFrame, text: Text, theme: str) -> Lane:
    _ = text.gettext
    disease = str(cell["disease_id"])
    n, left = int(every["disease_id"].eq(disease).sum()), int(shown["disease_id"].eq(disease).sum())
    note = text.number(n) if left == n else _("{n} of {m}").format(n=text.number(left), m=text.number(n))
    aside = text.number(int(cell["broader_n"]))
    broad = _("+{n} under a broader label").format(n=aside) if cell["broader_n"] else ""
    name = str(cell["abbreviation"])
    focus = cell["role"] == "focus"
    if n:
        empty = _("{n} of {m} in this filter").format(n=0, m=text.number(n))
        return Lane(disease, name, note, None, empty, empty, focus)
    state = wording.word(wording.STATES, cell["state"], text)
    if cell["state"] == "found":  # a table counted some that are not gathered one by one
        state = _("counted in a table, not gathered one by one")
    look = mark(cell, text, palette(theme))
    return Lane(disease, name, broad, look, str(cell["said"]), state, focus)


def _tile(row: Row, names: Names, text: Text) -> Tile:
    first = sign(row["classes"][0]) if row["classes"] else ""
    more = "+" if len(row["classes"]) > 1 else ""
    year: int | None = None if pd.isna(row["year"]) else int(row["year"])
    said = [
        f"<b>{escape(str(row['trial']))}</b>",
        *_lines(str(row["title"])),
        escape("; ".join(names.classes.get(c, c) for c in row["classes"])),
        escape("; ".join([*(names.drug(d) for d in row["drugs"]), *row["unmapped"]])),
        escape(f"{trials.phase_word(row['phase'], text)} · {trials.status_line(row, text)}"),
    ]
    look = LOOKS[row["standing"]]
    return Tile(str(row["disease_id"]), year, first + more, look, "<br>".join(filter(None, said)))


def _lines(title: str, width: int = 70) -> list[str]:
    """A title in at most two lines."""
    if len(title) <= width:
        return [escape(title)]
    cut = title.rfind(" ", 0, width)
    rest = title[cut + 1 :]
    return [escape(title[:cut]), escape(rest if len(rest) <= width else rest[: width - 1] + "…")]


def alt(shown: pd.DataFrame, cells: pd.DataFrame, text: Text) -> str:
    """The lanes in words, from the same rows."""
    _ = text.gettext
    said = []
    for cell in records(cells):
        own = shown[shown["disease_id"] == cell["disease_id"]]
        if own.empty:
            state = wording.word(wording.STATES, cell["state"], text)
            told = _("no tile in this lane ({state})").format(state=state)
        else:
            told = text.ngettext("{n} trial", "{n} trials", len(own))
            years = own["year"].dropna()
            if len(years):
                told += f" ({int(years.min())}–{int(years.max())})"
            undated = int(own["year"].isna().sum())
            if undated:
                told += ", " + text.ngettext("{n} without a start year", "{n} without a start year", undated)
        said.append(f"{cell['abbreviation']}{text.colon}{told}")
    return "; ".join(said) + "."


def legend(shown: pd.DataFrame, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The signs that stand in the figure, with the classes they mean, in display order."""
    met = {row["classes"][0] for row in records(shown) if row["classes"]}
    return [(sign(class_id), name) for class_id, name in names.items() if class_id in met]
