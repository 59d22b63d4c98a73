# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/s3.md and pvc.md say of a trial's pod is what the shipped pipelines give it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kfp_katib.storage import read_checkpoint, verify
from pipelines.platforms import PVC, S3, Platform
from tests.examples.digits import page as digits
from tests.examples.digits.page import command
from tests.places import ROOT
from tests.support.blocks import blocks, commands, save, succeeded, typed
from tests.support.s3 import bucket as bucket

PAGES = {"docs/how-to/s3.md": S3, "docs/how-to/pvc.md": PVC}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the digits' folder, to which both pages point."""
    digits.save(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("document", "platform"), PAGES.items(), ids=lambda value: str(value)[-8:])
def test_a_rendered_trial_has_what_the_pipelines_trials_have(
    folder: Path, document: str, platform: Platform
) -> None:
    """By the page's file and command; the addresses are the pipeline's own folders, or lie beside them."""
    save(blocks(document), folder)
    assert yaml.safe_load((folder / "trial-pod.yaml").read_text()) == platform.trial_pod
    succeeded(typed(commands(document)[-1].code, folder))
    rendered: dict[str, Any] = yaml.safe_load((folder / "rendered.yaml").read_text())
    pod = rendered["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    wanted = {"volumes": pod.get("volumes"), **container}
    assert {name: wanted[name] for name in platform.trial_pod} == platform.trial_pod
    assert any(part.startswith(f"--output={platform.models}/digits/") for part in container["command"])


@pytest.mark.parametrize(("document", "platform"), PAGES.items(), ids=lambda value: str(value)[-8:])
def test_the_addresses_of_a_run_are_the_pipelines(document: str, platform: Platform) -> None:
    """As its table has them."""
    told = dict(
        re.findall(r"^\| `(models|destination)` \| (\S+?);? ", (ROOT / document).read_text(), re.MULTILINE)
    )
    shown = {"models": platform.models, "destination": platform.destination}
    assert {name: text.strip("`:;") for name, text in told.items()} == {
        name: value or "empty" for name, value in shown.items()
    }


def test_a_search_of_this_machine_writes_its_model_into_a_bucket(folder: Path, bucket: str) -> None:
    """With one trial, the keys exported, on a server that speaks S3."""
    succeeded(typed(command("python -c").splitlines()[0], folder))
    run, _ = commands("docs/how-to/s3.md")
    done = succeeded(typed(run.code.strip().replace("s3://kfp-katib", bucket) + " --max-trials 1", folder))
    (address,) = re.findall(rf"^Its model, if it wrote one: ({bucket}/models/digits/\S+)$", done.stdout, re.M)
    verify(read_checkpoint(address))
