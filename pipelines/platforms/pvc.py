# SPDX-License-Identifier: Apache-2.0
"""A PersistentVolumeClaim that many pods may write to at once (ReadWriteMany)."""

from kfp import dsl, kubernetes

from pipelines.platforms.platform import Platform

CLAIM = "kfp-katib"
MOUNT = "/data"


def attach(step: dsl.PipelineTask) -> None:
    """Mount the claim."""
    kubernetes.mount_pvc(step, pvc_name=CLAIM, mount_path=MOUNT)


PVC = Platform(
    name="pvc",
    engine="katib",
    models=f"{MOUNT}/models",
    destination=f"{MOUNT}/dataset",
    trial_pod={
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": CLAIM}}],
        "volumeMounts": [{"name": "data", "mountPath": MOUNT}],
    },
    attach=attach,
)
