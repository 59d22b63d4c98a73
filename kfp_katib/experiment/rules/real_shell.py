# SPDX-License-Identifier: Apache-2.0
"""What this machine's own shells say of a line's syntax; they read it and run nothing (`sh -n`)."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import lru_cache

_SECONDS = 2
_LONGEST = 20_000
"""Characters of a line that a shell is asked about; thousands of here-documents take it seconds."""
_PLACE = re.compile(r"^.*?line \d+: |^\S+: (\d+: )?", re.ASCII)


@lru_cache(maxsize=64)
def syntax_error(line: str, shell: str) -> str | None:
    """Why the shell cannot read the line: empty where it can, None where no shell can say."""
    program = shutil.which(shell)
    if program is None or len(line) > _LONGEST:
        return None
    try:
        done = subprocess.run(
            [program, "-n"], input=line.encode(), capture_output=True, env={}, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
    return _PLACE.sub("", said) or "it cannot be read"
