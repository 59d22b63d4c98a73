# SPDX-License-Identifier: Apache-2.0
"""The report's costs: how long a page takes to write, how large it is, how long a browser takes to draw it.

Run it as `python benchmarks/report.py`; it prints one table. Each page is written in a process of its own, so
that the imports count, and opened in a headless Chromium if there is one on PATH.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.builders.searched import searched
from tests.support.browser import Tab, find, tab

SIZES = {3: "3 s, 5.5 MB, 8 s", 1000: "3 s, 5.5 MB, 8 s", 10_000: "it opens"}
DRAWN = "document.documentElement.dataset.figures === 'drawn'"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    trials: int
    seconds: float
    processor_seconds: float
    megabytes: float
    drawn: str


def written(trials: int, page: Path) -> tuple[float, float]:
    """Write a page in a separate process: its seconds and the processor's, from `import` to the file."""
    command = [sys.executable, __file__, str(trials), str(page)]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(report[0]), float(report[1])


def _write(trials: int, page: Path) -> None:
    result = searched(trials)
    began, busy = time.perf_counter(), time.process_time()
    from kfp_katib import report

    page.write_text(report.html(result), encoding="utf-8")
    print(time.perf_counter() - began, time.process_time() - busy)


def drawn(browser: Tab | None, page: Path) -> str:
    """How long it takes until the last figure stands, or that there is no browser."""
    if browser is None:
        return "no browser"
    began = time.perf_counter()
    browser.open(page)
    browser.wait(DRAWN)
    complaints = f", {len(browser.complaints)} complaints" if browser.complaints else ""
    return f"{time.perf_counter() - began:.1f} s{complaints}"


def rows(folder: Path, browser: Tab | None) -> Iterator[Row]:
    """Measure each size."""
    for trials in SIZES:
        page = folder / f"{trials}.html"
        seconds = written(trials, page)
        yield Row(trials, *seconds, page.stat().st_size / 1e6, drawn(browser, page))


def main() -> None:
    """Measure, and print the table."""
    if len(sys.argv) > 1:
        _write(int(sys.argv[1]), Path(sys.argv[2]))
        return
    print(f"{'trials':>8} {'to write':>10} {'processor':>10} {'size':>9} {'to draw':>10}   limit")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if find() is None:
            table = list(rows(folder, None))
        else:
            with tab(folder / "profile") as browser:
                browser.look()
                table = list(rows(folder, browser))
    for row in table:
        print(
            f"{row.trials:>8} {row.seconds:>8.2f} s {row.processor_seconds:>8.2f} s {row.megabytes:>6.2f} MB "
            f"{row.drawn:>10}   {SIZES[row.trials]}"
        )


if __name__ == "__main__":
    main()
