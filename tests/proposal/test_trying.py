# SPDX-License-Identifier: Apache-2.0
"""One trial is run for a bounded time, and its metric found."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import InputError
from kfp_katib.proposal import Objective, Wishes, propose, try_out
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from tests.proposal.scripts import ENV, NEEDED, arguments_of, line, written

LR = ScriptOption(("--lr",), "float", "0.1")


def tried(folder: Path, script: str, *options: ScriptOption, seconds: float = 30, **wishes: Any) -> Objective:
    """The objective of a script that is written into a folder."""
    found = propose(written(folder, script), Arguments((LR, *options)), Wishes(**wishes))
    return try_out(found, env=ENV, seconds=seconds, say=lambda text: None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("digits", ("loss", "minimize", True)),
        ("fine_tuning", ("eval_loss", "minimize", True)),
        ("layers", ("val_loss", "minimize", True)),
        ("forest", ("accuracy", "maximize", True)),
        ("with_click", ("val_loss", "minimize", False)),
        ("with_absl", ("loss", "minimize", False)),
    ],
)
def test_every_style_of_printing_is_understood(name: str, expected: tuple[str, str, bool]) -> None:
    """The metric, which way it is better, and whether Katib needs an expression for it."""
    needed = NEEDED[name]
    proposal = propose(line(name, *needed), arguments_of(name, *needed), Wishes())
    found = try_out(proposal, env=ENV, seconds=60, say=lambda text: None)
    assert (found.metric, found.aim, bool(found.filter)) == expected


def test_a_trial_gets_values_and_a_folder_that_is_gone_afterwards(tmp_path: Path) -> None:
    """As a trial of the search would."""
    script = "import os, sys\nargs = sys.argv[1:]\nos.mkdir(args[1].split('=')[1])\nprint('loss=1')\n"
    output = ScriptOption(("--output",))
    said: list[str] = []
    found = propose(written(tmp_path, script), Arguments((LR, output)), Wishes())
    try_out(found, env=ENV, seconds=30, say=said.append)
    assert re.fullmatch(r"It took .* s: 20 trials, 2 at a time, will take .* s\.", said[1])
    assert "--lr=0.1 --output=" in said[0]
    assert not Path(said[0].rpartition("--output=")[2]).exists()


def test_a_run_that_is_ended_in_time_has_told_enough(tmp_path: Path) -> None:
    """What it had printed by then counts, without a flush of its own."""
    script = "import sys, time\nargs = sys.argv\nprint('loss=0.5')\ntime.sleep(60)\n"
    assert tried(tmp_path, script, seconds=2).metric == "loss"


def test_a_run_that_fails_shows_why(tmp_path: Path) -> None:
    """Nothing is proposed from it."""
    with pytest.raises(
        InputError,
        match=r"(?s)ended with exit code 1, and so would each trial\. .*printed:\n.*ZeroDivisionError",
    ):
        tried(tmp_path, "import sys\nargs = sys.argv\n1 / 0\n")


@pytest.mark.parametrize(
    ("script", "wishes", "why"),
    [
        ("print('args')", {}, r"nothing that looks like a metric by its end\. Let it print .*loss=\{loss\}"),
        (
            "print('loss=1')",
            {"metric": "val-acc"},
            r"no 'val-acc' with a number by its end\. .*val-acc=\{val_acc\}",
        ),
        (
            "import time; time.sleep(9)",
            {"seconds": 1},
            "nothing that looks like a metric within 1 s.* --try-seconds",
        ),
    ],
)
def test_a_run_without_a_metric_says_what_to_change(
    tmp_path: Path, script: str, wishes: dict[str, Any], why: str
) -> None:
    """A line to print, and what it printed instead."""
    with pytest.raises(InputError, match=f"(?s){why}"):
        tried(tmp_path, f"import sys\nargs = sys.argv\n{script}\n", **wishes)
