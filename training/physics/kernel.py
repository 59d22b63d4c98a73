# SPDX-License-Identifier: Apache-2.0
"""The kernel physics distance (KPD) of Kansal et al., arXiv 2211.10295; see `training.physics.frechet`."""

from __future__ import annotations

import numpy as np

from training.physics.comparison import Estimate
from training.physics.observables import Array

DEGREE = 4
BATCHES = 10
LARGEST_BATCH = 2000
"""Bounds each of the kernel's matrices to 32 MB; the paper's 5,000 showers would take 200."""


def kernel_distance(full: Array, generated: Array, random: np.random.Generator) -> Estimate:
    """Return the squared maximum mean discrepancy of a polynomial kernel, (x.y / features + 1)^4.

    It is the median over batches of half of each sample, at most `LARGEST_BATCH` showers. The estimate is
    unbiased, so that it may be below 0 by chance. The error is half of the range between the 16th and the
    84th percentile of the batches; for half samples that is the standard error of a whole one.

    Args:
        full: Features, shape (showers, features).
        generated: The same of the other sample.
        random: Draws the batches.
    """
    size = min(len(full) // 2, len(generated) // 2, LARGEST_BATCH)
    values = [
        _discrepancy(
            random.choice(full, size, replace=False, shuffle=False),
            random.choice(generated, size, replace=False, shuffle=False),
        )
        for _ in range(BATCHES)
    ]
    low, median, high = np.percentile(values, [16.275, 50.0, 83.725])
    return Estimate(float(median), float(high - low) / 2.0)


def _discrepancy(first: Array, second: Array) -> float:
    between = float(_kernel(first, second).mean())
    return (
        _off_diagonal_mean(_kernel(first, first))
        + _off_diagonal_mean(_kernel(second, second))
        - 2.0 * between
    )


def _kernel(first: Array, second: Array) -> Array:
    values: Array = (first @ second.T / first.shape[1] + 1.0) ** DEGREE
    return values


def _off_diagonal_mean(kernel: Array) -> float:
    count = len(kernel)
    return float(kernel.sum() - np.trace(kernel)) / max(count * (count - 1), 1)
