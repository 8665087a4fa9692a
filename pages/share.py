"""Take away: slides, brief and data of the chosen disease as files, one click each.

1. present: the slides, which are the single HTML file, served
2. files: one button a format, made when it is pressed
3. the same from the shell
"""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from dashboard import drawn, filters, queries, store, takeaway, wording
from dashboard.story.rows import Filter

choice = filters.current()
text = choice.text
_ = text.gettext
chosen = Filter(choice.years, choice.classes, choice.drugs, choice.undated)


def show_present(name: str) -> None:
    """The slides in a frame that can fill the screen; the same bytes as the file."""
    _button("html", name, drawn.once("slides", _slides))


def _slides() -> takeaway.File:
    st.header(_("Present"), anchor="present")
    _caption(
        _(
            "Nine slides. Click into them, then use the arrow keys; "
            "N shows notes, D darkens, T shows the table."
        )
    )
    made = takeaway.make("html", choice.focus, choice.lang, chosen)
    st.iframe(made.data.decode(), height=620)
    return made


def show_files(name: str) -> None:
    """One button a format."""
    st.header(_("Files"), anchor="files")
    for kind in takeaway.FORMATS:
        if kind != "html":
            _button(kind, name, None)
    _caption(
        _("Every file carries its sources and dates. The data file holds all rows, whatever the filters.")
    )


def _caption(said: str) -> None:
    st.html(f'<p class="lc-caption">{escape(said)}</p>')


def _button(kind: str, name: str, made: takeaway.File | None) -> None:
    about, _what, _ending, mime = takeaway.FORMATS[kind]
    st.download_button(
        _(about),
        data=made.data if made else partial(_made, kind, choice.focus, choice.lang, chosen),
        file_name=takeaway.name(name, kind, text.lang, store.today()),
        mime=mime,
        key=f"take_{kind}",
        icon=":material/download:",
        on_click="ignore",
    )


def _made(kind: str, focus: str, lang: str, kept: Filter) -> bytes:
    return takeaway.make(kind, focus, lang, kept).data


def show_shell() -> None:
    """How to make the same files without a browser."""
    with st.expander(_("The same from the shell")):
        asked = f"--disease {choice.focus} --lang {choice.lang} --format {','.join(takeaway.FORMATS)}"
        st.code(f"python -m dashboard.export {asked} --out DIR", language=None, wrap_lines=True)


disease = queries.diseases(choice.focus).iloc[0]
st.title(
    wording.plain(_("Take {disease} to the meeting").format(disease=disease["abbreviation"])), anchor=False
)
show_present(str(disease["abbreviation"]))
show_files(str(disease["abbreviation"]))
show_shell()
