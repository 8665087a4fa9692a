"""Interventions × outcomes: which studies say what became of whom under which treatment. Pure.

Outcomes come only from data that states them: what a report says of a patient, and the direction of
a trial's result. A combination without a study is drawn too; since all this is a tally of gathered
records, it is *none in gathered records*, a floor, and never a proof that nobody studied it.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from dashboard import rows as filtering
from dashboard.cases import Row, given, records, word
from dashboard.rows import Chosen
from dashboard.text import N_, Text
from dashboard.trials import UNMAPPED

#: The row of patients whose treatment is not told, and of trials whose drugs the catalog does not know.
UNTOLD = UNMAPPED
#: Which question says whether anything was gathered for the columns of a kind.
QUESTIONS: dict[str, str] = {"patient": "patients_described", "trial": "trials_registered"}
KINDS: dict[str, str] = {"patient": N_("Published patients"), "trial": N_("Trials")}
STATES: dict[str, str] = {
    "found": N_("studies gathered"),
    "unproven": N_("none in gathered records"),
    "claimed": N_("not looked for here; a document says there is none"),
    "unsearched": N_("not looked for yet"),
}
_CERTAIN = "named_imam"
COLUMNS = (
    "class_id", "outcome_id", "study", "disease_id", "counts", "detail", "year", "classes", "drugs",
    "study_type", "confidence", "title", "citation", "url",
)  # fmt: skip


def gathered(patients: pd.DataFrame, trials: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """One row a study × disease × class × outcome, with :data:`COLUMNS`.

    ``patients`` as :func:`dashboard.queries.evidence_map.treated_patients`, ``trials`` as
    :func:`dashboard.trials.gathered`. ``counts`` is ``yes``, or why the row stands apart: ``doubtful``
    (the label of every such patient) or ``second_hand`` (the treatment is told by another document
    only). ``detail`` holds the number of patients, or the words of the result.
    """
    ids = {(str(r["kind"]), str(r["code"])): str(r["outcome_id"]) for r in records(outcomes)}
    told = [*_of_patients(patients, ids), *_of_trials(trials, ids)]
    return pd.DataFrame(told, columns=list(COLUMNS)).astype({"year": "Int64"})


def _of_patients(patients: pd.DataFrame, ids: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    known = patients.assign(class_id=patients["class_id"].fillna(UNTOLD))
    told = []
    keys = ["study_id", "disease_id", "class_id", "outcome"]
    for (study, disease, class_id, outcome), rows in known.groupby(keys, sort=False):
        first_hand = rows[rows["source_level"].ne("secondary")]
        best = first_hand if len(first_hand) else rows
        sure = best[best["label_certainty"] == _CERTAIN]
        used = sure if len(sure) else best
        first = records(used)[0]
        told.append(
            {
                "class_id": str(class_id),
                "outcome_id": ids["patient", str(outcome)],
                "study": str(study),
                "disease_id": str(disease),
                "counts": "second_hand" if first_hand.empty else "yes" if len(sure) else "doubtful",
                "detail": int(used.drop_duplicates("case_id")["n"].sum()),
                "year": None if pd.isna(first["year"]) else int(first["year"]),
                "classes": [str(class_id)],
                "drugs": list(used["intervention_id"].dropna().unique()),
                "study_type": str(first["study_type"]),
                "confidence": str(first["confidence"]),
                "title": str(first["title"]),
                "citation": str(first["citation_short"]),
                "url": given(first["url"]),
            }
        )
    return told


def _of_trials(trials: pd.DataFrame, ids: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    named = trials[trials["match"] == "named"]
    return [
        {
            "class_id": class_id,
            "outcome_id": ids["trial", row["direction"]],
            "study": row["trial"],
            "disease_id": row["disease_id"],
            "counts": "yes",
            "detail": row["result"],
            "year": None if pd.isna(row["year"]) else int(row["year"]),
            "classes": row["classes"],
            "drugs": row["drugs"],
            "study_type": row["study_type"],
            "confidence": row["confidence"],
            "title": row["title"],
            "citation": row["citation"],
            "url": row["url"],
        }
        for row in records(named)
        for class_id in row["classes"]
    ]


# --- tiles ------------------------------------------------------------------------------------


def tiles(
    studies: pd.DataFrame,
    classes: Mapping[str, str],
    outcomes: pd.DataFrame,
    cells: pd.DataFrame,
    chosen: Chosen,
    *,
    focus: str,
) -> pd.DataFrame:
    """One row a class × outcome, every class and every outcome, drawn by :mod:`dashboard.marks`.

    ``studies`` as :func:`gathered`, before any filter; ``cells`` the cells of :data:`QUESTIONS` of the
    diseases on the map. Columns: class_id, outcome_id, kind, tells, state, n, all (before filters),
    focus_n (of ``n``, those on the focus disease), bound, freshness, answered_on, broader_n,
    candidate_n (studies that stand apart), implied_by. The state is that of *all* rows: filters leave
    it as it is.
    """
    left = filtering.kept(studies, chosen)
    everything, shown = _tally(studies), _tally(left)
    own = _tally(left[left["disease_id"] == focus])
    none = {kind: _unmet(cells[cells["question_id"] == question]) for kind, question in QUESTIONS.items()}
    made = []
    for class_id in classes:
        for outcome in records(outcomes):
            key = (class_id, str(outcome["outcome_id"]))
            n, apart = everything.get(key, (0, 0))
            made.append(
                {
                    "class_id": class_id,
                    "outcome_id": key[1],
                    "kind": outcome["kind"],
                    "tells": outcome["tells"],
                    "state": "found" if n else none[str(outcome["kind"])],
                    "n": shown.get(key, (0, 0))[0],
                    "all": n,
                    "focus_n": own.get(key, (0, 0))[0],
                    "bound": "floor",
                    "freshness": "fresh",
                    "answered_on": "",
                    "broader_n": 0,
                    "candidate_n": apart,
                    "implied_by": None,
                }
            )
    return pd.DataFrame(made)


def _tally(studies: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    """(class, outcome) -> distinct studies that count, and those that stand apart only."""
    met: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    columns = (studies[name].tolist() for name in ("class_id", "outcome_id", "study", "counts"))
    for class_id, outcome, study, counts in zip(*columns, strict=True):
        counting, every = met.setdefault((str(class_id), str(outcome)), (set(), set()))
        every.add(study)
        if counts == "yes":
            counting.add(study)
    return {key: (len(counting), len(every - counting)) for key, (counting, every) in met.items()}


def _unmet(cells: pd.DataFrame) -> str:
    """The state of a combination without a study: what was done about the diseases on the map."""
    states = set(cells["state"])
    if states & {"found", "zero", "unproven"}:
        return "unproven"
    return "claimed" if "claimed" in states else "unsearched"


def drawn_classes(studies: pd.DataFrame, classes: Mapping[str, str]) -> dict[str, str]:
    """Every class of the catalog; the row of what is not told or unmapped only where there is any."""
    met = set(studies["class_id"])
    return {class_id: name for class_id, name in classes.items() if class_id != UNTOLD or UNTOLD in met}


def says(tile: Row, total: bool, text: Text) -> str:
    """What a tile says, in words; ``total`` where no filter is set."""
    _ = text.gettext
    if tile["state"] != "found":
        said = word(STATES, tile["state"], text)
    elif total:
        said = text.ngettext("at least {n} study", "at least {n} studies", int(tile["n"]))
    else:
        said = _("{n} of {m} studies in this filter").format(
            n=text.number(tile["n"]), m=text.number(tile["all"])
        )
    apart = int(tile["candidate_n"])
    if apart:
        said += ", " + text.ngettext("{n} more stands apart", "{n} more stand apart", apart)
    return said


def studies_of(studies: pd.DataFrame, class_id: str, outcome_id: str) -> pd.DataFrame:
    """The studies behind a tile, each once, with the diseases that it concerns in ``diseases``."""
    own = studies[(studies["class_id"] == class_id) & (studies["outcome_id"] == outcome_id)]
    diseases = own.groupby("study", sort=False)["disease_id"].agg(list)
    once = own.sort_values("counts", key=lambda c: c != "yes", kind="stable").drop_duplicates("study")
    return once.assign(diseases=[diseases[s] for s in once["study"]])


APART: dict[str, str] = {
    "yes": N_("counted"),
    "doubtful": N_("apart: the label is doubtful or second-hand"),
    "second_hand": N_("apart: another document only tells the treatment"),
}


def table(
    made: pd.DataFrame, classes: Mapping[str, str], outcomes: Mapping[str, str], total: bool, text: Text
) -> pd.DataFrame:
    """The tiles for people: one row a class × outcome."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Class"): classes[row["class_id"]],
                _("Outcome"): outcomes[row["outcome_id"]],
                _("Of"): word(KINDS, row["kind"], text),
                _("State"): word(STATES, row["state"], text),
                _("Studies"): text.number(row["n"]) if row["state"] == "found" else "",
                _("Said"): says(row, total, text),
            }
            for row in records(made)
        ]
    )


def file(made: pd.DataFrame) -> pd.DataFrame:
    """The tiles with codes, for the CSV. A combination without a study has a state and no number."""
    columns = ["class_id", "outcome_id", "kind", "state", "n", "all", "bound", "candidate_n", "focus_n"]
    flat = made[columns].astype({"n": "Int64", "all": "Int64", "focus_n": "Int64"})
    flat.loc[flat["state"] != "found", ["n", "all", "focus_n", "bound"]] = None
    return flat.reset_index(drop=True)


def study_table(studies: pd.DataFrame, abbreviations: Mapping[str, str], text: Text) -> pd.DataFrame:
    """The studies behind a tile, for the screen and the file."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Study"): row["citation"],
                _("Title"): row["title"],
                _("Year"): str(row["year"]) if not pd.isna(row["year"]) else _("unknown"),
                _("Diseases"): ", ".join(abbreviations.get(d, d) for d in row["diseases"]),
                _("What it says"): _said(row, text),
                _("Counted"): word(APART, row["counts"], text),
                _("Link"): row["url"] if row["url"].startswith("https://") else "",
            }
            for row in records(studies)
        ]
    )


def _said(row: Row, text: Text) -> str:
    if isinstance(row["detail"], str):
        return row["detail"]
    return text.ngettext("{n} patient", "{n} patients", int(row["detail"]))


def study_html(row: Row, abbreviations: Mapping[str, str], text: Text) -> str:
    """One study as a line with its link; evidence stays in its language and is escaped."""
    name = f'<span lang="en">{escape(str(row["citation"]))} · {escape(str(row["title"]))}</span>'
    if str(row["url"]).startswith("https://"):
        name = f'<a href="{escape(str(row["url"]), quote=True)}" target="_blank" rel="noopener">{name}</a>'
    year: str = text.gettext("no year") if pd.isna(row["year"]) else str(row["year"])
    diseases = ", ".join(abbreviations.get(d, d) for d in row["diseases"])
    said = [
        year,
        diseases,
        _said(row, text),
        "" if row["counts"] == "yes" else word(APART, row["counts"], text),
    ]
    return f'<div class="lc-e">{name}<div class="lc-s">{escape(" · ".join(filter(None, said)))}</div></div>'


def alt(
    made: pd.DataFrame, classes: Mapping[str, str], outcomes: Mapping[str, str], total: bool, text: Text
) -> str:
    """The map in words: every tile that holds a study, and how many do not."""
    held = made[made["state"] == "found"]
    said = [
        f"{classes[row['class_id']]}, {outcomes[row['outcome_id']]}{text.colon}{says(row, total, text)}"
        for row in records(held)
    ]
    empty = text.ngettext(
        "{n} combination without a gathered study",
        "{n} combinations without a gathered study",
        len(made) - len(held),
    )
    return "; ".join([*said, empty]) + "."
