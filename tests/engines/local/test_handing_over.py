# SPDX-License-Identifier: Apache-2.0
"""Population based training on this machine: each trial goes on from a copy of its parent's checkpoint."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from kfp_katib import load, run
from kfp_katib.engines.local import handing_over
from kfp_katib.engines.local.existing import read
from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.handing_over import Handover
from kfp_katib.engines.options import RunOptions
from kfp_katib.errors import Interrupted, Unfinished
from kfp_katib.results import Progress
from kfp_katib.trial import folder_copy
from kfp_katib.trial.trial_folder import TrialFolder
from tests.engines.local.populations import THERE, check_lineages, checkpoints, pbt
from tests.support.full_disk import files_no_longer_than
from tests.support.waiting import until


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Where the trials keep their lines of descent."""
    (tmp_path / "kept").mkdir()
    return tmp_path / "kept"


def test_each_trial_goes_on_from_its_parents_checkpoint(tmp_path: Path, kept: Path) -> None:
    """The line of descent can be read from it, over several generations, with three trials at a time."""
    result = run(load(pbt(kept=kept, parallelTrialCount=3, maxTrialCount=30)), runs=tmp_path / "runs")
    assert result.count("Succeeded") == 30
    check_lineages(tmp_path / "runs", kept)
    assert max(len(file.read_text().splitlines()) for file in kept.iterdir()) >= 4


def test_the_line_of_the_best_trial_is_told(tmp_path: Path, kept: Path) -> None:
    """In the Result, and whenever it is read again: its parameters alone do not train its model."""
    script = f"echo loss=-$(wc -l < {THERE}/lineage); "
    result = run(load(pbt(script, kept)), runs=tmp_path / "runs")
    assert result.best is not None
    *before, name = (kept / result.best.name).read_text().split()
    (note,) = [each for each in result.notes if each.startswith("The best trial, ")]
    assert [word for word in note.split() if word.startswith("tune-")] == [name, *before]
    assert f"is of generation {len(before)}: it went on from" in note
    assert note in read("tune", RunOptions(runs=tmp_path / "runs")).notes


def test_the_disk_holds_two_populations_at_most(tmp_path: Path) -> None:
    """Counted at every start and end, over ten generations; after the end as well, as it may be extended."""
    counts: list[int] = []

    def count(progress: Progress) -> None:
        counts.append(len(checkpoints(tmp_path)))

    experiment = load(pbt(f"echo > {THERE}/w; ", maxTrialCount=60, parallelTrialCount=2))
    assert run(experiment, runs=tmp_path, on_update=count).count("Succeeded") == 60
    assert max(counts) <= 2 * 6 + 2
    assert len(checkpoints(tmp_path)) <= 2 * 6 + 2


@pytest.mark.parametrize("written", ["/var/log/katib/checkpoints", "/var/log/katib/checkpoints/"])
@pytest.mark.parametrize("given", ["/var/log/katib/checkpoints", "/var/log/katib/checkpoints/"])
def test_the_path_is_replaced_with_and_without_a_slash(tmp_path: Path, written: str, given: str) -> None:
    """In the command and in variables, also where the folder lies below that of the metrics."""
    script = f"echo $C > {tmp_path}/seen; echo {written} >> {tmp_path}/seen; echo x > {written}/w; "
    document = pbt(script, container={"env": [{"name": "C", "value": written}]}, maxTrialCount=1)
    document["spec"]["algorithm"]["algorithmSettings"][0]["value"] = given
    (trial,) = run(load(document), runs=tmp_path / "runs").trials
    here = RunFolder(tmp_path / "runs" / "tune").trial(trial.name).checkpoint
    assert {line.rstrip("/") for line in (tmp_path / "seen").read_text().split()} == {str(here)}
    assert (here / "w").read_text() == "x\n"


def test_a_command_that_never_names_its_folder_is_told_so(tmp_path: Path) -> None:
    """A path that is written into the script is not replaced: each trial would begin anew."""
    result = run(load(pbt(maxTrialCount=1)), runs=tmp_path)
    assert any("is named in neither command, args nor env" in note for note in result.notes)
    named = run(load(pbt(f"ls {THERE}; ", maxTrialCount=1)), runs=tmp_path, again=True)
    assert not any("is named in neither" in note for note in named.notes)


def test_a_checkpoint_that_cannot_be_copied_fails_the_trial(tmp_path: Path) -> None:
    """By name; the search and its journal go on, and end by maxFailedTrialCount at the latest."""
    spoil = f"rmdir {THERE}; ln -s {tmp_path} /var/log/katib/checkpoints; "
    result = run(load(pbt(spoil, maxFailedTrialCount=2)), runs=tmp_path / "runs")
    assert (result.state, result.count("Failed")) == ("Failed", 2)
    says = [trial.message for trial in result.trials if trial.state == "Failed"]
    assert all("could not be copied for it: `checkpoint`: it is not a folder." in each for each in says)
    assert tmp_path.is_dir()


def test_a_full_disk_stops_the_search_and_it_goes_on_later(tmp_path: Path, kept: Path) -> None:
    """No trial is blamed for it."""
    big = f"ulimit -S -f unlimited; dd if=/dev/zero of={THERE}/w bs=1000 count=300 2> /dev/null; "
    document = pbt(big, kept)
    said = r"of trial 'tune-\w+' could not be copied for trial .*w\)\. Mend that, and run it again to go on"
    with files_no_longer_than(200_000), pytest.raises(Unfinished, match=said) as caught:
        run(load(document), runs=tmp_path / "runs")
    assert caught.value.result is not None
    assert caught.value.result.count("Succeeded") == 6
    assert run(load(document), runs=tmp_path / "runs").count("Succeeded") == 20
    check_lineages(tmp_path / "runs", kept)


def test_a_copy_that_takes_long_keeps_nothing_waiting(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends it at once; the search goes on later."""
    document = pbt(f"dd if=/dev/zero of={THERE}/w bs=1000000 count=30 2> /dev/null; ", kept, maxTrialCount=8)
    threading.Thread(target=_interrupt_a_copy, daemon=True).start()
    with monkeypatch.context() as patch:
        patch.setattr(folder_copy, "_PIECE_BYTES", 1)
        with pytest.raises(Interrupted) as caught:
            run(load(document), runs=tmp_path / "runs")
    assert caught.value.result is not None
    assert caught.value.result.count("Succeeded") == 6
    assert run(load(document), runs=tmp_path / "runs").count("Succeeded") == 8
    check_lineages(tmp_path / "runs", kept)


def _interrupt_a_copy() -> None:
    until(lambda: any(thread.name == "kfp-katib checkpoint" for thread in threading.enumerate()))
    os.kill(os.getpid(), signal.SIGINT)


def handover(tmp_path: Path, size: int) -> tuple[Handover, threading.Event]:
    """A copy of a checkpoint of so many bytes, and whether the child may begin."""
    parent, child = TrialFolder(tmp_path / "tune-a"), TrialFolder(tmp_path / "tune-b")
    for each in (parent, child):
        each.checkpoint.mkdir(parents=True)
    (parent.checkpoint / "w").write_bytes(b"x" * size)
    begun = threading.Event()
    return Handover(parent, child, begin=begun.set, give_up=lambda: None), begun


def test_a_copy_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the next piece; the trial never begins."""
    monkeypatch.setattr(folder_copy, "_PIECE_BYTES", 1)
    copy, begun = handover(tmp_path, 50_000_000)
    start = time.monotonic()
    copy.stop()
    assert time.monotonic() - start < 5
    assert not begun.is_set()
    assert copy.failure() is None


def test_a_copy_that_takes_long_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Once; the trial begins when it is done."""
    monkeypatch.setattr(handing_over, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(folder_copy, "_PIECE_BYTES", 100)
    with caplog.at_level(logging.INFO):
        _, begun = handover(tmp_path, 1000)
        assert begun.wait(10)
    (said,) = caplog.messages
    assert "trial tune-b waits for the checkpoint of tune-a to be copied" in said
