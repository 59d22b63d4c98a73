# SPDX-License-Identifier: Apache-2.0
"""What a trial's pods cannot start without is found in its template, whatever its kind."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.engines.katib.kinds import CLAIMS, CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS, Kind
from kfp_katib.engines.katib.references import references


def manifest(**pod: Any) -> dict[str, Any]:
    """A PyTorchJob with a master like this."""
    spec = {"pytorchReplicaSpecs": {"Master": {"template": {"spec": {"containers": [], **pod}}}}}
    return {"spec": {"trialTemplate": {"trialSpec": {"kind": "PyTorchJob", "spec": spec}}}}


def container(**fields: Any) -> dict[str, Any]:
    """A pod with one container."""
    return {"containers": [fields]}


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        ({"serviceAccountName": "s"}, (SERVICE_ACCOUNTS, "s")),
        ({"volumes": [{"secret": {"secretName": "s"}}]}, (SECRETS, "s")),
        ({"volumes": [{"configMap": {"name": "c"}}]}, (CONFIG_MAPS, "c")),
        ({"volumes": [{"persistentVolumeClaim": {"claimName": "p"}}]}, (CLAIMS, "p")),
        (container(envFrom=[{"secretRef": {"name": "s"}}]), (SECRETS, "s")),
        (container(envFrom=[{"configMapRef": {"name": "c"}}]), (CONFIG_MAPS, "c")),
        (container(env=[{"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]), (SECRETS, "s")),
        (container(env=[{"valueFrom": {"configMapKeyRef": {"name": "c"}}}]), (CONFIG_MAPS, "c")),
        ({"initContainers": [{"envFrom": [{"secretRef": {"name": "s"}}]}]}, (SECRETS, "s")),
    ],
)
def test_a_reference_is_found(pod: dict[str, Any], expected: tuple[Kind, str]) -> None:
    """Each once, in volumes, environment and identity."""
    assert references(manifest(**pod)) == [expected]


@pytest.mark.parametrize(
    "pod",
    [
        {},
        {"volumes": [{"emptyDir": {}}, {"secret": {"secretName": "s", "optional": True}}]},
        container(
            env=[{"name": "A", "value": "1"}], envFrom=[{"secretRef": {"name": "s", "optional": True}}]
        ),
        container(env=[{"valueFrom": {"secretKeyRef": {"name": "${trialParameters.s}"}}}]),
    ],
    ids=["none", "optional volume", "optional environment", "known only for each trial"],
)
def test_what_a_pod_can_do_without_is_not_looked_for(pod: dict[str, Any]) -> None:
    """Optional references may be absent."""
    assert references(manifest(**pod)) == []


def test_a_template_in_a_config_map_is_not_looked_into() -> None:
    """Katib reads it; we do not."""
    assert references({"spec": {"trialTemplate": {"configMap": {"configMapName": "x"}}}}) == []


@pytest.mark.parametrize("value", [None, 1, "x", ["x"], [None], {"a": 1}, [[]]])
@pytest.mark.parametrize("field", ["volumes", "containers", "initContainers", "serviceAccountName"])
def test_another_kinds_fields_may_hold_anything(field: str, value: Any) -> None:
    """What they mean is their operator's affair; nothing is found in them."""
    found = references(manifest(**{field: value}))
    assert found == ([(SERVICE_ACCOUNTS, "x")] if (field, value) == ("serviceAccountName", "x") else [])
