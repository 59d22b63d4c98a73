# SPDX-License-Identifier: Apache-2.0
"""A release holds a whole model at every moment but one, and a retried step changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kfp_katib.errors import NoCheckpoint, StorageError
from kfp_katib.storage import promote, read_checkpoint, verify
from kfp_katib.storage.model_json import MODEL_JSON
from tests.builders.model import WEIGHTS, contents, listing, write_files, write_model


def test_a_checkpoint_is_promoted_as_it_is(root: str, endpoint: str, tmp_path: Path) -> None:
    """The address is the release's, and what is there is a checkpoint again."""
    write_model(str(tmp_path / "model"), metrics={"loss": 0.1})
    address = promote(tmp_path / "model", f"{root}/release", endpoint_url=endpoint)
    assert address == f"{root}/release"
    assert contents(address, endpoint) == contents(str(tmp_path / "model"))
    verify(read_checkpoint(address, endpoint_url=endpoint), endpoint_url=endpoint)


def test_an_exported_model_gets_a_list(root: str, endpoint: str, tmp_path: Path) -> None:
    """An exporter writes what its format needs; the release says what that was."""
    write_files(str(tmp_path / "model"), {"model.onnx": b"onnx", "data/weights": b"w"})
    address = promote(tmp_path / "model", f"{root}/release", endpoint_url=endpoint)
    found = contents(address, endpoint)
    assert set(found) == {"model.onnx", "data/weights", MODEL_JSON}
    assert json.loads(found[MODEL_JSON])["files"]["model.onnx"]["bytes"] == 4
    verify(read_checkpoint(address, endpoint_url=endpoint), endpoint_url=endpoint)


def test_a_model_of_one_file(root: str, endpoint: str, tmp_path: Path) -> None:
    """An exporter may write a file rather than a folder; in the release it keeps its name."""
    write_files(f"{root}/exported", {"model.onnx": b"onnx", "log.txt": b"not the model"}, endpoint)
    address = promote(f"{root}/exported/model.onnx", tmp_path / "release", endpoint_url=endpoint)
    assert set(contents(address)) == {"model.onnx", MODEL_JSON}


def test_a_retried_step_writes_nothing(tmp_path: Path) -> None:
    """The same folder stands there, not a second copy of it."""
    write_files(str(tmp_path / "model"), WEIGHTS)
    promote(tmp_path / "model", tmp_path / "release")
    before = (tmp_path / "release").stat().st_ino
    assert promote(tmp_path / "model", tmp_path / "release") == str(tmp_path / "release")
    assert (tmp_path / "release").stat().st_ino == before


def test_a_damaged_release_is_mended(root: str, endpoint: str, tmp_path: Path) -> None:
    """The same list is no proof of the same files."""
    write_model(str(tmp_path / "model"))
    promote(tmp_path / "model", f"{root}/release", endpoint_url=endpoint)
    write_files(f"{root}/release", {"weights.bin": b"WEIGHTS"}, endpoint)
    promote(tmp_path / "model", f"{root}/release", endpoint_url=endpoint)
    assert contents(f"{root}/release", endpoint)["weights.bin"] == b"weights"


def test_another_model_is_replaced(root: str, endpoint: str, tmp_path: Path) -> None:
    """Nothing of the earlier one is left."""
    write_model(f"{root}/release", {"old": b"1", "both": b"2"}, endpoint)
    write_model(str(tmp_path / "model"), {"both": b"3"})
    promote(tmp_path / "model", f"{root}/release", endpoint_url=endpoint)
    assert contents(f"{root}/release", endpoint) == {
        "both": b"3",
        MODEL_JSON: listing({"both": b"3"}).encode(),
    }


def test_an_unfinished_release_in_a_store_is_finished(bucket: str, endpoint: str, tmp_path: Path) -> None:
    """What a killed step left there is known from its own list."""
    leftovers = {"half": b"1", "model.json.partial": b'["half", "whole"]'}
    write_files(f"{bucket}/release", leftovers, endpoint)
    write_model(str(tmp_path / "model"))
    promote(tmp_path / "model", f"{bucket}/release", endpoint_url=endpoint)
    assert set(contents(f"{bucket}/release", endpoint)) == {*WEIGHTS, MODEL_JSON}


@pytest.mark.parametrize("stranger", ["thesis.tex", "sub/thesis.tex"])
def test_what_belongs_to_no_model_is_never_replaced(
    root: str, endpoint: str, tmp_path: Path, stranger: str
) -> None:
    """Not even beside a model: a mistyped address must not cost anybody's files."""
    write_model(f"{root}/release", endpoint_url=endpoint)
    write_files(f"{root}/release", {stranger: b"years"}, endpoint)
    write_model(str(tmp_path / "model"), {"w": b"new"})
    before = contents(f"{root}/release", endpoint)
    with pytest.raises(StorageError, match="belongs to no model: it will not be replaced"):
        promote(tmp_path / "model", f"{root}/release", endpoint_url=endpoint)
    assert contents(f"{root}/release", endpoint) == before


def test_a_damaged_source_leaves_the_release_alone(root: str, endpoint: str, tmp_path: Path) -> None:
    """It is verified before a release that is whole gives way to it."""
    write_model(f"{root}/release", endpoint_url=endpoint)
    write_model(str(tmp_path / "model"), {"w": b"good"})
    write_files(str(tmp_path / "model"), {"w": b"evil"})
    before = contents(f"{root}/release", endpoint)
    with pytest.raises(NoCheckpoint, match="model/w is damaged"):
        promote(tmp_path / "model", f"{root}/release", endpoint_url=endpoint)
    assert contents(f"{root}/release", endpoint) == before


def test_a_file_that_the_list_forgets_is_refused(tmp_path: Path) -> None:
    """Leaving it behind in silence would promote half a model."""
    write_model(str(tmp_path / "model"))
    write_files(str(tmp_path / "model"), {"model.onnx": b"onnx"})
    with pytest.raises(NoCheckpoint, match=r"'model\.onnx' is not listed in model\.json"):
        promote(tmp_path / "model", tmp_path / "release")


@pytest.mark.parametrize("made", [True, False], ids=["empty", "missing"])
def test_a_folder_without_files_is_refused(tmp_path: Path, made: bool) -> None:
    """There is nothing to promote."""
    if made:
        (tmp_path / "model").mkdir()
    with pytest.raises(NoCheckpoint, match="model holds no file to promote"):
        promote(tmp_path / "model", tmp_path / "release")


def test_a_link_in_the_source_is_refused(tmp_path: Path) -> None:
    """It could promote any file that the step can read."""
    write_files(str(tmp_path / "model"), WEIGHTS)
    (tmp_path / "model" / "link").symlink_to("/etc/passwd")
    with pytest.raises(NoCheckpoint, match="link is not a regular file"):
        promote(tmp_path / "model", tmp_path / "release")


def test_from_one_store_to_another(bucket: str, endpoint: str) -> None:
    """Neither side needs to be a folder."""
    write_model(f"{bucket}/model", endpoint_url=endpoint)
    address = promote(f"{bucket}/model", f"{bucket}/release/v1", endpoint_url=endpoint)
    assert contents(address, endpoint) == contents(f"{bucket}/model", endpoint)
