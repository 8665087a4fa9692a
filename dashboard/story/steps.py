"""The eighth slide: next steps in rank; what makes something new comes last."""

from __future__ import annotations

from collections import Counter

from dashboard import cases, wording
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Made, Table
from dashboard.text import Text, with_article


def made(rows: Rows, _chosen: Filter, text: Text) -> Made:
    """Sentence, figure, and the table behind it if there is one."""
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
