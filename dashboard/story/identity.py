"""The first slide: a code, a border and the first report."""

from __future__ import annotations

from dashboard import wording
from dashboard.story.cells import beside_relatives
from dashboard.story.rows import Filter, Record, Rows
from dashboard.story.slide import Made
from dashboard.text import Text, spelled, with_article


def made(rows: Rows, _chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
    _ = text.gettext
    name = with_article(rows.name, text)
    orpha = "" if wording.missing(rows.disease["orpha"]) else str(rows.disease["orpha"])
    said = (
        _("The catalog gives {disease} the Orphanet code ORPHA:{code}").format(disease=name, code=orpha)
        if orpha
        else _("The catalog holds no Orphanet code for {disease}").format(disease=name)
    )
    first = _first_report(rows)
    if first is None:
        then = _("no report of patients has been gathered here yet")
    else:
        then = text.ngettext(
            "the earliest report gathered ({report}) describes {n} patient",
            "the earliest report gathered ({report}) describes {n} patients",
            int(first["n_patients"]),
            spelled(int(first["n_patients"]), text),
            report=str(first["citation_short"]),
        )
    asked = ("case_definition", "classification_criteria", "diagnostic_code")
    return _("{one}; {two}.").format(one=said, two=then), beside_relatives(rows, asked, text), None


def _first_report(rows: Rows) -> Record | None:
    found = rows.studies
    if found.empty:
        return None
    found = found[
        found["included"].astype(bool)
        & found["n_patients"].notna()
        & found["year"].notna()
        & ~found["design"].isin(["review", "systematic_review"])
    ]
    return None if found.empty else dict(found.sort_values(["year", "study_id"]).iloc[0])
