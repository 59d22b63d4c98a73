# SPDX-License-Identifier: Apache-2.0
"""Katib's own suggestion services in one process: requests on standard input, suggestions on standard output.

    PYTHON benchmarks/search/katib_services.py DIR

DIR is a checkout of Katib, and PYTHON has what its services need, which is not what this project needs:
`benchmarks/search_quality.py` says how to install it, and starts this. A line asks for a new service
(`{"begin": ...}`) or for suggestions (`{"ask": 1, "trials": [...]}`), and is answered by one line.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SERVICES = {
    "random": ("hyperopt", "HyperoptService"),
    "tpe": ("hyperopt", "HyperoptService"),
    "grid": ("optuna", "OptunaService"),
    "multivariate-tpe": ("optuna", "OptunaService"),
    "bayesianoptimization": ("skopt", "SkoptService"),
}
"""Package and class by algorithm, as in Katib's shipped configuration."""
_DISTRIBUTIONS = {"logUniform": "LOG_UNIFORM", "normal": "NORMAL", "logNormal": "LOG_NORMAL"}


def experiment(api: Any, asked: Mapping[str, Any]) -> Any:
    """Katib's message of an Experiment."""
    spec = api.ExperimentSpec(
        parameter_specs=api.ExperimentSpec.ParameterSpecs(
            parameters=[_parameter(api, each) for each in asked["parameters"]]
        ),
        objective=api.ObjectiveSpec(type=api.MINIMIZE, objective_metric_name="value"),
        algorithm=api.AlgorithmSpec(
            algorithm_name=asked["algorithm"],
            algorithm_settings=[
                api.AlgorithmSetting(name=name, value=text) for name, text in asked["settings"].items()
            ],
        ),
    )
    return api.Experiment(name="search", spec=spec)


def _parameter(api: Any, asked: Mapping[str, Any]) -> Any:
    space = {**asked["space"]}
    word = _DISTRIBUTIONS.get(space.pop("distribution"), "UNIFORM")
    return api.ParameterSpec(
        name=asked["name"],
        parameter_type=api.ParameterType.Value(asked["type"].upper()),
        feasible_space=api.FeasibleSpace(**space, distribution=api.Distribution.Value(word)),
    )


def _trial(api: Any, trial: Mapping[str, Any]) -> Any:
    """Katib's message of a trial that has succeeded."""
    assignments = [
        api.ParameterAssignment(name=name, value=text) for name, text in trial["parameters"].items()
    ]
    return api.Trial(
        name=trial["name"],
        spec=api.TrialSpec(
            objective=api.ObjectiveSpec(type=api.MINIMIZE, objective_metric_name="value"),
            parameter_assignments=api.TrialSpec.ParameterAssignments(assignments=assignments),
        ),
        status=api.TrialStatus(
            condition=api.TrialStatus.TrialConditionType.SUCCEEDED,
            observation=api.Observation(metrics=[api.Metric(name="value", value=repr(trial["value"]))]),
        ),
    )


def _service(algorithm: str) -> Any:
    package, name = SERVICES[algorithm]
    module = importlib.import_module(f"pkg.suggestion.v1beta1.{package}.service")
    logging.disable(logging.CRITICAL)
    return getattr(module, name)()


def main(katib: Path) -> None:
    """Answer until standard input ends."""
    managers = katib / "pkg" / "apis" / "manager"
    sys.path[:0] = map(str, (katib, managers / "v1beta1" / "python", managers / "health" / "python"))
    api = importlib.import_module("pkg.apis.manager.v1beta1.python.api_pb2")
    answers, sys.stdout = sys.stdout, sys.stderr
    asked: Any = None
    service: Any = None
    for line in map(json.loads, sys.stdin):
        started = time.process_time()
        if "begin" in line:
            asked, service = experiment(api, line["begin"]), _service(line["begin"]["algorithm"])
            found = []
        else:
            request = api.GetSuggestionsRequest(
                experiment=asked,
                trials=[_trial(api, each) for each in line["trials"]],
                current_request_number=line["ask"],
            )
            reply = service.GetSuggestions(request, None)
            found = [
                {each.name: each.value for each in one.assignments} for one in reply.parameter_assignments
            ]
        answer = {"suggestions": found, "seconds": time.process_time() - started}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
