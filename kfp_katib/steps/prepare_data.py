# SPDX-License-Identifier: Apache-2.0
"""Have the user's function prepare the data at an address that the trials can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.steps import user_function as functions
from kfp_katib.steps.arguments import as_sent
from kfp_katib.storage.addresses import is_uri, stored


@dataclass(frozen=True, slots=True)
class Prepared:
    """Where the data are, and their metadata."""

    address: str
    metadata: Mapping[str, functions.Scalar]


def prepare(function: str, source: str, destination: str, options: Mapping[str, Any]) -> Prepared:
    """Have the data prepared.

    Args:
        function: The user's function, called as `function(source, destination, **options)`.
        source: Its input.
        destination: A plain path, since the function writes files; object stores are for the pipeline's own
            artifacts.
        options: Its further arguments.

    Raises:
        InputError: The function does not take these options, or the destination is not a path.
    """
    name, address = as_sent(function), stored(as_sent(destination), "destination")
    if is_uri(address):
        raise InputError(
            f"destination is {destination!r}. Give a mounted folder, or leave it empty for the "
            "pipeline's own artifacts."
        )
    path = Path(address)
    metadata = functions.write("data", name, as_sent(source), path, **as_sent(dict(options)))
    return Prepared(str(path), metadata)
