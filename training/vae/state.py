# SPDX-License-Identifier: Apache-2.0
"""The state of an unfinished training, beside where its model will be: who is killed goes on from there.

One file: a line of JSON that says what it belongs to and where the training stands, then the arrays. It is
moved into its place when it is whole, and is gone when the training has ended.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import astuple, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import equinox as eqx

from training.data.remote import failures, put, read, remove
from training.vae.progress import Epoch, Progress

log = logging.getLogger(__name__)

NAME = "unfinished.training"
NAMES = (NAME, f"{NAME}.part")
"""The state, and where it may be while it is replaced."""
FORMAT = 1


class Store:
    """Keeps the state of one training at an address, and remembers when it was last written.

    Args:
        address: The folder or address of the trial's model.
        belongs: Settings and data, by name: what is found there of other ones is not gone on with.
        seconds: From one writing to the next; 0 writes after every chunk.
    """

    def __init__(self, address: str, belongs: Mapping[str, str | int | float], *, seconds: float) -> None:
        self._address, self._belongs, self._seconds = address, dict(belongs), seconds
        self._written = time.monotonic()

    def save_if_due(self, progress: Progress) -> None:
        """Write the state unless the last one is recent; where that fails the training goes on without."""
        if time.monotonic() < self._written + self._seconds:
            return
        try:
            with TemporaryDirectory() as folder:
                unfinished = Path(folder) / NAME
                unfinished.write_bytes(_packed(progress, self._belongs))
                put(unfinished, self._address, NAME)
        except failures() as err:
            log.warning(
                "the state of the training cannot be written to %s (%s): going on", self._address, err
            )
        self._written = time.monotonic()

    def load(self, like: Progress) -> Progress | None:
        """Return where an interrupted training of the same settings and data stands, if there is one."""
        found = [content for name in NAMES if (content := read(self._address, name)) is not None]
        if not found:
            return None
        header, arrays = next((whole for content in found if (whole := _opened(content))), ({}, b""))
        if not header:
            log.warning("%s/%s is damaged: starting anew", self._address, NAME)
            return None
        if differences := _differences(header["belongs"], self._belongs):
            log.warning(
                "%s/%s is of another training (%s): starting anew",
                self._address,
                NAME,
                "; ".join(differences),
            )
            return None
        progress = _unpacked(header, arrays, like)
        log.info("going on with epoch %d, from %s/%s", progress.epoch, self._address, NAME)
        return progress

    def remove(self) -> None:
        """Leave nothing behind."""
        for name in NAMES:
            remove(self._address, name)


def _packed(progress: Progress, belongs: Mapping[str, str | int | float]) -> bytes:
    arrays = BytesIO()
    eqx.tree_serialise_leaves(arrays, (progress.model, progress.optimizer, progress.best))
    header = {
        "format": FORMAT,
        "belongs": dict(belongs),
        "curve": [astuple(epoch) for epoch in progress.curve],
        "chunks": progress.chunks,
        "steps": progress.steps,
        "loss": progress.loss,
        "sha256": hashlib.sha256(arrays.getbuffer()).hexdigest(),
    }
    return json.dumps(header).encode() + b"\n" + arrays.getvalue()


def _opened(content: bytes) -> tuple[dict[str, Any], bytes] | None:
    """Part a state into what stands in front and the arrays; None where it is damaged."""
    line, _, arrays = content.partition(b"\n")
    try:
        header: dict[str, Any] = json.loads(line)
        whole = header["format"] == FORMAT and header["sha256"] == hashlib.sha256(arrays).hexdigest()
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (header, arrays) if whole else None


def _differences(found: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    return [
        f"{name} {found.get(name)} there, {wanted.get(name)} here"
        for name in sorted({*found, *wanted})
        if found.get(name) != wanted.get(name)
    ]


def _unpacked(header: dict[str, Any], arrays: bytes, like: Progress) -> Progress:
    trees = (like.model, like.optimizer, like.best)
    model, optimizer, best = eqx.tree_deserialise_leaves(BytesIO(arrays), trees)
    return replace(
        like,
        model=model,
        optimizer=optimizer,
        best=best,
        curve=tuple(Epoch(*values) for values in header["curve"]),
        chunks=header["chunks"],
        steps=header["steps"],
        loss=header["loss"],
    )
