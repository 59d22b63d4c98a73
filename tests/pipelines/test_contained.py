# SPDX-License-Identifier: Apache-2.0
"""A run on this machine leaves no process and no temporary file, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.run_local import AGAIN
from tests.builders.manifest import MODEL, TRAIN, manifest
from tests.pipelines.test_run_local import SEARCH, start
from tests.support.waiting import until

HANGS = manifest(*TRAIN, "--out", MODEL, "--hang")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, with one that is somebody else's."""
    folder = tmp_path / "tmp"
    (folder / "tmp.others").mkdir(parents=True)
    (folder / "tmp.others" / "ephemeral_component.py").touch()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return [path.name for path in folder.iterdir()]


def test_a_run_leaves_no_temporary_file(tmp_path: Path, temporary: Path) -> None:
    """Each step's source is one, which kfp leaves behind; another run's is not ours."""
    with start(SEARCH, tmp_path) as started:
        until(lambda: [name for name in names(temporary) if name.startswith("kfp-katib-run-")])
        stdout, stderr = started.communicate()
    assert started.returncode == 0, stdout + stderr
    assert names(temporary) == ["tmp.others"]
    assert names(temporary / "tmp.others") == ["ephemeral_component.py"]
    assert os.environ["TMPDIR"] == str(temporary)


def to_all(started: subprocess.Popen[str]) -> None:
    """Ctrl-C: the terminal sends it to the whole group."""
    os.killpg(started.pid, signal.SIGINT)


def to_one(started: subprocess.Popen[str]) -> None:
    """What a supervisor sends."""
    started.terminate()


def _pids(folder: Path) -> list[int]:
    """Of the trials that have begun; a file may be there before what is written into it."""
    return [int(text) for path in folder.glob("started-*") if (text := path.read_text()).endswith("\n")]


@pytest.fixture
def hangup(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the run does on SIGHUP; nohup makes it ignore that, and so its steps."""
    before = signal.signal(signal.SIGHUP, request.param)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("hangup", [signal.SIG_DFL, signal.SIG_IGN], ids=["", "nohup"], indirect=True)
@pytest.mark.parametrize("stop", [to_all, to_one])
@pytest.mark.usefixtures("hangup")
def test_a_stopped_run_ends_its_trials_and_leaves_nothing(
    tmp_path: Path, temporary: Path, stop: Callable[[subprocess.Popen[str]], None]
) -> None:
    """It says where everything is that was printed, without a traceback."""
    with start(HANGS, tmp_path, group=True) as started:
        until(lambda: _pids(tmp_path), seconds=60)
        pids = _pids(tmp_path)
        stop(started)
        _, stderr = started.communicate(timeout=60)
    assert started.returncode == 130, stderr
    assert f"Stopped; everything it printed is in {tmp_path}/out/run.log. {AGAIN}" in stderr
    assert "Traceback" not in stderr
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []
    assert names(temporary) == ["tmp.others"]


def test_nothing_is_said_of_steps_where_none_runs() -> None:
    """As at the end of every run that went well; SIGTERM is what it was before."""
    code = (
        "import signal\nfrom pipelines.contained import contained\n"
        "with contained():\n    pass\nassert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == done.stdout == ""
