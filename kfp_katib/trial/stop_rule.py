# SPDX-License-Identifier: Apache-2.0
"""A trial's stopping rule, and what becomes of it as the trial reports.

Follows `updateStopRules` in Katib's `cmd/metricscollector/v1beta1/file-metricscollector/main.go`: a rule is
looked at once, at exactly one report of its metric, with the best value until then. A value that is no number
ends that collector; here it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

from kfp_katib.results import number

_PARTS = 4


@dataclass(frozen=True, slots=True)
class StopRule:
    """One stopping rule.

    Attributes:
        metric: Of which metric it is.
        value: What the best value is compared with, as text.
        comparison: How the best value has to lie beside it for the trial to be stopped.
        start_step: At which report it is looked at; the first one is 1.
    """

    metric: str
    value: str
    comparison: Literal["less", "greater"]
    start_step: int

    @property
    def text(self) -> str:
        """As Katib's collectors get it: `-stop-rule name;value;comparison;step`."""
        return f"{self.metric};{self.value};{self.comparison};{self.start_step}"

    def stops(self, best: float) -> bool:
        """Whether a trial with this value is stopped."""
        return best < float(self.value) if self.comparison == "less" else best > float(self.value)

    def better(self, one: float, other: float) -> float:
        """The better of two values: of a metric whose smaller values stop a trial, the greater one."""
        return max(one, other) if self.comparison == "less" else min(one, other)


def stop_rule(text: str) -> StopRule:
    """The rule with this text.

    Raises:
        ValueError: It is not one.
    """
    metric, value, comparison, step = text.rsplit(";", _PARTS - 1)
    if not metric or number(value) is None or comparison not in ("less", "greater") or int(step) < 1:
        raise ValueError(f"{text[:60]!r} is not a stopping rule")
    return StopRule(metric, value, cast("Literal['less', 'greater']", comparison), int(step))


@dataclass(slots=True)
class Watch:
    """One trial's rule while the trial reports.

    Attributes:
        rule: The rule.
        stops: Whether the trial has to stop; it stays so.
        left: How many reports are to come until the rule is looked at; 0 afterwards.
    """

    rule: StopRule
    stops: bool = False
    left: int = field(init=False)
    _best: float | None = None

    def __post_init__(self) -> None:
        self.left = self.rule.start_step

    def take(self, metric: str, text: str) -> None:
        """Take the next report."""
        value = number(text)
        if metric != self.rule.metric or value is None or not self.left:
            return
        self._best = value if self._best is None else self.rule.better(value, self._best)
        self.left -= 1
        self.stops = not self.left and self.rule.stops(self._best)
