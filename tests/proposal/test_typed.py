# SPDX-License-Identifier: Apache-2.0
"""A command line is taken apart into program, script and flags."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kfp_katib.errors import InputError
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from kfp_katib.proposal.typed import Typed, given, typed

LR, SIZES, FAST = (
    ScriptOption(("-l", "--lr"), "float"),
    ScriptOption(("--sizes",), "int", takes="several"),
    ScriptOption(("--fast",), takes="nothing"),
)
AMP = ScriptOption(("--amp",), takes="either", off="--no-amp")
ARGUMENTS = Arguments((LR, SIZES, FAST, AMP, ScriptOption(("--lr-final",))))


@pytest.fixture(autouse=True)
def _in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a script is, with `python` on the PATH, which systems call python3 alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "train.py").write_text("import argparse\n")
    (tmp_path / "train.sh").touch()


@pytest.mark.parametrize(
    ("words", "script", "arguments"),
    [
        ("python train.py", "train.py", ""),
        ("python -u train.py --lr 1", "train.py", "--lr 1"),
        ("python -m pkg.train --lr 1", "pkg.train", "--lr 1"),
        ("env A=1 nice python train.py fit", "train.py", "fit"),
        ("sh -e train.sh x", "train.sh", "x"),
        ("ls --lr 1", "ls", "--lr 1"),
    ],
)
def test_the_script_is_found(words: str, script: str, arguments: str) -> None:
    """Behind whatever starts it."""
    found = typed(words.split())
    assert (found.script, found.arguments) == (script, tuple(arguments.split()))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("python tran.py", "no script 'tran.py'. Did you mean train.py?"),
        ("python src/x.py", "no script 'src/x.py'. Paths are relative"),
        ("nonsense train.py", "no program 'nonsense' on your PATH. Check"),
        ("train.py", "Write `python` in front of it"),
        ("./train.sh", "Write `sh` in front of it"),
        ("python", "No script is named"),
        ("python -c pass", "python -c holds no script"),
        ("sh -c ls", "sh -c holds no script"),
        ("", "No script is named"),
    ],
)
def test_what_is_not_there_is_refused(words: str, why: str) -> None:
    """Before anything is started."""
    with pytest.raises(InputError, match=why.replace("?", r"\?")):
        typed(words.split())


def test_a_script_that_reads_no_arguments_is_not_even_started() -> None:
    """Its --help would be a training."""
    Path("plain.py").write_text("for epoch in range(10):\n    print(epoch)\n")
    with pytest.raises(InputError, match=r"plain.py reads no arguments, so it was not started"):
        typed(["python", "plain.py"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--lr 0.1", {LR: "0.1"}),
        ("--lr=0.1", {LR: "0.1"}),
        ("-l 0.1", {LR: "0.1"}),
        ("-l0.1", {LR: ""}),
        ("--lr -0.1 --fast", {LR: "-0.1", FAST: ""}),
        ("--sizes 1 2 3 --fast", {SIZES: "1 2 3", FAST: ""}),
        ("--si 1", {SIZES: "1"}),
        ("--no-amp", {AMP: ""}),
        ("fit --unknown x", {}),
    ],
)
def test_flags_are_recognized_as_their_parser_would(words: str, expected: dict[ScriptOption, str]) -> None:
    """With a blank or `=`, shortened, or with a letter."""
    assert given(Typed(tuple(words.split()), "t", 0), ARGUMENTS) == expected


@pytest.mark.parametrize(
    ("words", "missing"),
    [("", "DATA OUT"), ("x", "OUT"), ("--lr 1 x", "OUT"), ("--fast x --sizes 1 2", "OUT"), ("x y", "")],
)
def test_missing_arguments_are_named(words: str, missing: str) -> None:
    """A flag's values are none of them."""
    arguments = Arguments(ARGUMENTS.options, ("data", "out"))
    line = Typed(("python", "t.py", *words.split()), "t.py", 2)
    if not missing:
        assert given(line, arguments) == {}
        return
    with pytest.raises(InputError, match=rf"t.py does not start without .* {missing}$"):
        given(line, arguments)
