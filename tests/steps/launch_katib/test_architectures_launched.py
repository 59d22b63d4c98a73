# SPDX-License-Identifier: Apache-2.0
"""A pipeline's search for architectures: its best value may be a text, and Kubeflow wants a number."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from kfp_katib.steps.launch_katib import Files, RunContext, launch
from tests.builders.architecture import darts

GENOTYPE = "Genotype(normal=['skip_connection', 'skip_connection'])"


def test_a_text_is_in_the_models_metadata(files: Files, tmp_path: Path) -> None:
    """The number is 0, as which Katib counts a text; nothing of the text is lost."""
    text = yaml.safe_dump(darts(tmp_path, maxTrialCount=1))
    outputs = launch(text, files, RunContext(None, "", ""), engine="local")
    parameters, as_json, value, trial, _ = outputs.best
    assert (value, outputs.metadata["value"]) == (0.0, GENOTYPE)
    assert json.loads(as_json) == parameters
    assert parameters["num-layers"] == 1
    assert outputs.metrics == {"trials_Succeeded": 1.0}
    assert trial in Path(files.summary).read_text()
    assert GENOTYPE.partition("[")[0] in Path(files.report).read_text()
