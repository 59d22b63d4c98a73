# SPDX-License-Identifier: Apache-2.0
"""Which Python a trial gets: what `python` and `python3` are in its command, and which version that is.

From the command line they are the caller's: whoever installed this program by pipx or `uv tool` has the
packages of a training script in another environment, which is the active one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.engines.options import ON_PATH
from kfp_katib.errors import InputError
from kfp_katib.experiment.argument_names import argument

NAMES = ("python", "python3")
_HARMFUL = "__PYVENV_LAUNCHER__"
"""By which an environment's Python on macOS makes another Python believe that it belongs to it."""
_ANSWER_SECONDS = 30.0
_ASK = "import sys; sys.stdout.write('%d.%d.%d\\n%s' % (tuple(sys.version_info[:3]) + (sys.executable,)))"
"""Python 2 can say it too."""


@dataclass(frozen=True, slots=True)
class Interpreters:
    """What `python` and `python3` are to be.

    Attributes:
        path: The search path of the trials, but for a folder of shims.
        programs: The program behind each of the two names.
        missing: Those of the names that are not on `path`, or lead to something else there.
        environment: The virtual environment of an interpreter that was chosen, None for any other.
        chosen: Whether an interpreter was chosen, rather than looked for on the caller's PATH.
    """

    path: str
    programs: Mapping[str, Path]
    missing: tuple[str, ...] = ()
    environment: Path | None = None
    chosen: bool = False

    def variables(self, caller: Mapping[str, str]) -> dict[str, str]:
        """The environment of what they run: the caller's, with nothing of another Python."""
        kept = {name: value for name, value in caller.items() if name != _HARMFUL}
        if self.chosen:
            kept.pop("VIRTUAL_ENV", None)
        active = {"VIRTUAL_ENV": str(self.environment)} if self.environment else {}
        return {**kept, **active, "PATH": self.path}


def interpreters(python: str | Path | None, caller: Mapping[str, str]) -> Interpreters:
    """Find the interpreters of the trials.

    Args:
        python: As in RunOptions.
        caller: The caller's environment.

    Raises:
        InputError: The interpreter that was asked for does not exist.
    """
    path = _callers_path(caller)
    if python is None and sys.executable:
        return _chosen(Path(sys.executable), path)
    if python not in (None, ON_PATH):
        return _chosen(_named(str(python), path), path)
    found = {name: Path(program) for name in NAMES if (program := shutil.which(name, path=path))}
    if not found:
        return _chosen(Path(sys.executable), path) if sys.executable else Interpreters(path, {}, ())
    (any_one, *_) = found.values()
    missing = tuple(name for name in NAMES if name not in found)
    return Interpreters(path, {name: found.get(name, any_one).absolute() for name in NAMES}, missing)


def _callers_path(caller: Mapping[str, str]) -> str:
    """The caller's PATH, without the folder that `uvx` puts in front of it for this program alone.

    An environment that `uv run` or a user has activated is in VIRTUAL_ENV; that of `uvx` is not.
    """
    path = caller.get("PATH", os.defpath)
    first, _, rest = path.partition(os.pathsep)
    ours = Path(sys.prefix)
    by_uvx = "UV" in caller and Path(caller.get("VIRTUAL_ENV", "")) != ours and sys.prefix != sys.base_prefix
    return rest if by_uvx and Path(first) == ours / "bin" else path


def _named(python: str, path: str) -> Path:
    """The interpreter that was asked for: a file, the folder of an environment, or a name on the PATH."""
    asked = Path(python).expanduser()
    found: Path | None = asked.absolute()
    if asked.is_dir():
        places = (asked.absolute() / "bin", asked.absolute())
        found = next((place / name for place in places for name in NAMES if (place / name).exists()), None)
        if found is None:
            raise InputError(f"{_said(python)}: that folder is no environment, it has no bin/python. {_MEND}")
    elif not asked.exists() and os.sep not in python and (on_path := shutil.which(python, path=path)):
        found = Path(on_path).absolute()
    assert found
    if not found.is_file():
        raise InputError(f"{_said(python)}: there is no such file. {_MEND}")
    if not os.access(found, os.X_OK):
        raise InputError(f"{_said(python)}: that file is not a program (not executable). {_MEND}")
    return found


def _said(python: str) -> str:
    return f"{argument('python')} is {python!r}"


_MEND = "Name an interpreter, or the folder of a virtual environment."


def _chosen(program: Path, path: str) -> Interpreters:
    """One interpreter for both names; a folder that has both comes first, with what is installed there."""
    folder = program.parent
    missing = tuple(name for name in NAMES if not _is(folder / name, program))
    place = folder.parent if (folder.parent / "pyvenv.cfg").exists() else None
    first = path if missing else f"{folder}{os.pathsep}{path}"
    return Interpreters(first, dict.fromkeys(NAMES, program), missing, place, True)


def _is(path: Path, program: Path) -> bool:
    return path.exists() and path.samefile(program)


@dataclass(frozen=True, slots=True)
class Started:
    """What an interpreter says of itself.

    Attributes:
        says: Its version and its path; why it does not start, if it does not.
        runs: Whether it starts.
    """

    says: str
    runs: bool = True


def ask(program: Path, *, env: Mapping[str, str]) -> Future[Started]:
    """Start an interpreter in a thread, to say which one it is; the one that runs this need not start."""
    answer = Future[Started]()
    if program == Path(sys.executable):
        version = ".".join(map(str, sys.version_info[:3]))
        answer.set_result(Started(f"Python {version}, {program}"))
    else:
        threading.Thread(
            target=lambda: answer.set_result(_start(program, env)), name="python", daemon=True
        ).start()
    return answer


def _start(program: Path, env: Mapping[str, str]) -> Started:
    try:
        done = subprocess.run(
            [program, "-S", "-c", _ASK],  # -S: what is installed there takes its time, and does not matter
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_ANSWER_SECONDS,
            check=False,
            env=dict(env),
            start_new_session=True,  # Ctrl-C ends the search, and is no failure of this
        )
    except subprocess.TimeoutExpired:
        return Started(f"{program}, which does not answer within {_ANSWER_SECONDS:g} s", runs=False)
    except OSError as err:
        return Started(f"{program}, which does not start: {err.strerror}", runs=False)
    version, _, path = done.stdout.partition("\n")
    if done.returncode or not path:
        why = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        return Started(f"{program}, which does not start as Python: {why[:200]}", runs=False)
    return Started(f"Python {version}, {path}")
