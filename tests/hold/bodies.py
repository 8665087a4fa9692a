"""Bodies of a wanted size, made from a sound sample by repeating what it is made of.

Most of each is valid, so that it reaches the code behind the parser: many records, one field that holds
everything, a place nested deeply, many columns. ``PIECES`` is what regular expressions are known to choke on.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from .parsers import Parser

#: A piece of text that is repeated until a field is full: each is the worst case of some expression.
PIECES: dict[str, str] = {
    "spaces": " ",
    "letters": "a",
    "words": "ab ",
    "hyphens": "a-a-",
    "digits": "1",
    "numbers": "1.1.",
    "dates": "2024-01-01 ",
    "brackets": "(",
    "closed brackets": "(a) ",
    "tags": "<",
    "open tags": "<p ",
    "whole tags": "<p>a",
    "ampersands": "&amp;",
    "entities": "&#1",
    "entity of a million": "&#" + "9" * 5000 + ";",
    "separators": "a;b,",
    "colons": ": ",
    "fields": "A.1.",
    "lines": "a\n",
    "operators": "a OR ",
    "tagged": "a[tiab] OR ",
    "accents": "é",
    "marks": "\u0316\u0300",
    "quotes": '"',
    "addresses": "1.2.3.",
    "ip": "ip ",
}


#: The ``csv`` module reads no longer one unless it is told to.
_LONGEST_CELL = 120_000


@lru_cache(maxsize=64)
def filled(piece: str, size: int) -> str:
    """About ``size`` bytes of ``piece``."""
    return piece * max(1, size // len(piece.encode()))


@lru_cache(maxsize=8)
def mixed(size: int) -> str:
    """A part of each piece: finds at once what one alone would show more clearly."""
    return "x ".join(filled(piece, size // len(PIECES)) for piece in PIECES.values())


def texts(size: int, every: bool) -> Iterator[tuple[str, str]]:
    """Hostile texts by name: all of them, or their mixture."""
    for name, piece in PIECES.items() if every else ():
        yield name, filled(piece, size)
    if not every:
        yield "mixture", mixed(size)


def numbered(sound: str, times: int) -> Iterator[str]:
    """``sound`` again and again with other numbers in it, so that no two are the same record."""
    parts = re.split(r"\d{5}(?!\d)", sound)
    for number in range(times):
        yield f"{number % 100_000:05d}".join(parts)


def bodies(parser: Parser, size: int, every: bool) -> Iterator[tuple[str, bytes]]:
    """Name and body. ``every`` fills each field with each of ``PIECES``, otherwise with their mixture."""
    yield from _OF_FORM[parser.form](parser.sound.decode(), size, every)
    for name, text in texts(size, every):
        yield f"nothing but {name}", text.encode()


# --- JSON -----------------------------------------------------------------------------------------


def _of_json(sound: str, size: int, every: bool) -> Iterator[tuple[str, bytes]]:
    whole = json.loads(sound)
    for path in _paths(whole):
        holder, key = _holder(json.loads(sound), path)
        name = ".".join(map(str, path))
        if isinstance(holder[key], list) and holder[key]:
            one = json.dumps(holder[key][0], ensure_ascii=False)
            many = ", ".join(numbered(one, max(1, size // len(one.encode()))))
            yield f"many {name}", _with(sound, path, f"[{many}]")
            yield f"empty lists in {name}", _with(sound, path, f"[{filled('[],', size)}[]]")
        elif not isinstance(holder[key], list | dict):
            for text_name, text in texts(size, every):
                yield f"{text_name} in {name}", _with(sound, path, _quoted(text))
            yield f"digits as {name}", _with(sound, path, "1" * size)
            for depth in (300, 10_000, size // 2) if every else (300,):
                yield f"{depth} deep {name}", _with(sound, path, "[" * depth + "]" * depth)
                yield f"{depth} objects deep {name}", _with(sound, path, '{"a":' * depth + "1" + "}" * depth)
    fields = ", ".join(f'"a{n}": "b"' for n in range(size // 15))
    yield "many keys", (sound.rstrip()[:-1] + (", " if whole else "") + fields + "}").encode()
    same = ", ".join(['"a": "b"'] * (size // 10))
    yield "one key again and again", (sound.rstrip()[:-1] + (", " if whole else "") + same + "}").encode()


def _paths(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a JSON value; of a list the first member stands for all."""
    if at:
        yield at
    for key in (
        value if isinstance(value, dict) else range(min(1, len(value) if isinstance(value, list) else 0))
    ):
        yield from _paths(value[key], (*at, key))


def _holder(value: Any, path: tuple[str | int, ...]) -> tuple[Any, str | int]:
    for step in path[:-1]:
        value = value[step]
    return value, path[-1]


@lru_cache(maxsize=64)
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _with(sound: str, path: tuple[str | int, ...], written: str) -> bytes:
    """The sample with ``written`` at a place: put in as text, since no writer takes everything."""
    whole = json.loads(sound)
    holder, key = _holder(whole, path)
    holder[key] = "@@here@@"
    return json.dumps(whole, ensure_ascii=False).replace('"@@here@@"', written, 1).encode()


# --- XML and HTML ---------------------------------------------------------------------------------


def _of_xml(sound: str, size: int, every: bool) -> Iterator[tuple[str, bytes]]:
    for tag in dict.fromkeys(re.findall(r"<([A-Za-z][\w:.]*)", sound)):
        found = re.search(rf"<{tag}(?=[\s>/])[^>]*>(.*?)</{tag}>", sound, re.DOTALL)
        if not found:
            continue
        before, after = sound[: found.start()], sound[found.end() :]
        many = "\n".join(numbered(found[0], max(1, size // len(found[0].encode()))))
        yield f"many {tag}", f"{before}{many}{after}".encode()
        if "<" in found[1]:
            yield f"empty elements in {tag}", _inside(sound, found, filled("<a/>", size))
            continue
        for name, text in texts(size, every):
            escaped = text.replace("&", "&amp;").replace("<", "&lt;")
            yield f"{name} in {tag}", _inside(sound, found, escaped)
        yield f"sections in {tag}", _inside(sound, found, filled("<![CDATA[<]]>", size))
        for depth in (300, 10_000, size // 7) if every else (10_000,):
            yield f"{depth} deep {tag}", _inside(sound, found, "<a>" * depth + "</a>" * depth)
    yield from _around_xml(sound, size)


def _inside(sound: str, found: re.Match[str], text: str) -> bytes:
    return f"{sound[: found.start(1)]}{text}{sound[found.end(1) :]}".encode()


def _around_xml(sound: str, size: int) -> Iterator[tuple[str, bytes]]:
    """What stands around elements: attributes, comments, declarations."""
    root = re.search(r"<[A-Za-z][^\s>]*", sound)
    if not root:
        return
    at, start = root.end(), root.start()
    attributes = "".join(f' a{n}=""' for n in range(size // 11))
    yield "many attributes", f"{sound[:at]}{attributes}{sound[at:]}".encode()
    for name, piece in (("one-byte lines", "\n"), ("trials in it", "<Trial\n"), ("letters", "a")):
        comment = f"<!--{filled(piece, size)}-->"
        yield f"a comment of {name}", f"{sound[:start]}{comment}{sound[start:]}".encode()
        if "<" not in piece:
            value = f' a="{filled(piece, size)}"'
            yield f"an attribute of {name}", f"{sound[:at]}{value}{sound[at:]}".encode()
    end = sound.rindex("</")
    default = f'<!DOCTYPE x [<!ATTLIST a b CDATA "{"x" * (size // 2)}">]>'
    yield (
        "default attributes",
        f"{sound[:start]}{default}{sound[start:end]}{filled('<a/>', size // 2)}{sound[end:]}".encode(),
    )
    model = f"<!DOCTYPE x [<!ELEMENT x {'(' * (size // 2)}a{')' * (size // 2)}>]>"
    yield "a deep content model", f"{sound[:start]}{model}{sound[start:]}".encode()
    yield (
        "many declarations",
        f"{sound[:start]}<!DOCTYPE x [{filled('<!ELEMENT a ANY>', size)}]>{sound[start:]}".encode(),
    )


# --- tables and texts -----------------------------------------------------------------------------


def _of_csv(sound: str, size: int, every: bool) -> Iterator[tuple[str, bytes]]:
    *heading, row = sound.splitlines(keepends=True)
    head = "".join(heading)
    separator = max(";,\t", key=head.count)
    yield "many rows", (head + "".join(numbered(row, size // len(row.encode())))).encode()
    yield "many columns", (head + filled(f"ab{separator}", size) + "\n" + row).encode()
    yield (
        "many names in the header",
        (head.rstrip("\n") + separator + filled(f"ab{separator}", size) + "\n" + row).encode(),
    )
    yield "a row on many lines", (head + filled(f'"a\n"{separator}', size) + "\n" + row).encode()
    yield (
        "a quote that is not closed",
        (head + '"' + "".join(numbered(row, size // len(row.encode())))).encode(),
    )
    yield "quotes that are not closed", (head + filled(f'"{row}', size)).encode()
    yield "lines of one letter", (head + filled("a\n", size)).encode()
    yield "lone returns", (head + filled("a\r", size)).encode()
    cells = next(iter(_cells(row, separator)))
    for at, name in enumerate(next(iter(_cells(heading[-1], separator)))):
        for text_name, text in texts(min(size, _LONGEST_CELL), every):
            for ending in ("", "\n") if every else ("\n",):
                long = _row([*cells[:at], text + ending, *cells[at + 1 :]], separator)
                more = f"{text_name}{' and a line break' if ending else ''} in {name}"
                yield more, (head + long * (size // len(long.encode()) + 1) + row).encode()
    for text_name, text in texts(size, every):
        yield f"{text_name} in one cell", (head + _row([text, *cells[1:]], separator) + row).encode()


def _cells(line: str, separator: str) -> Iterator[list[str]]:
    yield from csv.reader(io.StringIO(line, newline=""), delimiter=separator)


def _row(cells: list[str], separator: str) -> str:
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=separator, lineterminator="\n").writerow(cells)
    return made.getvalue()


def _of_text(sound: str, size: int, every: bool) -> Iterator[tuple[str, bytes]]:
    """A text of fields, each on its line: the sample again and again, and each kind of line filled."""
    yield "many records", "\n".join(numbered(sound, size // len(sound.encode()) + 1)).encode()
    kinds: dict[str, str] = {re.sub(r"\d+", "0", line.partition(":")[0]): line for line in sound.splitlines()}
    for line in kinds.values():
        begin = line.partition(":")[0]
        many = "".join(f"{one}\n" for one in numbered(line, max(1, size // (len(line.encode()) + 1))))
        yield f"many lines {begin[:30]}", sound.replace(line, many, 1).encode()
        for name, text in texts(size, every):
            yield f"{name} behind {begin[:30]}", sound.replace(line, f"{begin}: {text}", 1).encode()
            yield f"{name} in {begin[:30]}", sound.replace(line, f"{begin[:4]} {text}", 1).encode()


def _of_toml(sound: str, size: int, every: bool) -> Iterator[tuple[str, bytes]]:
    tables = "\n".join(f"[a{n}]\nname = 'x'" for n in range(size // 20))
    yield "many tables", tables.encode()
    yield "many tables in an array", filled("[[a]]\nb = 1\n", size).encode()
    yield "many keys", "\n".join(f"a{n} = 1" for n in range(size // 12)).encode()
    yield "a key of many parts", ("a." * (size // 2) + "a = 1").encode()
    yield "a table of many parts", ("[" + "a." * (size // 2) + "a]").encode()
    yield "a quoted key of many parts", ('"a".' * (size // 4) + "a = 1").encode()
    yield "keys of many parts", "\n".join("a." * 500 + f"a{n} = 1" for n in range(size // 1010)).encode()
    yield "tables of many parts", "\n".join("[" + "a." * 500 + f"a{n}]" for n in range(size // 1010)).encode()
    for depth in (300, 10_000, size // 2):
        yield f"{depth} brackets", ("a = " + "[" * depth + "]" * depth).encode()
        yield (
            f"{depth} tables within tables",
            ("a = " + "{a = " * (depth // 3) + "1" + "}" * (depth // 3)).encode(),
        )
    yield "a long array", ("a = [" + filled("1, ", size) + "]").encode()
    yield (
        "a long table in a line",
        ("a = {" + ", ".join(f"a{n} = 1" for n in range(size // 12)) + "}").encode(),
    )
    yield "a number of many digits", ("a = " + "1" * size).encode()
    head = sound.partition("\n[")[0]
    for name, text in texts(size, every):
        for quote in ('"', "'", '"""', "'''"):
            kept = (
                text.replace(quote[0], "").replace("\\", "")
                if len(quote) == 1
                else text.replace(quote[0], "")
            )
            yield f"{name} in {quote}", f"{head}\nhomepage = {quote}{kept}{quote}\n".encode()
    yield "comments", filled("# a\n", size).encode()


_OF_FORM = {
    "json": _of_json,
    "xml": _of_xml,
    "html": _of_xml,
    "csv": _of_csv,
    "text": _of_text,
    "toml": _of_toml,
}
