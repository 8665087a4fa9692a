"""Trials, each once: hand-kept ones joined with live records, their classes, and whether one is open. Pure.

A trial is *open* only where its status was read within the last twelve months and says so; an old
"recruiting" is *unsure*, never shown as a trial that a patient could enter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Any

import pandas as pd

from dashboard import tiles, wording
from dashboard.cases import Row, given, items, records, word
from dashboard.text import N_, Text

STATUSES: dict[str, str] = {
    "recruiting": N_("recruiting"),
    "not_yet_recruiting": N_("not yet recruiting"),
    "enrolling_by_invitation": N_("enrolling by invitation"),
    "active_not_recruiting": N_("running, recruitment closed"),
    "suspended": N_("suspended"),
    "completed": N_("completed"),
    "terminated": N_("terminated"),
    "withdrawn": N_("withdrawn"),
    "unknown": N_("status unknown"),
}
PHASES: dict[str, str] = {"na": N_("no phase applies"), "unknown": N_("phase unknown")}
#: Standing -> its word; see :func:`standing`.
STANDINGS: dict[str, str] = {
    "open": N_("open when last read"),
    "closed": N_("running, closed to new patients"),
    "ended": N_("ended"),
    "unsure": N_("status undated, old or unknown"),
}
DIRECTIONS: dict[str, str] = {
    "positive": N_("primary endpoint met"),
    "mixed": N_("mixed"),
    "negative": N_("primary endpoint not met"),
    "safety_only": N_("safety only"),
    "not_seen": N_("results exist, values not seen"),
    "not_reported": N_("none known"),
}
#: A drug text that no entry of the catalog names.
UNMAPPED = "unmapped"

_OPEN = {"recruiting", "not_yet_recruiting", "enrolling_by_invitation"}
_CLOSED = {"active_not_recruiting", "suspended"}
_ENDED = {"completed", "terminated", "withdrawn"}
#: A status older than this says nothing about today.
_FRESH = timedelta(days=365)
#: Register numbers by which a hand-kept trial is known again among live records; a fourth group of
#: digits of a European number only says which submission is meant.
_NUMBER = re.compile(
    r"NCT\d{8}|ISRCTN\d{8}|20\d{2}-\d{6}-\d{2}|ACTRN\d{14}|DRKS\d{8}|JRCT[A-Z]{0,2}\d{8,10}|UMIN\d{9}"
)
#: Kinds of cluster ids (``etl.link``) -> what stands before the number.
_CLUSTERS = {"nct": "NCT", "isrctn": "ISRCTN", "eu": "", "actrn": "ACTRN", "drks": "DRKS", "umin": "UMIN"}

COLUMNS = (
    "trial", "disease_id", "match", "title", "phase", "status", "status_as_of", "standing", "year",
    "drugs", "classes", "unmapped", "registries", "records", "confidence", "study_type", "results",
    "direction", "result", "url", "citation",
)  # fmt: skip


# --- one row a trial and disease --------------------------------------------------------------


def gathered(
    curated: pd.DataFrame, live: pd.DataFrame, interventions: pd.DataFrame, today: date
) -> pd.DataFrame:
    """One row a trial × disease, with :data:`COLUMNS`.

    ``trial`` names the trial (its register number, or the curators' id); ``match`` is ``named`` or
    ``broader``; ``year`` the start year or missing; ``drugs`` and ``classes`` lists of ids (a text
    that the catalog does not know is the class ``unmapped`` and stands in ``unmapped``);
    ``registries`` ids of registers (see
    :func:`dashboard.queries.registries`); ``records`` its register entries: register, number, link.
    """
    lexicon = Lexicon(interventions)
    twins = _twins(curated, live)
    by_trial: dict[str, list[Row]] = defaultdict(list)
    for row in records(live):
        by_trial[twins.get(str(row["cluster_id"]), str(row["cluster_id"]))].append(row)
    known = {str(row["trial_id"]): row for row in records(curated)}
    pairs = {(str(r["trial_id"]), str(r["disease_id"])): "named" for r in records(curated)}
    for trial, rows in by_trial.items():
        for row in rows:
            match = "broader" if row["match"] == "broader" else "named"
            pair = (trial, str(row["disease_id"]))
            pairs[pair] = "named" if "named" in (match, pairs.get(pair)) else match
    told = {
        trial: _trial(trial, known.get(trial), by_trial.get(trial, []), lexicon, today)
        for trial in dict.fromkeys(trial for trial, _disease in pairs)
    }
    rows = [{**told[trial], "disease_id": d, "match": match} for (trial, d), match in pairs.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"year": "Int64"})


def _twins(curated: pd.DataFrame, live: pd.DataFrame) -> dict[str, str]:
    """Cluster -> the hand-kept trial that carries one of its numbers."""
    kept: dict[str, str] = {}
    for row in records(curated.drop_duplicates("trial_id")):
        for number in _numbers([str(row["trial_id"]), *items(row["other_ids"])]):
            kept.setdefault(number, str(row["trial_id"]))
    twins: dict[str, str] = {}
    for row in records(live):
        kind, _colon, rest = str(row["cluster_id"]).partition(":")
        for number in _numbers([str(row["record_id"]), _CLUSTERS.get(kind, "") + rest]):
            if number in kept:
                twins.setdefault(str(row["cluster_id"]), kept[number])
    return twins


def register_id(name: str) -> str:
    """The id of a register from its name, as :func:`dashboard.queries.registries` makes it."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _numbers(texts: Iterable[str]) -> list[str]:
    return [number for text in texts for number in _NUMBER.findall(text.upper())]


def _trial(trial: str, curated: Row | None, live: Sequence[Row], lexicon: Lexicon, today: date) -> Row:
    """What is known of one trial: the curators' reading, and the newest status of all its records."""
    status, as_of = _newest(curated, live)
    first: Row = curated if curated is not None else live[0]
    drugs: list[str] = items(curated["interventions"]) if curated is not None else []
    unmapped: list[str] = []
    if not drugs:
        texts = dict.fromkeys(text for row in live for text in items(row["interventions"]))
        drugs, unmapped = lexicon.read(texts)
    classes = lexicon.classes(drugs)
    entries = list(dict.fromkeys((str(r["source_name"]), str(r["record_id"]), given(r["url"])) for r in live))
    registers = [str(r["source_id"]) for r in live]
    if not entries and curated is not None and given(curated["registry"]):
        entries = [(str(curated["registry"]), trial, given(curated["url"]))]
        registers = [register_id(str(curated["registry"]))]
    years = [r["year"] for r in live if not pd.isna(r["year"])]
    start = curated["start_year"] if curated is not None and not pd.isna(curated["start_year"]) else None
    return {
        "trial": trial if curated is not None else entries[0][1],
        "title": str(first["title"]),
        "phase": str(curated["phase"]) if curated is not None else _phase(live),
        "status": status,
        "status_as_of": as_of,
        "standing": standing(status, as_of, today),
        "year": start if start is not None else min(years, default=None),
        "drugs": drugs,
        "classes": classes if classes and not unmapped else [*classes, UNMAPPED],
        "unmapped": unmapped,
        "registries": list(dict.fromkeys(registers)),
        "records": entries,
        "confidence": str(curated["confidence"]) if curated is not None else "",
        "study_type": "trial",
        "results": _results(curated, live),
        "direction": _direction(curated, live),
        "result": given(curated["result"]) if curated is not None else "",
        "url": given(first["url"]),
        "citation": str(curated["citation_short"]) if curated is not None else entries[0][0],
    }


def _newest(curated: Row | None, live: Sequence[Row]) -> tuple[str, str]:
    """The status read last, with its day; an undated one only where no dated one is known."""
    told = [(given(r["status_as_of"])[:10], given(r["status"]).lower()) for r in live if given(r["status"])]
    if curated is not None:
        told.insert(0, (given(curated["status_as_of"]), str(curated["status"])))
    day, status = max(told, key=lambda pair: pair[0], default=("", "unknown"))
    return status, day


def _phase(live: Sequence[Row]) -> str:
    """The phases as the first record that tells them has them: ``2``, ``1/2``, ``na``, ``unknown``."""
    for row in live:
        told = [given(p).upper().removeprefix("EARLY_").removeprefix("PHASE") for p in items(row["phases"])]
        if told:
            return "na" if told == ["NA"] else "/".join(p.strip() for p in told)
    return "unknown"


def _results(curated: Row | None, live: Sequence[Row]) -> str:
    told = [bool(r["has_results"]) for r in live if not pd.isna(r["has_results"])]
    if curated is not None and (curated["has_results"] != "unknown" or not told):
        return str(curated["has_results"])
    return "unknown" if not told else "yes" if any(told) else "no"


def _direction(curated: Row | None, live: Sequence[Row]) -> str:
    """The direction that the curators read; a register only says whether results were posted."""
    if curated is not None and curated["result_direction"] != "not_reported":
        return str(curated["result_direction"])
    return "not_seen" if _results(curated, live) == "yes" else "not_reported"


def standing(status: str, as_of: str, today: date) -> str:
    """``open``, ``closed``, ``ended`` or ``unsure``: what a status read on a day allows to say today.

    A month or a year alone counts from its first day. An end is an end, whenever it was read; any
    other status is ``unsure`` once it is undated or older than twelve months.
    """
    if status in _ENDED:
        return "ended"
    day = _first_day(as_of)
    if day is None or not timedelta(0) <= today - day <= _FRESH:
        return "unsure"
    return "open" if status in _OPEN else "closed" if status in _CLOSED else "unsure"


def _first_day(as_of: str) -> date | None:
    found = re.match(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", as_of)
    if not found:
        return None
    year, month, day = (int(part) if part else 1 for part in found.groups())
    return date(year, month, day)


# --- what a register calls a drug -------------------------------------------------------------


class Lexicon:
    """Names of the catalog's interventions, looked for as whole words in what registers write."""

    def __init__(self, interventions: pd.DataFrame) -> None:
        self._class_of: dict[str, str] = {}
        self._order: dict[str, int] = {}
        names: dict[str, str] = {}
        for row in records(interventions):
            drug = str(row["intervention_id"])
            self._class_of[drug] = str(row["class_id"])
            self._order[str(row["class_id"])] = int(row["class_order"])
            for name in (row["label_en"], row["label_fr"], *items(row["synonyms"])):
                names.setdefault(str(name).casefold(), drug)
        self._names = names
        longest = sorted(map(re.escape, names), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(longest)})(?!\w)") if longest else None
        self._read: dict[str, list[str]] = {}

    def read(self, texts: Iterable[str]) -> tuple[list[str], list[str]]:
        """The ids of the interventions named, and the texts that name none of the catalog.

        A placebo is no treatment: a text that names nothing else is left out of both.
        """
        drugs: list[str] = []
        unmapped = []
        for text in texts:
            if text not in self._read:
                found = self._pattern.findall(text.casefold()) if self._pattern else []
                self._read[text] = [self._names[name] for name in found]
            drugs += self._read[text]
            if not self._read[text] and "placebo" not in text.casefold():
                unmapped.append(text)
        return list(dict.fromkeys(drugs)), unmapped

    def classes(self, drugs: Iterable[str]) -> list[str]:
        """The classes of some interventions, each once, in display order."""
        met = {self._class_of[drug] for drug in drugs if drug in self._class_of}
        return sorted(met, key=self._order.__getitem__)


# --- what the page counts and says ------------------------------------------------------------


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of trials that name their disease; those under a broader label are never among them."""
    return rows[rows["match"] == "named"]


def distinct(rows: pd.DataFrame) -> pd.DataFrame:
    """Each trial once, whatever the number of diseases it names."""
    return rows.drop_duplicates("trial")


def broader(rows: pd.DataFrame, eligibility: pd.DataFrame, focus: str) -> pd.DataFrame:
    """Trials under a broader label that might concern the focus disease, each once.

    Adds ``verdict`` (``yes_by_umbrella_label``, ``unclear``, or ``met`` for a live record nobody has
    read yet) and ``note``. A trial that names the disease itself is not here.
    """
    own = set(rows.loc[(rows["disease_id"] == focus) & (rows["match"] == "named"), "trial"])
    read = {str(r["trial_id"]): r for r in records(eligibility)}
    met = set(rows.loc[(rows["disease_id"] == focus) & (rows["match"] == "broader"), "trial"])
    once = distinct(rows[rows["trial"].isin((set(read) | met) - own)])
    once = once.assign(
        verdict=[str(read[t]["verdict"]) if t in read else "met" for t in once["trial"]],
        note=[given(read[t]["note"]) if t in read else "" for t in once["trial"]],
    )
    order = {v: i for i, v in enumerate(("yes_by_umbrella_label", "unclear", "met"))}
    return once.sort_values("verdict", key=lambda v: v.map(order), kind="stable")


def registered(rows: pd.DataFrame) -> tuple[int, int, int]:
    """Distinct trials, how many of them carry a register's number, and in how many registers."""
    once = distinct(rows)
    registers = {register for held in once["registries"] for register in held}
    return len(once), sum(bool(held) for held in once["registries"]), len(registers)


def status_line(row: Row, text: Text) -> str:
    """Status with the day it was read, or that it is undated."""
    status = word(STATUSES, row["status"], text)
    day = text.day(given(row["status_as_of"]))
    if not day:
        return text.gettext("{status} (status undated)").format(status=status)
    return text.gettext("{status} (read {day})").format(status=status, day=day)


def phase_word(phase: str, text: Text) -> str:
    """``phase 2``, or that it is unknown or does not apply."""
    if phase in PHASES:
        return text.gettext(PHASES[phase])
    return text.gettext("phase {phase}").format(phase=phase)


def class_names(classes: pd.DataFrame, text: Text) -> dict[str, str]:
    """Class id -> its name, in display order, the unmapped last."""
    return {
        **{str(r["class_id"]): text.pick(r, "label") for r in records(classes)},
        UNMAPPED: text.gettext("Unmapped"),
    }


def table(rows: pd.DataFrame, abbreviations: Mapping[str, str], names: Names, text: Text) -> pd.DataFrame:
    """One row a trial: everything shown of it, for the screen and the file."""
    _ = text.gettext
    diseases = rows.groupby("trial", sort=False)["disease_id"].agg(list)
    told: list[dict[str, Any]] = []
    for row in records(distinct(rows)):
        told.append(
            {
                _("Trial"): row["trial"],
                _("Title"): row["title"],
                _("Diseases"): ", ".join(abbreviations.get(d, d) for d in diseases[row["trial"]]),
                _("Start year"): str(row["year"]) if not pd.isna(row["year"]) else _("unknown"),
                _("Class"): "; ".join(names.classes.get(c, c) for c in row["classes"]),
                _("Intervention"): "; ".join(names.drug(d) for d in row["drugs"])
                + ("; " if row["drugs"] and row["unmapped"] else "")
                + "; ".join(_("{drug} (unmapped)").format(drug=u) for u in row["unmapped"]),
                _("Phase"): phase_word(row["phase"], text),
                _("Status"): word(STATUSES, row["status"], text),
                _("Status read"): row["status_as_of"] or _("status undated"),
                _("Can it be entered?"): word(STANDINGS, row["standing"], text),
                _("Result"): word(DIRECTIONS, row["direction"], text),
                _("Registers"): "; ".join(f"{name} {number}" for name, number, _url in row["records"])
                or _("no register number known"),
                _("Confidence"): row["confidence"],
                _("Link"): row["url"] if row["url"].startswith("https://") else "",
            }
        )
    return pd.DataFrame(told)


class Names:
    """Names of classes and interventions in the reader's language."""

    def __init__(self, classes: Mapping[str, str], interventions: pd.DataFrame, text: Text) -> None:
        self.classes = dict(classes)
        self._drugs = {str(r["intervention_id"]): text.pick(r, "label") for r in records(interventions)}

    def drug(self, drug: str) -> str:
        """The name of an intervention."""
        return self._drugs.get(drug, drug)


def span(rows: pd.DataFrame, today: date) -> tuple[int, int]:
    """First and last year of the axis; without any year the last twenty."""
    years = rows["year"].dropna()
    if years.empty:
        return today.year - 20, today.year
    return int(years.min()), max(int(years.max()), today.year)


def file(rows: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """The rows as shown with codes, one a trial × disease; a lane without any keeps one row with its state.

    Beside each row stand state, freshness and bound of its disease's cell.
    """
    of_cell = ["disease_id", "state", "freshness", "bound"]
    flat = rows.assign(
        diseases_classes=[";".join(c) for c in rows["classes"]],
        drugs=[";".join(d) for d in rows["drugs"]],
        unmapped=[";".join(u) for u in rows["unmapped"]],
        registries=[";".join(r) for r in rows["registries"]],
        records=[";".join(f"{name} {number}" for name, number, _url in held) for held in rows["records"]],
    )
    flat = flat.drop(columns=["classes"]).rename(columns={"diseases_classes": "classes"})
    joined = cells[of_cell].merge(flat[[c for c in COLUMNS if c in flat]], on="disease_id", how="left")
    return joined[[*of_cell, *(c for c in COLUMNS if c != "disease_id")]]


# --- trials under a broader label, and registers ----------------------------------------------

VERDICTS: dict[str, str] = {
    "yes_by_umbrella_label": N_("takes the whole group by its label"),
    "unclear": N_("unclear by its label"),
    "met": N_("met under the broader name, not read yet"),
}
#: Short names of registers, for heads of columns.
_SHORT: dict[str, str] = {
    "ctis": "CTIS",
    "eu_ctr": "EU CTR",
    "isrctn": "ISRCTN",
    "ictrp": "WHO ICTRP",
}


def _as_cell(row: Row) -> Row:
    """A verdict with the columns that a mark asks of a cell."""
    proper = int(bool(row["proper"]))
    empty = {"broader_n": 0, "candidate_n": 0, "implied_by": None, "required_sources": 1}
    return {**row, **empty, "proven_sources": proper, "n": 0 if pd.isna(row["n"]) else row["n"]}


def register_html(verdicts: pd.DataFrame, diseases: pd.DataFrame, text: Text, theme: str) -> str:
    """The verdicts as a table of marks, each with the day of its answer; every value is escaped."""
    sources = verdicts.drop_duplicates("source_id").sort_values("source_order")
    cells = {(str(r["disease_id"]), str(r["source_id"])): r for r in records(verdicts)}
    names = {str(r["source_id"]): str(r["name"]) for r in records(sources)}
    head = "".join(
        f'<th scope="col" title="{escape(name, quote=True)}">{escape(_SHORT.get(s, name))}</th>'
        for s, name in names.items()
    )
    body = []
    for disease in records(diseases):
        drawn = [_verdict(cells.get((str(disease["disease_id"]), s)), text, theme) for s in names]
        body.append(
            f'<tr><th scope="row">{escape(str(disease["abbreviation"]))}</th>'
            f"{''.join(f'<td>{d}</td>' for d in drawn)}</tr>"
        )
    label = escape(text.gettext("Disease"))
    return (
        f'<table class="lc-reg"><thead><tr><th scope="col">{label}</th>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def _verdict(row: Row | None, text: Text, theme: str) -> str:
    if row is None:
        return ""
    day = text.day(row["answered_on"])
    said = day or word(wording.STATES, row["state"], text)
    draw = tiles.seen_in_part if _in_part(row) else tiles.tile
    return f"{draw(_as_cell(row), text, theme)}<small>{escape(said)}</small>"


def _in_part(row: Row) -> bool:
    """Whether a search met trials that do not count."""
    return row["state"] == "unproven" and bool(row["seen"])


def register_table(verdicts: pd.DataFrame, diseases: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The verdicts in words, one row a disease × register."""
    _ = text.gettext
    short = dict(zip(diseases["disease_id"], diseases["abbreviation"], strict=True))
    order = {d: i for i, d in enumerate(diseases["disease_id"])}
    return pd.DataFrame(
        [
            {
                _("Disease"): short[row["disease_id"]],
                _("Register"): wording.source_name(row["name"], text),
                _("State"): _("seen in a part, not counted")
                if _in_part(row)
                else word(wording.STATES, row["state"], text),
                _("Freshness"): word(wording.FRESHNESS, row["freshness"], text),
                _("Answered on"): text.day(row["answered_on"]),
                _("Searched as it must be"): _("yes") if row["proper"] else _("no"),
                _("Required"): _("yes") if row["required"] else _("no"),
                _("Link"): row["homepage"] if str(row["homepage"]).startswith("https://") else "",
            }
            for row in sorted(records(verdicts), key=lambda r: (order[r["disease_id"]], r["source_order"]))
        ]
    )


def register_file(verdicts: pd.DataFrame) -> pd.DataFrame:
    """The verdicts with codes, for the CSV; no number but where something was found or all was searched."""
    columns = [
        "disease_id",
        "source_id",
        "state",
        "n",
        "bound",
        "freshness",
        "answered_on",
        "proper",
        "required",
        "seen",
    ]
    return verdicts[columns].reset_index(drop=True)
