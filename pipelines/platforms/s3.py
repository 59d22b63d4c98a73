# SPDX-License-Identifier: Apache-2.0
"""Object storage that speaks S3, with keys and endpoint in a Secret."""

from kfp import dsl, kubernetes

from pipelines.platforms.platform import Platform

SECRET = "kfp-katib-s3"
VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION")


def attach(step: dsl.PipelineTask) -> None:
    """Give the step the keys, each under its own name."""
    kubernetes.use_secret_as_env(step, SECRET, {name: name for name in VARIABLES})


S3 = Platform(
    name="s3",
    engine="katib",
    models="s3://kfp-katib/models",
    destination="",
    trial_pod={
        "env": [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": SECRET, "key": name}}} for name in VARIABLES
        ]
    },
    attach=attach,
)
