# SPDX-License-Identifier: Apache-2.0
"""promote: a verified copy in the release place, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.errors import InputError
from kfp_katib.steps.promote import promote_model


def test_the_model_is_copied_and_its_address_told(tmp_path: Path) -> None:
    """With a list of its files, so that whoever takes it can verify it."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "net.onnx").write_bytes(b"net")
    address = promote_model(str(tmp_path / "model"), str(tmp_path / "release"))
    assert address == str(tmp_path / "release")
    assert (tmp_path / "release" / "net.onnx").read_bytes() == b"net"
    assert (tmp_path / "release" / "model.json").exists()


def test_without_a_release_place_nothing_happens(tmp_path: Path) -> None:
    """The step is skipped, and says that there is no address."""
    assert promote_model(str(tmp_path / "none"), "") == ""


@pytest.mark.parametrize(
    ("release", "message"),
    [
        (" ", "The address of the release is empty"),
        ("nosuch://bucket/x", "nosuch:// addresses are not supported"),
        ("memory://x", "lies in one process"),
        ("https://host/x", "can be read but not written to"),
        ("s3:/bucket/x", "names no bucket"),
        ("s3://", "names no bucket"),
        ("file://host/x", "names no folder of this machine"),
        ("/releases/\0", "holds a control character"),
        ("/releases/x\n", "holds a control character"),
        (" /releases/x", "has white space around it"),
        ("releases/x", "is a relative path"),
        ("./x", "is a relative path"),
        ("s3://bucket/x?versionId=1", "is one version"),
        ("{root}/models", "lies in .*models, where the trials keep their models"),
        ("{root}/models/e/t1", "lies in .*models, where the trials keep their models"),
        ("file://{root}/models/./x/", "lies in .*models, where the trials keep their models"),
        ("{root}/link/x", "lies in .*models, where the trials keep their models"),
        ("{root}/model/x", "one is inside the other"),
        ("{root}", "one is inside the other"),
    ],
)
def test_what_is_no_release_place_is_refused(tmp_path: Path, release: str, message: str) -> None:
    """In one sentence, and before anything is copied."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "net.onnx").write_bytes(b"net")
    (tmp_path / "models").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "models")
    about = {"models": str(tmp_path / "models")}
    with pytest.raises(InputError, match=message) as caught:
        promote_model(str(tmp_path / "model"), release.format(root=tmp_path), about)
    assert len(str(caught.value).splitlines()) == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["link", "model", "models", "net.onnx"]


def test_among_models_in_a_store_is_no_release_place(tmp_path: Path) -> None:
    """Whichever of its names the store is called by."""
    with pytest.raises(InputError, match="where the trials keep their models"):
        promote_model(str(tmp_path), "minio://bucket/models/release", {"models": "s3://bucket/models/"})


def test_a_file_uri_is_a_release_place(tmp_path: Path) -> None:
    """The address that comes back is the path."""
    (tmp_path / "net.onnx").write_bytes(b"net")
    address = promote_model(str(tmp_path / "net.onnx"), f"file://{tmp_path}/my%20release/")
    assert address == f"{tmp_path}/my release"
