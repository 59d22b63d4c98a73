# SPDX-License-Identifier: Apache-2.0
"""Step 4, as far as it goes without Docker; tests/images/test_own_image.py goes on from there."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest
import yaml

from tests.places import ROOT
from tests.training.own.page import REGISTRY, command, succeeds


def test_the_image_is_built_on_the_one_that_make_image_builds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the default of components/_image.py."""
    monkeypatch.delenv("KFP_KATIB_RUNTIME_IMAGE", raising=False)
    runtime = runpy.run_path(str(ROOT / "components" / "_image.py"))["RUNTIME_IMAGE"]
    assert (folder / "Dockerfile").read_text().startswith(f"FROM {runtime}\n")


def test_the_image_gets_all_that_trials_and_steps_import(folder: Path) -> None:
    """The script, what it imports, and the functions; the pipeline of the page's end runs elsewhere."""
    copied = re.search(r"^COPY (.+) /app/$", (folder / "Dockerfile").read_text(), re.MULTILINE)
    assert copied
    assert {*copied[1].split(), "search.py"} == {path.name for path in folder.glob("*.py")}


@pytest.mark.skipif(not shutil.which("kubectl"), reason="needs kubectl, which writes the secret")
def test_the_secret_is_the_one_that_the_trials_name(folder: Path) -> None:
    """Written out instead of sent: its name, its kind, its registry."""
    (folder / "token").write_text("secret")
    typed = command(4, "kubectl create secret").rstrip("\n")
    assert REGISTRY in typed
    secret = yaml.safe_load(succeeds(f"{typed} --dry-run=client -o yaml", folder))
    named = yaml.safe_load((folder / "trial-pod.yaml").read_text())["imagePullSecrets"]
    assert named == [{"name": secret["metadata"]["name"]}]
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
