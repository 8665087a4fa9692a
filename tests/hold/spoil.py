"""Ways to damage what parsers are given: bytes that broke on their way, values that nobody expects.

Each is a Hypothesis strategy that changes a sound sample, so that most of it still reaches the reader.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

#: Values that stand where another was expected.
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    "",
    0,
    -1,
    10**30,
    1e308,
    float("nan"),
    float("inf"),
    [],
    {},
    [[]],
    [None],
    "\x00",
    "\ud800",
    "٣",
    "²",
    "9" * 5000,
    "<script>alert(1)</script>",
    "=1+1",
    "x" * 10_000,
    {"a": {"b": []}},
)
ODD_BYTES = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'"',
    b"\n",
    b"\r",
    b";",
    b",",
    b"\t",
    b"<",
    b">",
    b"&",
    b"&#0;",
    b"&bomb;",
    b"]]>",
    b"\\ud800",
    b"\xd9\xa3",
    b"9" * 5000,
    b"1e999",
    b"-1",
    b"[" * 10_000,
    b"<a>" * 10_000,
    b"x" * 200_000,
)
#: Whole bodies that are no answer to anything.
BOMB = b"<!DOCTYPE a [<!ENTITY x0 'xxxxxxxxxx'>" + b"".join(
    f"<!ENTITY x{n} '{f'&x{n - 1};' * 10}'>".encode() for n in range(1, 12)
)
WHOLE_BODIES = {
    "nothing": b"",
    "10,000 brackets": b"[" * 10_000,
    "10,000 objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "10,000 objects inside": b'{"studies": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "10,000 elements": b"<a>" * 10_000 + b"</a>" * 10_000,
    "XML bomb": BOMB + b"]><a>&x11;</a>",
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "encoding of several bytes": b'<?xml version="1.0" encoding="shift_jis"?><a/>',
    "encoding of nobody": b'<?xml version="1.0" encoding="nobody"?><a/>',
    "UTF-16": "<a>é</a>".encode("utf-16"),
    "half a character": b'{"a": "\\ud800"}',
    "a number of 5,000 digits": b'{"totalCount": ' + b"9" * 5000 + b"}",
    "one long line": b"x" * 1_000_000,
    "one long quote": b'"' + b"x" * 1_000_000,
    "a million separators": b";" * 1_000_000,
    "a million quotes": b'"' * 1_000_000,
    "a million line breaks": b"\n" * 1_000_000,
    "a million tags": b"<" * 1_000_000,
    "a million spaces": b" " * 1_000_000,
    "zeros": b"\x00" * 1_000_000,
}


def damaged(sample: bytes) -> st.SearchStrategy[bytes]:
    """``sample`` cut short, or with a piece of it left out, repeated or replaced, once to three times."""

    @st.composite
    def strategy(draw: st.DrawFn) -> bytes:
        body = sample
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, len(body)))
            end = min(len(body), start + draw(st.sampled_from((0, 1, 2, 10, 100, len(body)))))
            kind = draw(st.sampled_from(("replace", "leave out", "repeat", "cut")))
            piece = draw(st.one_of(st.sampled_from(ODD_BYTES), st.binary(max_size=20)))
            if kind == "cut":
                body = body[:start]
            elif kind == "repeat":
                body = body[:end] + body[start:end] + body[end:]
            else:
                body = body[:start] + (piece if kind == "replace" else b"") + body[end:]
        return body

    return strategy()


def odd_json(sample: bytes) -> st.SearchStrategy[bytes]:
    """The JSON ``sample`` with one to three of its values, small or large, replaced by odd ones."""
    whole = json.loads(sample)

    @st.composite
    def strategy(draw: st.DrawFn) -> bytes:
        value = json.loads(sample)
        for _ in range(draw(st.integers(1, 3))):
            places = list(_places(value))
            if places:
                holder, key = draw(st.sampled_from(places))
                holder[key] = draw(st.sampled_from(ODD_VALUES))
        return json.dumps(value).encode()

    return strategy() if isinstance(whole, dict | list) else st.just(sample)


def _places(value: Any) -> Any:
    """Every place of a JSON value at which something stands: its holder and the key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
