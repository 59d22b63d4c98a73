# SPDX-License-Identifier: Apache-2.0
"""Where a shell's commands begin and end, as a real shell sees it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kfp_katib.experiment.rules.shell import Line, first_word, handed_on, parse, trial_line


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("python3 train.py", ["python3 train.py"]),
        ("cd /app && python3 train.py", ["cd /app", "python3 train.py"]),
        ("a; b | c || d", ["a", "b", "c", "d"]),
        ("a\nb", ["a", "b"]),
        ("echo 'a; b' \"c && d\" e\\;f", ["echo 'a; b' \"c && d\" e\\;f"]),
        ("echo $(a; b) ${c}", ["echo $(a; b) ${c}"]),
        ("(a; b)", ["(a; b)"]),
        ("{ a; b; }", ["{ a; b; }"]),
        ("a 2>&1 &> b", ["a 2>&1 &> b"]),
        ("a & b", ["a", "b"]),
        ("a;", ["a", ""]),
        ("a # b; c\nd", ["a", "d"]),
        ("a#b", ["a#b"]),
        ("a \\\n  b", ["a \\\n  b"]),
    ],
)
def test_commands(text: str, commands: list[str]) -> None:
    """Separators count outside quotes and groups only."""
    assert list(parse(text).commands) == commands


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("if a; then b; fi; c", ["if a; then b; fi", "c"]),
        ("case $x in a) b;; (c) d;; esac && e", ["case $x in a) b;; (c) d;; esac", "e"]),
        ("case x in esac; a", ["case x in esac", "a"]),
        ("f() { a; b; }; f", ["f() { a; b; }", "f"]),
        ("cat <<E; b\nx; y\nE\nc", ["cat <<E", "b", "c"]),
        ("cat <<-E\n\tx\n\tE\nc", ["cat <<-E", "c"]),
        ("a=(1 2); b", ["a=(1 2)", "b"]),
        ("diff <(a; b) c", ["diff <(a; b) c"]),
        ("echo $((1 << 2)); a", ["echo $((1 << 2))", "a"]),
        ("echo `a; b`; c", ["echo `a; b`", "c"]),
    ],
)
def test_what_belongs_together_is_one_command(text: str, commands: list[str]) -> None:
    """Loops, conditions, functions, substitutions and here-documents are not cut."""
    assert list(parse(text).commands) == commands


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("a 'b", '"\'"'),
        ('a "b', "'\"'"),
        ("a $(b", "'$('"),
        ("a `b", "'`'"),
        ("a ${b", "'}'"),
        ("a $((1", "'$(('"),
        ("if a; then b", "'if'"),
        ("for i in a; do b", "'do'"),
        ("{ a; b", "'{'"),
        ("( a", "'('"),
        ("case a in", "'case'"),
        ("cat <<E\na\nE", "the here-document 'E'"),
        ("cat <<'E'\na", "the here-document 'E'"),
        ("a $(cat <<E\nb\n)", "the here-document 'E'"),
    ],
)
def test_what_a_script_ends_inside_of(text: str, inside: str) -> None:
    """Whatever is appended goes in there as well."""
    assert parse(text).open_end == inside


@pytest.mark.parametrize("text", ["a; fi", "a; done", "a )", "a; }", "if a; then b; done"])
def test_what_closes_but_never_began(text: str) -> None:
    """No shell reads on."""
    assert parse(text).unopened


def test_ten_thousand_substitutions_are_refused_in_time() -> None:
    """A script may hold anything; it is no reason to exhaust the stack."""
    assert parse("$(" * 10_000).open_end == "more than 60 levels of substitutions"
    assert parse('"$(' * 10_000).open_end.startswith("more than 60")
    assert parse("$((" * 50_000).open_end


@pytest.mark.parametrize(
    ("text", "ends"), [("a # b", True), ("# b\na", False), ("a '# b'", False), ("a #", True)]
)
def test_a_comment_at_the_end(text: str, ends: bool) -> None:
    """It swallows whatever is appended to the line."""
    assert parse(text).comment is ends


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("A=1 B=2 train", "train"),
        ("./main.py --lr=1", "./main.py"),
        ("A=1", ""),
        ("", ""),
        ("place=$(mktemp -d)", ""),
        ("count=$((1 + 2)) train", "train"),
        ("A=\"a b\" B='c d' C=`date +%s` D=${E:-f g} H=i\\ j train", "train"),
        ('A="never closed', 'A="never'),
    ],
)
def test_first_word(command: str, word: str) -> None:
    """Assignments come before the program, whatever blanks their values hold."""
    assert first_word(command) == word


@pytest.mark.parametrize(
    ("container", "line"),
    [
        ({"command": ["sh", "-c", "a; b"]}, Line("a; b", True, ("a; b",))),
        ({"command": ["bash", "-c"], "args": ["a", "b"]}, Line("a b", True, ("a", "b"), "bash")),
        ({"command": ["/bin/sh", "-c", "a b"]}, Line("/bin/sh -c a b", False, ("/bin/sh", "-c", "a b"))),
        ({"command": ["train"], "args": ["--x=1"]}, Line("train --x=1", False, ("train", "--x=1"))),
        ({"args": ["--x=1"]}, None),
        ({"command": []}, None),
        ({"command": "train"}, None),
        ({"command": ["train", 1]}, None),
    ],
)
def test_the_line_that_katib_makes(container: dict[str, object], line: Line | None) -> None:
    """`sh -c` and `bash -c` are unwrapped on these very words; everything is joined by spaces."""
    assert trial_line(container) == line


COLLECTED = [
    "echo loss=1",
    "true && echo loss=1",
    "for i in 1 2; do echo loss=$i; done",
    "{ echo loss=1; true; }",
    "echo loss=1 | cat",
    "true\necho loss=1",
    "echo 'loss=1 # no comment'",
]
LOST = [
    "echo loss=1\n",
    "echo loss=1;",
    "echo loss=1 # done",
    "exit 0",
    "exec echo loss=1",
    "echo loss=1; true",
]


@pytest.mark.parametrize("script", [*COLLECTED, *LOST])
def test_the_grammar_agrees_with_a_real_shell(script: str, tmp_path: Path) -> None:
    """What Katib appends, run by sh: the file holds the metric and the marker stands, or our rules say so."""
    metrics, marker = tmp_path / "metrics.log", tmp_path / "marker"
    line = f"{script} 1>{metrics} 2>&1 && echo completed > {marker}"
    subprocess.run(["sh", "-c", line], capture_output=True, check=False)
    collected = marker.exists() and "loss=1" in metrics.read_text()
    found = parse(script)
    foreseen = (
        found.last not in ("", "true") and not found.comment and found.last.split()[0] not in ("exit", "exec")
    )
    assert collected is foreseen
    assert collected is (script in COLLECTED)


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("value", ["a b", "$HOME", "it's", "`id`", "a;b", "*", "ünï ☃", "#1", "~"])
def test_quotes_hand_a_value_on_where_the_shell_does(value: str, quote: str) -> None:
    """What is special between quotes of this kind does not survive them."""
    placeholder = "${trialParameters.mode}"
    line = f"printf %s {quote}{placeholder}{quote}"
    real = subprocess.run(
        ["sh", "-c", line.replace(placeholder, value)], capture_output=True, text=True, check=False
    )
    assert handed_on(line, placeholder, value) is (real.stdout == value)


@pytest.mark.parametrize("text", ["train {0}", "train '{0}' {0}", "train 'x' {0} 'y'"])
def test_a_bare_placeholder_hands_nothing_on(text: str) -> None:
    """One bare place is enough."""
    assert not handed_on(text.format("${trialParameters.mode}"), "${trialParameters.mode}", "a b")


def test_a_line_without_the_placeholder_is_no_danger() -> None:
    """Another container may take the value."""
    assert handed_on("train", "${trialParameters.mode}", "a b")


@pytest.mark.parametrize(
    "branches",
    ["(b) exit 1;; a) ( ./train ) ;;", "b) exit 1\n( ./train );;", "(a | b) exit 1;; (c) ./train;;"],
)
def test_a_bracket_in_a_branch_of_case(branches: str) -> None:
    """Behind `in` or `;;` it begins a pattern, anywhere else a subshell, whose commands count."""
    assert parse(f"case a in {branches} esac; ./other").simple == (("exit 1", "./train"), ("./other",))
