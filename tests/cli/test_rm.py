# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib rm` says what it would delete, asks, and deletes that."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kfp_katib.cli.rm import size
from kfp_katib.engines.local.folder import open_folder
from tests.cli.commands import call, manifest, write
from tests.places import ROOT


@pytest.fixture
def searches(tmp_path: Path) -> Path:
    """The folder of two finished searches, one, two."""
    file = write(tmp_path, manifest("0.1", "0.2"))
    for name in ("one", "two"):
        assert call("run", file, "--name", name).exit_code == 0
    return tmp_path / "runs"


def left(runs: Path) -> list[str]:
    """The searches that are there."""
    return sorted(path.name for path in runs.iterdir())


def answered(answer: bytes, *names: str) -> subprocess.CompletedProcess[str]:
    """`rm` at a terminal, at which somebody answers."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer)
        return subprocess.run(
            [sys.executable, "-m", "kfp_katib", "rm", *names],
            stdin=theirs,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            timeout=60,
            check=False,
            start_new_session=True,
        )
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("name", ["one", "runs/one", "runs/one/", "./runs/one"])
def test_a_search_is_deleted_by_its_name_or_its_folder(searches: Path, name: str) -> None:
    """What it deletes is said before, and that it has done so after."""
    called = call("rm", name, "--yes")
    assert (called.exit_code, called.stdout) == (0, "Deleted runs/one.\n")
    assert re.fullmatch(r"runs/one: 2 trials, \d+\.\d kB\n", called.stderr)
    assert left(searches) == ["two"]


def test_several_are_deleted_at_once_and_each_once(searches: Path) -> None:
    """Two words for one search are one search."""
    called = call("rm", "-y", "one", "two", "runs/one")
    assert (called.exit_code, called.stdout) == (0, "Deleted runs/one.\nDeleted runs/two.\n")
    assert left(searches) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("three", r"There is no search 'three' in /.*/runs\. .*one, two"),
        ("..", r"'\.\.' is no search in /.*/runs\. Give its name, or runs/NAME"),
        ("runs/..", "no search in /.*/runs"),
        ("runs/../one", "no search in /.*/runs"),
        ("other/one", r"'other/one' is no search in /.*/runs"),
        ("runs/one/earlier", "no search in /.*/runs"),
        ("/tmp", "'/tmp' is no search in /.*/runs"),
        ("runs", "There is no search 'runs'"),
        (".", "no name of a search"),
        ("", "no name of a search"),
        ("experiment/one", r"in a cluster\. End and delete it there: kfp-katib cancel experiment/one$"),
    ],
)
def test_all_names_are_checked_before_anything_is_deleted(searches: Path, wrong: str, words: str) -> None:
    """Exit code 2, and the name that is wrong."""
    called = call("rm", "--yes", "one", wrong)
    assert called.exit_code == 2
    assert re.search(words, called.stderr.strip())
    assert left(searches) == ["one", "two"]


def test_a_search_that_runs_is_not_deleted(searches: Path) -> None:
    """Nor is any other that was named with it."""
    with open_folder(searches, "two"):
        called = call("rm", "--yes", "one", "two")
    assert called.exit_code == 2
    assert "'two' is being run by another process" in called.stderr
    assert left(searches) == ["one", "two"]


def test_without_a_terminal_it_must_be_told(searches: Path) -> None:
    """A script says --yes; an answer on stdin is none."""
    called = call("rm", "one", stdin="y\n")
    assert called.exit_code == 2
    assert "Nothing was deleted: there is no terminal to ask at. Give --yes" in called.stderr
    assert left(searches) == ["one", "two"]


@pytest.mark.parametrize(
    ("answer", "code", "gone"),
    [(b"y\n", 0, True), (b"n\n", 0, False), (b"\n", 0, False), (b"\x04", 130, False)],
    ids=["yes", "no", "nothing", "Ctrl-D"],
)
def test_at_a_terminal_it_asks(searches: Path, answer: bytes, code: int, gone: bool) -> None:
    """No is what an empty answer means."""
    done = answered(answer, "one")
    assert done.returncode == code, done.stderr
    assert "runs/one: 2 trials" in done.stderr
    assert ("Nothing was deleted." in done.stderr) != gone
    assert left(searches) == (["two"] if gone else ["one", "two"])


def test_models_elsewhere_are_named(tmp_path: Path) -> None:
    """Where their trials were told to put them."""
    place = "--models=${pipeline.models}/${pipeline.experiment}/${trialParameters.trial}"
    made = manifest("0.1")
    template = made["spec"]["trialTemplate"]
    template["trialParameters"].append({"name": "trial", "reference": "${trialSpec.Name}"})
    template["trialSpec"]["spec"]["template"]["spec"]["containers"][0]["command"].append(place)
    assert call("run", write(tmp_path, made), "--models", "elsewhere").exit_code == 0
    called = call("rm", "shell", "--yes")
    assert f"    models in {tmp_path}/elsewhere/shell stay: delete them yourself\n" in called.stderr
    assert called.exit_code == 0


def test_another_folder_of_searches(searches: Path) -> None:
    """As for `run`."""
    searches.rename(searches.with_name("kept"))
    assert call("rm", "kept/one", "--runs", "kept", "--yes").stdout == "Deleted kept/one.\n"
    assert call("rm", "runs/two", "--runs", "kept", "--yes").exit_code == 2


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2e15, "2000.0 TB")]
)
def test_sizes_are_for_people(count: float, text: str) -> None:
    """In units of a thousand."""
    assert size(count) == text
