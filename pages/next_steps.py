"""Next steps: look, ask, reuse, make; who could, what comes out, when it is done. To print and to sign."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import NamedTuple

import pandas as pd
import streamlit as st

from dashboard import chart, citing, drawn, filters, next_steps, store, style, summary, tiles, wording
from dashboard.cases import records, word
from dashboard.next_steps import Look
from dashboard.queries import steps as asked
from dashboard.queries.steps import StepRows
from dashboard.text import Text


class Seen:
    """What this run shows: read and worked out only where a part has to be made."""

    def __init__(self, choice: filters.Choice) -> None:
        self.choice, self.text = choice, choice.text
        self.chosen: dict[str, tuple[str, ...]] = {}

    @cached_property
    def found(self) -> StepRows:
        """All that is written down."""
        return asked.steps(self.choice.focus)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """The steps, locked or open as the reader's own marks leave them."""
        return next_steps.prepared(self.found.steps, filters.kept("done", self.found.steps["step_id"]))

    @cached_property
    def shown(self) -> pd.DataFrame:
        """The steps that the filters leave."""
        return next_steps.kept(self.steps, self.chosen)

    @property
    def name(self) -> str:
        """The abbreviation of the focus disease."""
        return str(self.found.cells["abbreviation"].iloc[0])

    def look(self) -> Look:
        """How steps are told."""
        return next_steps.look(self.found, citing.citations(self.found.citations), self.text, style.theme())


def page() -> None:
    """Choose, get, show."""
    seen = Seen(filters.current())
    if (offered := drawn.once("opening", lambda: _opening(seen))) is None:
        return
    seen.chosen = _choose(offered, seen.text)
    emptied = drawn.once("in this filter", lambda: _in_this_filter(seen))
    _undo_buttons(emptied, seen.text)
    held = drawn.once("cards", lambda: _cards(seen))
    if held:
        chart.table(lambda: held, name="next_steps", text=seen.text)


class Offered(NamedTuple):
    """What the filters of the page offer: id -> word."""

    kinds: dict[str, str]
    efforts: dict[str, str]
    actors: dict[str, str]
    ranks: dict[str, str]


def _opening(seen: Seen) -> Offered | None:
    """What this is; for a disease without written steps, what stands open, and nothing to choose from."""
    text, steps = seen.text, seen.steps
    st.title(wording.plain(next_steps.finding(steps, seen.name, text)))
    if steps.empty:
        _nothing(seen.found, seen.name, seen.choice)
        return None
    lede = text.gettext(
        "These are proposals by kind, the lighter kinds first; nobody has been asked yet. To make "
        "something new comes last: it stays locked until the steps of looking and asking before it are done."
    )
    st.html(f'<p class="lc-lede">{escape(lede)}</p>')
    return Offered(
        {k: word(wording.STEP_KINDS, k, text) for k in next_steps.KINDS if k in set(steps["kind"])},
        {e: word(wording.EFFORTS, e, text) for e in wording.EFFORTS if e in set(steps["effort"])},
        {str(row["actor_id"]): text.pick(row, "actor") for row in records(steps)},
        {str(row["step_id"]): str(int(row["rank"])) for row in records(steps)},
    )


def _choose(offered: Offered, text: Text) -> dict[str, tuple[str, ...]]:
    """Kind, effort, actor; and the reader's own marks of what is done. All in the address."""
    label = {name: text.gettext(said) for name, said in next_steps.NAMES.items()}
    with st.container(key="step_filters"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            kind = filters.many(label["kind"], offered.kinds, "kind")
            effort = filters.many(label["effort"], offered.efforts, "effort")
        actor = filters.among(label["actor"], offered.actors, "actor", text.gettext("anybody"))
        filters.many(
            text.gettext("Marked done by you, in this address only: Lacuna holds no answer yet"),
            offered.ranks,
            "done",
        )
    return {"kind": kind, "actor": actor, "effort": effort}


def _in_this_filter(seen: Seen) -> tuple[str, ...]:
    """How much the filters leave; gives those that emptied the page."""
    text = seen.text
    if any(seen.chosen.values()):
        said = text.gettext("{n} of {m} steps in this filter").format(
            n=text.number(len(seen.shown)), m=text.number(len(seen.steps))
        )
        st.html(f'<p class="lc-caption">{escape(said)}</p>')
    return tuple(next_steps.emptied_by(seen.steps, seen.chosen))


def _undo_buttons(names: tuple[str, ...], text: Text) -> None:
    for name in names:
        label = text.gettext("Undo the filter “{name}”").format(name=text.gettext(next_steps.NAMES[name]))
        st.button(label, key=f"undo-{name}", on_click=filters.undo, args=(name,), icon=":material/undo:")


def _cards(seen: Seen) -> chart.Rows | None:
    """Each step; the same as table and file. On paper each has a line for a name and a day."""
    text, shown, look = seen.text, seen.shown, seen.look()
    st.html(next_steps.cards(shown, look))
    if shown.empty:
        return None
    said = text.gettext("Printed, each step has a line for who takes it and when (print this page).")
    st.html(f'<p class="lc-caption lc-screen">{escape(said)}</p>')
    file = next_steps.file(shown, look, str(store.today()))
    return chart.Rows(next_steps.table(shown, look), file)


def _nothing(found: StepRows, name: str, choice: filters.Choice) -> None:
    """A disease without written steps: what stands open, question by question."""
    text, theme = choice.text, style.theme()
    said = text.gettext(
        "Nobody has written next steps for {disease}. What stands open is below: any question that is not "
        "found is a step to look first, before anybody is asked or anything is made."
    ).format(disease=name)
    st.html(f'<p class="lc-lede">{escape(said)}</p>')
    st.header(wording.plain(summary.finding(found.cells, choice.focus, text)), anchor="open")
    listed = [
        f'<div class="lc-v">{tiles.tile(row, text, theme)}<div>{escape(text.pick(row, "title"))}'
        f'<br><span class="lc-s">{escape(wording.sentence(row, text))}</span></div></div>'
        for row in records(found.cells[found.cells["state"] != "found"])
    ]
    if listed:
        st.html("".join(listed))


page()
