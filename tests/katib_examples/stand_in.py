# SPDX-License-Identifier: Apache-2.0
"""Stands in for the training in an example's image: takes any arguments, and reports metrics in four epochs.

`stand_in.py METRICS FILE SECONDS ...`: the names with commas between, the file (empty for stdout), the
seconds of an epoch, then the arguments of the script itself, of which the values depend.
"""

from __future__ import annotations

import json
import sys
import time
import zlib
from pathlib import Path

EPOCHS = 4
GENOTYPE = "Best-Genotype"


def main(metrics: str, file: str, seconds: str, *arguments: str) -> None:
    """Report, epoch after epoch."""
    quality = zlib.crc32(" ".join(arguments).encode()) % 1000 / 2000
    for epoch in range(EPOCHS):
        time.sleep(float(seconds))
        value = 0.2 + quality + 0.1 / (epoch + 1)
        for name in metrics.split(","):
            _report(name, f"{value:.4f}", file)


def _report(name: str, value: str, file: str) -> None:
    if name == GENOTYPE:
        text = f"{name}=Genotype(normal=[], normal_concat=range(2, 3))"
    elif file.endswith(".json"):
        text = json.dumps({name: value})
    else:  # of the two forms, an example's filter takes one
        text = f"{name}={value}\n{{metricName: {name}, metricValue: {value}}}"
    if file:
        with Path(file).open("a") as log:
            log.write(f"{text}\n")
    else:
        print(text, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
