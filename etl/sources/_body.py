"""Reading a body without being fooled by it: shared by the adapters, pure, no source's own rules.

An answer is believed only when its status, its kind of content and its form are what was asked
for; everything else is a :class:`etl.model.Fault`, so that a failure can never read as a zero.
"""

from __future__ import annotations

import json
import re
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from etl.model import Answer, Fault

#: A page of a thousand whole trials is some tens of megabytes. What the edge lets through beyond is no page.
LARGEST = 64 * 1024 * 1024
#: Each value and each element takes many times the memory of its few bytes: so many and no more are read.
MOST_VALUES, MOST_TAGS = 4_000_000, 2_000_000
#: How much of a refused answer is quoted in the fault, and looked at for it.
_QUOTED, _LOOKED_AT = 200, 2000
#: Half of a character in the escapes of JSON: alone it is no text, and no file or table would take it.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def json_object(answer: Answer) -> dict[str, object]:
    """The JSON object in ``answer``.

    Control characters inside strings are accepted: PubMed's ``ERROR`` bodies hold raw newlines,
    and a parser that stumbles there turns an error into a zero. Raises ``Fault`` with code
    ``rate_limited``, ``http_status``, ``wrong_content``, ``not_parsable`` or ``error_body``.
    """
    check_status(answer)
    _refuse_many("values", sum(map(answer.body.count, (b",", b"[", b"{"))), MOST_VALUES)
    text = _text(answer)
    if "html" in answer.content_type.lower() or text.lstrip()[:1] == "<":
        raise Fault("wrong_content", f"{answer.content_type or 'no content type'}: {quote(text)}")
    try:
        value = json.loads(text, strict=False)
        if _SURROGATE.search(text):
            value = json.loads(_whole(json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError) as error:  # a thousand opening brackets
        raise Fault("not_parsable", f"{error}: {quote(text)}") from None
    if not isinstance(value, dict):
        raise Fault("schema_drift", f"expected a JSON object, got {type(value).__name__}")
    if "error" in value:
        message = str(value["error"])
        code = "rate_limited" if "rate limit" in message.lower() else "error_body"
        raise Fault(code, quote(message))
    return value


def xml_root(answer: Answer) -> Element:
    """The root element of the XML in ``answer``, read without expanding entities.

    Raises ``Fault`` as :func:`json_object`; a JSON error sent in place of XML is recognised.
    """
    check_status(answer)
    _refuse_many("tags and attributes", sum(map(answer.body.count, (b"<", b"="))), MOST_TAGS)
    text = _text(answer)
    if text.lstrip()[:1] == "{":
        json_object(answer)
        raise Fault("wrong_content", f"JSON where XML was asked for: {quote(text)}")
    if re.match(r"\s*(<!doctype\s+html|<html)", text, re.IGNORECASE):
        raise Fault("wrong_content", f"{answer.content_type or 'no content type'}: {quote(text)}")
    parser = SafeParser(target=TreeBuilder())
    try:
        parser.feed(answer.body)
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Fault("not_parsable", f"{error}: {quote(text)}") from None
    return root


class SafeParser(DefusedXMLParser):
    """Refuses entities, as its base does, and every other declaration that a document brings along.

    One long value that a declaration gives to many short elements is a bomb too, and brackets within
    brackets of a declaration take expat hours. A document type that lies elsewhere is never read.
    """

    def __init__(self, target: TreeBuilder) -> None:
        super().__init__(target=target)
        self.parser.StartDoctypeDeclHandler = _refuse_own_declarations


def _refuse_own_declarations(_name: str, _system: str | None, _public: str | None, has_own: bool) -> None:
    if has_own:
        raise ValueError("the document brings declarations of its own")


def _refuse_many(what: str, found: int, most: int) -> None:
    """Refuse a body of more values or elements than any answer holds."""
    if found > most:
        raise Fault("not_parsable", f"{found:,} {what} in one answer, more than {most:,}")


def check_status(answer: Answer) -> None:
    """Refuse every status that is not a plain success, and a body larger than any answer; it is quoted,
    never parsed."""
    if answer.status == 429:
        raise Fault("rate_limited", beginning(answer))
    if answer.status != 200:
        raise Fault("http_status", f"{answer.status}: {beginning(answer)}")
    if len(answer.body) > LARGEST:
        raise Fault("wrong_content", f"an answer of more than {LARGEST // 2**20} MB")


def beginning(answer: Answer) -> str:
    """How a body begins, however long it is."""
    return quote(answer.body[: 4 * _LOOKED_AT].decode("utf-8", errors="replace"))


def quote(text: str) -> str:
    """The beginning of ``text`` on one line, for a fault's detail; nothing in it steers a terminal."""
    line = "".join(filter(str.isprintable, " ".join(text.lstrip()[:_LOOKED_AT].split())))
    return line if len(line) <= _QUOTED else line[:_QUOTED] + "…"


def _whole(text: str) -> str:
    """``text`` with a replacement character for every half of one."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", errors="replace")
