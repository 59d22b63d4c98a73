# SPDX-License-Identifier: Apache-2.0
"""The images hold what s3:// and gs:// need."""

from __future__ import annotations

import os

import pytest

from tests.builders.model import contents, write_model
from tests.images.docker import NETWORK, Image
from tests.support.blocks import blocks
from tests.support.gcs import gcs_bucket as gcs_bucket
from tests.support.s3 import KEYS
from tests.support.s3 import bucket as bucket

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]


VARIABLES = {"bucket": (*KEYS, "AWS_ENDPOINT_URL"), "gcs_bucket": ("STORAGE_EMULATOR_HOST",)}
"""What each store's fixture sets to be found, here and in a container."""


@pytest.mark.skipif(NETWORK != "host", reason="the server listens on this machine's loopback")
@pytest.mark.parametrize("store", VARIABLES)
def test_a_model_goes_from_one_place_in_a_bucket_to_another(
    request: pytest.FixtureRequest, image: Image, store: str
) -> None:
    """As a step of a pipeline promotes one, in S3 and in Google Cloud Storage."""
    root = request.getfixturevalue(store)
    write_model(f"{root}/model")
    script = f"from kfp_katib.storage import promote; print(promote('{root}/model', '{root}/release'))"
    server = [option for name in VARIABLES[store] for option in ("-e", f"{name}={os.environ[name]}")]
    done = image.run("python", "-c", script, options=server)
    assert (done.stdout, done.stderr) == (f"{root}/release\n", "")
    assert contents(f"{root}/release") == contents(f"{root}/model")


def services(*, after: str = "true") -> tuple[str, ...]:
    """The command that prints those that botocore knows, as one line of the output, once `after` has run."""
    lists = "import botocore.session as b; print('services', *b.get_session().get_available_services())"
    return "sh", "-e", "-c", f'{after}\npython -c "{lists}"'


def test_aws_is_asked_for_a_bucket_and_for_its_keys(image: Image) -> None:
    """S3, and what botocore's own credentials come from."""
    assert image.run(*services()).stdout == "services s3 signin sso sso-oidc sts\n"


def test_what_was_left_out_comes_back(images: dict[str, Image]) -> None:
    """By the command of docs/how-to/kubeflow.md, which keeps the versions of the lock."""
    (command,) = (
        block.code for block in blocks("docs/how-to/kubeflow.md") if "--force-reinstall" in block.code
    )
    both = f"pip freeze >/tmp/before\n{command}pip freeze | cmp - /tmp/before"
    done = images["runtime"].run(*services(after=both), options=["--user", "0"])
    assert done.returncode == 0, done.stderr
    assert " ec2 " in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("package", ["s3fs", "gcsfs"])
def test_the_package_of_a_store_is_there(image: Image, package: str) -> None:
    """It starts, and warns of nothing."""
    done = image.run("python", "-c", f"import {package}")
    assert (done.returncode, done.stderr) == (0, "")
