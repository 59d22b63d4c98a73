# SPDX-License-Identifier: Apache-2.0
"""Every collector reads what a real trial leaves behind."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from tests.builders.search import collector
from tests.engines.local.searches import one, unused_lr

TEXT = r"(loss): ([0-9.]+)"


@pytest.mark.parametrize(
    ("script", "metrics_collector", "state", "latest"),
    [
        ("echo loss=1 > /out/m.log", collector("File", "/out/m.log", format="TEXT"), "Succeeded", "1"),
        (
            "echo 'loss: 2.5' > /out/m.log",
            collector("File", "/out/m.log", format="TEXT", filters=[TEXT]),
            "Succeeded",
            "2.5",
        ),
        (
            """echo '{"loss": "0.5"}' >> /out/m.json""",
            collector("File", "/out/m.json", format="JSON"),
            "Succeeded",
            "0.5",
        ),
        (
            """echo '{"loss": 0.5}' >> /out/m.json""",
            collector("File", "/out/m.json", format="JSON"),
            "MetricsUnavailable",
            "unavailable",
        ),
        ("echo loss=1 >> /out/m.json", collector("File", "/out/m.json", format="JSON"), "Failed", None),
        ("echo loss=1", collector("File", "/out/m.log", format="TEXT"), "Failed", None),
        ("echo loss=1", collector("TensorFlowEvent", "/tb"), "MetricsUnavailable", "unavailable"),
    ],
    ids=["text", "filter", "json", "json numbers", "bad json", "no file", "no events"],
)
def test_collectors(
    tmp_path: Path, script: str, metrics_collector: dict[str, Any], state: str, latest: str | None
) -> None:
    """A file at the collector's path is read from the trial's own folder, as Katib's collector reads it."""
    trial = one(script, tmp_path, metricsCollectorSpec=metrics_collector, **unused_lr(script))
    assert trial.state == state
    assert (trial.metrics["loss"].latest if latest else None) == latest


def test_a_path_in_a_script_is_explained(tmp_path: Path) -> None:
    """The engine cannot replace what stands inside a program, and says so where the file is missing."""
    program = tmp_path / "train.sh"
    program.write_text(f"echo loss=1 > {tmp_path}/metrics.log\n")
    metrics = collector("File", "/var/log/katib/metrics.log", format="TEXT")
    trial = one(f"sh {program}", tmp_path, metricsCollectorSpec=metrics, **unused_lr(""))
    assert trial.state == "Failed"
    assert "it cannot see a path that is hard-coded in a script" in trial.message


def test_event_files(tmp_path: Path) -> None:
    """A Python program writes TensorBoard files where its argument says."""
    program = tmp_path / "train.py"
    program.write_text(
        "import sys\nfrom tensorboardX import SummaryWriter\n"
        "with SummaryWriter(sys.argv[1] + '/train') as writer:\n"
        "    writer.add_scalar('loss', float(sys.argv[2]), 1)\n"
    )
    objective = {"type": "minimize", "objectiveMetricName": "train/loss"}
    metrics = collector("TensorFlowEvent", "/logs")
    trial = one(
        f"python {program} /logs ${{trialParameters.lr}}",
        tmp_path,
        objective=objective,
        metricsCollectorSpec=metrics,
    )
    stored = struct.unpack("f", struct.pack("f", float(trial.parameters["lr"])))[0]
    assert trial.metrics["train/loss"].latest == str(stored)


# Refusals
