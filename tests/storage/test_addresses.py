# SPDX-License-Identifier: Apache-2.0
"""Every place has one spelling, and what is no place is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from fsspec.registry import known_implementations

from kfp_katib.errors import InputError
from kfp_katib.storage.addresses import absolute, is_uri, stored, within

PLACES = {"abfs", "abfss", "az", "file", "gcs", "gs", "local", "s3", "s3a"}
NAMED = {"ftp", "http", "https", "memory"}
OTHERS = sorted({*known_implementations} - PLACES - NAMED)
"""What fsspec knows beside the places for models: archives, caches, sites, and stores that want more."""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("models", "{here}/models", id="relative path"),
        pytest.param("/eos/models", "/eos/models", id="absolute path"),
        pytest.param("s3://bucket/models", "s3://bucket/models", id="uri"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_path_is_made_absolute(
    address: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trials may run in another folder; nothing must not become the current one."""
    monkeypatch.chdir(tmp_path)
    assert absolute(address) == expected.format(here=tmp_path)


@pytest.mark.parametrize(("address", "expected"), [("gs://a/b", True), ("file:///a", True), ("/a/b", False)])
def test_a_uri_has_a_scheme(address: str, expected: bool) -> None:
    """Everything else is a path."""
    assert is_uri(address) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("minio://bucket/data", "s3://bucket/data"),
        ("s3a://bucket/data/", "s3://bucket/data"),
        ("S3://Bucket/Data", "s3://Bucket/Data"),
        ("gcs://bucket", "gs://bucket"),
        ("s3://bucket/minio://x", "s3://bucket/minio://x"),
        ("s3://bucket//a//b///", "s3://bucket//a//b"),
        ("s3://bucket/a b/[1]/ü*?", "s3://bucket/a b/[1]/ü*?"),
        ("/data/", "/data"),
        ("/data/a%20b", "/data/a%20b"),
        ("file:///data/a%20b/", "/data/a b"),
        ("FILE://localhost/data", "/data"),
        ("file:/data", "/data"),
        ("local:///data", "/data"),
        ("http://host/data.h5", "http://host/data.h5"),
        ("root://eos.cern.ch//eos/x/", "root://eos.cern.ch//eos/x"),
        ("/data/C:/x", "/data/C:/x"),
    ],
)
def test_a_place_has_one_spelling(address: str, expected: str) -> None:
    """Trials and pipeline get the same text, so they mean the same folder."""
    assert absolute(address) == expected


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("s3:/bucket/x", r"names no bucket: write s3://bucket/folder"),
        ("s3:bucket", r"names no bucket"),
        ("S3:/bucket", r"names no bucket"),
        ("s3://", r"names no bucket"),
        ("s3:///x", r"names no bucket"),
        ("gs://a b/x", r"names no bucket"),
        ("s3://key:secret@bucket/x", r"names no bucket"),
        ("file://host/x", r"names no folder of this machine"),
        ("local://x", r"names no folder of this machine"),
        ("file:x", r"names no folder of this machine"),
        ("file:///", r"names no folder of this machine"),
        ("file:///a%00b", r"names no folder of this machine"),
        ("http:/host", r"lacks a slash"),
        ("/data\0/x", r"holds a control character"),
        ("s3://bucket/x\n", r"holds a control character"),
        ("/data/\ud800", r"holds a control character"),
        ("simplecache::s3://bucket/x", r"has no scheme"),
        ("://x", r"has no scheme"),
        ("s3 ://x", r"has no scheme"),
        (" /data", r"has white space around it"),
        ("s3://bucket/x ", r"has white space around it"),
    ],
)
def test_a_slip_is_refused(address: str, message: str) -> None:
    """As a path or a bucket of that name it would take everything and be found by nobody."""
    with pytest.raises(InputError, match=message) as caught:
        absolute(address)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "The address of the models is empty"),
        (" ", "The address of the models is empty"),
        ("memory://x", "the models: 'memory://x' lies in one process"),
        ("https://host/x", "can be read but not written to"),
        ("ftp://host/x", "cannot replace a folder"),
        ("s3://bucket/x?versionId=1", "is one version of an object"),
        ("s3:/x", "names no bucket"),
        *((f"{scheme}://x", f"{scheme}:// addresses are not supported") for scheme in OTHERS),
    ],
)
def test_what_holds_no_files_is_no_place_for_models(address: str, message: str) -> None:
    """Before anything runs, rather than when the first model is written."""
    with pytest.raises(InputError, match=message):
        stored(address, "the models")


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        ("s3://b/m", "s3://b/m", True),
        ("s3://b/m/x", "s3://b/m", True),
        ("s3://b/m1", "s3://b/m", False),
        ("s3://b/m", "s3://b/m/x", False),
        ("/m/../m/x", "/m", True),
        ("/m1", "/m", False),
        ("/m/x", "s3://b/m", False),
    ],
)
def test_one_place_lies_in_another(inner: str, outer: str, expected: bool) -> None:
    """By whole parts of the path."""
    assert within(inner, outer) is expected


def test_links_are_followed(tmp_path: Path) -> None:
    """A mount is often reached by one."""
    (tmp_path / "models").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "models")
    assert within(str(tmp_path / "link" / "x"), str(tmp_path / "models"))
