# SPDX-License-Identifier: Apache-2.0
"""The options of `kfp-katib run` stand instead of the manifest's fields, before the rules judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import call, manifest, write
from tests.places import DATA


def test_options_override_the_manifest(tmp_path: Path) -> None:
    """Algorithm and budget."""
    file = write(tmp_path, manifest("0.1", "0.2", "0.3", "0.4"))
    called = call("run", file, "--algorithm", "random", "--max-trials", "3", "--parallel-trials", "3")
    assert called.exit_code == 0
    assert "minimize loss by random, 3 trials, 3 at a time" in called.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--algorithm", "randmo"], "Did you mean 'random'"),
        (["--algorithm", "hyperband"], "hyperband"),
        (["--max-trials", "0"], "--max-trials"),
        (["--timeout-seconds", "-1"], "--timeout-seconds"),
        (["--on-timeout", "stop"], "--on-timeout"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_run_is_refused(tmp_path: Path, options: list[str], words: str) -> None:
    """Exit code 2, before anything runs."""
    called = call("run", write(tmp_path, manifest("0.3")), *options)
    assert called.exit_code == 2
    assert words in called.stderr


def case(name: str) -> str:
    """A manifest of tests/data/cases."""
    return str(DATA / "cases" / name)


def test_an_option_stands_instead_of_a_field_that_is_missing() -> None:
    """`--max-trials` is read as if it stood in the manifest, before anything is judged."""
    refused = call("run", case("34-max-trials-option.yaml"))
    assert refused.exit_code == 2
    assert "maxTrialCount is missing" in refused.stderr
    called = call("run", case("34-max-trials-option.yaml"), "--max-trials", "2")
    assert called.exit_code == 0
    assert "random, 2 trials" in called.stderr


def test_a_parameter_whose_name_is_a_flag_keeps_it() -> None:
    """Its dashes are its own."""
    called = call("run", case("31-dashed-name.yaml"))
    assert called.exit_code == 0
    assert "  --lr  " in called.stdout
    assert "----lr" not in called.stdout


def test_an_error_after_options_says_so(tmp_path: Path) -> None:
    """The file alone may be without a fault."""
    called = call("run", write(tmp_path, manifest("0.1", "0.2")), "--parallel-trials", "3")
    assert called.exit_code == 2
    assert "experiment.yaml after overrides: 1 error" in called.stderr
