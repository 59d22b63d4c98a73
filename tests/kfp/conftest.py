# SPDX-License-Identifier: Apache-2.0
"""The installation at KFP_ENDPOINT, with the secret, the bucket and the claim that the pipelines expect."""

from __future__ import annotations

import base64
import os
from contextlib import suppress

import kfp
import pytest
import s3fs
import yaml
from kubernetes import client, config

from components import RUNTIME_IMAGE, TRAINING_IMAGE
from pipelines.platforms.s3 import SECRET
from tests.kfp.backend import DEPLOY, Backend
from tests.support.compiling import compile_into

STORE_IN_PODS = "http://seaweedfs.kubeflow:9000"
KUBEFLOWS_SECRET = "mlpipeline-minio-artifact"


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Backend:
    """The installation, ready for runs."""
    lacking = [name for name in ("KFP_ENDPOINT", "KUBECONFIG", "KFP_KATIB_TEST_S3") if name not in os.environ]
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}: see tests/kfp/__init__.py")
    config.load_kube_config()
    core, namespace = client.CoreV1Api(), os.environ.get("KFP_KATIB_TEST_NAMESPACE", "kubeflow")
    kept = core.read_namespaced_secret(KUBEFLOWS_SECRET, namespace).data
    key, secret = (base64.b64decode(kept[name]).decode() for name in ("accesskey", "secretkey"))
    store = s3fs.S3FileSystem(
        key=key, secret=secret, endpoint_url=os.environ["KFP_KATIB_TEST_S3"], use_listings_cache=False
    )
    with suppress(FileExistsError):  # the other worker of this run may make it at the same time
        store.mkdir("kfp-katib")
    _give_keys(core, namespace, key, secret)
    build = tmp_path_factory.mktemp("build")
    compile_into(build, "--runtime-image", RUNTIME_IMAGE, "--training-image", TRAINING_IMAGE)
    return Backend(
        pipelines=kfp.Client(host=os.environ["KFP_ENDPOINT"]),
        core=core,
        objects=client.CustomObjectsApi(),
        store=store,
        namespace=namespace,
        build=build,
    )


def _give_keys(core: client.CoreV1Api, namespace: str, key: str, secret: str) -> None:
    """Create the secret of tune-s3 from its example in deploy/, with the store's own keys."""
    body = yaml.safe_load((DEPLOY / "s3-secret.yaml").read_text())
    body["stringData"] |= {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_ENDPOINT_URL": os.environ.get("KFP_KATIB_TEST_S3_IN_PODS", STORE_IN_PODS),
    }
    try:
        core.create_namespaced_secret(namespace, body)
    except client.ApiException as error:
        if error.status != 409:
            raise
        core.replace_namespaced_secret(SECRET, namespace, body)
