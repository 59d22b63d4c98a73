# SPDX-License-Identifier: Apache-2.0
"""Models as trials write them, and what a store holds afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from kfp_katib.storage.places import files_below, place
from tests.builders.result import trial

THREE = [trial(0, "0.5"), trial(1, "0.3"), trial(2, "0.4")]
"""Trials of the experiment `tune`, the second of them the best."""

TRIALS = ("t1", "t10", "t2", "t3")
"""The names of the trials in the fixture `three`, and of one that left no folder."""

SHA = "0" * 64
ENTRY = {"sha256": SHA, "bytes": 0}
WEIGHTS = {"weights.bin": b"weights", "sub/optimizer.bin": b"moments"}


def listing(files: Mapping[str, bytes], **more: object) -> str:
    """The model.json of files, with further fields."""
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in files.items()
    }
    return json.dumps({"files": listed, "metrics": {}, "epoch": 3, "parameters": {}, **more})


def nested(depth: int) -> bytes:
    """An object within an object."""
    return b'{"a":' * depth + b"1" + b"}" * depth


def write_files(uri: str, files: Mapping[str, bytes], endpoint_url: str = "") -> None:
    """Files in a folder of any store."""
    for name, content in files.items():
        target = place(uri, endpoint_url) / name
        if target.path:
            target.path.parent.mkdir(parents=True, exist_ok=True)
        target.write(content)


def write_model(
    uri: str, files: Mapping[str, bytes] = WEIGHTS, endpoint_url: str = "", **more: object
) -> None:
    """A whole model: its files, then its model.json."""
    write_files(uri, {**files, "model.json": listing(files, **more).encode()}, endpoint_url)


def contents(uri: str, endpoint_url: str = "") -> dict[str, bytes]:
    """Every file below a folder of any store; empty where nothing is."""
    folder = place(uri, endpoint_url)
    return {name: (folder / name).read() for name in sorted(files_below(folder))}
