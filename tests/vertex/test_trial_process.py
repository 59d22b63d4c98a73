# SPDX-License-Identifier: Apache-2.0
"""A trial's processes on Vertex AI: followed while they run, and ended with everything that they started."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from kfp_katib.experiment import Experiment, load
from kfp_katib.vertex.trial_process import GRACE_SECONDS, followed
from tests.builders.manifest import changed
from tests.builders.search import collector, manifest, search
from tests.support.waiting import until
from tests.vertex.entry_point import LR, Place

JOB = "spec.trialTemplate.trialSpec.spec"
CHILD = """
import os, signal, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "daemon" in sys.argv:
    if os.fork():
        os._exit(0)
    os.setsid()
os.write(1, b"child\\n")
open("pids", "a").write(f"{os.getpid()}\\n")
time.sleep(600)
"""


def child(place: Place, *manners: str) -> str:
    """A command that starts such a process; its id goes into the file `pids`."""
    (place.folder / "child.py").write_text(CHILD)
    return shlex.join([sys.executable, str(place.folder / "child.py"), *manners])


def pids(place: Place) -> list[int]:
    """The processes that wrote their ids."""
    path = place.folder / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def none_left(place: Place) -> None:
    """Every such process has ended; an orphan is reaped by whoever adopted it."""
    assert pids(place)
    until(lambda: not any(map(_runs, pids(place))), seconds=10)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def late(script: str, path: str, seconds: int) -> Experiment:
    """A search whose trials have a deadline."""
    return load(changed(manifest(script), {path: seconds}))


@pytest.mark.parametrize("manner", ["meek", "stubborn"])
def test_a_stop_ends_the_trial_with_all_that_it_started(place: Place, manner: str) -> None:
    """Vertex AI sends SIGTERM; a child that ignores it is killed. The record says Killed, the code 143."""
    script = f"{LR} {child(place, manner)} & {child(place)}; echo loss=1"
    with place.start(search(script), "--lr=0.3") as process:
        until(lambda: len(pids(place)) == 2)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    trial = place.recorded()
    assert (trial.state, trial.reason, trial.parameters) == ("Killed", "TrialKilled", {"lr": "0.3"})
    assert trial.log_tail == out.decode().rstrip() == "child\nchild"
    assert trial.exit_code == 128 + signal.SIGTERM
    assert err.decode() == f"Trial 'tune-7' is Killed: {trial.message}\n"
    assert not place.measurements.exists()
    none_left(place)


def test_a_second_signal_does_not_wait(place: Place) -> None:
    """What still runs is killed at once."""
    with place.start(search(f"{LR} {child(place, 'stubborn')}; echo loss=1"), "--lr=0.3") as process:
        until(lambda: pids(place))
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert time.monotonic() - began < GRACE_SECONDS
    assert place.recorded().state == "Killed"
    none_left(place)


def test_a_trial_may_end_well_within_the_grace_period_and_is_killed_all_the_same(place: Place) -> None:
    """Nobody needs it any more."""
    script = f"{LR} trap 'echo saved; exit 0' TERM; touch ready; sleep 60 & wait; echo loss=1"
    with place.start(search(script), "--lr=0.3") as process:
        until(lambda: (place.folder / "ready").exists())
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (143, b"saved\n")
    assert place.recorded().exit_code == 0


@pytest.mark.parametrize(
    ("path", "kind"),
    [(f"{JOB}.activeDeadlineSeconds", "Job"), (f"{JOB}.template.spec.activeDeadlineSeconds", "Pod")],
)
def test_a_deadline_ends_the_trial_in_katibs_words(place: Place, path: str, kind: str) -> None:
    """It has failed, with everything that it started, even though it printed its metric."""
    script = f"{LR} {child(place, 'stubborn')} & until [ -e pids ]; do sleep 0.1; done; sleep 60; echo loss=1"
    done = place.run(late(script, path, 3), "--lr=0.3")
    assert done.code != 0
    assert (done.trial.state, done.trial.reason) == (
        "Failed",
        f"TrialFailed. {kind} reason: DeadlineExceeded",
    )
    assert done.trial.message in done.err
    assert "longer than" in done.trial.message
    assert done.measurements == ()
    none_left(place)


@pytest.mark.parametrize("seconds", [0, 2**63 - 1])
def test_the_shortest_and_the_longest_deadline(place: Place, seconds: int) -> None:
    """No time at all, and more than any clock counts."""
    pause = 0 if seconds else 30  # a trial that ends at once may be quicker than no time at all
    script = f"sleep {pause}; echo loss=${{trialParameters.lr}}"
    done = place.run(late(script, f"{JOB}.activeDeadlineSeconds", seconds), "--lr=0.3")
    assert done.trial.state == ("Succeeded" if seconds else "Failed")
    assert (done.code == 0) == bool(seconds)


@pytest.mark.parametrize("spec", [None, collector("File", "/out/m", format="TEXT")], ids=["stdout", "file"])
def test_a_daemon_that_holds_the_output_does_not_hold_the_trial(place: Place, spec: Any) -> None:
    """The trial has ended when its command has, and its daemon ends with it, as it would in a pod."""
    script = f"{LR} {child(place, 'daemon')}; until [ -e pids ]; do sleep 0.1; done; echo loss=1"
    began = time.monotonic()
    done = place.run(
        search(script if spec is None else f"{script} > /out/m", metricsCollectorSpec=spec), "--lr=0.3"
    )
    assert (done.code, done.trial.state) == (0, "Succeeded")
    assert time.monotonic() - began < 60
    none_left(place)


def test_the_output_is_passed_on_byte_by_byte(place: Place) -> None:
    """Whatever it is, in the order in which it was written, without a newline at its end."""
    written = b"\xff\x00\r\n\x1b[1m" + bytes(range(256)) * 40 + b"loss=0.5 \xe2\x82"
    (place.folder / "bytes").write_bytes(written)
    done = place.run(search(f"{LR} echo first; cat bytes"), "--lr=0.3")
    assert done.code == 0
    assert done.out == b"first\n" + written
    assert done.trial.log_tail.endswith("loss=0.5 \ufffd")


def test_the_output_is_passed_on_while_the_trial_runs(place: Place) -> None:
    """The first line arrives while the trial waits for its reader."""
    script = f"{LR} ( echo loss=1; until [ -e go ]; do sleep 0.05; done; echo loss=2 )"
    with place.start(search(script), "--lr=0.3") as process:
        assert process.stdout
        assert process.stdout.readline() == b"loss=1\n"
        assert process.poll() is None
        (place.folder / "go").touch()
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b"loss=2\n")


def test_100_megabytes_pass_and_are_never_held(place: Place) -> None:
    """They come out whole, and the program stays as small as it was."""
    code = "import sys; [sys.stdout.write('x' * 99 + chr(10)) for _ in range(1_000_000)]; print('loss=1')"
    process, size, peak = place.start(search(f'{LR} {sys.executable} -c "{code}"'), "--lr=0.3"), 0, 0
    with process:
        assert process.stdout
        while piece := os.read(process.stdout.fileno(), 1 << 20):
            size += len(piece)
            peak = max(peak, psutil.Process(process.pid).memory_info().rss)
    assert (process.returncode, size) == (0, 100_000_007)
    assert peak < 100e6


def test_a_reader_that_went_away_does_not_hold_the_trial(place: Place) -> None:
    """Its result is what counts."""
    with place.start(search(f"{LR} yes line | head -n 200000; echo loss=1"), "--lr=0.3") as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(timeout=60) == 0
    assert place.recorded().state == "Succeeded"


def test_a_file_that_was_written_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    """And one that is no file is not read at all."""
    read, write = os.pipe()
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with followed([tmp_path / "log", tmp_path / "folder", tmp_path / "pipe"], to=write):
        (tmp_path / "log").write_text("a longer line\n")
        assert os.read(read, 100) == b"a longer line\n"
        (tmp_path / "log").write_text("new\n")
        assert os.read(read, 100) == b"new\n"
    os.close(write)
    assert os.read(read, 100) == b""
    os.close(read)
