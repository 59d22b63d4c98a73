# SPDX-License-Identifier: Apache-2.0
"""Commands that look like trouble and are none: not one error, and no warning but those named here."""

from __future__ import annotations

from typing import Any

import pytest

from kfp_katib.experiment import check
from tests.builders.manifest import CONTAINER, changed
from tests.builders.valid import random

VALUES = (
    "--lr=${trialParameters.lr} --units=${trialParameters.units} --optimizer=${trialParameters.optimizer}"
)
FILE: dict[str, Any] = {
    "collector": {"kind": "File"},
    "source": {"fileSystemPath": {"path": "/out/m.log", "kind": "File", "format": "TEXT"}},
}

PROGRAMS: dict[str, list[str]] = {
    "arithmetic": ["python3", "t.py", "--batch=$((2*8))", *VALUES.split()],
    "nested arithmetic": ["python3", "t.py", "--batch=$(( (1 + 2) * 8 ))", *VALUES.split()],
    "a script quoted for the outer shell": ["bash", "-lc", f"'python3 t.py {VALUES}; sync'"],
    "the same in double quotes": ["/bin/bash", "-lc", f'"cd /app && python3 t.py {VALUES}"'],
    "a shell with options": ["bash", "-o", "pipefail", "-ec", f"'python3 t.py {VALUES} | cat'"],
    "one word as script": ["bash", "-lc", "train", *VALUES.split()],
    "-c of the script, not of the shell": ["bash", "train.sh", "-c", *VALUES.split(), "'a b'"],
    "JSON in single quotes": ["python3", "t.py", """'--cfg={"a": [1, 2]}'""", *VALUES.split()],
    "quotes within a word": ["python3", "t.py", "--tag=a' b 'c", *VALUES.split()],
    "python's own -c": ["python3", "-c", "'print(\"loss=1\")'", *VALUES.split()],
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_a_sound_program_has_no_findings(case: str) -> None:
    """Its arguments reach it as they are meant."""
    assert check(changed(random(), {f"{CONTAINER}.command": PROGRAMS[case]})) == ()


SCRIPTS = {
    "a here-document in a group": "{\npython3 - <<'EOF'\nprint('loss=1')\nEOF\n}",
    "a here-document before the training": "cat > c.txt <<EOF\na\nEOF\npython3 t.py",
    "a loop": "for i in 1 2; do python3 t.py; done",
    "a condition before the training": "if [ ! -d /data ]; then mkdir /data; fi; python3 t.py",
    "a condition around the training": "if true; then python3 t.py; else exit 1; fi",
    "a guard": '[ -n "$HOME" ] || exit 1; python3 t.py',
    "a function": 'run() { python3 t.py "$1"; }; run x',
    "awk's own fields": "free -m | awk 'NR==2{print $4}'; python3 t.py",
    "a substitution with quotes": "python3 t.py --n=\"$(ls | grep -c '^a')\"",
    "a comment in between": "cd /app # the code\npython3 t.py",
    "a sign that is no comment": "python3 t.py --tag=a#b",
    "parentheses in quotes": "python3 -c 'print(\"loss=1\")'",
    "case": 'case "$HOME" in /root) cd /app;; *) cd /tmp;; esac; python3 t.py',
    "exec with redirections alone": "exec 3>/tmp/x; python3 t.py",
    "a subshell": "(cd /app && python3 t.py)",
    "an assignment that starts a program": 'place=$(mktemp -d)\npython3 t.py --out="$place"',
    "a pipe": "python3 t.py | tee /tmp/log",
    "an apostrophe in double quotes": 'python3 t.py --text="it\'s"',
    "a default with an apostrophe": 'python3 t.py --text="${TEXT:-it\'s}"',
    "a continued line": "python3 t.py \\\n  --x=1",
    "a variable's length": "python3 t.py ${#HOME}",
}


@pytest.mark.parametrize("case", SCRIPTS)
def test_a_sound_script_has_no_findings(case: str) -> None:
    """Its output is collected, its marker written; arguments behind it belong to its last command."""
    script = SCRIPTS[case]
    command = ["sh", "-c", f": {VALUES}\n{script}"]
    assert check(changed(random(), {f"{CONTAINER}.command": command})) == ()


@pytest.mark.parametrize(
    "script",
    [
        "python3 t.py > /out/m.log || exit 1",
        "python3 t.py > /out/m.log || { echo failed; exit 1; }",
        "python3 t.py > /out/m.log; cp /out/m.log /data",
        "test -f /data/x && exit 0; python3 t.py > /out/m.log",
    ],
)
def test_a_file_needs_the_marker_alone(script: str) -> None:
    """What the last command prints is nobody's affair, as long as it succeeds where the training does."""
    changes = {f"{CONTAINER}.command": ["sh", "-c", f": {VALUES}\n{script}"]}
    assert check(changed(random(), changes | {"spec.metricsCollectorSpec": FILE})) == ()


def test_positional_arguments_of_the_script_itself_are_refused() -> None:
    """Katib appends the arguments to the script's text, so `$1` is empty."""
    script = ["sh", "-c", f': {VALUES}\npython3 t.py "$1"']
    command = {f"{CONTAINER}.command": script, f"{CONTAINER}.args": ["--x=1"]}
    assert [found.rule for found in check(changed(random(), command))] == ["positional-arguments"]
