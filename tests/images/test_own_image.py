# SPDX-License-Identifier: Apache-2.0
"""Step 4 of training/README.md: an image of one's own, into a registry with a login and out of it again."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from components import RUNTIME_IMAGE
from tests.examples.digits.page import REGISTRY, command, save, shell
from tests.images.docker import Image, docker
from tests.images.registry import TOKEN, registry

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]

TRAINS = """
python -c 'import pathlib, steps; steps.prepare("", pathlib.Path("data"))'
python train.py --dataset data --output model --epochs 1 >&2
cat model/model.json
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with the page's files and a Docker of their own, logged in to nothing."""

    folder: Path
    registry: str

    @property
    def image(self) -> str:
        """The page's image."""
        return f"{self.registry}/you/digits:1"

    def types(self, beginning: str, *, config: str = "docker") -> tuple[int, str]:
        """Type the page's block that begins so; its exit code and all that it says."""
        typed = command(beginning).replace(REGISTRY, self.registry)
        done = shell(typed, self.folder, DOCKER_CONFIG=str(self.folder / config))
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def address(images: dict[str, Image]) -> Iterator[str]:
    """A registry, beside the runtime image that the page's Dockerfile builds on."""
    assert images
    with registry() as found:
        yield found


@pytest.fixture(scope="module")
def pushed(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader who has built, logged in and pushed, and has no image left."""
    reader = new_reader(tmp_path_factory.mktemp("reader"), address)
    code, said = reader.types("docker build")
    assert code == 0, said
    assert "--batch_size" in said
    code, said = reader.types("docker login")
    assert code == 0, said
    assert docker("image", "rm", reader.image).returncode == 0
    yield reader
    docker("image", "rm", reader.image)


def new_reader(folder: Path, address: str) -> Reader:
    """Save the page's files; the runtime image has the name that it has here."""
    save(folder)
    dockerfile = folder / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("kfp-katib-runtime:0.2.0", RUNTIME_IMAGE))
    (folder / "token").write_text(TOKEN)
    return Reader(folder, address)


def test_a_wrong_token_is_unauthorized(address: str, tmp_path: Path) -> None:
    """The word that the page explains."""
    reader = new_reader(tmp_path, address)
    (tmp_path / "token").write_text("wrong")
    code, said = reader.types("docker login")
    assert code != 0
    assert "Unauthorized" in said


def test_a_push_without_login_has_no_credentials(pushed: Reader) -> None:
    """Likewise; Docker of another configuration knows no login."""
    docker("tag", RUNTIME_IMAGE, pushed.image)
    done = shell(f"docker push {pushed.image}", pushed.folder, DOCKER_CONFIG=str(pushed.folder / "none"))
    docker("image", "rm", pushed.image)
    assert done.returncode != 0
    assert "no basic auth credentials" in done.stderr


@pytest.mark.skipif(not shutil.which("kubectl"), reason="needs kubectl, which writes the secret")
def test_the_pull_secret_of_the_page_opens_the_registry(pushed: Reader) -> None:
    """What a node would pull with: nothing but what stands in the secret."""
    typed = command("kubectl create secret").replace(REGISTRY, pushed.registry).rstrip("\n")
    done = shell(f"{typed} --dry-run=client -o yaml", pushed.folder)
    content = yaml.safe_load(done.stdout)["data"][".dockerconfigjson"]
    node = pushed.folder / "node"
    node.mkdir()
    (node / "config.json").write_bytes(base64.b64decode(content))
    pulled = shell(f"docker pull {pushed.image}", pushed.folder, DOCKER_CONFIG=str(node))
    assert pulled.returncode == 0, pulled.stderr


def test_the_image_that_comes_back_trains(pushed: Reader) -> None:
    """As a user who is not root, in the image's own folder."""
    login = str(pushed.folder / "docker")
    pulled = shell(f"docker pull {pushed.image}", pushed.folder, DOCKER_CONFIG=login)
    assert pulled.returncode == 0, pulled.stderr
    done = Image(pushed.image).run("sh", "-e", "-c", TRAINS)
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["files"]) == ["digits.joblib"]
    assert Image(pushed.image).run("id", "-u").stdout == "1000\n"
