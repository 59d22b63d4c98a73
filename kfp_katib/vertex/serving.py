# SPDX-License-Identifier: Apache-2.0
"""Whether the model that a search will find can go into Vertex AI's own registry."""

from __future__ import annotations

from kfp_katib.errors import InputError


def check_serving(serving_image: str, release: str) -> None:
    """Refuse a model that is to be served, but has no address that Vertex AI can read for good.

    Vertex AI takes a model without an address as well: that would serve the image alone, and nothing would
    say so (https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models).

    Raises:
        InputError: A serving image is given, and no release at gs://.
    """
    if serving_image and not release.lower().startswith("gs://"):
        raise InputError(
            f"serving_image is {serving_image!r} and release is {release!r}. Vertex AI serves a model from "
            "Google Cloud Storage alone: give release a gs://bucket/folder, or leave serving_image empty."
        )
