# SPDX-License-Identifier: Apache-2.0
"""CERN's EOS: mounted by a label of the pod, opened as who the pod can prove to be.

That is a Kerberos ticket got with what a Secret holds (`EOS`), or a token that the platform injects into pods
with a label (`EOS_TOKEN`). docs/how-to/eos.md shows what each of them adds to a pod.
"""

from typing import Any

from kfp import dsl, kubernetes

from components import TRAINING_IMAGE
from pipelines.platforms.platform import Platform

FOLDER = "/eos/project/k/kfp-katib"
"""A project space; name your own when a run is started."""

MOUNTED = {"mount-eos": "true"}
TOKEN = {"inject-oauth2-token-pipeline": "true"}

SECRET = "krb-secret"
SECRET_VOLUME, SECRET_FOLDER = "kerberos-secret", "/secret/krb-secret-vol"
TICKET_VOLUME, TICKET_FOLDER, TICKET_SIZE = "kerberos-ticket", "/kerberos", "1Mi"
TICKET = f"FILE:{TICKET_FOLDER}/ticket"
LOGIN = ["kerberos-login", SECRET_FOLDER]
"""deploy/eos/kerberos-login.sh, as the training image has it: no other step's image knows Kerberos."""


def attach(step: dsl.PipelineTask) -> None:
    """Have EOS mounted, log in before the step's own command, and keep the ticket fresh beside it.

    The command is prefixed, since a step can have no init container.
    """
    label(step, MOUNTED)
    kubernetes.use_secret_as_volume(step, secret_name=SECRET, mount_path=SECRET_FOLDER)
    kubernetes.empty_dir_mount(step, TICKET_VOLUME, TICKET_FOLDER, medium="Memory", size_limit=TICKET_SIZE)
    step.set_env_variable("KRB5CCNAME", TICKET)
    step.set_container_image(TRAINING_IMAGE)
    step.container_spec.command = [*LOGIN, *step.container_spec.command]


def attach_token(step: dsl.PipelineTask) -> None:
    """Have EOS mounted and the token injected; it wants root, which an image may be built for."""
    label(step, MOUNTED | TOKEN)
    step.set_container_image(TRAINING_IMAGE)


def label(step: dsl.PipelineTask, labels: dict[str, str]) -> None:
    """Put labels on the step's pod."""
    for name, value in labels.items():
        kubernetes.add_pod_label(step, name, value)


def trial_pod() -> dict[str, Any]:
    """A trial logs in before it starts, in a container of its own: any image will do for the trial itself.

    Not in a sidecar that would stay: Katib's metrics collector waits for every container of the pod.
    """
    ticket = {"name": TICKET_VOLUME, "mountPath": TICKET_FOLDER}
    variable = {"name": "KRB5CCNAME", "value": TICKET}
    size = {"cpu": "100m", "memory": "64Mi"}
    return {
        "labels": MOUNTED,
        "initContainers": [
            {
                "name": "kerberos-login",
                "image": TRAINING_IMAGE,
                "command": LOGIN,
                "env": [variable],
                "resources": {"requests": size, "limits": size},
                "volumeMounts": [
                    {"name": SECRET_VOLUME, "mountPath": SECRET_FOLDER, "readOnly": True},
                    ticket,
                ],
            }
        ],
        "env": [variable],
        "volumeMounts": [ticket],
        "volumes": [
            {"name": SECRET_VOLUME, "secret": {"secretName": SECRET}},
            {"name": TICKET_VOLUME, "emptyDir": {"medium": "Memory", "sizeLimit": TICKET_SIZE}},
        ],
    }


EOS = Platform(
    name="eos",
    engine="katib",
    models=f"{FOLDER}/models",
    destination=f"{FOLDER}/dataset",
    trial_pod=trial_pod(),
    attach=attach,
)

EOS_TOKEN = Platform(
    name="eos-token",
    engine="katib",
    models=f"{FOLDER}/models",
    destination=f"{FOLDER}/dataset",
    trial_pod={
        "labels": MOUNTED | TOKEN,
        "securityContext": {"runAsUser": 0, "runAsGroup": 0},
    },
    attach=attach_token,
)
