# SPDX-License-Identifier: Apache-2.0
"""An Experiment as the inputs of Google's HyperparameterTuningJobRunOp, which creates the tuning job.

Plain data, as that component's launcher reads it from JSON: enum values are their names
(https://google-cloud-pipeline-components.readthedocs.io/en/google-cloud-pipeline-components-2.22.0/).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.experiment.model import Experiment
from kfp_katib.vertex.machine import Machine, machine_spec
from kfp_katib.vertex.packed import pack
from kfp_katib.vertex.space import parameter_spec
from kfp_katib.vertex.unsupported import ALGORITHMS, primary_container, refusals

__all__ = ["Machine", "Study", "study"]

ENTRY_POINT = ("python3", "-P", "-m", "kfp_katib.vertex.trial")
"""What a trial's container runs; it starts the manifest's own command.

`python3`, since images of Debian and Ubuntu have no `python`; `-P`, since the image's working folder may hold
a file that is named as a module of Python's own.
"""

LARGEST = 120_000
"""Bytes of the inputs as JSON. Google's launcher gets them in one argument, which Linux limits to 128 KiB."""


@dataclass(frozen=True, slots=True)
class Study:
    """The operator's inputs, in the operator's words.

    Attributes:
        display_name: The tuning job's name, that of the Experiment.
        study_spec_metrics: The objective. It is alone: with a second metric the study has two objectives.
        study_spec_parameters: The search parameters.
        worker_pool_specs: What a trial runs, and on which machine.
        study_spec_algorithm: How Vertex AI searches.
        study_spec_measurement_selection_type: Which of a trial's measurements counts.
        max_trial_count: How many trials run.
        parallel_trial_count: How many of them at a time.
        max_failed_trial_count: How many may fail before the job does.
        base_output_directory: The folder of the trials' records, at gs://.
    """

    display_name: str
    study_spec_metrics: list[dict[str, Any]]
    study_spec_parameters: list[dict[str, Any]]
    worker_pool_specs: list[dict[str, Any]]
    study_spec_algorithm: str
    study_spec_measurement_selection_type: str
    max_trial_count: int
    parallel_trial_count: int
    max_failed_trial_count: int
    base_output_directory: str


def study(experiment: Experiment, *, models: str, machine: Machine = Machine()) -> Study:  # noqa: B008  (frozen)
    """The inputs of the tuning job that runs an Experiment.

    Args:
        experiment: The Experiment under its final name, without placeholders of the pipeline.
        models: The root of its models, at gs://.
        machine: What a trial runs on.

    Raises:
        ManifestError: Vertex AI cannot run it; the error carries every reason.
        InputError: The manifest or its lists of values are too long.
    """
    if problems := refusals(experiment, machine):
        raise ManifestError(f"Experiment '{experiment.name}' on Vertex AI", tuple(problems))
    objective, most = experiment.objective, experiment.max_trial_count or 0
    latest = objective.strategies[objective.metric] == "latest"
    made = Study(
        display_name=experiment.name,
        study_spec_metrics=[{"metric_id": objective.metric, "goal": objective.type.upper()}],
        study_spec_parameters=[parameter_spec(each) for each in experiment.parameters],
        worker_pool_specs=[_worker_pool(experiment, machine)],
        study_spec_algorithm=ALGORITHMS[experiment.algorithm.name],
        study_spec_measurement_selection_type="LAST_MEASUREMENT" if latest else "BEST_MEASUREMENT",
        max_trial_count=most,
        parallel_trial_count=min(experiment.parallel_trial_count, most),
        max_failed_trial_count=_failures(experiment.max_failed_trial_count, most),
        base_output_directory=f"{models}/{experiment.name}/vertex",
    )
    _refuse_large(made)
    return made


def _refuse_large(made: Study) -> None:
    size = len(json.dumps(asdict(made)))
    if size > LARGEST:
        raise InputError(
            f"Experiment '{made.display_name}': as JSON the tuning job has {size:,} bytes, more than "
            f"{LARGEST:,}. Shorten the parameters' lists, take larger steps, or make the manifest smaller."
        )


def _failures(limit: int | None, most: int) -> int:
    """How many trials fail before the job does; for Vertex AI 0 would mean a number of its own choice.

    Katib fails with the first failed trial where the limit is 0, and with none where there is no limit.
    """
    return most if limit is None else max(limit, 1)


def _worker_pool(experiment: Experiment, machine: Machine) -> dict[str, Any]:
    """One machine a trial: the manifest's image, and in it the entry point with the manifest.

    The entry point sets the variables itself; they stand here too for what Python reads before it.
    """
    container = primary_container(experiment)
    env = [{"name": each["name"], "value": str(each.get("value", ""))} for each in container.get("env") or []]
    return {
        "machine_spec": machine_spec(machine, container),
        "replica_count": 1,
        "container_spec": {
            "image_uri": container["image"],
            "command": list(ENTRY_POINT),
            "args": [f"--packed={pack(experiment)}"],
            "env": env,
        },
    }
