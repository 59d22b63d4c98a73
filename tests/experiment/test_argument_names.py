# SPDX-License-Identifier: Apache-2.0
"""A message names an argument as its reader types it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.errors import InputError
from kfp_katib.experiment import load
from kfp_katib.experiment.argument_names import argument, arguments, on_the_command_line
from tests.builders.manifest import changed
from tests.cli.commands import call, manifest, write
from tests.places import ROOT


@pytest.mark.parametrize(
    ("name", "value", "python", "typed"),
    [
        ("again", None, "again=True", "--again"),
        ("retry_failed", None, "retry_failed=True", "--retry-failed"),
        ("max_trials", None, "max_trials", "--max-trials"),
        ("max_trials", 20, "max_trials=20", "--max-trials 20"),
        ("warm_start", Path("runs/x"), "warm_start=the Result of runs/x", "--from runs/x"),
        ("on_timeout", "best_so_far", "on_timeout='best_so_far'", "--on-timeout best_so_far"),
    ],
)
def test_an_argument_has_two_names(name: str, value: object, python: str, typed: str) -> None:
    """The one of the command line counts while a verb runs, in its threads too."""
    found: list[str] = []
    assert argument(name, value) == python
    with on_the_command_line():
        thread = threading.Thread(target=lambda: found.append(argument(name, value)))
        thread.start()
        thread.join()
    assert found == [typed]
    assert argument(name, value) == python


def test_several_arguments_are_typed_together() -> None:
    """With commas in Python only."""
    assert arguments(name="OTHER", warm_start="x") == "name='OTHER', warm_start=the Result of x"
    with on_the_command_line():
        assert arguments(name="OTHER", warm_start="x") == "--name OTHER --from x"


def test_the_same_error_is_told_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search with another manifest may start anew."""
    monkeypatch.chdir(tmp_path)
    other = changed(manifest("0.1"), {"spec.objective.type": "maximize"})
    assert call("run", write(tmp_path, manifest("0.1"))).exit_code == 0
    typed = call("run", write(tmp_path, other)).stderr
    assert "start anew with --again, or" in typed
    assert "=" not in typed.partition("Undo the change")[2].partition("--from")[0]
    with pytest.raises(
        InputError, match=r"start anew with again=True, or .* \(name='OTHER', warm_start=the Result of "
    ):
        run(load(other))


def test_nobody_else_writes_an_option_into_a_message() -> None:
    """Only the command line itself, where Python is not read."""
    for file in sorted((ROOT / "kfp_katib").rglob("*.py")):
        if file.parent.name not in ("cli", "proposal") and file.name != "argument_names.py":
            text = file.read_text(encoding="utf-8")
            assert "again=True (" not in text, file
            assert "(--" not in text, file
