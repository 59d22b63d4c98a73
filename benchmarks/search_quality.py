# SPDX-License-Identifier: Apache-2.0
"""How good the local engine's algorithms are: the median best value of 20 seeds on named test functions.

    python benchmarks/search_quality.py [--seeds 20] [--budget 50] [--functions branin hartmann6]

prints one line for each algorithm and function: the median regret (the best value found minus the known
minimum, smaller is better), its quartiles, and the milliseconds of one suggestion. Three trials run at a
time, Katib's default: a suggestion knows the results of all trials before it but the last two.
Branin and Hartmann as in Dixon and Szego (1978), with their usual constants.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

sys.path.insert(0, str(Path(__file__).parents[1]))

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.search.suggestions import open_study
from kfp_katib.experiment.model import Experiment
from tests.builders.experiment import double, experiment, objective

ALGORITHMS = ("random", "sobol", "tpe", "multivariate-tpe", "cmaes", "bayesianoptimization")
PARALLEL = 3


@dataclass(frozen=True)
class TestFunction:
    """A function to minimise on a box, with its known minimum."""

    minimum: float
    box: tuple[tuple[float, float], ...]
    value: Callable[[Sequence[float]], float]


@dataclass(frozen=True)
class Outcome:
    """The best value found by one search minus the known minimum, and the time of one suggestion."""

    regret: float
    suggestion_ms: float


def branin(x: Sequence[float]) -> float:
    """Three equal minima in two dimensions."""
    b, c, t = 5.1 / (4 * math.pi**2), 5 / math.pi, 1 / (8 * math.pi)
    return (x[1] - b * x[0] ** 2 + c * x[0] - 6) ** 2 + 10 * (1 - t) * math.cos(x[0]) + 10


_ALPHA = (1.0, 1.2, 3.0, 3.2)
_A = (
    (10, 3, 17, 3.5, 1.7, 8),
    (0.05, 10, 17, 0.1, 8, 14),
    (3, 3.5, 1.7, 10, 17, 8),
    (17, 8, 0.05, 10, 0.1, 14),
)
_P = (
    (0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886),
    (0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991),
    (0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650),
    (0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381),
)


def hartmann6(x: Sequence[float]) -> float:
    """Six local minima in six dimensions."""
    return -sum(
        alpha * math.exp(-sum(a * (xi - p) ** 2 for a, xi, p in zip(row, x, centre, strict=True)))
        for alpha, row, centre in zip(_ALPHA, _A, _P, strict=True)
    )


FUNCTIONS: Mapping[str, TestFunction] = {
    "branin": TestFunction(0.397887, ((-5.0, 10.0), (0.0, 15.0)), branin),
    "hartmann6": TestFunction(-3.32237, ((0.0, 1.0),) * 6, hartmann6),
}


def search(
    algorithm: str,
    function: TestFunction,
    *,
    seed: int,
    budget: int,
    settings: Mapping[str, str] | None = None,
) -> Outcome:
    """One search, with the algorithm's settings in addition to its seed."""
    chosen = {} if algorithm == "sobol" else {"random_state": str(seed), **(settings or {})}
    search = _experiment(algorithm, chosen, function, budget)
    suggestions = open_study(search, Journal(search.name))
    best, asking = math.inf, 0.0
    running: deque[Record] = deque()
    for count in range(budget + PARALLEL):
        if len(running) == PARALLEL or count >= budget:
            done = running.popleft()
            value = function.value([float(done.parameters[f"x{i}"]) for i in range(len(function.box))])
            suggestions.tell(done.number, value)
            best = min(best, value)
        if count < budget:
            start = time.perf_counter()
            suggestion = suggestions.ask()
            asking += time.perf_counter() - start
            assert suggestion is not None
            running.append(suggestion)
    return Outcome(best - function.minimum, asking / budget * 1000)


def _experiment(
    algorithm: str, settings: Mapping[str, str], function: TestFunction, budget: int
) -> Experiment:
    box = [double(f"x{i}", str(low), str(high)) for i, (low, high) in enumerate(function.box)]
    return experiment(
        algorithm,
        box,
        settings=settings,
        parallel=PARALLEL,
        budget=budget,
        objective=objective(metric="value"),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--functions", nargs="+", choices=FUNCTIONS, default=list(FUNCTIONS))
    parser.add_argument("--algorithms", nargs="+", choices=ALGORITHMS, default=list(ALGORITHMS))
    options = parser.parse_args()
    print(f"{'function':<11}{'algorithm':<22}{'median':>9}{'25 %':>9}{'75 %':>9}{'ms/suggestion':>15}")
    for name in options.functions:
        for algorithm in options.algorithms:
            found = [
                search(algorithm, FUNCTIONS[name], seed=seed, budget=options.budget)
                for seed in range(options.seeds)
            ]
            regrets = [outcome.regret for outcome in found]
            low, _, high = quantiles(regrets, n=4, method="inclusive")
            cost = median(outcome.suggestion_ms for outcome in found)
            print(
                f"{name:<11}{algorithm:<22}{median(regrets):9.4f}{low:9.4f}{high:9.4f}{cost:15.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
