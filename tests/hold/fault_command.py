"""The refresh command as worlds of faults run it, in the test or, killed or doubled, in a process of its own.

It is the whole command; only what it finds around it is made for tests: pages of two records, one retry,
every source's form taken as verified (its zero must be kept from it by the fault itself), and a clock that
can be moved. ``python -m tests.hold.fault_command SECONDS ARGUMENTS`` is ``python -m etl ARGUMENTS`` with
a clock so many seconds ahead.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from requests_cache.models import response
from requests_cache.policy import actions, expiration

from etl import __main__ as commands
from etl import catalog as catalogs
from etl import http, refresh
from tests.etl.fault_matrix import SMALL_PAGES, verified_catalog


class Clock(datetime):
    """The clock of this machine, which may be wrong."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # a moment is no clock
        return datetime.now(tz) + cls.ahead


def moment() -> datetime:
    """What that clock says (UTC, without zone)."""
    return Clock.now(UTC).replace(tzinfo=None)


#: Module, name in it, and what stands there in a world of faults.
AROUND: tuple[tuple[Any, str, Any], ...] = (
    *SMALL_PAGES,
    (http, "RETRIES", 1),
    *((module, "datetime", Clock) for module in (http, refresh)),
    *((module, "utcnow", lambda: Clock.now(UTC)) for module in (response, actions, expiration)),
)


def main() -> None:
    seconds, *arguments = sys.argv[1:]
    Clock.ahead = timedelta(seconds=float(seconds))
    catalog = verified_catalog()
    for module, name, value in (*AROUND, (catalogs, "load", lambda _: catalog)):
        setattr(module, name, value)
    commands.main(arguments)


if __name__ == "__main__":
    main()
