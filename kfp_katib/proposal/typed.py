# SPDX-License-Identifier: Apache-2.0
"""The command line that a user typed behind `--`: its program, its script, and the flags to keep."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import closest
from kfp_katib.proposal.script_option import Arguments, ScriptOption

_PYTHON = re.compile(r"(python|pypy)[\d.]*")
_SCRIPT = re.compile(r".+\.(py|sh)")
_READS_ARGUMENTS = re.compile(r"arg|flag|click|typer|option|fire|tyro|hydra|config|cli", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Typed:
    """A command line.

    Attributes:
        words: All of it.
        script: What runs: a file, or a module behind `-m`, or the program itself.
        start: The position of the first word behind the script.
        program: The first word's program on this machine, if that is not found by its name.
    """

    words: tuple[str, ...]
    script: str
    start: int
    program: str = ""

    @property
    def line(self) -> str:
        """The words as one types them."""
        return shlex.join(self.words)

    @property
    def to_start(self) -> tuple[str, ...]:
        """The words by which it is started here."""
        return (self.program or self.words[0], *self.words[1:])

    @property
    def python(self) -> bool:
        """Whether it begins with the Python that runs the script."""
        return bool(_PYTHON.fullmatch(PurePath(self.words[0]).name))

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words behind the script, which stay as they are."""
        return self.words[self.start :]

    @property
    def name(self) -> str:
        """The script's name alone: `train` for `src/train.py`, `train` for `-m training.train`."""
        path = PurePath(self.script)
        return path.stem if _SCRIPT.fullmatch(path.name) else path.name.rpartition(".")[2]


def typed(
    words: Sequence[str], *, path: str | None = None, programs: Mapping[str, Path] | None = None
) -> Typed:
    """Find the script in a command line.

    Args:
        words: The command line.
        path: Where programs are looked for; None for this process' PATH.
        programs: What some names stand for, whether or not they are there too.

    Raises:
        InputError: There is no such program or script, or none that reads arguments.
    """
    found = _found(tuple(words))
    name = found.words[0]
    program = str((programs or {}).get(name, ""))
    if not (program or shutil.which(name, path=path)):
        raise InputError(f"There is no program {name!r} on your PATH. {_mend(name)}")
    if found.script.endswith(".py"):
        _check_python(Path(found.script))
    return replace(found, program=program)


def _mend(name: str) -> str:
    kind = _SCRIPT.fullmatch(name)
    if not kind or not Path(name).is_file():
        return "Check its spelling."
    return f"Write `{'sh' if kind[1] == 'sh' else 'python'}` in front of it."


def _found(words: tuple[str, ...]) -> Typed:
    python = bool(words) and bool(_PYTHON.fullmatch(PurePath(words[0]).name))
    for at, word in enumerate(words):
        if word == "-m" and at + 1 < len(words) and at > 0:
            return Typed(words, words[at + 1], at + 2)
        if word == "-c" and (python or words[0] in ("sh", "bash")):
            raise InputError(f"{words[0]} -c holds no script that can be asked. Name a file behind --.")
        if _SCRIPT.fullmatch(word) or (at > 0 and not word.startswith("-") and Path(word).is_file()):
            return Typed(words, word, at + 1)
    if not words or python:
        raise InputError("No script is named. Write it behind --: kfp-katib init -- python train.py")
    return Typed(words, words[0], 1)


def _check_python(script: Path) -> None:
    """Refuse a script that is not there, or that mentions nothing by which it could read arguments."""
    if not script.is_file():
        folder = script.parent
        near = closest(script.name, (path.name for path in folder.glob("*.py"))) if folder.is_dir() else None
        hint = f"Did you mean {folder / near}?" if near else "Paths are relative to the current folder."
        raise InputError(f"There is no script {str(script)!r}. {hint}")
    if not _READS_ARGUMENTS.search(script.read_text(errors="replace")):
        raise InputError(
            f"{script} reads no arguments, so it was not started: it mentions neither argparse nor sys.argv. "
            "Let it take what is to be searched as options, such as parser.add_argument('--lr', type=float)."
        )


def given(typed: Typed, arguments: Arguments) -> dict[ScriptOption, str]:
    """The options that the user has given a value, with that value; empty for a flag without one.

    Raises:
        InputError: An argument is missing that the script does not start without.
    """
    found, loose, words = dict[ScriptOption, str](), 0, list(typed.arguments)
    while words:
        word = words.pop(0)
        option = _option(word, arguments.options)
        if option is None:
            loose += not word.startswith("-")
            continue
        _, joined, value = word.partition("=")
        most = {"one": 1, "several": len(words)}.get(option.takes, 0) if not joined else 0
        values = list(itertools.takewhile(lambda each: not _is_flag(each), words[:most]))
        del words[: len(values)]
        found[option] = " ".join(values) if values else value
    _check_positionals(typed, arguments, loose)
    return found


def _is_flag(word: str) -> bool:
    return bool(re.match(r"-(?![\d.])", word))


def _spelling(word: str) -> str:
    return word.partition("=")[0]


def _option(word: str, options: Sequence[ScriptOption]) -> ScriptOption | None:
    """The option that a word names: whole, by a beginning that no other has, or a letter with its value."""
    name = _spelling(word)
    if len(name) < 2 or not name.startswith("-"):
        return None
    exact = [option for option in options if name in (*option.names, option.off)]
    if name.startswith("--"):
        exact = exact or [option for option in options if any(each.startswith(name) for each in option.names)]
    else:
        exact = exact or [option for option in options if name[:2] in option.names]
    return exact[0] if len(exact) == 1 else None


def _check_positionals(typed: Typed, arguments: Arguments, loose: int) -> None:
    missing = arguments.positionals[max(loose, 0) :]
    if missing:
        names = ", ".join(missing)
        line = " ".join([typed.line, *(name.upper() for name in missing)])
        raise InputError(
            f"{typed.script} does not start without its argument{'s' * (len(missing) > 1)} {names}. Give a "
            f"value, which is the same in every trial: kfp-katib init -- {line}"
        )
