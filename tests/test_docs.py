# SPDX-License-Identifier: Apache-2.0
"""The documents point at what is there, and what they show works."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
import yaml

from kfp_katib.storage import read_checkpoint
from pipelines.platforms import PLATFORMS
from tests.places import ROOT
from tests.support.blocks import blocks

FOLDERS = (".", "docs", "docs/how-to", "docs/reference", "docs/explanation", "examples/digits", "training")
README = ROOT / "README.md"
HOME = ROOT / "docs/index.md"
DOCUMENTS = [page for name in FOLDERS for page in sorted((ROOT / name).glob("*.md"))]
OURS = r"(?:benchmarks|components|deploy|docs|examples|kfp_katib|locks|pipelines|tests|training|website)"
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def links(document: Path) -> list[Path]:
    """The files that a document points at."""
    found = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    return [(document.parent / link).resolve() for link in found]


def told(document: Path) -> str:
    """A document without the first cells of the tables of a changelog, which name what there was before."""
    text = document.read_text()
    return re.sub(r"^\| .*? \|", "|", text, flags=re.MULTILINE) if document.name == "CHANGELOG.md" else text


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or leads from one to something that it has."""
    module, _, attribute = name.rpartition(".")
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return bool(module) and is_there(module) and hasattr(importlib.import_module(module), attribute)
    return True


@every_document
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    """No document points at a file that is not there."""
    assert [link for link in links(document) if not link.exists()] == []


@every_document
def test_every_path_that_is_named_is_there(document: Path) -> None:
    """In text and in code, whatever has moved since."""
    paths = set(re.findall(rf"(?<![\w./:-]){OURS}/[\w./-]*[\w/]", told(document)))
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


@every_document
def test_every_name_of_ours_is_there(document: Path) -> None:
    """Modules, what is imported from them, and programs that Python runs by their module's name."""
    text = told(document)
    names = set(re.findall(r"(?<![\w./-])kfp_katib(?:\.[A-Za-z_]\w*)+", text))
    names |= set(re.findall(rf"python3? -m ({OURS}[\w.]*\w)", text))
    for module, imported in re.findall(r"^from (kfp_katib[\w.]*) import (.+)$", text, re.MULTILINE):
        names |= {f"{module}.{each}" for each in re.findall(r"\w+", imported)}
    assert sorted(name for name in names if not is_there(name)) == []


SUITES = re.findall(r"^(test[\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
GENERATED = ROOT / "docs/reference"
"""Its pages are compared as wholes with what writes them."""
TESTS = sorted((ROOT / "tests").rglob("*.py"))
every_page = pytest.mark.parametrize(
    "document",
    [
        str(path.relative_to(ROOT))
        for path in DOCUMENTS
        if path.parent != GENERATED and "```" in path.read_text()
    ],
)


@every_page
def test_every_block_says_what_runs_it(document: str) -> None:
    """A suite, or that it was carried out by hand for the page's numbers, or that nobody has run it."""
    silent = [block.code for block in blocks(document) if block.by not in known()]
    assert silent == []


def known() -> set[str]:
    """Who may be said to run a block."""
    return {*(f"make {suite}" for suite in SUITES), "hand", "nobody"}


@every_page
def test_no_fence_is_overlooked(document: str) -> None:
    """One without a language, or with more than a language, would be no block to the tests."""
    fences = re.findall(r"^ *```", (ROOT / document).read_text(), re.MULTILINE)
    assert len(fences) == 2 * len(blocks(document))


@every_page
def test_a_reader_sees_which_blocks_nobody_has_run(document: str) -> None:
    """In the text below, since a comment is not shown."""
    text = (ROOT / document).read_text()
    assert len(re.findall(r"^<!-- run by: nobody", text, re.MULTILINE)) == len(
        re.findall(r"^<!-- run by: nobody.*-->\n<sub>Never run by us", text, re.MULTILINE)
    )


@every_page
def test_a_page_whose_blocks_are_run_is_named_by_what_runs_them(document: str) -> None:
    """Some test has its path, or its folder's if it is the folder's own page."""
    own = [block for block in blocks(document) if block.suite and not block.code.startswith("make ")]
    parts = document.removesuffix("/README.md").split("/")
    spelt = ("blocks()",) if document == "README.md" else (f'"{document}"', '"' + '" / "'.join(parts) + '"')
    assert not own or [path for path in TESTS if any(each in path.read_text() for each in spelt)]


def test_every_document_is_linked_from_the_home_page() -> None:
    """Which the README names, for whoever reads on GitHub, where there is no navigation."""
    assert HOME in links(README)
    assert set(DOCUMENTS) - {README, HOME} - set(links(HOME)) == set()


def test_the_readme_names_what_a_machine_must_have() -> None:
    """The programs that a fresh Debian lacks, in one line to copy, with the oldest pip that is tried."""
    readme = README.read_text()
    needed = re.search(r"`apt-get install ([^`]+)`", readme)
    assert needed
    assert needed[1].split() == ["git", "make", "python3", "python3-venv"]
    oldest = re.search(r"^pip==(\S+)", (ROOT / "locks/pip-oldest.lock").read_text(), re.MULTILINE)
    assert oldest
    assert f"pip from {oldest[1]} on" in readme


UPLOAD = (ROOT / "docs/how-to/dashboard-upload.md").read_text()


def test_the_page_on_uploading_names_every_pipeline_that_is_compiled() -> None:
    """One for each place where the trials keep their models."""
    assert [storage.name for storage in PLATFORMS if f"tune-{storage.name}.yaml" not in UPLOAD] == []


def test_the_parameters_that_a_run_is_told_are_the_pipelines() -> None:
    """Whoever follows docs/how-to/dashboard-upload.md finds each of them in the dashboard's form."""
    section = UPLOAD.partition("\n## Upload, and start a run")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    spec = next(yaml.safe_load_all((ROOT / "tests/golden/tune-s3.yaml").read_text()))
    parameters = spec["root"]["inputDefinitions"]["parameters"]
    assert "thresholds" in told
    assert told - set(parameters) == set()
    assert [name for name, about in parameters.items() if not about.get("isOptional")] == ["experiment"]


def test_the_shown_checkpoint_is_a_valid_one(tmp_path: Path) -> None:
    """What docs/how-to/checkpoints.md tells a script to write is what the library reads."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/how-to/checkpoints.md").read_text(), re.DOTALL)
    assert code
    shown: dict[str, object] = {}
    exec(code[1], shown)
    save = shown["save_checkpoint"]
    assert callable(save)
    save(tmp_path / "trial", b"weights", epoch=3, metrics={"loss": 0.1}, parameters={"lr": "0.01"})
    checkpoint = read_checkpoint(str(tmp_path / "trial"))
    assert checkpoint.epoch == 3
    assert [file.name for file in checkpoint.files] == ["weights.bin"]
