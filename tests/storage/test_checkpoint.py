# SPDX-License-Identifier: Apache-2.0
"""A checkpoint is whole or none at all; copies are byte for byte, and the digest is that of what arrived."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from kfp_katib.errors import InputError, NoCheckpoint, StorageError
from kfp_katib.storage import checkpoint, read_checkpoint, verify
from kfp_katib.storage.checkpoint import copy, digest
from kfp_katib.storage.places import Place, place
from tests.builders.model import WEIGHTS, contents, write_files, write_model

SIZES = [0, 1, checkpoint._SMALL, checkpoint._SMALL + 1, checkpoint._PIECE, 2 * checkpoint._PIECE + 7]


def test_a_whole_model_is_read_from_any_store(root: str, endpoint: str) -> None:
    """Its files, and where it lies."""
    write_model(f"{root}/t1", endpoint_url=endpoint)
    found = read_checkpoint(f"{root}/t1", endpoint_url=endpoint)
    assert (found.uri, {file.name for file in found.files}) == (f"{root}/t1", set(WEIGHTS))
    verify(found, endpoint_url=endpoint)


def test_a_folder_without_a_list_holds_no_model(root: str, endpoint: str) -> None:
    """The trial was stopped before it wrote model.json."""
    write_files(f"{root}/t1", WEIGHTS, endpoint)
    with pytest.raises(NoCheckpoint, match=r"model\.json.* is not there"):
        read_checkpoint(f"{root}/t1", endpoint_url=endpoint)


def test_a_missing_file_is_named(root: str, endpoint: str) -> None:
    """A list alone is no model."""
    write_model(f"{root}/t1", endpoint_url=endpoint)
    write_files(
        f"{root}/t2",
        {"model.json": b'{"files": {"w": {"sha256": "%s", "bytes": 1}}}' % (b"0" * 64)},
        endpoint,
    )
    with pytest.raises(NoCheckpoint, match=r"t2/w.* is not there"):
        read_checkpoint(f"{root}/t2", endpoint_url=endpoint)


def test_a_file_of_another_size_is_refused(root: str, endpoint: str) -> None:
    """Both sizes stand in the message."""
    write_model(f"{root}/t1", endpoint_url=endpoint)
    write_files(f"{root}/t1", {"weights.bin": b"we"}, endpoint)
    with pytest.raises(NoCheckpoint, match=r"weights\.bin has 2 bytes, but model\.json says 7"):
        read_checkpoint(f"{root}/t1", endpoint_url=endpoint)


def test_verify_finds_a_changed_byte(root: str, endpoint: str) -> None:
    """The size is right, so only the checksum tells."""
    write_model(f"{root}/t1", endpoint_url=endpoint)
    found = read_checkpoint(f"{root}/t1", endpoint_url=endpoint)
    write_files(f"{root}/t1", {"weights.bin": b"WEIGHTS"}, endpoint)
    with pytest.raises(NoCheckpoint, match=r"weights\.bin is damaged: sha256 [0-9a-f]{64} and 7 bytes"):
        verify(found, endpoint_url=endpoint)


@pytest.mark.parametrize("name", ["model.json", "weights.bin", "sub"])
def test_symbolic_links_are_not_followed(tmp_path: Path, name: str) -> None:
    """A link in a trial's folder could make us read, and hand on, any file that the step can."""
    write_model(str(tmp_path / "t1"))
    (tmp_path / "t1" / name).rename(tmp_path / "elsewhere")
    (tmp_path / "t1" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoCheckpoint, match="symbolic link"):
        read_checkpoint(tmp_path / "t1")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """Reading one would wait forever."""
    write_model(str(tmp_path / "t1"))
    (tmp_path / "t1" / "weights.bin").unlink()
    os.mkfifo(tmp_path / "t1" / "weights.bin")
    with pytest.raises(NoCheckpoint, match=r"weights\.bin is not a regular file"):
        read_checkpoint(tmp_path / "t1")


def test_a_file_uri_is_a_plain_folder(tmp_path: Path) -> None:
    """`file://` with its escapes names the same folder."""
    write_model(str(tmp_path / "my models" / "t1"))
    assert read_checkpoint(f"file://{tmp_path}/my%20models/t1").uri == str(tmp_path / "my models" / "t1")


def test_the_address_of_the_server_may_stand_in_the_environment(
    s3_bucket: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_ENDPOINT_URL, as the AWS tools read it; and minio:// is how Kubeflow Pipelines writes s3://."""
    write_model(f"{s3_bucket}/t1", endpoint_url=endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert read_checkpoint(f"{s3_bucket}/t1".replace("s3://", "minio://")).uri == f"{s3_bucket}/t1"


def test_a_server_that_is_not_there_is_no_missing_model(
    s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble with the store stands: the next best trial would be no better off."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StorageError, match=r"reading s3://.*Check the address") as caught:
        read_checkpoint(f"{s3_bucket}/t1", endpoint_url="http://127.0.0.1:9")
    assert not isinstance(caught.value, NoCheckpoint)


@pytest.mark.parametrize(
    ("uri", "message"),
    [("", "is empty"), ("  ", "is empty"), ("nosuch://models", "nosuch:// addresses are not supported")],
)
def test_an_address_that_names_no_store_is_refused(uri: str, message: str) -> None:
    """Bad input, said before anything is read."""
    with pytest.raises(InputError, match=message):
        read_checkpoint(uri)


def random_file(path: Path, size: int) -> str:
    """A file of random bytes; returns its SHA-256."""
    content = os.urandom(size)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("by_kernel", [True, False], ids=["kernel", "by hand"])
def test_a_plain_file_of_any_size(
    tmp_path: Path, size: int, by_kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sizes around every border; also where the file systems cannot copy between themselves."""

    def refuse(*_: object) -> int:
        raise OSError(errno.EXDEV, "another file system")

    if not by_kernel:
        monkeypatch.setattr(os, "copy_file_range", refuse)
    expected = random_file(tmp_path / "w", size)
    found = copy(place(tmp_path), "w", place(tmp_path / "new"))
    assert (found.sha256, found.bytes) == (expected, size)
    assert digest(place(tmp_path / "new"), "w") == found


def test_to_an_object_store_and_back(tmp_path: Path, bucket: str, endpoint: str) -> None:
    """Larger than one request either way."""
    expected = random_file(tmp_path / "w", 20_000_000)
    stored, back = place(bucket, endpoint), place(tmp_path / "back")
    assert copy(place(tmp_path), "w", stored).sha256 == expected
    assert digest(stored, "w").sha256 == expected
    assert copy(stored, "w", back).sha256 == expected
    assert digest(back, "w").sha256 == expected


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    """Copies go into a fresh folder; a file that is there already is somebody else's."""
    random_file(tmp_path / "w", 5)
    write_files(f"{tmp_path}/to", {"w": b"mine"})
    with pytest.raises(StorageError, match="FileExistsError"):
        copy(place(tmp_path), "w", place(tmp_path / "to"))
    assert contents(f"{tmp_path}/to") == {"w": b"mine"}


def test_a_kernel_that_fails_is_not_papered_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk stays a full disk."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "copy_file_range", full)
    random_file(tmp_path / "w", checkpoint._SMALL + 1)
    with pytest.raises(StorageError, match="No space left on device"):
        copy(place(tmp_path), "w", place(tmp_path / "to"))


def test_a_store_that_lost_bytes_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size that arrived is asked for."""
    random_file(tmp_path / "w", 5)
    monkeypatch.setattr(Place, "size", lambda _: 4)
    with pytest.raises(StorageError, match="has 4 bytes after 5 were sent"):
        copy(place(tmp_path), "w", place(tmp_path / "to"))


def test_a_copy_that_shrinks_while_it_is_hashed_is_found_out(tmp_path: Path) -> None:
    """Whoever cuts the copy meanwhile gets an error, not a wrong checksum."""
    random_file(tmp_path / "file", 10)
    with (
        (tmp_path / "file").open("rb") as file,
        pytest.raises(OSError, match="shorter than what was written"),
    ):
        checkpoint._hash_range(hashlib.sha256(), file.fileno(), 5, 20)
