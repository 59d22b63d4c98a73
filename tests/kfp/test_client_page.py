# SPDX-License-Identifier: Apache-2.0
"""The blocks of docs/how-to/kfp-client.md, with the README's own script and manifest."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from tests.kfp.backend import Backend, Run
from tests.support.blocks import blocks

pytestmark = [pytest.mark.kfp_backend, pytest.mark.timeout(900)]

NAME = f"tune-s3-{secrets.token_hex(3)}"
FILES = {block.file: block.code for block in blocks() if block.file}


@pytest.fixture
def folder(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The reader's folder after the blocks before: compiled pipelines, a manifest, an image with train.py.

    The script is mounted into the training image here, which spares a reader's own image.
    """
    script = {"metadata": {"name": NAME}, "data": {"train.py": FILES["train.py"]}}
    backend.core.create_namespaced_config_map(backend.namespace, script)
    documents = list(yaml.safe_load_all((backend.build / "tune-s3.yaml").read_text()))
    trial_pod = documents[0]["root"]["inputDefinitions"]["parameters"]["trial_pod"]["defaultValue"]
    trial_pod["volumes"] = [{"name": "script", "configMap": {"name": NAME}}]
    trial_pod["volumeMounts"] = [{"name": "script", "mountPath": "/app/train.py", "subPath": "train.py"}]
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "tune-s3.yaml").write_text(yaml.safe_dump_all(documents))
    (tmp_path / "experiment.yaml").write_text(FILES["experiment.yaml"])
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    client.CoreV1Api().delete_namespaced_config_map(NAME, backend.namespace)


def carry_out(code: str) -> dict[str, Any]:
    """Run a block with this installation's address, and a pipeline name of its own, in it."""
    code, hosts = re.subn(r'host="[^"]+"', f'host="{os.environ["KFP_ENDPOINT"]}"', code)
    assert hosts == 1
    left: dict[str, Any] = {}
    exec(code.replace('pipeline_name="tune-s3"', f'pipeline_name="{NAME}"'), left)
    return left


def test_the_blocks_upload_the_pipeline_and_run_it(backend: Backend, folder: Path) -> None:
    """A reader's own search goes through; it delivers no model, so none passes and none is promoted."""
    assert folder == Path.cwd()
    upload, start = (block.code for block in blocks("docs/how-to/kfp-client.md"))
    carry_out(upload)
    pipeline = backend.pipelines.get_pipeline_id(NAME)
    assert pipeline
    backend.pipelines.delete_pipeline_version(
        pipeline, backend.pipelines.list_pipeline_versions(pipeline).pipeline_versions[0].pipeline_version_id
    )
    backend.pipelines.delete_pipeline(pipeline)
    run = Run.of(backend, carry_out(start)["run"].run_id)
    assert run.finished() == "SUCCEEDED"
    assert "promote" not in run.steps()
    assert "6/6 trials" in run.log("launch-katib")
