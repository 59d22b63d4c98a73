# SPDX-License-Identifier: Apache-2.0
"""A model that is to be served needs an address that Vertex AI can read."""

from __future__ import annotations

import re

import pytest

from components import vertex_study
from kfp_katib.errors import InputError
from kfp_katib.vertex.serving import check_serving


@pytest.mark.parametrize(
    ("serving_image", "release"),
    [("serve:1", "gs://bucket/release"), ("serve:1", "GS://bucket/release"), ("", ""), ("", "/eos/release")],
)
def test_a_model_in_a_bucket_or_one_that_is_not_served_is_taken(serving_image: str, release: str) -> None:
    """Where nothing is served, the release is nobody's business here."""
    check_serving(serving_image, release)


@pytest.mark.parametrize("release", ["", "/eos/release", "s3://bucket/release"])
def test_any_other_place_is_refused_with_the_mend(release: str) -> None:
    """Before the search costs anything: an upload without an address would succeed, and serve no model."""
    message = f"serving_image is 'serve:1' and release is {release!r}"
    with pytest.raises(InputError, match=f"{re.escape(message)}.*gs://bucket/folder"):
        check_serving("serve:1", release)


def test_the_pipelines_first_step_refuses_it() -> None:
    """It knows both, and starts nothing."""
    with pytest.raises(InputError, match="release is ''"):
        vertex_study.python_func("", "gs://bucket/models", serving_image="serve:1")
