# SPDX-License-Identifier: Apache-2.0
"""GPUs of this machine, lent to trials that ask for `nvidia.com/gpu`, each device to one trial at a time."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping

_LISTED = re.compile(r"^GPU (\d+):", re.MULTILINE)


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
        devices: What this machine shows.
        per_trial: How many each trial asks for.
    """

    def __init__(self, devices: tuple[str, ...], per_trial: int) -> None:
        self._count = len(devices)
        self._per_trial = per_trial
        self._free = list(devices)
        self._lent: dict[int, list[str]] = {}

    def slots(self, parallel: int) -> int:
        """How many of `parallel` trials the devices carry; all of them where there are too few for one."""
        return min(parallel, self._count // self._per_trial) if self._lends else parallel

    def shortage(self, parallel: int) -> str:
        """What a user should know about this machine's devices; empty where there are enough."""
        if self._per_trial * parallel <= self._count:
            return ""
        seen = f"Each trial asks for {self._per_trial} nvidia.com/gpu, and this machine shows {self._count}"
        if self._lends:
            return f"{seen}: {self.slots(parallel)} at a time instead of {parallel}."
        return f"{seen}: no trial gets a device of its own, CUDA_VISIBLE_DEVICES stays as it is."

    def take(self, trial: int) -> dict[str, str]:
        """The variables that give a trial devices of its own; none where there are none to give."""
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
