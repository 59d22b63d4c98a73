# SPDX-License-Identifier: Apache-2.0
"""Where the command line is called, and searches that are there already."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib import load, run
from kfp_katib.experiment.model import Manifest
from tests.cli.commands import manifest, write


@pytest.fixture(autouse=True)
def _in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials run where the command was called; `runs` is there too."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def _shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three searches that have ended, which no test changes."""
    folder = tmp_path_factory.mktemp("shelf")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, document in searches().items():
            write(folder, document)
            run(load(document | {"metadata": {"name": name}}), runs=Path("runs"))
    return folder


def searches() -> dict[str, Manifest]:
    """Good, better, and one that failed."""
    return {
        "good": manifest("0.3", "0.2", "fail"),
        "better": manifest("0.1"),
        "bad": manifest("fail", maxFailedTrialCount=1),
    }


@pytest.fixture
def shelf(_shelf: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be where good, better and bad are searches in `runs`."""
    monkeypatch.chdir(_shelf)
    return _shelf
