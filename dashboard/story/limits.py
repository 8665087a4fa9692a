"""The ninth slide: dates, limits, and the searches behind all of it."""

from __future__ import annotations

from dashboard import wording
from dashboard.story.rows import Filter, Record, Rows
from dashboard.story.slide import Made, Table
from dashboard.text import Text, with_article


def made(rows: Rows, _chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
    _ = text.gettext
    done = rows.searches.drop_duplicates("search_id") if len(rows.searches) else rows.searches
    good = done[done["fault"] == ""] if len(done) else done
    live = int((good["snapshot_id"] != "embedded").sum()) if len(good) else 0
    said = [
        _("State of {day}").format(day=text.day(rows.evidence_day))
        if rows.evidence_day
        else _("No answer yet")
    ]
    if len(good):
        said.append(
            text.ngettext("{n} search with its query and date, {live} of them live",
                          "{n} searches with their queries and dates, {live} of them live",
                          len(good), live=text.number(live))
        )  # fmt: skip
    else:
        said.append(_("no search has been run for {disease}").format(disease=with_article(rows.name, text)))
    if rows.read_in_part or rows.read_in_full:
        said.append(
            text.ngettext("{n} report read in abstract or excerpt, {full} in full",
                          "{n} reports read in abstract or excerpt, {full} in full",
                          rows.read_in_part, full=text.number(rows.read_in_full))
        )  # fmt: skip
    said.append(_("challenge any zero"))
    columns = (_("Source"), _("Query"), _("Date"), _("Extent"), _("Found"), _("Controls"))
    lines = tuple(search_row(r, text) for r in done.to_dict("records"))
    empty = _("No search has been run for {disease} yet.").format(disease=with_article(rows.name, text))
    figure = Table(_("Searches behind these slides"), columns, lines, empty, (2.2, 4.4, 1.3, 1.6, 1, 1.6))
    return _("{sentence}.").format(sentence=_("; ").join(said)), figure, None


def search_row(row: Record, text: Text) -> tuple[str, ...]:
    """A search as words: source, query, date, extent, what was found, controls."""
    _ = text.gettext
    extent = _("whole source") if row["coverage"] == "whole" else _("a part of the source")
    found = (
        wording.word(wording.FAULTS, row["fault"], text) if row["fault"] else text.number(int(row["total"]))
    )
    if wording.missing(row["controls"]) or not int(row["controls"]):
        controls = _("none run")
    elif int(row["controls_failed"]):
        controls = _("not passed")
    else:
        controls = _("passed")
    return (str(row["name"]), str(row["query"]), text.day(str(row["asked_on"])), extent, found, controls)
