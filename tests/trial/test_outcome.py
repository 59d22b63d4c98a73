# SPDX-License-Identifier: Apache-2.0
"""Whatever a trial leaves behind is that trial's fault alone: it fails, and nothing is raised."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.results import TrialCondition
from kfp_katib.trial.outcome import examine
from kfp_katib.trial.trial_folder import TrialFolder
from tests.builders.search import collector, search

TEXT = collector("File", "/out/m", format="TEXT")
JSON = collector("File", "/out/m", format="JSON")
EVENTS = collector("TensorFlowEvent", "/logs")


def trial(tmp_path: Path) -> TrialFolder:
    """A trial that ended well, and wrote nothing yet."""
    files = TrialFolder(tmp_path / "trial")
    files.clear()
    (files.metrics / "7.pid").write_text("completed\n")
    return files


def outcome(files: TrialFolder, spec: dict[str, Any] | None) -> TrialCondition:
    """How it is judged."""
    return examine(search("echo ${trialParameters.lr}", metricsCollectorSpec=spec), files, 0)


GARBAGE = (b"\xff\n", b"x\n", b"0 \n", b"-1\n", b"0\n0\n", b"9" * 5000 + b"\n", "٣\n".encode(), b"\0")


def link_to_a_pipe(path: Path) -> None:
    """A link whose target would have to be waited for."""
    os.mkfifo(f"{path}.pipe")
    path.symlink_to(f"{path}.pipe")


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "named pipe": (os.mkfifo, "it is a named pipe, not a file"),
    "folder": (os.mkdir, "it is a folder, not a file"),
    "endless device": (lambda path: path.symlink_to("/dev/zero"), "it is a device, not a file"),
    "link to itself": (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
    "link to nothing": (lambda path: path.symlink_to("/nowhere"), "was not written"),
    "link to a pipe": (link_to_a_pipe, "it is a named pipe, not a file"),
}


@pytest.mark.parametrize(("make", "says"), STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("spec", [TEXT, JSON], ids=["text", "json"])
def test_what_is_no_file(
    tmp_path: Path, spec: dict[str, Any], make: Callable[[Path], object], says: str
) -> None:
    """Nothing is waited for, nothing endless is read: the trial fails, and the message says what is there."""
    files = trial(tmp_path)
    make(files.metrics / "m")
    found = outcome(files, spec)
    assert found.state == "Failed"
    assert says in found.message


@pytest.mark.parametrize("make", [pair[0] for pair in STRANGE.values()], ids=STRANGE)
def test_what_is_no_event_file(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Katib's collector goes on with the next file."""
    files = trial(tmp_path)
    make(files.metrics / "events.out.tfevents.1")
    found = outcome(files, EVENTS)
    assert found.state == "MetricsUnavailable"
    assert (
        "The event file `events.out.tfevents.1" in found.message or "'tfevents' in its name" in found.message
    )


def test_a_file_without_size(tmp_path: Path) -> None:
    """A file is read up to its size, and this one has none."""
    files = trial(tmp_path)
    (files.metrics / "m").symlink_to("/proc/self/mem")
    assert outcome(files, TEXT).state == "MetricsUnavailable"


def test_folders_without_end(tmp_path: Path) -> None:
    """Folders nested too deep for a recursion, and links that lead back, are walked once."""
    files = trial(tmp_path)
    (files.metrics / "back").symlink_to(files.metrics)
    deep = os.open(files.metrics, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=deep)
        inner = os.open("d", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    assert outcome(files, EVENTS).state == "MetricsUnavailable"
    files.clear()  # where the trial has to run again
    assert [entry.name for entry in files.path.iterdir()] == ["metrics"]
    assert not any(files.metrics.iterdir())


@pytest.mark.parametrize("make", [pair[0] for pair in STRANGE.values()], ids=STRANGE)
@pytest.mark.parametrize("name", ["log", "metrics/metrics.log"])
def test_the_end_of_a_log_that_is_none(tmp_path: Path, name: str, make: Callable[[Path], object]) -> None:
    """It has no lines."""
    files = trial(tmp_path)
    make(files.path / name)
    assert files.log_tail() == ""


@pytest.mark.parametrize(
    "make",
    [
        *(pair[0] for pair in STRANGE.values()),
        *(
            lambda path, text=text: path.write_bytes(text)
            for text in GARBAGE
        ),
    ],
)  # fmt: skip
def test_an_exit_status_that_is_none(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """A trial that wrote over it did not end by itself: it runs again."""
    files = trial(tmp_path)
    make(files.exit_file)
    assert files.exit_code() is None


def test_a_folder_that_the_trial_removed(tmp_path: Path) -> None:
    """Without its mark the trial fails, as on Katib."""
    files = trial(tmp_path)
    shutil.rmtree(files.metrics)
    assert not files.marked()
    files.metrics.write_text("a file")
    assert not files.marked()
    assert outcome(files, None).state == "Failed"


@pytest.mark.parametrize(("name", "text"), [("7.pid", "7\n"), ("server.pid", "completed\n"), ("7.pid", "")])
def test_a_pid_file_of_the_trials_own_is_no_mark(tmp_path: Path, name: str, text: str) -> None:
    """Katib's mark has the shell's number, and says that the line was completed."""
    files = TrialFolder(tmp_path / "trial")
    files.clear()
    (files.metrics / name).write_text(text)
    assert not files.marked()


def test_an_error_that_nobody_thought_of(tmp_path: Path) -> None:
    """Whatever is raised while the metrics are read, the trial has its verdict."""
    files = trial(tmp_path)
    (files.metrics / "metrics.log").write_text("loss=1\n")
    experiment = search("echo ${trialParameters.lr}")
    broken = replace(experiment.collector, filters=(None,))  # type: ignore[arg-type]
    found = examine(replace(experiment, collector=broken), files, 0)
    assert found.state == "Failed"
    assert found.message.startswith("Trial has failed. What it wrote cannot be read (AttributeError: ")
