# SPDX-License-Identifier: Apache-2.0
"""The images hold what s3:// and gs:// need."""

from __future__ import annotations

import os

import pytest

from tests.builders.model import contents, write_model
from tests.images.docker import NETWORK, Image
from tests.support.gcs import gcs_bucket as gcs_bucket

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]


@pytest.mark.skipif(NETWORK != "host", reason="the server listens on this machine's loopback")
def test_a_model_goes_from_one_bucket_of_google_to_another_place_in_it(image: Image, gcs_bucket: str) -> None:
    """As a step of a pipeline promotes one."""
    write_model(f"{gcs_bucket}/model")
    script = (
        f"from kfp_katib.storage import promote; print(promote('{gcs_bucket}/model', '{gcs_bucket}/release'))"
    )
    server = ["-e", f"STORAGE_EMULATOR_HOST={os.environ['STORAGE_EMULATOR_HOST']}"]
    done = image.run("python", "-c", script, options=server)
    assert (done.stdout, done.stderr) == (f"{gcs_bucket}/release\n", "")
    assert contents(f"{gcs_bucket}/release") == contents(f"{gcs_bucket}/model")


@pytest.mark.parametrize("package", ["s3fs", "gcsfs"])
def test_the_package_of_a_store_is_there(image: Image, package: str) -> None:
    """It starts, and warns of nothing."""
    done = image.run("python", "-c", f"import {package}")
    assert (done.returncode, done.stderr) == (0, "")
