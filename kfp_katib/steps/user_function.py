# SPDX-License-Identifier: Apache-2.0
"""The user's own functions, named as `module:function`, and what they may return.

A step's image holds the user's package; the step calls one function of it. Every error before that function
runs quotes the name that the user wrote.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import hint

Function = Callable[..., Any]
Scalar = str | int | float


def resolve(name: str) -> Function:
    """The function behind a name such as `training.prepare:prepare`.

    Raises:
        InputError: The name has another form, or its module or function does not exist.
    """
    module_name, mark, attribute = name.partition(":")
    if not (mark and attribute.isidentifier() and all(p.isidentifier() for p in module_name.split("."))):
        raise InputError(f"function {name!r} is not `module:function`, such as 'training.prepare:prepare'.")
    module = _module(module_name, name)
    function: Function | None = getattr(module, attribute, None)
    if not callable(function):
        own = [key for key, item in vars(module).items() if inspect.isfunction(item) and key[0] != "_"]
        raise InputError(
            f"function {name!r}: {module_name} has no function {attribute!r}. {hint(attribute, own)}"
        )
    return function


def call(name: str, /, *args: Any, **options: Any) -> Any:
    """Call a user's function; its own exceptions pass through.

    Raises:
        InputError: It does not exist, or does not take these arguments.
    """
    function = resolve(name)
    signature = inspect.signature(function)
    try:
        signature.bind(*args, **options)
    except TypeError as err:
        raise InputError(f"function {name!r} cannot be called: {err}. It takes {signature}.") from err
    return function(*args, **options)


def write(what: str, name: str, source: object, target: Path, /, **options: Any) -> dict[str, Scalar]:
    """Have a user's function write to a path; return what it returned, as an artifact's metadata.

    Args:
        what: What it writes, for the message.
        name: The function, called as `function(source, target, **options)`.
        source: Its input.
        target: Where to write; parent folders are created.
        options: Its further arguments.

    Raises:
        InputError: It cannot be called like this, wrote nothing, or returned no metadata.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    returned = call(name, source, target, **options)
    if not target.exists():
        raise InputError(
            f"function {name!r} wrote nothing to {target}. Write the {what} to the path it gets."
        )
    return metadata(returned, name)


def metadata(returned: object, name: str) -> dict[str, Scalar]:
    """What a function returned as an artifact's metadata: text and finite numbers only.

    Kubeflow Pipelines changes or refuses everything else: a dictionary comes back wrapped, a boolean as a
    number, None and NaN end the step. So everything else becomes JSON text here.

    Raises:
        InputError: It is not a mapping, or a value in it cannot be JSON, such as a list that contains itself.
    """
    told = _mapping(returned, name)
    try:
        return {str(key): scalar(value) for key, value in told.items()}
    except (TypeError, ValueError, RecursionError) as err:
        raise InputError(
            f"function {name!r} returned metadata that cannot be written as JSON ({err}). Return text, "
            "numbers, and lists and dictionaries of them."
        ) from err


def observables(returned: object, name: str) -> dict[str, float]:
    """What an evaluating function returned: numbers by name, NaN and infinity among them.

    Raises:
        InputError: It is not a mapping, or a value in it is not a number.
    """
    numbers: dict[str, float] = {}
    for key, value in _mapping(returned, name).items():
        try:
            numbers[str(key)] = float(value)
        except (TypeError, ValueError, OverflowError) as err:
            raise InputError(
                f"function {name!r} returned {value!r:.80} for {key!r}, which is not a number. "
                "Return numbers, and write everything else into report.html."
            ) from err
    return numbers


def scalar(value: object) -> Scalar:
    """The value if it is text or a finite number, else its JSON."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()  # a NumPy or JAX scalar
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
        return value
    return json.dumps(value, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, set | frozenset) else str(value)


def _mapping(returned: object, name: str) -> Mapping[Any, Any]:
    if isinstance(returned, Mapping):
        return returned
    raise InputError(f"function {name!r} returned a {type(returned).__name__}. Return a dict.")


def _module(module_name: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as err:
        missing = err.name or ""
        if missing != module_name and not module_name.startswith(f"{missing}."):
            raise InputError(
                f"function {name!r}: {module_name} needs the module {missing!r}, which is not installed. "
                "Install it, or build it into the step's image."
            ) from err
        raise InputError(
            f"function {name!r}: there is no module {missing!r} here. {_neighbours(missing)}"
        ) from err


def _neighbours(missing: str) -> str:
    parent, _, last = missing.rpartition(".")
    if not parent:
        return "Build it into the step's image, or run from the folder that contains it."
    places = getattr(importlib.import_module(parent), "__path__", [])
    return hint(last, [found.name for found in pkgutil.iter_modules(places)])
