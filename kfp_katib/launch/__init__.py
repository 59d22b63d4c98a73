# SPDX-License-Identifier: Apache-2.0
"""One search as a step of a pipeline: plan it, run it on an engine, deliver its best model.

The step's own code, in components/, only names the outputs; everything happens here, where no kfp is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from kfp_katib.arguments import as_sent
from kfp_katib.choices import choose
from kfp_katib.errors import ExperimentFailed, NoVerdict, StorageError
from kfp_katib.launch.engines import engine as engine_module
from kfp_katib.launch.evidence import failure, write_evidence
from kfp_katib.launch.outcome import Outcome, outcome
from kfp_katib.launch.plan import Plan, plan
from kfp_katib.launch.request import Files, Identity, Limits, Surroundings
from kfp_katib.results import Result

__all__ = ["Files", "Identity", "Limits", "Outcome", "Surroundings", "launch"]

CLEANUPS = ("keep", "delete_on_success", "delete_always")

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
        identity: Whose search this is.
        limits: How long it may take.
        overrides: `algorithm`, `max_trials`, `parallel_trials`.
        cleanup: What becomes of the Experiment: `keep`, `delete_on_success`, `delete_always`.

    Raises:
        InputError: An argument or the manifest cannot be used; nothing was started.
        ExperimentFailed: It has a verdict, Failed; the message ends with the last failed trial's log.
        NoVerdict: It has none: time, Ctrl-C, or a stall.
        StorageError: The manifest says that trials write models, and no trial left one.
    """
    runner = engine_module(engine)
    choose(cleanup, CLEANUPS, "experiment_cleanup")
    identity.check(engine)
    limits.check()
    planned = plan(
        as_sent(manifest),
        _received(surroundings),
        identity=identity,
        overrides=as_sent(dict(overrides or {})),
    )
    _log.info(
        "Experiment %s: engine %s, models in %s", planned.experiment.name, engine, planned.models or "-"
    )
    result = _run(runner, planned, limits, files)
    if not result.best or result.state == "Failed":
        raise ExperimentFailed(failure(result), result)
    return _deliver(planned, result, files)


def _received(surroundings: Surroundings) -> Surroundings:
    """The same, as it was sent."""
    values = {field.name: as_sent(getattr(surroundings, field.name)) for field in fields(surroundings)}
    return replace(surroundings, **values)


def _run(runner: ModuleType, planned: Plan, limits: Limits, files: Files) -> Result:
    """The search itself, with everything for people to read, however it ended."""
    try:
        result: Result = runner.run(
            planned.experiment,
            models=planned.models or None,
            timeout_seconds=limits.timeout_seconds,
            on_timeout=limits.on_timeout,
        )
    except NoVerdict as stopped:
        if stopped.result:
            write_evidence(stopped.result, files)
        raise
    write_evidence(result, files)
    return result


def _deliver(planned: Plan, result: Result, files: Files) -> Outcome:
    """The best model into its place, and what is to be said about it."""
    from kfp_katib.storage import Collected, collect

    Path(files.model).mkdir(parents=True, exist_ok=True)
    collected = Collected(None, None)
    if planned.models:
        collected = collect(result, planned.models, files.model)
    if planned.expects_model and not collected.trial:
        raise StorageError(
            f"Experiment '{result.experiment.name}': no trial left a whole model. Looked in:\n"
            + "\n".join(f"    {folder}" for folder in collected.looked_in)
            + "\nHave the trial write its files there, and model.json last."
        )
    if collected.notes:
        write_evidence(replace(result, notes=(*result.notes, *collected.notes)), files)
    trial = collected.trial or result.best
    assert trial is not None
    return outcome(planned, result, trial, collected.checkpoint)
