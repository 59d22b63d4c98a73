# SPDX-License-Identifier: Apache-2.0
"""A bucket that gcsfuse mounts as a folder, as Vertex AI does for each step: a model replaced file by file.

There a folder that holds files is not renamed (EMFILE, unless --rename-dir-limit allows it), and a file is:
https://github.com/GoogleCloudPlatform/gcsfuse/blob/master/docs/semantics.md. So model.json goes first and
comes last. Between, the folder holds no model, and a list in it says which of its files are ours, so that the
next call finishes what a killed one began.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kfp_katib.storage.model_json import MODEL_JSON, list_name
from kfp_katib.storage.places import Place, files_below


def put_file_by_file(staging: Path, folder: Path) -> None:
    """Replace what is in a folder by what is in another, whose files are moved, model.json last."""
    folder.mkdir(exist_ok=True)
    old, new = (files_below(Place(str(path), path)) for path in (folder, staging))
    unfinished = list_name(uuid.uuid4().hex[:12])
    (folder / unfinished).write_text(json.dumps(sorted(old | new)))
    unlink(folder, {MODEL_JSON})
    unlink(folder, old)
    for parent, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):  # all but those that are empty
            Path(parent).rmdir()
    for name in sorted(new, key=lambda name: (name == MODEL_JSON, name)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).rename(folder / name)
    unlink(folder, {unfinished})


def unlink(folder: Path, names: Iterable[str]) -> None:
    """Delete files from a folder; one that is gone already is not an error."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
