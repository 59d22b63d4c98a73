# SPDX-License-Identifier: Apache-2.0
r"""How good the local engine's algorithms are, beside Katib's own services if there is a checkout of Katib.

    python benchmarks/search_quality.py [--seeds 20] [--budget 50] [--functions branin mixed] [--parallel 1 4]
    python benchmarks/search_quality.py --katib DIR --python services/bin/python --seeds 60

prints a row for each algorithm, function and number of trials at a time: the regret (the best value found
minus the known minimum, smaller is better) as median and quartiles, and the milliseconds of processor time of
one suggestion. A trial ends when another one is asked for, the oldest first.

With `--katib` the same searches are made by the services of a checkout of Katib (hyperopt, Optuna and
scikit-optimize; those in Go, cmaes and sobol, are left out), and p is that of a two-sided Mann-Whitney test.
They need older libraries than this project, so a Python of their own, up to 3.11:

    python3.11 -m venv services
    services/bin/pip install hyperopt==0.2.5 optuna==3.3.0 scikit-optimize==0.9.0 numpy==1.23.5 \
        'scikit-learn<=1.3' grpcio 'protobuf<5' 'setuptools<80'
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from scipy.stats import mannwhitneyu
from threadpoolctl import threadpool_limits

from benchmarks.search.functions import FUNCTIONS
from benchmarks.search.katib_services import SERVICES
from benchmarks.search.searchers import Local, Outcome, Searcher, Services, asked, search

ALGORITHMS = ("random", "grid", "sobol", "tpe", "multivariate-tpe", "cmaes", "bayesianoptimization")
WORSE = 0.01
"""A difference with a smaller p counts."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    options = _options().parse_args(arguments)
    searchers: dict[str, Searcher] = {"here": Local()}
    with ExitStack() as stack, threadpool_limits(1):
        known: Sequence[str] = ALGORITHMS
        if options.katib:
            services = stack.enter_context(Services(options.katib, options.python))
            searchers, known = {"Katib": services, **searchers}, tuple(SERVICES)
        print(f"| algorithm, function, at a time | {' | '.join(searchers)} | p | searches | ms |")
        print(f"|---|{'---|' * (len(searchers) + 3)}", flush=True)
        chosen = [each for each in known if each in (options.algorithms or known)]
        for algorithm, name, parallel in itertools.product(chosen, options.functions, options.parallel):
            found = {
                who: outcomes(one, algorithm, name, range(options.seeds), parallel, options.budget)
                for who, one in searchers.items()
            }
            print(row(f"{algorithm} {name} {parallel}", found), flush=True)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--functions", nargs="+", choices=FUNCTIONS, default=list(FUNCTIONS))
    parser.add_argument("--algorithms", nargs="+", choices=ALGORITHMS)
    parser.add_argument("--parallel", nargs="+", type=int, default=[4], help="trials at a time")
    parser.add_argument("--katib", type=Path, metavar="DIR", help="a checkout of Katib")
    parser.add_argument("--python", type=Path, default=Path("services/bin/python"), help="that has its needs")
    return parser


def outcomes(
    searcher: Searcher, algorithm: str, name: str, seeds: Sequence[int], parallel: int, budget: int
) -> list[Outcome]:
    """The searches of an algorithm on one function, one for each seed; sobol has no seed, and one search."""
    function, fixed = FUNCTIONS[name], algorithm == "sobol"
    settings = [{} if fixed else {"random_state": str(seed)} for seed in seeds][: 1 if fixed else None]
    return [
        search(searcher, function, asked(algorithm, function, each, parallel=parallel, budget=budget))
        for each in settings
    ]


def row(what: str, found: Mapping[str, Sequence[Outcome]]) -> str:
    """A row of the table; it says `worse` or `better` where the two differ for sure."""
    regrets = [[outcome.regret for outcome in each] for each in found.values()]
    cells = [_spread(each) for each in regrets]
    costs = [f"{median(outcome.suggestion_ms for outcome in each):.2g}" for each in found.values()]
    said = "-"
    if len(regrets) == 2:
        p = mannwhitneyu(*regrets).pvalue
        said = f"{p:.2g}"
        if p < WORSE:
            said += ", worse" if median(regrets[1]) > median(regrets[0]) else ", better"
    return f"| {what} | {' | '.join(cells)} | {said} | {len(regrets[0])} | {' and '.join(costs)} |"


def _spread(regrets: Sequence[float]) -> str:
    """Median and quartiles."""
    ranked = sorted(regrets)
    low, high = (ranked[round(share * (len(ranked) - 1))] for share in (0.25, 0.75))
    return f"{median(ranked):.2g} [{low:.2g}, {high:.2g}]"


if __name__ == "__main__":
    main()
