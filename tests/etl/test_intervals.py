"""Exact intervals: the same as SciPy's own, for every k ≤ n ≤ 200, in the store too."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.stats import beta, binomtest

from etl import intervals, store

ROOT = Path(__file__).parents[2]
ROWS = {(r["k"], r["n"]): (r["low"], r["high"]) for r in intervals.rows()}


def test_every_count_up_to_200_has_one_interval():
    assert set(ROWS) == {(k, n) for n in range(1, 201) for k in range(n + 1)}


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 10, 0.0, 30.8), (3, 3, 29.2, 100.0), (9, 10, 55.5, 99.7)],
)
def test_reference_values(k, n, low, high):
    assert [round(100 * limit, 1) for limit in ROWS[k, n]] == [low, high]


def test_all_equal_the_beta_quantiles_of_scipy():
    k, n = np.array(sorted(ROWS)).T
    low = np.where(k == 0, 0.0, beta.ppf(0.025, k, n - k + 1))
    high = np.where(k == n, 1.0, beta.ppf(0.975, k + 1, n - k))
    ours = np.array([ROWS[pair] for pair in sorted(ROWS)])
    np.testing.assert_allclose(ours[:, 0], low, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours[:, 1], high, rtol=0, atol=1e-9)


def equal_to_binomtest(sizes):
    for n in sizes:
        for k in range(n + 1):
            exact = binomtest(k, n).proportion_ci(confidence_level=0.95, method="exact")
            assert ROWS[k, n] == pytest.approx((exact.low, exact.high), abs=1e-9), (k, n)


def test_some_equal_the_exact_test_of_scipy():
    equal_to_binomtest([1, 2, 3, 5, 8, 10, 33, 200])


@pytest.mark.long
def test_all_equal_the_exact_test_of_scipy():
    equal_to_binomtest(range(1, 201))


def test_the_store_holds_them(tmp_path):
    link = tmp_path / "lacuna.duckdb"
    store.build_and_publish(store.Paths(ROOT / "data", link, ()), datetime(2026, 11, 23, 20, 0))
    with duckdb.connect(str(link.resolve()), read_only=True) as connection:
        found = connection.execute("SELECT k, n, low, high FROM exact_interval").fetchall()
    assert {(k, n): (low, high) for k, n, low, high in found} == ROWS
