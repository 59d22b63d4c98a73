# SPDX-License-Identifier: Apache-2.0
"""What a trial left behind ends with it, as in a container; what is not a trial's is never touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kfp_katib import run
from kfp_katib.errors import Unfinished
from kfp_katib.experiment import load
from kfp_katib.results import Progress
from kfp_katib.trial.processes import MARK, process
from tests.builders.search import PRINT, manifest, search
from tests.engines.local import drive
from tests.engines.local.drive import alive, pids
from tests.engines.local.searches import one
from tests.support.waiting import until

# Each leaves a process behind that writes its pid; `$$$$` is the shell's `$$`.
SLEEPER = "echo $$$$ > {place}/{name}.pid; exec sleep 600"
WAYS = {
    "background": "sh -c '{sleeper}' &",
    "nohup": "nohup sh -c '{sleeper}' >/dev/null 2>&1 &",
    "session": "setsid sh -c '{sleeper}' &",
    "daemon": "(setsid sh -c '{sleeper}' &) &",
    "bare daemon": "(setsid env -i PATH=$PATH sh -c '{sleeper}' &) &",
    "Python": "python3 {place}/starter.py",
}


def leaving(place: Path, way: str, name: str = "stray") -> str:
    """A script that leaves a process behind, and waits until that runs."""
    sleeper = SLEEPER.format(place=place, name=name)
    (place / "sleeper").write_text(sleeper.replace("$$$$", "$$"))
    starter = f"import subprocess\nsubprocess.Popen(['sh', '{place}/sleeper'], start_new_session=True)\n"
    (place / "starter.py").write_text(starter)
    script = WAYS[way].format(sleeper=sleeper, place=place)
    return (
        f"{script} true; until test -s {place}/{name}.pid; do sleep 0.01; done"
        if "&" in script
        else (f"{script}; until test -s {place}/{name}.pid; do sleep 0.01; done")
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_stray_ends_with_its_trial(tmp_path: Path, way: str) -> None:
    """Before the next trial runs, and so before the search has ended."""
    count = f"for f in {tmp_path}/*.pid; do kill -0 $(cat $f) 2>/dev/null && echo x >> {tmp_path}/seen; done"
    script = f"{count}; rm -f {tmp_path}/*.pid; {leaving(tmp_path, way)}; {PRINT}"
    assert run(search(script, maxTrialCount=2), runs=tmp_path / "runs").succeeded
    assert pids(tmp_path)
    assert not alive(tmp_path)
    assert not (tmp_path / "seen").exists()


@pytest.mark.parametrize("way", ["session", "daemon", "bare daemon"])
def test_a_stray_lives_as_long_as_its_trial(tmp_path: Path, way: str) -> None:
    """A server that a trial starts serves it, whatever other trials end meanwhile."""
    first = f"mkdir {tmp_path}/first 2>/dev/null"
    serve = f"{leaving(tmp_path, way)}; until test -e {tmp_path}/second; do sleep 0.01; done; sleep 0.1"
    check = f"kill -0 $(cat {tmp_path}/stray.pid) || exit 1"
    script = f"if {first}; then {serve}; {check}; else touch {tmp_path}/second; fi; {PRINT}"
    result = run(search(script, parallelTrialCount=2, maxTrialCount=2), runs=tmp_path / "runs")
    assert result.count("Succeeded") == 2
    assert not alive(tmp_path)


@pytest.mark.parametrize("way", ["session", "daemon", "bare daemon"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C", "closed terminal"])
def test_strays_end_with_the_engine(tmp_path: Path, way: str, number: int) -> None:
    """When it is stopped, they are."""
    with drive.start(manifest(f"{leaving(tmp_path, way)}; sleep 600; {PRINT}"), tmp_path / "runs") as engine:
        until(lambda: len(pids(tmp_path)) == 1)
        os.kill(engine.pid, number)
        engine.communicate(timeout=60)
    assert not alive(tmp_path)


def children(pid: int) -> list[int]:
    """The children of a process."""
    listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def test_strays_of_a_killed_engine_end_with_the_trial(tmp_path: Path) -> None:
    """What started the trials outlives the engine until the last of them has ended."""
    script = f"{leaving(tmp_path, 'bare daemon')}; until test -e {tmp_path}/go; do sleep 0.01; done; {PRINT}"
    with drive.start(manifest(script), tmp_path / "runs") as engine:
        until(lambda: len(pids(tmp_path)) == 1)
        (supervisor,) = children(engine.pid)
        os.kill(engine.pid, signal.SIGKILL)
    assert len(alive(tmp_path)) == 1
    (tmp_path / "go").touch()
    until(lambda: not alive(tmp_path))
    until(lambda: not ((found := process(supervisor)) and found.alive))


def test_strays_are_found_when_everything_was_killed(tmp_path: Path) -> None:
    """Engine, what started the trials, and the trial itself: the next engine knows the rest by their mark."""
    script = f"{leaving(tmp_path, 'daemon')}; echo $$$$ > {tmp_path}/leader; sleep 600; {PRINT}"
    with drive.start(manifest(script), tmp_path / "runs") as engine:
        until(lambda: (tmp_path / "leader").exists())
        (supervisor,) = children(engine.pid)
        for pid in (engine.pid, supervisor, *children(supervisor)):
            os.kill(pid, signal.SIGKILL)
    left = alive(tmp_path)
    assert len(left) == 1
    quick = search(f"{leaving(tmp_path, 'daemon')}; {PRINT}")
    run(quick, runs=tmp_path / "runs", again=True)
    assert not any((found := process(pid)) and found.alive for pid in left)


def test_a_killed_supervisor_ends_the_search_with_a_sentence(tmp_path: Path) -> None:
    """Nothing waits for ever, nothing is left running, and the search goes on when it is run again."""
    script = f"{leaving(tmp_path, 'daemon')}; test -e {tmp_path}/go || sleep 600; {PRINT}"
    experiment = search(script)

    def kill() -> None:
        until(lambda: bool(pids(tmp_path)))
        os.kill(next(pid for pid in children(os.getpid()) if "supervise" in command(pid)), signal.SIGKILL)

    with pytest.raises(Unfinished, match=r"lost the process that starts its trials.*Run it again"):
        run(experiment, runs=tmp_path / "runs", on_update=_once_beside(kill))
    until(lambda: not alive(tmp_path))
    (tmp_path / "go").touch()
    assert run(experiment, runs=tmp_path / "runs").succeeded


def _once_beside(act: Callable[[], None]) -> Callable[[Progress], None]:
    """Calls something in a thread of its own at the first update."""
    threads: list[threading.Thread] = []

    def update(_: Progress) -> None:
        if not threads:
            threads.append(threading.Thread(target=act))
            threads[0].start()

    return update


def command(pid: int) -> str:
    """A process's command line."""
    return (Path("/proc") / str(pid) / "cmdline").read_text()


@contextmanager
def callers_own() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that the caller started beside the search: a child, a daemon's parent."""
    daemon = "import os, time\nif os.fork(): os._exit(0)\nos.setsid()\ntime.sleep(600)"
    started = [
        subprocess.Popen(["sleep", "600"]),
        subprocess.Popen(["sleep", "600"], start_new_session=True),
        subprocess.Popen([sys.executable, "-c", daemon]),
        subprocess.Popen(["sh", "-c", "exit 7"]),
    ]
    try:
        yield started
    finally:
        for each in started:
            each.kill()
            each.wait()


def test_the_callers_own_children_are_left_alone(tmp_path: Path) -> None:
    """They go on running, their exit codes stay theirs to read, and nobody's orphan becomes the caller's."""
    with callers_own() as started:
        before = set(children(os.getpid()))
        run(search(f"{leaving(tmp_path, 'daemon')}; {PRINT}"), runs=tmp_path / "runs")
        assert set(children(os.getpid())) <= before
        assert [each.poll() for each in started[:2]] == [None, None]
        assert started[3].wait(10) == 7


def test_a_caller_that_reaps_every_child_disturbs_nothing(tmp_path: Path) -> None:
    """Exit codes do not depend on who waits first."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        trial = one(f"{PRINT}; sh -c 'exit 3'", tmp_path)
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert (trial.state, trial.exit_code) == ("Failed", 3)


def test_a_trial_gets_the_signals_that_the_caller_had(tmp_path: Path) -> None:
    """What protects the process that starts the trials is not handed on to them.

    Ctrl-C and SIGTERM are not among them: the engine listens to both, also where the caller ignored them.
    """
    trial = one(f"grep -E 'Sig(Ign|Blk)' /proc/self/status >&2; {PRINT}", tmp_path)
    own = Path("/proc/self/status").read_text()
    ignored = next(line for line in own.splitlines() if line.startswith("SigIgn"))
    engine = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGTERM))
    python = sum(1 << (number - 1) for number in (signal.SIGPIPE, signal.SIGXFSZ))
    c_library = sum(1 << (number - 1) for number in (32, 33))  # its own, which no program can name
    (seen,) = (line for line in trial.log_tail.splitlines() if line.startswith("SigIgn"))
    expected = int(ignored.split()[1], 16) & ~python & ~engine
    assert int(seen.split()[1], 16) & ~c_library == expected & ~c_library


def test_many_short_lived_orphans_leave_no_zombies(tmp_path: Path) -> None:
    """They are reaped by whoever adopted them."""
    script = f"for i in 1 2 3 4 5 6 7 8; do (setsid true &) ; done; {PRINT}"
    run(search(script), runs=tmp_path / "runs")
    assert [pid for pid in children(os.getpid()) if not command(pid)] == []


def test_the_mark_is_the_trials_own(tmp_path: Path) -> None:
    """Another search's processes carry another one."""
    marks = {one(f"echo ${MARK} >&2; {PRINT}", tmp_path, name=name).log_tail.splitlines()[0] for name in "ab"}
    assert len(marks) == 2
    assert all(mark.endswith("/") for mark in marks)


def test_the_case_of_a_child_with_a_session_of_its_own(tmp_path: Path) -> None:
    """As Python's `start_new_session` makes them (case 30)."""
    script = (
        'python3 -c "import subprocess, sys; '
        "child = subprocess.Popen(['sleep', '30'], start_new_session=True); "
        f"open('{tmp_path}/child.pid', 'w').write(str(child.pid)); print('loss=' + sys.argv[1])\" "
        "${trialParameters.lr}"
    )
    start = time.monotonic()
    assert run(load(manifest(script, maxTrialCount=1)), runs=tmp_path / "runs").succeeded
    assert not alive(tmp_path)
    assert time.monotonic() - start < 30
