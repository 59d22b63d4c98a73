# SPDX-License-Identifier: Apache-2.0
"""Files behind addresses are read where they lie: not copied, and never whole in memory."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import boto3
import numpy as np
import pytest
from s3fs import S3FileSystem
from s3fs.core import S3File

from tests.training.data.showers import (
    cells,
    cut,
    pieces_in,
    prepared,
    read_point,
    write_calochallenge,
    write_hdf5,
)
from training.data import files
from training.data.dataset import open_part
from training.data.source import blocks, find
from training.errors import DataError
from training.geometry import Point
from training.prepare import prepare

ZENODO = "SiW_angle_90.h5"
NOBODY = 65534


def upload(address: str, folder: Path) -> None:
    """Copy a folder's files into a bucket, or into a folder of one."""
    client = boto3.client("s3")
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    for path in folder.rglob("*"):
        if path.is_file():
            name = str(path.relative_to(folder))
            client.upload_file(str(path), bucket, f"{prefix}/{name}" if prefix else name)


def test_a_bucket_of_published_files_is_prepared(bucket: str, tmp_path: Path) -> None:
    """As the same files in a folder are; the checksums are the same, too."""
    write_hdf5(tmp_path / f"files/SiW/{ZENODO}", {"64": cells(20), "2": cells(10)}, compression="gzip")
    upload(bucket, tmp_path / "files")
    from_bucket = prepare(bucket, tmp_path / "remote")
    from_folder = prepare(str(tmp_path / "files"), tmp_path / "local")
    assert from_bucket["checksums"] == from_folder["checksums"]
    assert from_bucket["source"] == bucket


@pytest.mark.parametrize("name", ["m[1]", "m*", "m//x", "m {1,2}#%31 ü"])
def test_a_folder_is_found_by_its_name_alone(bucket: str, tmp_path: Path, name: str) -> None:
    """What a pattern or a prefix would find as well is somebody else's data."""
    write_hdf5(tmp_path / ZENODO, {"64": cells(10)})
    for folder in (name, "m1", "mx", "m"):
        upload(f"{bucket}/{folder}", tmp_path)
    assert files.hdf5_files(f"{bucket}/{name}") == (f"{bucket}/{name}/{ZENODO}",)
    assert len(pieces_in(f"{bucket}/{name}")) == 1


def test_one_object_of_the_challenge_is_a_source(bucket: str, tmp_path: Path) -> None:
    """Named by its own address."""
    write_calochallenge(tmp_path / "dataset_2_1.hdf5", 10)
    upload(bucket, tmp_path)
    (piece,) = pieces_in(f"{bucket}/dataset_2_1.hdf5")
    (block,) = blocks([piece], count=4, at_most_bytes=2**30)
    assert block.energies_gev == pytest.approx(np.geomspace(1.0, 1000.0, 10)[:4])


def test_only_what_is_asked_for_is_fetched(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 60 MB, ten showers cost some windows of 4 MiB."""
    stored = np.zeros((15_000, 10, 10, 10), dtype=np.float32)
    write_hdf5(tmp_path / ZENODO, {"64": stored}, chunks=(64, 10, 10, 10))
    upload(bucket, tmp_path)
    fetched: list[int] = []
    fetch = S3File._fetch_range

    def counted(file: S3File, start: int, end: int) -> bytes:
        fetched.append(end - start)
        return bytes(fetch(file, start, end))

    monkeypatch.setattr(S3File, "_fetch_range", counted)
    (block,) = blocks(pieces_in(bucket), count=10, at_most_bytes=2**20)
    assert len(block) == 10
    assert 0 < sum(fetched) <= 6 * files.WINDOW_BYTES < 0.5 * stored.nbytes


def test_a_prepared_set_is_read_where_it_lies(bucket: str, tmp_path: Path) -> None:
    """A trial's pod needs no disk for it."""
    prepared(tmp_path)
    upload(bucket, tmp_path)
    point = Point("SiW", 90.0, 4.0)
    remote, local = open_part(bucket, "test"), open_part(tmp_path, "test")
    assert remote.counts == local.counts
    assert np.array_equal(read_point(remote, point).cells_mev, read_point(local, point).cells_mev)


def test_half_an_object_is_named(bucket: str, tmp_path: Path) -> None:
    """An upload that was cut off."""
    cut(write_hdf5(tmp_path / ZENODO, {"64": cells(500)}))
    upload(bucket, tmp_path)
    with pytest.raises(DataError, match=rf"s3://.*{ZENODO}: not a usable HDF5 file"):
        find(bucket)


def test_an_empty_bucket_and_a_missing_one_are_named(bucket: str) -> None:
    """Before anything is written."""
    with pytest.raises(DataError, match=f"{bucket}: no .h5 file lies there. Check the address"):
        find(bucket)
    with pytest.raises(DataError, match="s3://nowhere-at-all: "):
        find("s3://nowhere-at-all")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Could not connect"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "credentials"),
    ],
    ids=["no server", "no credentials"],
)
def test_a_store_that_cannot_be_reached_is_named(
    bucket: str, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], message: str
) -> None:
    """In one line, as any other mistake."""
    S3FileSystem.clear_instance_cache()
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(
        DataError, match=f"{bucket}/dataset.json: cannot be read .*{message}.* Check the address"
    ):
        find(bucket)
    S3FileSystem.clear_instance_cache()


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that this process may not look into; root may, so it is nobody meanwhile."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0)
    own = os.geteuid()
    if own == 0:
        os.seteuid(NOBODY)
    yield folder
    os.seteuid(own)
    folder.chmod(0o700)


@pytest.mark.parametrize("look", [files.read, files.size], ids=["read", "size"])
def test_a_folder_that_may_not_be_looked_into_is_named(locked: Path, look: Callable[[Path], object]) -> None:
    """With what to check."""
    with pytest.raises(DataError, match=r"locked/dataset\.json: cannot be read .*denied.*Check the permiss"):
        look(locked / "dataset.json")


def test_a_file_that_is_no_text_is_no_declaration(tmp_path: Path) -> None:
    """Whatever its bytes are."""
    (tmp_path / "dataset.json").write_bytes(b"\x89HDF\xff")
    with pytest.raises(DataError, match="not a declaration of showers"):
        open_part(tmp_path, "test")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("models", Path("models")),
        ("file:///a%20b/c", Path("/a b/c")),
        ("file://localhost/a", Path("/a")),
        ("s3://b/c/", "s3://b/c"),
    ],
)
def test_a_file_address_is_a_folder_of_this_machine(address: str, expected: files.Place) -> None:
    """With its escapes undone."""
    assert files.place(address) == expected


def test_a_file_address_of_another_machine_is_refused() -> None:
    """As a path it would be a folder of that name here."""
    with pytest.raises(DataError, match="names the machine 'host'"):
        files.place("file://host/x")


def test_a_name_is_a_name_and_no_chain(tmp_path: Path) -> None:
    """Fsspec would read `::` in a path as a chain of stores; a folder here may have any name."""
    write_hdf5(tmp_path / "m::x" / ZENODO, {"64": cells()})
    assert len(pieces_in(tmp_path / "m::x")) == 1


@pytest.mark.skipif(find_spec("fsspec_xrootd") is not None, reason="the package is here")
def test_eos_by_root_needs_its_package() -> None:
    """A mounted /eos is a folder; root:// is read by fsspec-xrootd, which brings XRootD along."""
    with pytest.raises(DataError, match=r"no package here reads root:// .* Install .* fsspec-xrootd"):
        find("root://eosuser.cern.ch//eos/user/s/someone/showers")


def test_an_unknown_scheme_is_named() -> None:
    """With what would do."""
    with pytest.raises(DataError, match=r"no package here reads nosuch://.* use a mounted folder or s3://"):
        find("nosuch://somewhere")


def test_a_file_that_may_not_be_opened_is_not_called_damaged(tmp_path: Path) -> None:
    """Nobody is told to remove what a missing ticket hides; a folder of a file's name refuses as well."""
    (tmp_path / ZENODO).mkdir()
    with pytest.raises(DataError, match=rf"{ZENODO}: cannot be read .* Check the permissions and, on EOS"):
        find(tmp_path)


def test_files_are_read_without_locks(tmp_path: Path) -> None:
    """Mounted EOS and NFS often refuse them, and another reader may hold one."""
    path = write_hdf5(tmp_path / ZENODO, {"64": cells()})
    with path.open("rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        with files.hdf5(path) as file:
            assert list(file) == ["64"]
