# SPDX-License-Identifier: Apache-2.0
"""The estimator of `multivariate-tpe` as Optuna 3.3 has it, which is Katib's, for other than doubles alone.

Two things differ. In Optuna 3.3 all kernels of a parameter have one width, which follows from their number;
in Optuna 5 it follows from the distances between neighbours. And Optuna 3.3 does not divide the density of a
continuous kernel by its width, so that the prior, which is the widest, counts for more. Strictly that was a
mistake (https://github.com/optuna/optuna/issues/5109), but with it a search of parameters of several kinds
finds more (docs/explanation/search-quality.md).

Optuna's settings reach neither. Its sampler names the estimator's class in an attribute, to be changed, but a
private one: with an Optuna that is built otherwise the search goes on with that Optuna's own estimator.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from optuna.distributions import FloatDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator


class KatibsEstimator(_ParzenEstimator):
    """A mixture of kernels, one for each trial and last the prior, which is as wide as the range."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        mixture: Any = self._mixture_distribution
        widened = [_of_one_width(each, len(mixture.distributions)) for each in mixture.distributions]
        self._mixture_distribution = mixture._replace(distributions=widened)

    def log_pdf(self, samples_dict: dict[str, Any]) -> Any:
        """The logarithm of the density at each sample, but for a constant."""
        mixture: Any = self._mixture_distribution
        undivided = mixture._replace(weights=mixture.weights * _widths(mixture.distributions))
        return undivided.log_pdf(self._transform(samples_dict))


def estimate_as_katib(sampler: TPESampler) -> None:
    """Give a sampler the estimator of Optuna 3.3, if this Optuna is built so that it can be given one."""
    if is_known(type(sampler)):
        sampler._parzen_estimator_cls = KatibsEstimator


@cache
def is_known(kind: type[TPESampler]) -> bool:
    """Whether the sampler and its estimator have the parts that are changed here; found out by a trial."""
    sampler: Any = kind()
    point = {"x": np.zeros(1)}
    try:
        theirs = sampler._parzen_estimator_cls
        KatibsEstimator(point, {"x": FloatDistribution(0, 1)}, sampler._parzen_estimator_parameters).log_pdf(
            point
        )
    except (AttributeError, TypeError, ValueError):
        return False
    return theirs is _ParzenEstimator


def kernel_width(count: int, dimensions: int) -> float:
    """The width of each of so many kernels, as a share of the range.

    `compute_sigmas` of Optuna 3.3 (optuna/samplers/_tpe/parzen_estimator.py), with the `magic clip`: a few
    kernels are at least as wide as if they shared the range out.
    """
    rule = 0.2 * math.pow(max(count, 1), -1 / (dimensions + 4))
    return max(rule, 1 / min(100, count + 2))


def _of_one_width(kernels: Any, dimensions: int) -> Any:
    """The kernels of one parameter; those of a list have no width."""
    if not hasattr(kernels, "sigma"):
        return kernels
    count, whole = len(kernels.sigma) - 1, kernels.sigma[-1]
    width = kernel_width(count, dimensions) * whole
    return kernels._replace(sigma=np.append(np.full(count, width), whole))


def _widths(distributions: Any) -> Any:
    """Of each kernel the product of its widths in the continuous parameters, as shares of their ranges.

    Integers on a logarithmic scale are continuous to Optuna 3.3.
    """
    product = np.ones(1)
    for each in distributions:
        if hasattr(each, "sigma") and (each.is_log or not each.step):
            product = product * (each.sigma / each.sigma[-1])
    return product
