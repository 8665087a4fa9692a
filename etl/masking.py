"""What must not be written down: key, contact, and the address of who asked. Pure.

Services repeat in error pages and logs who asked. Secrets are masked in every form that a library or
a service gives them. An internet address is masked wherever an HTML page shows one, and elsewhere only
where the words before it say that it is somebody's: enzyme numbers and versions look the same
(*EC 3.4.24.11*), and evidence is not to be changed.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote, quote_plus

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
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        pattern = "|".join(sorted(map(re.escape, forms), key=len, reverse=True))  # a part must not win
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


def _forms(secret: str) -> tuple[str, ...]:
    """A secret as it is written, in an address, in a form, and in a web page."""
    return secret, quote(secret), quote(secret, safe=""), quote_plus(secret), escape(secret)


def _masked_address(found: re.Match[bytes]) -> bytes:
    """What was found with its address masked, or as it is if it holds none."""
    written = found[1]
    address = written if written.endswith(b"::") else written.rstrip(b".:")
    try:
        ipaddress.ip_address(address.decode())
    except ValueError:
        return found[0]
    return found[0].removesuffix(written) + MASK.encode() + written[len(address) :]
