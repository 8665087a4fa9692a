"""What is said of published patients: the sentence above them, their table, all fields of one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.cases import (
    ACCESS,
    ADJUDICATION,
    BANDS,
    CONDITIONS,
    CONFIDENCE,
    DESIGNS,
    FLAGS,
    LABELS,
    LEVELS,
    OUTCOMES,
    ROLES,
    SEXES,
    Lane,
    Row,
    band,
    country,
    given,
    items,
    lanes,
    missing,
    records,
    sequence,
    single,
    surely_labelled,
    unread,
    word,
)
from dashboard.facts import Fact, sheet
from dashboard.text import LANGUAGES, N_, Text, spelled
from dashboard.wording import plain

#: Filter of patients -> what it is called, and the words for its codes.
FILTER_NAMES: dict[str, str] = {
    "conditions": N_("Associated with"),
    "sexes": N_("Sex"),
    "ages": N_("Age band"),
    "certainties": N_("Label"),
    "levels": N_("Treatment told by"),
}
FILTER_WORDS: dict[str, Mapping[str, str]] = {
    "conditions": CONDITIONS,
    "sexes": SEXES,
    "ages": {code: said for _below, code, said in BANDS},
    "certainties": {"named_imam": N_("named by its own report"), **FLAGS},
    "levels": {"primary": N_("the report itself"), "secondary": N_("another document")},
}


# --- sentences --------------------------------------------------------------------------------


#: The columns that the sentences count over.
_COUNTED = ["outcome", "label_certainty", "access"]


def headline(patients: pd.DataFrame, abbreviation: str, text: Text) -> str:
    """Outcomes as counts of the full number, the unknown included; uncertain labels in the same breath."""
    alone = records(single(patients)[_COUNTED])
    n = len(alone)
    by_outcome = {code: [row for row in alone if row["outcome"] == code] for code in OUTCOMES}
    clauses = [_clause(code, rows, abbreviation, text) for code, rows in by_outcome.items() if rows]
    said = text.ngettext(
        "Of {n} patient described alone, {{clauses}}; published cases favour success.",
        "Of {n} patients described one by one, {{clauses}}; published cases favour success.",
        n,
        spelled(n, text),
    )
    return said.format(clauses=", ".join(clauses))


def without_doubt(patients: pd.DataFrame, text: Text) -> str:
    """The same counts without doubtful or second-hand labels; ``""`` where every label is certain."""
    alone = single(patients)
    sure = records(surely_labelled(alone)[_COUNTED])
    n = len(sure)
    if n == len(alone):
        return ""
    by_outcome = {code: [row for row in sure if row["outcome"] == code] for code in OUTCOMES}
    clauses = [_clause(code, rows, "", text) for code, rows in by_outcome.items() if rows]
    said = text.ngettext(
        "Without doubtful labels {n} remains: {{clauses}}.",
        "Without doubtful labels {n} remain: {{clauses}}.",
        n,
        spelled(n, text),
    )
    return said.format(clauses=", ".join(clauses) or text.gettext("nobody"))


def _clause(code: str, rows: Sequence[Row], abbreviation: str, text: Text) -> str:
    n, said = len(rows), spelled(len(rows), text)
    messages = {
        "remission": text.ngettext("{n} reached remission", "{n} reached remission", n, said),
        "improved": text.ngettext("{n} improved", "{n} improved", n, said),
        "stable": text.ngettext("{n} remained stable", "{n} remained stable", n, said),
        "worsened": text.ngettext("{n} worsened", "{n} worsened", n, said),
        "died": text.ngettext("{n} died", "{n} died", n, said),
        "not_reported": text.ngettext("{n} is unknown", "{n} are unknown", n, said),
    }
    flags = [
        _flag(c, rows, abbreviation, text) for c in FLAGS if any(row["label_certainty"] == c for row in rows)
    ]
    return messages[code] + (f" ({', '.join(flags)})" if flags else "")


def _flag(certainty: str, rows: Sequence[Row], abbreviation: str, text: Text) -> str:
    """How many of the rows carry an uncertain label; the number only where it is not all of one."""
    some = [row for row in rows if row["label_certainty"] == certainty]
    k, said = len(some), spelled(len(some), text)
    if certainty == "doubtful" and len(rows) == 1:
        return text.gettext("{abbreviation} doubtful").format(abbreviation=abbreviation)
    if certainty == "doubtful":
        return text.ngettext("{n} with a doubtful label", "{n} with a doubtful label", k, said)
    if len(rows) == 1:
        message = text.gettext("not called {abbreviation} by its own text as read")
    elif {row["access"] for row in some} == {"abstract"}:
        message = text.ngettext(
            "{n} not called {{abbreviation}} by its own abstract",
            "{n} not called {{abbreviation}} by their own abstracts",
            k,
            said,
        )
    else:
        message = text.ngettext(
            "{n} not called {{abbreviation}} by its own text as read",
            "{n} not called {{abbreviation}} by their own texts as read",
            k,
            said,
        )
    return message.format(abbreviation=abbreviation)


def groups_sentence(patients: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> str:
    """The groups that stand apart, and what is known of them; ``""`` where there is none."""
    told = set(treatments["case_id"])
    said = []
    for row in records(patients[patients["n"] > 1]):
        known = row["case_id"] in told or row["outcome"] != "not_reported"
        template = (
            text.gettext("A group of {n} ({report}) stands apart and is never added to them.")
            if known
            else text.gettext("A group of {n} ({report}) stands apart: treatment and outcome {missing}.")
        )
        n = text.number(int(row["n"]))
        said.append(template.format(n=n, report=row["citation_short"], missing=unread(row, text)))
    return " ".join(said)


def finding(patients: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> str:
    """The title of the lanes: of how many patients both treatment and outcome could be read."""
    alone = single(patients)
    if alone.empty:
        return text.gettext("No patient described one by one stands here")
    known = (alone["outcome"] != "not_reported") & alone["case_id"].isin(treatments["case_id"])
    said = text.ngettext(
        "Treatment and outcome could be read for {{k}} of {n} patient",
        "Treatment and outcome could be read for {{k}} of {n} patients",
        len(alone),
        spelled(len(alone), text),
    ).format(k=spelled(int(known.sum()), text))
    timed = alone["followup_months"].notna() | alone["time_to_outcome_months"].notna()
    return said if timed.any() else text.gettext("{finding}; for none, how long it took").format(finding=said)


# --- series that stand apart ----------------------------------------------------------------------


@dataclass(frozen=True)
class Series:
    """One series counted as a whole: never added to single patients, nor to another series."""

    title: str
    n: int
    known: str
    note: str
    read: str
    url: str


def series(
    patients: pd.DataFrame, studies: pd.DataFrame, treatments: pd.DataFrame, text: Text
) -> list[Series]:
    """The groups of ``patients``, and the kept publications that give a number but no patient."""
    _ = text.gettext
    told = set(treatments["case_id"])
    found = []
    for row in records(patients[patients["n"] > 1]):
        known = row["case_id"] in told or row["outcome"] != "not_reported"
        gap = _("treatment and outcome {missing}").format(missing=unread(row, text))
        said = word(OUTCOMES, row["outcome"], text) if known else gap
        found.append(_series(row, int(row["n"]), said, given(row["study_note"]), text))
    counted = studies[studies["included"] & studies["n_patients"].notna()]
    for row in records(counted[~counted["study_id"].isin(patients["study_id"])]):
        said = _("a number without its patients; it may hold those above, so it is never added")
        found.append(_series(row, int(row["n_patients"]), said, given(row["note"]), text))
    return found


def _series(row: Row, n: int, known: str, note: str, text: Text) -> Series:
    read = word(ACCESS, row["access"], text)
    place = given(row.get("locator"))
    return Series(
        title=f"{row['citation_short']} ({word(DESIGNS, row['design'], text)})",
        n=n,
        known=known,
        note=note,
        read=f"{read}{text.colon}{place}" if place and place != read else read,
        url=given(row["url"]),
    )


def agreement(rows: pd.DataFrame, text: Text) -> pd.DataFrame:
    """How often the two extractors agreed, as counts: with so few rows no share and no kappa is given."""
    _ = text.gettext
    made = [
        {
            _("Field"): text.pick(row, "field"),
            _("Agree"): _("{part} of {whole}").format(
                part=text.number(int(row["agree"])), whole=text.number(int(row["compared"]))
            ),
            _("Of these, both empty"): ""
            if missing(row["both_empty"])
            else text.number(int(row["both_empty"])),
            _("Said where"): row["source"],
        }
        for row in records(rows)
    ]
    return pd.DataFrame(made)


# --- rows to read and to take away ------------------------------------------------------------


def table(patients: pd.DataFrame, treatments: pd.DataFrame, text: Text, exact: bool = False) -> pd.DataFrame:
    """One row a lane, in the reader's words: what the figure draws, and where it is said.

    ``exact`` adds the exact age and the measured values, for research only.
    """
    drawn = lanes(patients, treatments, text)
    rows = [_table_row(lane, row, text, exact) for lane, row in zip(drawn, records(patients), strict=True)]
    return pd.DataFrame(rows, columns=_columns(text, exact))


def _columns(text: Text, exact: bool) -> list[str]:
    _ = text.gettext
    names = [
        _("Case"), _("Report"), _("Year"), _("Patients"), _("Sex"), _("Age band"), _("Country"),
        _("Associated with"), _("Treatments in order"), _("Outcome"), _("Relapse"), _("Label"), _("Read"),
        _("Confidence"), _("Read on"), _("Link"),
    ]  # fmt: skip
    more = [_("Age (years)"), _("CK (U/L)"), _("Ferritin (ng/mL)"), _("CRP (mg/dL)"), _("Follow-up (months)")]
    return names + (more if exact else [])


def year(row: Row, text: Text) -> str:
    """The year of a report, or the word for none."""
    return text.gettext("undated") if missing(row["year"]) else str(int(row["year"]))


def _table_row(lane: Lane, row: Row, text: Text, exact: bool) -> list[object]:
    gap = lane.gap
    places = [country(c, text) for c in items(row["country"])]
    conditions = [word(CONDITIONS, c, text) for c in items(row["associated_conditions"])]
    values: list[object] = [
        lane.case_id,
        lane.title,
        year(row, text),
        lane.n,
        word(SEXES, row["sex"], text) if row["sex"] in SEXES else gap,
        band(row["age_years"], text) or gap,
        ", ".join(places) or gap,
        ", ".join(conditions) or gap,
        sequence(lane, text),
        lane.outcome_word,
        lane.relapse or gap,
        lane.flag or word(LABELS, "named_imam", text),
        f"{word(ACCESS, row['access'], text)}{text.colon}{row['locator']}",
        word(CONFIDENCE, row["confidence"], text),
        text.day(row["accessed_on"]),
        given(row["url"]),
    ]
    measured = ("age_years", "ck_u_per_l", "ferritin_ng_per_ml", "crp_mg_per_dl", "followup_months")
    return values + ([None if missing(row[m]) else float(row[m]) for m in measured] if exact else [])


# --- one patient ------------------------------------------------------------------------------


def one_by_one(patients: pd.DataFrame, treatments: pd.DataFrame, text: Text) -> list[tuple[str, str]]:
    """For each row a heading in Markdown and all its fields as HTML (see :mod:`dashboard.facts`)."""
    rows, told = records(patients), records(treatments)
    drawn = lanes(patients, treatments, text)
    reports: dict[str, list[str]] = {}
    for lane, row in zip(drawn, rows, strict=True):
        reports.setdefault(str(row["study_id"]), []).append(lane.title)
    said = []
    for lane, row in zip(drawn, rows, strict=True):
        own = [t for t in told if t["case_id"] == lane.case_id]
        found = facts(lane, row, own, text)
        others = [title for title in reports[str(row["study_id"])] if title != lane.title]
        if others:
            found.append(Fact(text.gettext("Same report"), text.join(others)))
        said.append((_heading(lane), sheet(found)))
    return said


def _heading(lane: Lane) -> str:
    flag = f"? {lane.flag}" if lane.flag else ""
    # no outcome here: a minor's death is never a headline
    return " · ".join(filter(None, [f"**{plain(lane.title)}**", lane.about, flag]))


def facts(lane: Lane, row: Row, treatments: Sequence[Row], text: Text) -> list[Fact]:
    """All that is known of one patient or group, missing fields included, in the order of a case report."""
    return [
        *_person(lane, row, text),
        *_findings(lane, row, text),
        *_treated(lane, row, treatments, text),
        *_judged(lane, row, text),
        *_said_where(row, text),
    ]


def _fact(term: str, value: str, lane: Lane, lang: str = "") -> Fact:
    if value:
        return Fact(term, value, lang)
    return Fact(term, lane.gap, gap="silent" if lane.read_whole else "unread")


def _person(lane: Lane, row: Row, text: Text) -> list[Fact]:
    _ = text.gettext
    conditions = [word(CONDITIONS, c, text) for c in items(row["associated_conditions"])]
    return [
        Fact(_("Patients"), text.number(lane.n)),
        _fact(_("Sex"), word(SEXES, row["sex"], text) if row["sex"] in SEXES else "", lane),
        _fact(_("Age band"), band(row["age_years"], text), lane),
        _fact(_("Country"), ", ".join(country(c, text) for c in items(row["country"])), lane),
        _fact(_("Centre"), given(row["centre"]), lane, "en"),
        _fact(_("Associated with"), ", ".join(conditions), lane),
    ]


def _findings(lane: Lane, row: Row, text: Text) -> list[Fact]:
    _ = text.gettext
    measured = (
        (_("Creatine kinase"), "ck_u_per_l", "U/L"),
        (_("Ferritin"), "ferritin_ng_per_ml", "ng/mL"),
        (_("C-reactive protein"), "crp_mg_per_dl", "mg/dL"),
    )
    return [
        *(_fact(name, _amount(row[column], unit, text), lane) for name, column, unit in measured),
        _fact(_("Antibodies"), given(row["antibodies"]), lane, "en"),
        _fact(_("Imaging"), given(row["imaging"]), lane, "en"),
        _fact(_("Biopsy"), given(row["biopsy"]), lane, "en"),
    ]


def _amount(value: object, unit: str, text: Text) -> str:
    return "" if missing(value) else f"{text.number(float(str(value)))}\u00a0{unit}"


def _treated(lane: Lane, row: Row, treatments: Sequence[Row], text: Text) -> list[Fact]:
    _ = text.gettext
    months = [
        (_("Time to outcome"), row["time_to_outcome_months"]),
        (_("Follow-up"), row["followup_months"]),
    ]
    relapse = {"yes": _("yes"), "no": _("no")}.get(str(row["relapse"]), "")
    return [
        _fact(_("Treatments in order"), sequence(lane, text) if lane.chips else "", lane),
        *(_treatment(treatment, text) for treatment in treatments),
        _fact(_("Outcome"), "" if lane.outcome == "not_reported" else lane.outcome_word, lane),
        _fact(_("In the words read"), given(row["outcome_detail"]), lane, "en"),
        _fact(_("Relapse"), relapse, lane),
        *(_fact(name, _amount(value, _("months"), text), lane) for name, value in months),
    ]


def _treatment(row: Row, text: Text) -> Fact:
    """One treatment with its place, its source and the note of the curators."""
    said = [
        word(ROLES, row["role"], text),
        given(row["dose_text"]),
        f"{word(LEVELS, row['source_level'], text)} ({row['citation_short']}, {given(row['locator'])})",
        given(row["note"]),
    ]
    return Fact("\u2003" + text.pick(row, "label"), " · ".join(filter(None, said)))


def _judged(lane: Lane, row: Row, text: Text) -> list[Fact]:
    """What each extractor read, and how the difference was settled."""
    _ = text.gettext
    both = [
        (_("Outcome read by extractor A"), given(row["outcome_extractor_a"])),
        (_("Outcome read by extractor B"), given(row["outcome_extractor_b"])),
    ]
    return [
        Fact(_("Label"), word(LABELS, row["label_certainty"], text)),
        *(Fact(who, word(OUTCOMES, said, text) or _("this extractor did not read it")) for who, said in both),
        Fact(_("Adjudication"), word(ADJUDICATION, row["adjudication"], text)),
        _fact(_("Reason"), given(row["adjudication_note"]), lane, "en"),
        Fact(_("Confidence of the curators"), word(CONFIDENCE, row["confidence"], text)),
    ]


def _said_where(row: Row, text: Text) -> list[Fact]:
    _ = text.gettext
    report = ", ".join(filter(None, [str(row["citation_short"]), given(row["container"])]))
    read = f"{word(ACCESS, row['access'], text)}{text.colon}{row['locator']} ({text.day(row['accessed_on'])})"
    return [
        Fact(_("Report"), report, url=given(row["url"])),
        # an address that is not encrypted does not become a link, but is still told
        *([Fact(_("Address"), given(row["url"]))] if given(row["url"]).startswith("http://") else []),
        Fact(_("Title"), given(row["title"]), str(row["language"]) if row["language"] in LANGUAGES else ""),
        Fact(_("Kind of report"), word(DESIGNS, row["design"], text)),
        Fact(_("Read"), read),
        Fact(_("Note on the report"), given(row["study_note"]) or "–", "en"),
    ]
