# SPDX-License-Identifier: Apache-2.0
"""What tuning gains: a search's winner against the published defaults, on showers that neither has seen.

    python benchmarks/tuned_model.py [--seeds 1] [--epochs 200] [--at_once 2]

Each seed generates its own data. The search is `training/experiment.yaml` with the seed and more epochs; the
defaults are those of `python -m training.train`, which are Par04's, 1,000 epochs included. Both keep the
weights of their best epoch on the validation part, and both are evaluated on the test part.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from kfp_katib import run  # noqa: E402
from kfp_katib.experiment import load, override, render  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.export import export  # noqa: E402
from training.prepare import prepare  # noqa: E402

COLUMNS = ("physics_distance", "fpd", "auc", "energy_sigma")


@dataclass(frozen=True)
class Row:
    """One seed: both models' metrics on the test part, and the time and result of the search."""

    seed: int
    defaults: Mapping[str, float]
    tuned: Mapping[str, float]
    seconds: float
    parameters: Mapping[str, str]


def manifest(seed: int, epochs: int) -> str:
    """The example's manifest with other numbers; exits if one of those to replace is not found."""
    text = (ROOT / "training" / "experiment.yaml").read_text()
    for written, wanted in (
        ("--epochs=30", f"--epochs={epochs} --seed={seed}"),
        ('value: "7"', f'value: "{seed}"'),
    ):
        if text.count(written) != 1:
            raise SystemExit(f"training/experiment.yaml has {written} {text.count(written)} times, not once")
        text = text.replace(written, wanted)
    return text


def searched(folder: Path, seed: int, epochs: int, at_once: int) -> tuple[Path, Mapping[str, str]]:
    """Run the search; returns the winner's folder and parameters."""
    experiment = override(load(manifest(seed, epochs)), parallel_trials=at_once)
    filled = render(
        experiment,
        dataset=str(folder / "data"),
        models=str(folder / "models"),
        image="-",
        run_id="-",
        name=f"tuned-{seed}",
    )
    result = run(filled, models=str(folder / "models"), runs=folder / "runs")
    if result.best is None:
        raise SystemExit(f"seed {seed}: the search {result.state}: {result.message}")
    return folder / "models" / filled.name / result.best.name, result.best.parameters


def trained(folder: Path, seed: int) -> Path:
    """Train a model with the published hyperparameters; returns its folder."""
    model = folder / "defaults"
    command = [sys.executable, "-m", "training.train", f"--dataset={folder / 'data'}", f"--output={model}"]
    command += [f"--seed={seed}", "--threads=1"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return model


def judged(folder: Path, model: Path) -> dict[str, float]:
    """The metrics of a trained model on the test part."""
    with tempfile.TemporaryDirectory() as name:
        export(model, Path(name, "exported"))
        return evaluate(Path(name, "exported"), folder / "data", Path(name, "evaluation"))


def measured(folders: Sequence[Path], epochs: int, at_once: int) -> list[Row]:
    """Measure every seed: the searches one after the other, the defaults in parallel."""
    found = []
    for seed, folder in enumerate(folders, start=1):
        prepare("", folder / "data", seed=seed)
        began = time.perf_counter()
        winner, parameters = searched(folder, seed, epochs, at_once)
        found.append((winner, parameters, time.perf_counter() - began))
        print(f"seed {seed}: searched {found[-1][2]:.0f} s", file=sys.stderr, flush=True)
    with ThreadPoolExecutor(at_once) as pool:
        defaults = list(pool.map(trained, folders, range(1, len(folders) + 1)))
    return [
        Row(seed, judged(folder, default), judged(folder, winner), seconds, parameters)
        for seed, folder, default, (winner, parameters, seconds) in zip(
            range(1, len(folders) + 1), folders, defaults, found, strict=True
        )
    ]


def table(rows: Sequence[Row]) -> str:
    """The comparison as Markdown, defaults and tuned side by side."""
    head = ["seed", *(f"{name}, defaults | tuned" for name in COLUMNS), "floor", "search", "found"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * (len(COLUMNS) * 2 + 4)}"]
    for row in rows:
        pairs = [f"{_number(row.defaults, name)} | {_number(row.tuned, name)}" for name in COLUMNS]
        found = ", ".join(f"{name} {float(value):.3g}" for name, value in row.parameters.items())
        floor = f"{row.tuned['physics_distance_floor']:.3f}"
        lines.append(f"| {row.seed} | {' | '.join(pairs)} | {floor} | {row.seconds:.0f} s | {found} |")
    return "\n".join(lines)


def _number(metrics: Mapping[str, float], name: str) -> str:
    error = metrics.get(f"{name}_error")
    return f"{metrics[name]:.3f}" + (f" ± {error:.3f}" if error is not None else "")


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="how many searches (%(default)s)")
    parser.add_argument("--epochs", type=int, default=200, help="of each trial (%(default)s)")
    parser.add_argument("--at_once", type=int, default=2, help="trainings at a time (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, str(seed)) for seed in range(1, options.seeds + 1)]
        rows = measured(folders, options.epochs, options.at_once)
    print(table(rows))
    better = sum(row.tuned["physics_distance"] < row.defaults["physics_distance"] for row in rows)
    print(f"\nThe tuned model is nearer to full simulation in {better} of {len(rows)} seeds.")


if __name__ == "__main__":
    main()
