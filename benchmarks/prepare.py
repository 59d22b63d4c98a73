# SPDX-License-Identifier: Apache-2.0
"""How much memory and time it takes to prepare showers of the full mesh, 18 x 50 x 45 cells.

Run it as `python benchmarks/prepare.py`. `--showers 100000` took 3.3 minutes on two shared cores, and
1.2 GB below `--folder` while it ran: per second 986 showers were made in at most 198 MiB of memory, 1,285
prepared in 341 MiB, and 5,077 streamed in 1,885 MiB, of which 1,766 are one chunk.

Each phase is a separate process, whose peak resident memory the kernel reports:

- make: generate showers, and write them in the format of the published files (Zenodo 6082201, h5py's gzip);
- prepare: read those files, check and split them, write the prepared set and its checksums;
- stream: read one epoch of its training part in mixed chunks of at most 2 GiB.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import h5py  # noqa: E402
import numpy as np  # noqa: E402

from training.data.block import runs  # noqa: E402
from training.data.dataset import open_part  # noqa: E402
from training.geometry import GEOMETRIES, Mesh  # noqa: E402
from training.prepare import prepare  # noqa: E402
from training.showers.draw import draw_showers  # noqa: E402
from training.vae.feed import Sources, chunks  # noqa: E402

MESH = Mesh()
ENERGIES = (1.0, 4.0, 16.0, 64.0, 256.0)
ANGLE = 90.0
ROWS = 625  # the rows of one h5py chunk of a dataset of shape (10000, 18, 50, 45)
CHUNK_BYTES = 2 * 2**30


def make(folder: Path, showers: int) -> int:
    """Generate files at the full mesh, for 10 points."""
    (folder / "published").mkdir()
    count = max(3, showers // (len(ENERGIES) * len(GEOMETRIES)))
    random = np.random.default_rng(0)
    for geometry in GEOMETRIES.values():
        with h5py.File(folder / f"published/{geometry.name}_angle_{ANGLE:g}.h5", "w") as file:
            for energy in ENERGIES:
                shape = (count, *MESH.shape)
                stored = file.create_dataset(
                    f"{energy:g}", shape, np.float32, chunks=True, compression="gzip"
                )
                for rows in runs(count, ROWS):
                    energies = np.full(len(rows), energy)
                    drawn = draw_showers(geometry, MESH, energies, ANGLE, random)
                    stored[rows.start : rows.stop] = drawn
    return count * len(ENERGIES) * len(GEOMETRIES)


def prepared(folder: Path, showers: int) -> int:
    """Check and split the showers, and write the prepared set."""
    return int(prepare(str(folder / "published"), folder / "prepared")["showers"])


def stream(folder: Path, showers: int) -> int:
    """Read one epoch of the training part."""
    part = open_part(folder / "prepared", "training")
    return sum(map(len, chunks(Sources(part, part, CHUNK_BYTES), np.random.default_rng(0), 0)))


PHASES: dict[str, Callable[[Path, int], int]] = {"make": make, "prepare": prepared, "stream": stream}


def run_phase(name: str, folder: Path, showers: int) -> None:
    """Run one phase in this process, and print its time and memory."""
    began = time.perf_counter()
    done = PHASES[name](folder, showers)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"showers": done, "seconds": time.perf_counter() - began, "peak": peak}))


def bytes_below(folder: Path) -> int:
    """The total size of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Print a line for each phase; the files are always deleted at the end."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--showers", type=int, default=2000, help="in all, over 10 points (2000)")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the files go")
    parser.add_argument("--phase", choices=PHASES, help="used by this program itself")
    arguments = parser.parse_args()
    if arguments.phase:
        run_phase(arguments.phase, arguments.folder, arguments.showers)
        return
    folder = Path(tempfile.mkdtemp(dir=arguments.folder, prefix="prepare-"))
    try:
        print(f"{'phase':<10}{'showers':>9}{'seconds':>9}{'per second':>12}{'peak memory':>13}{'files':>10}")
        for name in PHASES:
            options = [f"--phase={name}", f"--folder={folder}", f"--showers={arguments.showers}"]
            command = [sys.executable, str(Path(__file__).resolve()), *options]
            took = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            rate, peak = took["showers"] / took["seconds"], took["peak"] / 2**20
            numbers = f"{took['showers']:>9}{took['seconds']:>9.1f}{rate:>12.0f}{peak:>9.0f} MiB"
            print(f"{name:<10}{numbers}{bytes_below(folder) / 1e9:>7.2f} GB", flush=True)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
