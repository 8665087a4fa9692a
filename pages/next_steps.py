"""Next steps: look, ask, reuse, make; who could, what comes out, when it is done. To print and to sign."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from dashboard import chart, citing, filters, next_steps, store, style, summary, tiles, wording
from dashboard.cases import records, word
from dashboard.next_steps import Look
from dashboard.queries import steps as asked
from dashboard.queries.steps import StepRows
from dashboard.text import Text


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    text, found = choice.text, asked.steps(choice.focus)
    name = str(found.cells["abbreviation"].iloc[0])
    steps = next_steps.prepared(found.steps, filters.kept("done", found.steps["step_id"]))
    st.title(wording.plain(next_steps.finding(steps, name, text)))
    if steps.empty:
        _nothing(found, name, choice)
        return
    lede = text.gettext(
        "These are proposals, from the lightest to the heaviest; nobody has been asked yet. To make "
        "something new comes last: it stays locked until the steps of looking and asking before it are done."
    )
    st.html(f'<p class="lc-lede">{escape(lede)}</p>')
    chosen = _choose(steps, text)
    shown = next_steps.kept(steps, chosen)
    _in_this_filter(steps, shown, chosen, text)
    drawn = next_steps.look(found, citing.citations(found.citations), text, style.theme())
    st.html(next_steps.cards(shown, drawn))
    _take_away(shown, drawn)


def _choose(steps: pd.DataFrame, text: Text) -> dict[str, tuple[str, ...]]:
    """Kind, effort, actor; and the reader's own marks of what is done. All in the address."""
    kinds = {k: word(wording.STEP_KINDS, k, text) for k in next_steps.KINDS if k in set(steps["kind"])}
    efforts = {e: word(wording.EFFORTS, e, text) for e in wording.EFFORTS if e in set(steps["effort"])}
    actors = {str(row["actor_id"]): text.pick(row, "actor") for row in records(steps)}
    label = {name: text.gettext(said) for name, said in next_steps.NAMES.items()}
    with st.container(key="step_filters"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            kind = filters.many(label["kind"], kinds, "kind")
            effort = filters.many(label["effort"], efforts, "effort")
        actor = filters.among(label["actor"], actors, "actor", text.gettext("anybody"))
        steps_by_rank = {str(row["step_id"]): str(int(row["rank"])) for row in records(steps)}
        filters.many(
            text.gettext("Marked done by you, in this address only: Lacuna holds no answer yet"),
            steps_by_rank,
            "done",
        )
    return {"kind": kind, "actor": actor, "effort": effort}


def _in_this_filter(
    steps: pd.DataFrame, shown: pd.DataFrame, chosen: dict[str, tuple[str, ...]], text: Text
) -> None:
    if any(chosen.values()):
        said = text.gettext("{n} of {m} steps in this filter").format(
            n=text.number(len(shown)), m=text.number(len(steps))
        )
        st.html(f'<p class="lc-caption">{escape(said)}</p>')
    for name in next_steps.emptied_by(steps, chosen):
        label = text.gettext("Undo the filter “{name}”").format(name=text.gettext(next_steps.NAMES[name]))
        st.button(label, key=f"undo-{name}", on_click=filters.undo, args=(name,), icon=":material/undo:")


def _take_away(shown: pd.DataFrame, drawn: Look) -> None:
    """The same steps as table and file; on paper each has a line for a name and a day."""
    text = drawn.text
    if shown.empty:
        return
    said = text.gettext("Printed, each step has a line for who takes it and when (print this page).")
    st.html(f'<p class="lc-caption lc-screen">{escape(said)}</p>')
    file = next_steps.file(shown, drawn, str(store.today()))
    chart.table(next_steps.table(shown, drawn), name="next_steps", text=text, file=file)


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
