"""Script runs take turns: what is asked first is shown first.

Threads of one Python share one processor. With a run for each of many readers at once, as in the seconds
after a publication, all are slow and none is done; one after the other, most readers wait for few.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: So many run at once: while one waits for the store, another goes on.
AT_ONCE = 2
#: Seconds after which a reader waits no longer, so that two runs that hang keep nobody out.
PATIENCE = 5.0

_turns = threading.Semaphore(AT_ONCE)


@contextmanager
def turn() -> Iterator[None]:
    """Wait until it is this run's turn, and let the next one in at the end."""
    waited_for = _turns.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if waited_for:
            _turns.release()
