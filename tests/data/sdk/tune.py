# SPDX-License-Identifier: Apache-2.0
# mypy: ignore-errors
"""What people write with Katib's own client: `tune.py SERVER [search.categorical | packages]`."""

import sys

from kubeflow import katib
from kubernetes import client


def objective(parameters):
    """Train: print the loss of three epochs."""
    rate, layers = float(parameters["lr"]), int(parameters["layers"])
    penalty = {"adam": 0.0, "sgd": 1.0}[parameters["optimizer"]]
    for epoch in range(1, int(parameters["epochs"]) + 1):
        print(f"epoch={epoch} loss={(rate - 0.03) ** 2 + layers / 10 + penalty + 1 / epoch}")


server, *how = sys.argv[1:]
choices = katib.V1beta1ParameterSpec(
    parameter_type="categorical", feasible_space=katib.V1beta1FeasibleSpace(list=["adam", "sgd"])
)
if "search.categorical" in how:
    choices = katib.search.categorical(list=["adam", "sgd"])
katib.KatibClient(client_configuration=client.Configuration(host=server), namespace="default").tune(
    name="my-tune",
    objective=objective,
    parameters={
        "lr": katib.search.double(min=0.01, max=0.05, step=0.01),
        "layers": katib.search.int(min=2, max=4),
        "optimizer": choices,
        "epochs": 3,
    },
    objective_metric_name="loss",
    objective_type="minimize",
    max_trial_count=4,
    parallel_trial_count=2,
    max_failed_trial_count=1,
    base_image="docker.io/library/python:3.11-slim",
    env_per_trial={"KEPT": "1"},
    resources_per_trial={"cpu": "1", "memory": "1Gi"},
    packages_to_install=["numpy"] if "packages" in how else None,
)
