"""The fifth slide: the seven BEST categories across the diseases."""

from __future__ import annotations

from collections import Counter

from dashboard.story.cells import STATES, diseases_of, focus_cells, has_reason, tile, titles_of
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Made, Tiles
from dashboard.text import N_, Text, spelled, with_article

BIOMARKERS = "biomarker_"


def made(rows: Rows, _chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
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
    if has_reason(rows, BIOMARKERS, "no_second_reader"):
        parts.append(_("no second reader has confirmed it yet"))
    sentence = _("{sentence}.").format(sentence=head + text.colon + _("; ").join(parts))
    by = rows.by_cell
    asked = [str(c["question_id"]) for c in own]
    titles = titles_of(rows, text)
    diseases = diseases_of(rows)
    figure = Tiles(
        _("The seven BEST categories, established markers; ○ candidates apart"),
        _("Category"),
        tuple(str(d["abbreviation"]) for d in diseases),
        tuple((titles[q], tuple(tile(by[q, d["disease_id"]], text) for d in diseases)) for q in asked),
    )
    return sentence, figure, None
