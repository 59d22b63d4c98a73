# SPDX-License-Identifier: Apache-2.0
"""The inputs of Google's operator follow from the manifest and the machine alone."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from kfp_katib.errors import InputError, ManifestError
from kfp_katib.vertex.packed import unpack
from kfp_katib.vertex.study import Machine, Study, study
from tests.builders.manifest import CONTAINER, double
from tests.builders.vertex import on_vertex


def studied(changes: dict[str, Any] | None = None, *, machine: Machine = Machine(), **around: Any) -> Study:  # noqa: B008  (frozen)
    """The study of an Experiment that Vertex AI can run."""
    return study(on_vertex(changes, **around), models="gs://bucket/models", machine=machine)


def test_the_job_has_the_experiments_name() -> None:
    """By which it is found again where its own name is lost."""
    assert studied().display_name == "tune"


def test_the_records_lie_beside_the_models() -> None:
    """In a folder of the Experiment, so that nothing of another search is there."""
    assert studied().base_output_directory == "gs://bucket/models/tune/vertex"


def test_the_container_runs_the_entry_point_with_the_manifest() -> None:
    """In the manifest's image; the entry point starts the manifest's own command."""
    made = on_vertex()
    (pool,) = study(made, models="gs://b/m").worker_pool_specs
    container = pool["container_spec"]
    (argument,) = container.pop("args")
    assert container == {
        "image_uri": "train:1",
        "command": ["python3", "-P", "-m", "kfp_katib.vertex.trial"],
        "env": [],
    }
    assert unpack(argument.removeprefix("--packed=")) == made
    assert (pool["machine_spec"], pool["replica_count"]) == ({"machine_type": "n1-standard-4"}, 1)


def test_the_variables_are_the_containers() -> None:
    """For what Python reads before the entry point does; an empty one stays."""
    env = [{"name": "PYTHONPATH", "value": "/work"}, {"name": "EMPTY"}]
    (pool,) = studied({f"{CONTAINER}.env": env}).worker_pool_specs
    assert pool["container_spec"]["env"] == [env[0], {"name": "EMPTY", "value": ""}]


def test_gpus_are_on_the_machine() -> None:
    """As many as the manifest says, of the caller's kind."""
    changes = {f"{CONTAINER}.resources": {"limits": {"nvidia.com/gpu": "2"}}}
    (pool,) = studied(changes, machine=Machine("g2-standard-24", "NVIDIA_L4")).worker_pool_specs
    assert pool["machine_spec"] == {
        "machine_type": "g2-standard-24",
        "accelerator_type": "NVIDIA_L4",
        "accelerator_count": 2,
    }


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_the_objective_says_its_direction(direction: str) -> None:
    """Unset would mean maximize. Additional metrics would make a search for several objectives of it."""
    changes = {"spec.objective.type": direction, "spec.objective.additionalMetricNames": ["accuracy"]}
    assert studied(changes).study_spec_metrics == [{"metric_id": "loss", "goal": direction.upper()}]


@pytest.mark.parametrize(
    ("strategy", "selection"),
    [
        ("", "BEST_MEASUREMENT"),
        ("min", "BEST_MEASUREMENT"),
        ("max", "BEST_MEASUREMENT"),
        ("latest", "LAST_MEASUREMENT"),
    ],
)
def test_the_strategy_selects_the_measurement(strategy: str, selection: str) -> None:
    """A trial reports one measurement, the value that Katib takes; a script's own count likewise."""
    changes = {"spec.objective.metricStrategies": [{"name": "loss", "value": strategy}]} if strategy else {}
    assert studied(changes).study_spec_measurement_selection_type == selection


@pytest.mark.parametrize(
    ("algorithm", "search"),
    [
        ("random", "RANDOM_SEARCH"),
        ("grid", "GRID_SEARCH"),
        ("tpe", "ALGORITHM_UNSPECIFIED"),
        ("multivariate-tpe", "ALGORITHM_UNSPECIFIED"),
        ("bayesianoptimization", "ALGORITHM_UNSPECIFIED"),
    ],
)
def test_the_algorithm_is_vertex_ais_own(algorithm: str, search: str) -> None:
    """Random and grid are the same everywhere; the others are Google's Bayesian optimization."""
    parameters = [double("lr", "0.1", "0.5", step="0.1")]
    made = studied(parameters=parameters, algorithm={"algorithmName": algorithm})
    assert made.study_spec_algorithm == search


def test_a_grid_has_no_continuous_double() -> None:
    """Vertex AI refuses one, and so does Katib: the manifest never comes so far."""
    with pytest.raises(ManifestError, match="grid needs a step for 'lr'"):
        on_vertex(algorithm={"algorithmName": "grid"})


@pytest.mark.parametrize(("limit", "failures"), [(2, 2), (0, 1), (None, 3)])
def test_the_failure_limit_is_katibs(limit: int | None, failures: int) -> None:
    """0 ends with the first failure, no limit never does; for Vertex AI 0 is a number of its own choice."""
    assert studied(maxFailedTrialCount=limit).max_failed_trial_count == failures


def test_the_counts_are_the_manifests() -> None:
    """How many trials, and how many of them at a time."""
    made = studied(parallelTrialCount=2)
    assert (made.max_trial_count, made.parallel_trial_count) == (3, 2)


def test_the_parameters_are_in_the_manifests_order() -> None:
    """Each in Vertex AI's words."""
    parameters = [
        double("lr", "0.1", "0.5"),
        {"name": "act", "parameterType": "categorical", "feasibleSpace": {"list": ["relu"]}},
    ]
    made = studied(parameters=parameters)
    assert [each["parameter_id"] for each in made.study_spec_parameters] == ["lr", "act"]


def test_a_study_is_json() -> None:
    """That is how it travels to the operator."""
    made = asdict(studied())
    assert json.loads(json.dumps(made)) == made


def test_a_job_that_no_argument_holds_is_refused() -> None:
    """Each list may be as long as Vertex AI takes it, and all of them still be too long together."""
    parameters = [double(f"p{i}", "0", "0.999", step="0.001") for i in range(20)]
    with pytest.raises(
        InputError, match=r"'tune': as JSON the tuning job has 1\d\d,\d+ bytes, .*larger steps"
    ):
        studied(parameters=parameters)


def test_what_cannot_run_is_refused_with_every_reason() -> None:
    """In the words of `unsupported`, under the Experiment's name."""
    changes = {"spec.algorithm.algorithmName": "sobol", f"{CONTAINER}.image": "${trialParameters.lr}"}
    with pytest.raises(
        ManifestError, match=r"Experiment 'tune' on Vertex AI: 2 errors; nothing was started"
    ) as error:
        studied(changes)
    assert len(error.value.problems) == 2
    assert isinstance(error.value, InputError)
