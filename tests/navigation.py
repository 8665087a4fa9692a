"""Running ``app.py`` as a server does, without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT


@contextmanager
def navigating() -> Iterator[None]:
    """A real server knows after its first run that app.py navigates. A test forgets it before each run.

    It would then run the page alone, without what ``app.py`` sets round it.
    """
    begin = PagesManager.__init__

    def started(manager: PagesManager, *given: object, **named: object) -> None:
        begin(manager, *given, **named)
        PagesManager.uses_pages_directory = False

    with mock.patch.object(PagesManager, "__init__", started):
        yield


def opened(page: str, **query: str | list[str]) -> AppTest:
    """``page`` at an address; a list stands for a parameter that is repeated. Use within ``navigating``."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    app.switch_page(f"pages/{page}.py")
    return app.run()
