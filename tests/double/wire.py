"""What goes over the wire: a request as it came in, an answer as it goes out, and a rule between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

JSON = "application/json"
TEXT = "text/plain"
XML = "text/xml; charset=UTF-8"
HTML = "text/html; charset=UTF-8"


@dataclass(frozen=True)
class Asked:
    """One request: source and path without the address, parameters of address and form, any other body."""

    source: str
    method: str
    path: str
    params: Mapping[str, str]
    body: str = ""

    @property
    def json(self) -> Any:
        """The body of a request that sends JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Raw:
    """An answer as it goes over the wire."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()

    def reply(self, asked: Asked) -> Raw:
        """Itself, whatever was asked."""
        return self


class Reply(Protocol):
    """A programmed answer."""

    def reply(self, asked: Asked) -> Raw:
        """The answer to this request."""


@dataclass(frozen=True)
class Rule:
    """The answer to every request of a source and path whose query holds all fragments.

    A path that ends with ``/`` stands for everything below it.
    """

    source: str
    path: str
    reply: Reply
    holds: tuple[str, ...] = ()

    def meets(self, asked: Asked, query: str) -> bool:
        """Whether this rule answers the request with this query."""
        below = self.path.endswith("/") and asked.path.startswith(self.path)
        here = asked.source == self.source and (below or asked.path == self.path)
        return here and all(fragment.casefold() in query.casefold() for fragment in self.holds)


def as_json(body: object) -> Raw:
    """A JSON answer."""
    return Raw(json.dumps(body).encode())


def turned(reply: Any) -> Any:
    """The same reply with its records in the other order. They are the first thing that a reply holds."""
    if isinstance(reply, Raw) or not fields(reply):
        return reply
    name = fields(reply)[0].name
    held = getattr(reply, name)
    return replace(reply, **{name: dict(reversed(held.items())) if isinstance(held, Mapping) else held[::-1]})
