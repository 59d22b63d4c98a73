# SPDX-License-Identifier: Apache-2.0
"""From a search with a best trial to the outputs of the step: the model's files, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kfp_katib.errors import StorageError
from kfp_katib.results import Result
from kfp_katib.steps.launch_katib.outputs import Files, LaunchOutputs, outputs, write_reports
from kfp_katib.steps.launch_katib.plan import Plan

if TYPE_CHECKING:
    from kfp_katib.storage import Collected


def deliver(planned: Plan, result: Result, files: Files) -> LaunchOutputs:
    """Copy the best model that is whole, write what is to be read about it, and give the outputs.

    Args:
        planned: What was to run.
        result: A search with a best trial.
        files: Where everything goes.

    Raises:
        StorageError: The manifest says that trials write models, and no trial left a whole one.
    """
    try:
        collected = _collect(planned, result, files)
    except BaseException:  # whatever it was: what the search cost is not lost with it
        write_reports(result, files)
        raise
    told = replace(result, notes=(*result.notes, *collected.notes))
    write_reports(told, files, delivered=collected.trial)
    trial = collected.trial or result.best
    assert trial is not None
    return outputs(result, trial, planned.models, collected.checkpoint)


def _collect(planned: Plan, result: Result, files: Files) -> Collected:
    from kfp_katib.storage import Collected, collect
    from kfp_katib.storage.places import trouble

    with trouble(f"making {files.model}", missing=StorageError):
        Path(files.model).mkdir(parents=True, exist_ok=True)
    if not planned.models:
        return Collected(None, None)
    collected = collect(result, planned.models, files.model)
    if planned.expects_model and not collected.trial:
        raise StorageError(
            f"Experiment '{result.experiment.name}': no trial left a whole model. Looked in:\n"
            + "\n".join(f"    {folder}" for folder in collected.looked_in)
            + f"\n{collected.notes[0] if collected.notes else ''}".rstrip()
            + "\nHave the trial write its files there, and model.json last."
        )
    return collected
