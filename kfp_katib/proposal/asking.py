# SPDX-License-Identifier: Apache-2.0
"""Asks a script for its arguments: runs it with `--help`, which ends before any training begins.

argparse is asked from within (`describe`), everything else answers by its help text (`help_text`). Who does
not stop at `--help` is ended after a minute.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kfp_katib.errors import InputError
from kfp_katib.proposal import describe
from kfp_katib.proposal.bounded import Ended, run
from kfp_katib.proposal.help_text import arguments_in
from kfp_katib.proposal.script_failure import why
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from kfp_katib.proposal.typed import Typed

HELP_SECONDS = 60.0
"""TensorFlow on a cold network disk takes half of it to import."""

_PLAIN = {
    "COLUMNS": "400",
    "NO_COLOR": "1",
    "PYTHON_COLORS": "0",
    "TERM": "dumb",
    "_TYPER_STANDARD_TRACEBACK": "1",
}
"""Lines are not wrapped, and hold no colours (which Python 3.14 has in its help)."""
_LIST_THEM = (
    ". Let it list them, as argparse does, before it does anything else: parser.parse_args() belongs above "
    "what reads data or variables."
)


def ask(
    typed: Typed,
    *,
    env: Mapping[str, str],
    seconds: float = HELP_SECONDS,
    slow: Callable[[], None] = lambda: None,
) -> Arguments:
    """The arguments of a script.

    Args:
        typed: The command line; its flags stand in front of `--help`, so that a subcommand is understood.
        env: The script's environment.
        seconds: After how many it is ended.
        slow: Called once if it takes a while.

    Raises:
        InputError: It prints no help with options, or wants a subcommand.
    """
    with tempfile.TemporaryDirectory(prefix="kfp-katib-") as folder:
        shutil.copyfile(str(describe.__file__), Path(folder) / "sitecustomize.py")
        path = os.pathsep.join(filter(None, (folder, env.get("PYTHONPATH", ""))))
        ended = run(
            [*typed.to_start, "--help"],
            env={**env, **_PLAIN, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
            seconds=seconds,
            slow=slow,
        )
        described = Path(folder) / describe.FILE
        found = (
            arguments_of(json.loads(described.read_text()))
            if described.exists()
            else arguments_in(f"{ended.printed}\n{ended.errors}")
        )
    _check(typed, found, ended, seconds)
    return found


def arguments_of(described: Mapping[str, Any]) -> Arguments:
    """What argparse has written down."""
    return Arguments(
        tuple(_option(each) for each in described["options"]),
        tuple(described["positionals"]),
        tuple(described["subcommands"]),
    )


def _option(data: dict[str, Any]) -> ScriptOption:
    lists = {name: tuple(data[name]) for name in ("names", "choices")}
    return ScriptOption(**{**data, **lists})


def _check(typed: Typed, found: Arguments, ended: Ended, seconds: float) -> None:
    """Refuse what nothing can be proposed from, with the reason."""
    line = f"{typed.line} --help"
    if found.subcommands:
        names = ", ".join(found.subcommands)
        raise InputError(
            f"{typed.script} has subcommands ({names}), each with options of its own. Name one: "
            f"kfp-katib init -- {typed.line} {found.subcommands[0]}"
        )
    if found.options:
        return
    if ended.code is None:
        raise InputError(
            f"`{line}` was ended after {seconds:g} s: it had printed no help. Either it does not stop at "
            "--help and had begun to train, or it takes that long to import; read the arguments first."
        )
    if ended.code != 0:
        cause = why(typed, ended, otherwise=_LIST_THEM)
        raise InputError(f"`{line}` ended with exit code {ended.code} and shows no options{cause}")
    raise InputError(
        f"`{line}` shows no options such as --lr. Its script has to read what is searched from options, by "
        f"argparse for example; it printed:\n{ended.tail or '    nothing'}"
    )
