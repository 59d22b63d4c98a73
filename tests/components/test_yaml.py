# SPDX-License-Identifier: Apache-2.0
"""A component's YAML is all that another pipeline needs."""

from __future__ import annotations

from tests.builders.manifest import MODEL, TRAIN, manifest
from tests.components import own
from tests.support.machine import Machine


def test_components_from_yaml_run_among_other_steps(machine: Machine) -> None:
    """Types, defaults and optional inputs survive; the search takes its data from a step that is not ours."""
    own.mixed_pipeline(machine.folder / "models")(experiment=manifest(*TRAIN, "--out", MODEL))
    assert machine.parameters("launch-katib")["best_hyperparameters"] == {"lr": 0.2}
    assert machine.parameters("extract-best-model") == {"pruned": 3}
    assert machine.parameters("evaluate-model") == {"passed": True}
