"""What sources are said to answer: a claim without a rule would let found records read as none."""

from __future__ import annotations

import re
from pathlib import Path

from etl import catalog
from etl.sources import ADAPTERS

from .conftest import DATA

VIEWS = (Path(__file__).parents[2] / "etl/views.sql").read_text(encoding="utf-8")


def test_every_answer_that_a_live_source_claims_has_a_rule_in_the_views():
    view = VIEWS.split("CREATE VIEW record_answer AS", 1)[1].split(";", 1)[0]
    ruled = set(re.findall(r"SELECT '(\w+)'", view))
    claimed = {
        (source.source_id, question)
        for source in catalog.load(DATA).sources.values()
        if source.adapter in ADAPTERS
        for question in source.answers
    }
    assert claimed
    assert {pair for pair in claimed if pair[1] not in ruled} == set()
