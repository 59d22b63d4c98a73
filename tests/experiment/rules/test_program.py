# SPDX-License-Identifier: Apache-2.0
"""What a trial's command starts, and where that lies."""

from __future__ import annotations

import pytest

from kfp_katib.experiment.rules.program import clean, started


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("/a/", "/a"),
        ("/a/../b", "/b"),
        ("//a", "/a"),
        ("a/b", "/a/b"),
        ("/", "/"),
        ("/../..", "/"),
        ("", "/"),
    ],
)
def test_a_path_is_cleaned_as_go_and_the_kubelet_do(path: str, cleaned: str) -> None:
    """A relative one counts from the root."""
    assert clean(path) == cleaned


@pytest.mark.parametrize(
    ("container", "files"),
    [
        ({"command": ["python3", "/opt/train.py", "--lr=1"]}, ["/opt/train.py"]),
        ({"command": ["/opt/train", "x.py"]}, ["/opt/train"]),
        ({"command": ["python3", "-m", "shower.train"], "workingDir": "/opt"}, ["/opt/shower/train"]),
        ({"command": ["sh", "-c", "cd /opt/code && exec python3 train.py"]}, ["/opt/code/train.py"]),
        ({"command": ["sh", "-c", "cd $HOME && python3 train.py"]}, []),
        ({"command": ["python3", "train.py"]}, []),
        ({"command": ["python3", "-c", "'print(1)'"], "workingDir": "/opt"}, []),
    ],
)
def test_the_files_that_a_command_starts(container: dict[str, object], files: list[str]) -> None:
    """As far as their paths are certain."""
    assert [path for _, path in started("c", container)] == files
