"""ANR, the French research agency: reads the project files of its two open data sets. Pure.

Each set is parted into eras, and each era into a file of projects and one of partners: all files of
projects are needed, and only they carry the money here (partners have shares of the same). No real
file was seen; the form follows other people's programs.

The copy on the portal of the ministry stopped in October 2016 and is not to be imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from etl.model import Record, RowError
from etl.sources._table import Row, amount, read_rows

SOURCE_ID = "anr"
INTERFACE = "ANR project files on data.gouv.fr (CSV)"

#: Older files spell the first one otherwise.
_CODE = ("Projet.Code_Decision", "Projet.Code_Decision_ANR")
_TITLES = ("Projet.Titre.Francais", "Projet.Titre.Anglais")
_ABSTRACTS = ("Projet.Resume.Francais", "Projet.Resume.Anglais")
_AMOUNT = "Projet.Montant.AF.Aide_allouee.ANR"
#: Many projects fill in one language only: without a column of the other, a zero would be one of half a file.
_NEEDED = (_CODE, *((column,) for column in (*_TITLES, *_ABSTRACTS, _AMOUNT)))
_BEGINS = re.compile(r'"?(?:ANR-)?\d{2}-[A-Z0-9]{2,6}-\w+"?;')


def rows(stream: BinaryIO) -> Iterator[Record | RowError]:
    """Every project of one file, for :mod:`etl.match` to screen; a damaged row as its line and problem.

    An amount that cannot be read is told beside its project, which is kept. Raises ``Fault`` for a
    file that is not a table of projects, such as one of partners.
    """
    for row in read_rows(stream, _NEEDED, _BEGINS):
        if isinstance(row, RowError):
            yield row
        elif not row.text(*_CODE):
            yield RowError(row.line, _CODE[0], "no project code")
        else:
            granted = amount(row, _AMOUNT)
            if isinstance(granted, RowError):
                yield granted
                granted = None
            yield _record(row, granted)


def _record(row: Row, granted: float | None) -> Record:
    code, edition = row.text(*_CODE), row.text("AAP.Edition")
    titles = tuple(filter(None, (*(row.text(c) for c in _TITLES), row.text("Projet.Acronyme"))))
    return Record(
        SOURCE_ID,
        code,
        "grant",
        row.text(*_TITLES) or row.text("Projet.Acronyme"),
        f"https://anr.fr/Projet-{code}",
        titles=titles,
        texts=tuple(filter(None, (row.text(c) for c in _ABSTRACTS))),
        study_type=row.text("Programme.Acronyme"),
        start=_day(row.text("Projet.T0 scientifique")),
        year=int(edition) if re.fullmatch(r"(19|20)\d{2}", edition, re.ASCII) else None,
        amount=granted,
        currency="" if granted is None else "EUR",
        funder="Agence nationale de la recherche",
    )


def _day(written: str) -> str:
    """A day as ISO or in the French order of day, month, year."""
    iso = re.match(r"(\d{4})-(\d{2})-(\d{2})(?!\d)", written, re.ASCII)
    if iso:
        return iso[0]
    french = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", written, re.ASCII)
    return f"{french[3]}-{french[2]}-{french[1]}" if french else ""
