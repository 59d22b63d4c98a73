# SPDX-License-Identifier: Apache-2.0
"""Run one Experiment on a Katib in a cluster, and hand back the Result that the local engine would."""

from __future__ import annotations

import math
from collections.abc import Callable

from kfp_katib.engines.katib import preflight, stop
from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.api.resources import as_written
from kfp_katib.engines.katib.follow import OnTimeout, Patience, follow
from kfp_katib.engines.katib.session import following
from kfp_katib.engines.katib.step import experiment_ends_with_run
from kfp_katib.engines.katib.submit import adopt, create, find, labelled, no_such, submitted
from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, load
from kfp_katib.experiment.choices import choose
from kfp_katib.results import Progress, Result


def run(
    experiment: Experiment,
    *,
    models: str | None = None,
    timeout_seconds: float | None = None,
    on_timeout: OnTimeout = "fail",
    on_update: Callable[[Progress], None] | None = None,
    namespace: str | None = None,
    run_id: str = "",
    task_name: str = "",
    stall_timeout_seconds: float = 600,
    experiment_cleanup: stop.Cleanup = "keep",
) -> Result:
    """Submit the Experiment, or adopt it where an earlier attempt has, and wait for its verdict.

    Args:
        experiment: What to run, its name final and its placeholders filled.
        models: The URI root below which trials write their models.
        timeout_seconds: Counted from the Experiment's creation, so that a retried step gains nothing.
        on_timeout: `fail` raises and leaves the Experiment to `experiment_cleanup`, to `cancel` or to
            `clean_up`; `best_so_far` deletes it and returns what it had found.
        on_update: Called with the Progress whenever a trial's state changes; its `result()` is the Result
            so far.
        namespace: Where; else the manifest's, else the connection's own.
        run_id: The pipeline run that this is part of.
        task_name: The step of that run.
        stall_timeout_seconds: For how long something may block while no trial is computed.
        experiment_cleanup: What becomes of the Experiment in the end.

    Returns:
        The Result for every verdict of Katib's, Failed included.

    Raises:
        InputError: It could not be started; the message has all reasons at once.
        TimedOut: Time is up, and `on_timeout` is `fail`.
        Stalled: Nothing went on for `stall_timeout_seconds`; the message says what blocked.
        Unfinished: Somebody deleted the Experiment.
        Interrupted: Ctrl-C; the Experiment goes on in the cluster.
        ClusterError: The API server refused what a search cannot do without.
    """
    choose(on_timeout, ("fail", "best_so_far"), "on_timeout")
    choose(experiment_cleanup, ("keep", "delete_on_success", "delete_always"), "experiment_cleanup")
    patience = Patience(timeout_seconds, on_timeout, stall_timeout_seconds)
    with connect(namespace or experiment.namespace) as cluster:
        manifest = labelled(experiment, cluster.namespace, run_id=run_id, task_name=task_name)
        ours = adopt(cluster, manifest)
        if ours is None:
            preflight.check(cluster, manifest, preflight.first_job(experiment, cluster.namespace))
            ours = create(cluster, manifest)
        with (
            experiment_ends_with_run(cluster, ours.name, ours.uid),
            stop.tidied(cluster, ours, experiment_cleanup) as tell,
            following(cluster, experiment, ours, models=models or "") as session,
        ):
            result = follow(session, patience, on_update=on_update)
            tell(result)
            return result


def watch(
    name: str, *, namespace: str | None = None, on_update: Callable[[Progress], None] | None = None
) -> Result:
    """Follow an Experiment that is in the cluster already, whoever submitted it, and touch nothing.

    Args:
        name: The Experiment.
        namespace: Where; else the connection's own.
        on_update: Called with the Progress whenever a trial's state changes; its `result()` is the Result
            so far.

    Raises:
        InputError: There is no such Experiment.
        ManifestError: It has errors that Katib lets through and we cannot read past.
        Interrupted: Ctrl-C.
    """
    with connect(namespace or "") as cluster:
        stored = find(cluster, name)
        if stored is None:
            raise InputError(no_such(name, cluster.namespace))
        experiment = load(as_written(stored), name=f"Experiment '{name}'")
        patience = Patience(stall_timeout_seconds=math.inf, only_look=True)
        with following(cluster, experiment, submitted(stored)) as session:
            return follow(session, patience, on_update=on_update)
