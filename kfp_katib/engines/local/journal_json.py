# SPDX-License-Identifier: Apache-2.0
"""The JSON of the journal's lines, and whether it has the shape that it should have."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError


def parse(text: bytes) -> Any:
    """The JSON of a line.

    Raises:
        ValueError: It is not JSON, or a string in it is not valid text.
    """
    try:
        log = json.loads(text.decode())
        if b"\\ud" in text.lower():
            json.dumps(log, ensure_ascii=False).encode()
    except RecursionError as err:
        raise ValueError("its brackets are nested too deeply") from err
    return log


def valid(shape: TypeAdapter[Any], value: Any, where: str = "") -> Any:
    """Check a value against its shape, and return it parsed.

    Raises:
        ValueError: It has another shape; the message begins with `where`.
    """
    try:
        return shape.validate_python(value)
    except ValidationError as err:
        first = err.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}{place}: {first['msg']}" if place else f"{where}{first['msg']}") from err
    except OverflowError as err:  # a date out of range
        raise ValueError(f"{where}{err}") from err
