# SPDX-License-Identifier: Apache-2.0
"""Why a script failed, by what it printed, and what to do about it: for the failures that are met most."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePath

from kfp_katib.proposal.bounded import Ended
from kfp_katib.proposal.typed import Typed

_OPTION = "such as parser.add_argument('--lr', type=float)"
_EXCEPTION = re.compile(r"^(?:\w+\.)*(\w+Error)(?:: (.+))?$", re.MULTILINE)
_FRAME = re.compile(r'^ *File "([^"\n]+)", line (\d+)', re.MULTILINE)
_NO_MODULE = re.compile(
    r"^[^\n:]+: (?:Error while finding module specification for '|No module named '?)([\w.]+)", re.MULTILINE
)
"""What `python -m NAME` prints (`_get_module_details` in CPython's Lib/runpy.py)."""
_NO_FILE = re.compile(r"can't open file ('[^'\n]+'): \[Errno 2\]")
_BY_PLACE = re.compile(r"^ .*\bsys\.argv\[\d+\]|^\w+Error: .*'--help'", re.MULTILINE)
_Explain = Callable[[Typed, str, str], str]


def why(typed: Typed, ended: Ended, *, otherwise: str) -> str:
    """What follows "It ended with exit code 1": the cause, or advice and what the script printed."""
    if known := explained(typed, ended):
        return f": {known}"
    return f"{otherwise} It printed:\n{ended.tail or '    nothing'}"


def explained(typed: Typed, ended: Ended) -> str:
    """The cause and what to do, in a sentence or two; empty where what it printed has to speak for itself."""
    errors = ended.errors
    found = _NO_MODULE.search(errors)
    if found and found[1] in (typed.script, f"{typed.script}.__main__"):
        return (
            f"there is no module {found[1]!r} in {_interpreter(typed)}. Check its spelling; one of your "
            "own is found from the current folder."
        )
    if found := _NO_FILE.search(errors):
        return f"there is no script {found[1]}. Paths are relative to the current folder."
    kind, text = ([("", ""), *_EXCEPTION.findall(errors)])[-1]
    if cause := _CAUSES.get(kind, _unknown)(typed, text, errors):
        return cause
    if _BY_PLACE.search(errors):
        return (
            f"it takes arguments by their place, as sys.argv[1]{_place(errors, typed)}; a search gives them "
            f"by name. Let it have options instead, {_OPTION}."
        )
    return ""


def _unknown(typed: Typed, text: str, errors: str) -> str:
    return ""


def _module(typed: Typed, text: str, errors: str) -> str:
    name = (re.findall(r"'([\w]+)", text) or [""])[0]
    if name and (Path(name).is_dir() or Path(f"{name}.py").is_file()):
        return (
            f"{text}{_place(errors, typed)}. It is in the current folder, where Python looks for it if you "
            f"export PYTHONPATH=. or start the script as a module{_as_module(typed)}."
        )
    return (
        f"{text} in {_interpreter(typed)}{_place(errors, typed)}. Install it there, or choose the "
        "environment that has it: activate it, or give --python."
    )


def _relative(typed: Typed, text: str, errors: str) -> str:
    if not text.startswith("attempted relative import"):
        return ""
    return (
        f"{text}{_place(errors, typed)}. Start it as a module, from the folder that holds its package"
        f"{_as_module(typed)}."
    )


def _as_module(typed: Typed) -> str:
    path = PurePath(typed.script)
    if path.is_absolute() or path.suffix != ".py" or len(path.parts) < 2:
        return ""
    return f": kfp-katib init -- python -m {'.'.join(path.with_suffix('').parts)}"


def _syntax(typed: Typed, text: str, errors: str) -> str:
    place = _place(errors)
    if ".py, line" not in place:
        return ""  # of a text that the script takes for Python
    return (
        f"it is no Python that {_interpreter(typed)} reads: {text}{place}. Correct it, or choose "
        "the version that it is written for: --python."
    )


def _conflict(typed: Typed, text: str, errors: str) -> str:
    own = re.search(r"(?:^|[ ,])(?:-h|--help)(?:,|$)", text.rpartition(":")[2])
    mend = (
        "argparse has -h and --help itself: name yours otherwise, or write "
        'ArgumentParser(conflict_handler="resolve")'
        if own
        else "Change what is said of that option"
    )
    return f"{text}{_place(errors, typed)}. {mend}."


def _question(typed: Typed, text: str, errors: str) -> str:
    if text != "EOF when reading a line" and "in getpass" not in errors:
        return ""  # of a file that ends too early
    return (
        f"it asks a question{_place(errors, typed)}, which nobody answers in a trial. Let it read an option "
        f"instead, {_OPTION}."
    )


_CAUSES: dict[str, _Explain] = {
    "ModuleNotFoundError": _module,
    "ImportError": _relative,
    "ArgumentError": _conflict,
    "EOFError": _question,
    **dict.fromkeys(("SyntaxError", "IndentationError", "TabError"), _syntax),
}


def _interpreter(typed: Typed) -> str:
    if typed.python:
        return typed.to_start[0]
    return "the Python that runs it"


def _place(errors: str, typed: Typed | None = None) -> str:
    """The line that failed, in brackets: the last one of the script, or of all."""
    frames = _FRAME.findall(errors)
    name = f"{typed.name}.py" if typed else ""
    chosen = [frame for frame in frames if name in ("", PurePath(frame[0]).name)] or frames
    if not chosen:
        return ""
    file, number = chosen[-1]
    path = Path(file)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f" ({shown}, line {number})"
