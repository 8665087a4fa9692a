"""The cells behind a slide: how each is drawn, and what its state allows to say."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import marks, wording
from dashboard.story.rows import Record, Rows
from dashboard.story.slide import Table, Tile, Tiles
from dashboard.text import Text, with_article

STATES = ("found", "zero", "unproven", "claimed", "unsearched")


def focus_cells(rows: Rows) -> list[Record]:
    """The cells of the disease, in the order of the questions."""
    return [cell for (_question, disease), cell in rows.by_cell.items() if disease == rows.focus]


def cell_of(rows: Rows, question: str, disease: object = None) -> Record:
    """The cell of a question, of the focus unless another disease is named."""
    return rows.by_cell[question, str(disease or rows.focus)]


def diseases_of(rows: Rows) -> list[Record]:
    """One row a disease, in the order of the grid."""
    return rows.cells.drop_duplicates("disease_id").sort_values("disease_order").to_dict("records")


def titles_of(rows: Rows, text: Text) -> dict[str, str]:
    """Question -> its title."""
    return {str(c["question_id"]): text.pick(c, "title") for c in focus_cells(rows)}


def tile(cell: Record, text: Text) -> Tile:
    """A cell as it is drawn."""
    drawn = marks.mark(cell, text, marks.LIGHT)
    step = 0
    if cell["state"] == "found":
        step = max(i for i, least in enumerate(marks.STEPS) if int(cell["n"]) >= least)
    return Tile(
        str(cell["question_id"]), str(cell["disease_id"]), str(cell["state"]), drawn.aged, step,
        drawn.text, drawn.aside, drawn.corner, marks.says(cell, text),
    )  # fmt: skip


def lane_state(cell: Record, text: Text) -> tuple[str, str]:
    """State and words of a lane that has no numbers."""
    return str(cell["state"]), marks.says(cell, text)


def beside_relatives(rows: Rows, asked: Sequence[str], text: Text) -> Tiles:
    """Diseases in lines, some questions in columns."""
    _ = text.gettext
    by = rows.by_cell
    titles = titles_of(rows, text)
    lines = []
    for disease in diseases_of(rows):
        label = f"{disease['abbreviation']} · {text.pick(disease, 'label')}"
        lines.append((label, tuple(tile(by[q, disease["disease_id"]], text) for q in asked if q in titles)))
    return Tiles(
        _("{disease} beside its relatives").format(disease=rows.name),
        _("Disease"),
        tuple(titles[q] for q in asked if q in titles),
        tuple(lines),
    )


def focus_table(rows: Rows, text: Text) -> Table:
    """Every question of the disease with its state, number, coverage and date: the whole column."""
    _ = text.gettext
    columns = (_("Question"), _("State"), _("Shown"), _("Sources"), _("Answered on"), _("Beside"))
    return Table(
        _("All questions asked of {disease}").format(disease=with_article(rows.name, text)),
        columns,
        tuple(_focus_row(cell, text) for cell in focus_cells(rows)),
        widths=(3.6, 2.2, 1.2, 1.2, 1.5, 2.4),
    )


def _focus_row(cell: Record, text: Text) -> tuple[str, ...]:
    state = wording.word(wording.STATES, cell["state"], text)
    if cell["freshness"] in ("stale", "last_check_failed"):
        state += f" · {wording.word(wording.FRESHNESS, cell['freshness'], text)}"
    coverage = text.gettext("{part} of {whole}").format(
        part=text.number(int(cell["proven_sources"])), whole=text.number(int(cell["required_sources"]))
    )
    beside = []
    if cell["broader_n"]:
        beside.append(text.gettext("+{n} broader").format(n=text.number(int(cell["broader_n"]))))
    if cell["candidate_n"]:
        beside.append(text.ngettext("○ {n} candidate", "○ {n} candidates", int(cell["candidate_n"])))
    if not wording.missing(cell["implied_by"]):
        beside.append(text.gettext("follows from another question"))
    shown = marks.tile_text(cell, text) if cell["state"] != "claimed" else ""
    return (
        text.pick(cell, "title"), state, shown, coverage, text.day(cell["answered_on"]), " · ".join(beside)
    )  # fmt: skip


def state_said(rows: Rows, cell: Record, text: Text) -> str:
    """What the state of a cell allows to say."""
    listed = len(rows.funders)
    checked = int((rows.funders["result"] != "not_searched").sum())
    return wording.sentence(cell, text, claimant(rows, str(cell["question_id"]), text), listed, checked)


def question_said(rows: Rows, cell: Record, text: Text) -> str:
    """The question and what its state allows to say."""
    said = state_said(rows, cell, text)
    if cell["state"] != "claimed":  # a claim begins with the name of a document
        said = said[:1].lower() + said[1:]
    return text.pick(cell, "title") + text.colon + said


def claimant(rows: Rows, question: str, text: Text) -> str:
    """Who says there is none, with the dates of the documents."""
    named = []
    for row in claims_of(rows, question):
        if wording.missing(row["citation_short"]):
            continue
        day = "" if wording.missing(row["as_of"]) else text.day(row["as_of"])
        named.append(f"{row['citation_short']} ({day})" if day else str(row["citation_short"]))
    return text.join(dict.fromkeys(named)) if named else ""


def claims_of(rows: Rows, question: str) -> list[Record]:
    """What documents state on a question."""
    return rows.claims[rows.claims["question_id"] == question].to_dict("records")


def has_reason(rows: Rows, prefix: str, code: str) -> bool:
    """Whether a reason stands behind any question whose id begins with ``prefix``."""
    found = rows.reasons
    return bool((found["question_id"].astype(str).str.startswith(prefix) & (found["code"] == code)).any())


def capital(said: str) -> str:
    """``said`` as the beginning of a sentence."""
    return said[:1].upper() + said[1:]
