"""The adapters by source id. A new source is one file here and one table in ``sources.toml``."""

from __future__ import annotations

from typing import Protocol

from etl.model import Answer, Purpose, Reading, Request, Terms
from etl.sources import (
    clinicaltrials_gov,
    ctis,
    eu_ctr,
    europe_pmc,
    europe_pmc_grants,
    isrctn,
    nih_reporter,
    pubmed,
    ukri_gtr,
)


class Adapter(Protocol):
    """What every file of this package offers: two pure functions and three words about itself."""

    SOURCE_ID: str
    INTERFACE: str
    QUERY_PARAMETER: str

    def ask(self, terms: Terms, purpose: Purpose) -> Request:
        """The first request of a search; ``Fault("query_refused")`` for terms that cannot be asked.

        For ``known_items`` its ``continuation`` pairs each id that must be found with its reference.
        """

    def read(self, request: Request, answer: Answer) -> Reading:
        """What an answer says; ``Fault`` for one that cannot be believed."""


ADAPTERS: dict[str, Adapter] = {
    "clinicaltrials_gov": clinicaltrials_gov,
    "ctis": ctis,
    "eu_ctr": eu_ctr,
    "isrctn": isrctn,
    "pubmed": pubmed,
    "europe_pmc": europe_pmc,
    "nih_reporter": nih_reporter,
    "ukri_gtr": ukri_gtr,
    "europe_pmc_grants": europe_pmc_grants,
}
