# SPDX-License-Identifier: Apache-2.0
"""Paths become absolute, URIs stay, and minio:// is s3://."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfp_katib.addresses import absolute, as_s3, is_uri


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
        ("s3://bucket/minio://x", "s3://bucket/minio://x"),
        ("/data", "/data"),
    ],
)
def test_minio_is_s3(address: str, expected: str) -> None:
    """Only as the scheme."""
    assert as_s3(address) == expected
