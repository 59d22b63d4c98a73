# SPDX-License-Identifier: Apache-2.0
"""docs/tutorial.md in one session: each block as it is typed, each output as it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfp_katib.experiment import load
from tests.places import ROOT
from tests.support.blocks import Block, blocks, commands, save, succeeded, typed

PAGE = "docs/tutorial.md"
PAST_INSTALLATION = (ROOT / PAGE).read_text().partition("\n## A script\n")[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the reader's own, with what the page tells to save."""
    made = tmp_path_factory.mktemp("you") / "my-search"
    made.mkdir()
    save(blocks(PAGE), made)
    return made


@pytest.fixture(scope="module")
def session(folder: Path) -> dict[str, str]:
    """What each block of commands printed, by its first words; all of them are typed, in their order."""
    return {beginning(block): said(block, folder) for block in commands(PAGE)}


def beginning(block: Block) -> str:
    """The first three words of a block."""
    return " ".join(block.code.split()[:3])


def said(block: Block, folder: Path) -> str:
    """All that a block's commands say, on both streams."""
    done = succeeded(typed(block.code, folder))
    return done.stdout + done.stderr


def outputs() -> Iterator[tuple[str, str]]:
    """Each output that the page shows, with the beginning of the block of commands before it."""
    before = ""
    for block in blocks(PAGE):
        if block.language == "text":
            yield before, block.code
        elif block.suite:
            before = beginning(block)


def alike(text: str) -> str:
    """The text without what differs each time: numbers, trials' names, widths, the reader's folder."""
    text = re.sub(r"\S+/my-search/", "/my-search/", text)
    text = re.sub(r"\b(train|wider)-\w{8}\b", r"\1-x", text)
    return re.sub(r" +", " ", re.sub(r"-{3,}", "---", re.sub(r"\d[\d.e-]*", "0", text)))


@pytest.mark.parametrize(("command", "shown"), [*outputs()], ids=[command for command, _ in outputs()])
def test_what_is_shown_is_what_is_printed(session: dict[str, str], command: str, shown: str) -> None:
    """Line by line, but for what differs each time."""
    printed = {line.rstrip() for line in alike(session[command]).splitlines()}
    assert [line for line in alike(shown).splitlines() if line.rstrip() not in printed] == []


def test_the_manifest_that_is_shown_is_the_one_that_is_proposed(
    session: dict[str, str], folder: Path
) -> None:
    """And it is a valid Experiment of twenty trials."""
    assert session
    (shown,) = (block.code for block in blocks(PAGE) if block.language == "yaml")
    assert shown in (folder / "experiment.yaml").read_text()
    assert load(folder / "experiment.yaml").max_trial_count == 20


def test_the_search_finds_something_better(session: dict[str, str], folder: Path) -> None:
    """The loss falls a hundredfold, the command runs, a report is there; then more trials."""
    searched = session["kfp-katib validate experiment.yaml"]
    assert "experiment.yaml: 0 errors, 0 warnings" in searched
    found = re.search(r"best loss (\S+) in trial", searched)
    assert found
    assert float(found[1]) < 0.02
    best = session["kfp-katib best train"].splitlines()
    assert best[0].startswith("python train.py --lr=")
    assert best[-1].startswith("epoch=10 loss=0.0")
    assert (folder / "report.html").stat().st_size > 0
    assert "24 trials: 24 Succeeded" in session["kfp-katib run experiment.yaml"]
    assert "told 24 earlier trials of runs/train" in session["kfp-katib run wider.yaml"]


def test_what_a_cluster_gets_names_the_image_that_has_the_script(
    session: dict[str, str], folder: Path
) -> None:
    """The image is built of the script alone, where the command finds it."""
    assert session
    rendered = load(folder / "rendered.yaml")
    assert "registry.example.org/you/train:1" in rendered.manifest_json
    copied = re.findall(r"^COPY (\S+) \.$", (folder / "Dockerfile").read_text(), re.MULTILINE)
    assert copied == ["train.py"]


def test_every_command_is_in_the_session(session: dict[str, str]) -> None:
    """But the installation's, which tests/test_packaging.py types, and the one that needs a cluster."""
    own = [block for block in blocks(PAGE) if block.language == "sh"]
    assert len(own) == len(session) + 2
    assert "git clone" not in PAST_INSTALLATION
