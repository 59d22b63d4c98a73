# SPDX-License-Identifier: Apache-2.0
"""One search as a step of a pipeline: plan it, run it on an engine, deliver its best model.

The step's own code, in components/, only names the outputs; everything happens here, where no kfp is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from kfp_katib.engines.engine import named
from kfp_katib.engines.options import Identity
from kfp_katib.errors import ExperimentFailed, Unfinished
from kfp_katib.steps.arguments import as_sent
from kfp_katib.steps.launch_katib.delivery import deliver
from kfp_katib.steps.launch_katib.engines import identified
from kfp_katib.steps.launch_katib.evidence import failure, write_evidence
from kfp_katib.steps.launch_katib.milestones import Milestones
from kfp_katib.steps.launch_katib.outcome import Outcome
from kfp_katib.steps.launch_katib.plan import plan
from kfp_katib.steps.launch_katib.request import Files, Limits, Surroundings

__all__ = ["Files", "Identity", "Limits", "Outcome", "Surroundings", "launch"]

_log = logging.getLogger(__name__)


def launch(
    manifest: str,
    files: Files,
    surroundings: Surroundings,
    *,
    engine: str = "katib",
    identity: Identity = Identity(),  # noqa: B008  (frozen)
    limits: Limits = Limits(),  # noqa: B008
    overrides: Mapping[str, Any] | None = None,
    cleanup: str = "keep",
) -> Outcome:
    """Run an Experiment and deliver its best model.

    Args:
        manifest: YAML or JSON as one would paste it into Katib's dashboard.
        files: Where the outputs go. The trials, the summary and the report are written for every search that
            left a result, failed ones included.
        surroundings: Addresses, and what this installation adds.
        engine: Who runs the trials, `katib` or `local`.
        identity: Whose search this is; in a cluster an empty part is read from the step's own pod.
        limits: How long it may take.
        overrides: `algorithm`, `max_trials`, `parallel_trials`.
        cleanup: What becomes of the Experiment: `keep`, `delete_on_success`, `delete_always`.

    Raises:
        InputError: An argument or the manifest cannot be used; nothing was started.
        ExperimentFailed: It has a verdict, Failed; the message ends with the last failed trial's log.
        Unfinished: It has none: time, Ctrl-C, or a stall.
        StorageError: The manifest says that trials write models, and no trial left one.
    """
    runner, options = named(engine), limits.options(cleanup)
    identity = identified(runner, identity)
    received = _received(surroundings)
    received.check()
    around = received.at_hand() if runner.trials_here else received
    planned = plan(as_sent(manifest), around, identity=identity, overrides=as_sent(overrides or {}))
    _log.info(
        "Experiment %s: engine %s, models in %s", planned.experiment.name, engine, planned.models or "-"
    )
    try:
        options = replace(
            options, models=planned.models or None, on_update=Milestones().update, identity=identity
        )
        result = runner.run(planned.experiment, options)
        if not result.usable:
            raise ExperimentFailed(failure(result), result)
    except (Unfinished, ExperimentFailed) as error:
        if error.result:
            write_evidence(error.result, files)
        raise
    return deliver(planned, result, files)


def _received(surroundings: Surroundings) -> Surroundings:
    """The same, as it was sent."""
    values = {field.name: as_sent(getattr(surroundings, field.name)) for field in fields(surroundings)}
    return replace(surroundings, **values)
