"""A page that reads all the while, in a process of its own as a dashboard is.

It asks as pages ask, through ``dashboard.queries`` and its cache: for the grid, the certificate of a cell and
the receipt, again and again. Whatever it is shown must be whole, and of one published store.
"""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

#: Between two readings, in seconds.
PAUSE = 0.2


@dataclass
class Seen:
    """What a page saw: the ids of the stores in their order, how often it read, and what was wrong."""

    stores: list[str] = field(default_factory=list)
    readings: int = 0
    wrong: list[str] = field(default_factory=list)


class Reader:
    """The process with the page. Use as a context manager."""

    def __enter__(self) -> Reader:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hold.fault_reader"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    @contextmanager
    def reading(self, link: Path, disease: str, questions: Sequence[str], cells: int) -> Iterator[Seen]:
        """Read the store at ``link`` until the end, and once more then; what was seen is known afterwards."""
        seen = Seen()
        self._say(json.dumps([str(link), disease, list(questions), cells]))
        try:
            yield seen
        finally:
            self._say("enough")
            assert self._process.stdout
            vars(seen).update(json.loads(self._process.stdout.readline()))

    def _say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


def main() -> None:
    logging.getLogger("streamlit").setLevel(logging.ERROR)  # it warns that no browser is there
    while line := sys.stdin.readline():
        link, *wanted = json.loads(line)
        os.environ["LACUNA_STORE"] = link
        page = Page(*wanted)
        while not select.select([sys.stdin], [], [], PAUSE)[0]:
            page.read()
        sys.stdin.readline()
        page.read()
        print(json.dumps(vars(page.seen)), flush=True)


class Page:
    """The grid, and the certificates of the cells of one disease."""

    def __init__(self, disease: str, questions: Sequence[str], cells: int) -> None:
        self.disease, self.questions, self.cells = disease, questions, cells
        self.seen = Seen()

    def read(self) -> None:
        """One run of the page's script."""
        from dashboard import queries, store

        question = self.questions[self.seen.readings % len(self.questions)]
        try:
            before = store.identity()
            grid = queries.grid(self.disease)
            certificate = queries.certificate(question, self.disease)
            receipt = queries.receipt()
            same = store.identity() == before
        except store.StoreMissing as missing:
            self.seen.wrong += [str(missing)] if self.seen.stores else []
            return
        except Exception as error:
            self.seen.wrong.append(repr(error))
            return
        self.seen.readings += 1
        told = [*self._of_the_grid(grid), *of_the_certificate(certificate)]
        if same:  # no publication fell in between
            told += of_all(Path(before.path), receipt, grid, question, self.disease, certificate)
            if receipt["build_id"][0] not in self.seen.stores:
                self.seen.stores.append(str(receipt["build_id"][0]))
        self.seen.wrong += told

    def _of_the_grid(self, grid: Any) -> Iterator[str]:
        pairs = grid[["question_id", "disease_id"]].drop_duplicates()
        if not len(grid) == len(pairs) == self.cells:
            yield f"{len(grid)} cells, {len(pairs)} of them distinct, not {self.cells}"


def of_the_certificate(certificate: Any) -> Iterator[str]:
    """A number or a zero of a source has an answered search of that source behind it."""
    searches = certificate.searches
    answered = set(searches.loc[searches["fault"] == "", "source_id"])
    for verdict in certificate.verdicts.to_dict("records"):
        source = verdict["source_id"]
        if verdict["state"] in ("found", "zero") and source != "curated" and source not in answered:
            yield f"{verdict['state']} of {source} without a search"


def of_all(
    file: Path, receipt: Any, grid: Any, question: str, disease: str, certificate: Any
) -> Iterator[str]:
    """What was read without a publication in between is of one store, and fits together."""
    if not (len(receipt) == 1 and file.stem.endswith(str(receipt["build_id"][0]))):
        yield f"{file.name} has the receipt {list(receipt['build_id'])}"
        return
    strange = {*certificate.searches["snapshot_id"]} - {"embedded", *receipt["snapshots"][0]}
    if strange:
        yield f"{file.name} shows searches of {sorted(strange)}"
    (cell,) = grid[(grid["question_id"] == question) & (grid["disease_id"] == disease)].to_dict("records")
    states = set(certificate.verdicts["state"])
    required = certificate.verdicts[certificate.verdicts["required"]]
    if cell["state"] == "found" and "found" not in states:
        yield f"{file.name} has a number of no verdict"
    if (
        cell["state"] == "zero"
        and not isinstance(cell["implied_by"], str)
        and {*required["state"]} != {"zero"}
    ):
        yield f"{file.name} has a zero that no verdict supports"
    failed = bool((certificate.verdicts["failed"] != "").any())
    if failed and cell["freshness"] not in ("last_check_failed", "never_answered"):
        yield f"{file.name} hides that a check failed"


if __name__ == "__main__":
    main()
