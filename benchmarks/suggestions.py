# SPDX-License-Identifier: Apache-2.0
"""How long one suggestion takes when 10, 100, 200 and 1,000 trials have ended, for each algorithm.

Run it as `python benchmarks/suggestions.py [ALGORITHM ...]`; it prints one row for each algorithm and number
of trials: the processor time of a suggestion, the median of several. Each algorithm has suggested the trials
itself, four at a time, but those of `bayesianoptimization` are drawn at random, which takes no hour.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.local_engine import Row
from benchmarks.search.functions import FUNCTIONS
from benchmarks.search.searchers import asked
from kfp_katib.engines.local.journal import Journal, now
from kfp_katib.engines.local.journal_record import Record
from kfp_katib.engines.local.search.algorithms import ALGORITHMS
from kfp_katib.engines.local.search.suggestions import Suggestions, open_study
from kfp_katib.experiment import load
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import TrialCondition
from tests.builders.manifest import ABSENT, changed
from tests.builders.valid import VALID, setting

FINISHED = (10, 100, 200, 1_000)
PARALLEL = 4
REPEATS = 5
LIMITS: Mapping[str, Mapping[int, float]] = {"bayesianoptimization": {10: 1, 100: 1, 200: 1, 1_000: 3}}
"""Seconds by algorithm and number of trials; 0.1 for all others."""
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "hyperband": {"resource_name": "epochs", "eta": "3", "r_l": "729"},
    "pbt": {"suggestion_trial_dir": "/opt/katib/data", "n_population": "20", "truncation_threshold": "0.4"},
}
"""Of the algorithms whose manifest is that of the tests: what makes them suggest as many trials."""
OWN_MANIFEST = {"hyperband", "pbt", "enas", "darts"}


def main(algorithms: Sequence[str]) -> None:
    """Measure, and print the table."""
    for algorithm in algorithms:
        for row in rows(algorithm, FINISHED):
            print(f"{row.what:<58} {row.measured:>36}   limit {row.limit}", flush=True)


def rows(algorithm: str, finished: Sequence[int]) -> Iterator[Row]:
    """The time of a suggestion after each number of trials."""
    wanted = search_of(algorithm)
    drawn = algorithm == "bayesianoptimization"
    suggestions = open_study(search_of("random") if drawn else wanted, Journal(wanted.name))
    running: deque[Record] = deque()
    for count in finished:
        fill(suggestions, running, count)
        asked_here = open_study(wanted, suggestions.journal) if drawn else suggestions
        seconds = median(one(asked_here, running) for _ in range(REPEATS))
        limit = LIMITS.get(algorithm, {}).get(count, 0.1)
        yield Row(f"{algorithm}, {count:,} trials", f"{seconds * 1000:.2f} ms", f"{limit * 1000:.0f} ms")


def search_of(algorithm: str) -> Experiment:
    """A search over six parameters of every kind, or one that the algorithm needs."""
    if algorithm not in OWN_MANIFEST:
        return asked(algorithm, FUNCTIONS["mixed"], {}, parallel=PARALLEL, budget=None)
    manifest = VALID[algorithm]()
    counts = {"parallelTrialCount": PARALLEL, "maxTrialCount": 10_000, "maxFailedTrialCount": ABSENT}
    changes: dict[str, Any] = {f"spec.{name}": value for name, value in counts.items()}
    if algorithm in SETTINGS:
        changes["spec.algorithm.algorithmSettings"] = [setting(*each) for each in SETTINGS[algorithm].items()]
    if algorithm == "hyperband":
        changes["spec.parameters[1].feasibleSpace.max"] = "729"
    return load(changed(manifest, changes))


def fill(suggestions: Suggestions, running: deque[Record], count: int) -> None:
    """Run trials until so many have ended, and three run."""
    while sum(trial.told for trial in suggestions.journal.trials) < count or len(running) >= PARALLEL:
        suggestion = suggestions.ask() if len(running) < PARALLEL else None
        if suggestion:
            running.append(suggestion)
        elif running:
            end(suggestions, running.popleft())
        else:
            raise RuntimeError(f"the search ended before {count} trials")


def one(suggestions: Suggestions, running: deque[Record]) -> float:
    """The seconds of the next suggestion, before which a trial ends, or several if it waits for them."""
    while True:
        end(suggestions, running.popleft())
        started = time.process_time()
        suggestion = suggestions.ask()
        spent = time.process_time() - started
        if suggestion:
            running.append(suggestion)
            return spent


def end(suggestions: Suggestions, record: Record) -> None:
    """A trial ends, with a value that says nothing."""
    number = record.number
    outcome = TrialCondition("Succeeded", "TrialSucceeded", "Trial has succeeded")
    name = f"{suggestions.journal.name}-{number}"
    suggestions.journal.write(replace(record, name=name, started=now(), ended=now(), outcome=outcome))
    suggestions.tell(number, Random(number).random())


if __name__ == "__main__":
    main(sys.argv[1:] or list(ALGORITHMS))
