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
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from playwright.sync_api import sync_playwright
from streamlit.testing.v1 import AppTest

from etl import catalog as catalogs
from tests import bench_etl
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


def main() -> None:
    """Measure, write ``build/bench.json``, print a table."""
    subprocess.run([sys.executable, "-m", "etl", "build", "--if-needed"], cwd=ROOT, check=True)
    result: dict[str, object] = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "server": server_times(),
        "server_large": large_server_times(),
        "exports": export_times(),
    }
    result["etl"] = bench_etl.measured()
    chromium = browser_program()
    if chromium:
        result["first_visit"] = first_visits(chromium)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for key, what, goal in (("server", "embedded data", 100), ("server_large", "large store", 250)):
        print(f"{what:14}{'median ms':>10}{'p95 ms':>10}   (goal: p95 at most {goal})")
        for page, times in result[key].items():  # type: ignore[attr-defined]
            print(f"  {page:12}{times['median_ms']:>10}{times['p95_ms']:>10}")
    print(bench_etl.told(result["etl"]))  # type: ignore[arg-type]
    for kind, taken in result["exports"].items():  # type: ignore[attr-defined]
        limit = EXPORT_GOALS[kind]
        print(f"{kind:12}{taken['seconds']:>10} s{taken['kilobytes']:>8} kB   (goal: at most {limit:g} s)")
    if not chromium:
        print("First visit: not measured, no Chromium or Chrome was found.")
        return
    visit = result["first_visit"]
    print(
        f"First visit of the Overview {visit['overview_ms']} ms, bare page with one chart "  # type: ignore[index]
        f"{visit['floor_ms']} ms: {visit['ratio']} times (goal: at most 1.25)"  # type: ignore[index]
    )


if __name__ == "__main__":
    main()
