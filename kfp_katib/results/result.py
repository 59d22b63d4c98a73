# SPDX-License-Identifier: Apache-2.0
"""The Result of a search: the same from both engines, in Katib's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfp_katib.results.provenance import Provenance
from kfp_katib.results.trials import ExperimentState, Trial, TrialState

if TYPE_CHECKING:
    from kfp_katib.experiment.model import Experiment


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one Experiment. `conclude` makes one from what an engine knows.

    Attributes:
        experiment: What ran, after placeholders and overrides.
        state, reason, message: Those of Katib's condition.
        trials: Every trial, in order of creation.
        best: The best trial by our rule; None where no trial has a finite objective.
        katib_best: The name of the trial that Katib's own rule would choose, empty where none.
        notes: Sentences that a user should read, among them where the two rules differ.
        provenance: Seed, versions, and what the search was told of earlier ones, as far as the engine knows.
    """

    experiment: Experiment
    state: ExperimentState
    reason: str
    message: str
    trials: tuple[Trial, ...]
    best: Trial | None = None
    katib_best: str = ""
    notes: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def succeeded(self) -> bool:
        """Whether the Experiment succeeded and a trial with a finite objective exists."""
        return self.state == "Succeeded" and self.best is not None

    @property
    def usable(self) -> bool:
        """Whether there is a best trial to continue with: after success, or after `best_so_far`."""
        return self.state != "Failed" and self.best is not None

    @property
    def completed(self) -> int:
        """How many trials have completed, in Katib's count."""
        return sum(trial.completed for trial in self.trials)

    @property
    def failures(self) -> tuple[Trial, ...]:
        """The trials that failed, in order of creation."""
        return tuple(trial for trial in self.trials if trial.failed)

    def count(self, *states: TrialState) -> int:
        """How many trials are in one of the states."""
        return sum(trial.state in states for trial in self.trials)
