# SPDX-License-Identifier: Apache-2.0
"""Step 1: the script says what it takes."""

from __future__ import annotations

from pathlib import Path

from tests.training.own.page import command, save, succeeds


def test_the_data_are_made_and_the_flags_are_shown(tmp_path: Path) -> None:
    """With nothing but the files of this step."""
    save(tmp_path, last=1)
    printed = succeeds(command(1, "python -c"), tmp_path)
    assert printed.startswith("{'training': 1347, 'test': 450}\n")
    for flag in ("--lr LR", "--batch_size BATCH_SIZE", "--dataset DATASET", "--output OUTPUT", "(0.001)"):
        assert flag in printed
