# SPDX-License-Identifier: Apache-2.0
"""Step 5: one manifest, checked, run here, and rendered for a cluster that pulls with a secret."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import yaml

from kfp_katib.storage import read_checkpoint, verify
from tests.training.own.page import REGISTRY, command, shell, succeeds


def test_the_manifest_is_good_and_its_best_trial_has_a_model(folder: Path) -> None:
    """Six trials, each with a whole model of its own; the best one is the most accurate."""
    done = shell(command(5, "kfp-katib validate"), folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "digits.yaml: 0 errors, 0 warnings" in done.stdout + done.stderr
    models = {
        model.name: read_checkpoint(model) for model in (folder / "runs/digits/models/digits").iterdir()
    }
    for checkpoint in models.values():
        verify(checkpoint)
    assert len(models) == 6
    best = max(checkpoint.metrics["accuracy"] for checkpoint in models.values())
    named = re.search(r"best accuracy (\S+) in trial ([\w-]+)\.", done.stdout + done.stderr)
    assert named
    assert float(named[1]) == pytest.approx(best, abs=1e-6)  # six figures of it are shown
    assert models[named[2]].metrics["accuracy"] == best > 0.9
    assert str(folder / "runs/digits/models/digits" / named[2]) in done.stdout + done.stderr
    assert (folder / "report.html").stat().st_size > 0


def test_what_a_cluster_gets_names_the_pull_secret_and_the_places(folder: Path) -> None:
    """The manifest itself knows neither."""
    assert "my-registry" not in (folder / "digits.yaml").read_text()
    succeeds(command(5, "kfp-katib render"), folder)
    pod = yaml.safe_load((folder / "rendered.yaml").read_text())["spec"]["trialTemplate"]["trialSpec"]["spec"]
    container = pod["template"]["spec"]["containers"][0]
    assert pod["template"]["spec"]["imagePullSecrets"] == [{"name": "my-registry"}]
    assert container["image"] == f"{REGISTRY}/you/digits:1"
    assert "--dataset=s3://kfp-katib/digits" in container["command"]
    assert "--output=s3://kfp-katib/models/digits/${trialParameters.trial}" in container["command"]


def test_the_secret_in_the_manifest_comes_to_the_same(folder: Path) -> None:
    """Beside restartPolicy, as the page says."""
    lines = "".join(f"            {line}\n" for line in (folder / "trial-pod.yaml").read_text().splitlines())
    manifest = (folder / "digits.yaml").read_text()
    before, found, after = manifest.partition("            restartPolicy: Never\n")
    assert found
    (folder / "own.yaml").write_text(before + found + lines + after)
    assert " 0 errors, 0 warnings" in succeeds("kfp-katib validate own.yaml", folder)
    render = "--image i --dataset d --models m"
    outside = succeeds(f"kfp-katib render digits.yaml {render} --trial-pod trial-pod.yaml", folder)
    assert yaml.safe_load(succeeds(f"kfp-katib render own.yaml {render}", folder)) == yaml.safe_load(outside)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="needs kubectl, which patches the account")
def test_the_service_account_of_a_run_learns_the_secret(folder: Path) -> None:
    """So that the pipeline's own steps can be pulled as well; the change is written out instead of sent."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default-editor"}}
    (folder / "account.yaml").write_text(yaml.safe_dump(account))
    typed = command(5, "kubectl patch").rstrip("\n")
    here, found = re.subn("serviceaccount default-editor", "--local -f account.yaml -o yaml", typed)
    assert found == 1
    assert yaml.safe_load(succeeds(here, folder))["imagePullSecrets"] == [{"name": "my-registry"}]
