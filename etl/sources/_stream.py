"""A file of somebody else's, read in pieces that fit: no line, row or element may fill the memory. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import IO, Any, TypeVar

from etl.model import Fault, RowError

#: A row of any source is some tens of kilobytes, its longest text included. A quote, a tag or a line that
#: does not end is longer.
LONGEST = 2 * 1024 * 1024
#: A file of which so many rows cannot be read is another kind of file, not a damaged one.
MOST_LOST = 20_000

T = TypeVar("T")
#: A number so long that Python refuses to read it as one; no character has it.
_NO_CHARACTER = re.compile(r"&#\d{4000,};?")


class Bounded:
    """The lines of a file, or pieces of it, as long as a row ends now and then (:meth:`row_ended`).

    Raises ``Fault`` for a row longer than :data:`LONGEST`. ``number`` is that of the line given last.
    """

    def __init__(self, stream: IO[Any]) -> None:
        self._stream, self._left, self.number = stream, LONGEST, 0

    def row_ended(self) -> None:
        """What comes now is another row."""
        self._left = LONGEST

    def __iter__(self) -> Iterator[Any]:
        while line := self._stream.readline(LONGEST + 1):
            self.number += 1
            self._take(len(line))
            yield line

    def read(self, size: int = -1) -> Any:
        """A piece of the file, wherever its lines end."""
        piece = self._stream.read(size)
        self.number += piece.count("\n" if isinstance(piece, str) else b"\n")
        self._take(len(piece))
        return piece

    def _take(self, length: int) -> None:
        self._left -= length
        if self._left < 0:
            raise Fault("not_parsable", f"line {self.number}: a row of more than {LONGEST // 2**20} MB")


def unless_lost(rows: Iterable[T]) -> Iterator[T]:
    """``rows``, but not without end where they cannot be read: then a ``Fault`` with the line reached."""
    lost = 0
    for row in rows:
        lost += isinstance(row, RowError) and not row.kept
        if lost > MOST_LOST:
            line = row.line if isinstance(row, RowError) else 0
            raise Fault("not_parsable", f"line {line}: more than {MOST_LOST:,} rows cannot be read")
        yield row


def unescaped(text: str) -> str:
    """``text`` without HTML escapes; one that stands for no character becomes the sign for that."""
    return html.unescape(_NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text))
