"""Publications, each once across databases, and the patients that they describe. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

import pandas as pd

from dashboard import tiles, wording
from dashboard.cases import DESIGNS, FLAGS, Row, given, items, records, word
from dashboard.text import N_, Text

#: Kinds of publication: those of the reports that curators read, and what databases tell beside.
TYPES: dict[str, str] = {
    **{code: said for code, said in DESIGNS.items() if code != "unknown"},
    "clinical_trial": N_("report of a trial"),
    "comment": N_("letter, comment or correction"),
    "unknown": N_("kind not established"),
}
#: What PubMed and Europe PMC call them, the most telling first.
_DATABASE_TYPES: tuple[tuple[str, str], ...] = (
    ("systematic review", "systematic_review"),
    ("meta-analysis", "systematic_review"),
    ("case reports", "case_report"),
    ("case-report", "case_report"),
    ("review", "review"),
    ("review-article", "review"),
    ("clinical trial", "clinical_trial"),
    ("randomized controlled trial", "clinical_trial"),
    ("letter", "comment"),
    ("comment", "comment"),
    ("editorial", "comment"),
    ("published erratum", "comment"),
)
#: How a publication stands to the disease.
STANDINGS: dict[str, str] = {
    "named": N_("names the disease"),
    "doubtful": N_("label doubtful or second-hand"),
    "apart": N_("under another label, never added"),
}
#: The lane of reports under another label.
APART = "apart"
_CERTAIN = "named_imam"
COLUMNS = (
    "report", "disease_id", "standing", "study_type", "year", "title", "citation", "url", "databases",
    "copies", "n_patients", "note", "status", "label",
)  # fmt: skip


def gathered(studies: pd.DataFrame, live: pd.DataFrame) -> pd.DataFrame:
    """One row a publication × disease, with :data:`COLUMNS`.

    A live record that is a report of the curators (same PMID, DOI or PMC number) is that report, once.
    ``standing`` is a key of :data:`STANDINGS`; ``databases`` are the names of those that hold it;
    ``copies`` its records as (database, id, link); ``label`` the curators' word for the certainty.
    """
    kept = studies[studies["included"].astype(bool) & studies["label_certainty"].notna()]
    ours = {key: str(row["study_id"]) for row in records(kept) for key in _study_keys(row)}
    clusters: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in records(live):
        clusters[str(row["cluster_id"]), str(row["disease_id"])].append(row)
    copies: dict[tuple[str, str], list[Row]] = defaultdict(list)
    rows: list[dict[str, Any]] = []
    for (cluster, disease), members in clusters.items():
        keys = {key for member in members for key in _record_keys(member)}
        twin = next((ours[key] for key in sorted(keys) if key in ours), "")
        if twin:
            copies[twin, disease] += members
        else:
            rows.append(_from_database(cluster, disease, members))
    known = [
        _from_curators(row, copies[str(row["study_id"]), str(row["disease_id"])]) for row in records(kept)
    ]
    return pd.DataFrame([*known, *rows], columns=list(COLUMNS)).astype({"year": "Int64"})


def _study_keys(row: Row) -> list[str]:
    named = {"pmid": given(row["pmid"]), "doi": given(row["doi"]).upper(), "pmc": given(row["pmcid"]).upper()}
    return [f"{kind}:{value.removeprefix('PMC')}" for kind, value in named.items() if value]


def _record_keys(row: Row) -> list[str]:
    """The ids of a live record and its cluster, in the form of :func:`_study_keys`."""
    kind, _colon, rest = str(row["cluster_id"]).partition(":")
    keys = [f"{kind}:{rest.upper()}"] if kind in ("pmid", "doi", "pmc") else []
    for text in (str(row["record_id"]), *items(row["other_ids"])):
        if found := re.fullmatch(r"(?:(?:MED|PMID)[:/ ])?(\d{1,9})", text):
            keys.append(f"pmid:{found[1]}")
        elif text.lower().startswith("10."):
            keys.append(f"doi:{text.upper()}")
        elif found := re.fullmatch(r"(?:PMC/)?PMC(\d+)", text):
            keys.append(f"pmc:{found[1]}")
    return keys


def _from_curators(row: Row, copies: Sequence[Row]) -> dict[str, Any]:
    certainty = str(row["label_certainty"])
    return {
        "report": str(row["study_id"]),
        "disease_id": str(row["disease_id"]),
        "standing": "named" if certainty == _CERTAIN else "doubtful",
        "study_type": str(row["design"]),
        "year": None if pd.isna(row["year"]) else int(row["year"]),
        "title": str(row["title"]),
        "citation": str(row["citation_short"]),
        "url": given(row["url"]),
        "databases": list(dict.fromkeys(str(c["source_name"]) for c in copies)),
        "copies": _copies(copies),
        "n_patients": None if pd.isna(row["n_patients"]) else int(row["n_patients"]),
        "note": given(row["note"]),
        "status": next((given(c["status"]) for c in copies if given(c["status"])), ""),
        "label": certainty,
    }


def _from_database(cluster: str, disease: str, members: Sequence[Row]) -> dict[str, Any]:
    first = members[0]
    types = {given(t).casefold() for member in members for t in items(member["publication_types"])}
    years = [int(m["year"]) for m in members if not pd.isna(m["year"])]
    return {
        "report": cluster,
        "disease_id": disease,
        "standing": "named",
        "study_type": next((code for said, code in _DATABASE_TYPES if said in types), "unknown"),
        "year": min(years, default=None),
        "title": str(first["title"]),
        "citation": f"{first['source_name']} {first['record_id']}",
        "url": given(first["url"]),
        "databases": list(dict.fromkeys(str(m["source_name"]) for m in members)),
        "copies": _copies(members),
        "n_patients": None,
        "note": "",
        "status": next((given(m["status"]) for m in members if given(m["status"])), ""),
        "label": "",
    }


def _copies(members: Sequence[Row]) -> list[tuple[str, str, str]]:
    return [(str(m["source_name"]), str(m["record_id"]), given(m["url"])) for m in members]


def under_other_labels(related: pd.DataFrame, studies: pd.DataFrame) -> pd.DataFrame:
    """Reports under another label in the columns of :func:`gathered`, standing ``apart``.

    Those judged a different disease are not among them: they are no candidates.
    """
    kinds = {str(r["study_id"]): r for r in records(studies)}
    rows: list[dict[str, Any]] = []
    for row in records(related[related["verdict"] != "different_entity"]):
        study = kinds.get(str(row["study_id"]), {})
        rows.append(
            {
                "report": str(row["study_id"]),
                "disease_id": given(study.get("disease_id")),
                "standing": APART,
                "study_type": given(study.get("design")) or "unknown",
                "year": None if pd.isna(row["year"]) else int(row["year"]),
                "title": given(row["title"]),
                "citation": given(row["citation_short"]),
                "url": given(row["url"]),
                "databases": [],
                "copies": [],
                "n_patients": None,
                "note": "",
                "status": "",
                "label": str(row["label_used"]),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"year": "Int64"})


# --- patients ---------------------------------------------------------------------------------

#: What is counted of published patients -> its word, in the order of the figure.
COUNTED: dict[str, str] = {
    "described": N_("described"),
    "treated": N_("with a treatment told by the report itself"),
    "outcome": N_("with an outcome"),
}


def patient_counts(patients: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Of described, treated and outcome: patients whose report names the disease, and doubtful ones.

    Groups count their patients as described; a treatment or outcome told of a group as a whole is not
    told of each.
    """
    chosen = {
        "described": patients,
        "treated": patients[patients["treated"].astype(bool)],
        "outcome": patients[patients["outcome"] != "not_reported"],
    }
    counts = {}
    for name, rows in chosen.items():
        sure = rows["label_certainty"] == _CERTAIN
        each = rows["n"] if name != "treated" else rows["n"].clip(upper=1)
        counts[name] = (int(each[sure].sum()), int(each[~sure].sum()))
    return counts


def overlap(studies: pd.DataFrame, text: Text) -> list[str]:
    """For each review that counts patients itself: its number, which is never added to ours."""
    said = []
    counts = studies[studies["included"].astype(bool) & studies["design"].eq("systematic_review")]
    for row in records(counts[counts["n_patients"].notna()]):
        said.append(
            text.ngettext(
                "{report} counts {n} patient. It overlaps the reports counted here one by one: "
                "its number is its own claim and is never added.",
                "{report} counts {n} patients. It overlaps the reports counted here one by one: "
                "its number is its own claim and is never added.",
                int(row["n_patients"]),
                report=row["citation_short"],
            )
        )
    return said


# --- table ------------------------------------------------------------------------------------


def table(rows: pd.DataFrame, abbreviations: Mapping[str, str], text: Text) -> pd.DataFrame:
    """One row a publication and disease: everything shown of it, for the screen."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Report"): row["citation"],
                _("Title"): row["title"],
                _("Year"): str(row["year"]) if not pd.isna(row["year"]) else _("unknown"),
                _("Kind of report"): word(TYPES, row["study_type"], text),
                _("Disease"): abbreviations.get(row["disease_id"], row["disease_id"]),
                _("Counted"): word(STANDINGS, row["standing"], text),
                _("Label"): word(FLAGS, row["label"], text) if row["label"] in FLAGS else _label(row),
                _("Databases"): "; ".join(row["databases"]) or _("read by the curators"),
                _("Note"): _("retracted") if row["status"] == "retracted" else "",
                _("Link"): row["url"] if row["url"].startswith("https://") else "",
            }
            for row in records(rows)
        ]
    )


def _label(row: Row) -> str:
    return str(row["label"]) if row["standing"] == APART else ""


def file(rows: pd.DataFrame, cell: Row) -> pd.DataFrame:
    """The same rows with codes, for the CSV, beside them state, freshness and bound of the cell."""
    flat = rows.assign(
        databases=["; ".join(d) for d in rows["databases"]],
        copies=["; ".join(f"{name} {number}" for name, number, _url in held) for held in rows["copies"]],
    )
    flat = flat[list(COLUMNS)].reset_index(drop=True)
    return flat.assign(state=cell["state"], freshness=cell["freshness"], bound=cell["bound"])


def span(rows: pd.DataFrame, today: date) -> tuple[int, int]:
    """First and last year of the axis; without any year the last twenty."""
    years = rows["year"].dropna()
    if years.empty:
        return today.year - 20, today.year
    return int(years.min()), max(int(years.max()), today.year)


def count_table(counts: Mapping[str, tuple[int, int]], text: Text) -> pd.DataFrame:
    """Patients described, treated, with outcome: those under the label, and doubtful ones beside."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Patients"): text.gettext(label),
                _("Names the disease"): text.number(counts[name][0]),
                _("Label doubtful or second-hand"): text.number(counts[name][1]),
            }
            for name, label in COUNTED.items()
        ]
    )


_QUESTION_OF = {
    "described": "patients_described",
    "treated": "patients_with_treatment",
    "outcome": "patients_with_outcome",
}


def count_file(counts: Mapping[str, tuple[int, int]], cells: pd.DataFrame, disease: str) -> pd.DataFrame:
    """The counts as shown with the state, freshness and bound of their cells."""
    own = cells[cells["disease_id"] == disease].set_index("question_id")
    return pd.DataFrame(
        [
            {
                "question_id": question,
                "shown": counts[name][0],
                "shown_doubtful": counts[name][1],
                **{column: own.loc[question, column] for column in ("state", "freshness", "bound")},
            }
            for name, question in _QUESTION_OF.items()
        ]
    )


def relatives_html(cells: pd.DataFrame, text: Text, theme: str) -> str:
    """Questions across, diseases down, a mark each; every value is escaped."""
    questions = cells.drop_duplicates("question_id").sort_values("question_order")
    diseases = cells.drop_duplicates("disease_id").sort_values("disease_order")
    by_key = {(str(r["disease_id"]), str(r["question_id"])): r for r in records(cells)}
    head = "".join(f'<th scope="col">{escape(text.pick(q, "title"))}</th>' for q in records(questions))
    body = []
    for disease in records(diseases):
        drawn = [
            tiles.tile(by_key[str(disease["disease_id"]), str(question)], text, theme)
            for question in questions["question_id"]
        ]
        body.append(
            f'<tr><th scope="row">{escape(str(disease["abbreviation"]))}</th>'
            f"{''.join(f'<td>{d}</td>' for d in drawn)}</tr>"
        )
    label = escape(text.gettext("Disease"))
    return (
        f'<table class="lc-reg"><thead><tr><th scope="col">{label}</th>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table>"
    )


def relatives_table(cells: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The same marks in words, one row a disease × question."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Disease"): row["abbreviation"],
                _("Question"): text.pick(row, "title"),
                _("State"): word(wording.STATES, row["state"], text),
                _("Said"): row["said"],
            }
            for row in records(cells.sort_values(["disease_order", "question_order"]))
        ]
    )


def cell_file(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells with codes, for the CSV."""
    columns = ["question_id", "disease_id", "state", "n", "bound", "freshness", "candidate_n", "answered_on"]
    return cells[columns].reset_index(drop=True)
