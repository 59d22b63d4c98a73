# SPDX-License-Identifier: Apache-2.0
"""A bucket's address and its mounted path are two names of one place."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.errors import InputError
from kfp_katib.vertex.buckets import bucket_uri, mounted

PLACES = [
    ("gs://bucket/models", "/gcs/bucket/models"),
    ("gs://bucket/models/", "/gcs/bucket/models"),
    ("gs://my-bucket_1.example.org/a/b c", "/gcs/my-bucket_1.example.org/a/b c"),
    ("gs://bucket", "/gcs/bucket"),
    ("gs://b/m", "/gcs/b/m"),
    ("gs://bucket/..a/.b", "/gcs/bucket/..a/.b"),
]

NO_PLACES = [
    "",
    "s3://bucket/models",
    "/data/models",
    "/gcs",
    "/gcs/",
    "/gcsfuse/bucket",
    "gs:/bucket/models",
    "gs://",
    "gs:///models",
    "gs://Bucket/models",
    "gs://bucket/../other",
    "gs://bucket/a/..",
    "gs://bucket/./a",
    "gs://bucket//a",
    "/gcs/../etc",
]


@pytest.mark.parametrize(("uri", "path"), PLACES)
def test_an_address_is_a_path_below_the_mount(uri: str, path: str) -> None:
    """A trial reads and writes the bucket as files."""
    assert mounted(uri) == path


@pytest.mark.parametrize(("uri", "path"), PLACES)
def test_a_path_below_the_mount_is_an_address(uri: str, path: str) -> None:
    """What a trial wrote is found again from outside."""
    assert bucket_uri(Path(path)) == uri.rstrip("/")


@pytest.mark.parametrize(("uri", "path"), PLACES)
def test_what_is_translated_already_stays(uri: str, path: str) -> None:
    """Nobody must know whether a place was translated before."""
    assert (mounted(path), bucket_uri(uri)) == (path, uri.rstrip("/"))


@pytest.mark.parametrize("translate", [mounted, bucket_uri])
@pytest.mark.parametrize("place", NO_PLACES)
def test_any_other_place_is_refused(translate: type[str], place: str) -> None:
    """A disk or another store is nothing that Vertex AI mounts, and `..` leads out of the bucket."""
    with pytest.raises(InputError, match=r"is no place in Google Cloud Storage. Give gs://bucket/folder"):
        translate(place)


def test_a_variable_names_another_mount(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A trial's entry point can be tried where /gcs is not."""
    monkeypatch.setenv("KFP_KATIB_GCS_MOUNT", f"{tmp_path}/")
    assert mounted("gs://bucket/models") == f"{tmp_path}/bucket/models"
    assert bucket_uri(tmp_path / "bucket" / "models") == "gs://bucket/models"
