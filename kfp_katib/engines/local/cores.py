# SPDX-License-Identifier: Apache-2.0
"""How many cores this process may use, which on a shared machine are fewer than it has."""

from __future__ import annotations

import math
import os
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def usable_cores(cgroups: Path = _CGROUPS) -> int:
    """The cores that the affinity and a container's quota leave to this process; at least 1.

    Args:
        cgroups: Where Linux shows the container's control group.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # macOS has none
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _quota(cgroups))))


def _quota(cgroups: Path) -> float:
    """The cores that a container may use on average; infinite without a limit.

    Source: cpu.max in https://docs.kernel.org/admin-guide/cgroup-v2.html, and for the first version
    https://docs.kernel.org/scheduler/sched-bwc.html.
    """
    for files in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            used, period = " ".join((cgroups / file).read_text() for file in files).split()
            if int(used) > 0:
                return int(used) / int(period)
        except (OSError, ValueError, ZeroDivisionError):  # missing, or `max`
            continue
    return math.inf
