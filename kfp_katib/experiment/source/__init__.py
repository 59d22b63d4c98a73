# SPDX-License-Identifier: Apache-2.0
"""Whatever a user hands over becomes plain data, or one clear refusal; nothing here knows Katib.

Nothing a source contains may cost more than a second or 200 MB.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from kfp_katib.experiment.problem import Problem
from kfp_katib.experiment.source.plain import plain, valid_text
from kfp_katib.experiment.source.refusal import (
    DUPLICATE_KEY,
    FILE_UNREADABLE,
    LIMIT_BYTES,
    NOT_A_MAPPING,
    NOT_TEXT,
    RULES,
    UnreadableError,
    refuse,
    too_deep,
    too_large,
)
from kfp_katib.experiment.source.yaml_text import parse_yaml

__all__ = ["RULES", "UnreadableError", "describe", "plain", "read"]


def describe(source: object) -> str:
    """What messages call the source."""
    return str(source) if isinstance(source, Path) else "the manifest"


def read(source: object, remarks: list[Problem] | None = None) -> dict[str, Any]:
    """The source as plain data.

    Args:
        source: YAML or JSON text (str or bytes), the Path of a file, a mapping, or an object of
            kubeflow-katib or kubeflow-katib-api.
        remarks: Gets a warning for each value of a YAML text that kubectl reads otherwise.

    Raises:
        UnreadableError: The source holds no mapping of plain data.
    """
    if isinstance(source, Path):
        source = _file(source)
    if isinstance(source, (bytes, bytearray)):
        source = _decoded(bytes(source))
    data = plain(_parsed(source, remarks) if isinstance(source, str) else source)
    return data if isinstance(data, dict) else _refuse_shape(data, source)


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LIMIT_BYTES + 1)
    except (OSError, ValueError) as err:
        reason = getattr(err, "strerror", None) or str(err)
        refuse(FILE_UNREADABLE, f"The file cannot be read: {reason}.", "Check the path and its permissions.")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        if len(data) > LIMIT_BYTES:
            too_large(LIMIT_BYTES, len(data))
        refuse(NOT_TEXT, f"Byte {err.start} is not UTF-8.", "Save the manifest as UTF-8 text.")


def _parsed(text: str, remarks: list[Problem] | None) -> Any:
    if len(text) > LIMIT_BYTES:
        too_large(LIMIT_BYTES, len(text))
    valid_text(text)
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_unique)
        except RecursionError:
            too_deep()
        except ValueError:
            pass  # YAML's flow style, or broken; the YAML parser says where
    return parse_yaml(text, remarks)


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            refuse(
                DUPLICATE_KEY, f"The key '{key}' stands twice in one mapping.", "Keep one of them.", value=key
            )
        found[key] = value
    return found


def _refuse_shape(data: object, source: object) -> NoReturn:
    if data is None:
        refuse(NOT_A_MAPPING, "The manifest is empty.", "Give a Katib Experiment.")
    fix = "Give a mapping with apiVersion, kind, metadata and spec."
    if isinstance(source, str) and "\n" not in source and source.endswith((".yaml", ".yml", ".json")):
        fix = "It looks like a file's name: pass it as a pathlib.Path."
    refuse(
        NOT_A_MAPPING, f"The manifest is not a mapping but {type(data).__name__}.", fix, value=str(data)[:80]
    )
