# SPDX-License-Identifier: Apache-2.0
"""docs/how-to/eos.md shows what the EOS pipelines are compiled with; every block of it is well formed."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from kfp_katib.cli import main
from kfp_katib.experiment import check, load
from kfp_katib.experiment.schema import object_types
from kfp_katib.experiment.structure import check_fields
from pipelines.platforms import EOS, EOS_TOKEN, Platform, eos
from tests.places import ROOT
from tests.support.blocks import blocks

PAGE = blocks("docs/how-to/eos.md")


def with_default_images(text: str) -> str:
    """A block with the images' default names, which the committed pipelines have."""
    return text.replace("registry.example.org/you/", "").replace(":0.2.0-root", ":0.2.0")


OBJECTS = [yaml.safe_load(with_default_images(block.code)) for block in PAGE if block.language == "yaml"]
TRIAL_PODS = [json.loads(with_default_images(block.code)) for block in PAGE if block.language == "json"]
SECRET, KERBEROS_POD, TOKEN_POD = OBJECTS
KERBEROS_TRIAL, TOKEN_TRIAL, *ADDITIONS = TRIAL_PODS
WAYS = [
    pytest.param(EOS, KERBEROS_POD, KERBEROS_TRIAL, id="kerberos"),
    pytest.param(EOS_TOKEN, TOKEN_POD, TOKEN_TRIAL, id="token"),
]


def compiled(storage: Platform) -> tuple[dict[str, Any], dict[str, Any]]:
    """A compiled pipeline: its own document and Kubernetes' part, which tests/test_compile.py keeps true."""
    pipeline, platform = yaml.safe_load_all((ROOT / "tests/golden" / f"tune-{storage.name}.yaml").read_text())
    return pipeline, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def as_compiled(pod: dict[str, Any]) -> dict[str, Any]:
    """What kfp writes for a step whose pod is to have the labels and volumes of this one."""
    (container,) = pod["spec"]["containers"]
    paths = {mount["name"]: mount["mountPath"] for mount in container.get("volumeMounts", ())}
    written: dict[str, Any] = {"podMetadata": {"labels": pod["metadata"]["labels"]}}
    for volume in pod["spec"].get("volumes", ()):
        if secret := volume.get("secret"):
            written.setdefault("secretAsVolume", []).append((secret["secretName"], paths[volume["name"]]))
        else:
            entry = {"volumeName": volume["name"], "mountPath": paths[volume["name"]], **volume["emptyDir"]}
            written.setdefault("emptyDirMounts", []).append(entry)
    return written


def without_repetition(platform: dict[str, Any]) -> dict[str, Any]:
    """A step's entry with each secret said once: kfp says it in the fields of several versions."""
    secrets = [(secret["secretName"], secret["mountPath"]) for secret in platform.get("secretAsVolume", ())]
    return platform | ({"secretAsVolume": secrets} if secrets else {})


@pytest.mark.parametrize(("storage", "pod", "trial_pod"), WAYS)
def test_a_step_gets_what_the_page_shows(
    storage: Platform, pod: dict[str, Any], trial_pod: dict[str, Any]
) -> None:
    """Labels, volumes, variables, image, and the login before its own command, in all that reach EOS."""
    pipeline, platform = compiled(storage)
    (shown,) = pod["spec"]["containers"]
    login = shown.get("command", [])
    assert len(platform) == 5
    for name, entry in platform.items():
        container = pipeline["deploymentSpec"]["executors"][name]["container"]
        assert without_repetition(entry) == as_compiled(pod), name
        assert container.get("env", []) == shown.get("env", []), name
        assert container["image"] == shown["image"], name
        assert container["command"][: len(login) + 1] == [*login, "sh"], name


def test_who_touches_no_file_does_without_eos() -> None:
    """The exit task ends Experiments, and register_model writes an address into a registry."""
    pipeline, platform = compiled(EOS)
    without = pipeline["deploymentSpec"]["executors"].keys() - platform.keys()
    assert without == {"exec-clean-up", "exec-register-model"}


@pytest.mark.parametrize(("storage", "pod", "trial_pod"), WAYS)
def test_a_trial_gets_what_the_page_shows(
    storage: Platform, pod: dict[str, Any], trial_pod: dict[str, Any]
) -> None:
    """The JSON is the default of the compiled pipeline's parameter."""
    parameters = compiled(storage)[0]["root"]["inputDefinitions"]["parameters"]
    assert parameters["trial_pod"]["defaultValue"] == trial_pod
    assert parameters["models"]["defaultValue"].startswith(eos.FOLDER)
    assert pod["spec"]["containers"][0]["args"][-1] == eos.FOLDER


@pytest.mark.parametrize("trial_pod", TRIAL_PODS, ids=str)
def test_what_is_shown_is_taken_by_render(trial_pod: dict[str, Any], tmp_path: Path) -> None:
    """Merged into the example's manifest it makes an Experiment without a fault."""
    (tmp_path / "trial_pod.json").write_text(json.dumps(trial_pod))
    options = {
        "trial-pod": tmp_path / "trial_pod.json",
        "dataset": "/eos/d",
        "models": "/eos/m",
        "image": "i:1",
    }
    command = ["render", str(ROOT / "training/experiment.yaml")]
    done = CliRunner().invoke(main, [*command, *(f"--{name}={value}" for name, value in options.items())])
    assert done.exit_code == 0, done.output
    rendered = load(done.output)
    assert check(done.output) == ()
    pod = rendered.manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]
    assert pod["metadata"].get("labels", {}).items() >= trial_pod.get("labels", {}).items()
    assert pod["spec"].get("initContainers", []) == trial_pod.get("initContainers", [])
    assert pod["spec"].get("volumes", []) == trial_pod.get("volumes", [])
    assert pod["spec"]["containers"][0].get("volumeMounts", []) == trial_pod.get("volumeMounts", [])


def names(value: Any) -> set[str]:
    """The keys of a map, or the names of a list's items."""
    return set(value) if isinstance(value, dict) else {item["name"] for item in value}


@pytest.mark.parametrize("addition", ADDITIONS, ids=str)
@pytest.mark.parametrize("storage", [EOS, EOS_TOKEN], ids=lambda storage: storage.name)
def test_a_variation_takes_nothing_away(storage: Platform, addition: dict[str, Any]) -> None:
    """It names nothing as one of the two ways names something, so both fit into one trial_pod."""
    for field, value in addition.items():
        assert not names(value) & names(storage.trial_pod.get(field, []))


@pytest.mark.parametrize("pod", [KERBEROS_POD, TOKEN_POD], ids=lambda pod: pod["metadata"]["name"])
def test_a_pod_has_kubernetes_own_fields(pod: dict[str, Any]) -> None:
    """A misspelt field would be refused by the cluster, or worse, dropped."""
    assert pod.keys() == {"apiVersion", "kind", "metadata", "spec"}
    assert check_fields(pod["metadata"], object_types()["ObjectMeta"], "metadata") == ()
    assert check_fields(pod["spec"], object_types()["PodSpec"], "spec") == ()
    (container,) = pod["spec"]["containers"]
    mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
    assert mounted == {volume["name"] for volume in pod["spec"].get("volumes", ())}


def test_the_secret_is_the_one_that_is_mounted_and_read() -> None:
    """Its name is the pipeline's; its entries are those that the login script looks for, and are base64."""
    script = (ROOT / "deploy/eos/kerberos-login.sh").read_text()
    assert SECRET["metadata"]["name"] == eos.SECRET
    assert SECRET.keys() <= {"apiVersion", "kind", "metadata", "type", "data"}
    assert '"$folder/keytab"' in script
    assert '"$folder"/krb5cc_*' in script
    text = (ROOT / "docs/how-to/eos.md").read_text()
    assert {name: base64.b64decode(entry) for name, entry in SECRET["data"].items()} == {
        "keytab": b"\x05\x02"
    }
    assert f"secret generic {eos.SECRET} -n <namespace> --from-file=keytab\n" in text
    assert f"secret generic {eos.SECRET} -n <namespace> --from-file=krb5cc_1000 " in text


def test_the_commands_are_a_shells() -> None:
    """Nothing is left open in a quote or a pipe; `<namespace>` is the reader's to fill in."""
    shell = [block.code for block in PAGE if block.language == "sh"]
    assert len(shell) == 3
    for code in shell:
        done = subprocess.run(["sh", "-n"], input=code.replace("<namespace>", "n"), text=True, check=False)
        assert done.returncode == 0, code


def test_no_block_is_left_unread() -> None:
    """The page has three objects and four pieces for trials, and this file looks at each."""
    assert {block.language for block in PAGE} == {"sh", "yaml", "json"}
    assert (len(OBJECTS), len(TRIAL_PODS)) == (3, 4)
