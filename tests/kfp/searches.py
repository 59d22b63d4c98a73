# SPDX-License-Identifier: Apache-2.0
"""Manifests of these tests: the example made short, and trials of a line of shell."""

from __future__ import annotations

from typing import Any

from tests.builders.manifest import manifest
from tests.places import ROOT

DATA = {"geometries": "SiW", "energies": "64", "angles": "90", "showers": 400}
"""Options of the example's `prepare`: a data set that is there in seconds."""

EXAMPLE = (ROOT / "training" / "experiment.yaml").read_text().replace("--epochs=30", "--epochs=2")
SHORT = {"max_trials": 3}


def shell(line: str, **spec: Any) -> str:
    """A search of two trials, one after the other, each of which runs a line of shell.

    A trial under a second fails on Katib, whose collector then comes too late.
    """
    usual: dict[str, Any] = {
        "algorithm": {"algorithmName": "random"},
        "maxTrialCount": 2,
        "parallelTrialCount": 1,
    }
    return manifest("sh", "-c", line, **usual | spec)


QUICK = shell("sleep 2; echo loss=${trialParameters.lr}")
SLOW = shell("sleep 20; echo loss=${trialParameters.lr}")
ENDLESS = shell("sleep 600; echo loss=${trialParameters.lr}")
CRASH = 'import sys; print("CUDA out of memory"); sys.exit(3)'
FAILING = shell(f"sleep 2; python -c '{CRASH}' ${{trialParameters.lr}}", maxFailedTrialCount=1)
