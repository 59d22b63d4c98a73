# SPDX-License-Identifier: Apache-2.0
"""What one training can be told, and XLA with it. Read before JAX is imported, which takes seconds."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

OPTIMIZERS = ("adam", "rmsprop")


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of one training; the defaults are those published with Par04 (training_vae/core).

    The published weight of the Kullback-Leibler divergence follows from how Par04 sums its losses, see
    `training.vae.model`. `hidden` are the widths of the encoder's layers; the decoder has them in reverse.
    """

    lr: float = 1e-3
    batch_size: int = 128
    epochs: int = 1000
    latent_dim: int = 10
    hidden: tuple[int, ...] = (100, 50, 20, 14)
    optimizer: str = "adam"
    patience: int = 0
    kl_weight: float = 1.0 / 128.0
    seed: int = 0

    def as_text(self) -> dict[str, str | int | float]:
        """Return every setting as the command line takes it."""
        return {**asdict(self), "hidden": ",".join(map(str, self.hidden))}


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
