# SPDX-License-Identifier: Apache-2.0
"""Promotes one model over another and is killed before each change to the disk in turn; says what is left.

`python -m tests.storage.kill FOLDER [two-steps]` prints one line for each kill: the content of the release
that is there, or `gone`; then what lies in the folder after one more promote.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from unittest.mock import patch

from kfp_katib.errors import NoCheckpoint
from kfp_katib.storage import disk, promote, read_checkpoint, verify

CHANGES = ("open", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "shutil.rmtree", "kfp_katib.exchange")


def main(folder: Path) -> None:
    """Try every moment until one is after the end."""
    for moment in count(1):
        for leftover in folder.glob(".release*"):
            shutil.rmtree(leftover)
        shutil.rmtree(folder / "release", ignore_errors=True)
        promote(folder / "old", folder / "release")
        killed = promoted_until(moment, folder)
        state = held(folder / "release")
        if killed:
            promote(folder / "new", folder / "release")
        print(state, held(folder / "release"), *sorted(path.name for path in folder.iterdir()))
        if not killed:
            return


def promoted_until(moment: int, folder: Path) -> bool:
    """Promote in a process of its own; whether it was killed."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    seen = 0

    def die(event: str, _: object) -> None:
        nonlocal seen
        if event in CHANGES:
            seen += 1
        if event in CHANGES and seen == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)
    promote(folder / "new", folder / "release")
    os._exit(0)


def held(release: Path) -> str:
    """The one file of a whole release."""
    try:
        verify(read_checkpoint(release))
    except NoCheckpoint:
        return "gone" if not release.exists() else "damaged"
    return (release / "model.onnx").read_text()


if __name__ == "__main__":
    cannot = patch.object(disk, "exchange", lambda *_: False)
    with cannot if sys.argv[2:] == ["two-steps"] else nullcontext():
        main(Path(sys.argv[1]))
