# SPDX-License-Identifier: Apache-2.0
"""Running trials: started with their own files, environment and GPUs, and reaped when they end."""

from __future__ import annotations

import errno
import logging
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from kfp_katib.engines.local.folder import RunFolder
from kfp_katib.engines.local.handing_over import Checkpoints, Handover, with_checkpoint
from kfp_katib.engines.local.supervisor import Supervisor, TrialProcess
from kfp_katib.engines.local.trial_environment import TrialEnvironment
from kfp_katib.errors import InputError, Unfinished
from kfp_katib.experiment.model import Experiment
from kfp_katib.results import TrialCondition
from kfp_katib.trial.command_line import checkpoint_paths, command_line, metrics_place
from kfp_katib.trial.processes import Process, end, kill, terminate
from kfp_katib.trial.template import Container, Deadline, container

logger = logging.getLogger(__name__)

GRACE_SECONDS = 5.0
"""How long trials may take to end by themselves after SIGTERM."""


_LISTED = re.compile(r"^GPU (\d+):", re.MULTILINE)
_TOO_LONG = " Its command is too long: one argument of a process holds 131072 bytes."


def check_folder(experiment: Experiment, box: Container, folder: RunFolder) -> None:
    """Refuse a folder whose path cannot stand in a trial's command, before anything is written there.

    Raises:
        InputError: The shell would split the path.
    """
    files = folder.trial(experiment.name)
    place = metrics_place(experiment.collector, files.metrics)
    command_line(box, experiment.collector, with_checkpoint(place, checkpoint_paths(experiment), files), {})


class TrialRunner:
    """The processes of the running trials, by the trials' numbers.

    Args:
        experiment: What runs.
        folder: Where it runs.
        gpus: The devices to lend.
        environment: What the trials find in their environment.
        checkpoints: Their checkpoint folders.
        cwd: The caller's folder, used in place of the image's WORKDIR.
        lost: Called in another thread if the process that starts the trials was killed.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: RunFolder,
        gpus: Gpus,
        *,
        environment: TrialEnvironment,
        checkpoints: Checkpoints,
        cwd: Path,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._experiment = experiment
        self._folder = folder
        self._gpus = gpus
        self._environment = environment
        self.explained = environment.explained
        self._checkpoints = checkpoints
        self._cwd = cwd
        self._lost = lost
        self._supervisor: Supervisor | None = None
        self._processes: dict[int, TrialProcess] = {}
        self._deadlines: dict[int, Deadline] = {}
        self._handovers: dict[int, Handover] = {}
        self.failures: dict[int, TrialCondition] = {}
        """How trials ended that could not begin, by their numbers."""

    def __len__(self) -> int:
        """How many trials run."""
        return len(self._processes)

    def prepare(self, number: int, name: str, assignments: Mapping[str, str]) -> Process:
        """Create a trial's folder and its process, which waits for `go`.

        Raises:
            InputError: The trial cannot be started here.
        """
        files = self._folder.trial(name)
        box = container(self._experiment, name, assignments)
        place = self._checkpoints.placed(metrics_place(self._experiment.collector, files.metrics), files)
        given = self._environment.variables
        line = command_line(box, self._experiment.collector, place, given)
        cwd = box.folder(self._cwd)
        env = {**given, **self._gpus.take(number), **line.env}
        try:
            files.clear()
            self._checkpoints.make(number, files)
            self._processes[number] = self._open().start(files, line.argv, cwd=cwd, env=env)
        except ChildProcessError as err:
            raise Unfinished(f"Trial '{name}' could not be started: {err}. Run it again to go on.") from err
        except OSError as err:
            raise InputError(f"Trial '{name}' could not be started in {cwd}: {err}.") from err
        if box.deadline:
            self._deadlines[number] = box.deadline
        return self._processes[number].leader

    def _open(self) -> Supervisor:
        if self._supervisor is None:
            self._supervisor = Supervisor(self._lost)
        return self._supervisor

    def go(self, number: int, ended: Callable[[int], None]) -> None:
        """Let a trial run, once it has its checkpoint.

        Args:
            number: The trial's.
            ended: Called with it, in another thread, when the trial has ended.
        """
        trial, parent = self._processes[number], self._checkpoints.parent(number)
        if parent is None:
            trial.go(lambda: ended(number))
            return
        trial.when_ended(lambda: ended(number))
        self._handovers[number] = Handover(
            parent, self._folder.trial(trial.name), begin=trial.begin, give_up=lambda: kill([trial.leader])
        )

    def deadline(self, number: int) -> Deadline | None:
        """How long a trial may run."""
        return self._deadlines.get(number)

    def stop(self, number: int, *, kill_it: bool) -> None:
        """Ask one trial to end, or kill it; its end is reported to the callback given to `go`."""
        leader = self._processes[number].leader
        if kill_it:
            kill([leader])
        else:
            terminate([leader])

    def reap(self, number: int) -> int:
        """Close a trial that has ended; return its exit code.

        Raises:
            InputError: The system could not run it.
            Unfinished: Its checkpoint could not be copied, as the disk is full or the like.
        """
        trial, handover = self._processes[number], self._handovers.get(number)
        code = self._close(number)
        if handover and (failure := handover.failure()):
            self.failures[number] = failure
        if trial.refused:
            why = _TOO_LONG if trial.refused.errno == errno.E2BIG else ""
            raise InputError(f"Trial '{trial.name}' could not be started: {trial.refused}.{why}")
        return code

    def _close(self, number: int) -> int:
        self._deadlines.pop(number, None)
        self._gpus.give_back(number)
        if handover := self._handovers.pop(number, None):
            handover.stop()
        return self._processes.pop(number).reap()

    def end(self, hurry: Callable[[], bool], *, level: int = logging.INFO) -> dict[int, int]:
        """End all trials with everything they started; return their exit codes by number.

        Args:
            hurry: Called repeatedly; true kills what still runs.
            level: The level of the log message that says what is being waited for.
        """
        if names := [each.name for each in self._processes.values()]:
            text = "ending %s: what still runs is killed in %g s, or now by Ctrl-C"
            logger.log(level, text, ", ".join(names), GRACE_SECONDS)
        end([each.leader for each in self._processes.values()], grace_seconds=GRACE_SECONDS, hurry=hurry)
        return {number: self._close(number) for number in list(self._processes)}

    def close(self) -> None:
        """Let the process that started the trials end."""
        if self._supervisor is not None:
            self._supervisor.close()


def visible_gpus(env: Mapping[str, str]) -> tuple[str, ...]:
    """The devices that a process with this environment may use, as CUDA_VISIBLE_DEVICES names them."""
    chosen = env.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return tuple(device.strip() for device in chosen.split(",") if device.strip() not in ("", "-1"))
    try:
        listed = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30, check=False, env=dict(env)
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(_LISTED.findall(listed.stdout))


class Gpus:
    """The devices of a search: each is lent to one trial at a time.

    Args:
        devices: The devices that are visible on this machine.
        per_trial: How many each trial asks for.
    """

    def __init__(self, devices: tuple[str, ...], per_trial: int) -> None:
        self._count = len(devices)
        self._per_trial = per_trial
        self._free = list(devices)
        self._lent: dict[int, list[str]] = {}

    def slots(self, parallel: int) -> int:
        """How many of `parallel` trials the devices suffice for; all, if there are too few even for one."""
        return min(parallel, self._count // self._per_trial) if self._lends else parallel

    def shortage(self, parallel: int) -> str:
        """What a user should know about this machine's devices; empty if there are enough."""
        if self._per_trial * parallel <= self._count:
            return ""
        seen = f"Each trial asks for {self._per_trial} nvidia.com/gpu, and this machine shows {self._count}"
        if self._lends:
            return f"{seen}: {self.slots(parallel)} at a time instead of {parallel}."
        return f"{seen}: no trial gets a device of its own, CUDA_VISIBLE_DEVICES stays as it is."

    def take(self, trial: int) -> dict[str, str]:
        """The environment variables that give a trial its own devices; none if there are too few."""
        if not self._lends:
            return {}
        self._lent[trial] = self._free[: self._per_trial]
        del self._free[: self._per_trial]
        return {"CUDA_VISIBLE_DEVICES": ",".join(self._lent[trial])}

    def give_back(self, trial: int) -> None:
        """Free a trial's devices."""
        self._free += self._lent.pop(trial, [])

    @property
    def _lends(self) -> bool:
        return 0 < self._per_trial <= self._count
