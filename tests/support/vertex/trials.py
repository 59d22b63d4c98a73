# SPDX-License-Identifier: Apache-2.0
"""One trial as a process of this machine, started as Vertex AI's documentation says it starts a container.

https://cloud.google.com/vertex-ai/docs/training/using-hyperparameter-tuning (a flag for each parameter),
https://cloud.google.com/vertex-ai/docs/training/code-requirements (the variables), and the package
cloudml-hypertune (the file of metrics): https://github.com/GoogleCloudPlatform/cloudml-hypertune
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.vertex.request import Json
from tests.support.vertex.suggestions import Assignment

KEPT = ("HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR")
"""What of this process's variables a trial gets; a container has none of the others. (And coverage's.)"""

GRACE = 10
"""Seconds between SIGTERM and SIGKILL. The documentation names none."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What of a trial's arguments is not documented, or differs from what users see.

    Attributes:
        arguments: The documentation shows `--name value`, users report `--name=value`.
        whole_numbers: Users get `16.0` for a discrete 16 (https://github.com/kuds/mesozoic-labs/pull/127).
    """

    arguments: Literal["--name=value", "--name value"] = "--name=value"
    whole_numbers: Literal["16.0", "16"] = "16.0"

    def flags(self, assignment: Assignment) -> list[str]:
        """The arguments that follow a container's own."""
        pairs = [(f"--{name}", self._text(value)) for name, value in assignment.items()]
        if self.arguments == "--name=value":
            return ["=".join(pair) for pair in pairs]
        return [word for pair in pairs for word in pair]

    def _text(self, value: float | str) -> str:
        if isinstance(value, str):
            return value
        return str(int(value)) if self.whole_numbers == "16" and value == int(value) else repr(float(value))


def command(container: Json, flags: Sequence[str]) -> list[str]:
    """A container's command line; its Python is the one that runs here."""
    words = [*container.get("command", ()), *container.get("args", ()), *flags]
    return [sys.executable if words[0] in ("python", "python3") else words[0], *words[1:]]


def environment(container: Json, job: str, trial: str, output: str, metrics: Path) -> dict[str, str]:
    """A container's variables.

    Args:
        container: Its spec.
        job: The number of the tuning job.
        trial: The trial's id.
        output: The tuning job's base output directory.
        metrics: Where cloudml-hypertune writes.
    """
    kept = {name: text for name, text in os.environ.items() if name in KEPT or name.startswith("COVERAGE_")}
    own = {variable["name"]: variable.get("value", "") for variable in container.get("env", ())}
    places = {"MODEL": "model", "CHECKPOINT": "checkpoints", "TENSORBOARD_LOG": "logs"}
    base = f"{output.rstrip('/')}/{trial}"
    folders = {f"AIP_{name}_DIR": f"{base}/{folder}/" for name, folder in places.items()} if output else {}
    given = {"CLOUD_ML_JOB_ID": job, "CLOUD_ML_TRIAL_ID": trial, "CLOUD_ML_HP_METRIC_FILE": str(metrics)}
    return kept | own | folders | given


def start(argv: Sequence[str], variables: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a trial in a process group of its own; `log` in its folder stands for Cloud Logging."""
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            argv, env=variables, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a trial: SIGTERM, and after `GRACE` seconds SIGKILL."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        clear(process)


def clear(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of a trial: nothing outlives its container."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def measurement(study: Json, metrics: Path) -> Json | None:
    """A trial's final measurement by the study's selection type; None where it reported none."""
    metric = study["metrics"][0]
    lines = metrics.read_text().splitlines() if metrics.exists() else []
    rows = [row for row in map(json.loads, lines) if metric["metricId"] in row]
    if not rows:
        return None
    row = rows[-1]
    if study.get("measurementSelectionType") == "BEST_MEASUREMENT":
        best = min if metric.get("goal") == "MINIMIZE" else max  # MAXIMIZE where none is given
        row = best(rows, key=lambda each: float(each[metric["metricId"]]))
    value = float(row[metric["metricId"]])
    return {
        "stepCount": str(row["global_step"]),
        "metrics": [{"metricId": metric["metricId"], "value": value}],
    }
