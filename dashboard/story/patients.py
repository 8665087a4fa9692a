"""The second slide: how many patients, by report; what is counted twice is not added."""

from __future__ import annotations

from dashboard import wording
from dashboard.story.cells import capital, cell_of, claims_of, lane_state, question_said
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Bars, Made, Series, Table
from dashboard.text import Text, spelled


def made(rows: Rows, _chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
    _ = text.gettext
    cell = cell_of(rows, "patients_described")
    said = []
    for claim in claims_of(rows, "patients_described"):
        if int(claim["n"]) > 0:
            said.append(
                text.ngettext(
                    "{document} counts {n} case",
                    "{document} counts {n} cases",
                    int(claim["n"]),
                    document=str(claim["citation_short"]),
                )
            )
    counted = len(said)
    by = {} if rows.patients.empty else rows.patients.groupby("label_certainty")["n"].sum().to_dict()
    named = int(by.get("named_imam", 0))
    unsure = int(sum(by.values())) - named
    if by:
        said.append(
            text.ngettext("we located {n} patient so labelled", "we located {n} patients so labelled", named)
        )
        if unsure:
            said.append(
                text.ngettext(
                    "{n} more has an uncertain label", "{n} more have an uncertain label", unsure,
                    spelled(unsure, text),
                )
            )  # fmt: skip
        if counted:
            said.append(_("the figures overlap and are not added"))
        sentence = capital(_("; ").join(said)) + "."
    else:
        sentence = question_said(rows, cell, text)
    return sentence, _patient_bars(rows, text), _related(rows, text)


def _patient_bars(rows: Rows, text: Text) -> Bars:
    _ = text.gettext
    kinds = {"named_imam": _("so labelled"), "label_from_secondary_source": _("label second-hand"),
             "doubtful": _("label doubtful")}  # fmt: skip
    names, values = [], []
    reports = rows.patients.sort_values(["year", "study_id"]) if len(rows.patients) else rows.patients
    for _study, found in reports.groupby("study_id", sort=False) if len(reports) else ():
        names.append(str(found["citation_short"].iloc[0]))
        values.append({k: int(found.loc[found["label_certainty"] == k, "n"].sum()) for k in kinds})
    claims = [c for c in claims_of(rows, "patients_described") if int(c["n"]) > 0]
    series = [
        Series(label, tuple(v[k] or None for v in values) + (None,) * len(claims))
        for k, label in kinds.items()
    ]
    if claims:
        counted = (None,) * len(values) + tuple(int(c["n"]) for c in claims)
        series.append(Series(_("counted by a review: overlaps, not added"), counted))
    names += [str(c["citation_short"]) for c in claims]
    series = [s for s in series if any(v is not None for v in s.values)]
    states = tuple(("", "") for _name in names)
    if not names:
        cell = cell_of(rows, "patients_described")
        names, states = [rows.name], (lane_state(cell, text),)
    if not series:
        series = [Series(_("patients"), (None,) * len(names))]
    return Bars(_("Patients by report"), _("Report"), tuple(names), states, tuple(series), _("patients"))


def _related(rows: Rows, text: Text) -> Table | None:
    if rows.related.empty:
        return None
    _ = text.gettext
    lines = tuple(
        (
            "" if wording.missing(r["citation_short"]) else str(r["citation_short"]),
            str(r["label_used"]),
            wording.word(wording.VERDICTS, r["verdict"], text),
        )
        for r in rows.related.to_dict("records")
    )
    return Table(
        _("Reports under another label, beside the count and never added to it"),
        (_("Report"), _("Label used"), _("Verdict")), lines, widths=(2.4, 5, 1.6),
    )  # fmt: skip
