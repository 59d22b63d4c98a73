# SPDX-License-Identifier: Apache-2.0
"""One search as a step of a pipeline: plan it, run it on an engine, collect its best model.

The step's own code, in components/, only names the outputs; everything else happens here, without kfp.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, cast, get_args

from kfp_katib.engines.engine import Engine, named
from kfp_katib.engines.options import Cleanup, Identity, RunOptions
from kfp_katib.experiment.choices import choose
from kfp_katib.report.display import Display
from kfp_katib.report.plain_lines import Lines
from kfp_katib.steps.arguments import as_sent
from kfp_katib.steps.search.identity import check_identity
from kfp_katib.steps.search.outputs import Files, SearchOutputs, delivered
from kfp_katib.steps.search.plan import RunContext, plan, received

__all__ = ["Files", "Identity", "Limits", "RunContext", "SearchOutputs", "launch"]

_LOST = (
    " and no pipeline pod provides it, so a retried step could not find its Experiment among those of other "
    "runs"
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds, and what happens then; the same as in RunOptions."""

    timeout_seconds: float | None = RunOptions().timeout_seconds
    stall_timeout_seconds: float = RunOptions().stall_timeout_seconds
    on_timeout: str = RunOptions().on_timeout


def launch(
    manifest: str,
    files: Files,
    context: RunContext,
    *,
    engine: str = "katib",
    identity: Identity = Identity(),  # noqa: B008  (frozen)
    limits: Limits = Limits(),
    overrides: Mapping[str, Any] | None = None,
    cleanup: str = "keep",
) -> SearchOutputs:
    """Run an Experiment and collect its best model.

    Args:
        manifest: YAML or JSON as one would paste it into Katib's dashboard.
        files: Where the outputs go. The trials, the summary and the report are written for every search that
            left a result, failed ones included.
        context: Addresses, and what this installation adds.
        engine: What runs the trials, `katib` or `local`.
        identity: Whose search this is; in a cluster an empty part is read from the step's own pod.
        limits: How long it may take.
        overrides: `algorithm`, `max_trials`, `parallel_trials`.
        cleanup: What becomes of the Experiment: `keep`, `delete_on_success`, `delete_always`.

    Raises:
        InputError: An argument or the manifest cannot be used; nothing was started.
        ExperimentFailed: It has a verdict, Failed; the message ends with the last failed trial's log.
        Unfinished: It has none, because of a timeout, Ctrl-C or a stall.
        StorageError: The manifest says that trials write models, and no trial left one.
    """
    runner = named(engine)
    choose(cleanup, get_args(Cleanup), "experiment_cleanup")
    options = RunOptions(**asdict(limits), cleanup=cast("Cleanup", cleanup))
    identity = identified(runner, identity)
    context = received(context)
    context.check()
    context = context.with_local_data() if runner.trials_here else context
    changes = as_sent(overrides or {})
    planned = plan(as_sent(manifest), context, identity=identity, overrides=changes, engine=engine)
    name, models = planned.experiment.name, planned.models
    _log.info("Experiment %s: engine %s, models in %s", name, engine, models or "-")
    options = replace(options, models=models or None, identity=identity)
    with progress_log() as progress:
        options = replace(options, on_update=progress.update)
        return delivered(planned, files, lambda: runner.run(planned.experiment, options))


def identified(engine: Engine, identity: Identity) -> Identity:
    """The identity, completed from the step's own pod if it runs in one.

    The name that a pipeline gives is not enough: it is the same in each iteration of a loop, and in a nested
    pipeline that is called twice.

    Raises:
        InputError: The pod cannot be read or does not name the step; or a part is empty although other runs'
            searches are around, or is still a placeholder.
    """
    run_id, step = engine.own_step()
    found = replace(identity, run_id=identity.run_id or run_id, task_name=_in_place(identity.task_name, step))
    check_identity(found, without="" if engine.trials_here else _LOST)
    return found


def _in_place(task_name: str, step: str) -> str:
    """A step's path through the pipeline, with its task name appended unless the path already ends in it."""
    if not step or task_name in ("", step.rpartition(".")[2]):
        return step or task_name
    return f"{step}.{task_name}"


@contextmanager
def progress_log() -> Iterator[Display]:
    """Logs the notes, a line for each change of a trial, and one every minute otherwise."""
    lines = Lines(lambda text: _log.info("%s", text))
    lines.wait()
    with closing(lines), Display(view=lambda: lines) as display:
        yield display
