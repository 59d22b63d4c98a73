# SPDX-License-Identifier: Apache-2.0
"""clean_up on this machine: the trials of an aborted run are ended, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kfp_katib.errors import InputError
from kfp_katib.steps.clean_up import clean_up_run
from tests.builders.manifest import manifest
from tests.places import MINE, ROOT
from tests.support.waiting import until

LAUNCH = """
import sys
from kfp_katib.steps.launch_katib import Files, Identity, RunContext, launch
launch(sys.argv[1], Files("m", "t", "s", "r"), RunContext(image="unused"), engine="local",
       identity=Identity(sys.argv[2], "task"))
"""
HANGING = manifest(
    "python3", str(MINE), "--lr", "${trialParameters.lr}", "--data", ".", "--hang", parallelTrialCount=1
)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Abandoned:
    """A search in the current folder whose engine can be killed."""

    def __init__(self, run_id: str) -> None:
        command = [sys.executable, "-c", LAUNCH, HANGING, run_id]
        self.engine = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
        until(lambda: [path for path in Path().glob("started-*") if path.read_text().endswith("\n")])
        self.trial = int(next(Path().glob("started-*")).read_text())

    def kill_engine(self) -> None:
        """As `kill -9`, or a machine without memory, would."""
        self.engine.send_signal(signal.SIGKILL)
        self.engine.wait()

    def end(self) -> None:
        """Leave nothing behind."""
        self.kill_engine()
        if alive(self.trial):
            os.killpg(os.getpgid(self.trial), signal.SIGKILL)


@pytest.fixture
def abandoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Abandoned]:
    """A search of run-1 with a trial that runs."""
    monkeypatch.chdir(tmp_path)
    search = Abandoned("run-1")
    yield search
    search.end()


def test_a_trial_whose_engine_is_gone_is_ended(abandoned: Abandoned) -> None:
    """And the number of such searches is told; a second look finds nothing."""
    abandoned.kill_engine()
    assert alive(abandoned.trial)
    assert clean_up_run("run-1", "local") == 1
    assert not alive(abandoned.trial)
    assert clean_up_run("run-1", "local") == 0


def test_the_search_of_another_run_is_left_alone(abandoned: Abandoned) -> None:
    """It is found by its label, not by looking alike."""
    abandoned.kill_engine()
    assert clean_up_run("run-11", "local") == 0
    assert clean_up_run("run", "local") == 0
    assert alive(abandoned.trial)


def test_a_search_whose_engine_lives_is_left_alone(abandoned: Abandoned) -> None:
    """Somebody still waits for it."""
    assert clean_up_run("run-1", "local") == 0
    assert alive(abandoned.trial)


def test_a_machine_without_searches_has_nothing_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the folder is needed."""
    monkeypatch.chdir(tmp_path)
    assert clean_up_run("run-1", "local") == 0


@pytest.mark.parametrize("run_id", ["", "{{$.pipeline_job_uuid}}", "x-{{$.pipeline_job_uuid}}"])
def test_a_run_must_be_named(run_id: str) -> None:
    """An empty name would mean everybody's searches."""
    with pytest.raises(InputError, match=r"Pass dsl\.PIPELINE_JOB_ID_PLACEHOLDER"):
        clean_up_run(run_id, "local")
