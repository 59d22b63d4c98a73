# SPDX-License-Identifier: Apache-2.0
"""Two searchers that benchmarks compare: the local engine's algorithms, and Katib's own services."""

from __future__ import annotations

import json
import math
import subprocess
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from benchmarks.search.functions import TestFunction
from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.search.suggestions import open_study
from kfp_katib.experiment.model import Experiment, Parameter
from tests.builders.experiment import experiment, objective

Texts = Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """The best value found by one search minus the known minimum, and the CPU time of one suggestion."""

    regret: float
    suggestion_ms: float


class Searcher(Protocol):
    """Suggests trials of one search after the other."""

    def begin(self, asked: Experiment) -> None:
        """Forget everything, and begin another search."""

    def ask(self, count: int) -> tuple[list[Texts], float]:
        """The next suggestions, and the CPU seconds that they took."""

    def tell(self, number: int, value: float) -> None:
        """The value of a suggestion, by the number in which it came."""


class Local:
    """The local engine's algorithms."""

    def begin(self, asked: Experiment) -> None:
        """Forget everything, and begin another search."""
        self._study = open_study(asked, Journal(asked.name))

    def ask(self, count: int) -> tuple[list[Texts], float]:
        """The next suggestions, and the CPU seconds that they took."""
        started = time.process_time()
        found = [self._study.ask() for _ in range(count)]
        spent = time.process_time() - started
        if None in found:
            raise RuntimeError("the search has ended before its budget was spent")
        return [each.parameters for each in found if each], spent

    def tell(self, number: int, value: float) -> None:
        """The value of a suggestion."""
        self._study.tell(number, value)


class Services:
    """Katib's own services, in a process whose Python has what they need."""

    def __init__(self, katib: Path, python: Path) -> None:
        script = Path(__file__).with_name("katib_services.py")
        self._process = subprocess.Popen(
            [python, script, katib], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._given: list[Texts] = []
        self._ended: list[Mapping[str, Any]] = []

    def __enter__(self) -> Services:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def begin(self, asked: Experiment) -> None:
        """Forget everything, and begin another search."""
        self._given, self._ended = [], []
        parameters = [
            {"name": each.name, "type": each.type, "space": asdict(each.space)} for each in asked.parameters
        ]
        algorithm = {"algorithm": asked.algorithm.name, "settings": dict(asked.algorithm.settings)}
        self._answer(begin=algorithm | {"parameters": parameters})

    def ask(self, count: int) -> tuple[list[Texts], float]:
        """The next suggestions, and the CPU seconds that they took."""
        answer = self._answer(ask=count, trials=self._ended)
        found = answer["suggestions"]
        if len(found) != count:
            raise RuntimeError(f"Katib's service gave {len(found)} suggestions of {count}")
        self._given += found
        return found, answer["seconds"]

    def tell(self, number: int, value: float) -> None:
        """The value of a suggestion."""
        self._ended.append({"name": f"trial-{number}", "parameters": self._given[number], "value": value})

    def _answer(self, **line: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(line), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"Katib's services ended with {self._process.wait()}; see above")
        return json.loads(answer)


def asked(
    algorithm: str, function: TestFunction, settings: Mapping[str, str], *, parallel: int, budget: int | None
) -> Experiment:
    """The search of one function; a grid has three values of each double, or nine where there are two."""
    steps = 8 if len(function.space) == 2 else 2
    space = [_stepped(each, steps) if algorithm == "grid" else each for each in function.space]
    return experiment(
        algorithm,
        space,
        settings=settings,
        parallel=parallel,
        budget=budget,
        objective=objective(metric="value"),
    )


def _stepped(parameter: Parameter, steps: int) -> Parameter:
    space = parameter.space
    if parameter.type != "double":
        return parameter
    step = (Decimal(space.max) - Decimal(space.min)) / steps  # so that max is on the lattice
    return replace(parameter, space=replace(space, step=str(step)))


def search(searcher: Searcher, function: TestFunction, wanted: Experiment) -> Outcome:
    """One search; its trials end one at a time, the oldest first, and each makes room for another."""
    searcher.begin(wanted)
    budget = wanted.max_trial_count or 0
    best, spent, begun = math.inf, 0.0, 0
    running: deque[tuple[int, Texts]] = deque()
    while begun < budget or running:
        count = min(wanted.parallel_trial_count - len(running), budget - begun)
        if count:
            found, seconds = searcher.ask(count)
            spent += seconds
            running.extend(enumerate(found, begun))
            begun += count
        number, texts = running.popleft()
        value = function.value(texts)
        searcher.tell(number, value)
        best = min(best, value)
    return Outcome(best - function.minimum, spent / budget * 1000)
