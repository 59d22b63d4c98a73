# SPDX-License-Identifier: Apache-2.0
"""`kfp-katib render` prints the manifest as Katib gets it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.commands import BEYOND, call, job, manifest, write


def with_placeholders() -> dict[str, Any]:
    """A manifest that leaves everything open that can be left open."""
    content = manifest("0.1")
    content["spec"]["trialTemplate"]["trialSpec"] = job(
        "sh",
        "train.sh",
        "${trialParameters.kind}",
        "${pipeline.dataset}",
        "${pipeline.models}/${pipeline.experiment}",
        "${pipeline.run_id}",
        "${pipeline.image}",
    )
    return content


def command_of(rendered: Any) -> list[str]:
    """The trial's command in a rendered manifest."""
    pod = rendered["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    command: list[str] = pod["containers"][0]["command"]
    return command


def test_every_placeholder_is_filled_in(tmp_path: Path) -> None:
    """Plain Katib YAML on stdout, nothing else."""
    options = [
        "--dataset",
        "/data",
        "--models",
        "s3://m/",
        "--run-id",
        "r1",
        "--image",
        "i:1",
        "--name",
        "other",
    ]
    called = call("render", write(tmp_path, with_placeholders()), *options)
    rendered = yaml.safe_load(called.stdout)
    assert called.exit_code == 0
    assert rendered["metadata"]["name"] == "other"
    assert command_of(rendered)[3:] == ["/data", "s3://m/other", "r1", "i:1"]
    assert "${pipeline." not in called.stdout


def test_a_missing_value_is_named_with_its_option(tmp_path: Path) -> None:
    """Exit code 2, nothing on stdout."""
    called = call("render", write(tmp_path, with_placeholders()), "--models", "/m", "--run-id", "r")
    assert called.exit_code == 2
    assert called.stdout == ""
    assert "${pipeline.dataset} has no value; give --dataset" in called.stderr
    assert "--image" in called.stderr


def test_a_trial_pod_is_merged_in(tmp_path: Path) -> None:
    """What the installation needs comes from a file of its own."""
    pod = tmp_path / "pod.yaml"
    pod.write_text("env: [{name: TOKEN, value: t}]\n")
    called = call("render", write(tmp_path, manifest("0.1")), "--trial-pod", str(pod), "--json")
    rendered = json.loads(called.stdout)
    containers = rendered["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "TOKEN", "value": "t"} in containers[0]["env"]


def test_an_unreadable_trial_pod_names_the_option(tmp_path: Path) -> None:
    """The file is missing."""
    called = call("render", write(tmp_path, manifest("0.1")), "--trial-pod", str(tmp_path / "none.yaml"))
    assert called.exit_code == 2
    assert "--trial-pod" in called.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"labels": {"a": NaN}}', "error: labels.a: The number is nan"),
        ("env: [{name: A, value: .inf}]", "error: env[0].value: The number is inf"),
        ('{"env": [], "env": []}', "error: The key 'env' appears twice"),
        ("env: []\nenv: []", "error: The key 'env' appears 2 times in one mapping (lines 1, 2)"),
        ('{"env": [}', "error: The text is not JSON at line 1"),
        ("volumes: [{name: a, emptyDir: !!timestamp x}]", "error: The tag !!timestamp does not fit"),
        ("just text", "error: The manifest is not a mapping but str"),
        ("env:", "error: trial_pod.env: The value is null"),
        (
            '{"volumes": [{"name": "a", "emptyDir": null}]}',
            "error: trial_pod.volumes[0].emptyDir: The value is",
        ),
        ("env: text", "error: trial_pod.env: Expected a list, not 'text'"),
    ],
)
def test_a_broken_trial_pod_is_refused_with_its_field(tmp_path: Path, text: str, message: str) -> None:
    """What JSON does not have, nulls, text and doubled keys; nothing is rendered."""
    pod = tmp_path / "pod.yaml"
    pod.write_text(text)
    called = call("render", write(tmp_path, manifest("0.1")), "--trial-pod", str(pod))
    assert (called.exit_code, called.stdout) == (2, "")
    assert "trial" in called.stderr
    assert message in called.stderr


def test_warnings_go_to_stderr(tmp_path: Path) -> None:
    """Stdout is the manifest alone."""
    content = manifest("0.1")
    content["spec"]["trialTemplate"]["trialSpec"]["spec"]["backoffLimit"] = 3
    called = call("render", write(tmp_path, content))
    assert called.exit_code == 0
    assert "warning (katib): " in called.stderr
    assert "warning" not in called.stdout


def test_what_katib_alone_cannot_run_is_not_rendered(tmp_path: Path) -> None:
    """The local engine runs it; what is rendered is for Katib."""
    called = call("render", write(tmp_path, manifest("0.1", "0.2", "0.3", **BEYOND)))
    assert (called.exit_code, called.stdout) == (2, "")
    assert "error (katib): spec.parallelTrialCount: With r_l 9 hyperband begins with 9" in called.stderr


def test_rendering_what_was_rendered_changes_nothing(tmp_path: Path) -> None:
    """The output is a manifest again."""
    once = call("render", write(tmp_path, manifest("0.1"))).stdout
    assert call("render", "-", stdin=once).stdout == once
