"""A frame as a CSV file that a spreadsheet opens without harm."""

from __future__ import annotations

import pandas as pd

#: A cell that begins with one of these would run as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_table(frame: pd.DataFrame) -> bytes:
    """The rows of a frame as UTF-8 CSV (RFC 4180, with the mark that spreadsheets look for).

    Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay.
    """
    return frame.map(_harmless).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
