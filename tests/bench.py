"""``make bench``: how long pages take, each beside a floor measured in the same run.

Two figures. The *server time* of a page is one warm script run. The *first visit* is the time from
opening an address in a Chromium that has never seen it until the page's chart is drawn, beside the
same for a bare Streamlit page with one Plotly chart; both servers run at once and take turns.
Machines are noisy: medians are compared, and only as a ratio within one run.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from playwright.sync_api import sync_playwright
from streamlit.testing.v1 import AppTest

from etl import catalog as catalogs
from tests import bench_etl, bench_parsers, load
from tests.browser.server import CHROMIUM_FLAGS, serving
from tests.conftest import ROOT, browser_program
from tests.large_store import large_store
from tests.navigation import navigating, opened

PAGES = (
    *("overview", "trials", "literature", "cases", "evidence_map", "methods"),
    *("biomarkers", "funding", "foundations", "next_steps", "share"),
)
WARM_RUNS = 40
VISITS = 7
RESULT = ROOT / "build" / "bench.json"
EMPTY_PAGE = """
import plotly.graph_objects as go
import streamlit as st

st.plotly_chart(go.Figure(go.Bar(x=[1, 2, 3], y=[2, 1, 3])))
"""
#: Drawn: the chart has its marks and nothing says that the script still runs.
DRAWN = """() => document.querySelector('.js-plotly-plot .main-svg')
    && !document.querySelector('[data-testid="stStatusWidget"]')"""


def server_times(link: Path | None = None, **query: str | list[str]) -> dict[str, dict[str, float]]:
    """Milliseconds of warm script runs, by page: median and 95th percentile; ``link`` names another store."""
    with navigating(), mock.patch.dict(os.environ, {"LACUNA_STORE": str(link)} if link else {}):
        return {page: _server_time(opened(page, **query), page) for page in PAGES}


def _server_time(app: AppTest, page: str) -> dict[str, float]:
    taken = []
    for _ in range(WARM_RUNS):
        start = time.perf_counter()
        app.run()
        taken.append(1000 * (time.perf_counter() - start))
    if app.exception:
        raise RuntimeError(f"{page}: {app.exception}")
    ordered = sorted(taken)
    return {
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[int(0.95 * len(ordered)) - 1], 1),
    }


def large_server_times() -> dict[str, dict[str, float]]:
    """The same on a large generated store, every disease beside the focus drawn in full."""
    with tempfile.TemporaryDirectory() as folder:
        beside = [str(row["other_id"]) for row in catalogs.load(ROOT / "data").tables["disease_relation"]]
        return server_times(large_store(Path(folder)), diseases=list(dict.fromkeys(beside)))


#: Format -> seconds that an export may take.
EXPORT_GOALS = {"pptx": 3.0, "pdf": 3.0, "html": 2.0, "zip": 3.0}
EXPORT = """
import sys, time
from dashboard import takeaway
start = time.perf_counter()
made = takeaway.make(sys.argv[1], "imam", "fr")
print(time.perf_counter() - start, len(made.data))
"""


def export_times() -> dict[str, dict[str, float]]:
    """Seconds of each export, the loading of its library within it: each one in a new process."""
    times = {}
    for kind in EXPORT_GOALS:
        run = subprocess.run(
            [sys.executable, "-c", EXPORT, kind], cwd=ROOT, check=True, capture_output=True, text=True
        )
        taken, size = run.stdout.split()
        times[kind] = {"seconds": round(float(taken), 2), "kilobytes": round(int(size) / 1000)}
    return times


def first_visits(chromium: Path) -> dict[str, object]:
    """Milliseconds from opening the address to a drawn chart, ours and the bare page, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(EMPTY_PAGE, encoding="utf-8")
        with serving(ROOT / "app.py") as ours, serving(bare) as floor, sync_playwright() as playwright:
            taken: dict[str, list[float]] = {ours: [], floor: []}
            for address in (ours, floor):  # one visit each warms the server, not the browser
                _visit(playwright, chromium, address)
            for _ in range(VISITS):
                for address in (ours, floor):
                    taken[address].append(_visit(playwright, chromium, address))
    medians = {address: statistics.median(values) for address, values in taken.items()}
    return {
        "overview_ms": round(medians[ours]),
        "floor_ms": round(medians[floor]),
        "ratio": round(medians[ours] / medians[floor], 2),
        "visits": VISITS,
    }


def _visit(playwright: object, chromium: Path, address: str) -> float:
    """One visit in a new browser with an empty profile."""
    browser = playwright.chromium.launch(executable_path=str(chromium), args=CHROMIUM_FLAGS)  # type: ignore[attr-defined]
    try:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        start = time.perf_counter()
        page.goto(address)
        page.wait_for_function(DRAWN, polling="raf", timeout=60_000)
        return 1000 * (time.perf_counter() - start)
    finally:
        browser.close()


def measured() -> dict[str, Any]:
    """Everything, each figure beside its goal or the floor of the same run."""
    subprocess.run([sys.executable, "-m", "etl", "build", "--if-needed"], cwd=ROOT, check=True)
    chromium = browser_program()
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "load_before": round(os.getloadavg()[0], 2),
        "server": server_times(),
        "server_large": large_server_times(),
        "first_visit": first_visits(chromium) if chromium else None,
        "exports": export_times(),
        "etl": bench_etl.measured(),
        "parsers": bench_parsers.measured(),
        "load": load.measured(),
    }


def table(result: Mapping[str, Any]) -> str:
    """The figures as a table for people, in Markdown: what, measured, goal."""
    lanes, rows, years = (result["etl"][name] for name in ("lanes", "million_rows", "ten_years"))
    visit, readers, most = result["first_visit"], result["load"]["readers"], result["load"]
    parsers = result["parsers"]
    told = [
        ("Server time of a page, embedded data: slowest p95", _slowest(result["server"]), "100 ms"),
        (
            "The same with 100 diseases, 60,000 trials, 100,000 publications",
            _slowest(result["server_large"]),
            "250 ms",
        ),
        (
            "First visit, beside an empty page with one chart",
            f"{visit['overview_ms']} ms / {visit['floor_ms']} ms = {visit['ratio']}"
            if visit
            else "no browser was found",
            "1.25",
        ),
        *(
            (f"Export {kind}", f"{taken['seconds']} s, {taken['kilobytes']} kB", f"{EXPORT_GOALS[kind]:g} s")
            for kind, taken in result["exports"].items()
        ),
        (
            f"Refresh of everything ({lanes['requests']} requests), beside the slowest lane's own bound",
            f"{lanes['seconds']} s / {lanes['bound_seconds']} s = {lanes['ratio']}; {lanes['peak_mb']} MB",
            "1.15; 400 MB",
        ),
        (
            f"Import of {rows['rows']:,} rows ({rows['megabytes']} MB), beside a bare csv pass",
            f"{rows['seconds']} s / {rows['bare_seconds']} s = {rows['ratio']}; {rows['peak_mb']} MB",
            "3; 500 MB",
        ),
        ("Ten years of weekly shared snapshots", f"{years['ten_years_mb']} MB", "200 MB"),
        (
            f"Slowest of {parsers['bodies']} hostile bodies of a megabyte; the library alone",
            f"{parsers['slowest_seconds_per_mb']} s ({parsers['parser']}) / {parsers['floor_seconds']} s",
            "1 s",
        ),
        ("Most memory for a file of 100 MB without an end", f"{parsers['peak_mb']} MB", ""),
        (
            f"{readers['sessions']} sessions, {readers['chromiums']} of them browsers, a change every 5 s, "
            f"{readers['seconds']} s, two publications: p95 of a rerun",
            f"{readers['p95_ms']} ms (median {readers['median_ms']} ms); "
            f"{readers['errors']} errors of {readers['reruns']} reruns",
            "1000 ms; no error",
        ),
        ("The same: every session on the new store", f"{readers['new_store_seconds']} s", "10 s"),
        (
            "The same: memory at half time and at the end",
            f"{readers['memory_half_mb']} MB, {readers['memory_end_mb']} MB",
            "flat",
        ),
        (
            "Most sessions with p95 within 1 s; a bare page; Streamlit's plotting demo (it sleeps by design)",
            " / ".join(str(most[key]["sessions"]) for key in ("most", "most_bare", "most_hello_plotting")),
            "",
        ),
    ]
    head = f"Measured {result['measured'][:10]} on {result['machine']}, load {result['load_before']} before."
    lines = [head, "", "| what | measured | goal |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {what} | {figure} | {goal} |" for what, figure, goal in told)])


def _slowest(pages: Mapping[str, Mapping[str, float]]) -> str:
    page = max(pages, key=lambda name: pages[name]["p95_ms"])
    return f"{pages[page]['p95_ms']} ms ({page}; median {pages[page]['median_ms']} ms)"


def main() -> None:
    """Measure, write ``build/bench.json`` and ``build/bench.md``, print the table and every page."""
    result = measured()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    RESULT.with_suffix(".md").write_text(table(result) + "\n", encoding="utf-8")
    print(table(result))
    for key, what in (("server", "embedded data"), ("server_large", "large store")):
        print(f"\n{what:14}{'median ms':>10}{'p95 ms':>10}")
        for page, times in result[key].items():
            print(f"  {page:12}{times['median_ms']:>10}{times['p95_ms']:>10}")


if __name__ == "__main__":
    main()
