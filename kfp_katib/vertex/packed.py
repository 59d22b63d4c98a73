# SPDX-License-Identifier: Apache-2.0
"""A manifest as one argument of a trial's entry point.

Base64 keeps it from everything on its way that reads `$(...)`, `$$`, `{{$...}}` or quotes.
"""

from __future__ import annotations

import base64
import binascii
import zlib

from kfp_katib.errors import InputError
from kfp_katib.experiment.load import load
from kfp_katib.experiment.model import Experiment

LARGEST = 48_000
"""Bytes. The text stands in the tuning job's specification, which is one argument of Google's launcher, and
Linux limits one argument to 128 KiB."""


def pack(experiment: Experiment) -> str:
    """The Experiment's manifest as ASCII text without white space; equal manifests give equal text.

    Raises:
        InputError: It is too long.
    """
    text = base64.b64encode(zlib.compress(experiment.manifest_json.encode(), 9)).decode()
    if len(text) > LARGEST:
        raise InputError(
            f"Experiment '{experiment.name}': packed for a trial's command line the manifest has "
            f"{len(text):,} bytes, more than {LARGEST:,}. Move data out of it, into the image or the dataset."
        )
    return text


def unpack(text: str) -> Experiment:
    """The Experiment whose manifest was packed.

    Raises:
        InputError: The text is not one that `pack` makes.
        ManifestError: The manifest has errors.
    """
    try:
        manifest = zlib.decompress(base64.b64decode(text, validate=True)).decode()
    except (ValueError, binascii.Error, zlib.error) as err:
        raise InputError(f"The packed manifest cannot be read ({err}). Start the tuning job again.") from err
    return load(manifest, name="the packed manifest")
