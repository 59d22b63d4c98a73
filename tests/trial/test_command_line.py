# SPDX-License-Identifier: Apache-2.0
"""The line that runs: what Katib's pod webhook would write, with this machine's paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Collector
from kfp_katib.trial.command_line import CommandLine, command_line, metrics_place
from kfp_katib.trial.template import Container

STDOUT = Collector("StdOut", "", "TEXT", ())
HERE = Path("/r/t/metrics")


def line(
    *words: str,
    collector: Collector = STDOUT,
    here: Path = HERE,
    args: tuple[str, ...] = (),
    env: dict[str, str] | None = None,
    foreign: tuple[str, ...] = (),
    caller: dict[str, str] | None = None,
) -> CommandLine:
    """The command line of a container."""
    box = Container(words, args, env or {}, foreign)
    return command_line(box, collector, metrics_place(collector, here), caller or {})


MARK = "&& echo completed > /r/t/metrics/$$.pid"
REDIRECT = "1>/r/t/metrics/metrics.log 2>&1"


@pytest.mark.parametrize(
    ("words", "args", "shell", "text"),
    [
        (("python3", "train.py"), ("--lr", "0.1"), "sh", "python3 train.py --lr 0.1"),
        (("sh", "-c", "a; b"), (), "sh", "a; b"),
        (("bash", "-c", "a | b"), ("c",), "bash", "a | b c"),
        (("/bin/sh", "-c", "a; b"), (), "sh", "/bin/sh -c a; b"),
        (("sh", "-ec", "a; b"), (), "sh", "sh -ec a; b"),
        (("sh",), ("-c", "a"), "sh", "a"),
        (("sh",), (), "sh", "sh"),
        (("python", "-c", "print('x y')"), (), "sh", "python -c print('x y')"),
    ],
    ids=["argv", "sh", "bash", "path of sh", "flags", "args of sh", "sh alone", "quotes are lost"],
)
def test_command_and_args_become_one_line(
    words: tuple[str, ...], args: tuple[str, ...], shell: str, text: str
) -> None:
    """Words are joined by blanks; only exactly `sh -c` or `bash -c` is unwrapped."""
    assert line(*words, args=args).argv == (shell, "-c", f"{text} {REDIRECT} {MARK}")


def test_a_file_collector_redirects_nothing() -> None:
    """Only StdOut redirects; the completion mark lies beside the file."""
    found = line("train", collector=Collector("File", "/out/m.json", "JSON", ()))
    assert found.argv[2] == f"train {MARK}"


@pytest.mark.parametrize(
    ("collector", "text", "mapped"),
    [
        (STDOUT, "--log=/var/log/katib/metrics.log", "--log=/r/t/metrics/metrics.log"),
        (STDOUT, "cd /var/log/katib; x", "cd /r/t/metrics; x"),
        (STDOUT, "/var/log/katib2 /data/var/log/katib", "/var/log/katib2 /data/var/log/katib"),
        (STDOUT, "/var/log/katib/a /var/log/katib/b", "/r/t/metrics/a /r/t/metrics/b"),
        (
            Collector("File", "/out/m.log", "TEXT", ()),
            "/out/m.log /out/x",
            "/r/t/metrics/m.log /r/t/metrics/x",
        ),
        (Collector("File", "/m.log", "TEXT", ()), "a/b /m.log /x", "a/b /r/t/metrics/m.log /x"),
        (
            Collector("TensorFlowEvent", "/tb/", "", ()),
            "--dir /tb/ --x /tb/train",
            "--dir /r/t/metrics/ --x /r/t/metrics/train",
        ),
        (Collector("TensorFlowEvent", "/tb", "", ()), "/var/log/katib/x", "/r/t/metrics/x"),
    ],
)
def test_metric_paths_are_those_of_the_trial(collector: Collector, text: str, mapped: str) -> None:
    """The collector's path, its folder and /var/log/katib are replaced in the command, whole names only."""
    assert line("run", text, collector=collector).argv[2].startswith(f"run {mapped} ")


def test_metric_paths_are_replaced_in_variables() -> None:
    """A path that is handed over in a variable is this machine's too."""
    assert line("run", env={"OUT": "/var/log/katib/m"}).env == {"OUT": "/r/t/metrics/m"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "1"),
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$$(A)", "$(A)"),
        ("$$", "$"),
        ("$A ${A}", "$A ${A}"),
        ("$(date +%s)", "$(date +%s)"),
        ("$(", "$("),
        ("$", "$"),
    ],
)
def test_references_expand_as_in_kubernetes(text: str, expanded: str) -> None:
    """`$(NAME)` of a known variable becomes its value, `$$` one dollar, everything else stays."""
    assert line("x", text, env={"A": "1"}).argv[2].startswith(f"x {expanded} 1>")


def test_a_variable_may_refer_to_those_before_it() -> None:
    """As in Kubernetes, order counts: a later variable is not known yet."""
    found = line("x", env={"A": "1", "B": "$(A)-$(C)", "C": "3"})
    assert found.env == {"A": "1", "B": "1-$(C)", "C": "3"}


def test_a_variable_from_a_secret_is_the_callers() -> None:
    """`valueFrom` has no value here; where the caller's environment has the variable, references use it."""
    assert line("x", "$(T)", foreign=("T",), caller={"T": "s"}).argv[2].startswith("x s 1>")
    assert line("x", "$(T)", foreign=("T",)).argv[2].startswith("x $(T) 1>")
    assert line("x", "$(HOME)", caller={"HOME": "/h"}).argv[2].startswith("x $(HOME) 1>")


def test_a_folder_with_blanks_is_quoted() -> None:
    """What we append to the line is quoted; the user's own words cannot be."""
    found = line("run", here=Path("/my runs/t"))
    assert "1>'/my runs/t/metrics.log' 2>&1" in found.argv[2]
    assert "'/my runs/t'/$$.pid" in found.argv[2]


def test_a_folder_with_blanks_in_the_users_words_is_refused() -> None:
    """The shell would split it: another folder must be chosen."""
    with pytest.raises(InputError, match=r"would split.*Choose another folder"):
        line("run", "/var/log/katib/x", here=Path("/my runs/t"))


@given(st.text(st.characters(exclude_characters="$")))
def test_text_without_dollars_and_metric_paths_is_left_alone(text: str) -> None:
    """Whatever else a command holds reaches the shell unchanged."""
    if "/var/log/katib" not in text:
        assert line("x", text).argv[2] == f"x {text} {REDIRECT} {MARK}"
