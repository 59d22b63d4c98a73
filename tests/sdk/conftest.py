# SPDX-License-Identifier: Apache-2.0
"""The clients' own environments, and an API server on loopback that keeps what they submit."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engines.katib.replay.server import Api, serving
from tests.places import ROOT
from tests.support.environments import environment, untraced_environment

Program = Callable[..., str]
"""Runs a program of tests/data/sdk in a client's environment; gives what it printed."""


@pytest.fixture
def submitted(program: Program) -> Iterator[Callable[..., dict[str, Any]]]:
    """Runs a program that submits; gives the Experiment that reached the API server."""
    api = Api()
    with serving(api) as address:

        def submit(client: str, file: str, *how: str) -> dict[str, Any]:
            program(client, file, address, *how)
            (name,) = api.created
            experiment: dict[str, Any] = json.loads(json.dumps(api.store.get("experiments", name)))
            return experiment

        yield submit


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Each runs in the test's own folder."""

    def run(client: str, file: str, *arguments: str) -> str:
        python = environment(client) / "bin" / "python"
        done = subprocess.run(
            [str(python), str(ROOT / "tests/data/sdk" / file), *arguments],
            cwd=tmp_path,
            env=untraced_environment() | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
