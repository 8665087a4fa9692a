"""The bar of filters: what the URL holds, what each page honours, what is said and undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import filters
from dashboard.text import translate
from tests import navigation

App = Callable[..., AppTest]


@pytest.fixture
def opened(embedded: Path) -> App:
    """Open a page at an address; a list stands for a parameter that is repeated."""
    return navigation.opened


def chosen(app: AppTest) -> filters.Choice:
    assert not app.exception
    return app.session_state["choice"]


def test_every_filter_of_the_address_reaches_the_choice(opened: App) -> None:
    address = {"years": ["2003", "2015"], "class": ["glucocorticoid"], "drug": ["azathioprine", "rituximab"]}
    choice = chosen(opened("cases", **address, confidence=["high"], undated=["no"]))
    assert choice.years == (2003, 2015)
    assert choice.classes == ("glucocorticoid",)
    assert choice.drugs == ("azathioprine", "rituximab")
    assert choice.confidence == ("high",)
    assert not choice.undated
    assert choice.active == ("years", "classes", "drugs", "confidence", "undated")


@pytest.mark.parametrize(
    "query",
    [
        {"class": ["nothing", "<script>"]},
        {"drug": ["Azathioprine"]},
        {"confidence": ["sure"]},
        {"years": ["2003"]},
        {"years": ["2015", "2003"]},
        {"years": ["x", "y"]},
        {"years": ["²", "2015"]},
        {"years": ["1200", "1300"]},
        {"undated": ["perhaps"]},
    ],
)
def test_what_the_address_gets_wrong_is_quietly_ignored(opened: App, query: dict[str, list[str]]) -> None:
    assert chosen(opened("cases", **query)).active == ()


@pytest.mark.parametrize("page", ["overview", "methods"])
def test_a_page_is_given_no_filter_that_it_does_not_show(opened: App, page: str) -> None:
    app = opened(page, years=["2003", "2015"], drug=["azathioprine"])
    assert chosen(app).active == ()
    assert not [slider for slider in app.slider if slider.key.startswith("years")]
    assert app.query_params["years"] == ["2003", "2015"], "but the address keeps it"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_change_of_page_and_of_language_loses_nothing(opened: App, lang: str) -> None:
    app = opened("cases", years=["2003", "2015"], drug=["azathioprine"], lang=lang)
    before = chosen(app)
    app.switch_page("pages/methods.py").run()
    app.switch_page("pages/cases.py").run()
    assert chosen(app) == before
    other = "fr" if lang == "en" else "en"
    app.segmented_control(key="lang").set_value(other).run()
    after = chosen(app)
    assert (after.years, after.drugs, after.lang) == (before.years, before.drugs, other)
    assert app.slider(key=f"years_{other}").value == (2003, 2015)
    assert app.multiselect(key=f"drug_{other}").value == ["azathioprine"]


def test_a_widget_writes_ids_into_the_address(opened: App) -> None:
    app = opened("cases", lang="fr")
    app.multiselect(key="drug_fr").set_value(["azathioprine"]).run()
    assert app.query_params["drug"] == "azathioprine"
    assert chosen(app).drugs == ("azathioprine",)
    app.multiselect(key="drug_fr").set_value([]).run()
    assert chosen(app).drugs == ()


def test_all_filters_are_undone_at_once(opened: App) -> None:
    app = opened("cases", years=["2003", "2015"], drug=["azathioprine"], undated=["no"])
    app.button(key="undo-all").click().run()
    assert chosen(app).active == ()


def test_filters_are_named_in_words(embedded: Path) -> None:
    choice = filters.Choice("fr", "imam", "dm", years=(2003, 2015), drugs=("azathioprine",), undated=False)
    assert filters.named(choice, translate("fr")) == {
        "years": "Années\u00a0: 2003–2015",
        "drugs": "Intervention\u00a0: Azathioprine",
        "undated": "Fiches sans date\u00a0: écartées",
    }


@pytest.mark.parametrize("name", list(filters.PARAMETERS))
def test_a_choice_without_a_filter_is_as_if_it_was_never_set(name: str) -> None:
    values = {"years": (2000, 2001), "undated": False}
    choice = filters.Choice("en", "imam", "dm", **{name: values.get(name, ("x",))})
    assert choice.active == (name,)
    assert choice.without(name) == filters.Choice("en", "imam", "dm")


def test_every_honoured_filter_has_a_widget_and_every_parameter_a_name() -> None:
    known = {*filters.PARAMETERS, "comparator"}
    assert {name for names in filters.HONOURED.values() for name in names} <= known
    assert set(filters.NAMES) == set(filters.PARAMETERS)
    assert not set(filters.OWN) & set(filters.PARAMETERS.values())
