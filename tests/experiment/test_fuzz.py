# SPDX-License-Identifier: Apache-2.0
"""Manifests broken at random in structure, text and bytes: each has an answer, at once and in little memory.

`FUZZ_EXAMPLES=50000 pytest tests/experiment/test_fuzz.py` is the long run; `FUZZ_FIRST` makes it another one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.experiment import check, load, render, to_yaml
from tests.builders.manifest import CONTAINER, changed
from tests.builders.valid import random
from tests.cli.commands import call
from tests.experiment.breaking import document
from tests.experiment.test_mutations import mutated
from tests.support.environments import untraced_environment

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "300"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
BLOCK = 2500
MOST_MEGABYTES = 200


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    """What processes of their own say of the manifests."""
    return [
        tried(first, min(BLOCK, FIRST + EXAMPLES - first)) for first in range(FIRST, FIRST + EXAMPLES, BLOCK)
    ]


def tried(first: int, count: int) -> dict[str, Any]:
    """The answer of one process, in which no library says anything of its own."""
    command = [sys.executable, "-m", "tests.experiment.fuzzing", str(first), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=untraced_environment())
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_every_manifest_has_an_answer(found: list[dict[str, Any]]) -> None:
    """Data or our own errors, the same from `check` and `load`; what is rendered is read again as it was."""
    assert [each["failures"] for each in found if each["failures"]] == []
    assert sum(count for each in found for _, count in each["outcomes"]) == EXAMPLES


def test_no_manifest_costs_a_second(found: list[dict[str, Any]]) -> None:
    """Of processor time, for all questions together."""
    slowest = max(each["worst"][1] for each in found)
    print(f"{EXAMPLES} manifests, slowest {slowest:.2f} s, {max(each['megabytes'] for each in found):.0f} MB")
    assert [each["slow"] for each in found if each["slow"]] == []


def test_all_manifests_together_stay_in_little_memory(found: list[dict[str, Any]]) -> None:
    """The libraries of the local engine included, which take 125 MB of it."""
    assert max(each["megabytes"] for each in found) < MOST_MEGABYTES


def test_the_manifests_are_broken_in_many_ways(found: list[dict[str, Any]]) -> None:
    """A fuzz that meets one error only tests nothing else; some manifests survive."""
    outcomes = dict(pair for each in found for pair in each["outcomes"])
    assert len(outcomes) > min(EXAMPLES // 10, 1000)
    assert {"not-parsable", "valid, here as well", "valid, on Katib only"} <= outcomes.keys()


@pytest.mark.parametrize("number", range(FIRST, FIRST + max(20, EXAMPLES // 50)))
def test_the_command_line_answers_too(number: int, tmp_path: Path) -> None:
    """`validate` exits with 0 or 2 and ends with its count; `render` prints a manifest, or nothing."""
    file = tmp_path / "experiment.yaml"
    file.write_bytes(document(number))
    validated = call("validate", str(file))
    last = validated.stdout.splitlines()[-1]
    assert validated.exit_code == (0 if ": 0 errors" in last else 2)
    assert last.startswith(f"{file}: ")
    values = ("--dataset", "/d", "--models", "/m", "--image", "i", "--run-id", "r")
    rendered = call("render", str(file), *values)
    assert rendered.exit_code == validated.exit_code
    assert bool(rendered.stdout) == (validated.exit_code == 0)


@settings(max_examples=100, deadline=None)
@given(mutated())
def test_what_validates_renders_and_says_the_same(manifest: dict[str, Any]) -> None:
    """The text that is pasted into the dashboard has no finding that the Experiment had not."""
    if any(problem.severity == "error" and not problem.engine for problem in check(manifest)):
        return
    rendered = render(load(manifest), dataset="/d", models="/m", image="i", run_id="r")
    text = to_yaml(rendered)
    assert load(text) == rendered
    assert tuple(problem for problem in check(text) if not problem.engine) == rendered.warnings


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_any_text_in_a_field_is_written_and_read_again(text: str) -> None:
    """Numbers as somebody else spells them, words, signs and control characters."""
    manifest = changed(random(), {f"{CONTAINER}.env": [{"name": "A", "value": f"{text}x"}]})
    if not any(problem.severity == "error" and not problem.engine for problem in check(manifest)):
        rendered = render(load(manifest))
        assert load(to_yaml(rendered)) == rendered
