# SPDX-License-Identifier: Apache-2.0
"""What docs/how-to/progress.md says is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kfp_katib.cli.summary import BEST, FAILURES, WIDTH
from kfp_katib.report import events, plain_lines, region
from kfp_katib.report.live_lines import MOST_TRIALS
from kfp_katib.results.brief import figures
from tests.places import ROOT
from tests.support.blocks import blocks, save, succeeded, typed

PAGE = "docs/how-to/progress.md"


def test_the_pages_commands_do_what_it_says(tmp_path: Path) -> None:
    """Events for a program, then the end for people, whose command runs as it is pasted."""
    save(blocks(PAGE), tmp_path)
    program, people = [block for block in blocks(PAGE) if block.language == "sh"]
    assert {block.suite for block in (program, people)} == {"test"}
    succeeded(typed(program.code, tmp_path))
    told = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert {each["event"] for each in told} == set(documented()) - {"stopped"}
    assert all(set(documented()[each["event"]]) <= set(each) for each in told)
    run = succeeded(typed(people.code, tmp_path))
    hint, head = [block.code for block in blocks(PAGE) if block.language == "text"][-1].splitlines()
    assert hint in run.stderr
    assert head.split() == run.stdout.splitlines()[0].split()
    command = run.stdout.partition("to paste:\n")[2].splitlines()[0]
    printed = succeeded(typed(command, tmp_path)).stdout.splitlines()[-1].removeprefix("loss=")
    assert run.stdout.splitlines()[2].split()[3] == figures(printed)


def documented() -> dict[str, list[str]]:
    """Each event of the table with the fields that it names for itself."""
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*) \|$", (ROOT / PAGE).read_text(), re.MULTILINE)
    own = {event: re.sub(r"\([^)]*\)", "", text) for event, text in rows}
    return {event: [] if "--json" in text else re.findall(r"`(\w+)`", text) for event, text in own.items()}


def test_the_pages_numbers_are_those_of_the_program() -> None:
    """As words or digits."""
    page = (ROOT / PAGE).read_text()
    assert (region.PER_SECOND, MOST_TRIALS) == (2, 10)
    assert (plain_lines.EVERY_SECONDS, events.EVERY_SECONDS) == (60, 10)
    assert (BEST, FAILURES, WIDTH) == (10, 5, 100)
    for words in ("twice a second", "most ten trials", "after a minute", "every 10 seconds", "100 columns"):
        assert words in page
    assert "more than fifteen trials shows its best ten and the last five that failed" in page
