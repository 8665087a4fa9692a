"""References as RIS and BibTeX, for reference managers. Pure.

Only what was seen is written: authors are not in the evidence, so no author field is made from the
short citation, which stands as a note. A title in square brackets is a description; the note says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from dashboard.cases import Row, given, records

_RIS_TYPES = {
    "article": "JOUR",
    "review": "JOUR",
    "conference_abstract": "CPAPER",
    "dataset": "DATA",
    "registry_record": "ELEC",
    "web_page": "ELEC",
    "press": "NEWS",
    "seed": "RPRT",
}
_BIBTEX_TYPES = {"article": "article", "review": "article", "conference_abstract": "inproceedings"}
#: What BibTeX reads as commands.
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def ris(references: pd.DataFrame) -> bytes:
    """The rows of ``reference`` as RIS (UTF-8, CRLF, one record a row, in their order)."""
    return "".join(_ris(row) for row in records(references)).encode("utf-8")


def bibtex(references: pd.DataFrame) -> bytes:
    """The rows of ``reference`` as BibTeX (UTF-8; biblatex reads it), keys are the reference ids."""
    return "\n".join(_bibtex(row) for row in records(references)).encode("utf-8")


def _ris(row: Row) -> str:
    fields = [
        ("TY", _RIS_TYPES.get(str(row["kind"]), "GEN")),
        ("ID", str(row["reference_id"])),
        ("TI", given(row["title"])),
        ("PY", _year(row)),
        ("T2", given(row["container"])),
        ("DO", given(row["doi"])),
        ("AN", given(row["pmid"])),
        ("DB", "PubMed" if given(row["pmid"]) else ""),
        ("C2", given(row["pmcid"])),
        ("UR", given(row["url"])),
        ("LA", given(row["language"])),
        ("Y2", given(row["accessed_on"]).replace("-", "/")),
        *(("N1", note) for note in _notes(row)),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {_line(value)}\r\n" for tag, value in fields if value or tag == "ER")


def _bibtex(row: Row) -> str:
    kind = _BIBTEX_TYPES.get(str(row["kind"]), "misc")
    place = {"article": "journal", "inproceedings": "booktitle"}.get(kind, "howpublished")
    fields = [
        ("title", "{" + _tex(given(row["title"])) + "}"),
        ("year", _year(row)),
        (place, _tex(given(row["container"]))),
        ("doi", _address(given(row["doi"]))),
        ("pmid", _address(given(row["pmid"]))),
        ("url", _address(given(row["url"]))),
        ("urldate", _address(given(row["accessed_on"]))),
        ("note", _tex("; ".join(_notes(row)))),
    ]
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields if value)
    key = re.sub(r"[^A-Za-z0-9_-]", "_", str(row["reference_id"]))
    return f"@{kind}{{{key},\n{body}\n}}\n"


def _year(row: Row) -> str:
    return str(int(float(given(row["year"])))) if given(row["year"]) else ""


def _notes(row: Row) -> Sequence[str]:
    described = given(row["title"]).startswith("[")
    return [
        f"Cited as: {given(row['citation_short'])}",
        f"Read as: {given(row['access'])}",
        *(["The title in brackets is a description; the title itself was not seen"] if described else []),
    ]


def _line(value: str) -> str:
    """One line: a line break would begin a new field."""
    return " ".join(value.split())


def _tex(value: str) -> str:
    return "".join(_TEX.get(c, c) for c in _line(value))


def _address(value: str) -> str:
    """An identifier: nothing in it is markup, so braces, which would end the field, are written as codes."""
    return _line(value).replace("\\", "%5C").replace("{", "%7B").replace("}", "%7D")
