"""The registry double: a real HTTP server on loopback that replays programmed answers.

It searches nothing. A table says which answer belongs to which request, switches say what goes
wrong, and a log says what was asked. ``python -m tests.double --help`` runs it by itself.
"""

from tests.double.server import SWITCHES, Articles, Double, Hits, Known, Logged, Raw, Rule, Trials

__all__ = ["SWITCHES", "Articles", "Double", "Hits", "Known", "Logged", "Raw", "Rule", "Trials"]
