"""The Overview through app.py, in both languages, with every choice in the URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.wording import plain
from tests.conftest import ROOT

App = Callable[..., AppTest]


def words(app: AppTest) -> str:
    """All that the page shows as text and HTML."""
    blocks = [e.proto.body for e in app.get("html")]
    return "\n".join([*blocks, *(h.value for h in (*app.title, *app.header, *app.subheader))])


@pytest.mark.parametrize(
    ("lang", "title", "lede", "steps"),
    [
        (
            "en",
            "Inflammatory myopathy with abundant macrophages (IMAM)",
            "For IMAM we read",
            "Three next steps",
        ),
        (
            "fr",
            "Myopathie inflammatoire avec macrophages abondants (IMAM)",
            "Pour l’IMAM, nous",
            "Trois prochaines",
        ),
    ],
)
def test_first_screen(app: App, lang: str, title: str, lede: str, steps: str) -> None:
    page = app(lang=lang)
    assert not page.exception
    assert page.title[0].value == plain(title)
    shown = words(page)
    assert lede in shown
    assert steps in shown
    assert shown.count('class="lc-step"') == 3
    assert shown.count('class="lc-r"') == 39
    assert "≥\u202f46" in shown


def test_comparator_and_focus_come_from_the_url(app: App) -> None:
    page = app(compare="PM")
    assert page.session_state["choice"].comparator == "pm"
    assert page.selectbox(key="compare_en").value == "pm"
    by_id = app(compare="pm", disease="dm").session_state["choice"]
    assert (by_id.focus, by_id.comparator) == ("dm", "pm")


@pytest.mark.parametrize(
    "query", [{"lang": "xx"}, {"disease": "nothing"}, {"compare": "<b>"}, {"cell": "a.b.c"}]
)
def test_a_wrong_link_still_shows_a_page(app: App, query: dict[str, str]) -> None:
    page = app(**query)
    assert not page.exception
    assert page.title[0].value.endswith(plain("(IMAM)"))


def test_a_wrong_cell_is_said_so(app: App) -> None:
    assert "not in the grid" in app(cell="a.b").warning[0].value


@pytest.mark.parametrize(
    ("lang", "reason"), [("en", "CTIS) was not searched"), ("fr", "CTIS)\u00a0: non interrogée")]
)
def test_a_link_opens_the_certificate(app: App, lang: str, reason: str) -> None:
    shown = words(app(cell="trials_registered.imam", lang=lang))
    assert reason in shown
    assert "ds_ctgov" not in shown or "abundant macrophages" in shown
    assert "101,016" in shown or "101\u202f016" in shown
    assert "zebrafish" in shown, "the nonsense control is shown with its query"


def test_choosing_by_keyboard_opens_the_certificate(app: App) -> None:
    page = app()
    page.selectbox(key="pick_question").select("diagnostic_code")
    page.button(key="open_cell").click().run()
    assert page.query_params["cell"] == "diagnostic_code.imam"
    assert "None found in 1 of 1 required source" in words(page)


def test_a_part_that_found_some_is_not_drawn_as_a_nought(app: App) -> None:
    seen = "seen in a part, not counted"
    assert seen in words(app(cell="trials_registered.dm"))
    assert seen not in words(app(cell="trials_registered.imam"))


def test_every_cell_has_a_certificate(app: App, embedded: Path) -> None:
    page = app()
    for cell in (
        "publications.imam",
        "biomarker_diagnostic.dm",
        "disease_programmes.imam",
        "expert_network.mmf",
    ):
        page.query_params["cell"] = cell
        assert not page.run().exception


def test_without_a_store_the_page_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LACUNA_STORE", str(tmp_path / "none.duckdb"))
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not page.exception
    assert "make run" in page.error[0].value
