# SPDX-License-Identifier: Apache-2.0
"""Run one Experiment on a Katib in a cluster, and hand back the Result that the local engine would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kfp_katib.engines.katib import preflight, stop
from kfp_katib.engines.katib.api import resources
from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.api.resources import EXPERIMENTS
from kfp_katib.engines.katib.follow import follow
from kfp_katib.engines.katib.session import Session, following
from kfp_katib.engines.katib.step import experiment_ends_with_run
from kfp_katib.engines.katib.submit import adopt, create, find, labelled, no_such, submitted
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import ClusterError, InputError
from kfp_katib.experiment import Experiment, load
from kfp_katib.results import Result

_READ_SECONDS = 30.0


def run(experiment: Experiment, options: RunOptions) -> Result:
    """Submit the Experiment, or adopt it where an earlier attempt has, and wait for its verdict.

    Args:
        experiment: What to run, its name final and its placeholders filled.
        options: With `on_timeout` `fail` the Experiment is left to `cleanup`, to `cancel` or to `clean_up`;
            with `best_so_far` it is deleted when its time is up.

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
    identity = options.identity
    if options.again:
        where = f" -n {identity.namespace}" if identity.namespace else ""
        raise InputError(f"--again is for the local engine. First: kfp-katib cancel {experiment.name}{where}")
    with connect(identity.namespace or experiment.namespace) as cluster:
        manifest = labelled(experiment, cluster.namespace, identity)
        ours = adopt(cluster, manifest)
        if ours is None:
            preflight.check(cluster, manifest, preflight.first_job(experiment, cluster.namespace))
            ours = create(cluster, manifest)

        def search() -> Result:
            with following(cluster, experiment, ours, models=str(options.models or "")) as session:
                return follow(session, options)

        with experiment_ends_with_run(cluster, ours.name, ours.uid):
            return stop.tidied(cluster, ours, options.cleanup, search)


def watch(name: str, options: RunOptions) -> Result:
    """Follow an Experiment that is in the cluster already, whoever submitted it, and touch nothing.

    Args:
        name: The Experiment.
        options: Of these, `identity.namespace` and `on_update`.

    Raises:
        InputError: There is no such Experiment.
        ManifestError: It has errors that Katib lets through and we cannot read past.
        Interrupted: Ctrl-C.
    """
    with _looking_at(name, options) as session:
        return follow(session, options, only_look=True)


def searches(options: RunOptions) -> tuple[str, ...]:
    """The names of all Experiments in a namespace, whoever created them."""
    with connect(options.identity.namespace) as cluster:
        found, _ = cluster.list(EXPERIMENTS)
        return tuple(sorted(resources.name(each) for each in found))


def read(name: str, options: RunOptions) -> Result:
    """An Experiment in the cluster as it is now, whoever submitted it.

    Raises:
        InputError: There is no such Experiment.
        ManifestError: It has errors that Katib lets through and we cannot read past.
        ClusterError: The API server does not tell all of it within half a minute.
    """
    with _looking_at(name, options) as session:
        if not session.wait_until(lambda: session.complete, _READ_SECONDS):
            raise ClusterError(f"Experiment '{name}' could not be read within {_READ_SECONDS:g} s.")
        return session.final_result()


@contextmanager
def _looking_at(name: str, options: RunOptions) -> Iterator[Session]:
    with connect(options.identity.namespace) as cluster:
        stored = find(cluster, name)
        if stored is None:
            raise InputError(no_such(name, cluster.namespace))
        experiment = load(resources.as_written(stored), name=f"Experiment '{name}'")
        with following(cluster, experiment, submitted(stored), models=str(options.models or "")) as session:
            yield session
