# SPDX-License-Identifier: Apache-2.0
"""Say what a model is, once it is whole; needs nothing but Python."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path


def begin(folder: Path) -> None:
    """Take back what an earlier attempt declared, before its files are overwritten."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").unlink(missing_ok=True)


def declare(
    folder: Path,
    names: Sequence[str],
    *,
    epoch: int,
    metrics: Mapping[str, float],
    parameters: Mapping[str, object],
) -> None:
    """Say what the model is, once all of its files are written."""
    files = {}
    for name in names:
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        files[name] = {"sha256": digest, "bytes": (folder / name).stat().st_size}
    content = {"files": files, "metrics": metrics, "epoch": epoch, "parameters": parameters}
    unfinished = folder / "model.json.part"
    unfinished.write_text(json.dumps(content))
    unfinished.replace(folder / "model.json")
