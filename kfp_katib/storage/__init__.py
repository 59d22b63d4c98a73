# SPDX-License-Identifier: Apache-2.0
"""Checkpoints, from the trials' folders to where they are wanted: collect, verify, prune, publish."""

from __future__ import annotations

from kfp_katib.storage.checkpoint import read_checkpoint, verify
from kfp_katib.storage.collect import Collected, collect
from kfp_katib.storage.model_json import Checkpoint, ModelFile
from kfp_katib.storage.prune import Pruned, prune
from kfp_katib.storage.publish import publish

__all__ = [
    "Checkpoint",
    "Collected",
    "ModelFile",
    "Pruned",
    "collect",
    "prune",
    "publish",
    "read_checkpoint",
    "verify",
]
