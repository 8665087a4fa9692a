"""A frame as a CSV file that a spreadsheet opens without harm."""

from __future__ import annotations

import re

import pandas as pd

#: Where a spreadsheet would begin a formula: at the start of a cell, and after a mark at which some
#: languages or an import cut cells. The wide forms run in Japanese and Chinese editions; ``{=`` begins
#: one in the library that writes the workbooks of charts.
_FORMULA = re.compile(r"(^|[;\t\r\n])(\s*)(?=[=+\-@\t\r\n＝＋－＠]|\{=)")


def csv_table(frame: pd.DataFrame) -> bytes:
    """The rows of a frame as UTF-8 CSV (RFC 4180, with the mark that spreadsheets look for).

    Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay.
    """
    return (
        frame.map(lambda v: harmless(v) if isinstance(v, str) else v)
        .to_csv(index=False, lineterminator="\r\n")
        .encode("utf-8-sig")
    )


def harmless(said: str) -> str:
    """A text with an apostrophe wherever a spreadsheet would begin a formula."""
    return _FORMULA.sub(r"\1\2'", said)
