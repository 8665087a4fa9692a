"""What the server writes of an error: one line, nothing of the machine and nothing of a reader."""

from __future__ import annotations

import io
import logging

import pandas as pd

from dashboard import doors, filters
from tests.conftest import ROOT


def logged(error: BaseException | None) -> str:
    """What a logger writes of ``error``."""
    written = io.StringIO()
    logger = logging.Logger("here")
    logger.addHandler(logging.StreamHandler(written))
    logger.addFilter(doors.OneLine())
    logger.error("Uncaught app execution", exc_info=error)
    return written.getvalue()


def test_an_error_is_one_line_that_names_its_places_and_nothing_of_a_reader() -> None:
    try:
        pd.DataFrame({"a": [1]})["visitor-query"]
    except KeyError as error:
        said = logged(error)
    assert said.count("\n") == 1 and said.startswith("KeyError at tests/dashboard/test_doors.py:")
    assert "visitor" not in said and str(ROOT) not in said and "site-packages" not in said


def test_the_way_of_an_error_through_our_files_is_told() -> None:
    try:
        filters.remember(None)  # type: ignore[arg-type]
    except AttributeError as error:
        assert " > dashboard/filters.py:" in logged(error)


def test_an_error_from_elsewhere_and_a_line_without_one_stay_lines() -> None:
    assert logged(ValueError("visitor-query")) == "ValueError at a place outside of Lacuna\n"
    assert logged(None) == "Uncaught app execution\n"
