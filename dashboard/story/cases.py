"""The seventh slide: one lane a patient, and every outcome with its count."""

from __future__ import annotations

import pandas as pd

from dashboard import cases
from dashboard.story.cells import capital, cell_of, state_said
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Lane, Lanes, Made
from dashboard.text import Text, spelled


def made(rows: Rows, chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
    _ = text.gettext
    wanted = cases.Filters(chosen.years, chosen.undated, chosen.drugs, chosen.classes)
    kept = cases.kept(rows.patients, rows.treatments, wanted) if len(rows.patients) else rows.patients
    single = cases.single(kept) if len(kept) else kept
    empty = _("No single patient stands here: {state}").format(
        state=state_said(rows, cell_of(rows, "patients_described"), text)
    )
    if single.empty:
        sentence = _("No patient is described one by one in what was gathered{where}. {state}").format(
            where=_(" within this filter") if chosen.active and len(rows.patients) else "",
            state=state_said(rows, cell_of(rows, "patients_described"), text),
        )
    else:
        sentence = _outcomes(single, text)
    shown = cases.ordered(kept, rows.treatments, "year", text.lang) if len(kept) else kept
    drawn = cases.lanes(shown, rows.treatments, text) if len(shown) else []
    columns = (_("Patient"), _("Who"), _("Treatment in order"), _("Outcome"))
    figure = Lanes(_("One lane a patient"), columns, tuple(_lane(lane, text) for lane in drawn), empty)
    return sentence, figure, None


def _outcomes(single: pd.DataFrame, text: Text) -> str:
    """Every outcome with its count, the unknown ones too; doubtful labels said where they count."""
    _ = text.gettext
    parts = []
    for code, label in cases.OUTCOMES.items():
        of = single[single["outcome"] == code]
        if of.empty:
            continue
        said = text.gettext("{outcome} {n}").format(outcome=_(label), n=text.number(len(of)))
        unsure = int((of["label_certainty"] != "named_imam").sum())
        if unsure:
            flagged = text.ngettext("{n} with an uncertain label", "{n} with an uncertain label", unsure)
            said = _("{line} ({part})").format(line=said, part=flagged)
        parts.append(said)
    head = text.ngettext(
        "{n} patient described one by one", "{n} patients described one by one", len(single),
        spelled(len(single), text),
    )  # fmt: skip
    return _("{head}{colon}{parts}; published cases favour success.").format(
        head=capital(head), colon=text.colon, parts=", ".join(parts)
    )


def _lane(lane: cases.Lane, text: Text) -> Lane:
    steps = tuple(
        " + ".join(c.shown.removeprefix("→ ").removeprefix("+ ") for c in line) for line in lane.lines
    )
    return Lane(
        lane.title,
        lane.about,
        steps,
        text.gettext("treatment {missing}").format(missing=lane.gap),
        lane.outcome_word if lane.outcome != "not_reported"
        else text.gettext("outcome {missing}").format(missing=lane.gap),
        lane.flag,
    )  # fmt: skip
