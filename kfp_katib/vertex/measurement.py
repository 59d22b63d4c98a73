# SPDX-License-Identifier: Apache-2.0
"""The one measurement of a trial, for Vertex AI: in the file that cloudml-hypertune would write.

That package has development releases only, and its file is one JSON line for each value, which a process of
Vertex AI reads beside the trial (`hypertune/hypertune.py` in
https://github.com/GoogleCloudPlatform/cloudml-hypertune).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

from kfp_katib.errors import InputError

VARIABLE = "CLOUD_ML_HP_METRIC_FILE"
"""The environment variable that names the file."""

_DEFAULT = "/tmp/hypertune/output.metrics"


def measurement_path(env: Mapping[str, str]) -> Path:
    """Where Vertex AI looks for measurements."""
    return Path(env.get(VARIABLE) or _DEFAULT)


def write_measurement(path: Path, trial_id: str, metric: str, value: float) -> None:
    """Write the only measurement of a trial, in place of what is there.

    One is enough: Katib compares one value, chosen by the metric's strategy, and Vertex AI's best and last
    measurement are then both this one. The step is 1, not the training's, which collectors do not count.

    Args:
        path: The file.
        trial_id: Vertex AI's number of the trial.
        metric: The objective's metric.
        value: Its value, finite.

    Raises:
        InputError: The system refuses it.
    """
    line = {"timestamp": time.time(), "trial": trial_id, metric: str(value), "global_step": "1"}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(line | {"checkpoint_path": ""}, sort_keys=True) + "\n")
    except OSError as err:
        raise InputError(
            f"The measurement of {metric!r} cannot be written into {path}: {err.strerror or err}. Vertex AI "
            f"reads it there; {VARIABLE} names another file."
        ) from err
