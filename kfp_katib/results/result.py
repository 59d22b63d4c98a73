# SPDX-License-Identifier: Apache-2.0
"""The Result of a search: the same from both engines, in Katib's words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kfp_katib.results.brief import assigned, counted, short
from kfp_katib.results.pareto import pareto
from kfp_katib.results.provenance import Provenance
from kfp_katib.results.trials import ExperimentState, Trial, TrialState
from kfp_katib.results.values import Value, assignments, objective_text, objective_value

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

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
    def best_value(self) -> float | None:
        """The objective's value in the best trial; None where no trial has a finite one."""
        return objective_value(self.best, self.experiment.objective) if self.best else None

    @property
    def best_parameters(self) -> dict[str, Value]:
        """The best trial's parameters, numbers as numbers; empty where there is no best trial."""
        return assignments(self.best, self.experiment.parameters) if self.best else {}

    @property
    def pareto(self) -> tuple[Trial, ...]:
        """The Pareto set: the trials that no other equals or beats in every metric, and beats in one.

        The metrics are those of `experiment.objective.directions`: the objective's, and the additional ones
        for which the manifest itself names the strategy `min` or `max`; without any of these it is empty. The
        best by the objective comes first, ties in order of creation. Of equal trials all are in it, and none
        without a finite value of each of the metrics. Each call computes it anew.
        """
        return pareto(self.trials, self.experiment.objective)

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

    def dataframe(self) -> pandas.DataFrame:
        """The trials as a pandas DataFrame, one row each in order of creation.

        Its columns are those of `trials_csv`: `name`, `state`, `reason`, `message`, `started` and `ended`
        (UTC), `seconds`, `exit_code`, `model_uri`, then `objective` (the finite number that the search
        compares), then `parameter.<name>` and `metric.<name>.<min|max|latest>`. Numbers are numbers; a value
        that is not there is NaN, NaT, NA or None.

        Raises:
            InputError: pandas is not installed.
        """
        from kfp_katib.results.frame import dataframe

        return dataframe(self.experiment, self.trials)

    def __repr__(self) -> str:
        """`<Result tune Succeeded (ExperimentMaxTrialsReached): 12 trials, best loss 0.31 with lr=0.01>`."""
        reason = f" ({self.reason})" if self.reason else ""
        return f"<Result {self.experiment.name} {self.state}{reason}: {', '.join(self._told())}>"

    def _told(self) -> Iterator[str]:
        """How many trials there are, how many failed, and the best one."""
        yield counted(len(self.trials), "trial")
        if self.failures:
            yield f"{len(self.failures)} failed"
        objective = self.experiment.objective
        if self.best is None:
            yield f"none with a finite {objective.metric}"
            return
        value = short(objective_text(self.best, objective))
        of = assigned(self.best.parameters)
        yield f"best {objective.metric} {value}{' with ' if of else ''}{of}"

    def _repr_html_(self) -> str:
        """What a notebook shows: the answer, the best trial's parameters, and the history as a picture.

        `kfp_katib.report.html` makes the whole page.
        """
        from kfp_katib.results.notebook import shown

        return shown(
            self.experiment,
            self.trials,
            state=self.state,
            reason=self.reason,
            message=self.message,
            best=self.best,
            notes=self.notes,
        )
