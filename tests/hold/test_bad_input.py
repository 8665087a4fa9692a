"""Whatever a parser is given, it answers with rows or with the error that its documentation names.

Sound samples (the double's answers to every request of every source, hand-made files) are damaged in
small ways, so that most of each still reaches the code behind the parser. What a reading then holds must
fit into a snapshot and into the store: what is written once and can be read by nobody would refuse every
later build.
"""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import zipfile
import zlib
from contextlib import closing, suppress
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard import filters, yours
from dashboard.text import LANGUAGES
from etl import add_disease, health, import_file, search, snapshot, store, tables
from etl import catalog as catalogs
from etl.http import AnswersNotKept, Http, Identity
from etl.model import Fault, Reading, Record, Request, RowError
from etl.sources import ADAPTERS
from tests.double import SOURCES, Double
from tests.double.scenarios import imam_zero
from tests.etl.answers import answer, imam
from tests.etl.conftest import DATA
from tests.etl.conftest import NOW as BUILT

from .parsers import BY_PATH, FILES, NOW, Parser, known, parsers, readers, samples
from .spoil import WHOLE_BODIES, damaged, odd_json

BOUNDED = settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
#: For what opens files, sessions or processes.
FEW = settings(BOUNDED, max_examples=25)


# --- which parsers there are ----------------------------------------------------------------------


def test_every_reader_of_what_others_wrote_is_on_the_list() -> None:
    """A new one has to be added in ``tests/hold/parsers.py``; all that is hostile is then given to it."""
    listed = {parser.function for parser in parsers()}
    assert readers() == listed - {"etl.masking.body"}
    assert set(ADAPTERS) == set(SOURCES), "the double speaks for every adapter"


@pytest.mark.parametrize("place", BY_PATH)
def test_what_is_read_by_its_path_is_damaged_too(place: str) -> None:
    assert BY_PATH[place] in globals()


def test_every_sound_sample_is_read() -> None:
    """Otherwise nothing that is damaged or grown out of it would reach a reader."""
    for parser in parsers():
        found = parser.read(parser.sound)
        assert found is not None, parser.name
        if parser.function.endswith(".rows"):
            assert found == 1, parser.name


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


JSON_READERS = [p for p in parsers() if p.form == "json" and p.function.split(".")[2] not in SOURCES]


@pytest.mark.parametrize("parser", JSON_READERS, ids=lambda p: p.name)
@BOUNDED
@given(data=st.data())
def test_an_ontology_answers_or_says_which_fault_it_has(parser: Parser, data: st.DataObject) -> None:
    parser.read(data.draw(st.one_of(damaged(parser.sound), odd_json(parser.sound))))


@pytest.mark.parametrize("name", WHOLE_BODIES)
def test_no_ontology_stumbles_over_a_body_made_to_hurt(name: str) -> None:
    for parser in JSON_READERS:
        found = parser.read(WHOLE_BODIES[name])
        assert found is None or isinstance(found, bytes), parser.name  # bytes: masked, not read


# --- files --------------------------------------------------------------------------------------


def read_file(name: str, content: bytes) -> list[object]:
    """The rows of a file, up to its fault if it has one. Everything else is a failure."""
    reader = FILES[name][0]
    rows: list[object] = []
    with suppress(Fault):
        found = reader(io.BytesIO(content))
        rows.extend(() if isinstance(found, str | bool) else found)
    refuse_unfit(tuple(row for row in rows if isinstance(row, Record)))
    return rows


@pytest.mark.parametrize("name", FILES)
@BOUNDED
@given(data=st.data())
def test_a_file_reader_gives_rows_or_says_what_is_wrong(name: str, data: st.DataObject) -> None:
    read_file(name, data.draw(damaged(FILES[name][3])))


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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one reviewed draft, as ``add-disease`` and its reader leave it."""
    data = tmp_path_factory.mktemp("project") / "data"
    for part in ("catalog", "curated"):
        shutil.copytree(DATA / part, data / part)
    made = add_disease.Draft("made_up")
    folder = add_disease.write(data, made)
    row = "made_up,Made-up disease,Maladie inventée,MUD"
    columns = (folder / "diseases.csv").read_text(encoding="utf-8").strip().split(",")
    cells = dict(zip(("disease_id", "label_en", "label_fr", "abbreviation"), row.split(","), strict=True))
    line = ",".join({**cells, "orpha": "999999"}.get(c, "") for c in columns)
    (folder / "diseases.csv").write_text(f"{','.join(columns)}\n{line}\n", encoding="utf-8")
    return data


@FEW
@given(data=st.data())
def test_a_damaged_draft_is_told(project: Path, data: st.DataObject) -> None:
    folder = project / "drafts" / "made_up"
    file = data.draw(st.sampled_from(sorted(folder.iterdir())))
    sound = file.read_bytes()
    file.write_bytes(data.draw(st.one_of(damaged(sound), st.sampled_from(list(WHOLE_BODIES.values())))))
    try:
        found = add_disease.mistakes(project, folder)
        assert all(mistake.line >= 1 and mistake.problem for mistake in found)
    finally:
        file.write_bytes(sound)


@BOUNDED
@given(data=st.data())
def test_a_reader_s_own_file_is_shown_or_its_mistakes_are_told(data: st.DataObject) -> None:
    parser = next(p for p in parsers() if p.function == "dashboard.yours.read")
    body = data.draw(st.one_of(damaged(parser.sound), st.sampled_from(list(WHOLE_BODIES.values()))))
    found = yours.read([("a.csv", body), ("b.csv", parser.sound)], known(), "imam")
    assert isinstance(found, yours.Yours) and (found.patients.empty or not found.mistakes)
    assert all(mistake.line >= 1 and mistake.problem for mistake in found.mistakes)


# --- files that a person hands over ---------------------------------------------------------------


def packed_forms(content: bytes) -> dict[str, bytes]:
    """What is handed over instead of a file by mistake."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("project.csv", content)
        made.writestr("xl/workbook.xml", "<a/>")
    return {
        "zip or xlsx": held.getvalue(),
        "gzip": zlib.compress(content, wbits=31),
        "UTF-16": content.decode().encode("utf-16"),
        "Excel of old": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + content,
    }


#: Source of an import -> its sound file.
IMPORTED = {"ictrp": "ictrp CSV", "cordis": "cordis", "anr": "anr", "fda_orphan": "fda_orphan CSV"}


def imported(source_id: str, file: Path) -> import_file.Seen | None:
    """What was seen of a file; ``None`` where it is refused with its name. All else is a failure."""
    catalog = catalogs.load(DATA)
    try:
        _, _, seen = import_file.read_files(
            catalog, source_id, [file], "2026-11-20", "s1", date(2026, 11, 23)
        )
    except import_file.ImportRefused as refused:
        assert str(file) in str(refused)
        return None
    return seen


@pytest.mark.parametrize("source_id", IMPORTED)
@FEW
@given(data=st.data())
def test_any_file_is_imported_or_refused_by_name(
    source_id: str, data: st.DataObject, tmp_path_factory: Any
) -> None:
    sound = FILES[IMPORTED[source_id]][3]
    whole = st.sampled_from([*WHOLE_BODIES.values(), *packed_forms(sound).values()])
    file = tmp_path_factory.getbasetemp() / f"{source_id}.csv"
    file.write_bytes(data.draw(st.one_of(damaged(sound), whole)))
    seen = imported(source_id, file)
    assert seen is None or seen.rows


@pytest.mark.parametrize("source_id", IMPORTED)
def test_a_packed_file_a_folder_and_nothing_are_refused(source_id: str, tmp_path: Path) -> None:
    assert imported(source_id, tmp_path) is None
    assert imported(source_id, tmp_path / "absent") is None
    file = tmp_path / "file.csv"
    for name, content in packed_forms(FILES[IMPORTED[source_id]][3]).items():
        file.write_bytes(content)
        assert imported(source_id, file) is None, name


def test_a_character_of_five_thousand_digits_hides_no_name(tmp_path: Path) -> None:
    """Python refuses to read such a number; the row is looked at all the same."""
    file = tmp_path / "x.csv"
    for amp in ("&", "&amp;", "&amp;amp;amp;"):
        bad = f"{amp}#{'9' * 5000}; Inclusion body myositis".encode()
        file.write_bytes(FILES["ictrp CSV"][3].replace(b"Polymyositis", bad))
        seen = imported("ictrp", file)
        assert seen and seen.rows == 1 and not seen.lost


# --- kept answers, and the store ------------------------------------------------------------------


def asked(double: Double, folder: Path) -> Reading:
    """One question, answered from what is kept in ``folder`` or by the double."""
    source = catalogs.load(DATA).sources["clinicaltrials_gov"]
    http = Http({source.source_id: source}, folder, Identity("t"), environ=double.environ(), now=lambda: NOW)
    adapter = ADAPTERS[source.source_id]
    try:
        return http.ask(adapter.ask(imam(), "records"), adapter.read)[1]
    finally:
        http.close()


@settings(FEW, max_examples=10)
@given(data=st.data())
def test_damaged_kept_answers_are_asked_again_or_told(data: st.DataObject, tmp_path_factory: Any) -> None:
    """Neither a page nor a row of the file of kept answers that was changed becomes another number."""
    folder = tmp_path_factory.mktemp("answers")
    with Double(imam_zero()) as double:
        sound = asked(double, folder)
        file = folder / "clinicaltrials_gov.sqlite"
        content = data.draw(st.sampled_from(["page", "row", "table"]))
        if content == "page":
            file.write_bytes(data.draw(damaged(file.read_bytes())))
        else:
            with closing(sqlite3.connect(file)) as connection, connection:
                value = data.draw(st.sampled_from(["", "[", "x" * 10_000, b"\xff", 7]))
                column = data.draw(st.sampled_from(["value", "key"]))
                change = f"UPDATE responses SET {column} = ?" if content == "row" else "DROP TABLE responses"
                connection.execute(change, [value] if content == "row" else [])
        try:
            assert asked(double, folder) == sound
        except AnswersNotKept as error:
            assert str(file) in str(error)


@FEW
@given(data=st.data())
def test_a_damaged_store_is_told_in_one_line(data: st.DataObject, tmp_path_factory: Any) -> None:
    link = tmp_path_factory.mktemp("stores") / "lacuna.duckdb"
    link.write_bytes(data.draw(damaged(empty_file())))
    line, well = health.told(link, BUILT)
    assert not well and json.loads(line)["problems"] and len(line.splitlines()) == 1


@cache
def empty_file() -> bytes:
    """A database file that holds the tables of a store."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.duckdb"
        with duckdb.connect(str(file)) as connection:
            for declared in tables.TABLES:
                connection.execute(tables.ddl(declared))
        return file.read_bytes()


# --- addresses ------------------------------------------------------------------------------------

ODD_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "\x00", "\ud800", "9" * 5000, "-1", "²", "٣", "1e999", "imam", "no", "2003", "<b>"]),
)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    link = tmp_path_factory.mktemp("store") / "lacuna.duckdb"
    store.build_and_publish(store.Paths(DATA, link, ()), BUILT)
    return link


@BOUNDED
@given(
    held=st.dictionaries(
        st.sampled_from([*filters.PARAMETERS.values(), "compare", "lang"]), st.lists(ODD_TEXTS, max_size=3)
    ),
    page=st.sampled_from(list(filters.HONOURED)),
)
def test_any_address_is_a_choice(published: Path, held: dict[str, list[str]], page: str) -> None:
    """Whatever stands in an address, what is not known is ignored."""
    given_up = SimpleNamespace(session_state=held, query_params={n: "".join(v) for n, v in held.items()})
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LACUNA_STORE", str(published))
        patched.setattr(filters, "st", given_up)
        assert filters.language() in LANGUAGES
        choice = filters.held("en", "imam", "dm", page)
        first, last = filters.year_range()
        assert choice.years is None or first <= choice.years[0] <= choice.years[1] <= last
        for name in choice.active:
            if name not in ("years", "undated"):
                assert set(getattr(choice, name)) <= set(filters._ids(name, page))


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
    receipt["sha256"].pop(snapshot.RECEIPT_FILE, None)  # as the first receipts: else it was changed
    (folder / snapshot.RECEIPT_FILE).write_text(json.dumps({**receipt, "redistributable": True}))
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(snapshot.MOST_BYTES // 2**20 + 1))
    (folder / "searches.jsonl.gz").write_bytes(bomb + packer.flush())
    with pytest.raises(snapshot.SnapshotError, match="larger than"):
        snapshot.read(folder)
