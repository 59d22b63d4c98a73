# SPDX-License-Identifier: Apache-2.0
"""CERN's EOS: mounted by a label of the pod, opened by a Kerberos ticket in a Secret.

The Secret is made by `kinit` and `kubectl create secret generic krb-secret --from-file=krb5cc_1000`. A
ticket lives about a day, so a longer search needs it renewed.
"""

from kfp import dsl, kubernetes

from pipelines.storage.storage import Storage

SECRET = "krb-secret"
MOUNT = "/secret/krb-secret-vol"
TICKET = f"FILE:{MOUNT}/krb5cc_1000"
FOLDER = "/eos/project/k/kfp-katib"
"""A project space; name your own when a run is started."""


def attach(step: dsl.PipelineTask) -> None:
    """Have EOS mounted, and hand the step its ticket."""
    kubernetes.add_pod_label(step, "mount-eos", "true")
    kubernetes.add_pod_label(step, "inject-oauth2-token-pipeline", "true")
    kubernetes.use_secret_as_volume(step, secret_name=SECRET, mount_path=MOUNT)
    step.set_env_variable("KRB5CCNAME", TICKET)


EOS = Storage(
    name="eos",
    engine="katib",
    models=f"{FOLDER}/models",
    destination=f"{FOLDER}/dataset",
    trial_pod={
        "labels": {"mount-eos": "true", "mount-kerberos-secret": "true"},
        "env": [{"name": "KRB5CCNAME", "value": TICKET}],
        "volumes": [{"name": "kerberos", "secret": {"secretName": SECRET}}],
        "volumeMounts": [{"name": "kerberos", "mountPath": MOUNT, "readOnly": True}],
    },
    attach=attach,
)
