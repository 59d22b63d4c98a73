# SPDX-License-Identifier: Apache-2.0
"""However a command fails, the user gets one line with the mend; what works is printed as JSON."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.conftest import run_training, training_command, training_environment
from training import evaluate, export
from training.command import answer
from training.errors import OptionError

TOO_LONG = "n" * 300
"""A name that no file system looks up: unlike a missing file, that is an error of the system."""


def test_what_comes_back_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """On stdout, for other programs."""
    assert answer(lambda: {"showers": 3}) == 0
    assert capsys.readouterr() == ('{\n  "showers": 3\n}\n', "")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OptionError("mesh 'x' is wrong. Write 18x16x9."), "error: mesh 'x' is wrong. Write 18x16x9.\n"),
        (
            PermissionError(errno.EACCES, "Permission denied", "data/dataset.json"),
            "error: [Errno 13] Permission denied: 'data/dataset.json'. Check the path, its permissions and "
            "the space on its disk.\n",
        ),
    ],
    ids=["ours", "the system's"],
)
def test_what_the_user_can_mend_is_one_line(
    capsys: pytest.CaptureFixture[str], error: Exception, line: str
) -> None:
    """Exit code 2 and no traceback."""

    def work() -> dict[str, object]:
        raise error

    assert answer(work) == 2
    assert capsys.readouterr() == ("", line)


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (export.main, ["--model", TOO_LONG]),
        (evaluate.main, ["--model", TOO_LONG, "--dataset", "data"]),
        (evaluate.main, ["--model", "{exported}", "--dataset", TOO_LONG]),
    ],
    ids=["export", "evaluate a model", "evaluate on data"],
)
def test_a_path_that_the_system_refuses_is_one_line(
    command: Callable[[], int],
    options: list[str],
    exported: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 2; nothing is written."""
    filled = [option.format(exported=exported) for option in options]
    monkeypatch.setattr("sys.argv", ["command", *filled, "--destination", str(tmp_path / "out")])
    assert command() == 2
    line = capsys.readouterr().err
    assert line.startswith("error: ")
    assert line.count("\n") == 1
    assert TOO_LONG in line
    assert not (tmp_path / "out").exists()


def test_data_that_the_system_refuses_end_a_training_in_one_line(tmp_path: Path) -> None:
    """With the mend for the data, not for the output."""
    run = run_training(tmp_path / TOO_LONG, tmp_path / "model")
    assert (run.exit_code, run.stderr.count("\n")) == (2, 1)
    assert run.stderr.startswith(f"error: {tmp_path / TOO_LONG}/dataset.json: cannot be read (")
    assert run.stderr.endswith("Check the permissions and, on EOS, the ticket (klist).\n")


def test_a_store_that_cannot_be_written_to_ends_a_training_in_one_line(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3's own errors are none of the system's; nobody listens at this address."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    command = training_command(str(dataset), "s3://models/trial")
    ended = subprocess.run(
        command, capture_output=True, text=True, env=training_environment(dataset), check=False
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "Could not connect" in ended.stderr
    assert ended.stderr.startswith("error: s3://models/trial: cannot be written to (")
    assert ended.stderr.endswith("Check the address and this machine's credentials.\n")
