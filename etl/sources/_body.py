"""Reading a body without being fooled by it: shared by the adapters, pure, no source's own rules.

An answer is believed only when its status, its kind of content and its form are what was asked
for; everything else is a :class:`etl.model.Fault`, so that a failure can never read as a zero.
"""

from __future__ import annotations

import json
import re
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from etl.model import Answer, Fault

#: How much of a refused answer is quoted in the fault.
_QUOTED = 200
#: Half of a character in the escapes of JSON: alone it is no text, and no file or table would take it.
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def json_object(answer: Answer) -> dict[str, object]:
    """The JSON object in ``answer``.

    Control characters inside strings are accepted: PubMed's ``ERROR`` bodies hold raw newlines,
    and a parser that stumbles there turns an error into a zero. Raises ``Fault`` with code
    ``rate_limited``, ``http_status``, ``wrong_content``, ``not_parsable`` or ``error_body``.
    """
    check_status(answer)
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
    text = _text(answer)
    if text.lstrip()[:1] == "{":
        json_object(answer)
        raise Fault("wrong_content", f"JSON where XML was asked for: {quote(text)}")
    if re.match(r"\s*(<!doctype\s+html|<html)", text, re.IGNORECASE):
        raise Fault("wrong_content", f"{answer.content_type or 'no content type'}: {quote(text)}")
    try:
        root: Element = fromstring(answer.body)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Fault("not_parsable", f"{error}: {quote(text)}") from None
    return root


def check_status(answer: Answer) -> None:
    """Refuse every status that is not a plain success; the body is quoted, never parsed."""
    if answer.status == 429:
        raise Fault("rate_limited", quote(_text(answer)))
    if answer.status != 200:
        raise Fault("http_status", f"{answer.status}: {quote(_text(answer))}")


def quote(text: str) -> str:
    """The beginning of ``text`` on one line, for a fault's detail."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[:_QUOTED] + "…"


def _whole(text: str) -> str:
    """``text`` with a replacement character for every half of one."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _text(answer: Answer) -> str:
    return answer.body.decode("utf-8", errors="replace")
