# SPDX-License-Identifier: Apache-2.0
"""End what a run left behind: the safety net for everything that can stop a search silently."""

from __future__ import annotations

import logging

from kfp_katib.engines.engine import named
from kfp_katib.errors import InputError
from kfp_katib.experiment.plain import UnreadableError
from kfp_katib.experiment.source import read
from kfp_katib.steps.arguments import as_sent

_log = logging.getLogger(__name__)


def clean_up_run(run_id: str, engine: str, namespace: str = "", experiment: str = "") -> int:
    """End the searches of a run that have not finished, and return how many there were.

    A launcher creates its Experiment in the namespace of its argument, else its manifest's, else its own; all
    three are searched.

    Args:
        run_id: The run.
        engine: Where its searches run.
        namespace: The `namespace` argument of the run's launcher.
        experiment: The launcher's manifest.

    Raises:
        InputError: No run is named, which would mean every search, or there is no such engine.
        ClusterError: An Experiment could not be ended.
    """
    if not run_id or "{{$" in run_id:
        raise InputError(f"run_id is {run_id!r}. Pass dsl.PIPELINE_JOB_ID_PLACEHOLDER as the whole argument.")
    places = [place for place in (namespace, _namespace(as_sent(experiment))) if place]
    ended = named(engine).end_abandoned(run_id, namespaces=places)
    for name in ended:
        _log.info("ended what Experiment %s had left running", name)
    return len(ended)


def _namespace(manifest: str) -> str:
    """The namespace that a manifest names; one that cannot be read has not started anything."""
    if not manifest.strip():
        return ""
    try:
        metadata = read(manifest).get("metadata")
    except UnreadableError as error:
        _log.info("the manifest names no namespace: %s", error.problem)
        return ""
    named = metadata.get("namespace") if isinstance(metadata, dict) else ""
    return named if isinstance(named, str) else ""
