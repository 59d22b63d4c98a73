# SPDX-License-Identifier: Apache-2.0
"""promote: a verified copy in the release place, or nothing."""

from __future__ import annotations

from pathlib import Path

from kfp_katib.steps import release_model


def test_the_model_is_copied_and_its_address_told(tmp_path: Path) -> None:
    """With a list of its files, so that whoever takes it can verify it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "net.onnx").write_bytes(b"net")
    address = release_model(str(tmp_path / "model"), str(tmp_path / "release"))
    assert address == str(tmp_path / "release")
    assert (tmp_path / "release" / "net.onnx").read_bytes() == b"net"
    assert (tmp_path / "release" / "model.json").exists()


def test_without_a_release_place_nothing_happens(tmp_path: Path) -> None:
    """The step is skipped, and says that there is no address."""
    assert release_model(str(tmp_path / "none"), "") == ""
