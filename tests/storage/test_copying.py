# SPDX-License-Identifier: Apache-2.0
"""Copies are byte for byte, whatever the size and the store, and the digest is that of what arrived."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from kfp_katib.errors import StorageError
from kfp_katib.storage import copying
from kfp_katib.storage.copying import copy, digest
from kfp_katib.storage.places import Place, place
from tests.storage.models import contents

SIZES = [0, 1, copying._SMALL, copying._SMALL + 1, copying._PIECE, 2 * copying._PIECE + 7]


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
    expected = random_file(tmp_path / "from", size)
    found = copy(place(tmp_path / "from"), place(tmp_path / "new" / "to"))
    assert (found.sha256, found.bytes) == (expected, size)
    assert digest(place(tmp_path / "new" / "to")) == found


def test_to_an_object_store_and_back(tmp_path: Path, bucket: str, endpoint: str) -> None:
    """Larger than one request either way."""
    expected = random_file(tmp_path / "from", 20_000_000)
    stored = place(f"{bucket}/file", endpoint)
    assert copy(place(tmp_path / "from"), stored).sha256 == expected
    assert digest(stored).sha256 == expected
    assert copy(stored, place(tmp_path / "to")).sha256 == expected
    assert digest(place(tmp_path / "to")).sha256 == expected


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    """Copies go into a fresh folder; a file that is there already is somebody else's."""
    random_file(tmp_path / "from", 5)
    (tmp_path / "to").write_text("mine")
    with pytest.raises(StorageError, match="FileExistsError"):
        copy(place(tmp_path / "from"), place(tmp_path / "to"))
    assert contents(str(tmp_path))["to"] == b"mine"


def test_a_kernel_that_fails_is_not_papered_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk stays a full disk."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "copy_file_range", full)
    random_file(tmp_path / "from", copying._SMALL + 1)
    with pytest.raises(StorageError, match="No space left on device"):
        copy(place(tmp_path / "from"), place(tmp_path / "to"))


def test_a_store_that_lost_bytes_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size that arrived is asked for."""
    random_file(tmp_path / "from", 5)
    monkeypatch.setattr(Place, "size", lambda _: 4)
    with pytest.raises(StorageError, match="has 4 bytes after 5 were sent"):
        copy(place(tmp_path / "from"), place(tmp_path / "to"))


def test_a_copy_that_shrinks_while_it_is_hashed_is_found_out(tmp_path: Path) -> None:
    """Whoever cuts the copy meanwhile gets an error, not a wrong checksum."""
    random_file(tmp_path / "file", 10)
    with (
        (tmp_path / "file").open("rb") as file,
        pytest.raises(OSError, match="shorter than what was written"),
    ):
        copying._hash_range(hashlib.sha256(), file.fileno(), 5, 20)
