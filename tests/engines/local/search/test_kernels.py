# SPDX-License-Identifier: Apache-2.0
"""`multivariate-tpe` estimates as Katib's Optuna 3.3 does, as far as the installed Optuna lets it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler

from kfp_katib.engines.local.search import kernels
from kfp_katib.engines.local.search.kernels import KatibsEstimator, estimate_as_katib, is_known, kernel_width
from tests.engines.local.search.searching import bowl, experiment, run, search

SPACE = {
    "rate": FloatDistribution(1e-5, 0.1, log=True),
    "share": FloatDistribution(0.0, 0.5),
    "momentum": FloatDistribution(0.0, 1.0, step=0.25),
    "layers": IntDistribution(1, 8),
    "kind": CategoricalDistribution(("a", "b", "c")),
}


def points(count: int) -> dict[str, Any]:
    """So many points of the space, as Optuna has them internally."""
    each = np.arange(count)
    return {
        "rate": 10.0 ** -(1 + each * 3 % 5),
        "share": each * 7 % 11 / 22,
        "momentum": each * 3 % 5 / 4,
        "layers": 1.0 + each * 5 % 8,
        "kind": each * 2 % 3,
    }


def test_this_optuna_can_be_given_the_estimator() -> None:
    """Otherwise multivariate-tpe still searches, but by this Optuna's own estimator, and finds less.

    Then look for `_parzen_estimator_cls`, `_ParzenEstimator` and `_mixture_distribution` in the new Optuna,
    and measure again (benchmarks/search_quality.py).
    """
    assert is_known(TPESampler), "Optuna's estimator is built otherwise than kernels.py expects"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, [0.0, -1.596236, -1.212964, -1.902849, -1.503798, -0.938615]),
        (4, [0.0, -1.61355, -1.588098, -0.31761, -2.420613, -1.962093]),
        (40, [0.0, 0.433791, 0.63582, 1.245589, 0.710404, 1.251269]),
    ],
)
def test_densities_are_those_of_optuna_3_3(count: int, expected: list[float]) -> None:
    """Recorded with Optuna 3.3.0; a constant does not matter, so the first point's density is taken off."""
    settings = TPESampler()._parzen_estimator_parameters
    found = KatibsEstimator(points(count), SPACE, settings).log_pdf(points(6))
    assert list(found - found[0]) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(
    ("count", "dimensions", "width"),
    [(0, 1, 1 / 2), (1, 2, 1 / 3), (2, 2, 1 / 4), (32, 1, 0.1), (64, 2, 0.1), (10**9, 1, 1 / 100)],
)
def test_a_width_follows_from_the_number_of_kernels(count: int, dimensions: int, width: float) -> None:
    """By the rule, but a few kernels are at least as wide as if they shared the range out."""
    assert kernel_width(count, dimensions) == pytest.approx(width)


class BuiltOtherwise(TPESampler):
    """A sampler of which the estimator's class cannot be changed."""

    def __init__(self) -> None:
        super().__init__()
        del self._parzen_estimator_cls


class WithAnother(TPESampler):
    """A sampler with another estimator."""

    def __init__(self) -> None:
        super().__init__()
        self._parzen_estimator_cls = KatibsEstimator


@pytest.mark.parametrize("kind", [BuiltOtherwise, WithAnother])
def test_another_sampler_is_left_alone(kind: type[TPESampler]) -> None:
    """What a newer Optuna does in its own way is not undone."""
    sampler = kind()
    before = vars(sampler).copy()
    estimate_as_katib(sampler)
    assert vars(sampler) == before


def test_an_estimator_with_other_parts_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error while it is tried means that it is built otherwise."""
    monkeypatch.setattr(kernels, "_of_one_width", lambda kernels, _: kernels.bandwidth)
    is_known.cache_clear()
    assert not is_known(TPESampler)
    is_known.cache_clear()


def found(algorithm: str) -> list[Mapping[str, str]]:
    """The first trials of a search."""
    return run(search(experiment(algorithm, settings={"random_state": "1"})), 20, bowl)


@pytest.mark.parametrize(("algorithm", "same"), [("multivariate-tpe", False), ("tpe", True)])
def test_without_it_a_search_goes_on(algorithm: str, same: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an Optuna that has no such module; `tpe` never has Katib's estimator."""
    known = found(algorithm)
    monkeypatch.setitem(sys.modules, kernels.__name__, None)
    assert (found(algorithm) == known) is same
