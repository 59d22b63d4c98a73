# SPDX-License-Identifier: Apache-2.0
"""A service account with the Role of deploy/rbac, or with one right less."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import yaml

from kfp_katib.engines.katib.preflight import RIGHTS, Right
from kfp_katib.errors import InputError
from kfp_katib.experiment import load
from tests.engines.katib.live.katib import Katib
from tests.engines.katib.live.manifests import small
from tests.engines.katib.running import cancel, run
from tests.places import ROOT

pytestmark = pytest.mark.cluster
ROLE, BINDING = yaml.safe_load_all((ROOT / "deploy/rbac/profile/rbac.yaml").read_text())
REQUIRED = [right for right in RIGHTS if right.required]
BecomeAnAccount = Callable[[dict[str, Any]], None]


@pytest.fixture
def with_role(
    katib: Katib, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BecomeAnAccount]:
    """Become a fresh service account that has a Role and nothing else."""
    kubernetes.config.load_kube_config()
    core, rbac = kubernetes.client.CoreV1Api(), kubernetes.client.RbacAuthorizationV1Api()
    space = katib.namespace

    def become(role: dict[str, Any]) -> None:
        core.create_namespaced_service_account(space, {"metadata": {"name": name}})
        rbac.create_namespaced_role(space, {**role, "metadata": {"name": name}})
        subject = {"kind": "ServiceAccount", "name": name, "namespace": space}
        reference = {**BINDING["roleRef"], "name": name}
        body = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
        rbac.create_namespaced_role_binding(space, body)
        token = core.create_namespaced_service_account_token(name, space, {"spec": {}}).status.token
        monkeypatch.setenv("KUBECONFIG", str(_kubeconfig(tmp_path, token, space)))

    yield become
    rbac.delete_namespaced_role(name, space)


def _kubeconfig(folder: Path, token: str, namespace: str) -> Path:
    """The present kubeconfig with another identity."""
    configuration = kubernetes.client.Configuration.get_default_copy()
    server = {"server": configuration.host, "certificate-authority": configuration.ssl_ca_cert}
    document = {
        "current-context": "account",
        "clusters": [{"name": "account", "cluster": server}],
        "users": [{"name": "account", "user": {"token": token}}],
        "contexts": [
            {"name": "account", "context": {"cluster": "account", "user": "account", "namespace": namespace}}
        ],
    }
    path = folder / "account"
    path.write_text(yaml.safe_dump(document))
    return path


def without(right: Right) -> dict[str, Any]:
    """The Role with one verb less."""
    role = copy.deepcopy(ROLE)
    for rule in role["rules"]:
        if right.group in rule["apiGroups"] and right.resource in rule["resources"]:
            rule["verbs"] = [verb for verb in rule["verbs"] if verb != right.verb] or ["none"]
    return dict(role)


def test_the_role_is_enough(
    with_role: BecomeAnAccount, katib: Katib, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A search that fails brings its evidence, and can be ended; nothing is denied on the way."""
    with_role(ROLE)
    manifest = small(name, katib.image, prints="python3 -c 'import nothing'; echo ${trialParameters.lr}")
    with caplog.at_level(logging.WARNING):
        result = run(load(manifest))
    assert result.state == "Failed"
    assert not [record.getMessage() for record in caplog.records if "right" in record.getMessage()]
    cancel(name)


@pytest.mark.parametrize("right", REQUIRED, ids=lambda right: f"{right.verb} {right.resource}")
def test_a_missing_right_is_named_before_anything_is_created(
    right: Right, with_role: BecomeAnAccount, katib: Katib, name: str
) -> None:
    """With what it is for."""
    with_role(without(right))
    with pytest.raises(InputError, match=f"no right to {right.verb} {right.resource}") as error:
        run(load(small(name, katib.image, prints="echo loss=${trialParameters.lr}")))
    assert right.purpose in str(error.value)


def test_an_account_without_rights_hears_of_all_of_them_at_once(
    with_role: BecomeAnAccount, katib: Katib, name: str
) -> None:
    """One message for whoever administrates the namespace."""
    with_role({"rules": []})
    with pytest.raises(InputError) as error:
        run(load(small(name, katib.image, prints="echo loss=${trialParameters.lr}")))
    assert all(str(right) in str(error.value) for right in REQUIRED)
