"""Published patients as GA4GH Phenopackets v2: one ``Cohort`` in JSON. Pure.

What is left out matters as much as what is in:

- adults by default; patients of unknown age and minors only when asked for; ages are bands;
- only what a report itself says of its patient, with its PMID, DOI or address; groups stay out;
- ``excluded`` only where a report states an absence; what was not read is not there at all;
- a patient of whom nothing is known but the report stays, without features;
- an uncertain label is an interpretation in progress, not a disease.

Findings and outcomes carry ids of Lacuna's own vocabulary (``LACUNA:``): no term of an ontology is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard.cases import (
    CONDITIONS,
    OUTCOMES,
    RELAPSES,
    Row,
    band_id,
    given,
    items,
    missing,
    records,
    single,
)

if TYPE_CHECKING:
    from phenopackets import Cohort

SCHEMA_VERSION = "2.0.2"
#: Groups of ages that may be exported; the first is the default.
ADULTS, UNKNOWN_AGE, MINORS = "adults", "unknown_age", "minors"
#: Band -> first and last year of age, as ISO 8601 durations.
_AGES = {
    "under_18": ("P0Y", "P17Y"),
    "18_39": ("P18Y", "P39Y"),
    "40_59": ("P40Y", "P59Y"),
    "60_on": ("P60Y", ""),
}
#: The code that the schema's own documentation gives for a statement in a publication.
_ECO = ("ECO:0006017", "author statement from published clinical study used in manual assertion")
_MEASURED = {
    "ck_u_per_l": ("LACUNA:creatine_kinase", "Creatine kinase", "U/L"),
    "ferritin_ng_per_ml": ("LACUNA:ferritin", "Ferritin", "ng/mL"),
    "crp_mg_per_dl": ("LACUNA:c_reactive_protein", "C-reactive protein", "mg/dL"),
}
_HOME = "https://www.orphadata.com"
_RESOURCES = (
    ("orpha", "Orphanet Rare Disease nomenclature", _HOME, "ORPHA"),
    ("atc", "Anatomical Therapeutic Chemical classification", "https://atcddd.fhi.no", "ATC"),
    ("ucum", "Unified Code for Units of Measure", "https://ucum.org", "UCUM"),
    ("eco", "Evidence and Conclusion Ontology", "https://www.evidenceontology.org", "ECO"),
    ("lacuna", "Lacuna's own vocabulary (data/datapackage.json)", "", "LACUNA"),
)


def age_group(row: Row) -> str:
    """Which group of ages a patient belongs to."""
    band = band_id(row["age_years"])
    return {"unknown": UNKNOWN_AGE, "under_18": MINORS}.get(band, ADULTS)


def chosen(patients: pd.DataFrame, groups: Sequence[str] = (ADULTS,)) -> pd.DataFrame:
    """The patients described one by one whose age is in one of the groups."""
    alone = single(patients)
    return alone[[age_group(row) in groups for row in records(alone)]]


def cohort_json(
    patients: pd.DataFrame,
    treatments: pd.DataFrame,
    disease: Mapping[str, Any],
    day: date,
    groups: Sequence[str] = (ADULTS,),
) -> bytes:
    """The cohort as JSON (UTF-8). ``disease`` has disease_id, label_en, orpha; ``day`` is the store's."""
    from google.protobuf.json_format import MessageToJson  # noqa: PLC0415  # only this file needs it

    return str(MessageToJson(cohort(patients, treatments, disease, day, groups))).encode("utf-8")


def cohort(
    patients: pd.DataFrame,
    treatments: pd.DataFrame,
    disease: Mapping[str, Any],
    day: date,
    groups: Sequence[str] = (ADULTS,),
) -> Cohort:
    """The cohort as a message of the official library; see :func:`cohort_json`."""
    from phenopackets import Cohort  # noqa: PLC0415  # only this file needs it

    told: dict[str, list[Row]] = {}
    for row in records(treatments):
        if row["source_level"] == "primary":
            told.setdefault(str(row["case_id"]), []).append(row)
    kept = records(chosen(patients, groups))
    return Cohort(
        id=f"lacuna-{disease['disease_id']}-{day.isoformat()}",
        description=f"Published patients with {disease['label_en']}, described one by one "
        f"({', '.join(groups)}). Published cases are selected: no rate can be drawn from them.",
        members=[_patient(row, told.get(str(row["case_id"]), []), disease, day) for row in kept],
        meta_data=_about([], day),
    )


def _patient(row: Row, treatments: Sequence[Row], disease: Mapping[str, Any], day: date) -> Any:
    from phenopackets import Phenopacket  # noqa: PLC0415

    packet = Phenopacket(
        id=f"lacuna-{row['case_id']}",
        subject=_subject(row),
        phenotypic_features=_features(row),
        measurements=_measurements(row),
        medical_actions=[_treated(t) for t in treatments],
        meta_data=_about([row], day),
    )
    term = _term(*_disease_term(disease))
    if row["label_certainty"] == "named_imam":
        packet.diseases.add(term=term)
    else:
        certainty = str(row["label_certainty"]).replace("_", " ")
        packet.interpretations.add(
            id=f"{row['case_id']}-label",
            progress_status="IN_PROGRESS",
            diagnosis={"disease": term},
            summary=f"Label not certain: {certainty}. {given(row['adjudication_note'])}".strip(),
        )
    return packet


def _subject(row: Row) -> Any:
    from phenopackets import Age, AgeRange, Individual, TimeElement, VitalStatus  # noqa: PLC0415

    sexes = {"female": "FEMALE", "male": "MALE"}
    subject = Individual(id=str(row["case_id"]), sex=sexes.get(str(row["sex"]), "UNKNOWN_SEX"))
    if ages := _AGES.get(band_id(row["age_years"])):
        first, last = ages
        span = AgeRange(start=Age(iso8601duration=first))
        if last:
            span.end.iso8601duration = last
        subject.time_at_last_encounter.CopyFrom(TimeElement(age_range=span))
    if row["outcome"] == "died":
        subject.vital_status.CopyFrom(VitalStatus(status="DECEASED"))
    return subject


def _features(row: Row) -> list[Any]:
    """Associated conditions, the outcome and a stated relapse; ``excluded`` only for a stated absence."""
    from phenopackets import PhenotypicFeature  # noqa: PLC0415

    found = [(code, CONDITIONS.get(code, code), "", False) for code in items(row["associated_conditions"])]
    outcome = str(row["outcome"])
    if outcome not in ("not_reported", "died"):
        found.append(
            (f"outcome_{outcome}", f"Outcome: {OUTCOMES[outcome]}", given(row["outcome_detail"]), False)
        )
    if row["relapse"] in RELAPSES:
        found.append(("relapse", "Relapse", "", row["relapse"] == "no"))
    return [
        PhenotypicFeature(
            type=_term(f"LACUNA:{code}", label),
            description=detail,
            excluded=excluded,
            evidence=[{"evidence_code": _term(*_ECO), "reference": _reference(row)}],
        )
        for code, label, detail, excluded in found
    ]


def _measurements(row: Row) -> list[Any]:
    from phenopackets import Measurement, Quantity, Value  # noqa: PLC0415

    return [
        Measurement(
            assay=_term(code, label),
            value=Value(quantity=Quantity(unit=_term(f"UCUM:{unit}", unit), value=float(row[column]))),
        )
        for column, (code, label, unit) in _MEASURED.items()
        if not missing(row[column])
    ]


def _treated(row: Row) -> Any:
    from phenopackets import MedicalAction, Treatment  # noqa: PLC0415

    code = f"ATC:{row['atc']}" if given(row["atc"]) else f"LACUNA:{row['intervention_id']}"
    return MedicalAction(treatment=Treatment(agent=_term(code, str(row["label_en"]))))


def _disease_term(disease: Mapping[str, Any]) -> tuple[str, str]:
    orpha = given(disease["orpha"])
    code = f"ORPHA:{orpha.removeprefix('ORPHA:')}" if orpha else f"LACUNA:{disease['disease_id']}"
    return code, str(disease["label_en"])


def _about(rows: Sequence[Row], day: date) -> Any:
    from google.protobuf.timestamp_pb2 import Timestamp  # noqa: PLC0415
    from phenopackets import MetaData, Resource  # noqa: PLC0415

    created = Timestamp()
    created.FromJsonString(f"{day.isoformat()}T00:00:00Z")
    resources = [
        Resource(id=key, name=name, url=url, version="not recorded", namespace_prefix=prefix)
        for key, name, url, prefix in _RESOURCES
    ]
    return MetaData(
        created=created,
        created_by="Lacuna",
        resources=resources,
        phenopacket_schema_version=SCHEMA_VERSION,
        external_references=[_reference(row) for row in rows],
    )


def _reference(row: Row) -> Any:
    """The report: its PMID, else its DOI, else its address, with the place read."""
    from phenopackets import ExternalReference  # noqa: PLC0415

    known = (("PMID", row["pmid"]), ("DOI", row["doi"]))
    code = next((f"{prefix}:{given(value)}" for prefix, value in known if given(value)), "")
    said = f"{given(row['citation_short'])}: {given(row['title'])} ({given(row['locator'])})"
    return ExternalReference(id=code or given(row["url"]), reference=given(row["url"]), description=said)


def _term(code: str, label: str) -> Any:
    from phenopackets import OntologyClass  # noqa: PLC0415

    return OntologyClass(id=code, label=label)
