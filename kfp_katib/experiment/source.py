# SPDX-License-Identifier: Apache-2.0
"""Read a file, text or object as plain data, or refuse it with one clear reason; nothing here knows Katib.

Nothing a source contains may cost more than a second or 200 MB.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, NoReturn, Protocol

import yaml

from kfp_katib.experiment.files import contents, decoded, file_of
from kfp_katib.experiment.line_numbers import placed, repeated
from kfp_katib.experiment.plain import (
    DUPLICATE_KEY,
    LIMIT_BYTES,
    NOT_A_MAPPING,
    NOT_PARSABLE,
    UnreadableError,
    plain,
    too_deep,
    too_large,
    utf8,
)
from kfp_katib.experiment.problem import Origin, Problem
from kfp_katib.experiment.yaml_nodes import parsed

_MEANS_JSON = re.compile(r'\s*\{\s*"')


class TypedModel(Protocol):
    """An Experiment as an object of kubeflow-katib or kubeflow-katib-api."""

    def to_dict(self) -> dict[str, Any]:
        """The same as a dictionary."""


Source = str | bytes | bytearray | os.PathLike[str] | Mapping[str, Any] | TypedModel
"""What a manifest can be read from."""


class Read(NamedTuple):
    """Plain data, and the text that they were read from."""

    data: dict[str, Any]
    origin: Origin


def read(source: object) -> dict[str, Any]:
    """The source as plain data.

    Args:
        source: What `Source` says; anything else is refused.

    Raises:
        UnreadableError: The source holds no mapping of plain data.
    """
    return read_from(source, []).data


def read_from(source: object, remarks: list[Problem]) -> Read:
    """The same with the text, in which a field's line can be found.

    Args:
        source: As for `read`.
        remarks: Gets a warning for each value of a YAML text that kubectl reads differently.

    Raises:
        UnreadableError: The source holds no mapping of plain data; its problem names the file and line.
    """
    path = file_of(source)
    file = str(path or "")
    origin = Origin(file=file)
    try:
        given = _text(source if path is None else contents(path))
        if isinstance(given, str):
            given, origin = _parsed(given, remarks), Origin(given, file)
        data = plain(given)
        return Read(data if isinstance(data, dict) else _refuse(data), origin)
    except UnreadableError as err:
        err.problem = placed(err.problem, origin)
        raise


def _refuse(data: Any) -> NoReturn:
    if data is None:
        raise UnreadableError(NOT_A_MAPPING, "The manifest is empty.", "Give a Katib Experiment.")
    message = f"The manifest is not a mapping but {type(data).__name__}."
    fix = "Give a mapping with apiVersion, kind, metadata and spec."
    if file_of(data):
        fix = "It looks like a file's name: give the text that is in that file."
    if isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict) and "kind" in data[0]:
        fix = "Remove the dash in front of it."
    raise UnreadableError(NOT_A_MAPPING, message, fix, value=str(data)[:80])


def _text(source: object) -> object:
    """The source, as text if it is bytes."""
    return decoded(bytes(source)) if isinstance(source, (bytes, bytearray)) else source


def _parsed(text: str, remarks: list[Problem]) -> Any:
    if len(text) > LIMIT_BYTES:
        raise too_large(LIMIT_BYTES, len(text))
    utf8(text)
    broken = None
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_unique)
        except RecursionError as err:
            raise too_deep() from err
        except _RepeatedError as err:
            message = f"The key '{err.args[0]}' appears twice in one mapping."
            raise UnreadableError(
                DUPLICATE_KEY, message, "Keep one of them.", value=err.args[0], line=repeated(text)
            ) from err
        except ValueError as err:  # YAML's flow style, or broken
            broken = err if _MEANS_JSON.match(text) else None
    try:
        return parsed(text, remarks)
    except yaml.YAMLError as err:
        raise _no_json(broken) if isinstance(broken, json.JSONDecodeError) else _no_yaml(text, err) from err
    except ValueError as err:  # a number of more digits than Python converts
        fix = "Quote the value where text is meant."
        raise UnreadableError(NOT_PARSABLE, f"The text is not YAML: {err}.", fix) from err


class _RepeatedError(Exception):
    """A key stands twice in one mapping of JSON."""


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedError(key)
        found[key] = value
    return found


def _no_json(err: json.JSONDecodeError) -> UnreadableError:
    message = f"The text is not JSON at line {err.lineno}, column {err.colno}: {err.msg}."
    fix = "Check the commas, quotes and brackets there."
    return UnreadableError(NOT_PARSABLE, message, fix, line=err.lineno)


def _no_yaml(text: str, err: yaml.YAMLError) -> UnreadableError:
    """Where the text stops being YAML; a colon is missed one line after it should have stood."""
    mark, around = getattr(err, "problem_mark", None), getattr(err, "context_mark", None)
    what = getattr(err, "problem", None) or str(err).partition("\n")[0]
    if "':'" in what and around:
        mark, around = around, None
    if not mark:
        return UnreadableError(
            NOT_PARSABLE, f"The text is not YAML: {what}.", "Check indentation and quotes."
        )
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    seen, fix = _seen_there(line, what, mark, around.line + 1 if around else None)
    return UnreadableError(NOT_PARSABLE, seen, fix, line=mark.line + 1)


def _seen_there(line: str, what: str, mark: yaml.Mark, begins: int | None) -> tuple[str, str]:
    """What we saw in the line, and what to do."""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "The line is indented with a tab.", "Indent with spaces: YAML allows no tabs."
    if line.startswith("```"):
        return "The line is a fence of Markdown.", "Keep what is between the fences."
    since = f" in what begins at line {begins}" if begins and begins <= mark.line else ""
    message = f"The text is not YAML at line {mark.line + 1}, column {mark.column + 1}: {what}{since}."
    return message, "Check the indentation and quotes there."
