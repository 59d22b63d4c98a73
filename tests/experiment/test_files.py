# SPDX-License-Identifier: Apache-2.0
"""A file that cannot be read: the message says what is there instead, and what to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.experiment import check


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two manifests and something else."""
    for name in ("experiment.yaml", "other.json", "train.py", ".hidden.yaml"):
        (tmp_path / name).write_text("a: 1")
    return tmp_path


def said(path: Path) -> tuple[str, str]:
    """The only finding's message and mend."""
    (problem,) = check(path)
    assert problem.rule == "file-unreadable"
    return problem.message, problem.fix


def test_a_misspelt_name_has_a_suggestion(folder: Path) -> None:
    """The nearest name in that folder."""
    assert said(folder / "experimant.yml") == (
        "There is no such file.",
        f"Did you mean {folder / 'experiment.yaml'}?",
    )


def test_a_name_far_from_all_is_told_what_there_is(folder: Path) -> None:
    """Hidden files and scripts are no manifests."""
    assert said(folder / "x.yaml")[1] == f"The folder {folder} holds experiment.yaml, other.json."
    (folder / "empty").mkdir()
    assert said(folder / "empty/x.yaml")[1] == f"The folder {folder / 'empty'} holds no YAML and no JSON."


def test_a_folder_that_is_not_there_is_named(folder: Path) -> None:
    """The path is wrong further up."""
    assert said(folder / "no/x.yaml")[1] == f"Check the path: there is no folder {folder / 'no'}."


def test_a_folder_is_no_manifest(folder: Path) -> None:
    """One that lies in it is named."""
    assert said(folder) == ("It is a folder.", f"Name a file, such as {folder / 'experiment.yaml'}.")


@pytest.mark.parametrize("address", ["http://example.org/a.yaml", "https://example.org/a.yaml"])
def test_an_address_is_no_file(address: str) -> None:
    """The command that makes a file of it."""
    assert said(Path(address)) == (
        "It is an address on the web, not a file.",
        f"Download it first: curl -fLO {address}",
    )
