# SPDX-License-Identifier: Apache-2.0
"""The documents point at what is there, and what they show works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from kfp_katib.storage import read_checkpoint
from pipelines.platforms import PLATFORMS
from tests.places import ROOT

FOLDERS = ("deploy", "docs", "training")
DOCUMENTS = [ROOT / "README.md", *(page for name in FOLDERS for page in sorted((ROOT / name).glob("*.md")))]


def links(document: Path) -> list[Path]:
    """The files that a document points at."""
    found = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    return [(document.parent / link).resolve() for link in found]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    """No document points at a file that is not there."""
    assert [link for link in links(document) if not link.exists()] == []


def test_every_document_is_linked_from_the_readme() -> None:
    """Whoever reads the README finds each page in one step."""
    assert set(DOCUMENTS[1:]) - set(links(DOCUMENTS[0])) == set()


def test_the_readme_names_what_a_machine_must_have() -> None:
    """The programs that a fresh Debian lacks, in one line to copy, with the oldest pip that is tried."""
    readme = DOCUMENTS[0].read_text()
    needed = re.search(r"`apt-get install ([^`]+)`", readme)
    assert needed
    assert needed[1].split() == ["git", "make", "python3", "python3-venv"]
    oldest = re.search(r"^pip==(\S+)", (ROOT / "locks/pip-oldest.lock").read_text(), re.MULTILINE)
    assert oldest
    assert f"pip from {oldest[1]} on" in readme


def test_the_readme_names_every_pipeline_that_is_compiled() -> None:
    """One for each place where the trials keep their models."""
    readme = DOCUMENTS[0].read_text()
    assert [storage.name for storage in PLATFORMS if f"tune-{storage.name}.yaml" not in readme] == []


def test_the_parameters_that_a_run_is_told_are_the_pipelines() -> None:
    """Whoever follows docs/kubeflow.md finds each of them in the dashboard's form."""
    section = (ROOT / "docs/kubeflow.md").read_text().partition("\n## 5. ")[2]
    told = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    spec = next(yaml.safe_load_all((ROOT / "tests/golden/tune-s3.yaml").read_text()))
    assert "thresholds" in told
    assert set(told) - set(spec["root"]["inputDefinitions"]["parameters"]) == set()


def test_the_shown_checkpoint_is_a_valid_one(tmp_path: Path) -> None:
    """What docs/checkpoints.md tells a script to write is what the library reads."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/checkpoints.md").read_text(), re.DOTALL)
    assert code
    shown: dict[str, object] = {}
    exec(code[1], shown)
    save = shown["save_checkpoint"]
    assert callable(save)
    save(tmp_path / "trial", b"weights", epoch=3, metrics={"loss": 0.1}, parameters={"lr": "0.01"})
    checkpoint = read_checkpoint(str(tmp_path / "trial"))
    assert checkpoint.epoch == 3
    assert [file.name for file in checkpoint.files] == ["weights.bin"]
