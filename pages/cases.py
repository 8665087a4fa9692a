"""Cases: every published patient of one disease, one lane each; who received what; what stands apart."""

from __future__ import annotations

from dashboard import drawn, filters
from dashboard.case_parts.apart import apart, caveats, considered, elsewhere, two_readers
from dashboard.case_parts.choosing import choose, met
from dashboard.case_parts.lanes import lanes
from dashboard.case_parts.one_by_one import one_by_one
from dashboard.case_parts.opening import opening
from dashboard.case_parts.own import own
from dashboard.case_parts.received import by_treatment
from dashboard.case_parts.seen import Seen, page_of
from dashboard.case_parts.take_away import take_away


def page() -> None:
    """Choose, get, show."""
    choice = filters.current()
    seen, text = Seen(choice), choice.text
    drawn.once("opening", lambda: opening(seen.found, seen.beside, text))
    options = drawn.once("met", lambda: met(seen.found, text))
    seen.chosen, seen.sort = choose(options, choice)
    lanes(seen, text)
    if options:
        by_treatment(seen, text)
        drawn.once("one by one", lambda: one_by_one(page_of(seen.shown), seen.found.treatments, text))
    drawn.once("apart", lambda: apart(seen.found, text))
    two_readers(seen, text)
    drawn.once("elsewhere", lambda: elsewhere(seen.found, text))
    drawn.once("considered", lambda: considered(seen.found, seen.beside.disease.iloc[0], text))
    take_away(seen, text)
    own(choice, text)
    drawn.once("caveats", lambda: caveats(seen.found, text))


page()
