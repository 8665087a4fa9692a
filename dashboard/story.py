"""The argument as nine slides: sentence, plain line, figure, table, notes. Pure; one source for all files.

No sentence is fixed text: each is a template over the states, numbers and dates of the rows beside
it, and none claims more than its state allows (the words of a state are those of
:mod:`dashboard.wording`). A slide whose rows are empty says so and stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from dashboard import cases, marks, wording
from dashboard.text import N_, Text, spelled, with_article

Record = dict[Any, Any]

#: A status older than this is not shown as one that a patient could enter now (days).
OPEN_DAYS = 365
OPEN = ("recruiting", "not_yet_recruiting", "enrolling_by_invitation")
ENDED = ("completed", "terminated", "withdrawn")
#: First years of the spans in which trials are drawn.
SPANS = (0, 2005, 2010, 2015, 2020, 2025)
STATES = ("found", "zero", "unproven", "claimed", "unsearched")
BIOMARKERS = "biomarker_"


# --- what goes in -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """What the store holds about one disease, as :func:`dashboard.queries.story.rows` gives it.

    - disease: disease_id, label_en/fr, abbreviation, orpha.
    - cells: the grid of the disease and its relatives (:func:`dashboard.queries.grid`), focus first.
    - claims: question_id, n, as_of, citation_short, url of what documents state of the focus.
    - reasons: question_id, code, detail, name (of the source) for the focus.
    - searches: question_id, name, query, fields, asked_on, rung, coverage, register_size, total,
      fault, controls, controls_failed, url for the focus.
    - trials: trial_id, disease_id, status, status_as_of, start_year, title, classes, url.
    - broader: trial_id, status, status_as_of, title, url of trials under a broader label.
    - funders: funder, checked_on, result of each funder on the list.
    - patients, treatments, studies, related: as in :class:`dashboard.queries.Cases`.
    - steps: every column of ``next_step``. references: citation_short, title, url, day of what is cited.
    - read_in_full, read_in_part: how many reports were read whole, and by abstract or excerpt.
    - evidence_day: ISO day of the newest answer; today: ISO day against which freshness is judged.
    - build: the published store that all of this was read from.
    """

    disease: Record
    cells: pd.DataFrame
    claims: pd.DataFrame
    reasons: pd.DataFrame
    searches: pd.DataFrame
    trials: pd.DataFrame
    broader: pd.DataFrame
    funders: pd.DataFrame
    patients: pd.DataFrame
    treatments: pd.DataFrame
    studies: pd.DataFrame
    related: pd.DataFrame
    steps: pd.DataFrame
    references: pd.DataFrame
    read_in_full: int
    read_in_part: int
    evidence_day: str
    today: str
    build: str

    @property
    def focus(self) -> str:
        """Id of the disease."""
        return str(self.disease["disease_id"])

    @property
    def name(self) -> str:
        """Its abbreviation."""
        return str(self.disease["abbreviation"])

    @cached_property
    def by_cell(self) -> dict[tuple[str, str], Record]:
        """Question and disease -> the row of their cell."""
        return {(str(r["question_id"]), str(r["disease_id"])): r for r in self.cells.to_dict("records")}


@dataclass(frozen=True)
class Filter:
    """Which trials and patients are drawn; states and sentences about states never change."""

    years: tuple[int, int] | None = None
    classes: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    undated: bool = True

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return bool(self.years or self.classes or self.drugs)


# --- what comes out ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """Headings and rows of words, ready to be shown."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""
    #: Relative widths of the columns.
    widths: tuple[float, ...] = ()


@dataclass(frozen=True)
class Series:
    """One part of a bar chart; ``None`` is no number, not 0. ``state`` is set where the part is a state."""

    name: str
    values: tuple[int | None, ...]
    state: str = ""


@dataclass(frozen=True)
class Bars:
    """Lying stacked bars. A lane without numbers carries the words of its state in ``states``."""

    title: str
    head: str
    categories: tuple[str, ...]
    states: tuple[tuple[str, str], ...]
    series: tuple[Series, ...]
    unit: str

    def table(self) -> Table:
        """The same numbers as words, the state in a column of its own."""
        columns = (self.head, *(s.name for s in self.series), "◌")
        rows = tuple(
            (name, *("" if s.values[i] is None else str(s.values[i]) for s in self.series), self.states[i][1])
            for i, name in enumerate(self.categories)
        )
        return Table(self.title, columns, rows)


@dataclass(frozen=True)
class Tile:
    """One cell as it is drawn: its codes, the text on it, and all of it in words."""

    question: str
    disease: str
    state: str
    aged: bool
    step: int
    text: str
    aside: str
    corner: str
    says: str


@dataclass(frozen=True)
class Tiles:
    """Cells in lines and columns."""

    title: str
    head: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Tile, ...]], ...]

    def table(self) -> Table:
        """The tiles in words."""
        rows = tuple((label, *(t.says for t in tiles)) for label, tiles in self.lines)
        return Table(self.title, (self.head, *self.columns), rows)


@dataclass(frozen=True)
class Lane:
    """One patient, or a group not told apart."""

    patient: str
    about: str
    steps: tuple[str, ...]
    missing: str
    outcome: str
    flag: str


@dataclass(frozen=True)
class Lanes:
    """One lane a patient, treatments in order; what is missing is said."""

    title: str
    columns: tuple[str, str, str, str]
    lanes: tuple[Lane, ...]
    empty: str

    def table(self) -> Table:
        """The lanes as rows."""
        rows = tuple(
            (
                lane.patient,
                lane.about,
                " → ".join(lane.steps) if lane.steps else lane.missing,
                " · ".join(filter(None, [lane.outcome, lane.flag])),
            )
            for lane in self.lanes
        )
        return Table(self.title, self.columns, rows, self.empty, (2.2, 2.2, 4, 2.6))


Figure = Bars | Tiles | Lanes | Table


@dataclass(frozen=True)
class Slide:
    """One slide. ``extra`` is a table that stands behind the figure; ``notes`` are for the speaker."""

    number: int
    key: str
    title: str
    sentence: str
    plain: str
    figure: Figure
    extra: Table | None
    caption: str
    notes: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]

    @property
    def table(self) -> Table:
        """The rows of the figure."""
        return self.figure if isinstance(self.figure, Table) else self.figure.table()

    @property
    def alt(self) -> str:
        """The figure in words, from the same rows."""
        told = self.table
        said = [f"{told.title}."]
        said += ["; ".join(filter(None, row)) + "." for row in told.rows] or [told.empty]
        return " ".join(filter(None, said))


PLAIN: dict[str, str] = {
    "identity": N_("A disease needs a name, a code and a border before anybody can count it."),
    "patients": N_("Each mark is a person whom doctors wrote about. There may be many more."),
    "searched": N_("An empty box can mean that nothing is there, or that nobody looked. Here you see which."),
    "trials": N_("A trial tests a treatment with patients. This is where we looked for one, and how far."),
    "biomarkers": N_("A biomarker is something measured that helps to find, follow or treat a disease."),
    "money": N_("Research starts with money set aside for it. These are the funders whose pages were read."),
    "cases": N_("Too few people to say what works: each one is shown, the unknown ones too."),
    "steps": N_("Small steps come first: look, ask, use what there is. Making something new comes last."),
    "limits": N_("You can check each of these searches yourself, and tell us if we are wrong."),
}

TITLES: dict[str, str] = {
    "identity": N_("A code and a border"),
    "patients": N_("How many patients"),
    "searched": N_("What was looked for"),
    "trials": N_("Trials"),
    "biomarkers": N_("Biomarkers"),
    "money": N_("Funding"),
    "cases": N_("Patients one by one"),
    "steps": N_("First steps"),
    "limits": N_("Dates, limits, sources"),
}


def slides(rows: Rows, chosen: Filter, text: Text) -> tuple[Slide, ...]:
    """The nine slides of a disease, in the language of ``text``."""
    makers = (_identity, _patients, _searched, _trials, _biomarkers, _money, _cases, _steps, _limits)
    made = []
    for number, (key, maker) in enumerate(zip(TITLES, makers, strict=True), 1):
        sentence, figure, extra = maker(rows, chosen, text)
        questions = _behind(rows, key)
        made.append(
            Slide(
                number=number,
                key=key,
                title=text.gettext(TITLES[key]),
                sentence=sentence,
                plain=text.gettext(PLAIN[key]),
                figure=figure,
                extra=extra,
                caption=" ".join(
                    filter(None, [caption(rows, text), legend(text) if isinstance(figure, Tiles) else ""])
                ),
                notes=(*_notes(rows, questions, text), *_filtered(key, chosen, text)),
                sources=_sources(rows, key),
            )
        )
    return tuple(made)


def legend(text: Text, grey: bool = False) -> str:
    """What the marks on tiles mean, in one line. ``grey``: for a page without colours and hatching."""
    _ = text.gettext
    last = (_("empty box: not looked for yet"),) if grey else (
        _("hatched: not looked for yet"), _("grey with a year: out of date")
    )  # fmt: skip
    return " · ".join(
        (
            _("≥ at least so many gathered"),
            _("0 none found in all required sources"),
            _("0? none seen so far, not proven"),
            _("claimed: a document says none, not re-run"),
            *last,
        )
    )


def _under(rows: Rows, figure: Figure, text: Text) -> str:
    return " ".join([caption(rows, text), *([legend(text)] if isinstance(figure, Tiles) else [])])


def caption(rows: Rows, text: Text) -> str:
    """Source and dates, under every figure."""
    _, day = text.gettext, text.day(rows.evidence_day)
    if not day:
        return _("Source: Lacuna, no answer yet, {today}.").format(today=text.day(rows.today))
    return _("Source: Lacuna, evidence of {day}, freshness judged on {today}.").format(
        day=day, today=text.day(rows.today)
    )


def focus_cells(rows: Rows) -> list[Record]:
    """The cells of the disease, in the order of the questions."""
    return [cell for (_question, disease), cell in rows.by_cell.items() if disease == rows.focus]


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


# --- the nine ---------------------------------------------------------------------------------

Made = tuple[str, Figure, Table | None]


def _identity(rows: Rows, _chosen: Filter, text: Text) -> Made:
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
    return _("{one}; {two}.").format(one=said, two=then), _beside(rows, asked, text), None


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


def _beside(rows: Rows, asked: Sequence[str], text: Text) -> Tiles:
    """Diseases in lines, some questions in columns."""
    _ = text.gettext
    by = rows.by_cell
    titles = _question_titles(rows, text)
    lines = []
    for disease in _diseases(rows):
        label = f"{disease['abbreviation']} · {text.pick(disease, 'label')}"
        lines.append((label, tuple(tile(by[q, disease["disease_id"]], text) for q in asked if q in titles)))
    return Tiles(
        _("{disease} beside its relatives").format(disease=rows.name),
        _("Disease"),
        tuple(titles[q] for q in asked if q in titles),
        tuple(lines),
    )


def _patients(rows: Rows, _chosen: Filter, text: Text) -> Made:
    _ = text.gettext
    cell = _cell(rows, "patients_described")
    said = []
    for claim in _claims(rows, "patients_described"):
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
        sentence = _capital(_("; ").join(said)) + "."
    else:
        sentence = _named(rows, cell, text)
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
    claims = [c for c in _claims(rows, "patients_described") if int(c["n"]) > 0]
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
        cell = _cell(rows, "patients_described")
        names, states = [rows.name], (_lane_state(cell, text),)
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


def _searched(rows: Rows, _chosen: Filter, text: Text) -> Made:
    _ = text.gettext
    found = focus_cells(rows)
    states = Counter(str(c["state"]) for c in found)
    absences = states["zero"] + states["unproven"] + states["claimed"]
    said = text.ngettext(
        "{n} question was asked of {disease}", "{n} questions were asked of {disease}", len(found),
        disease=with_article(rows.name, text),
    )  # fmt: skip
    parts = [text.ngettext("{n} found something", "{n} found something", states["found"])]
    if absences:
        parts.append(_confirmed(found, states["zero"], absences, text))
    if states["unsearched"]:
        parts.append(
            text.ngettext("{n} was not looked for yet", "{n} were not looked for yet", states["unsearched"])
        )
    sentence = _("{sentence}.").format(sentence=said + text.colon + _("; ").join(parts))
    return sentence, _state_bars(found, text), focus_table(rows, text)


def _confirmed(found: Iterable[Record], zeros: int, absences: int, text: Text) -> str:
    old = sum(1 for c in found if c["state"] == "zero" and c["freshness"] != "fresh")
    said = text.gettext("absences confirmed in all their required sources{colon}{n} of {m}").format(
        colon=text.colon, n=text.number(zeros), m=text.number(absences)
    )
    if old:
        aged = text.ngettext("{n} of them out of date", "{n} of them out of date", old)
        said = text.gettext("{line} ({part})").format(line=said, part=aged)
    return said


def _state_bars(found: Sequence[Record], text: Text) -> Bars:
    _ = text.gettext
    groups = list(dict.fromkeys(str(c["group"]) for c in found))
    tally = Counter((str(c["group"]), str(c["state"])) for c in found)
    series = tuple(
        Series(wording.word(wording.STATES, s, text), tuple(tally[g, s] or None for g in groups), s)
        for s in STATES
    )
    names = tuple(wording.word(wording.GROUPS, g, text) for g in groups)
    return Bars(
        _("Questions by state"), _("Group"), names, (("", ""),) * len(names), series, _("questions")
    )  # fmt: skip


def _trials(rows: Rows, chosen: Filter, text: Text) -> Made:
    _ = text.gettext
    cell = _cell(rows, "trials_registered")
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
    said.append(_named(rows, cell, text))
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
    return text.gettext("{sentence}.").format(sentence=_capital(said) + text.colon + ", ".join(parts))


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
    for disease in _diseases(rows):
        cell = _cell(rows, "trials_registered", disease["disease_id"])
        own = kept[kept["disease_id"] == disease["disease_id"]]
        whole = int((rows.trials["disease_id"] == disease["disease_id"]).sum())
        tallies.append(Counter(_span(year, text) for year in own["start_year"]))
        names.append(str(disease["abbreviation"]))
        lane = _lane_state(cell, text)
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


def _biomarkers(rows: Rows, _chosen: Filter, text: Text) -> Made:
    _ = text.gettext
    own = [c for c in focus_cells(rows) if str(c["question_id"]).startswith(BIOMARKERS)]
    states = Counter(str(c["state"]) for c in own)
    candidates = sum(int(c["candidate_n"]) for c in own)
    worded = {
        "found": N_("an established marker was found in {n}"),
        "zero": N_("none found in {n}, required sources searched"),
        "unproven": N_("none seen so far in {n}, not proven"),
        "claimed": N_("a document says none in {n}, not re-run here"),
        "unsearched": N_("not looked for yet in {n}"),
    }
    parts = [_(worded[s]).format(n=text.number(states[s])) for s in STATES if states[s]]
    head = text.ngettext(
        "Of the {n} BEST category for {disease}", "Of the {n} BEST categories for {disease}", len(own),
        spelled(len(own), text), disease=with_article(rows.name, text),
    )  # fmt: skip
    if candidates:
        parts.append(text.ngettext("{n} candidate stands apart", "{n} candidates stand apart", candidates))
    if _has_reason(rows, BIOMARKERS, "no_second_reader"):
        parts.append(_("no second reader has confirmed it yet"))
    sentence = _("{sentence}.").format(sentence=head + text.colon + _("; ").join(parts))
    by = rows.by_cell
    asked = [str(c["question_id"]) for c in own]
    titles = _question_titles(rows, text)
    diseases = _diseases(rows)
    figure = Tiles(
        _("The seven BEST categories, established markers; ○ candidates apart"),
        _("Category"),
        tuple(str(d["abbreviation"]) for d in diseases),
        tuple((titles[q], tuple(tile(by[q, d["disease_id"]], text) for d in diseases)) for q in asked),
    )
    return sentence, figure, None


def _money(rows: Rows, _chosen: Filter, text: Text) -> Made:
    _ = text.gettext
    cell = _cell(rows, "disease_programmes")
    listed = len(rows.funders)
    said = [_named(rows, cell, text)]
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
        _beside(rows, ("disease_programmes", "public_grants"), text),
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


def _cases(rows: Rows, chosen: Filter, text: Text) -> Made:
    _ = text.gettext
    wanted = cases.Filters(chosen.years, chosen.undated, chosen.drugs, chosen.classes)
    kept = cases.kept(rows.patients, rows.treatments, wanted) if len(rows.patients) else rows.patients
    single = cases.single(kept) if len(kept) else kept
    empty = _("No single patient stands here: {state}").format(
        state=_state(rows, _cell(rows, "patients_described"), text)
    )
    if single.empty:
        sentence = _("No patient is described one by one in what was gathered{where}. {state}").format(
            where=_(" within this filter") if chosen.active and len(rows.patients) else "",
            state=_state(rows, _cell(rows, "patients_described"), text),
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
        head=_capital(head), colon=text.colon, parts=", ".join(parts)
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


def _steps(rows: Rows, _chosen: Filter, text: Text) -> Made:
    _ = text.gettext
    columns = (_("Rank"), _("Kind"), _("Step"), _("Who could"), _("Effort"), _("Waits for"))
    ranks = {str(r["step_id"]): int(r["rank"]) for r in rows.steps.to_dict("records")}
    lines = []
    for r in rows.steps.to_dict("records"):
        waits = [str(ranks[s]) for s in cases.items(r["depends_on"]) if s in ranks]
        kind = wording.word(wording.STEP_KINDS, r["kind"], text)
        if r["kind"] == "make" and waits:
            kind = "⌀ " + kind
        lines.append(
            (
                str(r["rank"]), kind, text.pick(r, "deliverable"), text.pick(r, "actor"),
                wording.word(wording.EFFORTS, r["effort"], text), ", ".join(waits),
            )
        )  # fmt: skip
    name = with_article(rows.name, text)
    empty = _("No next steps have been written for {disease} yet.").format(disease=name)
    figure = Table(
        _("Next steps in rank; “make” waits until its “look” and “ask” are done"),
        columns,
        tuple(lines),
        empty,
        (0.7, 1.2, 5, 3, 1.1, 1.2),
    )  # fmt: skip
    if not lines:
        return empty, figure, None
    kinds = Counter(str(k) for k in rows.steps["kind"])
    counted = {
        "look": text.ngettext("{n} search or reading", "{n} searches or readings", kinds["look"]),
        "ask": text.ngettext("{n} question to ask", "{n} questions to ask", kinds["ask"]),
        "reuse": text.ngettext("{n} reuse of what there is", "{n} reuses of what there is", kinds["reuse"]),
    }
    parts = [said for kind, said in counted.items() if kinds[kind]]
    if not parts:
        return _("Every step written here makes something new."), figure, None
    if not kinds["make"]:
        sentence = _("The first steps{colon}{parts}.").format(colon=text.colon, parts=text.join(parts))
    else:
        sentence = _("The first steps{colon}{parts}, before anything new is made.").format(
            colon=text.colon, parts=text.join(parts)
        )
    return sentence, figure, None


def _limits(rows: Rows, _chosen: Filter, text: Text) -> Made:
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
    lines = tuple(_search_row(r, text) for r in done.to_dict("records"))
    empty = _("No search has been run for {disease} yet.").format(disease=with_article(rows.name, text))
    figure = Table(_("Searches behind these slides"), columns, lines, empty, (2.2, 4.4, 1.3, 1.6, 1, 1.6))
    return _("{sentence}.").format(sentence=_("; ").join(said)), figure, None


def _search_row(row: Record, text: Text) -> tuple[str, ...]:
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


# --- notes ------------------------------------------------------------------------------------

_ASKED: dict[str, tuple[str, ...]] = {
    "identity": ("case_definition", "classification_criteria", "diagnostic_code"),
    "patients": ("patients_described", "publications", "reviews"),
    "trials": ("trials_registered", "trials_recruiting", "trials_with_results", "observational_studies"),
    "money": ("disease_programmes", "public_grants"),
    "cases": ("patients_with_treatment", "patients_with_outcome", "long_term_outcome"),
    "steps": (),
    "limits": (),
}


def _behind(rows: Rows, key: str) -> list[str]:
    """The questions that a slide rests on."""
    every = [str(c["question_id"]) for c in focus_cells(rows)]
    if key == "searched":
        return every
    if key == "biomarkers":
        return [q for q in every if q.startswith(BIOMARKERS)]
    return [q for q in _ASKED[key] if q in every]


def _notes(rows: Rows, questions: Sequence[str], text: Text) -> tuple[str, ...]:
    """The certificate of each cell behind a slide, in short: state, reasons, queries and dates."""
    titles = _question_titles(rows, text)
    short = len(questions) > 10  # the whole column: states only, their reasons stand on the other slides
    lines = []
    for question in questions:
        cell = _cell(rows, question)
        lines.append(f"{titles[question]}{text.colon}{_state(rows, cell, text)}")
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
        lines += [f"  ⌕ {' · '.join(filter(None, _search_row(r, text)))}" for r in asked.to_dict("records")]
    return tuple(lines)


def _reason(row: Record, text: Text, titles: dict[str, str]) -> str:
    source = "" if wording.missing(row["name"]) else str(row["name"])
    detail = "" if wording.missing(row["detail"]) else str(row["detail"])
    return wording.reason(str(row["code"]), detail, source, text, titles)


def _filtered(key: str, chosen: Filter, text: Text) -> tuple[str, ...]:
    if not chosen.active or key not in ("trials", "cases"):
        return ()
    years = f"{chosen.years[0]}–{chosen.years[1]}" if chosen.years else ""
    said = ", ".join(filter(None, [years, *chosen.classes, *chosen.drugs]))
    return (
        text.gettext("Rows drawn are filtered ({filter}); no state changes with it.").format(filter=said),
    )


def _sources(rows: Rows, key: str) -> tuple[tuple[str, str], ...]:
    """What is cited behind a slide, with an address; the last slide lists all of it."""
    found = rows.references
    if key not in ("limits", "searched"):
        found = found[found["question_id"].isin(_behind(rows, key))]
    found = found.drop_duplicates("citation_short")
    return tuple(
        (str(r["citation_short"]), "" if wording.missing(r["url"]) else str(r["url"]))
        for r in found.to_dict("records")
    )


# --- small things -----------------------------------------------------------------------------


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


def _state(rows: Rows, cell: Record, text: Text) -> str:
    listed = len(rows.funders)
    checked = int((rows.funders["result"] != "not_searched").sum())
    return wording.sentence(cell, text, claimant(rows, str(cell["question_id"]), text), listed, checked)


def _named(rows: Rows, cell: Record, text: Text) -> str:
    """The question and what its state allows to say."""
    said = _state(rows, cell, text)
    if cell["state"] != "claimed":  # a claim begins with the name of a document
        said = said[:1].lower() + said[1:]
    return text.pick(cell, "title") + text.colon + said


def claimant(rows: Rows, question: str, text: Text) -> str:
    """Who says there is none, with the dates of the documents."""
    named = []
    for row in _claims(rows, question):
        if wording.missing(row["citation_short"]):
            continue
        day = "" if wording.missing(row["as_of"]) else text.day(row["as_of"])
        named.append(f"{row['citation_short']} ({day})" if day else str(row["citation_short"]))
    return text.join(dict.fromkeys(named)) if named else ""


def _claims(rows: Rows, question: str) -> list[Record]:
    return rows.claims[rows.claims["question_id"] == question].to_dict("records")


def _has_reason(rows: Rows, prefix: str, code: str) -> bool:
    found = rows.reasons
    return bool((found["question_id"].astype(str).str.startswith(prefix) & (found["code"] == code)).any())


def _lane_state(cell: Record, text: Text) -> tuple[str, str]:
    return str(cell["state"]), marks.says(cell, text)


def _cell(rows: Rows, question: str, disease: object = None) -> Record:
    return rows.by_cell[question, str(disease or rows.focus)]


def _diseases(rows: Rows) -> list[Record]:
    return rows.cells.drop_duplicates("disease_id").sort_values("disease_order").to_dict("records")


def _question_titles(rows: Rows, text: Text) -> dict[str, str]:
    return {str(c["question_id"]): text.pick(c, "title") for c in focus_cells(rows)}


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]
