# SPDX-License-Identifier: Apache-2.0
"""Models are delivered to addresses as they are to folders: all of it, and the declaration last."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.data.remote import delivered, failures, folder_of, put, read, remove
from training.errors import DataError


def test_a_folder_is_used_as_it_is(tmp_path: Path) -> None:
    """Nothing is copied."""
    with delivered(str(tmp_path), last="model.json") as target:
        assert target == tmp_path


def test_an_address_that_no_package_knows_is_refused_at_the_start() -> None:
    """Not when the training is over."""
    with (
        pytest.raises(DataError, match="nosuch://models: no package here reads nosuch://"),
        delivered("nosuch://models", last="model.json"),
    ):
        raise AssertionError("trained for nothing")


def test_a_store_that_does_not_answer_is_no_empty_store(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an interrupted training has left there is not given up."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for ask in (read, remove):
        with pytest.raises(failures()):
            ask(f"{bucket}/model", "state")


def test_files_are_delivered_when_all_went_well(tmp_path: Path) -> None:
    """The declaration of an earlier attempt is gone while the new one is made."""
    (tmp_path / "model.json").write_text("old")
    with delivered(f"file://{tmp_path}", last="model.json") as folder:
        assert not (tmp_path / "model.json").exists()
        (folder / "model.json").write_text("new")
        (folder / "weights").write_text("weights")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "model.json": "new",
        "weights": "weights",
    }


def test_the_declaration_is_delivered_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees it can read what it names."""
    from fsspec.implementations.local import LocalFileSystem

    order = []
    put_file = LocalFileSystem.put_file

    def noted(self: LocalFileSystem, source: str, target: str, **options: object) -> None:
        order.append(Path(target).name)
        put_file(self, source, target, **options)

    monkeypatch.setattr(LocalFileSystem, "put_file", noted)
    with delivered(f"file://{tmp_path}", last="model.json") as folder:
        for name in ("a", "model.json", "z"):
            (folder / name).touch()
    assert order == ["a", "z", "model.json"]


def test_a_failed_training_delivers_nothing(tmp_path: Path) -> None:
    """Half a model is no model."""

    def fail() -> None:
        with delivered(f"file://{tmp_path}", last="model.json") as folder:
            (folder / "weights").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


NAMES = ["m[1]", "m*", "m?", "m//x", "m::x", "m {1,2}#%31 ü"]


@pytest.mark.usefixtures("no_patterns")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["folder", "bucket", "gcs_bucket"])
def test_a_name_is_a_name_and_no_pattern(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, name: str
) -> None:
    """Put, put again, read, delivered and removed; what a pattern would hit as well stays."""
    root = str(tmp_path) if kind == "folder" else request.getfixturevalue(kind)
    for beside in ("m1", "mx", "m"):
        put(written(tmp_path / "file", "beside"), f"{root}/{beside}", "state*")
    address = f"{root}/{name}"
    for content in ("first", "second"):
        put(written(tmp_path / "file", content), address, "state*")
        assert read(address, "state*") == content.encode()
    assert read(address, "state*.part") is None
    remove(address, "state*")
    remove(address, "state*")
    assert read(address, "state*") is None
    with delivered(address, last="model.json") as folder:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "w[0]").write_text("weights")
        (folder / "model.json").write_text("declared")
    assert (read(address, "w[0]"), read(address, "model.json")) == (b"weights", b"declared")
    assert {read(f"{root}/{beside}", "state*") for beside in ("m1", "mx", "m")} == {b"beside"}


def written(path: Path, content: str) -> Path:
    """A file of the test's own."""
    path.write_text(content)
    return path


def test_a_store_with_folders_has_the_file_or_its_part_at_every_moment(tmp_path: Path) -> None:
    """Such a store may show half a file; who was killed there finds the other half's whole."""
    address = f"local://{tmp_path}/model"
    for content in ("first", "second"):
        put(written(tmp_path / "file", content), address, "state")
    assert read(address, "state") == b"second"
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["state"]


def test_no_bucket_is_made_by_writing_to_it(bucket: str, tmp_path: Path) -> None:
    """A slip in its name would be a bucket of that name, with the models in it."""
    import boto3

    slip = f"{bucket}-typo".removeprefix("s3://")
    with pytest.raises(DataError, match=rf"there is no bucket '{slip}'\. Make it"):
        put(tmp_path, f"s3://{slip}/x", "state")
    with (
        pytest.raises(DataError, match=f"there is no bucket '{slip}'"),
        delivered(f"s3://{slip}/x", last="model.json"),
    ):
        raise AssertionError("trained for nothing")
    assert slip not in {found["Name"] for found in boto3.client("s3").list_buckets()["Buckets"]}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("models", Path("models")),
        ("file:///a%20b/c", Path("/a b/c")),
        ("file://localhost/a", Path("/a")),
        ("s3://b/c", None),
    ],
)
def test_a_file_address_is_a_folder_of_this_machine(address: str, expected: Path | None) -> None:
    """With its escapes undone."""
    assert folder_of(address) == expected


def test_a_file_address_of_another_machine_is_refused() -> None:
    """As a path it would be a folder of that name here."""
    with pytest.raises(DataError, match="names the machine 'host'"):
        folder_of("file://host/x")


def test_a_bucket_is_an_address(bucket: str) -> None:
    """Delivered to an S3 server, in place of what an earlier attempt declared."""
    import fsspec

    files, _ = fsspec.core.url_to_fs(bucket)
    files.pipe_file(f"{bucket}/models/trial/model.json", b"old")
    with delivered(f"{bucket}/models/trial", last="model.json") as folder:
        assert not files.exists(f"{bucket}/models/trial/model.json")
        (folder / "model.json").write_text("declared")
        (folder / "weights").write_text("weights")
    found = {name.rsplit("/", 1)[-1]: files.cat_file(name) for name in files.find(f"{bucket}/models/trial")}
    assert found == {"model.json": b"declared", "weights": b"weights"}
