"""A reader's own case files: accepted rightly or refused with file, line, column and reason."""

from __future__ import annotations

import csv
import hashlib
import io
import random
from pathlib import Path

import pytest

from dashboard import case_report, yours
from dashboard.figures import case_lanes
from dashboard.queries import patients as asked
from dashboard.text import translate
from dashboard.yours import Known, Yours
from etl.tables import table

CASES = [c.name for c in table("case_").columns]
TREATMENTS = [c.name for c in table("case_treatment").columns]
FREE_TEXT = ("antibodies", "imaging", "biopsy", "outcome_detail", "locator", "adjudication_note")


@pytest.fixture
def known(embedded: Path) -> Known:
    return asked.vocabulary()


def case(number: int, **more: str) -> dict[str, str]:
    """A generated case: not a real patient."""
    row = {
        "case_id": f"generated_{number}",
        "study_id": "hara2010",
        "n": "1",
        "age_years": "30",
        "sex": "female",
        "outcome": "improved",
        "outcome_extractor_a": "improved",
        "relapse": "not_reported",
        "label_certainty": "named_imam",
        "locator": "generated",
        "adjudication": "single_extractor",
        "confidence": "low",
    }
    return {**dict.fromkeys(CASES, ""), **row, **more}


def treated(number: int, **more: str) -> dict[str, str]:
    row = {
        "case_id": f"generated_{number}",
        "line": "1",
        "intervention_id": "prednisone",
        "role": "initial",
        "source_level": "primary",
        "reference_id": "hara2010",
        "locator": "generated",
    }
    return {**dict.fromkeys(TREATMENTS, ""), **row, **more}


def written(rows: list[dict[str, str]], columns: list[str] | None = None, separator: str = ",") -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns or list(rows[0]), delimiter=separator, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def read(known: Known, *files: tuple[str, bytes]) -> Yours:
    return yours.read(files, known, "imam")


def test_a_right_file_is_shown_marked(known: Known) -> None:
    treatments = written(
        [
            treated(1, start_month="0", end_month="6"),
            treated(1, intervention_id="rituximab", line="2", role="added"),
        ]
    )
    found = read(known, ("a.csv", written([case(1), case(2)])), ("b.csv", treatments))
    assert found.mistakes == ()
    assert list(found.patients["case_id"]) == ["generated_1", "generated_2"]
    assert found.patients["yours"].all()
    assert list(found.treatments["class_id"]) == ["glucocorticoid", "b_cell_directed"]
    text = translate("en")
    figure = case_lanes.figure(found.patients, found.treatments, text, "light")
    said = [str(w) for trace in figure.data for w in (trace.text if trace.text is not None else ())]
    assert said.count("✎ yours, in this browser only") == 2
    rows = case_report.table(found.patients, found.treatments, text)
    assert list(rows["Treatments in order"]) == ["Prednisone, then added Rituximab", "not in the part read"]


def test_own_reports_come_with_their_own_references(known: Known) -> None:
    reference = dict.fromkeys((c.name for c in table("reference").columns), "")
    reference |= {"reference_id": "own1", "kind": "article", "citation_short": "Own 2026", "title": "Own"}
    reference |= {"access": "full_text", "language": "en", "doi": "10.1/x"}
    study = dict.fromkeys((c.name for c in table("study").columns), "")
    study |= {"study_id": "own", "disease_id": "imam", "reference_id": "own1", "design": "case_report"}
    study |= {"included": "yes", "extractor": "me"}
    found = read(
        known,
        ("r.csv", written([reference])),
        ("s.csv", written([study])),
        ("c.csv", written([case(1, study_id="own")])),
    )
    assert found.mistakes == ()
    assert found.patients.iloc[0]["citation_short"] == "Own 2026"
    assert found.patients.iloc[0]["url"] == "https://doi.org/10.1/x"


@pytest.mark.parametrize(
    ("files", "line", "column", "reason"),
    [
        ([("a.csv", written([case(1, sex="woman")]))], 2, "sex", "not one of the values"),
        ([("a.csv", written([case(1), case(1)]))], 3, "case_id", "already in line 2"),
        ([("a.csv", written([case(1, case_id="hara2010_1")]))], 2, "case_id", "project's own file"),
        ([("a.csv", written([case(1, study_id="nowhere")]))], 2, "study_id", "is not known"),
        ([("a.csv", written([case(1, age_years="300")]))], 2, "age_years", "too large"),
        ([("a.csv", written([case(1)], separator=";"))], 1, "", "one single column"),
        ([("a.csv", b"name;born\nAnn;1990\n")], 1, "name;born", "none of the case files"),
        ([("a.csv", b"")], 1, "", "is empty"),
        ([("a.csv", b"\x00\xff\xfe" * 9)], 1, None, "none of the case files"),
        ([("a.csv", written([case(1)])), ("b.csv", written([case(2)]))], 1, "case_id", "same kind of file"),
        ([("a.csv", written([case(i) for i in range(501)]))], 502, "", "501 rows"),
        ([("a.csv", written([case(1)])), ("b.csv", written([treated(2)]))], 2, "case_id", "is not known"),
    ],
)
def test_a_wrong_file_is_refused(
    known: Known, files: list[tuple[str, bytes]], line: int, column: str | None, reason: str
) -> None:
    found = read(known, *files)
    assert found.patients.empty
    told = [m for m in found.mistakes if reason in m.problem]
    assert told, found.mistakes
    assert told[0].line == line
    assert column is None or told[0].column == column


Rows = list[dict[str, str]]
#: The file, and the line and column where it must be refused (``*``: any; ``None``: it must be accepted).
Mutation = tuple[bytes, tuple[int, str] | None]


def missing_column(rows: Rows, _at: int, chance: random.Random) -> Mutation:
    column = chance.choice(CASES)
    return written([{k: v for k, v in row.items() if k != column} for row in rows]), (1, column)


def swapped_order(rows: Rows, _at: int, chance: random.Random) -> Mutation:
    return written(rows, chance.sample(CASES, len(CASES))), None


def byte_order_mark(rows: Rows, _at: int, _chance: random.Random) -> Mutation:
    return b"\xef\xbb\xbf" + written(rows), None


def windows_lines(rows: Rows, _at: int, _chance: random.Random) -> Mutation:
    return written(rows).replace(b"\n", b"\r\n"), None


def semicolons(rows: Rows, _at: int, _chance: random.Random) -> Mutation:
    return written(rows, separator=";"), (1, "")


def formula(rows: Rows, at: int, chance: random.Random) -> Mutation:
    column = chance.choice(FREE_TEXT)
    rows[at][column] = chance.choice("=+-@") + "cmd|' /C calc'!A0"
    return written(rows), (at + 2, column)


def emoji(rows: Rows, at: int, chance: random.Random) -> Mutation:
    rows[at][chance.choice(FREE_TEXT)] = "résumé 🧬 \u202eabc"
    return written(rows), None


def emoji_as_code(rows: Rows, at: int, chance: random.Random) -> Mutation:
    column = chance.choice(["sex", "outcome", "relapse", "confidence"])
    rows[at][column] = "🧬"
    return written(rows), (at + 2, column)


def long_line(rows: Rows, at: int, chance: random.Random) -> Mutation:
    size = chance.choice([20_001, 200_000, 10_000_000])
    rows[at]["biopsy"] = "x" * size
    return written(rows), (1 if size > yours.MOST_BYTES else at + 2, "*")


def duplicate(rows: Rows, at: int, _chance: random.Random) -> Mutation:
    return written([*rows, rows[at]]), (len(rows) + 2, "case_id")


def unknown_column(rows: Rows, _at: int, _chance: random.Random) -> Mutation:
    return written([{**row, "name": "Ann"} for row in rows]), (1, "name")


def short_row(rows: Rows, at: int, _chance: random.Random) -> Mutation:
    lines = written(rows).split(b"\n")
    lines[at + 1] = lines[at + 1].rpartition(b",")[0]
    return b"\n".join(lines), (at + 2, "")


def not_utf8(rows: Rows, at: int, _chance: random.Random) -> Mutation:
    rows[at]["biopsy"] = "BROKEN"
    return written(rows).replace(b"BROKEN", b"\xe9\xff"), (at + 2, "")


def stray_quote(rows: Rows, at: int, _chance: random.Random) -> Mutation:
    rows[at]["biopsy"] = "BROKEN"
    return written(rows).replace(b"BROKEN", b'"a" b'), (at + 2, "")


def no_number(rows: Rows, at: int, chance: random.Random) -> Mutation:
    column = chance.choice(["n", "age_years", "ck_u_per_l", "followup_months"])
    rows[at][column] = chance.choice(["-1", "1e999", "NaN", "1,5", "ten", "0x10"])
    return written(rows), (at + 2, column)


MUTATIONS = (
    *(
        missing_column,
        swapped_order,
        byte_order_mark,
        windows_lines,
        semicolons,
        formula,
        emoji,
        emoji_as_code,
    ),
    *(long_line, duplicate, unknown_column, short_row, not_utf8, stray_quote, no_number),
)


def test_five_hundred_mutated_files(known: Known, embedded: Path) -> None:
    before = hashlib.sha256(embedded.resolve().read_bytes()).hexdigest()
    chance = random.Random(20261123)
    seen = set()
    for number in range(500):
        what = chance.choice(MUTATIONS)
        rows = [case(n) for n in range(chance.randint(1, 8))]
        content, expected = what(rows, chance.randrange(len(rows)), chance)
        found = read(known, (f"{number}.csv", content))
        seen.add(what)
        if expected is None:
            assert found.mistakes == (), (number, what)
            assert len(found.patients), (number, what)
            continue
        line, column = expected
        assert found.patients.empty, (number, what)
        places = [(m.line, m.column) for m in found.mistakes]
        assert any(at == line and column in (name, "*") for at, name in places), (
            number,
            what,
            found.mistakes[:3],
        )
        assert all(
            m.file == f"{number}.csv" and m.line > 0 and m.problem and m.remedy for m in found.mistakes
        )
    assert seen == set(MUTATIONS), "every mutation was tried"
    assert hashlib.sha256(embedded.resolve().read_bytes()).hexdigest() == before, "the store is as it was"
    assert list(asked.vocabulary().cases["case_id"]) == list(known.cases["case_id"])


def test_nothing_of_a_file_is_written(known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read(known, ("a.csv", written([case(1)])))
    assert list(tmp_path.iterdir()) == []
