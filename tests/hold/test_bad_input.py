"""Whatever a parser is given, it answers with rows or with the error that its documentation names.

Sound samples (the double's answers to every request of every source, hand-made files) are damaged in
small ways, so that most of each still reaches the code behind the parser. What a reading then holds must
fit into a snapshot and into the store: what is written once and can be read by nobody would refuse every
later build.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl import catalog as catalogs
from etl import search, snapshot, store, tables
from etl.http import Http, Identity
from etl.model import Answer, Fault, Reading, Record, Request, RowError
from etl.sources import ADAPTERS, anr, cordis, fda_orphan, ictrp, mondo, orphadata
from tests.double import SOURCES, Double
from tests.double.scenarios import imam_zero
from tests.etl.answers import answer
from tests.etl.conftest import DATA

from .spoil import WHOLE_BODIES, damaged, odd_json

NOW = datetime(2026, 11, 23, 12)
BOUNDED = settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
#: Samples of one source: of each kind of request the first few are enough.
MOST_SAMPLES = 12


@cache
def samples(source_id: str) -> tuple[tuple[Request, Answer], ...]:
    """Every kind of request that a refresh sends to a source, with the double's answer."""
    catalog = catalogs.load(DATA)
    kept: dict[tuple[str, str, str], tuple[Request, Answer]] = {}

    class Kept(Http):
        def ask(self, request: Request, read: Any, *, anew: bool = False) -> tuple[Answer, Reading]:
            answered, reading = super().ask(request, read, anew=anew)
            if answered.status != 200:
                return answered, reading  # an empty answer of that source; the readers below are given 200
            kind = (request.path[:12], request.purpose, request.method)
            kept.setdefault(kind, (request, answered))
            if reading.records:  # one that holds something is worth more
                kept[kind] = (request, answered)
            return answered, reading

    import tempfile

    with Double(imam_zero()) as double, tempfile.TemporaryDirectory() as folder:
        source = catalog.sources[source_id]
        http = Kept({source_id: source}, Path(folder), Identity("test"), environ=double.environ())
        try:
            terms = {d: catalogs.terms(catalog, d) for d in ("imam", "dm")}
            search.gather(http, [source], terms, "s1", now=lambda: NOW)
        finally:
            http.close()
    return tuple(kept.values())[:MOST_SAMPLES]


@cache
def empty_store() -> duckdb.DuckDBPyConnection:
    """A store without rows, for asking whether one would fit."""
    connection = duckdb.connect()
    for declared in tables.TABLES:
        connection.execute(tables.ddl(declared))
    connection.execute((Path(store.__file__).parent / "schema.sql").read_text(encoding="utf-8"))
    sources = catalogs.load(DATA).sources.values()
    store._insert_rows(connection, "source", [store._source_row(source) for source in sources])
    return connection


def refuse_unfit(records: tuple[Record, ...]) -> None:
    """Fail where a record is not what it becomes when it is written, or where the store cannot hold it."""
    for record in records:
        line = json.dumps(snapshot._plain(record), ensure_ascii=False).encode()
        assert repr(snapshot._typed(Record, json.loads(line))) == repr(record)
    rows = [store._record_row("s1", r) for r in {(r.source_id, r.record_id): r for r in records}.values()]
    connection = empty_store()
    connection.execute("DELETE FROM record")
    store._insert_rows(connection, "record", rows)


def read(source_id: str, request: Request, body: bytes, content_type: str) -> Reading | None:
    """What the search understands of a body; ``None`` for a fault. Everything else is a failure."""
    adapter = ADAPTERS[source_id]
    lane = search._Lane(None, None, adapter, "s1", lambda: NOW, print, None)  # type: ignore[arg-type]
    try:
        reading = lane._read(request, answer(body, content_type=content_type))
    except Fault:
        return None
    refuse_unfit(reading.records)
    for number in (reading.total, reading.register_size):
        assert number is None or 0 <= number < 2**63
    for text in (*reading.ids, reading.echo, reading.data_version):
        text.encode()
    assert len(reading.then) <= search.MOST_REQUESTS
    return reading


@pytest.mark.parametrize("source_id", SOURCES)
@BOUNDED
@given(data=st.data())
def test_an_adapter_reads_any_body_or_says_which_fault_it_has(source_id: str, data: st.DataObject) -> None:
    request, sound = data.draw(st.sampled_from(samples(source_id)))
    is_json = sound.body.lstrip()[:1] in (b"{", b"[")
    body = data.draw(st.one_of(damaged(sound.body), odd_json(sound.body)) if is_json else damaged(sound.body))
    read(source_id, request, body, sound.content_type)


@pytest.mark.parametrize("source_id", SOURCES)
def test_an_adapter_reads_its_own_samples(source_id: str) -> None:
    """Otherwise nothing above would reach a reader."""
    found = [read(source_id, request, a.body, a.content_type) for request, a in samples(source_id)]
    assert len(found) >= 3 and None not in found
    assert any(reading.records for reading in found if reading)


@pytest.mark.parametrize("name", WHOLE_BODIES)
@pytest.mark.parametrize("source_id", SOURCES)
def test_no_body_made_to_hurt_is_a_number(source_id: str, name: str) -> None:
    for request, sound in samples(source_id):
        reading = read(source_id, request, WHOLE_BODIES[name], sound.content_type)
        assert reading is None or (reading.total is None and not any(r.amount for r in reading.records))


# --- files --------------------------------------------------------------------------------------

_ICTRP_XML = """<?xml version="1.0" encoding="UTF-8"?><Trials_downloaded_from_ICTRP>
<Trial><TrialID>NCT99000001</TrialID><Public_title>Made-up trial</Public_title>
<Condition>Polymyositis</Condition><Date_registration>1/2/2024</Date_registration>
<Target_size>20</Target_size><Export_date>11/20/2026 1:00:00 AM</Export_date></Trial>
</Trials_downloaded_from_ICTRP>"""
_ICTRP_CSV = (
    "TrialID,Public title,Condition,Target size,Date enrollement,Export date\n"
    'NCT99000001,"Made-up, trial",Polymyositis,20,2024-05-01,11/20/2026 1:00:00 AM\n'
)
_SSSOM = (
    "#mapping_set_version: 2026-11-01\n"
    "subject_id\tsubject_label\tpredicate_id\tobject_id\n"
    "MONDO:0019127\tpolymyositis\tskos:exactMatch\tOrphanet:732\n"
)
_ORPHADATA = """<?xml version="1.0" encoding="UTF-8"?><JDBOR date="2026-06-01"><DisorderList count="1">
<Disorder><OrphaCode>732</OrphaCode><Name lang="en">Polymyositis</Name><PrevalenceList><Prevalence>
<PrevalenceType><Name>Point prevalence</Name></PrevalenceType><ValMoy>7.1</ValMoy>
</Prevalence></PrevalenceList></Disorder></DisorderList></JDBOR>"""


def header(needed: Any) -> str:
    return ";".join(spellings[0] for spellings in needed)


def fda_rows(stream: io.BytesIO) -> Iterator[object]:
    return fda_orphan.rows(stream, "2026-11-01")


#: Reader of a file, and a sound file or what of one the reader understands.
FILES: dict[str, tuple[Callable[[io.BytesIO], Any], bytes]] = {
    "ictrp XML": (ictrp.rows, _ICTRP_XML.encode()),
    "ictrp CSV": (ictrp.rows, _ICTRP_CSV.encode()),
    "ictrp day of the XML": (ictrp.exported_on, _ICTRP_XML.encode()),
    "ictrp day of the CSV": (ictrp.exported_on, _ICTRP_CSV.encode()),
    "cordis": (cordis.rows, b'id;acronym;title;startDate\n"101000001";"X";"Made-up";"2024-01-01"\n'),
    "anr": (anr.rows, b'Projet.Code_Decision_ANR;Projet.Titre.Francais\n"ANR-21-CE17-0001";"Essai"\n'),
    "fda_orphan": (
        fda_rows,
        b"Generic Name,Date Designated,Orphan Designation\nTestumab,01/02/2020,Myositis\n",
    ),
    "mondo": (mondo.rows, _SSSOM.encode()),
    "orphadata names": (orphadata.disorders, _ORPHADATA.encode()),
    "orphadata numbers": (orphadata.epidemiologies, _ORPHADATA.encode()),
}


def read_file(name: str, content: bytes) -> list[object]:
    """The rows of a file, up to its fault if it has one. Everything else is a failure."""
    reader, _ = FILES[name]
    rows: list[object] = []
    with suppress(Fault):
        rows.extend(reader(io.BytesIO(content)))
    refuse_unfit(tuple(row for row in rows if isinstance(row, Record)))
    return rows


@pytest.mark.parametrize("name", FILES)
@BOUNDED
@given(data=st.data())
def test_a_file_reader_gives_rows_or_says_what_is_wrong(name: str, data: st.DataObject) -> None:
    read_file(name, data.draw(damaged(FILES[name][1])))


@pytest.mark.parametrize("body", WHOLE_BODIES)
@pytest.mark.parametrize("name", FILES)
def test_a_file_made_to_hurt_holds_no_record(name: str, body: str) -> None:
    assert not [r for r in read_file(name, WHOLE_BODIES[body]) if not isinstance(r, RowError)]


# --- the hand-kept files --------------------------------------------------------------------------


@BOUNDED
@given(data=st.data())
def test_a_hand_kept_table_is_read_or_its_mistakes_are_told(data: st.DataObject) -> None:
    declared = data.draw(st.sampled_from(tables.TABLES))
    content = (DATA / declared.file).read_bytes()[:20_000]
    _, mistakes = catalogs.read_table(declared, data.draw(damaged(content)))
    for mistake in mistakes:
        assert mistake.line >= 1 and mistake.problem and str(mistake)


@BOUNDED
@given(data=st.data())
def test_the_file_of_sources_is_read_or_its_mistakes_are_told(data: st.DataObject) -> None:
    content = (DATA / catalogs.SOURCES_FILE).read_bytes()
    catalogs.read_sources(data.draw(damaged(content[:6_000])))


@pytest.mark.parametrize("body", WHOLE_BODIES)
def test_a_hand_kept_file_made_to_hurt_is_a_mistake(body: str) -> None:
    assert catalogs.read_table(tables.TABLES[0], WHOLE_BODIES[body])[1]
    sources, mistakes = catalogs.read_sources(b"a = " + WHOLE_BODIES[body])
    assert mistakes and not sources


# --- snapshots ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound snapshot of one real run against the double."""
    catalog = catalogs.load(DATA)
    root = tmp_path_factory.mktemp("snapshots")
    with Double(imam_zero()) as double:
        source = catalog.sources["clinicaltrials_gov"]
        http = Http({source.source_id: source}, root / "answers", Identity("t"), environ=double.environ())
        found = search.gather(
            http, [source], {"imam": catalogs.terms(catalog, "imam")}, "s1", now=lambda: NOW
        )
        http.close()
    receipt = snapshot.Receipt("s1", NOW, NOW, "t", catalog.sha256)
    return snapshot.write(root, receipt, found.searches, found.controls, found.records, found.matches)


@BOUNDED
@given(data=st.data())
def test_a_damaged_snapshot_is_refused(written: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(sorted(written.iterdir())))
    sound = file.read_bytes()
    content = data.draw(st.one_of(damaged(sound), st.sampled_from(list(WHOLE_BODIES.values()))))
    file.write_bytes(content)
    try:
        read_back = snapshot.read(written)
    except snapshot.SnapshotError as error:
        assert any(other.name in str(error) for other in written.iterdir())
    else:
        assert content == sound or file.name == snapshot.RECEIPT_FILE, read_back
    finally:
        file.write_bytes(sound)


def test_a_shared_snapshot_that_unpacks_without_end_is_refused(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MOST_BYTES", 2**21)
    folder = tmp_path / "s1"
    folder.mkdir()
    receipt = json.loads((written / snapshot.RECEIPT_FILE).read_text())
    (folder / snapshot.RECEIPT_FILE).write_text(json.dumps({**receipt, "redistributable": True}))
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(snapshot.MOST_BYTES // 2**20 + 1))
    (folder / "searches.jsonl.gz").write_bytes(bomb + packer.flush())
    with pytest.raises(snapshot.SnapshotError, match="larger than"):
        snapshot.read(folder)
