"""The filters by patient, how much of the whole they leave, and the way back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import case_report, cases, filters
from dashboard.queries import Cases
from dashboard.text import Text

#: Filter of this page -> its parameter in the URL.
_OWN: dict[str, str] = {
    "conditions": "condition",
    "sexes": "sex",
    "ages": "age",
    "certainties": "label",
    "levels": "told",
}
_NAMES = case_report.FILTER_NAMES


def met(found: Cases, text: Text) -> dict[str, dict[str, str]]:
    """Filter of this page -> its options; nothing where no patient is known."""
    return {name: _options(name, found, text) for name in _OWN} if len(found.patients) else {}


def choose(options: dict[str, dict[str, str]], choice: filters.Choice) -> tuple[cases.Filters, str]:
    """The filters of the bar and those of this page."""
    text = choice.text
    _ = text.gettext
    bar = {
        "years": choice.years,
        "undated": choice.undated,
        "drugs": choice.drugs,
        "classes": choice.classes,
        "confidence": choice.confidence,
    }
    if not options:
        return cases.Filters(**bar), "year"  # type: ignore[arg-type]
    own: dict[str, tuple[str, ...]] = {}
    untold = False
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        sorts = {code: _(said) for code, said in cases.SORTS.items()}
        sort = filters.one(_("Sort by"), sorts, "sort")
        held = sum(bool(filters.kept(name)) for name in _OWN.values())
        label = _("Patients ({n})").format(n=held) if held else _("Patients")
        with st.popover(label, icon=":material/person_search:", key="patients"):
            for name, parameter in _OWN.items():
                widget = filters.among if name == "conditions" else filters.many
                more = (_("any"),) if name == "conditions" else ()
                own[name] = widget(_(_NAMES[name]), options[name], parameter, *more)
        if choice.drugs or choice.classes:
            untold = filters.tick(_("Keep patients whose treatment is unknown"), "untold")
    return cases.Filters(**bar, untold=untold, **own), sort  # type: ignore[arg-type]


def _options(name: str, found: Cases, text: Text) -> dict[str, str]:
    """Code -> word for the values met among these patients; what is unknown stands last, apart."""
    values = cases.traits(name, found.patients, found.treatments)
    words = case_report.FILTER_WORDS[name]
    known = [code for code in words if code in values] + sorted(values - set(words) - {cases.UNKNOWN})
    options = {code: cases.word(words, code, text) for code in known}
    if cases.UNKNOWN in values:
        options[cases.UNKNOWN] = text.gettext("unknown")
    return options


def in_this_filter(found: Cases, shown: pd.DataFrame, chosen: cases.Filters, text: Text) -> str:
    """How much of the whole the filters leave; a filter that empties the page names itself."""
    _ = text.gettext
    everybody, left = cases.single(found.patients), cases.single(shown)
    sure = cases.surely_labelled(left)
    parts = [
        _("{n} of {m} patients described one by one in this filter").format(
            n=text.number(len(left)), m=text.number(len(everybody))
        ),
        _("{n} without doubtful labels").format(n=text.number(len(sure))),
    ]
    away = int((found.patients["n"] > 1).sum()) - int((shown["n"] > 1).sum())
    if away:
        parts.append(text.ngettext("{n} group left out", "{n} groups left out", away))
    untold = found.patients[~found.patients["case_id"].isin(found.treatments["case_id"])]
    hidden = len(untold) - int(untold["case_id"].isin(shown["case_id"]).sum())
    if hidden and (chosen.drugs or chosen.classes):
        parts.append(
            text.ngettext(
                "{n} report of unknown treatment, which nobody can match",
                "{n} reports of unknown treatment, which nobody can match",
                hidden,
            )
        )
    second = cases.second_hand_only(found.treatments, shown, chosen)
    if second:
        parts.append(
            text.ngettext(
                "{n} matches by another document only", "{n} match by another document only", second
            )
        )
    return " · ".join(parts)


def undo_buttons(names: tuple[str, ...], text: Text) -> None:
    """One button for each of these filters."""
    _ = text.gettext
    known = {**filters.NAMES, **_NAMES}
    for name in names:
        label = _("Undo the filter “{name}”").format(name=_(known[name]))
        parameter = _OWN.get(name, name)
        st.button(label, key=f"undo-{name}", on_click=filters.undo, args=(parameter,), icon=":material/undo:")
