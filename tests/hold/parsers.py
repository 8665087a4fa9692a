"""Every function that takes in what others wrote, with sound samples of it and the one error it documents.

The list is data: what damages, what fills the memory and what measures (``tests.bench_parsers``) all go
through it, and ``test_bad_input`` fails for a reader of ``etl`` or ``dashboard`` that does not stand here.
"""

from __future__ import annotations

import importlib
import inspect
import io
import pkgutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

import dashboard
import etl
from dashboard import yours
from etl import catalog as catalogs
from etl import check, search, tables
from etl.http import Http, Identity
from etl.masking import Masking
from etl.model import Answer, Fault, Reading, Request
from etl.sources import ADAPTERS, anr, cordis, fda_orphan, ictrp, mondo, open_targets, orphadata
from tests.double import SOURCES, Double
from tests.double.scenarios import imam_zero
from tests.etl.answers import answer
from tests.etl.conftest import DATA

NOW = datetime(2026, 11, 23, 12)
#: Samples of one source: of each kind of request the first few are enough.
MOST_SAMPLES = 12


@dataclass(frozen=True)
class Parser:
    """One reader and one sound body. ``read`` lets every exception through but the documented one.

    ``stream`` reads the same from a file; a body in memory has none.
    """

    function: str
    what: str
    form: str
    sound: bytes
    read: Callable[[bytes], object]
    stream: Callable[[BinaryIO], object] | None = None

    @property
    def name(self) -> str:
        return f"{self.function.removeprefix('etl.').removeprefix('sources.')} {self.what}".strip()


# --- answers --------------------------------------------------------------------------------------


@cache
def samples(source_id: str) -> tuple[tuple[Request, Answer], ...]:
    """Every kind of request that a refresh sends to a source, with the double's answer."""
    catalog = catalogs.load(DATA)
    kept: dict[tuple[str, ...], tuple[Request, Answer]] = {}

    class Kept(Http):
        def ask(self, request: Request, read: Any, *, anew: bool = False) -> tuple[Answer, Reading]:
            answered, reading = super().ask(request, read, anew=anew)
            if answered.status != 200:
                return answered, reading  # an empty answer of that source; the readers below are given 200
            kind = (request.path[:12], request.purpose, request.method)
            kept.setdefault(kind, (request, answered))
            if reading.records:  # one that holds something is worth more
                kept[kind] = (request, answered)
            longest = (*kind, "longest")
            if len(answered.body) > len(kept.get(longest, kept[kind])[1].body):
                kept[longest] = (request, answered)
            return answered, reading

    with Double(imam_zero()) as double, tempfile.TemporaryDirectory() as folder:
        source = catalog.sources[source_id]
        http = Kept({source_id: source}, Path(folder), Identity("test"), environ=double.environ())
        try:
            terms = {d: catalogs.terms(catalog, d) for d in ("imam", "dm")}
            search.gather(http, [source], terms, "s1", now=lambda: NOW)
        finally:
            http.close()
    return tuple(kept.values())[:MOST_SAMPLES]


def understood(source_id: str, request: Request, content_type: str, body: bytes) -> Reading | None:
    """What the search understands of a body; ``None`` for a fault."""
    lane = search._Lane(None, None, ADAPTERS[source_id], "s1", lambda: NOW, print, None)  # type: ignore[arg-type]
    with suppress(Fault):
        return lane._read(request, answer(body, content_type=content_type))
    return None


def form_of(body: bytes) -> str:
    """What the bodies made from a sample are made of."""
    if body.lstrip()[:1] in (b"{", b"["):
        return "json"
    return "xml" if body.lstrip().startswith(b"<") else "text"


def _of_adapters() -> Iterator[Parser]:
    for source_id in SOURCES:
        for request, sound in samples(source_id):
            what = f"{request.purpose} {request.path[:12]}"
            read = partial(understood, source_id, request, sound.content_type)
            function = f"etl.sources.{source_id}.read"
            yield Parser(function, what, form_of(sound.body), sound.body, read)


_DISORDER = (
    b'{"__licence": {}, "data": {"results": {"ORPHAcode": 732, "Preferred term": "Polymyositis",'
    b' "Date": "2026-06-01", "DisorderGroup": "Disorder", "Typology": "Disease", "Synonym": ["PM"],'
    b' "ExternalReference": [{"Source": "MONDO", "Reference": "19127", "DisorderMappingRelation": "E (x)"}],'
    b' "Prevalence": [{"PrevalenceType": "Point prevalence", "ValMoy": "7.1",'
    b' "PrevalenceGeographic": "Europe", "PrevalenceClass": "1-9 / 100 000",'
    b' "PrevalenceQualification": "Value and class", "Source": "1[PMID]",'
    b' "PrevalenceValidationStatus": "Validated"}], "hch_tag": "156", "parents": [1], "childs": [2]}}}'
)
_OLS = (
    b'{"response": {"numFound": 1, "docs": [{"obo_id": "MONDO:0019127", "label": "polymyositis",'
    b' "exact_synonyms": ["PM"]}]}}'
)
_CANDIDATES = (
    b'{"data": {"disease": {"id": "MONDO_0019127", "name": "polymyositis", "drugAndClinicalCandidates":'
    b' {"count": 1, "rows": [{"id": "1",'
    b' "maxClinicalStage": "PHASE2", "drug": {"id": "C1", "name": "X"}}]}}}}'
)
_HITS = b'{"data": {"search": {"hits": [{"id": "MONDO_0019127", "name": "polymyositis"}]}}}'


def _asked(phrase: str, disease: str = "") -> Request:
    carried = (("id", disease), ("orpha", "732"), ("name", phrase))
    params = (("q", phrase),)
    return Request("x", "records", "/x", params, continuation=carried, phrases=(phrase,))


def _of_ontologies() -> Iterator[Parser]:
    """What ``add-disease`` and the curators ask: one JSON object a question."""
    named = Request(
        "x", "records", "/rd-cross-referencing/orphacodes/names/x", continuation=_asked("PM").continuation
    )
    readers: tuple[tuple[Any, str, Request, bytes], ...] = (
        (orphadata.read_disorder, "", _asked("PM"), _DISORDER),
        (orphadata.read_places, "", _asked("PM"), _DISORDER),
        (orphadata.read_epidemiology, "", _asked("PM"), _DISORDER),
        (orphadata.read, "figures", _asked("PM"), _DISORDER),
        (orphadata.read, "name", named, _DISORDER),
        (mondo.read, "", _asked("polymyositis"), _OLS),
        (open_targets.read, "candidates", _asked("polymyositis", "MONDO_0019127"), _CANDIDATES),
        (open_targets.read, "hits", _asked("polymyositis"), _HITS),
        (open_targets.candidates, "", _asked("polymyositis", "MONDO_0019127"), _CANDIDATES),
    )  # fmt: skip
    for reader, what, request, sound in readers:
        yield Parser(
            f"{reader.__module__}.{reader.__name__}", what, "json", sound, partial(_answered, reader, request)
        )


def _answered(reader: Any, request: Request, body: bytes) -> object:
    with suppress(Fault):
        return reader(request, answer(body))
    return None


# --- files ----------------------------------------------------------------------------------------

_ICTRP_XML = """<?xml version="1.0" encoding="UTF-8"?>
<Trials_downloaded_from_ICTRP>
<Trial><TrialID>NCT99000001</TrialID><Public_title>Made-up trial</Public_title>
<Condition>Polymyositis</Condition><Date_registration>1/2/2024</Date_registration>
<Target_size>20</Target_size><Export_date>11/20/2026 1:00:00 AM</Export_date></Trial>
</Trials_downloaded_from_ICTRP>"""
_ICTRP_CSV = (
    "TrialID,Public title,Condition,Intervention,Phase,Study type,Target size,Date enrollement,Export date\n"
    'NCT99000001,"Made-up, trial",Polymyositis,Drug: X;Y,Phase 2,Interventional,20,2024-05-01,'
    "11/20/2026 1:00:00 AM\n"
)
_CORDIS = (
    "id;acronym;title;objective;ecMaxContribution;frameworkProgramme;startDate;keywords\n"
    '"101000001";"X";"Made-up";"Aim";"1000,50";"HORIZON";"2024-01-01";"a,b"\n'
)
_ANR = (
    "Projet.Code_Decision_ANR;Projet.Titre.Francais;Projet.Titre.Anglais;Projet.Resume.Francais;"
    "Projet.Resume.Anglais;Projet.Montant.AF.Aide_allouee.ANR;AAP.Edition;Projet.T0 scientifique\n"
    '"ANR-21-CE17-0001";"Essai";"Trial";"Un";"One";"1000,5";"2021";"01/02/2021"\n'
)
_FDA_NAMES = (
    "CF Grid Key,Generic Name,Trade Name,Date Designated,Orphan Designation,Orphan Designation Status,"
    "Approved Labeled Indication,Sponsor Company"
)
_FDA_CELLS = ("123456", "Testumab", "Testa", "01/02/2020", "Myositis", "Designated", "Myositis", "Maker")
_FDA_CSV = f"{_FDA_NAMES}\n{','.join(_FDA_CELLS)}\n"
_FDA_PAGE = "<html><table>\n{}\n{}\n</table></html>".format(
    *(f"<tr>{''.join(f'<td>{c}</td>' for c in cells)}</tr>" for cells in (_FDA_NAMES.split(","), _FDA_CELLS))
)
_SSSOM = (
    "#mapping_set_version: https://example.org/releases/2026-11-01/x\n"
    "subject_id\tsubject_label\tpredicate_id\tobject_id\n"
    "MONDO:0019127\tpolymyositis\tskos:exactMatch\tOrphanet:732\n"
)
_ORPHADATA = """<?xml version="1.0" encoding="UTF-8"?><JDBOR date="2026-06-01"><DisorderList count="1">
<Disorder><OrphaCode>732</OrphaCode><Name lang="en">Polymyositis</Name><SynonymList><Synonym>PM</Synonym>
</SynonymList><ExternalReferenceList><ExternalReference><Source>MONDO</Source><Reference>19127</Reference>
</ExternalReference></ExternalReferenceList><PrevalenceList><Prevalence>
<PrevalenceType><Name>Point prevalence</Name></PrevalenceType><ValMoy>7.1</ValMoy>
</Prevalence></PrevalenceList></Disorder></DisorderList></JDBOR>"""


def fda_rows(stream: BinaryIO) -> Iterator[object]:
    return fda_orphan.rows(stream, "2026-11-01")


#: Name -> reader of a file, the function behind it, the form, a sound file.
FILES: dict[str, tuple[Callable[[BinaryIO], Any], str, str, bytes]] = {
    "ictrp XML": (ictrp.rows, "ictrp.rows", "xml", _ICTRP_XML.encode()),
    "ictrp CSV": (ictrp.rows, "ictrp.rows", "csv", _ICTRP_CSV.encode()),
    "ictrp day of the XML": (ictrp.exported_on, "ictrp.exported_on", "xml", _ICTRP_XML.encode()),
    "ictrp day of the CSV": (ictrp.exported_on, "ictrp.exported_on", "csv", _ICTRP_CSV.encode()),
    "ictrp kind": (ictrp.is_full_export, "ictrp.is_full_export", "csv", _ICTRP_CSV.encode()),
    "cordis": (cordis.rows, "cordis.rows", "csv", _CORDIS.encode()),
    "anr": (anr.rows, "anr.rows", "csv", _ANR.encode()),
    "fda_orphan CSV": (fda_rows, "fda_orphan.rows", "csv", _FDA_CSV.encode()),
    "fda_orphan page": (fda_rows, "fda_orphan.rows", "html", _FDA_PAGE.encode()),
    "mondo": (mondo.rows, "mondo.rows", "csv", _SSSOM.encode()),
    "orphadata names": (orphadata.disorders, "orphadata.disorders", "xml", _ORPHADATA.encode()),
    "orphadata numbers": (orphadata.epidemiologies, "orphadata.epidemiologies", "xml", _ORPHADATA.encode()),
}


def read_stream(reader: Callable[[BinaryIO], Any], stream: BinaryIO) -> int:
    """How many rows a file gave before its end or its fault; a row is let go before the next."""
    given = 0
    with suppress(Fault):
        for _ in iter(found) if not isinstance(found := reader(stream), bool | str) else ():
            given += 1
    return given


def _of_files() -> Iterator[Parser]:
    for name, (reader, function, form, sound) in FILES.items():
        stream = partial(read_stream, reader)
        yield Parser(
            f"etl.sources.{function}", name, form, sound, lambda body, s=stream: s(io.BytesIO(body)), stream
        )


# --- files of our own -----------------------------------------------------------------------------


@cache
def known() -> yours.Known:
    """Just enough of a store for a reader's own files to refer to."""

    def frame(name: str, *ids: str) -> pd.DataFrame:
        declared = tables.table(name)
        return pd.DataFrame(
            [dict.fromkeys((c.name for c in declared.columns), "") | {declared.key[0]: i} for i in ids]
        )

    return yours.Known(
        frame("reference", "hara2010"),
        frame("study", "hara2010").assign(disease_id="imam", reference_id="hara2010"),
        frame("intervention", "prednisone").assign(class_id="x"),
        frame("disease", "imam"),
        frame("case_", "there"),
    )  # fmt: skip


def _case() -> bytes:
    cells = {
        **{"case_id": "generated_1", "study_id": "hara2010", "n": "1", "age_years": "30", "sex": "female"},
        **{"outcome": "improved", "outcome_extractor_a": "improved", "relapse": "not_reported"},
        **{"label_certainty": "named_imam", "locator": "generated", "adjudication": "single_extractor"},
        "confidence": "low",
    }
    names = [c.name for c in tables.table("case_").columns]
    return f"{','.join(names)}\n{','.join(cells.get(n, '') for n in names)}\n".encode()


def _of_own() -> Iterator[Parser]:
    case = tables.table("case_")
    yield Parser("etl.check.read_table", "", "csv", _case(), partial(check.read_table, case))
    yield Parser(
        "dashboard.yours.read",
        "",
        "csv",
        _case(),
        lambda body: yours.read([("a.csv", body)], known(), "imam"),
    )
    toml = (DATA / catalogs.SOURCES_FILE).read_bytes()
    yield Parser("etl.catalog.read_sources", "", "toml", toml, catalogs.read_sources)
    masking = Masking(("s3cr3t", "me@example.org"))
    yield Parser("etl.masking.body", "", "json", b'{"ip": "10.0.0.1", "a": "x"}', masking.body)
    page = b"<html><p>Your IP address is 10.0.0.1</p></html>"
    yield Parser("etl.masking.body", "page", "html", page, lambda body: masking.body(body, "text/html"))


@cache
def parsers() -> tuple[Parser, ...]:
    """All of them, each with one sound body."""
    return (*_of_adapters(), *_of_ontologies(), *_of_files(), *_of_own())


#: Readers of whole folders or files by path, each with the test that damages what lies there.
BY_PATH = {
    "etl.catalog.load": "test_a_hand_kept_table_is_read_or_its_mistakes_are_told",
    "etl.snapshot.read": "test_a_damaged_snapshot_is_refused",
    "etl.add_disease.mistakes": "test_a_damaged_draft_is_told",
    "etl.import_file.read_files": "test_any_file_is_imported_or_refused_by_name",
    "etl.http.Http.ask": "test_damaged_kept_answers_are_asked_again_or_told",
    "etl.health.told": "test_a_damaged_store_is_told_in_one_line",
    "dashboard.filters": "test_any_address_is_a_choice",
}


def readers() -> set[str]:
    """Every public function of the project that is given what others wrote: bytes, a file or an answer."""
    found = set()
    for package in (etl, dashboard):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name.rpartition(".")[2].startswith("_"):
                continue  # shared by readers, and read through them
            for name, function in vars(importlib.import_module(info.name)).items():
                own = inspect.isfunction(function) and function.__module__ == info.name
                if own and not name.startswith("_") and _takes_in(function):
                    found.add(f"{info.name}.{name}")
    return found


def _takes_in(function: Callable[..., object]) -> bool:
    given = {name: str(kind) for name, kind in function.__annotations__.items() if name != "return"}
    return any(word in kind for kind in given.values() for word in ("Answer", "BinaryIO", "bytes"))
