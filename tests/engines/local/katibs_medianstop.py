# SPDX-License-Identifier: Apache-2.0
"""Katib's medianstop in a few lines, to compare ours with: its service, then its collector.

Restated from `pkg/earlystopping/v1beta1/medianstop/service.py` and
`cmd/metricscollector/v1beta1/file-metricscollector/main.go` of Katib 0.19.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Service:
    """The pod of one Experiment's early stopping; it remembers the mean of each trial by the trial's name."""

    def __init__(self, *, maximize: bool, min_trials_required: int, start_step: int) -> None:
        self.maximize = maximize
        self.required = min_trials_required
        self.start_step = start_step
        self.history: dict[str, float] = {}

    def rule(self, succeeded: Mapping[str, Sequence[str]]) -> tuple[str, str, int] | None:
        """Value, comparison and step of the rule, given every Succeeded trial's log of the objective."""
        for name in [each for each in succeeded if each not in self.history]:
            head = succeeded[name][: self.start_step]
            added: float = 0
            for text in head:
                added += float(text)
            self.history[name] = added / len(head)
        if len(self.history) < self.required:
            return None
        together: float = 0
        for mean in self.history.values():
            together += mean
        return str(together / len(self.history)), "less" if self.maximize else "greater", self.start_step


def stopped_at(reports: Sequence[str], rule: tuple[str, str, int] | None, *, maximize: bool) -> int | None:
    """At which report the collector stops the trial, None where it does not."""
    if rule is None:
        return None
    value, comparison, to_go = rule
    optimum: float | None = None
    for place, text in enumerate(reports, start=1):
        now = float(text)
        if optimum is None or (maximize and now > optimum) or (not maximize and now < optimum):
            optimum = now
        to_go -= 1
        if to_go != 0:
            continue
        if (comparison == "less" and optimum < float(value)) or (
            comparison == "greater" and optimum > float(value)
        ):
            return place
    return None
