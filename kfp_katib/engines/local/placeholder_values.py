# SPDX-License-Identifier: Apache-2.0
"""What `${pipeline.*}` stands for on this machine, where no pipeline gives it a value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kfp_katib.engines.options import RunOptions

LOCAL = "local"
"""The image, which nothing here uses, and the run, which is no pipeline's."""


def pipeline_values(name: str, options: RunOptions) -> Mapping[str, str]:
    """The values that need not be given, for a search of this name; only the dataset has none."""
    models = options.models or Path(options.runs).absolute() / name / "models"
    return {"models": str(models), "image": LOCAL, "run_id": LOCAL}
