"""Reads hostile bodies in a process of its own, which may take so much time and memory and no more.

No test looks at a clock: a reader that hangs is killed by the system (``RLIMIT_CPU``), one that fills the
memory is refused it (``RLIMIT_AS``), and the body is named. Each body is told before it is read and measured
after it, a line of JSON each; ``tests.bench_parsers`` looks at the figures.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

#: Seconds of the processor for one body. Beyond any slowness of a machine: what needs more is a hang.
SECONDS = 30
#: Memory beside what the process holds already. A body of 100 MB fits a few times, a bomb does not.
MEGABYTES = 600
#: After so many failures no further ones are looked for.
MOST_FAILED = 20


@dataclass(frozen=True)
class Task:
    """One body for one parser; ``read`` makes the body, ``floor`` reads it as barely as can be."""

    parser: str
    body: str
    read: Callable[[], tuple[Any, int]]
    floor: Callable[[], None] | None = None
    seconds: int = SECONDS


def run(
    what: str, *more: str, heard: Callable[[dict[str, Any]], None] = lambda _: None
) -> list[dict[str, Any]]:
    """What became of every body of ``what`` (see :mod:`tests.hold.sizes`); one on which the process ended
    has ``failed``."""
    done: list[dict[str, Any]] = []
    while True:
        command = [sys.executable, "-m", "tests.hold.sizes", what, str(len(done)), *more]
        last: dict[str, Any] = {}
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            for line in child.stdout:
                last = json.loads(line)
                if "seconds" in last or "failed" in last:
                    done.append(last)
                    heard(last)
        if child.returncode and "failed" not in last:
            if not last or "seconds" in last:
                raise RuntimeError(f"The process ended with {child.returncode} between two bodies.")
            done.append({**last, "failed": f"ended by the system: {-child.returncode}"})
            heard(done[-1])
        if child.returncode == 0 or sum("failed" in one for one in done) >= MOST_FAILED:
            return done


def work(tasks: Iterable[Task], skipped: int) -> None:
    """In the child: every task after the first ``skipped``."""
    for number, task in enumerate(tasks):
        if number < skipped:
            continue
        named = {"parser": task.parser, "body": task.body}
        _tell(named)
        found = _measured(task)
        _tell({**named, **found})
        if "failed" in found:
            sys.exit(1)  # what it filled is not given back; another process goes on


def _measured(task: Task) -> dict[str, Any]:
    soft = int(time.process_time()) + 1 + task.seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    limit = _status("VmSize") * 1024 + MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    before = _forget_peak()
    try:
        start = time.process_time()
        size = task.read()[1]
        seconds = time.process_time() - start
        told = {"seconds": round(seconds, 4), "bytes": size, "peak_mb": max(0, _peak_mb() - before)}
        if task.floor:  # within the same bounds: what a parser refuses may be a bomb to the library
            start = time.process_time()
            task.floor()
            told["floor_seconds"] = round(time.process_time() - start, 4)
    except BaseException as error:
        return {"failed": f"{type(error).__name__}: {str(error)[:200]}"}
    finally:  # the next body is made without bounds
        resource.setrlimit(resource.RLIMIT_CPU, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return told


def _tell(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def _forget_peak() -> int:
    """Begin the peak anew (``ru_maxrss`` never falls); what the process holds now, in MB."""
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return _status("VmRSS") // 1024


def _peak_mb() -> int:
    return _status("VmHWM") // 1024


def _status(field: str) -> int:
    said = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(said.split(f"{field}:")[1].split()[0])
