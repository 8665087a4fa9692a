"""The argument as nine slides: sentence, plain line, figure, table, notes. Pure; one source for all files.

No sentence is fixed text: each is a template over the states, numbers and dates of the rows beside
it, and none claims more than its state allows (the words of a state are those of
:mod:`dashboard.wording`). A slide whose rows are empty says so and stays.
"""

from __future__ import annotations

from collections.abc import Callable

from dashboard.story import biomarkers, cases, identity, limits, money, patients, searched, steps, trials
from dashboard.story.notes import cited, filter_note, notes_on, questions_behind
from dashboard.story.rows import Filter, Rows
from dashboard.story.slide import Made, Slide, Tiles
from dashboard.text import N_, Text

#: Each slide and who makes it; title and plain line of each stand below.
MAKERS: dict[str, Callable[[Rows, Filter, Text], Made]] = {
    "identity": identity.made,
    "patients": patients.made,
    "searched": searched.made,
    "trials": trials.made,
    "biomarkers": biomarkers.made,
    "money": money.made,
    "cases": cases.made,
    "steps": steps.made,
    "limits": limits.made,
}

TITLES: dict[str, str] = {
    "identity": N_("A code and a border"),
    "patients": N_("How many patients"),
    "searched": N_("What was looked for"),
    "trials": N_("Trials"),
    "biomarkers": N_("Biomarkers"),
    "money": N_("Funding"),
    "cases": N_("Patients one by one"),
    "steps": N_("First steps"),
    "limits": N_("Dates, limits, sources"),
}

#: What a slide is about, for a room that hears of it for the first time.
PLAIN: dict[str, str] = {
    "identity": N_("A disease needs a name, a code and a border before anybody can count it."),
    "patients": N_("Each mark is a person whom doctors wrote about. There may be many more."),
    "searched": N_("An empty box can mean that nothing is there, or that nobody looked. Here you see which."),
    "trials": N_("A trial tests a treatment with patients. This is where we looked for one, and how far."),
    "biomarkers": N_("A biomarker is something measured that helps to find, follow or treat a disease."),
    "money": N_("Research starts with money set aside for it. These are the funders whose pages were read."),
    "cases": N_("Too few people to say what works: each one is shown, the unknown ones too."),
    "steps": N_("Small steps come first: look, ask, use what there is. Making something new comes last."),
    "limits": N_("You can check each of these searches yourself, and tell us if we are wrong."),
}


def slides(rows: Rows, chosen: Filter, text: Text) -> tuple[Slide, ...]:
    """The nine slides of a disease, in the language of ``text``."""
    made = []
    for number, (key, maker) in enumerate(MAKERS.items(), 1):
        sentence, figure, extra = maker(rows, chosen, text)
        questions = questions_behind(rows, key)
        made.append(
            Slide(
                number=number,
                key=key,
                title=text.gettext(TITLES[key]),
                sentence=sentence,
                plain=text.gettext(PLAIN[key]),
                figure=figure,
                extra=extra,
                caption=" ".join(
                    filter(None, [caption(rows, text), legend(text) if isinstance(figure, Tiles) else ""])
                ),
                notes=(*notes_on(rows, questions, text), *filter_note(key, chosen, text)),
                sources=cited(rows, key),
            )
        )
    return tuple(made)


def legend(text: Text, grey: bool = False) -> str:
    """What the marks on tiles mean, in one line. ``grey``: for a page without colours and hatching."""
    _ = text.gettext
    last = (_("empty box: not looked for yet"),) if grey else (
        _("hatched: not looked for yet"), _("grey with a year: out of date")
    )  # fmt: skip
    return " · ".join(
        (
            _("≥ at least so many gathered"),
            _("0 none found in all required sources"),
            _("0? none seen so far, not proven"),
            _("claimed: a document says none, not re-run"),
            *last,
        )
    )


def caption(rows: Rows, text: Text) -> str:
    """Source and dates, under every figure."""
    _, day = text.gettext, text.day(rows.evidence_day)
    if not day:
        return _("Source: Lacuna, no answer yet, {today}.").format(today=text.day(rows.today))
    return _("Source: Lacuna, evidence of {day}, freshness judged on {today}.").format(
        day=day, today=text.day(rows.today)
    )
