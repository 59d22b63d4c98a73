# SPDX-License-Identifier: Apache-2.0
"""What a platform engineer applies and builds fits what the pipelines expect; no image is built here."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from typing import Any

import pytest
import yaml

from components._image import VERSION
from pipelines.platforms import pvc, s3
from tests.installation.future import pins
from tests.places import ROOT

DOCKERFILES = {"deploy/Dockerfile": "kfp-katib-runtime", "training/Dockerfile": "kfp-katib-training"}
LOCKS = ("deploy/runtime.lock", "training/training.lock")


def document(name: str) -> dict[str, Any]:
    """An example of deploy/."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / name).read_text())
    return found


def locked(path: str) -> set[tuple[str, str]]:
    """Names and versions of a lock; there may be two versions, for an older and a newer Python."""
    return {(pin.name, str(pin.specifier).removeprefix("==")) for pin in pins((ROOT / path).read_text())}


def test_the_secret_has_what_steps_and_trials_read() -> None:
    """Its name and entries are those that tune-s3 was compiled with."""
    secret = document("s3-secret.yaml")
    assert secret["metadata"]["name"] == s3.SECRET
    assert set(secret["stringData"]) == set(s3.VARIABLES)


def test_the_claim_is_the_one_that_steps_and_trials_mount() -> None:
    """Many pods write to it at once."""
    claim = document("pvc.yaml")
    assert claim["metadata"]["name"] == pvc.CLAIM
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


RBAC = ROOT / "deploy" / "rbac"


@pytest.fixture(params=["profile", "standalone"])
def applied(request: pytest.FixtureRequest) -> tuple[str, list[dict[str, Any]]]:
    """What `kubectl apply -k` would send for a kind of installation."""
    if not shutil.which("kubectl"):
        pytest.skip("needs kubectl on the path, which reads a kustomization without a cluster")
    command = ["kubectl", "kustomize", str(RBAC / request.param)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return request.param, list(yaml.safe_load_all(done.stdout))


def test_both_kinds_of_installation_get_the_same_rights(
    applied: tuple[str, list[dict[str, Any]]],
) -> None:
    """Each for its own account: a profile's in the namespace that is given, the standalone one in its own."""
    kind, (role, binding) = applied
    expected, _ = yaml.safe_load_all((RBAC / "profile" / "rbac.yaml").read_text())
    assert role["rules"] == expected["rules"]
    account, namespace = {"profile": ("default-editor", None), "standalone": ("pipeline-runner", "kubeflow")}[
        kind
    ]
    (subject,) = binding["subjects"]
    assert (subject["name"], subject.get("namespace")) == (account, namespace)
    assert {each["metadata"].get("namespace") for each in (role, binding)} == {namespace}


@pytest.mark.parametrize("kind", ["profile", "standalone"])
def test_the_rights_of_each_kind_are_all_there(kind: str) -> None:
    """What a kustomization names lies in this checkout, so that it needs no network."""
    folder = RBAC / kind
    named = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert named
    assert [name for name in named if not (folder / name).exists()] == []


@pytest.mark.parametrize("path", LOCKS)
def test_an_image_has_the_versions_that_are_tested(path: str) -> None:
    """The images' locks are parts of the tests' one; `make lock` writes them all."""
    versions = locked(path)
    assert versions
    assert versions <= locked("requirements-dev.lock")


def test_the_training_image_changes_nothing_of_the_runtime_image() -> None:
    """What a step runs on is the same in both; the build backend is gone when the first one is made."""
    runs_on = {pin for pin in locked(LOCKS[0]) if pin[0] != "setuptools"}
    assert runs_on <= locked(LOCKS[1])


def test_the_images_have_the_kfp_that_is_tested() -> None:
    """Without its dependencies, which only the authoring side needs."""
    settings = tomllib.loads((ROOT / "deploy/uv.toml").read_text())
    (kfp,) = settings["dependency-metadata"]
    running = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["run"]
    assert kfp["requires-dist"] == []
    assert f"kfp=={kfp['version']}" in running
    assert ("kfp", kfp["version"]) in locked(LOCKS[0])


@pytest.mark.parametrize(("path", "name"), DOCKERFILES.items())
def test_an_image_is_of_this_version(path: str, name: str) -> None:
    """Its label, and the name in its own instructions, follow components/_image.py."""
    text = (ROOT / path).read_text()
    assert f"-t {name}:{VERSION} ." in text
    assert f"ARG VERSION={VERSION}\n" in text


@pytest.mark.parametrize("path", DOCKERFILES)
def test_what_is_copied_reaches_docker(path: str) -> None:
    """.dockerignore lets in what a Dockerfile copies, and it is there."""
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / path).read_text(), re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert sources
    for source in sources:
        assert (ROOT / source).exists()
        assert any(source == entry or source.startswith(f"{entry}/") for entry in allowed), source
