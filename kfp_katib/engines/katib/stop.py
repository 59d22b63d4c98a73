# SPDX-License-Identifier: Apache-2.0
"""Ending Experiments: by name, by pipeline run, by cleanup policy.

Katib cannot stop an Experiment: its budget cannot be lowered to what has been reached, and a trial that is
deleted is replaced. So stopping means deleting, and the results must be read first.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from kfp_katib.engines.katib.api import resources, verdicts
from kfp_katib.engines.katib.api.cache import selector
from kfp_katib.engines.katib.api.client import Cluster, connect
from kfp_katib.engines.katib.api.resources import EXPERIMENTS, PODS, TRIALS, Kind, Object
from kfp_katib.engines.katib.submit import Submitted, no_such, run_selector
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import ClusterError, InputError, Interrupted
from kfp_katib.results import Result

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.5


def cancel(name: str, options: RunOptions, *, wait_seconds: float = 60.0) -> bool:
    """Delete an Experiment with its trials, and wait until they are gone.

    Args:
        name: The Experiment.
        options: Only `identity.namespace` is used.
        wait_seconds: How long to wait.

    Returns:
        True: one that has ended is deleted, too.

    Raises:
        InputError: There is no such Experiment.
        ClusterError: Something is still there after `wait_seconds`; the message says what holds it.
    """
    with connect(options.identity.namespace) as cluster:
        if not cluster.delete(EXPERIMENTS, name):
            raise InputError(no_such(name, cluster.namespace))
        await_gone(cluster, name, wait_seconds)
        return True


def end_abandoned(run_id: str, *, namespaces: Sequence[str] = (), wait_seconds: float = 60.0) -> list[str]:
    """Delete what an aborted pipeline run left: its Experiments that have no verdict.

    They are found by the label of the run, so nothing else is ever touched.

    Args:
        run_id: The pipeline run.
        namespaces: Where its launchers may have put them, the likeliest first; our own is always included.
        wait_seconds: How long to wait for all of them together.

    Returns:
        The names of the Experiments that were deleted.

    Raises:
        ClusterError: An Experiment stays, or we may not look at the first namespace; raised only after the
            others have been ended.
    """
    if not run_id:
        raise InputError("run_id is empty: that would match everybody's Experiments. Give the run's id.")
    deadline = time.monotonic() + wait_seconds
    with connect() as home:
        first, *others = dict.fromkeys([*filter(None, namespaces), home.namespace])
    ended: list[str] = []
    errors: list[ClusterError] = []
    for namespace in (first, *others):
        try:
            ended += _end_those_of(run_id, namespace, deadline, may_be_closed=namespace != first)
        except ClusterError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return ended


def _end_those_of(run_id: str, namespace: str, deadline: float, *, may_be_closed: bool) -> list[str]:
    with connect(namespace) as cluster:
        try:
            found, _ = cluster.list(EXPERIMENTS, labelSelector=run_selector(run_id))
        except ClusterError as error:
            if error.status != 403 or not may_be_closed:
                raise
            logger.info("namespace %s is skipped, no launcher of ours can be in it: %s", namespace, error)
            return []
        left = [resources.name(each) for each in found if not verdicts.condition(each).final]
        for name in left:
            cluster.delete(EXPERIMENTS, name)
        for name in left:
            await_gone(cluster, name, max(1.0, deadline - time.monotonic()))
    return left


def tidied(
    cluster: Cluster, submitted: Submitted, options: RunOptions, search: Callable[[], Result]
) -> Result:
    """Follow a search to its end, and delete its Experiment if the policy asks for it.

    Ctrl-C leaves it: the user wants the terminal back, and can follow the search again. A deletion that
    fails is only logged, so that the Result is not lost.
    """
    try:
        result = search()
    except (KeyboardInterrupt, Interrupted):
        raise
    except BaseException:
        if options.deletes():
            _delete(cluster, submitted)
        raise
    if options.deletes(result):
        _delete(cluster, submitted)
    return result


def _delete(cluster: Cluster, submitted: Submitted) -> None:
    try:
        cluster.delete(EXPERIMENTS, submitted.name, uid=submitted.uid)
        logger.info("Experiment %s/%s deleted", cluster.namespace, submitted.name)
    except ClusterError as error:
        logger.warning("Experiment %s/%s stays: %s", cluster.namespace, submitted.name, error)


def await_gone(cluster: Cluster, name: str, seconds: float) -> None:
    """Wait until an Experiment, its trials and their pods are gone.

    Raises:
        ClusterError: They are not; the message says what holds them.
    """
    deadline = time.monotonic() + seconds
    while left := _left(cluster, name):
        if time.monotonic() > deadline:
            raise ClusterError(
                f"Experiment '{name}' in namespace '{cluster.namespace}' was deleted, but after "
                f"{seconds:g} s {len(left)} of its objects are still there: {'; '.join(left[:5])}. "
                "Katib's finalizers need katib-controller and katib-db-manager to run, and the "
                "namespace's label katib.kubeflow.org/metrics-collector-injection."
            )
        time.sleep(_POLL_SECONDS)


def _left(cluster: Cluster, name: str) -> list[str]:
    # In the order in which they are deleted: the next kind is listed once this one is gone.
    for kind in (EXPERIMENTS, TRIALS, PODS):
        try:
            found, _ = cluster.list(kind, **selector(kind, name))
        except ClusterError as error:
            if error.status == 403:
                continue
            raise
        if found:
            return [_held(kind, each) for each in found]
    return []


def _held(kind: Kind, thing: Object) -> str:
    finalizers = thing["metadata"].get("finalizers") or ()
    held = f" (held by {', '.join(finalizers)})" if finalizers else ""
    return f"{kind.plural[:-1]} {resources.name(thing)}{held}"
