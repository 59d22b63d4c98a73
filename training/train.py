# SPDX-License-Identifier: Apache-2.0
"""One training, as a trial runs it: arguments in, ``name=value`` lines and a model's folder out.

    python -m training.train --dataset data --output model --lr 3e-3 --batch_size 64 --epochs 20

Every epoch prints one line that starts with its time, which is how Katib orders and dates what it collects.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from training.data.remote import delivered, fetched
from training.errors import Diverged, TrainingError
from training.options import for_argparse, number, whole

if TYPE_CHECKING:
    from training.vae.fit import Epoch

VALIDATION = 0.1
"""The published fraction."""


def arguments() -> argparse.ArgumentParser:
    """Describe the command line; the defaults of the hyperparameters are those published with Par04."""

    def count(name: str, least: int = 1) -> Callable[[str], int]:
        return for_argparse(lambda text: whole(text, name=name, least=least))

    lr = for_argparse(lambda text: number(text, name="lr", above=0.0))
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", required=True, help="folder or address of showers, see training.prepare")
    parser.add_argument("--output", required=True, help="folder or address for the model")
    parser.add_argument("--lr", type=lr, default=1e-3, help="learning rate of Adam (%(default)s)")
    parser.add_argument(
        "--batch_size", type=count("batch_size"), default=128, help="showers a step (%(default)s)"
    )
    parser.add_argument(
        "--epochs", type=count("epochs"), default=1000, help="passes over the data (%(default)s)"
    )
    parser.add_argument(
        "--latent_dim", type=count("latent_dim"), default=10, help="latent size (%(default)s)"
    )
    parser.add_argument(
        "--seed", type=count("seed", 0), default=0, help="of weights, order and noise (%(default)s)"
    )
    parser.add_argument("--showers", type=count("showers"), help="read the first so many of each point (all)")
    parser.add_argument(
        "--threads", type=count("threads", 0), default=0, help="of XLA on a CPU; 0 is all (0)"
    )
    return parser


def set_up_xla(threads: int) -> None:
    """Bound XLA's threads and let trainings share what it compiled; must run before JAX is imported.

    Trials side by side on a few cores are faster with one thread each, and a trial whose batch size was
    compiled before saves some seconds. JAX_COMPILATION_CACHE_DIR moves the cache; the default has the
    machine's name in it, since a home folder may be shared by machines of different processors.
    """
    if threads == 1:
        flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
    home = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(home / "par04-vae" / platform.node()))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")


def train(options: argparse.Namespace) -> None:
    """Load the data, fit, and write the best epoch's model.

    Raises:
        TrainingError: The data or an option cannot be used, or the training diverged.
    """
    from training.data import dataset

    with fetched(options.dataset) as folder:
        split = dataset.load(folder, validation=VALIDATION, limit=options.showers)

    # Only now, so that bad data are reported before the seconds that JAX takes to import.
    from training.vae import checkpoint
    from training.vae.fit import Settings, fit

    settings = Settings(**{field.name: getattr(options, field.name) for field in fields(Settings)})
    with delivered(options.output, last=checkpoint.MANIFEST) as folder:
        checkpoint.clear(folder)
        fitted = fit(split, settings, report)
        checkpoint.save(
            folder,
            fitted.model,
            fitted.architecture,
            epoch=fitted.best.number,
            metrics={"loss": fitted.best.loss, "val_loss": fitted.best.val_loss},
            parameters=asdict(settings),
        )


def report(epoch: Epoch) -> None:
    """Print one epoch's metrics in plain decimals."""
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    print(f"{now} epoch={epoch.number} loss={epoch.loss:.6f} val_loss={epoch.val_loss:.6f}", flush=True)


def main() -> int:
    """Train from the command line: 0 done, 1 diverged, 2 bad input."""
    options = arguments().parse_args()
    set_up_xla(options.threads)
    try:
        train(options)
    except TrainingError as err:
        print(f"error: {err}", file=sys.stderr)
        return 1 if isinstance(err, Diverged) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
