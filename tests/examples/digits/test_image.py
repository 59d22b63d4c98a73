# SPDX-License-Identifier: Apache-2.0
"""Step 4, as far as it goes without Docker; tests/images/test_own_image.py goes on from there."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest
import yaml

from tests.examples.digits.page import REGISTRY, command, succeeds
from tests.places import ROOT


def test_the_image_is_built_on_the_one_that_make_image_builds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the default of components/_image.py."""
    monkeypatch.delenv("KFP_KATIB_RUNTIME_IMAGE", raising=False)
    runtime = runpy.run_path(str(ROOT / "components" / "_image.py"))["RUNTIME_IMAGE"]
    assert (folder / "Dockerfile").read_text().splitlines().count(f"FROM {runtime}") == 1


def test_the_image_gets_all_that_trials_and_steps_import(folder: Path) -> None:
    """The script, what it imports, and the functions, where the runtime image starts a command."""
    copied = re.search(r"^COPY (.+) (.+)$", (folder / "Dockerfile").read_text(), re.MULTILINE)
    workdir = re.search(r"^WORKDIR (.+)$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    assert workdir
    assert copied[2] == f"{workdir[1]}/"
    assert {path.name for path in folder.glob(copied[1])} >= {
        "train.py",
        "steps.py",
        "checkpoint.py",
        "upload.py",
    }


@pytest.mark.skipif(not shutil.which("kubectl"), reason="needs kubectl, which writes the secret")
def test_the_secret_is_the_one_that_the_trials_name(folder: Path) -> None:
    """Written out instead of sent: its name, its kind, its registry."""
    (folder / "token").write_text("secret")
    typed = command("kubectl create secret").rstrip("\n")
    assert REGISTRY in typed
    secret = yaml.safe_load(succeeds(f"{typed} --dry-run=client -o yaml", folder))
    named = yaml.safe_load((folder / "trial-pod.yaml").read_text())["imagePullSecrets"]
    assert named == [{"name": secret["metadata"]["name"]}]
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
