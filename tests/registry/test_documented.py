# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/kubeflow.md shows for looking into a registry shows what the step has written."""

from __future__ import annotations

import subprocess
import sys

from kfp_katib.steps.register_model import Run, register
from tests.places import ROOT
from tests.support.blocks import parse
from tests.support.registry import Registry

ADDRESS = "http://model-registry-service.kubeflow.svc.cluster.local:8080"


def test_the_shown_client_lists_what_was_registered(registry: Registry) -> None:
    """Each version with its value and the address of its files."""
    about = {"trial": "search-7f", "metric": "loss", "value": 0.25}
    register("s3://bucket/release", about, "tuned-model", registry=registry.url, run=Run())
    section = (ROOT / "docs/how-to/kubeflow.md").read_text().partition("## Register what passed")[2]
    (code,) = (block.code for block in parse(section) if block.language == "python")
    assert ADDRESS in code
    command = [sys.executable, "-W", "ignore", "-c", code.replace(ADDRESS, registry.url)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    assert shown.stdout == "search-7f 0.25 s3://bucket/release\n"
