# SPDX-License-Identifier: Apache-2.0
"""Two folders change places in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_FROM_HERE = -100  # Linux: relative paths start at the current folder
_EXCHANGE = 2
_CANNOT = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY, errno.EPERM)


def exchange(one: Path, other: Path) -> bool:
    """Let two paths name each other's folder; at every moment both are there.

    Linux has it, with the file systems of its disks; NFS and most of FUSE do not.

    Returns:
        Whether that was done; where the system cannot, nothing has changed.

    Raises:
        OSError: The system can, and refuses these folders.
    """
    sys.audit("kfp_katib.exchange", one, other)
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_FROM_HERE, os.fsencode(one), _FROM_HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))
