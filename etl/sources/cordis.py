"""CORDIS, the projects of the European Union: reads ``project.csv`` of the monthly files. Pure.

There is one file a programme (FP7, Horizon 2020, Horizon Europe): one alone hides the projects of
the others. The search of the website is not used: it is not documented, and leaves out older material
unless told otherwise. No real file was seen; the form follows the header in another project's tests.

Only projects carry money here. The table of organisations has many rows a project, and adding both
would count the same money twice; ``totalCost`` is not the grant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from etl.model import Record, RowError
from etl.sources._table import Row, amount, read_rows

SOURCE_ID = "cordis"
INTERFACE = "CORDIS project files (CSV)"
#: All of them are needed: each file holds one programme.
PROGRAMMES = ("FP7", "H2020", "HORIZON")

_NEEDED = (("id",), ("title",), ("objective",), ("ecMaxContribution",), ("frameworkProgramme",))
_BEGINS = re.compile(r'"?\d+"?;')


def rows(stream: BinaryIO) -> Iterator[Record | RowError]:
    """Every project of one file, for :mod:`etl.match` to screen; a damaged row as its line and problem.

    An amount that cannot be read is told beside its project, which is kept. Raises ``Fault`` for a
    file that is not the table of projects.
    """
    for row in read_rows(stream, _NEEDED, _BEGINS):
        if isinstance(row, RowError):
            yield row
        elif not row.text("id").isdecimal():
            yield RowError(row.line, "id", f"not a project number: {row.text('id')!r}")
        else:
            granted = amount(row, "ecMaxContribution")
            if isinstance(granted, RowError):
                yield granted
                granted = None
            yield _record(row, granted)


def funder_of(programme: str) -> str:
    """The funder of a project, with the programme that it belongs to."""
    return f"European Commission ({programme})" if programme else "European Commission"


def _record(row: Row, granted: float | None) -> Record:
    own_id, start = row.text("id"), _day(row, "startDate")
    signed = _day(row, "ecSignatureDate")
    programme = row.text("frameworkProgramme")
    objective, keywords = row.text("objective"), re.split(r"[,;]", row.text("keywords"))
    return Record(
        SOURCE_ID,
        own_id,
        "grant",
        row.text("title"),
        f"https://cordis.europa.eu/project/id/{own_id}",
        titles=tuple(filter(None, (row.text("title"), row.text("acronym")))),
        keywords=tuple(dict.fromkeys(filter(None, (k.strip() for k in keywords)))),
        texts=(objective,) if objective else (),
        other_ids=tuple(filter(None, (row.text("grantDoi"),))),
        study_type=row.text("fundingScheme"),
        status=row.text("status"),
        start=start,
        completion=_day(row, "endDate"),
        year=int((start or signed)[:4]) if start or signed else None,
        amount=granted,
        currency="" if granted is None else "EUR",
        funder=funder_of(programme),
    )


def _day(row: Row, column: str) -> str:
    day = re.match(r"\d{4}-\d{2}-\d{2}(?!\d)", row.text(column), re.ASCII)
    return day[0] if day else ""
