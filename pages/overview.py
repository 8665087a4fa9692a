"""Overview: what was looked for about a disease, beside its relatives, and what stands behind it.

1. first screen: the sentence, the focus disease's column, three next steps, the link to share
2. the whole grid, every question × every disease, with its table and file
3. the certificate of a chosen cell
"""

from __future__ import annotations

import json
import re
from functools import partial
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import pandas as pd
import streamlit as st

from dashboard import (
    certificate,
    challenge,
    chart,
    drawn,
    filters,
    queries,
    store,
    style,
    summary,
    tables,
    tiles,
    wording,
)
from dashboard.export.csv_table import csv_table
from dashboard.figures.template import CONFIG

#: What the address of a cell looks like: question and disease.
_CELL = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
#: Addresses that only this computer knows.
LOCAL = ("localhost", "127.0.0.1", "::1")

choice = filters.current()
text = choice.text
_ = text.gettext
theme = style.theme()


def show_first_screen() -> None:
    """One sentence, its date, the column of the focus disease."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        show_share(drawn.once("title", _title))
    drawn.once("first screen", _first_screen)


def _title() -> str:
    """The name of the focus disease; gives its abbreviation."""
    disease = queries.diseases(choice.focus).iloc[0]
    title = wording.plain(f"{text.pick(disease, 'label')} ({disease['abbreviation']})")
    st.title(title, anchor=False, width="content")
    return str(disease["abbreviation"])


def _first_screen() -> None:
    short = str(queries.diseases(choice.focus).iloc[0]["abbreviation"])
    said = summary.searched(queries.searched(choice.focus), short, text)
    cells = queries.focus_column(choice.focus, choice.comparator)
    day = summary.ages(cells[cells["disease_id"] == choice.focus], short, text)
    if failed := summary.failed_checks(queries.failures(choice.focus), text):
        st.html(f'<p class="lc-alarm" role="status"><b>!</b> {escape(failed)}</p>')
    address = partial(_address, tuple(filters.address()))
    column = tiles.column(cells, choice.focus, choice.comparator, text=text, theme=theme, address=address)
    st.html(f'<p class="lc-lede">{escape(said)}</p><p class="lc-date">{escape(day)}</p>{column}')


def _address(chosen: tuple[tuple[str, str], ...], cell: str) -> str:
    """The address of a cell's certificate, with the choices that it was seen under."""
    return "?" + urlencode([*chosen, ("cell", cell)])


def show_share(name: str) -> None:
    """The address of what is seen, to copy or to send."""
    chosen = filters.address()
    if cell := st.query_params.get("cell"):
        chosen.append(("cell", cell))
    address = f"{(st.context.url or '').rstrip('/')}/?{urlencode(chosen)}"
    subject = _("{disease}: what was looked for, and how").format(disease=name)
    with st.popover(_("Share"), icon=":material/share:", key="share"):
        st.code(address, language=None, wrap_lines=True)
        mail = f"mailto:?subject={quote(subject)}&body={quote(address)}"
        st.link_button(_("Send by mail"), mail, icon=":material/mail:")
        if (urlsplit(address).hostname or "") in LOCAL:
            st.caption(_("This address works on this computer only; elsewhere it leads nowhere."))


def show_next_steps() -> None:
    """Three smallest next steps, with who could take them."""
    steps = queries.next_steps(choice.focus, 3)
    st.header(_("Three next steps, and who could take them"), anchor="steps")
    if steps.empty:
        st.caption(_("No next steps have been written for this disease yet."))
        return
    for column, row in zip(st.columns(3, gap="medium"), steps.to_dict("records"), strict=False):
        column.html(_step(row))


def _step(row: dict[Any, Any]) -> str:
    kind = wording.word(wording.STEP_KINDS, row["kind"], text)
    effort = wording.word(wording.EFFORTS, row["effort"], text)
    who = _("{actor} · a matter of {effort}").format(actor=text.pick(row, "actor"), effort=effort)
    return (
        f'<div class="lc-step"><span class="lc-no">{int(row["rank"])} · {escape(kind)}</span>'
        f"<p>{escape(wording.cited(text.pick(row, 'action'), queries.citations()))}</p>"
        f'<span class="lc-who">{escape(who)}</span></div>'
    )


class Grid(NamedTuple):
    """The grid as it is drawn, and what the list beside it offers."""

    figure: Any
    alt: str
    questions: dict[str, str]
    diseases: dict[str, str]


def show_grid() -> None:
    """Every question × every disease; a tile opens its certificate."""
    made = drawn.once("grid", _grid)
    with st.container(key="grid_chart"):
        st.plotly_chart(
            made.figure,
            theme=None,
            config=CONFIG,
            key="grid",
            on_select=_chosen_by_click,
            selection_mode="points",
            alt=made.alt,
        )
    with st.container(key="narrow_grid"):
        chart.too_wide(text)
    show_cell_list(made.questions, made.diseases)
    show_table()


def _grid() -> Grid:
    """Title, caption and legend; the figure answers to clicks, so it is drawn anew in each run."""
    from dashboard.figures.grid import grid  # noqa: PLC0415  Plotly loads only when a figure is made

    cells = queries.grid(choice.focus)
    st.header(wording.plain(summary.finding(cells, choice.focus, text)), anchor="grid")
    st.html(_caption(cells) + tiles.legend(text, theme))
    diseases = cells.drop_duplicates("disease_id").to_dict("records")
    return Grid(
        grid(cells, choice.focus, text, theme),
        summary.alternative(cells, choice.focus, text),
        queries.question_titles(choice.lang),
        {str(row["disease_id"]): text.pick(row, "label") for row in diseases},
    )


def _caption(cells: Any) -> str:
    said = [
        summary.aged(cells, choice.focus, text),
        _("A number with ≥ counts what was gathered; ○ are candidates, (+n) records under a broader label."),
        chart.source(text),
        _("Choose a tile for the searches, dates and citations behind it."),
    ]
    return f'<p class="lc-caption">{escape(" ".join(s for s in said if s))}</p>'


def _chosen_by_click() -> None:
    """A click opens the tile's certificate; the click that deselects opens the same one again."""
    points = st.session_state["grid"]["selection"]["points"]
    cell = points[0].get("customdata") if points else st.session_state.get("last_cell")
    cell = cell[0] if isinstance(cell, list) else cell
    if isinstance(cell, str):
        _open(cell)


def _chosen_from_list() -> None:
    _open(f"{st.session_state['pick_question']}.{st.session_state['pick_disease']}")


def _open(cell: str) -> None:
    st.session_state["last_cell"] = cell
    st.query_params["cell"] = cell


def _close() -> None:
    """The reader has closed the certificate: the focus goes back to the tile that opened it.

    A tile of the first screen is a link and loads the page anew; from the grid and the list the drawer
    opens on the page itself, and the browser returns the focus.
    """
    cell = st.query_params.pop("cell", None)
    if cell != st.session_state.get("last_cell"):
        st.session_state["came_from"] = cell


def show_where_it_came_from() -> None:
    """Give the focus back to the tile of the certificate just closed; only a script can."""
    cell = st.session_state.pop("came_from", None)
    if isinstance(cell, str) and _CELL.fullmatch(cell):
        st.html(f"<script>window.lacunaFocus({json.dumps(cell)})</script>", unsafe_allow_javascript=True)


def show_cell_list(questions: dict[str, str], diseases: dict[str, str]) -> None:
    """The way to a certificate by keyboard and on small screens."""
    with st.container(key="pick", horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            _("Question"), list(questions), format_func=questions.__getitem__, key="pick_question", width=340
        )
        st.selectbox(
            _("Disease"), list(diseases), format_func=diseases.__getitem__, key="pick_disease", width=300
        )
        st.button(_("Open the certificate"), key="open_cell", on_click=_chosen_from_list)


def show_table() -> None:
    """The rows of the grid as a table, and exactly these rows as a file."""
    with st.expander(_("The grid as a table"), on_change="rerun", key="table") as table:
        if not table.open:
            return
        as_of = str(queries.receipt().iloc[0]["as_of"].date())
        rows = drawn.once("table", lambda: _table(as_of))
        st.download_button(
            _("Download these rows (CSV)"),
            data=partial(csv_table, rows),
            file_name=f"lacuna-{choice.focus}-{as_of}.csv",
            mime="text/csv",
        )


def _table(as_of: str) -> pd.DataFrame:
    rows = tables.grid_table(queries.grid(choice.focus), text, as_of, queries.cell_searches())
    st.dataframe(tables.worded(rows, text), hide_index=True, height=420)
    return rows


def show_certificate(cell: str) -> None:
    """The certificate of a cell in a drawer beside the page; a cell that is not in the grid is said so."""
    question, _dot, disease = cell.partition(".")
    cells = queries.grid(choice.focus)
    row = cells[(cells["question_id"] == question) & (cells["disease_id"] == disease)]
    if row.empty:
        st.warning(_("This link names a cell that is not in the grid."))
        return
    found = row.iloc[0].to_dict()
    title = wording.plain(f"{text.pick(found, 'title')} · {found['abbreviation']}")
    drawer = st.dialog(title, width="large", position="right", on_dismiss=_close)
    drawer(_certificate)(found)


def _certificate(cell: dict[Any, Any]) -> None:
    found = queries.certificate(str(cell["question_id"]), str(cell["disease_id"]))
    who, (funders, checked) = certificate.claimant(found, text), certificate.funders(found)
    with st.container(key="cellhead"):
        st.html(certificate.head(cell, text, theme))
    st.html(f'<p class="lc-lede">{escape(wording.sentence(cell, text, who, funders, checked))}</p>')
    means = text.pick(found.question.iloc[0], "found_means")
    counts = _("What counts as found{colon}{means}").format(colon=text.colon, means=means)
    notes = [counts, *wording.asides(cell, text), *_closing(cell)]
    st.html("".join(f'<p class="lc-caption">{escape(note)}</p>' for note in notes))
    titles = queries.question_titles(choice.lang)
    st.subheader(_("Sources and their verdicts"), anchor=False)
    st.html(certificate.verdicts(found, text, theme, titles))
    for title, html in _parts(found):
        if html:
            with st.expander(title):
                st.html(html)
    own = tables.cell_table(cell, found, text, str(store.today()))
    st.download_button(
        _("Download this cell (CSV)"),
        data=csv_table(own),
        file_name=f"lacuna-{cell['question_id']}-{cell['disease_id']}.csv",
        mime="text/csv",
        on_click="ignore",
        key="cell_csv",
    )
    _challenge(cell, found)


def _challenge(cell: dict[Any, Any], found: queries.Certificate) -> None:
    """A message with the cell, its queries and dates already written, where an address is offered."""
    own = f"{cell['question_id']}.{cell['disease_id']}"
    link = f"{(st.context.url or '').rstrip('/')}/{_address(tuple(filters.address()), own)}"
    if message := challenge.mailto(cell, found, text, link):
        st.link_button(_("Challenge this"), message, icon=":material/flag:")


def _closing(cell: dict[Any, Any]) -> list[str]:
    """The next steps of the focus disease that would close this gap, with who could take them."""
    if cell["state"] == "found" or cell["disease_id"] != choice.focus:
        return []
    steps = queries.next_steps(choice.focus).to_dict("records")
    return [
        _("To close it: {action} ({actor})").format(
            action=wording.cited(text.pick(row, "action"), queries.citations()).rstrip("."),
            actor=text.pick(row, "actor"),
        )
        for row in steps
        if cell["question_id"] in list(row["question_ids"])
    ]


def _parts(found: queries.Certificate) -> list[tuple[str, str]]:
    """The parts of a certificate that can be long: title with its number, and HTML."""
    rows = found.evidence
    apart = rows[rows["role"].isin(certificate.APART)]
    claims = rows[rows["role"] == "claimed"]
    answers = rows[rows["role"].isin(certificate.ANSWERS) & (rows["file"] != "dataset_searches")]
    parts = [
        (_("Searches, exact queries and controls"), found.searches, certificate.searches(found, text)),
        (_("Records found live"), found.records, certificate.records(found.records, text)),
        (_("Evidence"), answers, certificate.evidence(answers, text)),
        (_("Claims, not re-run here"), claims, certificate.evidence(claims, text)),
        (_("Near misses, undecided"), found.near_misses, certificate.records(found.near_misses, text)),
        (_("Broader label and candidates, shown apart"), apart, certificate.evidence(apart, text)),
    ]
    titled = [(f"{title} ({text.number(len(frame))})", html) for title, frame, html in parts if len(frame)]
    if len(found.related):
        titled.append((certificate.related_title(found.related, text), certificate.related(found, text)))
    return titled


def show_changes() -> None:
    """What the last snapshot changed for the focus disease, the gravest first."""
    st.header(_("What changed since the last snapshot"), anchor="changes")
    said = summary.changes(queries.changes(), choice.focus, queries.receipt().iloc[0], text)
    st.html(said)


show_first_screen()
drawn.once("next steps", show_next_steps)
show_grid()
drawn.once("changes", show_changes)
show_where_it_came_from()
if "cell" in st.query_params:
    show_certificate(st.query_params["cell"])
