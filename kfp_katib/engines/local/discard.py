# SPDX-License-Identifier: Apache-2.0
"""Forgets a search of this machine: its journal and its trials' logs."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from kfp_katib.engines.local.folder import open_folder
from kfp_katib.errors import InputError

logger = logging.getLogger(__name__)


def discard(name: str, *, runs: Path = Path("runs")) -> None:
    """Delete the folder of a search; models lie elsewhere and stay.

    Args:
        name: The Experiment's name.
        runs: The folder of all searches.

    Raises:
        InputError: An engine works there, or the system refuses it.
    """
    with open_folder(runs, name) as folder:
        try:
            shutil.rmtree(folder.path)
        except OSError as err:
            raise InputError(f"The search in {folder.path} could not be deleted: {err}.") from err
    logger.info("deleted %s", folder.path)
