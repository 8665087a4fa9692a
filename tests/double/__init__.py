"""The registry double: a real HTTP server on loopback that replays programmed answers.

It searches nothing. A table says which answer belongs to which request, switches say what goes
wrong, and a log says what was asked. ``python -m tests.double --help`` runs it by itself.

``wire`` holds request, answer and rule; ``trials``, ``literature`` and ``funding`` the forms of the
answers; ``sources`` what sets the sources apart; ``scenarios`` programmed tables; ``checks`` whether
requests and answers have the documented form.
"""

from tests.double.literature import Articles, Hits, Known, KnownPapers, Papers
from tests.double.server import LATER_ONLY, SOURCES, SWITCHES, Double, Logged
from tests.double.trials import Trials
from tests.double.wire import Asked, Raw, Rule

__all__ = [
    "LATER_ONLY",
    "SOURCES",
    "SWITCHES",
    "Articles",
    "Asked",
    "Double",
    "Hits",
    "Known",
    "KnownPapers",
    "Logged",
    "Papers",
    "Raw",
    "Rule",
    "Trials",
]
