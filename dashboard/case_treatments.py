"""Who received what: treatments counted over patients described one by one. Pure.

Counts keep their full denominator, the unknown included, and only what a report itself says counts;
what another document says of it stands apart. Nothing here is a rate or a ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dashboard.cases import OUTCOMES, Row, given, records, single, surely_labelled, word
from dashboard.text import Text

#: Outcomes that count as gone well in "k of n"; the words stand in the heading of the column.
WELL = ("remission", "improved")
#: Below this number no interval is shown.
LEAST_FOR_INTERVAL = 5


@dataclass(frozen=True)
class Received:
    """One treatment, or one class, and the patients who received it, alone or combined.

    ``patients`` are rows of cases as their own report tells; ``second_hand`` are case ids told by
    another document only; ``listed_by`` names the document that lists it for the disease, with the
    locator; ``sure`` counts the patients whose label is certain.
    """

    treatment_id: str
    label: str
    class_id: str
    is_class: bool
    patients: tuple[Row, ...] = ()
    second_hand: tuple[str, ...] = ()
    listed_by: str = ""
    sure: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """How many received it."""
        return len(self.patients)

    def with_outcome(self, *outcomes: str) -> int:
        """How many of them had one of these outcomes."""
        return sum(row["outcome"] in outcomes for row in self.patients)

    @property
    def well(self) -> int:
        """How many reached remission or improved."""
        return self.with_outcome(*WELL)

    @property
    def unknown(self) -> int:
        """How many have an unknown outcome."""
        return self.with_outcome("not_reported")

    @property
    def well_and_sure(self) -> int:
        """Of those with a certain label, how many reached remission or improved."""
        return sum(row["outcome"] in WELL and row["case_id"] in self.sure for row in self.patients)

    @property
    def ends(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """``(k, n)`` of the lower and of the upper limit: unknown outcomes count against, then for."""
        if self.n < LEAST_FOR_INTERVAL:
            return None
        return (self.well, self.n), (self.well + self.unknown, self.n)


def received(
    patients: pd.DataFrame, treatments: pd.DataFrame, named: pd.DataFrame, text: Text
) -> list[Received]:
    """One row a class, followed by its drugs: those met in ``patients`` and those that a document lists.

    Frames as in :class:`dashboard.queries.Cases` and :class:`dashboard.queries.patients.Beside`.
    Groups are left out: nobody knows who of them received what.
    """
    alone = single(patients)
    rows = {str(row["case_id"]): row for row in records(alone)}
    told = [row for row in records(treatments) if str(row["case_id"]) in rows]
    listed = records(named)
    sure = frozenset(surely_labelled(alone)["case_id"])
    classes: dict[str, Row] = {}
    for row in sorted([*told, *listed], key=lambda row: int(row["class_order"])):
        classes.setdefault(str(row["class_id"]), row)
    found = []
    for class_id, named_in in classes.items():
        own = [row for row in told if row["class_id"] == class_id]
        lists = [row for row in listed if row["class_id"] == class_id]
        drugs = _drugs(own, lists, text)
        as_class = [row for row in lists if row["is_class"]]
        if len(drugs) != 1 or as_class:
            heading = text.pick(named_in, "class")
            nobody = Received(class_id, heading, class_id, True)
            found.append(_counted(nobody, own, as_class, rows, sure))
        for drug, label in drugs.items():
            of_drug = [row for row in own if row["intervention_id"] == drug]
            lists_drug = [row for row in lists if row["treatment_id"] == drug]
            nobody = Received(drug, label, class_id, False)
            found.append(_counted(nobody, of_drug, lists_drug, rows, sure))
    return found


def _drugs(told: Sequence[Row], listed: Sequence[Row], text: Text) -> dict[str, str]:
    """Drug id -> its name: those met first, in alphabetical order, then those only listed."""
    met = {str(row["intervention_id"]): text.pick(row, "label") for row in told}
    only = {str(row["treatment_id"]): text.pick(row, "label") for row in listed if not row["is_class"]}
    return {
        **dict(sorted(met.items(), key=lambda pair: pair[1].casefold())),
        **{k: v for k, v in only.items() if k not in met},
    }


def _counted(
    nobody: Received,
    told: Sequence[Row],
    listed: Sequence[Row],
    rows: Mapping[str, Row],
    sure: frozenset[str],
) -> Received:
    """The same treatment with the patients who received it."""
    first = dict.fromkeys(str(row["case_id"]) for row in told if row["source_level"] == "primary")
    second = dict.fromkeys(str(row["case_id"]) for row in told if row["source_level"] == "secondary")
    return replace(
        nobody,
        patients=tuple(rows[case] for case in first),
        second_hand=tuple(case for case in second if case not in first),
        listed_by=", ".join(f"{row['citation_short']}: {given(row['locator'])}" for row in listed),
        sure=tuple(case for case in first if case in sure),
    )


# --- words ------------------------------------------------------------------------------------


def sentence(row: Received, text: Text) -> str:
    """``k of n who received it (alone or combined) …, u with unknown outcome``, or that none was met."""
    if not row.n:
        said = text.gettext("none met in readable text")
        if row.second_hand:
            said += text.gettext("; ") + _second_hand(row, text)
        return said
    said = text.ngettext(
        "{k} of {n} who received it (alone or combined) reached remission or improved",
        "{k} of {n} who received it (alone or combined) reached remission or improved",
        row.n,
        k=text.number(row.well),
    )
    unknown = text.ngettext("{n} with unknown outcome", "{n} with unknown outcome", row.unknown)
    return f"{said}, {unknown}"


def _second_hand(row: Received, text: Text) -> str:
    return text.ngettext("{n} by another document only", "{n} by another document only", len(row.second_hand))


def finding(rows: Sequence[Received], n: int, text: Text) -> str:
    """The title: how many treatments were met at all, and how many of those listed were not."""
    met = sum(1 for row in rows if row.n and not row.is_class)
    listed = [row for row in rows if row.listed_by]
    absent = sum(1 for row in listed if not row.n)
    told = text.ngettext("{n} treatment is told of", "{n} treatments are told of", met)
    whom = text.ngettext("{n} patient described alone", "{n} patients described one by one", n)
    said = f"{told} {whom}"
    if not absent:
        return said
    more = text.ngettext(
        "of {n} that a document lists, {{k}} stand in no readable report",
        "of {n} that a document lists, {{k}} stand in no readable report",
        len(listed),
    ).format(k=text.number(absent))
    return text.gettext("{one}; {other}").format(one=said, other=more)


def table(
    rows: Sequence[Received],
    treatments: pd.DataFrame,
    limits: Mapping[tuple[int, int], tuple[float, float]],
    text: Text,
) -> pd.DataFrame:
    """The same rows in words, each with the patients and the places in their reports it is counted from.

    ``limits`` as :func:`dashboard.queries.patients.intervals` gives them.
    """
    _ = text.gettext
    places = _places(treatments)
    well, chance = _("Remission or improved"), _("If these were a random sample, which they are not")
    made = [
        {
            _("Treatment"): row.label if row.is_class else f"\u2003{row.label}",
            _("Kind"): _("class") if row.is_class else _("drug"),
            _("Received it (alone or combined)"): row.n,
            well: _of(row.well, row.n, text),
            **{word(OUTCOMES, code, text).capitalize(): row.with_outcome(code) for code in OUTCOMES},
            _("Without doubtful labels"): _of(row.well_and_sure, len(row.sure), text),
            _("By another document only"): len(row.second_hand),
            chance: _interval(row, limits, text),
            _("In words"): sentence(row, text),
            _("Cases"): ", ".join([*(str(p["case_id"]) for p in row.patients), *row.second_hand]),
            _("Said where"): _where(row, places),
        }
        for row in rows
    ]
    return pd.DataFrame(made)


def _of(k: int, n: int, text: Text) -> str:
    return text.gettext("{part} of {whole}").format(part=text.number(k), whole=text.number(n))


def _interval(row: Received, limits: Mapping[tuple[int, int], tuple[float, float]], text: Text) -> str:
    """The exact limits in percent; with unknown outcomes, from the worst to the best they could be."""
    if row.ends is None:
        return text.gettext("fewer than five")
    low, high = row.ends
    if low not in limits or high not in limits:
        return text.gettext("not computed above 200")
    bounds = (round(100 * limits[low][0], 1), round(100 * limits[high][1], 1))
    return "{}–{}\u00a0%".format(*(text.number(bound) for bound in bounds))


def _places(treatments: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
    """(case, drug or class) -> the places where it is said."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in records(treatments):
        place = f"{row['citation_short']}: {given(row['locator'])}"
        for treatment in (row["intervention_id"], row["class_id"]):
            found.setdefault((str(row["case_id"]), str(treatment)), []).append(place)
    return found


def _where(row: Received, places: Mapping[tuple[str, str], list[str]]) -> str:
    cases = [*(str(p["case_id"]) for p in row.patients), *row.second_hand]
    said = [place for case in cases for place in places.get((case, row.treatment_id), [])]
    return " · ".join(dict.fromkeys([*said, *filter(None, [row.listed_by])]))
