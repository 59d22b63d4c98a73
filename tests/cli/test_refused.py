# SPDX-License-Identifier: Apache-2.0
"""A `run` that is refused leaves no trace: no search that `list` shows, and none that it has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import call, manifest, write

RANDOM = {"algorithm": {"algorithmName": "random"}}
TWO_POINTS = ("--enqueue", "kind=0.1", "--enqueue", "kind=0.2")


def files(place: Path) -> dict[str, bytes]:
    """All files below a folder; a lock, which every engine that looks writes to, is as good as another."""
    found = [each for each in place.rglob("*") if each.is_file()]
    return {str(each): b"" if each.name == "lock" else each.read_bytes() for each in found}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--from", "nowhere"), "There is no search 'nowhere'"),
        (("--from", "nothing.csv"), "No such file"),
        (("--from", "train.sh"), "There is no search"),
        (("--from", "other"), "cover all 3 cells"),
        (("--max-trials", "1", *TWO_POINTS), "has no room for 2 new points"),
        (("--enqueue", "kind=9"), "is not in the feasible space"),
        (("--python", "none"), "there is no such file"),
        (("--python", "/bin/sh"), "does not start as Python"),
        (("--report", "nowhere/report.html"), "is not a folder"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_a_new_search_that_is_refused_is_none(options: tuple[str, ...], why: str, tmp_path: Path) -> None:
    """No folder of it is there, nor one above; the others stay as they are."""
    document = manifest("0.1", "0.2", "0.3")
    file = write(tmp_path, document)
    if "other" in options:
        call("run", file, "--name", "other")
    before = files(tmp_path)
    refused = call("run", file, *options)
    assert refused.exit_code == 2
    assert why in refused.stderr
    assert files(tmp_path) == before
    assert (tmp_path / "runs").exists() is ("other" in options)
    assert not (tmp_path / "runs" / "shell").exists()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--max-trials", "3", *TWO_POINTS), "has no room for 2 new points"),
        (("--again", "--max-trials", "1", *TWO_POINTS), "has no room for 2 new points"),
        (("--again", "--from", "nowhere"), "There is no search 'nowhere'"),
        (("--from", "nowhere", "--max-trials", "3"), "There is no search 'nowhere'"),
        (("--algorithm", "grid"), "with another manifest"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_a_search_that_is_there_stays_as_it_was(options: tuple[str, ...], why: str, tmp_path: Path) -> None:
    """Its budget too, and in its place; `list` says of it what it said before."""
    file = write(tmp_path, manifest("0.1", "0.2", **RANDOM))
    call("run", file)
    before = files(tmp_path)
    refused = call("run", file, *options)
    assert refused.exit_code == 2
    assert why in refused.stderr
    assert files(tmp_path) == before
    assert "Succeeded  2/2" in call("list").stdout


def test_what_was_there_before_stays(tmp_path: Path) -> None:
    """A folder that somebody made for the search, and that of all searches."""
    (tmp_path / "runs" / "shell").mkdir(parents=True)
    call("run", write(tmp_path, manifest("0.1")), "--from", "nowhere")
    assert (tmp_path / "runs" / "shell").is_dir()
    assert call("list").stderr.startswith("There is no search in ")
