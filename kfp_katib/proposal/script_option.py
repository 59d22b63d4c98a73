# SPDX-License-Identifier: Apache-2.0
"""What a script says of its command line, however it was asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Takes = Literal["nothing", "one", "several", "either"]


@dataclass(frozen=True, slots=True)
class ScriptOption:
    """One option of a script.

    Attributes:
        names: Its spellings, such as `-b` and `--batch-size`.
        type: The type of its value by Python's name, such as `int`; `truthy` where Python's `bool` reads it,
            to which every text is true; empty where that is not known.
        default: Its default as text, None where there is none or the help does not show it.
        choices: The only values that it takes; empty where there is no list.
        help: What it is for, in the script's words.
        takes: How many values it takes. `either` is `--amp` and `--no-amp`.
        off: The spelling that means no, of an option that is `either`.
        required: Whether the script refuses to start without it.
        rivals: A number that it shares with those options of which only one may be given.
    """

    names: tuple[str, ...]
    type: str = ""
    default: str | None = None
    choices: tuple[str, ...] = ()
    help: str = ""
    takes: Takes = "one"
    off: str = ""
    required: bool = False
    rivals: int | None = None

    @property
    def flag(self) -> str:
        """The spelling to use: the first long one, if there is one."""
        return next((name for name in self.names if name.startswith("--")), self.names[0])

    @property
    def plain(self) -> str:
        """The name in lower case, its words joined by `_`: `learning_rate` for `--learningRate`."""
        apart = re.sub(r"(?<=[a-z\d])(?=[A-Z])", "_", self.flag.lstrip("-+/"))
        return re.sub(r"[\W_]+", "_", apart).strip("_").lower()

    @property
    def number(self) -> float | None:
        """The default as a number, None where it is none."""
        try:
            value = float(self.default or "")
        except ValueError:
            return None
        return value if abs(value) < float("inf") else None


@dataclass(frozen=True, slots=True)
class Arguments:
    """All that a script takes.

    Attributes:
        options: In the order of its help.
        positionals: The names of the arguments without a flag that it refuses to start without.
        subcommands: The words of which it wants one first; empty for most scripts.
    """

    options: tuple[ScriptOption, ...]
    positionals: tuple[str, ...] = ()
    subcommands: tuple[str, ...] = ()
