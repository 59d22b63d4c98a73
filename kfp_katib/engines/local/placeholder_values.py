# SPDX-License-Identifier: Apache-2.0
"""What `${pipeline.*}` stands for on this machine, where no pipeline gives it a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kfp_katib.engines.options import RunOptions
from kfp_katib.experiment import render
from kfp_katib.experiment.model import Experiment
from kfp_katib.experiment.placeholders import OPTIONS, used

LOCAL = "local"
"""The image, which nothing here uses, and the run, which is no pipeline's."""


def pipeline_values(name: str, options: RunOptions) -> Mapping[str, str]:
    """The values that need not be given, for a search of this name; only the dataset has none."""
    models = options.models or Path(options.runs).absolute() / name / "models"
    return {"models": str(models), "image": LOCAL, "run_id": LOCAL}


def filled_in(experiment: Experiment, options: RunOptions) -> tuple[Experiment, RunOptions]:
    """The Experiment without placeholders, and the options with the place that its models go to.

    Raises:
        InputError: The manifest names a dataset.
        ManifestError: It has errors once it is filled in.
    """
    places = used(experiment.manifest)
    if not any(name in OPTIONS for name in places):
        return experiment, options
    values = pipeline_values(experiment.name, options)
    if "models" in places:
        options = replace(options, models=values["models"])
    rendered = render(
        experiment,
        models=values["models"],
        image=values["image"],
        run_id=values["run_id"],
        istio_label=False,
    )
    return rendered, options
