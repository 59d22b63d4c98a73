# SPDX-License-Identifier: Apache-2.0
"""One training, as a trial runs it: arguments in, ``name=value`` lines and a model's folder out.

    python -m training.train --dataset data --output model --lr 3e-3 --batch_size 64 --epochs 20

Every epoch prints one line that starts with its time, which is how Katib orders and dates what it collects.
Who is killed and started again with the same arguments goes on, see `training.vae.state`.
"""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial

from training.command import answer, count, listed, number, positive, size, whole
from training.vae.settings import OPTIMIZERS, Settings, set_up_xla


def arguments() -> argparse.ArgumentParser:
    """Describe the command line; the defaults of the hyperparameters are those published with Par04."""
    about = __doc__.splitlines()[0]
    parser = argparse.ArgumentParser("python -m training.train", description=about, allow_abbrev=False)
    add, widths = parser.add_argument, partial(listed, of=count)
    add("--dataset", required=True, help="folder or address that training.prepare filled")
    add("--output", required=True, help="folder or address for the model")
    add("--lr", type=positive, help="learning rate of the optimizer (%(default)s)")
    add("--batch_size", type=count, help="showers in one step (%(default)s)")
    add("--epochs", type=count, help="passes over the data (%(default)s)")
    add("--latent_dim", type=count, help="latent numbers (%(default)s)")
    add("--hidden", type=widths, help="widths of the encoder; the decoder has them in reverse (%(default)s)")
    add("--optimizer", choices=OPTIMIZERS, help="(%(default)s)")
    add("--patience", type=whole, help="epochs without a better physics_distance to stop after; 0: none (0)")
    add("--kl_weight", type=partial(number, least=0.0), help="of the divergence in the loss (%(default)s)")
    add("--seed", type=whole, help="of weights, order and noise (%(default)s)")
    add("--showers", type=count, help="take the first so many of each point (all)")
    add("--memory", type=size, default="1GiB", help="for a chunk of showers (%(default)s)")
    add("--threads", type=whole, choices=(0, 1), default=0, help="of XLA on a CPU: 1, or 0 for all (0)")
    add("--save_seconds", type=partial(number, least=0.0), default=60.0, help="between saved states (60)")
    parser.set_defaults(**Settings().as_text())
    return parser


def train(options: argparse.Namespace) -> None:
    """Open the data, fit a model while printing its epochs, and save the best one.

    Raises:
        TrainingError: The data or an option cannot be used, or the training diverged.
    """
    from training.data import declaration, files
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

    output = files.place(options.output)
    beside = {"memory": options.memory, "showers": options.showers or "all", "threads": options.threads}
    belongs = {**settings.as_text(), **beside, "data": declaration.digest(training.folder)}
    store = Store(output, belongs, seconds=options.save_seconds)
    checkpoint.clear(output)
    trained = fit(sources, settings, report, store)
    checkpoint.save(output, trained, parameters=settings.as_text())
    store.remove()


def report(epoch: object) -> None:
    """Print one epoch's metrics behind the time."""
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    print(f"{now} {epoch}", flush=True)


def main() -> int:
    """Train from the command line: 0 done, 1 diverged, 2 bad input."""
    options = arguments().parse_args()
    set_up_xla(options.threads)
    logging.basicConfig(format="%(message)s")
    logging.getLogger("training").setLevel(logging.INFO)
    return answer(lambda: train(options))


if __name__ == "__main__":
    sys.exit(main())
