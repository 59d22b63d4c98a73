# SPDX-License-Identifier: Apache-2.0
"""Bring a model into object storage, which is no folder."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec


def upload(folder: Path, address: str) -> None:
    """Copy a declared model to an address such as s3://bucket/models/search/trial."""
    store, root = fsspec.url_to_fs(address)
    if store.exists(f"{root}/model.json"):
        store.rm(f"{root}/model.json")
    names = json.loads((folder / "model.json").read_text())["files"]
    for name in [*names, "model.json"]:
        store.put_file(str(folder / name), f"{root}/{name}")
