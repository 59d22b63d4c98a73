# SPDX-License-Identifier: Apache-2.0
"""Checkpoints, from the trials' folders to where they are wanted: collect, verify, prune, promote."""

from __future__ import annotations

from kfp_katib.storage.checkpoint import read_checkpoint, verify
from kfp_katib.storage.copies import Collected, collect, promote
from kfp_katib.storage.model_json import Checkpoint, ModelFile
from kfp_katib.storage.prune import Pruned, prune

__all__ = [
    "Checkpoint",
    "Collected",
    "ModelFile",
    "Pruned",
    "collect",
    "promote",
    "prune",
    "read_checkpoint",
    "verify",
]
