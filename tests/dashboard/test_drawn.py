"""What was drawn once is replayed to the letter, and only where the same would be made again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import drawn
from etl import store as built
from tests.conftest import ROOT
from tests.dashboard.conftest import STATE_OF
from tests.navigation import opened

PAGES = tuple(file.stem for file in sorted((ROOT / "pages").glob("*.py")))


@pytest.fixture(autouse=True)
def nothing_drawn() -> Iterator[None]:
    drawn._once.clear()
    yield
    drawn._once.clear()


def elements(page: AppTest) -> list[str]:
    """Every element and block of a page, in order, as it is sent to the browser."""
    assert not page.exception
    told: list[str] = []

    def walk(block: object) -> None:
        for _place, child in sorted(getattr(block, "children", {}).items()):
            proto = getattr(child, "proto", None)
            told.append(str(proto) if getattr(child, "type", "") != "download_button" else proto.label)
            walk(child)

    walk(page._tree)
    return told


@pytest.mark.parametrize("page", PAGES)
def test_another_reader_with_the_same_choices_gets_the_same_page(embedded: Path, page: str) -> None:
    """The second reader's page comes from what was drawn: nothing of it is made."""
    address = {"lang": "fr", "undated": "no"}
    first = elements(opened(page, **address))

    def made_again() -> None:
        raise AssertionError("this part was drawn before")

    real = drawn.once
    with mock.patch.object(drawn, "once", lambda part, _make: real(part, made_again)):
        second = elements(opened(page, **address))
    assert second == first and len(first) > 10


def test_each_choice_is_drawn_for_itself(embedded: Path) -> None:
    """Language, disease, filter of the bar and filter of the page each change what is shown."""
    said = [
        "".join(html.proto.body for html in opened("cases", **more).get("html"))
        for more in ({}, {"lang": "fr"}, {"disease": "DM"}, {"drug": "azathioprine"}, {"sort": "outcome"})
    ]
    assert len(set(said)) == len(said)


def test_a_new_store_is_drawn_at_the_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "lacuna.duckdb"
    monkeypatch.setenv("LACUNA_STORE", str(link))
    paths = built.Paths(ROOT / "data", link, ())
    built.build_and_publish(paths, STATE_OF)
    app = opened("trials")
    assert "23 Nov 2026" in "".join(elements(app))
    built.build_and_publish(paths, STATE_OF + timedelta(days=2))
    said = "".join(elements(app.run()))
    assert "25 Nov 2026" in said and "Source: Lacuna, 23 Nov 2026" not in said
