# SPDX-License-Identifier: Apache-2.0
"""How verbs are found, and how they fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from kfp_katib.cli import VERBS, main
from tests.cli.commands import call, manifest, write

HEAVY = "'optuna', 'numpy', 'kubernetes', 'kfp', 'plotly', 'fsspec', 'skopt', 'scipy', 'jinja2'"


@pytest.mark.parametrize(("typed", "meant"), [("vlaidate", "validate"), ("rnu", "run"), ("rendre", "render")])
def test_a_misspelt_verb_is_answered_with_the_nearest(typed: str, meant: str) -> None:
    """Exit code 2, and a suggestion."""
    called = call(typed, "experiment.yaml")
    assert called.exit_code == 2
    assert f"Did you mean '{meant}'?" in called.stderr


def test_help_names_every_verb() -> None:
    """Each with one line."""
    called = call("--help")
    assert called.exit_code == 0
    assert all(verb in called.stdout for verb in ("validate", "run", "render"))


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_says_what_it_is_for(verb: str) -> None:
    """A choice of words alone would leave the reader to guess."""
    command = main.get_command(click.Context(main), verb)
    assert command
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("verb", ["validate", "run", "render"])
def test_each_verb_has_its_help(verb: str) -> None:
    """With what its options mean."""
    called = call(verb, "--help")
    assert called.exit_code == 0
    assert "FILE" in called.stdout
    assert "--json" in called.stdout


def test_version_is_one_line() -> None:
    """The package's version."""
    called = call("--version")
    assert called.exit_code == 0
    assert called.stdout.startswith("kfp-katib")
    assert called.stdout.count("\n") == 1


def test_an_error_has_no_traceback(tmp_path: Path) -> None:
    """A sentence on stderr, nothing on stdout."""
    called = call("render", str(tmp_path / "none.yaml"))
    assert called.exit_code == 2
    assert called.stderr.startswith("Error: ")
    assert "Traceback" not in called.stderr
    assert called.stdout == ""


def test_verbose_shows_the_traceback(tmp_path: Path) -> None:
    """For whoever wants to know where it came from."""
    called = call("render", "-v", str(tmp_path / "none.yaml"))
    assert called.exit_code == 2
    assert "Traceback" in called.stderr
    assert "ManifestError" in called.stderr


@pytest.mark.parametrize("verb", ["validate", "render"])
def test_what_the_system_refuses_is_said_in_a_sentence(tmp_path: Path, verb: str) -> None:
    """Here its output goes to a full disk."""
    command = [sys.executable, "-m", "kfp_katib", verb, write(tmp_path, manifest("0.1"))]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: No space left on device. Free some space")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_that_cannot_be_printed_is_an_error_without_a_traceback(arguments: list[str]) -> None:
    """The disk of the file that it goes to is full."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kfp_katib", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: No space left on device. Free some space")
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    """As in `kfp-katib validate FILE | head`."""
    command = [sys.executable, "-m", "kfp_katib", "validate", write(tmp_path, manifest("0.1"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == ""


def test_a_search_that_nobody_reads_ends_with_its_own_exit_code(tmp_path: Path) -> None:
    """Its first event was enough for the reader; Python's own complaint at the end would be exit code 120."""
    command = [sys.executable, "-m", "kfp_katib", "run", "--json-lines", write(tmp_path, manifest("0.1"))]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0


def test_validate_imports_nothing_that_is_slow(tmp_path: Path) -> None:
    """What makes `kfp-katib validate` quick."""
    code = (
        "import sys; from kfp_katib.cli import main\n"
        f"try: main(['validate', {write(tmp_path, manifest('0.1'))!r}])\n"
        f"except SystemExit: print(sorted({{{HEAVY}}} & sys.modules.keys()))"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert output.stdout.splitlines()[-1] == "[]"


def test_the_module_is_the_command() -> None:
    """`python -m kfp_katib` does what `kfp-katib` does."""
    output = subprocess.run(
        [sys.executable, "-m", "kfp_katib", "--version"], check=True, capture_output=True, text=True
    )
    assert output.stdout.startswith("kfp-katib")
