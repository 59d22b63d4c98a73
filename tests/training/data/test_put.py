# SPDX-License-Identifier: Apache-2.0
"""Files are written to addresses as they are to folders; what is there is whole, and a name is a name."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from training.data.files import below, place, put, read, remove
from training.errors import DataError

NAMES = ["m[1]", "m*", "m?", "m//x", "m {1,2}#%31 ü"]


def written(path: Path, content: str) -> Path:
    """A file of the test's own."""
    path.write_text(content)
    return path


def test_a_store_that_does_not_answer_is_no_empty_store(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an interrupted training has left there is not given up."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for ask in (read, remove):
        with pytest.raises(DataError, match=f"{bucket}/model/state: cannot be .* Check the address"):
            ask(f"{bucket}/model/state")


@pytest.mark.usefixtures("no_patterns")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["folder", "bucket", "gcs_bucket"])
def test_a_name_is_a_name_and_no_pattern(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, name: str
) -> None:
    """Put, put again, read and removed; what a pattern would hit as well stays."""
    root = str(tmp_path) if kind == "folder" else request.getfixturevalue(kind)
    besides = [place(f"{root}/{beside}") for beside in ("m1", "mx", "m")]
    for beside in besides:
        put(written(tmp_path / "file", "beside"), beside, "state*")
    folder = place(f"{root}/{name}")
    for content in ("first", "second"):
        put(written(tmp_path / "file", content), folder, "state*")
        assert read(below(folder, "state*")) == content.encode()
    assert read(below(folder, "state*.part")) is None
    remove(below(folder, "state*"))
    remove(below(folder, "state*"))
    assert read(below(folder, "state*")) is None
    assert {read(below(beside, "state*")) for beside in besides} == {b"beside"}


@pytest.mark.parametrize("scheme", ["", "local://"], ids=["folder", "store with folders"])
def test_the_file_or_its_part_is_there_at_every_moment(tmp_path: Path, scheme: str) -> None:
    """A store with folders may show half a file; who was killed there finds the other half's whole."""
    folder = place(f"{scheme}{tmp_path}/model")
    for content in ("first", "second"):
        put(written(tmp_path / "file", content), folder, "state")
    assert read(below(folder, "state")) == b"second"
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["state"]


def test_no_bucket_is_made_by_writing_to_it(bucket: str, tmp_path: Path) -> None:
    """A slip in its name would be a bucket of that name, with the models in it."""
    slip = f"{bucket}-typo".removeprefix("s3://")
    with pytest.raises(DataError, match=rf"there is no bucket '{slip}'\. Make it"):
        put(written(tmp_path / "file", ""), f"s3://{slip}/x", "state")
    assert slip not in {found["Name"] for found in boto3.client("s3").list_buckets()["Buckets"]}
