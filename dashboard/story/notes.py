"""What a speaker is given beside a slide: the certificates in short, and what is cited."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard import wording
from dashboard.story.biomarkers import BIOMARKERS
from dashboard.story.cells import cell_of, focus_cells, state_said, titles_of
from dashboard.story.limits import search_row
from dashboard.story.rows import Filter, Record, Rows
from dashboard.text import Text

_ASKED: dict[str, tuple[str, ...]] = {
    "identity": ("case_definition", "classification_criteria", "diagnostic_code"),
    "patients": ("patients_described", "publications", "reviews"),
    "trials": ("trials_registered", "trials_recruiting", "trials_with_results", "observational_studies"),
    "money": ("disease_programmes", "public_grants"),
    "cases": ("patients_with_treatment", "patients_with_outcome", "long_term_outcome"),
    "steps": (),
    "limits": (),
}


def questions_behind(rows: Rows, key: str) -> list[str]:
    """The questions that a slide rests on."""
    every = [str(c["question_id"]) for c in focus_cells(rows)]
    if key == "searched":
        return every
    if key == "biomarkers":
        return [q for q in every if q.startswith(BIOMARKERS)]
    return [q for q in _ASKED[key] if q in every]


def notes_on(rows: Rows, questions: Sequence[str], text: Text) -> tuple[str, ...]:
    """The certificate of each cell behind a slide, in short: state, reasons, queries and dates."""
    titles = titles_of(rows, text)
    short = len(questions) > 10  # the whole column: states only, their reasons stand on the other slides
    lines = []
    for question in questions:
        cell = cell_of(rows, question)
        lines.append(f"{titles[question]}{text.colon}{state_said(rows, cell, text)}")
        lines += [f"  {aside}" for aside in wording.asides(cell, text)]
        if short:
            continue
        own = rows.reasons[rows.reasons["question_id"] == question]
        lines += [
            f"  – {said}" for said in dict.fromkeys(_reason(r, text, titles) for r in own.to_dict("records"))
        ]
        asked = (
            rows.searches[rows.searches["question_id"] == question] if len(rows.searches) else rows.searches
        )
        lines += [f"  ⌕ {' · '.join(filter(None, search_row(r, text)))}" for r in asked.to_dict("records")]
    return tuple(lines)


def _reason(row: Record, text: Text, titles: dict[str, str]) -> str:
    source = "" if wording.missing(row["name"]) else str(row["name"])
    detail = "" if wording.missing(row["detail"]) else str(row["detail"])
    return wording.reason(str(row["code"]), detail, source, text, titles)


def filter_note(key: str, chosen: Filter, text: Text) -> tuple[str, ...]:
    """What a filter leaves out of a slide; nothing where it changes none of its rows."""
    if not chosen.active or key not in ("trials", "cases"):
        return ()
    years = f"{chosen.years[0]}–{chosen.years[1]}" if chosen.years else ""
    said = ", ".join(filter(None, [years, *chosen.classes, *chosen.drugs]))
    return (
        text.gettext("Rows drawn are filtered ({filter}); no state changes with it.").format(filter=said),
    )


def cited(rows: Rows, key: str) -> tuple[tuple[str, str], ...]:
    """What is cited behind a slide, with an address; the last slide lists all of it."""
    found = rows.references
    if key not in ("limits", "searched"):
        found = found[found["question_id"].isin(questions_behind(rows, key))]
    found = found.drop_duplicates("citation_short")
    return tuple(
        (str(r["citation_short"]), "" if wording.missing(r["url"]) else str(r["url"]))
        for r in found.to_dict("records")
    )
