"""Exact (Clopper–Pearson) 95 % intervals for small counts, made when the store is built. Pure.

They answer one question only: how wide the uncertainty would be *if these were a random sample, which
they are not*. Published patients are selected, so no interval here speaks of any patient to come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

#: Every k ≤ n up to this n is in the store.
LARGEST = 200
_ALPHA = 0.05


def rows(largest: int = LARGEST) -> Iterator[Mapping[str, object]]:
    """One row ``k, n, low, high`` for every 0 ≤ k ≤ n ≤ ``largest``; low and high are shares of 1."""
    import numpy as np  # noqa: PLC0415  # heavy: only a build needs them
    from scipy.special import betaincinv  # noqa: PLC0415

    sizes = np.arange(1, largest + 1)
    n = np.repeat(sizes, sizes + 1)
    k = np.concatenate([np.arange(size + 1) for size in sizes])
    # the limits are quantiles of beta distributions; at k = 0 and k = n one side has no limit
    low = np.where(k == 0, 0.0, betaincinv(np.maximum(k, 1), n - k + 1, _ALPHA / 2))
    high = np.where(k == n, 1.0, betaincinv(k + 1, np.maximum(n - k, 1), 1 - _ALPHA / 2))
    for values in zip(k.tolist(), n.tolist(), low.tolist(), high.tolist(), strict=True):
        yield dict(zip(("k", "n", "low", "high"), values, strict=True))
