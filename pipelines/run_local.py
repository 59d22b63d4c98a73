# SPDX-License-Identifier: Apache-2.0
"""Run the whole pipeline on this machine.

python -m pipelines.run_local [MANIFEST]

The current folder stands for the images' WORKDIR: trials run in it, their logs go to runs/ below it.
"""

import argparse
import json
import math
import os
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any
from warnings import filterwarnings

from kfp import local

from kfp_katib.errors import InputError, of_the_system
from kfp_katib.experiment import load
from kfp_katib.steps.evaluate_model import allowed
from kfp_katib.steps.user_function import resolve
from kfp_katib.trial.lock import Held, take
from pipelines.contained import contained
from pipelines.outcome import outcome, report_of_a_failure
from pipelines.platforms import LOCAL
from pipelines.screen import listed, show
from pipelines.transcript import Transcript
from pipelines.tune import tune

ROOT = Path(__file__).parents[1]
STEPS = ("prepare", "export", "evaluate")
AGAIN = "The same command starts over: from the first step, with a new search."


def main() -> int:
    """Run the pipeline from the command line."""
    try:
        return run_and_tell(arguments())
    except OSError as error:
        print(f"Error: {of_the_system(error)}", file=sys.stderr)
        return 1


def run_and_tell(args: argparse.Namespace) -> int:
    """Check everything, then run the pipeline in its folder, with the exit code."""
    folder = args.folder.absolute()
    try:
        check(args)
        ranges, named = thresholds(args)
        with alone(folder):
            return told(args, folder, ranges, named)
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder and hold its lock: a second run would write over the log, the pages and the release.

    Raises:
        InputError: Another run is under way there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = take(folder / "lock")
    except Held as pid:
        follow = f"tail -f {shlex.quote(str(folder / 'run.log'))}"
        raise InputError(
            f"Another run is under way in {folder} (pid {pid}). Follow it ({follow}), stop it (kill {pid}), "
            "or choose another folder (--folder)."
        ) from pid
    try:
        yield
    finally:
        os.close(lock)


def told(args: argparse.Namespace, folder: Path, ranges: dict[str, Any], named: str) -> int:
    """Run the pipeline and say what came out, with the exit code."""
    started, log = time.monotonic(), folder / "run.log"
    try:
        with contained(), closing(Transcript(log, sys.stdout)) as transcript, redirect_stdout(transcript):
            run(args, folder, ranges)
    except RuntimeError:
        report = report_of_a_failure(folder)
        found = f"the search's report is {report}, " if report else ""
        print(f"\nThe run failed; {found}everything it printed is in {log}. {AGAIN}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nStopped; everything it printed is in {log}. {AGAIN}", file=sys.stderr)
        return 130
    lines = {**outcome(folder, ranges, named), "Time": f"{time.monotonic() - started:.0f} s"}
    show(f"\n{listed(lines, sys.stdout)}", sys.stdout)
    return 0


def run(args: argparse.Namespace, folder: Path, ranges: dict[str, Any]) -> None:
    """Run the pipeline with kfp, as processes of this environment."""
    found = [path for path in (str(ROOT), os.environ.get("PYTHONPATH")) if path]
    os.environ["PYTHONPATH"] = os.pathsep.join(found)  # steps and trials find the training package
    shell_safe_python()
    # The images' names do not matter here, and kfp would warn about each.
    filterwarnings("ignore", message="You may be attemping to run a task that uses custom")
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(folder / "steps"))
    places = {"models": str(folder / "models"), "release": str(folder / "release")}
    functions = {step: getattr(args, step) for step in STEPS}
    sent = {name: ["" if math.isinf(end) else end for end in ends] for name, ends in allowed(ranges).items()}
    tune(LOCAL)(experiment=args.manifest.read_text("utf-8"), thresholds=sent, **places, **functions)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="Run the whole pipeline on this machine.")
    parser.add_argument("manifest", nargs="?", type=Path, default=ROOT / "training" / "experiment.yaml")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("local_outputs"),
        help="where everything goes, of one run at a time (local_outputs/)",
    )
    for step in STEPS:
        default = _example(step)
        parser.add_argument(f"--{step}", default=default, metavar="MODULE:FUNCTION", help=f"({default})")
    parser.add_argument(
        "--thresholds",
        type=Path,
        metavar="FILE",
        help="JSON, {observable: [min, max]}: which model is promoted (the example's, for its own evaluate)",
    )
    return parser.parse_args()


def check(args: argparse.Namespace) -> None:
    """Find now what would stop a later step, after the data are made or hours of trials are over.

    The example's own functions are there, and would take two seconds to import.

    Raises:
        InputError: The manifest has errors, or a function does not exist.
    """
    load(args.manifest)
    for step in STEPS:
        if (name := getattr(args, step)) != _example(step):
            resolve(name)


def thresholds(args: argparse.Namespace) -> tuple[dict[str, Any], str]:
    """The allowed range of each observable that a model is judged by, and the file that says so.

    One's own evaluate has its own names, so the example's thresholds are not for it.

    Raises:
        InputError: The file is missing or holds something else.
    """
    file = args.thresholds
    if file is None and args.evaluate == _example("evaluate"):
        file = ROOT / "training" / "thresholds.json"
    if file is None:
        return {}, ""
    try:
        ranges = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f'--thresholds {file}: {error}. Write JSON such as {{"loss": [0, 1]}}.') from error
    if not isinstance(ranges, dict):
        raise InputError(f'--thresholds {file}: not an object. Write JSON such as {{"loss": [0, 1]}}.')
    try:
        allowed(ranges)
    except InputError as error:
        raise InputError(f"--thresholds {file}: {error}") from error
    here = file.absolute().is_relative_to(Path.cwd())
    return ranges, str(file.absolute().relative_to(Path.cwd()) if here else file)


def _example(step: str) -> str:
    return f"training.{step}:{step}"


def shell_safe_python() -> None:
    """Give kfp a name of this interpreter that survives the shell line into which it is put unquoted.

    The path of an environment in `my work/` would be two words there.
    """
    if shlex.quote(sys.executable) != sys.executable:
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        sys.executable = "python3"


if __name__ == "__main__":
    sys.exit(main())
