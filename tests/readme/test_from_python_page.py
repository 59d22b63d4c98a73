# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/from-python.md says happens, in a real notebook's kernel and in a script."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.blocks import Block, blocks, save, succeeded, typed
from tests.support.notebook import Shown, notebook

PAGE = "docs/how-to/from-python.md"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the page's file."""
    save(blocks(PAGE), tmp_path)
    return tmp_path


def cells() -> Sequence[Block]:
    """The blocks that are carried out."""
    return [block for block in blocks(PAGE) if block.language == "python" and not block.file]


def test_every_block_says_which_suite_runs_it() -> None:
    """None stands there that nothing runs."""
    assert {block.suite for block in cells()} == {"test"}


def test_its_blocks_are_the_cells_of_a_notebook(folder: Path) -> None:
    """One after the other; each shows what the page says."""
    with notebook(folder) as opened:
        shown = [opened.cell(block.code) for block in cells()]
        assert [each.error for each in shown] == [""] * len(cells())
        built, ran, larger, frame, page, elsewhere, model, stopping = shown
    assert built.text.startswith("<Experiment from-python: minimize loss by tpe over lr, batch_size, opt")
    assert_a_search_is_shown(ran)
    assert re.match(r"0\.\d+ \{'lr': 0\.\d+, 'batch_size': \d+, 'optimizer': 'adam'\}\n", larger.stdout)
    assert frame.html.count("<tr") == 4
    assert page.text.isdecimal()
    assert (folder / "report.html").read_text().startswith("<!")
    assert elsewhere.text == "True"
    assert model.stdout == "tpe 3\n"
    assert stopping.text.startswith("<Experiment from-python")


def assert_a_search_is_shown(cell: Shown) -> None:
    """As a picture in a notebook, as the line that the page shows at a prompt, below its progress."""
    example = next(block.code for block in blocks(PAGE) if block.language == "text")
    assert alike(cell.text) == alike(example.strip())
    assert cell.html.count("<svg") == 1
    (progress,) = cell.displays.values()
    assert progress[-1]["text/plain"].startswith("12/12 trials")
    assert cell.stderr == ""


def alike(text: str) -> str:
    """The text without what differs each time."""
    return re.sub(r"[\d.e-]+\d", "N", re.sub(r"batch_size=\d+|optimizer=\w+", "", text))


def test_its_blocks_are_one_script(folder: Path) -> None:
    """Without a notebook, and in one file."""
    (folder / "all.py").write_text("\n".join(block.code for block in cells()))
    done = succeeded(typed("python all.py", folder))
    assert "tpe 3" in done.stdout
    assert "12/12 trials" in done.stderr
    assert "16 trials: 16 Succeeded" in succeeded(typed("kfp-katib show from-python", folder)).stdout


def test_commands_are_read_as_the_page_says(folder: Path) -> None:
    """Each row of its table gives a command that `build` takes, with each value once."""
    rows = re.findall(r'^\| `(\["[^`]*\])` \|', (Path(__file__).parents[2] / PAGE).read_text(), re.MULTILINE)
    assert len(rows) == 3
    setup = cells()[0].code.removesuffix("experiment\n")
    script = "\n".join(
        setup.replace('["python", "train.py"]', row) + "print(experiment.manifest_json)" for row in rows
    )
    (folder / "rows.py").write_text(script)
    for line in succeeded(typed("python rows.py", folder)).stdout.splitlines():
        command = line.partition('"command":')[2].partition("]")[0]
        names = ("lr", "batch_size", "optimizer")
        assert [command.count(f"trialParameters.{name}") for name in names] == [1, 1, 1]
