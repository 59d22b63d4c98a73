# SPDX-License-Identifier: Apache-2.0
"""Training scripts in the styles that people write, and what they are asked for."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from kfp_katib.proposal import Typed, ask, typed
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from tests.places import ROOT

SCRIPTS = ROOT / "tests/data/scripts"
HELP_TEXTS = ROOT / "tests/data/help_texts"
ENV = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
NEEDED = {
    "digits": (),
    "fine_tuning": ("--model_name_or_path", "bert"),
    "layers": ("images",),
    "forest": (),
    "with_click": ("images", "--layers=3"),
    "with_absl": ("--workdir=x",),
}
"""Each script, with what it does not start without."""


def line(name: str, *flags: str) -> Typed:
    """The command line of one of the scripts."""
    return typed([sys.executable, str(SCRIPTS / f"{name}.py"), *flags])


def written(folder: Path, text: str, *flags: str) -> Typed:
    """The command line of a script that is written into a folder."""
    script = folder / "train.py"
    script.write_text(text)
    return typed([sys.executable, str(script), *flags])


def arguments_of(name: str, *flags: str) -> Arguments:
    """What one of the scripts says that it takes."""
    return ask(line(name, *flags), env=ENV)


def options_of(arguments: Arguments) -> dict[str, ScriptOption]:
    """The options by their flag."""
    return {option.flag: option for option in arguments.options}


def copied(name: str, folder: Path) -> Path:
    """A copy of one of the scripts."""
    return Path(shutil.copy(SCRIPTS / f"{name}.py", folder))
