"""Whether the double speaks as the real services do: the official OpenAPI file and recorded answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from tests.double.server import Logged

OAS_FILE = "ctgov/ctg-oas-v2.0.3.yaml"
_BASE = "/api/v2"


class TrialsForm:
    """The official description of the ClinicalTrials.gov interface, for requests and for answers."""

    def __init__(self, recorded: Path) -> None:
        self._openapi = OpenAPI.from_file_path(str(recorded / OAS_FILE))
        paths: Any = self._openapi.spec["paths"]
        self._known = {
            path: {p["name"] for p in paths[path]["get"]["parameters"]} for path in ("/studies", "/version")
        }

    def faults(self, exchanges: Iterable[Logged]) -> Iterator[str]:
        """Everything in these exchanges that the description does not allow."""
        for entry in exchanges:
            unknown = {name for name, _ in entry.params} - self._known.get(entry.path, set())
            if unknown:
                yield f"{entry.path}: unknown parameters {sorted(unknown)}"
            request = MockRequest(
                "https://clinicaltrials.gov", "get", _BASE + entry.path, args=dict(entry.params)
            )
            response = MockResponse(entry.body, status_code=entry.status, content_type=entry.content_type)
            try:
                self._openapi.validate_request(request)
                self._openapi.validate_response(request, response)
            except OpenAPIError as error:
                yield f"{entry.path}: {error!r} {error.__cause__!r}"


def foreign_keys(value: Any, recorded: Iterable[Any], path: str = "") -> Iterator[str]:
    """Where ``value`` has a key, or a type under a key, that none of the recorded values has."""
    examples = list(recorded)
    if isinstance(value, dict):
        for key, item in value.items():
            under = [e[key] for e in examples if isinstance(e, dict) and key in e]
            if not under:
                yield f"{path}/{key} is in no recorded answer"
            elif all(type(item) is not type(u) for u in under):
                yield f"{path}/{key} is a {type(item).__name__}, recorded as {type(under[0]).__name__}"
            else:
                yield from foreign_keys(item, under, f"{path}/{key}")
    elif isinstance(value, list):
        members = [m for e in examples if isinstance(e, list) for m in e]
        for item in value if members else ():
            yield from foreign_keys(item, members, f"{path}[]")
