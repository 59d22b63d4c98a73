# SPDX-License-Identifier: Apache-2.0
"""Searches by population based training whose trials keep their line of descent in their checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kfp_katib.engines.local.journal import StudyTrial
from kfp_katib.engines.local.journal_file import read_journal
from kfp_katib.experiment.model import Manifest
from tests.builders.manifest import double
from tests.builders.search import PRINT, manifest

THERE = "/var/log/katib/checkpoints/"
"""The folder of Katib's own example, which lies below that of its metrics."""
_LINEAGE = (
    "echo ${{trialParameters.trial}} >> {there}lineage; cp {there}lineage {kept}/${{trialParameters.trial}}; "
)
"""A trial that reads its checkpoint, appends to it, and keeps a copy of it."""


def pbt(script: str = "", kept: Path | None = None, **changes: Any) -> Manifest:
    """Twenty trials in populations of five, whose loss is their lr.

    Args:
        script: What a trial runs before it prints its loss.
        kept: Where each trial keeps its line of descent, before that; None if it has none.
        changes: Of `spec`, or `container`.
    """
    chosen = {"suggestion_trial_dir": THERE, "n_population": "5", "truncation_threshold": "0.4"}
    listed = [{"name": name, "value": value} for name, value in {**chosen, "random_state": "7"}.items()]
    lineage = _LINEAGE.format(there=THERE, kept=kept) if kept else ""
    usual: dict[str, Any] = {
        "algorithm": {"algorithmName": "pbt", "algorithmSettings": listed},
        "parameters": [double("lr", "0.1", "0.9", step="0.1")],
        "maxTrialCount": 20,
    }
    return manifest(f"{lineage}{script}{PRINT}", **(usual | changes))


def trials_of(runs: Path) -> list[StudyTrial]:
    """The trials of a search."""
    return read_journal(runs / "tune" / "journal").trials


def check_lineages(runs: Path, kept: Path) -> None:
    """Each trial that succeeded found its parent's checkpoint as its parent left it, and nothing else."""
    trials = trials_of(runs)
    for trial in trials:
        name, parent = trial.record.name, trial.note.get("parent")
        before = [] if parent is None else (kept / trials[parent].record.name).read_text().splitlines()
        if trial.record.outcome and trial.record.outcome.state == "Succeeded":
            assert (kept / name).read_text().splitlines() == [*before, name]


def checkpoints(runs: Path) -> set[str]:
    """The trials that have a checkpoint folder."""
    return {path.parent.name for path in (runs / "tune").glob("*/checkpoint")}
