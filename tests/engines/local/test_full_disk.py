# SPDX-License-Identifier: Apache-2.0
"""A disk that is full: one sentence at once, and nothing that has finished is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.engines.local.journal_file import open_journal
from kfp_katib.errors import InputError, Unfinished
from tests.builders.search import search
from tests.support.full_disk import files_no_longer_than

SCRIPT = "echo x >> {place}/count; echo loss=${{trialParameters.lr}}"


@pytest.mark.parametrize("part", [0.3, 0.45, 0.6, 0.75, 0.9, 0.98])
def test_a_search_ends_at_once_and_goes_on_later(tmp_path: Path, part: float) -> None:
    """The journal has no torn line, and each trial that had finished ran once."""
    experiment = search(SCRIPT.format(place=tmp_path))
    run(experiment, runs=tmp_path / "whole")
    size = int((tmp_path / "whole" / "tune" / "journal").stat().st_size * part)
    (tmp_path / "count").unlink()
    with (
        files_no_longer_than(size),
        pytest.raises(Unfinished, match=r"journal .* cannot be written: File too") as e,
    ):
        run(experiment, runs=tmp_path / "runs")
    journal = tmp_path / "runs" / "tune" / "journal"
    assert all(json.loads(line) for line in journal.read_text().splitlines())
    finished = len(list(journal.parent.glob("tune-*/exit")))
    assert (e.value.result is not None) or finished == 0
    assert run(experiment, runs=tmp_path / "runs").count("Succeeded") == 3
    ran = (tmp_path / "count").read_text().count("x")
    assert ran == 3


def test_after_a_short_write_nothing_is_appended(tmp_path: Path) -> None:
    """A line that was cut is taken back, and no other is joined to it, even when there is room again."""
    (tmp_path / "s").mkdir()
    path = tmp_path / "s" / "journal"
    journal = open_journal(path, belongs=lambda _: True, misfit=lambda *_: "")
    journal.begin(maximize=False)
    before = path.read_bytes()
    with files_no_longer_than(len(before) + 20), pytest.raises(Unfinished, match="cannot be written"):
        journal.set("text", "x" * 100)
    with pytest.raises(Unfinished, match="cannot be written"):
        journal.set("text", "")
    assert path.read_bytes() == before


def test_a_journal_that_is_gone_ends_the_search(tmp_path: Path) -> None:
    """Somebody deletes the run's folder meanwhile: it does not come back half."""
    with pytest.raises(Unfinished, match=r"cannot be written: No such file"):
        run(
            search(f"rm {tmp_path}/runs/tune/journal; echo loss=${{trialParameters.lr}}"),
            runs=tmp_path / "runs",
        )


def test_a_line_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    """Better no line than one that ends every later start."""
    (tmp_path / "s").mkdir()
    path = tmp_path / "s" / "journal"
    journal = open_journal(path, belongs=lambda _: True, misfit=lambda *_: "")
    with pytest.raises(Unfinished, match="longer than 2 MiB"):
        journal.set("text", "x" * 3_000_000)
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The lock is the first file that is written."""
    with (
        files_no_longer_than(0),
        pytest.raises(InputError, match=r"cannot keep its files in .*File too large"),
    ):
        run(search("echo loss=${trialParameters.lr}"), runs=tmp_path)
