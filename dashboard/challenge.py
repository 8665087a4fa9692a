"""A doubt about a cell, as a message that its reader can send: cell, queries, dates, address. Pure."""

from __future__ import annotations

import os
from urllib.parse import quote

import pandas as pd

from dashboard import wording
from dashboard.queries import Certificate
from dashboard.text import Text
from dashboard.wording import Row

#: Programs cut longer addresses; the message says when it holds fewer queries than there are.
LONGEST = 1800


def address() -> str:
    """Where doubts are sent: the setting ``LACUNA_CHALLENGE``; empty when none is offered."""
    return os.environ.get("LACUNA_CHALLENGE", "").strip()


def mailto(cell: Row, found: Certificate, text: Text, link: str = "") -> str:
    """A ``mailto:`` address with the message already written; empty without ``LACUNA_CHALLENGE``.

    ``cell`` is a row of :func:`dashboard.queries.grid`, ``link`` the address of its certificate.
    """
    to = address()
    if not to:
        return ""
    _ = text.gettext
    subject = _("Lacuna: doubt about {cell}").format(cell=f"{cell['question_id']}.{cell['disease_id']}")
    start = [
        _("Cell{colon}{question}, {disease}").format(
            colon=text.colon, question=text.pick(cell, "title"), disease=text.pick(cell, "label")
        ),
        _("Shown{colon}{sentence}").format(colon=text.colon, sentence=wording.sentence(cell, text)),
        _("Date of the answer{colon}{day}").format(
            colon=text.colon, day=text.day(cell["answered_on"]) or _("none")
        ),
        *([link] if link else []),
        "",
        _("What I know, and where it can be read:"),
        "",
        "",
        _("Searches behind it:"),
    ]
    return _fitted(to, subject, start, _queries(found.searches, text), text)


def _queries(searches: pd.DataFrame, text: Text) -> list[str]:
    lines = [
        f"- {row['name']}, {text.day(str(row['asked_on']))}{text.colon}{row['query']}"
        for row in searches.to_dict("records")
    ]
    return lines or [text.gettext("- none: not looked for yet")]


def _fitted(to: str, subject: str, start: list[str], queries: list[str], text: Text) -> str:
    """The longest message that fits, with a word on the queries that were left out."""
    for kept in range(len(queries), -1, -1):
        left = len(queries) - kept
        more = [text.ngettext("- and {n} more", "- and {n} more", left)] if left else []
        body = "\r\n".join([*start, *queries[:kept], *more])
        made = f"mailto:{quote(to, safe='@,')}?subject={quote(subject)}&body={quote(body)}"
        if len(made) <= LONGEST:
            break
    return made
