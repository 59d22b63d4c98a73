# SPDX-License-Identifier: Apache-2.0
"""A user's own package in one file: data, training, export and evaluation of a model that is one number.

python3 mine.py --lr 0.1 --data data/points.txt --out models/trial
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from pathlib import Path


def prepare(source: str, destination: Path, *, points: int = 4) -> dict[str, object]:
    """Write the data."""
    destination.mkdir(parents=True, exist_ok=True)
    (destination / "points.txt").write_text("\n".join(str(n) for n in range(points)))
    return {"points": points, "source": source, "units": ["MeV"], "smooth": True}


def export(model: Path, destination: Path) -> dict[str, object]:
    """Make the model deployable."""
    destination.mkdir(parents=True, exist_ok=True)
    (destination / "model.txt").write_text((model / "weight.txt").read_text())
    return {"framework": "text", "inputs": {"x": [1]}}


def evaluate(model: Path, dataset: Path, destination: Path) -> dict[str, float]:
    """Tell how far the model is off, and something that no dashboard can show."""
    weight = float((model / "model.txt").read_text())
    points = (dataset / "points.txt").read_text().splitlines()
    return {"error": abs(weight - 0.2), "points": len(points), "undefined": float("nan")}


def train(lr: float, data: Path, out: Path | None) -> None:
    """Learn the number 0.2; say so as Katib wants to hear it."""
    if not (data / "points.txt").exists():
        raise SystemExit(f"no data in {data}")
    loss = abs(lr - 0.2)
    print(f"loss={loss:.6f}", flush=True)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        weight = f"{lr}".encode()
        (out / "weight.txt").write_bytes(weight)
        files = {"weight.txt": {"sha256": hashlib.sha256(weight).hexdigest(), "bytes": len(weight)}}
        document = {"files": files, "metrics": {"loss": round(loss, 6)}, "epoch": 1, "parameters": {"lr": lr}}
        (out / "model.json").write_text(json.dumps(document))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--fail", action="store_true", help="print 30 lines, then end with exit code 3")
    parser.add_argument("--hang", action="store_true", help="leave the process id in a file, then hang")
    parser.add_argument("--lose", type=float, nargs="*", default=[], help="rates whose model gets damaged")
    args = parser.parse_args()
    if args.hang:
        Path(f"started-{args.lr}").write_text(f"{os.getpid()}\n")
        time.sleep(600)
    if args.fail:
        print("\n".join(f"step {n} of {args.lr}" for n in range(1, 30)), "CUDA out of memory", sep="\n")
        raise SystemExit(3)
    train(args.lr, args.data, args.out)
    if args.lr in args.lose:
        (args.out / "weight.txt").write_text("damaged")
