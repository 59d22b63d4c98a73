# SPDX-License-Identifier: Apache-2.0
"""A study as Google's own launcher reads it: every field arrives, zeros and empty texts too."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from kfp_katib.experiment import Experiment
from kfp_katib.vertex.study import Machine, Study, study
from tests.builders.manifest import CONTAINER, double
from tests.builders.vertex import on_vertex

json_util = pytest.importorskip("google_cloud_pipeline_components.container.v1.gcp_launcher.utils.json_util")


def parameter(name: str, type: str, **space: Any) -> dict[str, Any]:
    """A search parameter."""
    return {"name": name, "parameterType": type, "feasibleSpace": space}


PARAMETERS = [
    double("zero", "0", "1"),
    double("one_point", "0", "0"),
    double("stepped", "0", "0.2", step="0.1"),
    double("scaled", "1e-4", "1", distribution="logUniform"),
    parameter("wide", "int", min=str(-(2**53)), max=str(2**53)),
    parameter("none", "int", min="0", max="0"),
    parameter("listed", "discrete", list=["0"]),
    parameter("named", "categorical", list=["", "0", "b"]),
]


def read(experiment: Experiment, machine: Machine = Machine()) -> Any:  # noqa: B008  (frozen)
    """The tuning job that Google's launcher makes of the operator's payload."""
    from google.cloud.aiplatform_v1.types import HyperparameterTuningJob

    made = study(experiment, models="gs://bucket/models", machine=machine)
    payload = {
        "display_name": made.display_name,
        "study_spec": {
            "metrics": made.study_spec_metrics,
            "parameters": made.study_spec_parameters,
            "algorithm": made.study_spec_algorithm,
            "measurement_selection_type": made.study_spec_measurement_selection_type,
        },
        "max_trial_count": made.max_trial_count,
        "parallel_trial_count": made.parallel_trial_count,
        "max_failed_trial_count": made.max_failed_trial_count,
        "trial_job_spec": {
            "worker_pool_specs": made.worker_pool_specs,
            "base_output_directory": {"output_uri_prefix": made.base_output_directory},
        },
    }
    return HyperparameterTuningJob(json_util.recursive_remove_empty(json.loads(json.dumps(payload))))


def test_a_studys_fields_are_the_operators_inputs() -> None:
    """So a pipeline connects output and input of the same name; Google's own defaults do for the others."""
    from google_cloud_pipeline_components.v1.hyperparameter_tuning_job import HyperparameterTuningJobRunOp

    inputs = HyperparameterTuningJobRunOp.component_spec.inputs
    names = {each.name for each in fields(Study)}
    assert {name for name, each in inputs.items() if not each.optional} <= names <= set(inputs)


def test_every_search_parameter_arrives() -> None:
    """None is lost as empty, and no number is another one."""
    found = {each.parameter_id: each for each in read(on_vertex(parameters=PARAMETERS)).study_spec.parameters}
    assert list(found) == [each["name"] for each in PARAMETERS]
    ends = {name: found[name].double_value_spec for name in ("zero", "scaled")}
    assert {name: (each.min_value, each.max_value) for name, each in ends.items()} == {
        "zero": (0.0, 1.0),
        "scaled": (1e-4, 1.0),
    }
    lists = {
        name: list(found[name].discrete_value_spec.values)
        for name in ("one_point", "stepped", "none", "listed")
    }
    assert lists == {"one_point": [0.0], "stepped": [0.0, 0.1, 0.2], "none": [0.0], "listed": [0.0]}
    wide = found["wide"].integer_value_spec
    assert (wide.min_value, wide.max_value) == (-(2**53), 2**53)
    assert list(found["named"].categorical_value_spec.values) == ["", "0", "b"]
    assert found["scaled"].scale_type.name == "UNIT_LOG_SCALE"


def test_every_parameter_has_a_kind() -> None:
    """A range from 0 to 0 would be dropped, and with it what the parameter is."""
    kinds = [
        type(each).pb(each).WhichOneof("parameter_value_spec")
        for each in read(on_vertex(parameters=PARAMETERS)).study_spec.parameters
    ]
    assert None not in kinds


def test_the_search_arrives() -> None:
    """Enum names are Google's own, or its types would refuse them."""
    job = read(on_vertex({"spec.objective.metricStrategies": [{"name": "loss", "value": "latest"}]}))
    (metric,) = job.study_spec.metrics
    assert (metric.metric_id, metric.goal.name) == ("loss", "MINIMIZE")
    assert job.study_spec.algorithm.name == "RANDOM_SEARCH"
    assert job.study_spec.measurement_selection_type.name == "LAST_MEASUREMENT"
    assert (job.max_trial_count, job.parallel_trial_count, job.max_failed_trial_count) == (3, 1, 2)


def test_the_container_and_its_machine_arrive() -> None:
    """With an empty variable, and accelerators by their kind and number."""
    changes = {
        f"{CONTAINER}.env": [{"name": "EMPTY"}],
        f"{CONTAINER}.resources": {"limits": {"nvidia.com/gpu": "2"}},
    }
    (pool,) = read(
        on_vertex(changes), Machine("g2-standard-24", "NVIDIA_L4")
    ).trial_job_spec.worker_pool_specs
    assert [(each.name, each.value) for each in pool.container_spec.env] == [("EMPTY", "")]
    assert (pool.container_spec.image_uri, pool.replica_count) == ("train:1", 1)
    assert (pool.machine_spec.accelerator_type.name, pool.machine_spec.accelerator_count) == ("NVIDIA_L4", 2)
