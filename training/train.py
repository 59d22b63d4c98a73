# SPDX-License-Identifier: Apache-2.0
"""One training, as a trial runs it: arguments in, ``name=value`` lines and a model's folder out.

    python -m training.train --dataset data --output model --lr 3e-3 --batch_size 64 --epochs 20

Every epoch prints one line that starts with its time, which is how Katib orders and dates what it collects.
Who is killed and started again with the same arguments goes on, see `training.vae.state`.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import logging
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from training.data.remote import delivered, failures
from training.errors import Diverged, TrainingError
from training.options import for_argparse, number, size, whole
from training.vae.settings import Settings

if TYPE_CHECKING:
    from training.data.dataset import Part
    from training.vae.progress import Epoch


def arguments() -> argparse.ArgumentParser:
    """Describe the command line; the defaults of the hyperparameters are those published with Par04."""
    parser = argparse.ArgumentParser(
        prog="python -m training.train", description=__doc__.splitlines()[0], allow_abbrev=False
    )
    parser.add_argument("--dataset", required=True, help="folder or address that training.prepare filled")
    parser.add_argument("--output", required=True, help="folder or address for the model")
    defaults = Settings().as_text()
    for setting in fields(Settings):
        parser.add_argument(
            f"--{setting.name}",
            type=for_argparse(partial(setting.metadata["read"], name=setting.name)),
            default=str(defaults[setting.name]),
            help=f"{setting.metadata['meaning']} (%(default)s)",
        )
    showers = for_argparse(partial(whole, name="showers", least=1))
    memory = for_argparse(partial(size, name="memory"))
    threads = for_argparse(partial(whole, name="threads"))
    seconds = for_argparse(partial(number, name="save_seconds", least=0.0))
    parser.add_argument("--showers", type=showers, help="take the first so many of each point (all)")
    parser.add_argument("--memory", type=memory, default="1GiB", help="for a chunk of showers (%(default)s)")
    parser.add_argument(
        "--threads", type=threads, choices=(0, 1), default="0", help="of XLA on a CPU: 1, or 0 for all (0)"
    )
    parser.add_argument(
        "--save_seconds", type=seconds, default="60", help="from one saved state to the next (%(default)s)"
    )
    return parser


def parsed(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line; an option that is not known is refused with the closest one that is."""
    parser = arguments()
    options, unknown = parser.parse_known_args(given)
    if unknown:
        known = [f"--{name}" for name in vars(options)]
        close = difflib.get_close_matches(unknown[0].split("=")[0], known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        parser.error(f"unrecognized arguments: {' '.join(unknown)}; {hint}")
    return options


def set_up_xla(threads: int) -> None:
    """Let trainings share processor, GPU and what is compiled; must run before JAX is imported.

    Trials side by side on a few cores are faster with one thread each, and a trial whose batch size was
    compiled before saves some seconds. JAX_COMPILATION_CACHE_DIR moves the cache; the default has the
    machine's name in it, since a home folder may be shared by machines of different processors. Of a GPU,
    JAX would take three quarters of the memory at once; trials that share one take what they need.
    """
    if threads == 1:
        flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(home / "par04-vae" / platform.node()))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def train(options: argparse.Namespace) -> None:
    """Open the data, fit, and write the best epoch's model.

    Raises:
        TrainingError: The data or an option cannot be used, or the training diverged.
    """
    from training.data.dataset import open_part
    from training.vae.feed import Sources, check_fits

    training, validation = (open_part(options.dataset, part) for part in ("training", "validation"))
    settings = Settings(**{setting.name: getattr(options, setting.name) for setting in fields(Settings)})
    sources = Sources(training, validation, options.memory, options.showers)
    check_fits(sources, settings.batch_size)

    # Only now, so that what cannot be used is reported before the seconds that JAX takes to import.
    from training.vae import checkpoint
    from training.vae.fit import fit
    from training.vae.state import Store

    store = Store(options.output, belongs(options, settings, training), seconds=options.save_seconds)
    with delivered(options.output, last=checkpoint.MANIFEST) as folder:
        checkpoint.clear(folder)
        try:
            fitted = fit(sources, settings, report, store=store)
        except Diverged:
            store.remove()
            raise
        checkpoint.save(
            folder,
            fitted.model,
            fitted.architecture,
            best=fitted.best,
            curve=fitted.curve,
            parameters=settings.as_text(),
        )
    store.remove()


def belongs(options: argparse.Namespace, settings: Settings, part: Part) -> dict[str, str | int | float]:
    """Name everything that a training's numbers depend on."""
    import jax
    import optax

    from training.data import declaration, files

    declared = files.read_text(files.below(part.folder, declaration.NAME)) or ""
    return {
        **settings.as_text(),
        "memory": options.memory,
        "showers": options.showers or "all",
        "threads": options.threads,
        "jax": jax.__version__,
        "optax": optax.__version__,
        "data": hashlib.sha256(declared.encode()).hexdigest(),
    }


def report(epoch: Epoch) -> None:
    """Print one epoch's metrics in plain decimals."""
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    metrics = " ".join(f"{name}={value:.6f}" for name, value in epoch.metrics.items())
    print(f"{now} epoch={epoch.number} {metrics}", flush=True)


def main() -> int:
    """Train from the command line: 0 done, 1 diverged, 2 bad input."""
    options = parsed()
    set_up_xla(options.threads)
    log = logging.getLogger("training")
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
    try:
        train(options)
    except TrainingError as err:
        print(f"error: {err}", file=sys.stderr)
        return 1 if isinstance(err, Diverged) else 2
    except failures() as err:
        print(f"error: {err}. Give an --output that can be written to.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
