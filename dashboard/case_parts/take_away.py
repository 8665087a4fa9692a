"""Files in the standards of others: phenopackets of the patients, references for their managers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from dashboard import cases, drawn, queries
from dashboard.case_parts.seen import Seen
from dashboard.export import phenopackets, references
from dashboard.queries import Cases
from dashboard.queries.patients import Beside
from dashboard.text import Text


class Packets(NamedTuple):
    """Who can be taken away as phenopackets, and what they are made of."""

    counts: Counter[str]
    alone: int
    found: Cases
    beside: Beside
    day: date


def take_away(seen: Seen, text: Text) -> None:
    """Files in the standards of others: phenopackets of the patients, references for their managers."""
    _ = text.gettext
    packets = drawn.once("packets", lambda: _counted(seen))
    if packets.beside.references.empty:
        return
    disease = packets.beside.disease.iloc[0].to_dict()
    with st.expander(_("Take away: phenopackets and references"), icon=":material/download:"):
        if len(packets.found.patients):
            _packets(packets, disease, text)
        with st.container(horizontal=True):
            held = packets.beside.references
            _file(_("References (RIS)"), partial(references.ris, held), "ris", disease)
            _file(_("References (BibTeX)"), partial(references.bibtex, held), "bib", disease)


def _counted(seen: Seen) -> Packets:
    alone = cases.records(cases.single(seen.found.patients)[["age_years"]])
    counts = Counter(phenopackets.age_group(row) for row in alone)
    day = queries.receipt()["as_of"].iloc[0].date()
    return Packets(counts, len(alone), seen.found, seen.beside, day)


def _packets(packets: Packets, disease: Mapping[Any, object], text: Text) -> None:
    _ = text.gettext
    groups = [phenopackets.ADULTS]
    more = {
        phenopackets.UNKNOWN_AGE: _("Also {n} of unknown age"),
        phenopackets.MINORS: _("Also {n} under 18"),
    }
    said = text.ngettext(
        "{n} known adult of {{m}} patients described one by one; ages are bands.",
        "{n} known adults of {{m}} patients described one by one; ages are bands.",
        packets.counts[phenopackets.ADULTS],
    )
    st.markdown(said.format(m=text.number(packets.alone)))
    for group, label in more.items():
        n = packets.counts[group]
        if n and st.checkbox(label.format(n=text.number(n)), key=f"packets-{group}"):
            groups.append(group)
    found = packets.found
    made = partial(phenopackets.cohort_json, found.patients, found.treatments, disease, packets.day, groups)
    _file(_("Patients (GA4GH Phenopackets v2, JSON)"), made, "phenopackets.json", disease)


def _file(label: str, made: Callable[[], bytes], kind: str, disease: Mapping[Any, object]) -> None:
    st.download_button(
        label,
        made,
        file_name=f"lacuna-cases-{disease['disease_id']}.{kind}",
        on_click="ignore",
        key=f"take-{kind}",
        icon=":material/download:",
    )
