# SPDX-License-Identifier: Apache-2.0
"""Every Experiment of a namespace at a glance, with the best trial by our rule: two requests for all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kfp_katib.engines.katib.api import resources, verdicts
from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.api.resources import EXPERIMENT_LABEL, EXPERIMENTS, TRIALS, Object
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from kfp_katib.experiment.accepted import accepted
from kfp_katib.results import Overview, Score, overview


def searches(options: RunOptions) -> tuple[Overview, ...]:
    """Every Experiment in a namespace, whoever created it, in order of their names.

    Args:
        options: Only `identity.namespace` is used.

    Raises:
        ClusterError: The API server refuses to list them, or their trials.
    """
    with connect(options.identity.namespace) as cluster:
        experiments, _ = cluster.list(EXPERIMENTS)
        trials, _ = cluster.list(TRIALS) if experiments else ((), "")
    by_experiment: defaultdict[str, list[Object]] = defaultdict(list)
    for trial in sorted(trials, key=_creation):
        by_experiment[(trial["metadata"].get("labels") or {}).get(EXPERIMENT_LABEL, "")].append(trial)
    return tuple(
        _overview(each, by_experiment[resources.name(each)])
        for each in sorted(experiments, key=resources.name)
    )


def _overview(stored: Object, trials: Sequence[Object]) -> Overview:
    name, began = resources.name(stored), resources.moment(stored["metadata"].get("creationTimestamp"))
    try:
        experiment = accepted(resources.as_written(stored), name=f"Experiment '{name}'")
    except InputError as error:
        return Overview(name, "Unreadable", str(error), began)
    score = Score(experiment.objective)
    for trial in trials:
        score.take(resources.as_trial(trial))
    return overview(experiment, score, verdicts.condition(stored).state, began)


def _creation(trial: Object) -> tuple[str, str]:
    """The order in which a Result has the trials too."""
    return str(trial["metadata"].get("creationTimestamp")), resources.name(trial)
