# SPDX-License-Identifier: Apache-2.0
"""Step 5: what an installation adds to the manifest, here the secret that its registry wants."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.examples.digits.page import REGISTRY, command, succeeds


def test_what_a_cluster_gets_names_the_pull_secret_and_the_places(folder: Path) -> None:
    """The manifest itself knows neither."""
    assert "my-registry" not in (folder / "experiment.yaml").read_text()
    succeeds(command(f"kfp-katib render experiment.yaml --image {REGISTRY}/you/digits:1 --trial-pod"), folder)
    pod = yaml.safe_load((folder / "rendered.yaml").read_text())["spec"]["trialTemplate"]["trialSpec"]["spec"]
    container = pod["template"]["spec"]["containers"][0]
    assert pod["template"]["spec"]["imagePullSecrets"] == [{"name": "my-registry"}]
    assert container["image"] == f"{REGISTRY}/you/digits:1"
    assert "--dataset=s3://kfp-katib/digits" in container["command"]
    assert "--output=s3://kfp-katib/models/digits/${trialParameters.trial}" in container["command"]


def test_the_secret_in_the_manifest_comes_to_the_same(folder: Path) -> None:
    """Beside restartPolicy, as the page says."""
    lines = "".join(f"            {line}\n" for line in (folder / "trial-pod.yaml").read_text().splitlines())
    manifest = (folder / "experiment.yaml").read_text()
    before, found, after = manifest.partition("            restartPolicy: Never\n")
    assert found
    (folder / "own.yaml").write_text(before + found + lines + after)
    assert " 0 errors, 0 warnings" in succeeds("kfp-katib validate own.yaml", folder)
    render = "--image i --dataset d --models m"
    outside = succeeds(f"kfp-katib render experiment.yaml {render} --trial-pod trial-pod.yaml", folder)
    assert yaml.safe_load(succeeds(f"kfp-katib render own.yaml {render}", folder)) == yaml.safe_load(outside)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="needs kubectl, which patches the account")
def test_the_service_account_of_a_run_learns_the_secret(folder: Path) -> None:
    """So that the pipeline's own steps can be pulled as well; the change is written out instead of sent."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default-editor"}}
    (folder / "account.yaml").write_text(yaml.safe_dump(account))
    typed = command("kubectl patch").rstrip("\n")
    here, found = re.subn("serviceaccount default-editor", "--local -f account.yaml -o yaml", typed)
    assert found == 1
    assert yaml.safe_load(succeeds(here, folder))["imagePullSecrets"] == [{"name": "my-registry"}]
