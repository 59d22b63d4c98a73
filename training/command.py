# SPDX-License-Identifier: Apache-2.0
"""How the commands of this package end: the answer as JSON on stdout, or an error in one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

from training.errors import TrainingError


def answer(work: Callable[[], Mapping[str, object]]) -> int:
    """Do the work and print what it returns.

    Returns:
        The exit code: 0, or 2 where the user gave something that cannot be used, folders and disks included.
    """
    try:
        returned = work()
    except TrainingError as err:
        print(f"error: {err}", file=sys.stderr)
        return 2
    except OSError as err:
        print(f"error: {err}. Check the path, its permissions and the space on its disk.", file=sys.stderr)
        return 2
    print(json.dumps(returned, indent=2))
    return 0
