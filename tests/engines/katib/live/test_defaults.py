# SPDX-License-Identifier: Apache-2.0
"""The defaults that we fill in are those that Katib's own webhook writes."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from kfp_katib import load
from kfp_katib.engines.katib.api.resources import as_written
from kfp_katib.engines.katib.submit import differences
from kfp_katib.experiment.model import Experiment, Manifest
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import COLLECTORS, rich, small

pytestmark = pytest.mark.cluster

SILENT: dict[str, dict[str, Any]] = {
    "counts and policy": {"parallelTrialCount": None, "maxTrialCount": 5, "maxFailedTrialCount": None},
    "maximize": {"objective": {"type": "maximize", "objectiveMetricName": "loss"}},
    "additional metrics": {
        "objective": {
            "type": "maximize",
            "objectiveMetricName": "loss",
            "additionalMetricNames": ["epoch", "val_loss"],
        }
    },
    "one strategy of three": {
        "objective": {
            "type": "minimize",
            "objectiveMetricName": "loss",
            "additionalMetricNames": ["epoch", "val_loss"],
            "metricStrategies": [{"name": "epoch", "value": "latest"}],
        }
    },
    "collector of kind StdOut": {"metricsCollectorSpec": {"collector": {"kind": "StdOut"}}},
    "collector of kind File": {"metricsCollectorSpec": {"collector": {"kind": "File"}}},
    "File with a path alone": {
        "metricsCollectorSpec": {
            "collector": {"kind": "File"},
            "source": {"fileSystemPath": {"path": "/tmp/loss.txt"}},
        }
    },
    "File of JSON": {
        "metricsCollectorSpec": {
            "collector": {"kind": "File"},
            "source": {"fileSystemPath": {"format": "JSON"}},
        }
    },
    "collector of kind TensorFlowEvent": {"metricsCollectorSpec": {"collector": {"kind": "TensorFlowEvent"}}},
    "collector of kind Push": {"metricsCollectorSpec": {"collector": {"kind": "Push"}}},
    "every parameter type": {
        "parameters": [
            {"name": "lr", "parameterType": "double", "feasibleSpace": {"min": "0.01", "max": "0.1"}},
            {"name": "layers", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "8"}},
            {"name": "size", "parameterType": "discrete", "feasibleSpace": {"list": ["32", "64"]}},
            {"name": "optimizer", "parameterType": "categorical", "feasibleSpace": {"list": ["a", "b"]}},
        ]
    },
}
"""Changes to the small manifest that leave something for Katib to fill in; None takes a field out."""


@pytest.mark.parametrize("case", SILENT)
def test_defaults_are_katibs(case: str, katib: Katib) -> None:
    """A manifest and what Katib's defaulter makes of it load as the same Experiment."""
    manifest = _changed(small("defaults", katib.image), SILENT[case])
    if katib.lacks(manifest):
        pytest.skip(f"this Katib is not configured for {katib.lacks(manifest)}")
    ours, theirs = load(manifest), load(_as_written(katib.admit(manifest)))
    assert _meaning(ours) == _meaning(theirs)


@pytest.mark.parametrize("case", SILENT)
def test_what_katib_stores_is_the_search_that_was_asked_for(case: str, katib: Katib) -> None:
    """A step that starts again adopts it: neither defaults nor what Go leaves out make a difference."""
    manifest = _changed(small("defaults", katib.image), SILENT[case])
    if katib.lacks(manifest):
        pytest.skip(f"this Katib is not configured for {katib.lacks(manifest)}")
    assert list(differences(manifest, katib.admit(manifest))) == []


@pytest.mark.parametrize("collector", COLLECTORS)
def test_a_rich_manifest_is_stored_as_the_search_that_was_asked_for(collector: str, katib: Katib) -> None:
    """With most fields there are, also some that Katib does not know."""
    manifest = rich("rich", katib.image, collector=collector)
    manifest["spec"]["x-note"] = {"by": "somebody"}
    if katib.lacks(manifest):
        pytest.skip(f"this Katib is not configured for {katib.lacks(manifest)}")
    assert list(differences(manifest, katib.admit(manifest))) == []


def test_the_webhook_fills_every_default(katib: Katib) -> None:
    """What the comparison rests on: the dry run comes back with the defaults written out."""
    manifest = _changed(small("defaults", katib.image), {"parallelTrialCount": None})
    spec = katib.admit(manifest)["spec"]
    assert spec["parallelTrialCount"] == 3
    assert spec["resumePolicy"] == "Never"
    assert spec["metricsCollectorSpec"] == {"collector": {"kind": "StdOut"}}
    assert spec["objective"]["metricStrategies"] == [{"name": "loss", "value": "min"}]
    assert spec["parameters"][0]["feasibleSpace"]["distribution"] == "uniform"
    assert "Complete" in spec["trialTemplate"]["successCondition"]
    assert "Failed" in spec["trialTemplate"]["failureCondition"]


def _changed(manifest: Manifest, changes: dict[str, Any]) -> Manifest:
    """The manifest with fields of its spec replaced, and every parameter consumed by the command."""
    changed = copy.deepcopy(manifest)
    spec = changed["spec"]
    spec.update(changes)
    for field in [field for field, value in spec.items() if value is None]:
        del spec[field]
    names = [parameter["name"] for parameter in spec["parameters"]]
    template = spec["trialTemplate"]
    template["trialParameters"] = [{"name": name, "reference": name} for name in names]
    container = template["trialSpec"]["spec"]["template"]["spec"]["containers"][0]
    container["args"] = [f"--{name}=${{trialParameters.{name}}}" for name in names]
    return changed


def _as_written(stored: Manifest) -> Manifest:
    """The part of a stored Experiment that a person would have written, who names no namespace."""
    written = as_written(stored)
    del written["metadata"]["namespace"]
    return written


def _meaning(experiment: Experiment) -> Experiment:
    """The Experiment without the text that it came from."""
    return replace(experiment, manifest_json="", warnings=())
