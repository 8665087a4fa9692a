"""The sixth slide: funding programmes, grants, and the funders whose pages were read."""

from __future__ import annotations

from dashboard.story.cells import beside_relatives, cell_of, question_said
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Made, Table
from dashboard.text import N_, Text, with_article


def made(rows: Rows, _chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
    _ = text.gettext
    cell = cell_of(rows, "disease_programmes")
    listed = len(rows.funders)
    said = [question_said(rows, cell, text)]
    if listed:
        rest = int((rows.funders["result"] == "not_searched").sum())
        said.append(
            text.ngettext(
                "Pages were read in part; {n} funder remains to be searched.",
                "Pages were read in part; {n} funders remain to be searched.",
                rest,
            )
        )
    else:
        said.append(
            _("No funder has been listed for {disease} yet.").format(disease=with_article(rows.name, text))
        )
    return (
        " ".join(said),
        beside_relatives(rows, ("disease_programmes", "public_grants"), text),
        _funder_table(rows, text),
    )


FUNDER_RESULTS: dict[str, str] = {
    "none_found": N_("none seen in the pages read"),
    "not_searched": N_("not looked for yet"),
    "found": N_("found"),
}


def _funder_table(rows: Rows, text: Text) -> Table | None:
    if rows.funders.empty:
        return None
    _ = text.gettext
    lines = tuple(
        (str(r["funder"]), _(FUNDER_RESULTS[str(r["result"])]), text.day(r["checked_on"]))
        for r in rows.funders.to_dict("records")
    )
    return Table(
        _("Funders on the list"), (_("Funder"), _("Result"), _("Checked on")), lines, widths=(5, 3, 1.6)
    )
