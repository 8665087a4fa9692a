"""Biomarkers by BEST category and disease: which level was met, and what stands behind it. Pure.

A level is what was *met*; the state of the cell says how far that can be relied on. "None found" (somebody
looked) and "not looked for yet" (nobody did) are different levels and are never drawn alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape

import pandas as pd

from dashboard import wording
from dashboard.cases import CONFIDENCE, Row, given, items, missing, records, word
from dashboard.certificate import link
from dashboard.citing import cited
from dashboard.marks import says, tile_text
from dashboard.rows import Chosen, kept
from dashboard.text import N_, NN_, Text
from dashboard.tiles import tile

#: The FDA-NIH BEST categories in the order of the questions, always all of them.
CATEGORIES: dict[str, str] = {
    "susceptibility_risk": N_("Susceptibility or risk"),
    "diagnostic": N_("Diagnostic"),
    "monitoring": N_("Monitoring"),
    "prognostic": N_("Prognostic"),
    "predictive": N_("Predictive"),
    "response": N_("Response"),
    "safety": N_("Safety"),
}
#: Levels of a marker, the strongest first.
MARKER_LEVELS = ("established", "limited", "candidate")
LEVELS: dict[str, str] = {
    "established": N_("established"),
    "limited": N_("limited at most"),
    "candidate": N_("candidates only"),
    "none_found": N_("looked for, none met"),
    "claimed": N_("claimed: a document says none"),
    "unsearched": N_("not looked for yet"),
}
GLYPHS: dict[str, str] = {"established": "●", "limited": "◐", "candidate": "○"}
#: Heading of the rows of a level under a chosen cell.
HEADINGS: dict[str, str] = {
    "established": N_("Established: in clinical use"),
    "limited": N_("Limited: of little value, or without a validated cut-off"),
    "candidate": N_("Candidates: reported, not validated"),
    "none_found": N_("Looked for"),
}
TYPES: dict[str, str] = {
    "autoantibody": N_("autoantibody"),
    "serum_protein": N_("serum protein"),
    "serum_enzyme": N_("serum enzyme"),
    "cytokine": N_("cytokine"),
    "chemokine": N_("chemokine"),
    "gene_expression": N_("gene expression"),
    "tissue_protein": N_("tissue protein"),
    "genetic": N_("genetic"),
    "imaging": N_("imaging"),
    "cell_count": N_("cell count"),
    "histology": N_("histology"),
    "signalling": N_("signalling"),
}
_PREFIX = "biomarker_"


def matrix(cells: pd.DataFrame, markers: pd.DataFrame, diseases: list[str], chosen: Chosen) -> pd.DataFrame:
    """One row a category × disease, all seven categories, in the order of the questions and of ``diseases``.

    ``cells`` as :func:`dashboard.queries.biomarkers.cells`, ``markers`` as
    :func:`dashboard.queries.biomarkers.biomarkers`. Adds to the columns of a cell: category, level (a key
    of :data:`LEVELS`), established, limited, candidate, none_found (rows of each) and the same with
    ``_shown`` (rows that ``chosen`` leaves). The filter touches neither the state nor the level.
    """
    whole = _tally(markers)
    left = _tally(kept(markers, chosen))
    found = []
    for row in records(cells[cells["disease_id"].isin(diseases)]):
        category = str(row["question_id"]).removeprefix(_PREFIX)
        here = {name: whole[category, row["disease_id"], name] for name in HEADINGS}
        shown = {f"{name}_shown": left[category, row["disease_id"], name] for name in HEADINGS}
        found.append({**row, **here, **shown, "category": category, "level": level(row, here)})
    columns = [*cells.columns, *HEADINGS, *(f"{name}_shown" for name in HEADINGS), "category", "level"]
    return pd.DataFrame(found, columns=columns)


def _tally(markers: pd.DataFrame) -> Counter[tuple[str, str, str]]:
    return Counter(
        (str(row["best_category"]), str(row["disease_id"]), str(row["level"])) for row in records(markers)
    )


def level(cell: Row, rows: dict[str, int]) -> str:
    """The strongest level met in a cell, or why none was."""
    if cell["state"] == "found":
        return "established"
    for name in ("limited", "candidate"):
        if rows[name]:
            return name
    return str(cell["state"]) if cell["state"] in ("claimed", "unsearched") else "none_found"


def finding(rows: pd.DataFrame, focus: str, name: str, text: Text) -> str:
    """The title: what was met in the seven categories for the focus disease."""
    column = rows[rows["disease_id"] == focus]
    counts = column["level"].value_counts()
    parts = [
        text.gettext("{level} in {n}").format(level=text.gettext(said), n=text.number(int(counts[code])))
        for code, said in LEVELS.items()
        if counts.get(code)
    ]
    whole = text.ngettext(
        "{n} category of biomarker, {disease}",
        "{n} categories of biomarker, {disease}",
        len(column),
        disease=name,
    )
    return whole + text.colon + text.gettext("; ").join(parts)


def tally(row: Row, text: Text, *, filtered: bool) -> str:
    """The markers of a cell by level, small: ``●5 ○8``; under a filter ``●2/5``."""
    return "  ".join(
        f"{GLYPHS[name]}{_part(row, name, text, filtered=filtered)}" for name in MARKER_LEVELS if row[name]
    )


def _part(row: Row, name: str, text: Text, *, filtered: bool) -> str:
    whole = text.number(int(row[name]))
    return f"{text.number(int(row[f'{name}_shown']))}/{whole}" if filtered else whole


def spoken(row: Row, text: Text, *, filtered: bool = False) -> str:
    """A cell in words: its level, its state with coverage, its markers by level."""
    met = [
        (
            text.gettext("{n} of {m} {level} in this filter") if filtered else text.gettext("{m} {level}")
        ).format(
            n=text.number(int(row[f"{name}_shown"])),
            m=text.number(int(row[name])),
            level=_counted(name, int(row[name]), text),
        )
        for name in MARKER_LEVELS
        if row[name]
    ]
    return "; ".join([word(LEVELS, row["level"], text), says(row, text), *met])


def _counted(name: str, n: int, text: Text) -> str:
    forms = {
        "established": NN_("established marker", "established markers"),
        "limited": NN_("limited marker", "limited markers"),
        "candidate": NN_("candidate", "candidates"),
    }
    one, many = forms[name]
    return text.ngettext(one, many, n)


def alternative(rows: pd.DataFrame, text: Text, *, filtered: bool) -> str:
    """The picture in words, from the same rows."""
    lines = []
    for _disease, column in rows.groupby("disease_id", sort=False):
        said = [
            f"{word(CATEGORIES, row['category'], text)} ({spoken(row, text, filtered=filtered)})"
            for row in records(column)
        ]
        lines.append(str(column["abbreviation"].iloc[0]) + text.colon + ", ".join(said) + ".")
    return " ".join(lines)


def column(rows: pd.DataFrame, text: Text, theme: str, filtered: bool) -> str:
    """The seven categories of one disease as a list, for a small screen, as escaped HTML."""
    return "".join(
        f'<div class="lc-v">{tile(row, text, theme)}<div>{escape(word(CATEGORIES, row["category"], text))} '
        f'<span class="lc-s">{escape(tally(row, text, filtered=filtered))}<br>'
        f"{escape(word(LEVELS, row['level'], text))}</span></div></div>"
        for row in records(rows)
    )


def table(rows: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The same rows for people."""
    _ = text.gettext
    return pd.DataFrame(
        [
            {
                _("Category"): word(CATEGORIES, row["category"], text),
                _("Disease"): text.pick(row, "label"),
                _("Level met"): word(LEVELS, row["level"], text),
                _("State"): word(wording.STATES, row["state"], text),
                _("Shown as"): tile_text(row, text),
                _("Established"): int(row["established"]),
                _("Limited"): int(row["limited"]),
                _("Candidates"): int(row["candidate"]),
                _("In this filter"): sum(int(row[f"{name}_shown"]) for name in MARKER_LEVELS),
                _("Sources"): wording.coverage(row, text),
                _("Answered on"): text.day(given(row["answered_on"])),
            }
            for row in records(rows)
        ]
    )


def file(rows: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """The same rows with codes, for the CSV."""
    columns = ["question_id", "category", "disease_id", "state", "n", "bound", "freshness", "level"]
    columns += [*HEADINGS, *(f"{name}_shown" for name in HEADINGS)]
    columns += ["proven_sources", "required_sources", "answered_on"]
    return rows[columns].assign(as_of=as_of)


# --- the evidence of one cell -----------------------------------------------------------------------


def evidence(markers: pd.DataFrame, known: Mapping[str, str], text: Text) -> str:
    """The rows behind a cell by level, as escaped HTML. ``known`` turns codes of reports into citations."""
    parts = []
    for name, heading in HEADINGS.items():
        rows = records(markers[markers["level"] == name])
        if rows:
            glyph = f"{GLYPHS[name]} " if name in GLYPHS else ""
            title = escape(f"{glyph}{text.gettext(heading)} ({text.number(len(rows))})")
            parts.append(
                f'<h4 class="lc-sub">{title}</h4>' + "".join(_marker(row, known, text) for row in rows)
            )
    return "".join(parts)


def _marker(row: Row, known: Mapping[str, str], text: Text) -> str:
    _ = text.gettext
    kinds = ", ".join(word(TYPES, kind, text) for kind in items(row["marker_type"]))
    about = [
        kinds,
        "" if missing(row["n"]) else _("n = {n}").format(n=text.number(int(row["n"]))),
        _("confidence{colon}{level}").format(
            colon=text.colon, level=word(CONFIDENCE, row["confidence"], text)
        ),
    ]
    named = f'<b lang="en">{escape(given(row["marker"]))}</b> ' if given(row["marker"]) else ""
    place = [link(row["citation_short"], row["url"], row["language"]), escape(given(row["locator"]))]
    return (
        f'<div class="lc-e">{named}<span lang="en">{escape(cited(given(row["finding"]), known))}</span><br>'
        f'<span class="lc-s">{escape(" · ".join(p for p in about if p))}<br>'
        f"{' · '.join(p for p in place if p)} · {escape(reading(row, text))}</span></div>"
    )


def reading(row: Row, text: Text) -> str:
    """Who judged a row, when and how deep; a second reader that nobody is reads *not yet checked*."""
    _ = text.gettext
    parts = [
        _("judged {day}").format(day=text.day(given(row["judged_on"]))) if given(row["judged_on"]) else "",
        word(wording.DEPTHS, row["search_depth"], text) if given(row["search_depth"]) else "",
        _("second reader{colon}{who}").format(
            colon=text.colon, who=given(row["second_reader"]) or _("not yet checked")
        ),
    ]
    return " · ".join(p for p in parts if p)


def marker_file(markers: pd.DataFrame) -> pd.DataFrame:
    """The rows behind a cell as they stand in the file, with citation and link."""
    columns = [
        "biomarker_id",
        "disease_id",
        "marker",
        "marker_type",
        "best_category",
        "level",
        "finding",
        "n",
    ]
    columns += ["confidence", "judged_by", "judged_on", "second_reader", "search_depth"]
    columns += ["citation_short", "locator", "url"]
    types = markers["marker_type"].map(lambda value: ";".join(items(value)))
    return markers.assign(marker_type=types)[columns]
