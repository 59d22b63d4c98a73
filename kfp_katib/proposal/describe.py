# SPDX-License-Identifier: Apache-2.0
"""Runs inside the script that is asked for its help: what argparse knows, and no help text says.

A copy of this file is the `sitecustomize` of that one process, whose Python may be older than ours. When
argparse is about to print the help, the parser is written to a file beside it: types and defaults, which most
help texts leave out. The help is printed all the same, and argparse then ends the process, as always.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

FILE = "described.json"


def described(parser: Any) -> dict[str, Any]:
    """An argparse parser as plain data: the fields of ScriptOption and Arguments."""
    import argparse

    found: dict[str, Any] = {"options": [], "positionals": [], "subcommands": []}
    rivals = {
        id(action): number
        for number, group in enumerate(parser._mutually_exclusive_groups)
        for action in group._group_actions
    }
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found["subcommands"] += [str(name) for name in action.choices]
        elif not action.option_strings:
            if action.nargs not in ("?", "*", argparse.REMAINDER):
                found["positionals"].append(str(action.metavar or action.dest))
        elif action.help != argparse.SUPPRESS and type(action).__name__ not in (
            "_HelpAction",
            "_VersionAction",
        ):
            found["options"].append(dict(_option(parser, action), rivals=rivals.get(id(action))))
    return found


def _option(parser: Any, action: Any) -> dict[str, Any]:
    takes = _takes(action)
    names = list(action.option_strings)
    off = next((name for name in names if name.startswith("--no-")), "") if takes == "either" else ""
    value = _default(parser, action)
    return {
        "names": [name for name in names if name != off],
        "type": _type(action, value),
        "default": None if value is None else str(value),
        "choices": _choices(action.choices),
        "help": _help(parser, action),
        "takes": takes,
        "off": off,
        "required": bool(action.required),
    }


def _takes(action: Any) -> str:
    kind = type(action).__name__
    if kind == "BooleanOptionalAction":
        return "either"
    if action.nargs == 0:
        return "nothing"
    return "one" if action.nargs in (None, "?", 1) and "Append" not in kind else "several"


def _default(parser: Any, action: Any) -> Any:
    """The default. A text such as `0.1` or `no` is read as argparse reads it; `1GiB` stays as it is."""
    import argparse

    value = action.default
    if action.nargs == 1 and isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if value is argparse.SUPPRESS:
        return None
    if isinstance(value, str):
        try:
            read = parser._get_value(action, value)
            usual = isinstance(read, bool) or (isinstance(read, (int, float)) and float(value) == read)
        except Exception:
            return value
        return read if usual else value
    return value


def _type(action: Any, value: Any) -> str:
    """The type of a value: what the option is read as, else the type of its default."""
    reader = action.type
    if reader is bool:
        return "truthy"
    if reader in (int, float, str):
        return str(reader.__name__)
    if isinstance(value, (bool, int, float)):
        return type(value).__name__
    return "str" if reader is None else ""


def _choices(choices: Any) -> list[str]:
    """The choices, where each of them is what one types."""
    if choices is None:
        return []
    try:
        first = [choice for _, choice in zip(range(1000), choices)]  # noqa: B905 (Python 3.9 has no strict)
    except TypeError:
        return []
    plain = all(isinstance(choice, (str, int, float)) for choice in first)
    return [str(getattr(choice, "value", choice)) for choice in first] if plain else []


def _help(parser: Any, action: Any) -> str:
    try:
        return str(parser._get_formatter()._expand_help(action)) if action.help else ""
    except Exception:  # the script's own % signs
        return str(action.help)


def _listen(folder: Path) -> None:
    """Have argparse write down its parser when the help is asked for."""
    import argparse

    usual = argparse._HelpAction.__call__

    def tell(self: Any, parser: Any, *rest: Any, **named: Any) -> None:
        try:
            _write(folder, described(parser))
        except Exception as error:  # the help text will do
            print(f"kfp-katib reads the help text only: {error!r}", file=sys.stderr)
        usual(self, parser, *rest, **named)

    argparse._HelpAction.__call__ = tell  # type: ignore[method-assign]
    read = argparse.ArgumentParser.parse_args

    def with_help(self: Any, *rest: Any, **named: Any) -> Any:
        _add_help(self)
        return read(self, *rest, **named)

    argparse.ArgumentParser.parse_args = with_help  # type: ignore[method-assign]


def _add_help(parser: Any) -> None:
    """Have a parser answer to --help that has none, as where its -h is an option of its own."""
    known = parser._option_string_actions
    if "--help" not in known and "-" in parser.prefix_chars:
        with suppress(Exception):  # a parser of somebody's own
            parser.add_argument("--help", action="help")


def _write(folder: Path, found: dict[str, Any]) -> None:
    import json

    beside = folder / f"{FILE}.{os.getpid()}"
    beside.write_text(json.dumps(found))
    beside.replace(folder / FILE)  # of several workers, any will do


def _go_on(folder: Path) -> None:
    """Run the `sitecustomize` that this one stands in front of, if there is one."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    sys.path[:] = [place for place in sys.path if place != str(folder)]
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec and spec.loader:
        spec.loader.exec_module(module_from_spec(spec))


if __name__ == "sitecustomize":
    _here = Path(__file__).absolute().parent
    _go_on(_here)
    _listen(_here)
