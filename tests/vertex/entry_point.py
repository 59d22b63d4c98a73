# SPDX-License-Identifier: Apache-2.0
"""A trial's entry point, started as Vertex AI starts it: a process with its arguments and its variables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.experiment.model import Experiment
from kfp_katib.results import Trial
from kfp_katib.vertex.packed import pack
from kfp_katib.vertex.record import from_record
from kfp_katib.vertex.study import ENTRY_POINT

LR = ": ${trialParameters.lr};"
"""What a script begins with that has no use for its parameter."""

PROGRAM = (sys.executable, *ENTRY_POINT[1:])


@dataclass(frozen=True)
class Place:
    """Where one trial runs: trial 7 of a job that writes into gs://bucket/models/vertex."""

    folder: Path

    @property
    def record(self) -> Path:
        """The trial's record."""
        return self.folder / "gcs/bucket/models/vertex/7/trial.json"

    @property
    def measurements(self) -> Path:
        """What Vertex AI reads beside the trial."""
        return self.folder / "hypertune/output.metrics"

    def recorded(self) -> Trial:
        """The trial as its record has it."""
        return from_record(self.record.read_text()).trial

    def env(self) -> dict[str, str]:
        """The environment, `python` in it being this one."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return dict(os.environ) | {
            "PATH": path,
            "CLOUD_ML_TRIAL_ID": "7",
            "AIP_MODEL_DIR": "gs://bucket/models/vertex/7/model/",
            "KFP_KATIB_GCS_MOUNT": str(self.folder / "gcs"),
            "CLOUD_ML_HP_METRIC_FILE": str(self.measurements),
        }

    def start(
        self, experiment: Experiment, *arguments: str, env: Mapping[str, str | None] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start the program in the folder; a variable that is None is taken away."""
        (self.folder / "gcs/bucket").mkdir(parents=True, exist_ok=True)
        return start([f"--packed={pack(experiment)}", *arguments], self.folder, self.env() | dict(env or {}))

    def run(
        self, experiment: Experiment, *arguments: str, env: Mapping[str, str | None] | None = None
    ) -> Done:
        """Run the program to its end."""
        with self.start(experiment, *arguments, env=env) as process:
            out, err = process.communicate(timeout=60)
        record = self.recorded() if self.record.exists() else None
        written = self.measurements.read_text() if self.measurements.exists() else ""
        lines = tuple(json.loads(line) for line in written.splitlines())
        return Done(process.returncode, out, err.decode(), record, lines)


@dataclass(frozen=True)
class Done:
    """What a trial left behind: exit code, what it printed, its record, its measurements."""

    code: int
    out: bytes
    err: str
    record: Trial | None
    measurements: tuple[Mapping[str, object], ...]

    @property
    def trial(self) -> Trial:
        """The record, which is there."""
        assert self.record, self.err
        return self.record


def start(arguments: Sequence[str], folder: Path, env: Mapping[str, str | None]) -> subprocess.Popen[bytes]:
    """Start the program with these arguments and this environment."""
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=folder,
        env={name: value for name, value in env.items() if value is not None},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
