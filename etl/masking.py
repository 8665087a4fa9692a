"""What must not be written down: key, contact, and the address of who asked. Pure.

Services repeat in error pages and logs who asked. Secrets are masked in every form that a library or
a service gives them, each character by itself and in either case: as it is; in an address or a form
(``%40``, also encoded twice; a space as a plus, a plus as a space); in JSON or a script (``\\u0040``,
``\\x40``, ``\\/``, also escaped twice); in a web page (``&#64;``, ``&#x40;``, ``&commat;``). Not covered:
a secret that is cut, hashed, compressed or written in base64.

An internet address is masked wherever an HTML page shows one, and elsewhere only where the words before
it say that it is somebody's: enzyme numbers and versions look the same (*EC 3.4.24.11*), and evidence
is not to be changed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from html.entities import html5

MASK = "masked"
_JSON_ECHO = re.compile(rb'("(?:api[-_]key|ip|client[-_]ip)"\s*:\s*")[^"]*', re.IGNORECASE)
_ADDRESS = rb"(?<![\w.:])([0-9a-f:.]{3,45})(?![\w:])"
#: *Your IP address is …*, ``<clientIp>…``, ``remote_addr="…``: whose it is, then the address.
_ANNOUNCED = (
    rb"(?<![a-z])(?:ip|(?:client|remote|request|source|user|your)[\s_-]?(?:ip|addr(?:ess)?|host))"
    rb"(?:[\s_-]?addr(?:ess)?)?(?![a-z])\W{0,20}(?:(?:is|was)\W{1,20})?"
)
_ANNOUNCED_ADDRESS = re.compile(_ANNOUNCED + _ADDRESS, re.IGNORECASE)
_ANY_ADDRESS = re.compile(_ADDRESS, re.IGNORECASE)


class Masking:
    """Masks ``secrets`` (empty ones are no secrets) in texts and bodies."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted(filter(None, secrets), key=len, reverse=True)  # a part must not win
        pattern = "|".join("".join(map(_any_form, secret)) for secret in known)
        self._text = re.compile(pattern, re.IGNORECASE) if pattern else None
        self._bytes = re.compile(pattern.encode(), re.IGNORECASE) if pattern else None

    def text(self, text: str) -> str:
        """``text`` without the secrets."""
        return self._text.sub(MASK, text) if self._text else text

    def body(self, body: bytes, content_type: str = "") -> bytes:
        """A body without the secrets, and without keys and addresses that the source echoes."""
        mask = MASK.encode()
        if self._bytes:
            body = self._bytes.sub(mask, body)
        body = _JSON_ECHO.sub(rb"\1" + mask, body)
        page = "html" in content_type.casefold() or b"<html" in body[:1000].lower()
        return (_ANY_ADDRESS if page else _ANNOUNCED_ADDRESS).sub(_masked_address, body)


def _any_form(character: str) -> str:
    """The pattern of one character in every way that it is written."""
    # A form writes a space as a plus, and who reads a plus as a form makes it a space.
    alike = " +" if character in " +" else character
    return f"(?:{'|'.join(form for one in alike for form in _forms(one))})"


def _forms(character: str) -> Iterator[str]:
    code = ord(character)
    yield ("" if character.isalnum() else r"\\*") + re.escape(character)
    yield "".join(f"%(?:25)*{byte:02x}" for byte in character.encode())
    yield rf"\\+(?:u{code:04x}|x{code:02x})"
    yield rf"&\#(?:0*{code}|x0*{code:x});"
    yield from (f"&{name}" for name, said in html5.items() if said == character and name.endswith(";"))


def _masked_address(found: re.Match[bytes]) -> bytes:
    """What was found with its address masked, or as it is if it holds none."""
    written = found[1]
    address = written if written.endswith(b"::") else written.rstrip(b".:")
    try:
        ipaddress.ip_address(address.decode())
    except ValueError:
        return found[0]
    return found[0].removesuffix(written) + MASK.encode() + written[len(address) :]
