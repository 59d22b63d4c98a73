# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib run` goes on with a finished search, runs failed trials again, and takes another name."""

from __future__ import annotations

from pathlib import Path

from tests.cli.commands import call, manifest, write


def test_a_larger_budget_goes_on(tmp_path: Path) -> None:
    """The same command with another number; once it is done, it says how to go on."""
    file = write(tmp_path, manifest("0.1", "0.2", "0.3", "0.4"))
    first = call("run", file, "--max-trials", "2")
    assert "2 trials" in first.stdout
    second = call("run", file, "--max-trials", "3")
    assert second.exit_code == 0
    assert "Changed since the last run: " in second.stderr
    assert "spec.maxTrialCount was 2 and is 3" in second.stderr
    assert "Resuming where an earlier run stopped: 2 trials had completed" in second.stderr
    third = call("run", file, "--max-trials", "3")
    assert "had already finished; a larger --max-trials goes on, --again starts over" in third.stderr
    assert len(list((tmp_path / "runs" / "shell").glob("shell-*"))) == 3


def test_another_search_is_refused_with_every_way_on(tmp_path: Path) -> None:
    """Exit code 2, and nothing changes."""
    call("run", write(tmp_path, manifest("0.1", "0.2")))
    refused = call("run", write(tmp_path, manifest("0.1", "0.2", "0.3")))
    assert refused.exit_code == 2
    assert 'spec.parameters[0].feasibleSpace.list[2] was absent and is "0.3"' in refused.stderr
    assert all(way in refused.stderr for way in ("Undo", "--again", f"--from {tmp_path}/runs/shell"))


def test_another_name_is_another_search(tmp_path: Path) -> None:
    """Its folder, its models and the Experiment have it."""
    file = write(tmp_path, manifest("0.1", "0.2"))
    called = call("run", file, "--name", "other")
    assert called.exit_code == 0
    assert "Experiment 'other'" in called.stderr
    assert (tmp_path / "runs" / "other" / "journal").exists()
    assert not (tmp_path / "runs" / "shell").exists()


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    """By the rules of manifests, before anything runs."""
    called = call("run", write(tmp_path, manifest("0.1")), "--name", "No Name")
    assert called.exit_code == 2
    assert "No Name" in called.stderr


def test_failed_trials_run_again(tmp_path: Path) -> None:
    """After the script was mended."""
    file = write(tmp_path, manifest("fail", "0.2"))
    assert "Failed" in call("run", file).stdout
    script = (tmp_path / "train.sh").read_text()
    (tmp_path / "train.sh").write_text(script.replace("exit 3", "echo loss=0.1; exit 0"))
    called = call("run", file, "--retry-failed")
    assert called.exit_code == 0
    assert "Failed" not in called.stdout
    assert "1 failed trial was run again and no longer counts." in called.stdout + called.stderr
