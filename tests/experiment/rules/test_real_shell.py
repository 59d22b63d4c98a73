# SPDX-License-Identifier: Apache-2.0
"""What the rules say of a script is what a real `sh` does with the very line that Katib writes of it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kfp_katib.experiment import check
from kfp_katib.experiment.rules.shell import parse, syntax_error
from tests.builders.manifest import ABSENT, CONTAINER, changed
from tests.builders.valid import random

LOST = {
    "script-ends-empty",
    "script-ends-in-comment",
    "script-ends-open",
    "script-leaves-shell",
    "script-output-lost",
    "script-unreadable",
}
"""Whichever of these speaks says that the script's metrics, or the marker behind it, do not come."""

TRAIN = """#!/bin/sh
[ -p /dev/stdin ] && cat
echo x >> runs
echo loss=1
"""

SIMPLE = st.sampled_from(
    ["./train", "./train 'a; b' \"$(echo '#') c\" \\#", ": ${HOME}", "cd .", "X=1 ./train"]
)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Loops, conditions, groups and here-documents around commands."""
    forms = (
        "for i in 1 2; do {0}; done",
        "if true; then {0}; else exit 3; fi",
        "{{ {0}; }}",
        "( {0} )",
        "case a in (b) exit 1;; a) {0} ;; esac",
        "while {0}; do break; done",
    )
    joined = st.tuples(inner, st.sampled_from(["; ", " && ", "\n"]), inner).map("".join)
    return st.tuples(st.sampled_from(forms), inner | joined).map(lambda pair: pair[0].format(pair[1]))


COMMANDS = st.recursive(SIMPLE, _compound, max_leaves=3)
ENDS = (
    *(
        "",
        "",
        "",
        "\n",
        ";",
        " &",
        " &&",
        " |",
        " # done",
        "; exit 0",
        " || exit 1",
        " && exit 0",
        "\nexit 0\n:",
    ),
    *(
        " '",
        ' "',
        " $(",
        " `",
        "; fi",
        " )",
        "; if true",
        "; {",
        "; { exit 0; }",
        " <<E\nx\nE",
        " <<E\nx\nE\n:",
    ),
    *("; exec ./train", "; case a in", " ${X", "; (exit 0)", "; f() { exit 1; }; ./train"),
)


@st.composite
def _scripts(draw: st.DrawFn) -> str:
    """Two or three commands, and an end that may spoil everything."""
    script = draw(COMMANDS)
    for separator in draw(st.lists(st.sampled_from(["; ", " && ", "\n", " # a\n"]), max_size=2)):
        script += separator + draw(COMMANDS)
    return script + draw(st.sampled_from(ENDS))


def _collected(script: str, redirection: str) -> tuple[bool, bool]:
    """Whether all that the trainings printed is collected, and whether the marker stands, by a real shell."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train").write_text(TRAIN)
        (folder / "train").chmod(0o755)
        line = f"{script}{redirection} && echo completed > marker"
        subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, check=False, timeout=20)
        runs, log = (folder / each for each in ("runs", "log"))
        ran = runs.read_text().count("x") if runs.exists() else 0
        found = log.read_text().count("loss=1") if log.exists() else 0
        return 0 < ran == found, (folder / "marker").exists()


def _said(script: str, collector: str) -> set[str]:
    """The rules that speak of a manifest with this script."""
    kind = ABSENT if collector == "StdOut" else {"collector": {"kind": collector}}
    changes = {f"{CONTAINER}.command": ["sh", "-c", script]}
    manifest = changed(random(), changes if kind is ABSENT else changes | {"spec.metricsCollectorSpec": kind})
    return {problem.rule for problem in check(manifest)}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(_scripts())
def test_the_output_is_collected_as_foreseen(script: str) -> None:
    """StdOut: everything that is printed stands in the file, with the marker beside it, or a rule says so."""
    assume("./train" in script)
    collected, marked = _collected(script, " 1>log 2>&1")
    assert (collected and marked) is not bool(_said(script, "StdOut") & LOST)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(_scripts())
def test_the_marker_stands_as_foreseen(script: str) -> None:
    """File: the script's own redirections are its affair, the marker is Katib's."""
    _, marked = _collected(script, "")
    assert marked is not bool(_said(script, "File") & (LOST - {"script-output-lost"}))


TOKENS = (
    *("if ", "then ", "fi", "else ", "for i in x", "do ", "done", "case x in ", "esac", "a)", ";;", "in "),
    *(
        ";",
        "\n",
        " && ",
        " | ",
        " ! ",
        "(",
        ")",
        "{ ",
        "}",
        "f() ",
        "'",
        '"',
        "\\",
        "$(",
        "`",
        "${x",
        "$((1",
        "))",
    ),
    *("#", " #c", " ", "a", "x", "=", " <<E\n", "\nE\n", "<<'E'\n", " 2>&1", "> f", "while a"),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=9).map("".join))
def test_nothing_that_a_shell_reads_is_refused(script: str) -> None:
    """Whatever the text: where a rule says that it cannot be read, neither sh nor bash can."""
    if _said(script, "StdOut") & {"script-unreadable", "script-ends-open"}:
        line = f"{script} 1>log 2>&1 && echo completed > p"
        document = parse(script).open_end.startswith("the here-document")
        assert document or "" not in (syntax_error(line, "sh"), syntax_error(line, "bash"))


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_only_reads(shell: str, tmp_path: Path) -> None:
    """Asking for the syntax runs nothing."""
    assert syntax_error(f"echo x > {tmp_path}/made; $(touch {tmp_path}/made)", shell) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_shell_that_is_not_there_has_no_opinion() -> None:
    """Then our own grammar is all there is."""
    assert syntax_error("(", "no-such-shell") is None
