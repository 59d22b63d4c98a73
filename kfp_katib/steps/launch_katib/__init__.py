# SPDX-License-Identifier: Apache-2.0
"""One search as a step of a pipeline: plan it, run it on an engine, deliver its best model.

The step's own code, in components/, only names the outputs; everything happens here, where no kfp is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from kfp_katib.errors import ExperimentFailed, Unfinished
from kfp_katib.experiment.choices import choose
from kfp_katib.steps.arguments import as_sent
from kfp_katib.steps.launch_katib.delivery import deliver
from kfp_katib.steps.launch_katib.engines import CLEANUPS, ENGINES, identified, run
from kfp_katib.steps.launch_katib.outputs import Files, LaunchOutputs, failure, write_reports
from kfp_katib.steps.launch_katib.plan import RunContext, plan
from kfp_katib.steps.launch_katib.request import Identity, Limits

__all__ = ["Files", "Identity", "LaunchOutputs", "Limits", "RunContext", "launch"]

_log = logging.getLogger(__name__)


def launch(
    manifest: str,
    files: Files,
    context: RunContext,
    *,
    engine: str = "katib",
    identity: Identity = Identity(),  # noqa: B008  (frozen)
    limits: Limits = Limits(),  # noqa: B008
    overrides: Mapping[str, Any] | None = None,
    cleanup: str = "keep",
) -> LaunchOutputs:
    """Run an Experiment and deliver its best model.

    Args:
        manifest: YAML or JSON as one would paste it into Katib's dashboard.
        files: Where the outputs go. The trials, the summary and the report are written for every search that
            left a result, failed ones included.
        context: Addresses, and what this installation adds.
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
    choose(engine, ENGINES, "engine")
    choose(cleanup, CLEANUPS, "experiment_cleanup")
    identity = identified(engine, identity)
    identity.check(engine)
    limits.check()
    received = _received(context)
    received.check()
    around = received.with_local_data() if engine == "local" else received
    planned = plan(as_sent(manifest), around, identity=identity, overrides=as_sent(overrides or {}))
    _log.info(
        "Experiment %s: engine %s, models in %s", planned.experiment.name, engine, planned.models or "-"
    )
    try:
        result = run(engine, planned, identity=identity, limits=limits, cleanup=cleanup)
        if not result.usable:
            raise ExperimentFailed(failure(result), result)
    except (Unfinished, ExperimentFailed) as error:
        if error.result:
            write_reports(error.result, files)
        raise
    return deliver(planned, result, files)


def _received(context: RunContext) -> RunContext:
    """The same, as it was sent."""
    values = {field.name: as_sent(getattr(context, field.name)) for field in fields(context)}
    return replace(context, **values)
