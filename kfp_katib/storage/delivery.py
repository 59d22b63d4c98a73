# SPDX-License-Identifier: Apache-2.0
"""Puts a model where it is to lie, so that at every moment a whole one lies there: the earlier or the new.

What was there before is replaced only if it is a model that we could have written; anything else is refused.
What a killed delivery left is known by its name or by a list that it wrote, and goes with the next one.
"""

from __future__ import annotations

from kfp_katib.errors import StorageError
from kfp_katib.storage import into_folder, into_prefix
from kfp_katib.storage.model_json import Checkpoint
from kfp_katib.storage.places import Place, trouble


def deliver(checkpoint: Checkpoint, source: Place, destination: Place) -> None:
    """Copy a model into a folder, every checksum verified, and declare it last.

    Raises:
        NoCheckpoint: A file is missing or damaged.
        StorageError: A store refuses, or the destination holds something that is no model.
    """
    with trouble(f"writing the model to {destination}", missing=StorageError):
        if destination.path:
            into_folder.deliver(checkpoint, source, destination.path)
        else:
            into_prefix.deliver(checkpoint, source, destination)


def tidy(destination: Place) -> None:
    """Put right what a killed delivery left at a place, and delete what it left over.

    Raises:
        StorageError: A store refuses.
    """
    with trouble(f"looking after {destination}", missing=StorageError):
        if destination.path:
            into_folder.tidy(destination.path)
        else:
            into_prefix.tidy(destination)
