# SPDX-License-Identifier: Apache-2.0
"""What a user sees while the pipeline runs on this machine."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pipelines.transcript import Transcript
from tests.support import terminal

STAMP = "    [KFP Executor 2026-11-24 06:09:58,945"
STARTED = "06:09:44.799 - INFO - Executing task \x1b[96m'launch-katib'\x1b[0m\n"
ENDED = "06:09:46.108 - INFO - Task \x1b[96m'launch-katib'\x1b[0m finished with status \x1b[92m{}\x1b[0m\n"


@contextmanager
def transcript(folder: Path) -> Iterator[tuple[Transcript, io.StringIO]]:
    """A transcript and its screen."""
    screen = io.StringIO()
    made = Transcript(folder / "log", screen)
    yield made, screen
    made.close()


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        pytest.param(STARTED, "== launch-katib\n", id="a step starts"),
        pytest.param(f"{STAMP} INFO]: 1/3 trials\n", "   1/3 trials\n", id="a step says something"),
        pytest.param(f"{STAMP} WARNING]: odd\n", "   warning: odd\n", id="a step warns"),
        pytest.param(f"{STAMP} INFO]: Got executor_input:\n    {{}}\n", "", id="kfp says something"),
        pytest.param(f"{STAMP} INFO]: point 1 of 2: x\n", "   point 1 of 2: x\n", id="how far it is"),
        pytest.param(f"{STAMP} INFO]: trial a-b Running  (0/3 trials, 1 running)\n", "", id="a trial starts"),
        pytest.param(
            f"{STAMP} INFO]: trial a-b Succeeded loss=1 in 2 s  (1/3 trials, best loss=1)\n",
            "   trial a-b Succeeded loss=1 in 2 s  (1/3 trials, best loss=1)\n",
            id="a trial ends",
        ),
        pytest.param(
            f"{STAMP} INFO]: trial a-b Failed: exit code 3  (1/3 trials, 1 failed)\n",
            "   trial a-b Failed: exit code 3\n",
            id="a trial fails",
        ),
        pytest.param("06:09:46.109 - INFO - Task 'x' outputs:\n    best_value: 0.0\n", "", id="outputs"),
    ],
)
def test_a_line_is_told_where_it_is_worth_reading(tmp_path: Path, printed: str, shown: str) -> None:
    """Steps and what they say; not kfp's own business."""
    with transcript(tmp_path) as (made, screen):
        made.write(printed)
    assert screen.getvalue() == shown


def test_on_a_terminal_trials_that_go_well_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How far the search is stays when it ends; what failed stays too."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    screen = terminal.Screen()
    with closing(Transcript(tmp_path / "log", screen)) as made:
        made.write(STARTED)
        made.write(f"{STAMP} INFO]: trial a-b Succeeded loss=1 in 2 s  (1/2 trials, best loss=1)\n")
        made.write(f"{STAMP} INFO]: trial a-c Failed: exit code 3  (2/2 trials, 1 failed, best loss=1)\n")
        made.write(ENDED.format("SUCCESS"))
    lines = re.sub(r"\x1b\[[\d;?]*[A-Za-z]|.*\r", "", screen.getvalue()).splitlines()
    assert [line for line in lines if line.strip()][:3] == [
        "== launch-katib",
        "   trial a-c Failed: exit code 3",
        "   2/2 trials, 1 failed, best loss=1",
    ]


@pytest.mark.parametrize(("status", "word"), [("SUCCESS", "done"), ("FAILURE", "FAILED")])
def test_a_step_ends_with_its_time(tmp_path: Path, status: str, word: str) -> None:
    """Seconds from its start."""
    with transcript(tmp_path) as (made, screen):
        made.write(STARTED + ENDED.format(status))
    assert re.fullmatch(rf"== launch-katib\n   {word} after \d+\.\d s\n", screen.getvalue())


def test_a_failing_step_is_shown_from_its_traceback_on(tmp_path: Path) -> None:
    """With the last lines of the failing trial in it; what follows the step is told shortly again."""
    with transcript(tmp_path) as (made, screen):
        made.write("    Traceback (most recent call last):\n    Failed: exit code 3\n        CUDA\n")
        made.write(ENDED.format("FAILURE") + "    outputs:\n")
    lines = screen.getvalue().splitlines()
    assert lines[:3] == ["    Traceback (most recent call last):", "    Failed: exit code 3", "        CUDA"]
    assert len(lines) == 4


def test_an_error_of_ours_is_shown_without_its_traceback(tmp_path: Path) -> None:
    """Its words say what to do; the frames would hide them, and are in the file."""
    frames = '    Traceback (most recent call last):\n      File "x.py", line 1\n        launch(\n'
    with transcript(tmp_path) as (made, screen):
        made.write(f"{frames}    kfp_katib.errors.InputError: It is wrong. Mend it.\n        the log's end\n")
    assert screen.getvalue() == "   error: It is wrong. Mend it.\n        the log's end\n"
    assert frames in (tmp_path / "log").read_text()


def test_an_error_of_the_users_own_keeps_its_traceback(tmp_path: Path) -> None:
    """It says where in their code it happened."""
    raised = '    Traceback (most recent call last):\n      File "x.py", line 1\n    ValueError: no\n'
    with transcript(tmp_path) as (made, screen):
        made.write(raised)
    assert screen.getvalue() == raised


def test_a_line_may_come_in_pieces(tmp_path: Path) -> None:
    """As print writes it."""
    with transcript(tmp_path) as (made, screen):
        for piece in ("    ", f"{STAMP.strip()} INFO]: ha", "lf\n"):
            made.write(piece)
    assert screen.getvalue() == "   half\n"


def test_the_file_has_everything_without_colours(tmp_path: Path) -> None:
    """Whoever looks for the rest finds it there, and can search it; also where a code comes in pieces."""
    with transcript(tmp_path) as (made, _):
        for piece in (STARTED[:40], STARTED[40:], "\x1b[1;9", "1manything\x1b[0m\nthe rest\x1b[0m"):
            made.write(piece)
    assert (tmp_path / "log").read_text() == (
        "06:09:44.799 - INFO - Executing task 'launch-katib'\nanything\nthe rest"
    )
