"""``refresh --dry-run``: the very requests of the real run, told without sending one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest

from etl import catalog as catalogs
from etl import dry_run, http
from etl.__main__ import main
from etl.dry_run import Planned, planned
from etl.model import Answer, Catalog, Reading, Request, Source
from etl.search import gather
from etl.sources import ADAPTERS
from tests.double.checks import OAS_FILE
from tests.double.request_form import request_faults
from tests.etl.answers import NOON, answer

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalogs.load(DATA)


def all_sources(catalog: Catalog) -> list[Source]:
    return [s for s in catalog.sources.values() if s.adapter in ADAPTERS and s.rungs]


def whole_plan(catalog: Catalog) -> list[Planned]:
    terms = {
        str(d["disease_id"]): catalogs.terms(catalog, str(d["disease_id"])) for d in catalog.tables["disease"]
    }
    return list(planned(all_sources(catalog), terms, ADAPTERS))


class Nothing:
    """Answers zero to everything, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def ask(self, request: Request, read: Any, *, anew: bool = False) -> tuple[Answer, Reading]:
        self.asked.append(request)
        follows = getattr(ADAPTERS[request.source_id], "follows", lambda _: ())
        return answer({}), Reading(0, then=follows(request))

    def base(self, source_id: str) -> str:
        return f"https://{self.host(source_id)}"

    def host(self, source_id: str) -> str:
        return f"{source_id}.example.org"


def as_sent(request: Request) -> tuple[object, ...]:
    return (request.source_id, request.method, request.path, request.params, request.body, request.purpose)


def test_the_plan_is_what_the_real_run_sends(catalog: Catalog) -> None:
    network, sources = Nothing(), all_sources(catalog)
    diseases = [str(d["disease_id"]) for d in catalog.tables["disease"]]
    terms = {d: catalogs.terms(catalog, d) for d in diseases}
    gather(network, sources, terms, "s1", now=lambda: NOON)
    plan = [p.request for p in planned(sources, terms, ADAPTERS) if p.request]
    assert len(plan) > 400
    assert Counter(map(as_sent, plan)) == Counter(map(as_sent, network.asked))


def test_each_request_to_clinicaltrials_gov_is_valid_under_the_official_description(
    catalog: Catalog, recorded: Path
) -> None:
    openapi = OpenAPI.from_file_path(str(recorded / OAS_FILE))
    paths: Any = openapi.spec["paths"]
    requests = [p.request for p in whole_plan(catalog) if p.source_id == "clinicaltrials_gov" and p.request]
    assert len(requests) > 50
    for request in requests:
        known = {p["name"] for p in paths[request.path]["get"]["parameters"]}
        assert {name for name, _ in request.params} <= known
        openapi.validate_request(
            MockRequest(
                "https://clinicaltrials.gov", "get", f"/api/v2{request.path}", args=dict(request.params)
            )
        )


def test_every_other_request_has_the_form_of_the_notes(catalog: Catalog) -> None:
    plan = whole_plan(catalog)
    assert {p.source_id for p in plan} == set(ADAPTERS)
    assert [fault for p in plan if p.request for fault in request_faults(p.request)] == []


def test_the_command_needs_neither_network_nor_contact_and_writes_nothing(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LACUNA_CONTACT", raising=False)
    monkeypatch.setattr(http.Http, "ask", lambda *_, **__: pytest.fail("asked"))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["refresh", "--dry-run", "--disease", "imam", "--source", "pubmed"])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith("pubmed: ") and any("esearch.fcgi?" in line for line in lines)
    told = [line for line in lines if line.startswith("  ")]
    assert lines[0] == f"pubmed: {len(told)} requests"
    assert "at least" in lines[-1] and list(tmp_path.iterdir()) == []


def test_the_time_is_that_of_the_slowest_host() -> None:
    def entry(source_id: str) -> Planned:
        return Planned(source_id, "imam", "name", "records", Request(source_id, "records", "/x"))

    plan = [*[entry("a")] * 10, *[entry("b")] * 30, *[entry("c")] * 120]
    hosts, rates = {"a": "one", "b": "one", "c": "two"}, {"a": 0.5, "b": 1.0, "c": 3.0}
    lines = list(dry_run.told(plan, lambda s: f"https://{s}", hosts.__getitem__, rates.__getitem__))
    assert lines[-1].startswith("160 requests to 2 hosts side by side, at least 50 s.")
    assert "one: at least 50 s" in lines and "two: at least 40 s" in lines


def test_what_cannot_be_asked_is_told_and_not_counted() -> None:
    plan = [Planned("a", "imam", "name", "records", None, "nothing to ask for")]
    lines = list(dry_run.told(plan, str, str, lambda _: 1.0))
    assert lines[:2] == ["a: 0 requests", "  imam, name, records: not asked: nothing to ask for"]
