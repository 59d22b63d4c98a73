# SPDX-License-Identifier: Apache-2.0
"""The early-stopping algorithm `medianstop`: the stopping rule of the trials that are suggested now.

Follows `pkg/earlystopping/v1beta1/medianstop/service.py` of Katib, whose median is an arithmetic mean:
that of the Succeeded trials' means, each of a trial's first `start_step` values.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kfp_katib.trial.stop_rule import StopRule

if TYPE_CHECKING:
    from kfp_katib.engines.local.journal import StudyTrial
    from kfp_katib.experiment.model import Experiment

_MIN_TRIALS_REQUIRED, _START_STEP = 3, 4
"""Katib's defaults."""


@dataclass(frozen=True, slots=True)
class Medianstop:
    """The algorithm with its settings.

    Attributes:
        metric: The objective's metric.
        maximize: Whether a greater value is better.
        min_trials_required: From how many Succeeded trials on there is a rule.
        start_step: How many values of a trial count, and at which of a trial's values the rule is looked at.
    """

    metric: str
    maximize: bool
    min_trials_required: int = _MIN_TRIALS_REQUIRED
    start_step: int = _START_STEP

    def rule(self, means: Sequence[float]) -> StopRule | None:
        """The rule that follows from the means of the Succeeded trials, in the order in which they ended."""
        value = mean(means) if len(means) >= self.min_trials_required else None
        if value is None:
            return None
        return StopRule(self.metric, str(value), "less" if self.maximize else "greater", self.start_step)


def medianstop(experiment: Experiment) -> Medianstop | None:
    """The early stopping of an Experiment, None where it has none."""
    stopping, objective = experiment.early_stopping, experiment.objective
    if stopping is None:
        return None
    settings = {name: int(text) for name, text in stopping.settings.items()}
    return Medianstop(objective.metric, objective.type == "maximize", **settings)


def mean(values: Sequence[float]) -> float | None:
    """The mean, None of no values, or where their sum is too large for a float.

    Added up one by one, as Katib's service does: since Python 3.12 `sum` rounds otherwise.
    """
    total = 0.0
    for value in values:
        total += value
    return total / len(values) if values and math.isfinite(total) else None


class Means:
    """The means of a study's Succeeded trials; what each query costs does not grow with those that ended."""

    def __init__(self, trials: Sequence[StudyTrial]) -> None:
        self._trials = trials
        self._seen = 0
        self._open: list[StudyTrial] = []
        self._known: list[tuple[datetime, int, float]] = []

    def now(self) -> list[float]:
        """Those that are known now, in the order in which their trials ended."""
        self._open += self._trials[self._seen :]
        self._seen = len(self._trials)
        for record in [each.record for each in self._open]:
            if record.mean is not None and record.ended is not None:
                insort(self._known, (record.ended, record.number, record.mean))
        self._open = [each for each in self._open if each.record.outcome is None]
        return [mean for *_, mean in self._known]
