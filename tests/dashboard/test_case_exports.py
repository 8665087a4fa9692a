"""Phenopackets that the official library reads back; references that a reader of RIS and BibTeX finds."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from google.protobuf.json_format import Parse
from phenopackets import Cohort, Individual, VitalStatus

from dashboard import queries
from dashboard.export import phenopackets as packets
from dashboard.export import references
from dashboard.queries import Cases
from dashboard.queries import patients as asked

DAY = date(2026, 11, 23)
ALL = (packets.ADULTS, packets.UNKNOWN_AGE, packets.MINORS)


@pytest.fixture
def found(embedded: Path) -> Cases:
    return queries.cases("imam")


def disease() -> dict[str, object]:
    return asked.beside("imam").disease.iloc[0].to_dict()


def exported(found: Cases, *groups: str) -> Cohort:
    """What the official library reads from the file; it refuses a field that the schema does not have."""
    content = packets.cohort_json(
        found.patients, found.treatments, disease(), DAY, groups or (packets.ADULTS,)
    )
    return Parse(content, Cohort())


def test_the_file_comes_back_as_it_went(found: Cases) -> None:
    made = packets.cohort(found.patients, found.treatments, disease(), DAY, ALL)
    assert exported(found, *ALL) == made
    assert len(made.members) == 8, "every patient described one by one, no group"


def test_what_the_schema_requires_is_there(found: Cases) -> None:
    for packet in exported(found, *ALL).members:
        assert packet.id
        assert packet.subject.id
        assert packet.meta_data.created_by
        assert packet.meta_data.created.seconds
        assert packet.meta_data.phenopacket_schema_version == "2.0.2"
        prefixes = {resource.namespace_prefix for resource in packet.meta_data.resources}
        assert set(re.findall(r'"id": "([A-Z]+):', json.dumps(_terms(packet)))) <= prefixes
        assert packet.meta_data.external_references[0].reference.startswith("http")


def _terms(packet: object) -> list[dict[str, str]]:
    terms = [f.type for f in packet.phenotypic_features] + [d.term for d in packet.diseases]  # type: ignore[attr-defined]
    terms += [a.treatment.agent for a in packet.medical_actions] + [m.assay for m in packet.measurements]  # type: ignore[attr-defined]
    assert all(t.id and t.label for t in terms)
    return [{"id": t.id} for t in terms]


def test_adults_by_default_and_ages_as_bands(found: Cases) -> None:
    adults = {packet.subject.id: packet.subject for packet in exported(found).members}
    assert set(adults) == {"xiang2011_1", "kim2022_1"}
    ages = adults["kim2022_1"].time_at_last_encounter.age_range
    assert (ages.start.iso8601duration, ages.end.iso8601duration) == ("P18Y", "P39Y")
    everybody = packets.cohort_json(found.patients, found.treatments, disease(), DAY, ALL).decode()
    assert not re.search(r"P(44|30|15|11)Y", everybody), "no exact age"


def test_silence_is_not_exclusion(found: Cases) -> None:
    for packet in exported(found, *ALL).members:
        assert not any(feature.excluded for feature in packet.phenotypic_features)
        assert not any(feature.type.id == "LACUNA:relapse" for feature in packet.phenotypic_features)
    stated = found.patients.assign(relapse="no")
    told = Parse(packets.cohort_json(stated, found.treatments, disease(), DAY), Cohort())
    for packet in told.members:
        assert [f.excluded for f in packet.phenotypic_features if f.type.id == "LACUNA:relapse"] == [True]


def test_a_case_without_features_stays(found: Cases) -> None:
    members = {p.subject.id: p for p in exported(found, *ALL).members}
    bare = found.patients.assign(associated_conditions=None, outcome="not_reported", relapse="not_reported")
    told = Parse(packets.cohort_json(bare, found.treatments.iloc[:0], disease(), DAY, ALL), Cohort())
    assert {p.subject.id for p in told.members} == set(members)
    assert all(not p.phenotypic_features and not p.medical_actions for p in told.members)


def test_only_what_the_report_says_of_its_patient(found: Cases) -> None:
    members = {p.subject.id: p for p in exported(found, *ALL).members}
    agents = [a.treatment.agent.label for a in members["kim2022_1"].medical_actions]
    assert "Azathioprine" not in agents
    assert "Tacrolimus" not in agents
    assert not members["kim2022_1"].diseases, "an uncertain label is no disease"
    assert members["kim2022_1"].interpretations[0].diagnosis.disease.id == "ORPHA:247718"
    assert members["carrera2006_1"].diseases[0].term.id == "ORPHA:247718"
    evidence = members["carrera2006_1"].phenotypic_features[0].evidence[0]
    assert evidence.reference.id.startswith(("PMID:", "DOI:"))
    assert members["bouzidi2015_1"].subject.vital_status.status == VitalStatus.DECEASED
    assert members["hara2010_2"].subject.vital_status == Individual().vital_status


def test_every_reference_becomes_one_record(embedded: Path) -> None:
    rows = asked.beside("imam").references
    ris = references.ris(rows).decode()
    records = [r for r in ris.split("ER  - \r\n") if r.strip()]
    assert len(records) == len(rows) > 40
    assert [re.search(r"^ID  - (.*)\r$", r, re.M)[1] for r in records] == list(rows["reference_id"])  # type: ignore[index]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in ris.split("\r\n") if line)
    assert "AU  - " not in ris, "no author is made up"
    bibtex = references.bibtex(rows).decode()
    assert re.findall(r"^@\w+\{(.*),$", bibtex, re.M) == list(rows["reference_id"])
    assert bibtex.count("{") == bibtex.count("}")


def test_what_evidence_holds_cannot_break_a_record(embedded: Path) -> None:
    row = (
        asked.beside("imam")
        .references.iloc[:1]
        .assign(title="A\nER  - \n{\\evil} 5 % & _x_", url="https://x/{a}")
    )
    assert references.ris(row).decode().count("\r\nER  - ") == 1
    assert r"\{\textbackslash{}evil\} 5 \% \& \_x\_" in references.bibtex(row).decode()
    assert "https://x/%7Ba%7D" in references.bibtex(row).decode()
