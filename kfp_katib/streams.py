# SPDX-License-Identifier: Apache-2.0
"""What happens to a program's exit code when nobody takes what it prints."""

from __future__ import annotations

import os
import sys


def let_go() -> None:
    """Forget what stdout and stderr do not take: a full disk, a closed terminal, a reader that has left.

    Otherwise Python tries to write it once more as it ends, fails again and ends with 120, whatever the
    program's own exit code (https://docs.python.org/3/library/sys.html#sys.exit).
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
