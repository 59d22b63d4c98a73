# SPDX-License-Identifier: Apache-2.0
"""This machine as a place for pipelines: kfp.local in a folder of the test's own."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kfp import local
from kfp.local.config import LocalExecutionConfig

from tests.places import ROOT


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a test's pipelines run; `folder` is the current folder of every step."""

    folder: Path

    def outputs(self, step: str) -> dict[str, Any]:
        """What the last run of a step told kfp: its `parameterValues` and `artifacts`."""
        told = sorted(self.folder.glob(f"outputs/*/{step}/executor_output.json"))
        document: dict[str, Any] = json.loads(told[-1].read_text())
        return document

    def parameters(self, step: str) -> dict[str, Any]:
        """The output parameters of a step."""
        values: dict[str, Any] = self.outputs(step)["parameterValues"]
        return values

    def metadata(self, step: str, output: str) -> dict[str, Any]:
        """The metadata of an output artifact."""
        told: dict[str, Any] = self.outputs(step)["artifacts"][output]["artifacts"][0]["metadata"]
        return told

    def path(self, step: str, output: str) -> Path:
        """Where an output artifact lies."""
        return Path(self.outputs(step)["artifacts"][output]["artifacts"][0]["uri"])

    def ran(self, step: str) -> bool:
        """Whether a step told kfp anything."""
        return any(self.folder.glob(f"outputs/*/{step}/executor_output.json"))


@contextmanager
def machine_in(folder: Path) -> Iterator[Machine]:
    """Make a folder the place of this process's pipelines: every step runs there, in this environment."""
    with (
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(),
        tempfile.TemporaryDirectory() as temporary,
    ):
        warnings.filterwarnings("ignore", message="You may be attemping to run a task that uses custom")
        patch.chdir(folder)
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("TMPDIR", temporary)  # kfp leaves each step's source there
        local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(folder / "outputs"))
        yield Machine(folder)
        LocalExecutionConfig.instance = None


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """An empty folder in which pipelines run."""
    with machine_in(tmp_path) as machine:
        yield machine
