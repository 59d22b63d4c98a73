# SPDX-License-Identifier: Apache-2.0
"""What Katib 0.19 makes of its own examples, from its sources and from running its services.

Each sentence is about the manifest, with its images, on a cluster that has what the example asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VERSION = "v0.19.0"

RUNS = "runs"

_OPERATOR = "runs, with the Training Operator installed"
_STOPS = "runs; compares once, at the report start_step, with the mean of the trials before"
_ENAS = "runs, but cannot learn: each architecture that its controller tries is rewarded with the same mean"

KATIB: dict[str, str] = {
    "argo/argo-workflow.yaml": "runs where an administrator has added Workflow to its trialResources",
    "early-stopping/median-stop.yaml": _STOPS,
    "early-stopping/median-stop-with-json-format.yaml": _STOPS,
    "fpga/xgboost-example.yaml": "runs on a node with this FPGA",
    "hp-tuning/bayesian-optimization.yaml": "runs; samples both doubles on a logarithmic scale",
    "hp-tuning/hyperband.yaml": "runs the first rung of its plan, where maxTrialCount ends it; with a larger "
    "one it hangs there ([katib#1168](https://github.com/kubeflow/katib/issues/1168))",
    "hp-tuning/hyperopt-distribution.yaml": "runs; some values lie outside min and max",
    "hp-tuning/simple-pbt.yaml": "refused by its webhook: maxFailedTrialCount 3 is above maxTrialCount 2",
    "kubeflow-trainer/trainjob-pytorch.yaml": "runs, with Kubeflow Trainer installed",
    "kubeflow-training-operator/mpijob-horovod.yaml": _OPERATOR,
    "kubeflow-training-operator/pytorchjob-mnist.yaml": _OPERATOR,
    "kubeflow-training-operator/tfjob-mnist-with-summaries.yaml": _OPERATOR,
    "kubeflow-training-operator/xgboostjob-lightgbm.yaml": _OPERATOR,
    "metrics-collector/custom-metrics-collector.yaml": "fails, as the file itself says: its collector speaks "
    "to an older Katib",
    "nas/darts-cpu.yaml": "runs its one trial; a second batch would fail",
    "nas/darts-gpu.yaml": "refused by its suggestion service: skip_connection has no parameters",
    "nas/enas-cpu.yaml": _ENAS,
    "nas/enas-gpu.yaml": _ENAS,
    "resume-experiment/from-volume-resume.yaml": "runs",
    "resume-experiment/long-running-resume.yaml": "runs; the suggestion's pod stays",
    "tekton/pipeline-run.yaml": "refused by its webhook: the template never uses `learningRate`",
    "trial-template/trial-configmap-source.yaml": "runs, but minimizes: its `cmaes` ignores the direction",
}
"""Those of which there is more to say than that they run."""

MENDS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "hp-tuning/simple-pbt.yaml": ("with maxFailedTrialCount 2", {"maxFailedTrialCount": 2}),
}
"""What makes a refused example run here: in words, and as fields of its spec."""
