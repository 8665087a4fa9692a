"""Published patients: the words for their codes, their lanes, their order, what a filter keeps. Pure.

Frames come as :class:`dashboard.queries.Cases` describes them. What nobody could read stays missing:
it is never filled in, never counted as *no*, and a filter that cannot judge a patient says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Any

import pandas as pd
from babel import Locale

from dashboard.text import N_, Text

Row = Mapping[str, Any]

#: Outcomes from best to worst, the unknown last; the order of every list and of sorting.
OUTCOMES: dict[str, str] = {
    "remission": N_("remission"),
    "improved": N_("improved"),
    "stable": N_("stable"),
    "worsened": N_("worsened"),
    "died": N_("died"),
    "not_reported": N_("outcome unknown"),
}
#: Short marks of a label that is not certain, for lanes.
FLAGS: dict[str, str] = {
    "label_from_secondary_source": N_("label second-hand"),
    "doubtful": N_("label doubtful"),
}
LABELS: dict[str, str] = {
    "named_imam": N_("named so by its own report"),
    "label_from_secondary_source": N_(
        "second-hand: another document says so, not what was read of the report"
    ),
    "doubtful": N_("doubtful: the findings do not fit the label well"),
}
ROLES: dict[str, str] = {
    "initial": N_("first"),
    "added": N_("added"),
    "switched_to": N_("switched to"),
    "unspecified": N_("order not given"),
}
#: Glyphs that tell an addition from a switch, before the name of the drug.
GLYPHS: dict[str, str] = {"added": "+ ", "switched_to": "→ "}
LEVELS: dict[str, str] = {
    "primary": N_("said by the report"),
    "secondary": N_("said of it by another document only"),
}
#: Only what a report states; silence has no word here.
RELAPSES: dict[str, str] = {"yes": N_("↻ relapse"), "no": N_("no relapse, as stated")}
SEXES: dict[str, str] = {"female": N_("female"), "male": N_("male")}
#: Age below which a band ends, its id, its word.
BANDS: tuple[tuple[float, str, str], ...] = (
    (18, "under_18", N_("under 18")),
    (40, "18_39", N_("18–39")),
    (60, "40_59", N_("40–59")),
    (float("inf"), "60_on", N_("60 or over")),
)
#: What a filter calls the patients of whom a field is not known.
UNKNOWN = "unknown"
CONDITIONS: dict[str, str] = {
    "ards": N_("acute respiratory distress syndrome"),
    "arthritis": N_("arthritis"),
    "dermatomyositis": N_("dermatomyositis"),
    "dermatomyositis_like": N_("resembling dermatomyositis"),
    "marrow_haemophagocytosis": N_("haemophagocytosis in the marrow"),
    "mas_hlh": N_("macrophage activation syndrome (MAS/HLH)"),
    "muscle_haemophagocytosis": N_("haemophagocytosis in muscle"),
    "panniculitis": N_("panniculitis"),
    "rheumatoid_arthritis": N_("rheumatoid arthritis"),
    "vaccination": N_("after vaccination"),
    "viral_trigger": N_("viral infection"),
}
DESIGNS: dict[str, str] = {
    "cross_sectional": N_("cross-sectional study"),
    "case_report": N_("case report"),
    "case_series": N_("case series"),
    "conference_abstract": N_("conference abstract"),
    "systematic_review": N_("systematic review"),
    "review": N_("review"),
    "experimental": N_("experimental work"),
    "unknown": N_("not established"),
}
ACCESS: dict[str, str] = {
    "full_text": N_("full text"),
    "abstract": N_("abstract"),
    "excerpt": N_("excerpt"),
    "citation": N_("not opened, named by another document"),
}
CONFIDENCE: dict[str, str] = {"high": N_("high"), "medium": N_("medium"), "low": N_("low")}
ADJUDICATION: dict[str, str] = {
    "agreed": N_("both extractors agreed"),
    "resolved": N_("the extractors differed in outcome, treatment or associated condition; it was settled"),
    "single_extractor": N_("read by one extractor only"),
}
SORTS: dict[str, str] = {
    "year": N_("Year"),
    "outcome": N_("Outcome"),
    "treatment": N_("First treatment"),
}


# --- words ------------------------------------------------------------------------------------


def missing(value: object) -> bool:
    """Whether a field of a row says nothing: empty, absent, or an empty list."""
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NA or value is pd.NaT:
        return True
    return hasattr(value, "__len__") and len(value) == 0


def number(value: object) -> float | None:
    """A number of a row, ``None`` where it says nothing."""
    return None if missing(value) else float(str(value))


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame as mappings."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, values, strict=True)) for values in frame.to_numpy(dtype=object).tolist()]


def by(frame: pd.DataFrame, column: str) -> dict[str, list[Row]]:
    """The rows of a frame as mappings, by what stands in a column; those without it are left out."""
    groups: dict[str, list[Row]] = {}
    for row in records(frame):
        if not missing(row[column]):
            groups.setdefault(str(row[column]), []).append(row)
    return groups


def given(value: object) -> str:
    """The text of a field, ``""`` where it says nothing."""
    return "" if missing(value) else str(value)


def items(value: object) -> list[str]:
    """The entries of a list field; none where it says nothing."""
    return [] if missing(value) else [str(v) for v in value]  # type: ignore[attr-defined]


def unread(row: Row, text: Text) -> str:
    """What a missing field means: silence of the authors only where the whole report was read."""
    _ = text.gettext
    return _("not reported") if row["access"] == "full_text" else _("not in the part read")


def read_whole(row: Row) -> bool:
    """Whether the full text was read, so that an empty field is the authors' silence."""
    return bool(row["access"] == "full_text")


def band(age: object, text: Text) -> str:
    """The age band of an exact age, ``""`` where the age is not known."""
    if missing(age):
        return ""
    return text.gettext(next(name for _below, code, name in BANDS if code == band_id(age)))


def band_id(age: object) -> str:
    """The id of the age band of an exact age, ``"unknown"`` where the age is not known."""
    if missing(age):
        return UNKNOWN
    return next(code for below, code, _name in BANDS if float(str(age)) < below)


def country(name: str, text: Text) -> str:
    """A country in the reader's language; evidence writes it in English."""
    code = _territories().get(name)
    return str(text.locale.territories.get(code, name)) if code else name


@lru_cache(maxsize=1)
def _territories() -> dict[str, str]:
    known = {str(name): str(code) for code, name in Locale.parse("en").territories.items()}
    return {**known, "USA": "US", "Turkey": "TR"}


def word(table: Mapping[str, str], code: object, text: Text) -> str:
    """The word for a code, the code itself in plain letters where it has none, ``""`` for nothing."""
    if missing(code):
        return ""
    return text.gettext(table[str(code)]) if str(code) in table else str(code).replace("_", " ")


# --- lanes ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chip:
    """One treatment in a lane. ``second_hand`` is said by another document only.

    ``start`` and ``end`` are months since the first treatment told, ``None`` where the report gives
    none; ``ongoing`` says that it went on when last told.
    """

    line: int
    label: str
    role: str
    class_id: str
    class_label: str
    second_hand: bool
    hover: str
    start: float | None = None
    end: float | None = None
    ongoing: bool = False

    @property
    def shown(self) -> str:
        """The label with its glyph, and ``?`` where it is second-hand."""
        return GLYPHS.get(self.role, "") + self.label + (" ?" if self.second_hand else "")


@dataclass(frozen=True)
class Lane:
    """One patient, or a group that its report does not tell apart (``n`` above 1)."""

    case_id: str
    n: int
    title: str
    about: str
    flag: str
    outcome: str
    outcome_word: str
    gap: str
    read_whole: bool
    chips: tuple[Chip, ...]
    relapse: str = ""
    outcome_month: float | None = None
    followup: float | None = None
    yours: bool = False

    @property
    def lines(self) -> list[list[Chip]]:
        """The chips in order, those given together in one list."""
        numbers = sorted({chip.line for chip in self.chips})
        return [[chip for chip in self.chips if chip.line == number] for number in numbers]

    @property
    def timed(self) -> bool:
        """Whether the report says of every treatment when it began and how long it went on."""
        return bool(self.chips) and all(
            chip.start is not None and (chip.end is not None or (chip.ongoing and self.followup is not None))
            for chip in self.chips
        )

    @property
    def months(self) -> float:
        """The last month of which a timed lane tells anything."""
        known = [self.followup, self.outcome_month, *(chip.end for chip in self.chips)]
        return max([1.0, *(month for month in known if month is not None)])

    @property
    def doubled(self) -> bool:
        """Whether another document names what the report leaves unnamed: most likely the same drugs."""
        unnamed = any(chip.class_id == "unspecified" and not chip.second_hand for chip in self.chips)
        return unnamed and any(chip.second_hand for chip in self.chips)


def lanes(patients: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> list[Lane]:
    """One lane a row of ``patients``, in their order."""
    chips: dict[str, list[Chip]] = {}
    for row in records(treatments):
        chips.setdefault(str(row["case_id"]), []).append(_chip(row, text))
    numbers = _patient_numbers(patients)
    return [_lane(row, tuple(chips.get(str(row["case_id"]), ())), numbers, text) for row in records(patients)]


def _patient_numbers(patients: pd.DataFrame) -> dict[str, int]:
    """Case id -> its number within a report that describes several patients."""
    numbers = {}
    for _study, ids in patients.groupby("study_id")["case_id"]:
        ordered = sorted(ids)
        numbers.update({str(c): i for i, c in enumerate(ordered, 1)} if len(ordered) > 1 else {})
    return numbers


def _chip(row: Row, text: Text) -> Chip:
    label, group = text.pick(row, "label"), text.pick(row, "class")
    said = [
        f"<b>{escape(label)}</b>",
        escape(group),
        word(ROLES, row["role"], text),
        escape(given(row["dose_text"])),
        f"{word(LEVELS, row['source_level'], text)} ({escape(str(row['citation_short']))})",
    ]
    return Chip(
        line=int(row["line"]),
        label=label,
        role=str(row["role"]),
        class_id=str(row["class_id"]),
        class_label=group,
        second_hand=row["source_level"] == "secondary",
        hover="<br>".join(filter(None, said)),
        start=number(row["start_month"]),
        end=number(row["end_month"]),
        ongoing=row["still_given"] == "yes",
    )


def title(row: Row, numbers: Mapping[str, int], text: Text) -> str:
    """How a patient is called: the report, and a number where it describes several."""
    number = numbers.get(str(row["case_id"]))
    short = str(row["citation_short"])
    if int(row["n"]) == 1 and number:
        return text.gettext("{report}, patient {number}").format(report=short, number=number)
    return short


def _lane(row: Row, chips: tuple[Chip, ...], numbers: Mapping[str, int], text: Text) -> Lane:
    n, outcome = int(row["n"]), str(row["outcome"])
    return Lane(
        case_id=str(row["case_id"]),
        n=n,
        title=title(row, numbers, text),
        about=about(row, text),
        flag=word(FLAGS, row["label_certainty"], text) if row["label_certainty"] in FLAGS else "",
        outcome=outcome,
        outcome_word=unread(row, text) if outcome == "not_reported" else word(OUTCOMES, outcome, text),
        gap=unread(row, text),
        read_whole=read_whole(row),
        chips=chips,
        relapse=word(RELAPSES, row["relapse"], text) if row["relapse"] in RELAPSES else "",
        outcome_month=number(row["time_to_outcome_months"]),
        followup=number(row["followup_months"]),
        yours=bool(row.get("yours", False)),
    )


def about(row: Row, text: Text) -> str:
    """Sex and age band in one line, what is missing said; of a group, how many."""
    _, n = text.gettext, int(row["n"])
    if n > 1:
        return text.ngettext("{n} patient, not told apart", "{n} patients, not told apart", n)
    sex = word(SEXES, row["sex"], text) if row["sex"] in SEXES else ""
    age = band(row["age_years"], text)
    if sex and age:
        return _("{sex}, {age}").format(sex=sex, age=age)
    gap = unread(row, text)
    if not sex and not age:
        return _("sex and age {missing}").format(missing=gap)
    template = _("{sex}, age {missing}") if sex else _("{age}, sex {missing}")
    return template.format(sex=sex, age=age, missing=gap)


def sequence(lane: Lane, text: Text) -> str:
    """The treatments of a lane in one line of words."""
    if not lane.chips:
        return lane.gap
    steps = []
    for line in lane.lines:
        verb = word(ROLES, line[0].role, text) if line[0].role in GLYPHS else ""
        steps.append(" ".join(filter(None, [verb, " + ".join(_told(chip, text) for chip in line)])))
    return text.gettext(", then ").join(steps)


def _told(chip: Chip, text: Text) -> str:
    if not chip.second_hand:
        return chip.label
    return text.gettext("{drug} (second-hand)").format(drug=chip.label)


def spoken(lane: Lane, text: Text) -> str:
    """A lane read aloud, for the alternative text."""
    outcome = (
        text.gettext("outcome {missing}").format(missing=lane.gap)
        if lane.outcome == "not_reported"
        else lane.outcome_word
    )
    treated = (
        sequence(lane, text) if lane.chips else text.gettext("treatment {missing}").format(missing=lane.gap)
    )
    doubled = (
        text.gettext("the second-hand names are most likely the drugs not named") if lane.doubled else ""
    )
    parts = [f"{lane.title} ({lane.about})", treated, doubled, outcome, lane.relapse, lane.flag]
    return "; ".join(filter(None, parts)) + "."


# --- order and filters ------------------------------------------------------------------------


def ordered(patients: pd.DataFrame, treatments: pd.DataFrame, by: str, lang: str) -> pd.DataFrame:
    """The patients sorted by year, outcome or first treatment; groups after single patients."""
    first = treatments.drop_duplicates("case_id").set_index("case_id")
    keys = pd.DataFrame(
        {
            "group": patients["n"] > 1,
            "year": patients["year"],
            "outcome": patients["outcome"].map({code: i for i, code in enumerate(OUTCOMES)}),
            "class": patients["case_id"].map(first["class_order"]),
            "drug": patients["case_id"].map(first[f"label_{lang}"]),
            "id": patients["case_id"],
        },
        index=patients.index,
    )
    leading = {"outcome": ["outcome"], "treatment": ["class", "drug"]}.get(by, [])
    order = keys.sort_values(["group", *leading, "year", "id"], na_position="last").index
    return patients.loc[order]


def single(patients: pd.DataFrame) -> pd.DataFrame:
    """The patients described one by one."""
    return patients[patients["n"] == 1]


def surely_labelled(patients: pd.DataFrame) -> pd.DataFrame:
    """The patients that remain without doubtful or second-hand labels."""
    return patients[patients["label_certainty"] == "named_imam"]


@dataclass(frozen=True)
class Filters:
    """What a reader wants to see. Empty means everything.

    ``undated`` keeps patients whose report has no year when years are chosen; ``untold`` keeps those
    whose treatment is unknown when drugs or classes are chosen: nobody can say whether they match.
    ``conditions``, ``sexes``, ``ages`` (ids of :data:`BANDS`) and ``levels`` may hold
    :data:`UNKNOWN`, for the patients of whom that is not known.
    """

    years: tuple[int, int] | None = None
    undated: bool = True
    drugs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    untold: bool = False
    conditions: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    ages: tuple[str, ...] = ()
    certainties: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    confidence: tuple[str, ...] = ()

    @property
    def active(self) -> tuple[str, ...]:
        """The names of the filters that are set."""
        names = ("years", "drugs", "classes", *_TRAITS)
        return tuple(name for name in names if getattr(self, name))

    def without(self, name: str) -> Filters:
        """The same filters with one taken away."""
        return replace(self, years=None) if name == "years" else replace(self, **{name: ()})  # type: ignore[arg-type]


def _levels(patients: pd.DataFrame, treatments: pd.DataFrame) -> list[list[str]]:
    told = treatments.groupby("case_id")["source_level"].agg(set)
    return [sorted(told[c]) if c in told.index else [UNKNOWN] for c in patients["case_id"]]


#: Filter -> the codes of each patient that it looks at; ``UNKNOWN`` where nothing is known.
_TRAITS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], list[list[str]]]] = {
    "conditions": lambda p, _t: [items(c) or [UNKNOWN] for c in p["associated_conditions"]],
    "sexes": lambda p, _t: [[str(sex)] for sex in p["sex"]],
    "ages": lambda p, _t: [[band_id(age)] for age in p["age_years"]],
    "certainties": lambda p, _t: [[str(code)] for code in p["label_certainty"]],
    "levels": _levels,
    "confidence": lambda p, _t: [[str(code)] for code in p["confidence"]],
}


def traits(name: str, patients: pd.DataFrame, treatments: pd.DataFrame) -> set[str]:
    """The codes met among these patients for one of the filters: the values worth offering."""
    return {code for codes in _TRAITS[name](patients, treatments) for code in codes}


def kept(patients: pd.DataFrame, treatments: pd.DataFrame, chosen: Filters) -> pd.DataFrame:
    """The rows of ``patients`` that the filters leave, in the same order, otherwise unchanged."""
    keep = pd.Series(True, index=patients.index)
    if chosen.years:
        first, last = chosen.years
        keep &= patients["year"].between(first, last) | (patients["year"].isna() & chosen.undated)
    for column, wanted in (("intervention_id", chosen.drugs), ("class_id", chosen.classes)):
        if wanted:
            hits = treatments.loc[treatments[column].isin(wanted), "case_id"]
            unknown = ~patients["case_id"].isin(treatments["case_id"])
            keep &= patients["case_id"].isin(hits) | (unknown & chosen.untold)
    for name, codes_of in _TRAITS.items():
        if asked := set(getattr(chosen, name)):
            hit = [not asked.isdisjoint(codes) for codes in codes_of(patients, treatments)]
            keep &= pd.Series(hit, index=patients.index, dtype=bool)
    return patients[keep]


def emptied_by(patients: pd.DataFrame, treatments: pd.DataFrame, chosen: Filters) -> tuple[str, ...]:
    """The filters any one of which, taken away, would bring rows back; all set ones if none would."""
    if len(kept(patients, treatments, chosen)):
        return ()
    one = [n for n in chosen.active if len(kept(patients, treatments, chosen.without(n)))]
    return tuple(one) or chosen.active


def second_hand_only(treatments: pd.DataFrame, shown: pd.DataFrame, chosen: Filters) -> int:
    """How many of the rows shown match the drugs or classes through another document only."""
    only = set()
    for column, wanted in (("intervention_id", chosen.drugs), ("class_id", chosen.classes)):
        if wanted:
            hits = treatments[treatments[column].isin(wanted) & treatments["case_id"].isin(shown["case_id"])]
            told = hits.loc[hits["source_level"] == "primary", "case_id"]
            only |= set(hits["case_id"]) - set(told)
    return len(only)
