# SPDX-License-Identifier: Apache-2.0
"""Whether the verdict in a journal still holds.

It was written for one manifest and the trials of that time. Another budget, limit or goal, or failed trials
that run again, may unmake it; whoever shows it asks here.
"""

from __future__ import annotations

from kfp_katib.engines.local.journal import Journal
from kfp_katib.engines.local.recorded_trials import trial_of
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Condition, Score
from kfp_katib.results.verdict import SEARCH_ENDED, verdict


def standing(experiment: Experiment, journal: Journal, *, without_failed: bool = False) -> Condition | None:
    """The verdict that follows from the manifest and the trials; None while the search is unfinished.

    Where none was written, the trials that still run decide: an engine that is alive will say.

    Args:
        experiment: The manifest as it is now.
        journal: The journal.
        without_failed: Whether to leave out the trials that failed, as if they were still to run.
    """
    if (stored := journal.verdict) is None:
        return None
    trials = [trial_of(each, experiment, "") for each in journal.counted]
    kept = [trial for trial in trials if not (without_failed and trial.failed)]
    score = Score(experiment.objective)
    for trial in kept:
        score.take(trial)
    return judged_anew(stored, experiment, score, all_counted=kept == trials)


def judged_anew(
    stored: Condition, experiment: Experiment, score: Score, *, all_counted: bool = True
) -> Condition | None:
    """What has become of a verdict that was written; None where the search has to go on.

    Args:
        stored: The verdict.
        experiment: The manifest as it is now.
        score: The trials.
        all_counted: Whether none of them was left out.
    """
    left = score.running + score.waiting
    ended = stored.reason == SEARCH_ENDED.reason and not left and all_counted
    return verdict(experiment, score, search_ended=ended)
