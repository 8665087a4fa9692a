"""The third slide: what was looked for, and how much of it is confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from dashboard import wording
from dashboard.story.cells import STATES, focus_cells, focus_table
from dashboard.story.rows import Filter, Record, Rows
from dashboard.story.slide import Bars, Made, Series
from dashboard.text import Text, with_article


def made(rows: Rows, _chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
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
    said = text.gettext("absences shown{colon}{m}, of which {n} rest on all their required sources").format(
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
