# SPDX-License-Identifier: Apache-2.0
"""How many threads a trial may use, and what else its environment has besides the caller's."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kfp_katib import run
from kfp_katib.engines.local import trial_environment as module
from kfp_katib.engines.local.trial_environment import THREADS, trial_environment
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import InputError
from kfp_katib.results import TrialCondition
from kfp_katib.trial.template import Container
from kfp_katib.trial.trial_folder import TrialFolder
from tests.builders.search import PRINT, search
from tests.engines.local.pythons import environment

CALLER = {"PATH": os.environ["PATH"]}


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with eight cores, whose user has set no threads."""
    monkeypatch.setattr(module, "usable_cores", lambda: 8)
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)


def threads(
    asked: Any = None,
    *,
    at_a_time: int = 2,
    caller: Mapping[str, str] = CALLER,
    env: Mapping[str, str] | None = None,
    foreign: tuple[str, ...] = (),
) -> tuple[set[str], str]:
    """What the variables of threads are set to, and the note."""
    box = Container(("sh",), env=env or {}, foreign=foreign)
    made = trial_environment(RunOptions(threads_per_trial=asked), caller, box, at_a_time=at_a_time)
    return {made.variables[name] for name in THREADS if name in made.variables}, made.note


@pytest.mark.parametrize(("at_a_time", "count"), [(2, "4"), (3, "2"), (8, "1"), (20, "1")])
def test_trials_share_the_cores(at_a_time: int, count: str) -> None:
    """Each gets its part of them, rounded down, and at least one; a note says so."""
    found, note = threads(at_a_time=at_a_time)
    assert found == {count}
    said = f"{at_a_time} trials at a time share 8 cores: the numerical libraries of each use {count} thread"
    assert note.startswith(said)
    assert note.endswith("(OMP_NUM_THREADS and the like; threads_per_trial).")


def test_a_trial_on_its_own_has_all_of_them() -> None:
    """Nothing is set, and nothing said."""
    assert threads(at_a_time=1) == (set(), "")


@pytest.mark.parametrize("name", THREADS)
def test_what_the_user_has_set_stays(name: str) -> None:
    """One variable of theirs, and none of ours: some libraries read several, and ours might count first."""
    assert threads(caller={**CALLER, name: "3"}) == ({"3"}, "")
    assert threads(env={name: "3"}) == (set(), "")
    assert threads(foreign=(name,)) == (set(), "")


def test_a_number_of_threads_can_be_asked_for() -> None:
    """It counts more than the caller's environment, for a trial on its own as well, without a note."""
    assert threads(5, at_a_time=1, caller={**CALLER, "OMP_NUM_THREADS": "3"}) == ({"5"}, "")


def test_the_libraries_may_choose() -> None:
    """With `unset` the caller's environment stays as it is."""
    assert threads("unset") == (set(), "")
    assert threads("unset", caller={**CALLER, "OMP_NUM_THREADS": "3"}) == ({"3"}, "")


def test_trials_find_them_and_the_manifests_own_count_more(tmp_path: Path) -> None:
    """In real processes."""
    script = f"echo $OMP_NUM_THREADS $PJRT_NPROC; {PRINT}"
    result = run(search(script, parallelTrialCount=2, maxTrialCount=2), runs=tmp_path)
    assert {trial.log_tail.splitlines()[0] for trial in result.trials} == {"4 4"}
    assert sum("2 trials at a time share 8 cores" in note for note in result.notes) == 1
    env = [{"name": "OMP_NUM_THREADS", "value": "7"}]
    asked = search(script, name="own", container={"env": env}, maxTrialCount=1)
    (trial,) = run(asked, runs=tmp_path, threads_per_trial=2).trials
    assert trial.log_tail.splitlines()[0] == "7 2"


def test_fewer_devices_leave_more_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials that wait for a GPU do not count."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    limits = {"resources": {"limits": {"nvidia.com/gpu": 1}}}
    result = run(
        search(f"echo $OMP_NUM_THREADS; {PRINT}", container=limits, parallelTrialCount=3), runs=tmp_path
    )
    assert {trial.log_tail.splitlines()[0] for trial in result.trials} == {"4"}


def test_a_chosen_environment_is_the_active_one(tmp_path: Path) -> None:
    """What asks for the active environment gets the same; macOS' hint, which misleads it, is left out."""
    place = environment(tmp_path / "venv")
    caller = {**CALLER, "VIRTUAL_ENV": "/other", "__PYVENV_LAUNCHER__": "/other/bin/python"}
    made = trial_environment(RunOptions(python=place), caller, Container(("sh",)), at_a_time=1)
    assert made.variables["VIRTUAL_ENV"] == str(place)
    assert made.variables["PATH"].split(os.pathsep)[0] == str(place / "bin")
    assert "__PYVENV_LAUNCHER__" not in made.variables
    same = trial_environment(RunOptions(python="PATH"), caller, Container(("sh",)), at_a_time=1)
    assert same.variables["VIRTUAL_ENV"] == "/other"


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("python train.py", ("python",)),
        ("/usr/bin/env python3 train.py", ("python3",)),
        ("python prepare.py && python3 train.py", ("python", "python3")),
        ("/opt/bin/python3 train.py", ("python",)),
        ("python3.12 train.py", ("python",)),
        ("./train.sh", ("python",)),
    ],
)
def test_the_names_that_a_command_uses_are_spoken_of(command: str, names: tuple[str, ...]) -> None:
    """They may be two different interpreters; a script may use either."""
    box = Container(("sh", "-c", command))
    made = trial_environment(RunOptions(), CALLER, box, at_a_time=1)
    assert made.names == names
    assert made.sentence(made.pythons).startswith(f"{' and '.join(names)} in a trial ")
    assert str(sys.executable) in made.pythons


def test_two_names_may_be_two_interpreters(tmp_path: Path) -> None:
    """Those of the caller's PATH, as they would be at a prompt."""
    first, second = environment(tmp_path / "a"), environment(tmp_path / "b")
    (first / "bin" / "python3").unlink()
    path = os.pathsep.join((str(first / "bin"), str(second / "bin")))
    box = Container(("sh", "-c", "python a.py; python3 b.py"))
    made = trial_environment(RunOptions(python="PATH"), {"PATH": path}, box, at_a_time=1)
    said = [part.rpartition(", ")[2] for part in made.pythons.split("; ")]
    assert said == [str(first / "bin" / "python"), str(second / "bin" / "python3")]
    assert made.in_folder(tmp_path / "shims") is made


@pytest.mark.parametrize(
    ("log", "state", "explained"),
    [
        ("Traceback\nModuleNotFoundError: No module named 'a.b'\n", "Failed", True),
        ("caught ModuleNotFoundError: No module named 'a'\n", "Failed", False),
        ("ModuleNotFoundError: No module named 'a'\n", "Succeeded", False),
        ("CUDA out of memory\n", "Failed", False),
    ],
)
def test_a_missing_module_is_explained(tmp_path: Path, log: str, state: Any, explained: bool) -> None:
    """Where the last words of a trial that failed are Python's own about it."""
    files = TrialFolder(tmp_path / "tune-a")
    files.clear()
    files.log.write_text(log)
    made = trial_environment(RunOptions(), CALLER, Container(("python",)), at_a_time=1)
    told = made.explained(TrialCondition(state, "x", "Trial has failed. Exit code 1."), files).message
    assert ("No module named 'a.b': python in a trial is Python" in told) == explained
    assert told.startswith("Trial has failed. Exit code 1.")


@pytest.mark.parametrize(
    ("message", "log", "mend"),
    [
        (
            "Trial has failed. Exit code 127.",
            "sh: 1: pythno: not found",
            "check its spelling, or install it.",
        ),
        (
            "Trial has failed. Exit code 126.",
            "sh: 1: ./train.sh: Permission denied",
            "chmod +x it, or name its",
        ),
        (
            "Trial has failed. Exit code 2.",
            "/usr/bin/python: can't open file '/w/trian.py': [Errno 2] No such file or directory",
            "There is no such script: write its path from the folder in which the search was started.",
        ),
        ("Trial has failed. Exit code 1.", "can't open file", ""),
    ],
)
def test_what_a_command_lacks_is_explained(tmp_path: Path, message: str, log: str, mend: str) -> None:
    """By the shell's exit code, or by Python's own words."""
    files = TrialFolder(tmp_path / "tune-a")
    files.clear()
    files.log.write_text(log)
    made = trial_environment(RunOptions(), CALLER, Container(("python",)), at_a_time=1)
    told = made.explained(TrialCondition("Failed", "TrialFailed", message), files).message
    assert told.startswith(message)
    assert mend in told
    assert bool(mend) == (told != message)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "two"])
def test_a_number_that_makes_no_sense_is_refused(wrong: Any) -> None:
    """Before anything runs."""
    with pytest.raises(InputError, match=r"threads_per_trial is .*Give a number from 1 on, or 'unset'"):
        RunOptions(threads_per_trial=wrong)
