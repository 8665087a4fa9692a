"""The fourth slide: trials by disease and year of start, and those under a broader label beside them."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pandas as pd

from dashboard import cases, wording
from dashboard.story.cells import capital, cell_of, diseases_of, lane_state, question_said
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Bars, Made, Series, Table
from dashboard.text import N_, Text, spelled, with_article

#: A status older than this is not shown as one that a patient could enter now (days).
OPEN_DAYS = 365
OPEN = ("recruiting", "not_yet_recruiting", "enrolling_by_invitation")
ENDED = ("completed", "terminated", "withdrawn")
#: First years of the spans in which trials are drawn.
SPANS = (0, 2005, 2010, 2015, 2020, 2025)


def made(rows: Rows, chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
    _ = text.gettext
    cell = cell_of(rows, "trials_registered")
    gathered = rows.trials["trial_id"].nunique()
    own = rows.trials[rows.trials["disease_id"] == rows.focus]
    said = []
    if own.empty and gathered and cell["state"] != "found":
        said.append(
            text.ngettext(
                "{n} trial was gathered; it does not name {disease}.",
                "None of the {n} trials gathered names {disease}.",
                gathered, disease=with_article(rows.name, text),
            )
        )  # fmt: skip
    said.append(question_said(rows, cell, text))
    if len(rows.broader):
        said.append(_broader(rows, text))
    return " ".join(said), _trial_bars(rows, chosen, text), _broader_table(rows, text)


def standing(status: object, day: object, today: str) -> str:
    """``ended``, ``open`` (dated within the last :data:`OPEN_DAYS` days), ``old`` or ``undated``."""
    if status in ENDED:
        return "ended"
    if status not in OPEN:
        return "undated"
    if wording.missing(day) or not str(day):
        return "undated"
    read = (str(day) + "-01-01")[:10] if len(str(day)) == 4 else (str(day) + "-01")[:10]
    age = date.fromisoformat(today) - date.fromisoformat(read)
    return "open" if age.days <= OPEN_DAYS else "old"


def _broader(rows: Rows, text: Text) -> str:
    n = Counter(standing(r["status"], r["status_as_of"], rows.today) for r in rows.broader.to_dict("records"))
    said = text.ngettext(
        "{n} trial takes or took a broader group that might include a patient",
        "{n} trials take or took a broader group that might include a patient",
        len(rows.broader), spelled(len(rows.broader), text),
    )  # fmt: skip
    told = {code: spelled(count, text) for code, count in n.items()}
    none = spelled(0, text)
    parts = [
        text.ngettext("{n} ended", "{n} ended", n["ended"], told.get("ended", none)),
        text.ngettext(
            "{n} with a dated open status", "{n} with a dated open status", n["open"], told.get("open", none)
        ),
    ]
    if n["old"]:
        parts.append(
            text.ngettext("{n} with an old open status", "{n} with an old open status", n["old"], told["old"])
        )
    if n["undated"]:
        parts.append(
            text.ngettext(
                "{n} of undated or unknown status",
                "{n} of undated or unknown status",
                n["undated"],
                told["undated"],
            )
        )
    return text.gettext("{sentence}.").format(sentence=capital(said) + text.colon + ", ".join(parts))


STANDINGS: dict[str, str] = {
    "ended": N_("ended"),
    "open": N_("open, dated"),
    "old": N_("open when read, more than a year ago"),
    "undated": N_("status undated or unknown"),
}


def _broader_table(rows: Rows, text: Text) -> Table | None:
    if rows.broader.empty:
        return None
    _ = text.gettext
    lines = tuple(
        (
            str(r["trial_id"]),
            str(r["title"]),
            _(STANDINGS[standing(r["status"], r["status_as_of"], rows.today)]),
            text.day(r["status_as_of"]),
        )
        for r in rows.broader.to_dict("records")
    )
    return Table(
        _("Trials under a broader label, never added"),
        (_("Trial"), _("Title"), _("Standing"), _("Read on")), lines, widths=(1.8, 4.6, 2.2, 1.2),
    )  # fmt: skip


def kept_trials(trials: pd.DataFrame, chosen: Filter) -> pd.DataFrame:
    """The trials that a filter leaves; undated ones stay unless the choice leaves them out."""
    keep = pd.Series(True, index=trials.index)
    if chosen.years:
        keep &= trials["start_year"].between(*chosen.years) | (trials["start_year"].isna() & chosen.undated)
    if chosen.classes:
        keep &= (
            trials["classes"]
            .map(lambda held: bool(set(cases.items(held)) & set(chosen.classes)))
            .astype(bool)
        )
    return trials[keep]


def _trial_bars(rows: Rows, chosen: Filter, text: Text) -> Bars:
    _ = text.gettext
    kept = kept_trials(rows.trials, chosen)
    names, states, tallies = [], [], []
    for disease in diseases_of(rows):
        cell = cell_of(rows, "trials_registered", disease["disease_id"])
        own = kept[kept["disease_id"] == disease["disease_id"]]
        whole = int((rows.trials["disease_id"] == disease["disease_id"]).sum())
        tallies.append(Counter(_span(year, text) for year in own["start_year"]))
        names.append(str(disease["abbreviation"]))
        lane = lane_state(cell, text)
        if chosen.active and whole:
            part = text.gettext("{n} of {m} in this filter").format(
                n=text.number(len(own)), m=text.number(whole)
            )
            lane = (lane[0], f"{lane[1]} · {part}")
        states.append(lane)
    spans = [*(_span(year, text) for year in SPANS), _("undated")]
    series = tuple(Series(span, tuple(tally[span] or None for tally in tallies)) for span in spans)
    return Bars(
        _("Trials gathered by disease and year of start"), _("Disease"), tuple(names), tuple(states), series,
        _("trials"),
    )  # fmt: skip


def _span(year: object, text: Text) -> str:
    if wording.missing(year):
        return text.gettext("undated")
    first = max(s for s in SPANS if s <= int(str(year).split(".")[0]))
    after = [s for s in SPANS if s > first]
    if first == 0:
        return text.gettext("before {year}").format(year=SPANS[1])
    return f"{first}–{after[0] - 1}" if after else text.gettext("from {year}").format(year=first)
