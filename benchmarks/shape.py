# SPDX-License-Identifier: Apache-2.0
"""The shape of this code next to its guides: sizes, functions, names, and how long a user waits.

Run it as `make shape`. It does not judge: its exit code is always 0.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.startup import LIMITS, waits
from tests.places import ROOT

CODE = ("kfp_katib", "components", "pipelines", "training", "examples")
LONGEST_FILE = 250
Row = tuple[str, str, str]
"""What was measured, the figure, its guide."""


def main() -> None:
    """Print the table, then each room of the library."""
    sizes = {path: lines(path) for folder in (*CODE, "tests") for path in modules(folder)}
    library = [path for path in sizes if within(path, "kfp_katib")]
    for row in [*size(sizes, library), *functions(library), *waited()]:
        print("{:<46}{:>12}{:>12}".format(*row))
    print(f"\n{'room of kfp_katib':<46}{'lines':>12}{'files':>12}")
    for room, paths in sorted(rooms(library).items()):
        print(f"{room:<46}{sum(sizes[path] for path in paths):>12,}{len(paths):>12}")
    for title, found in (
        (f"over {LONGEST_FILE} lines", too_long(sizes)),
        ("names that occur twice", twice(library)),
    ):
        if found:
            print(f"\n{title}:", *found, sep="\n  ")


def modules(folder: str) -> list[Path]:
    """The Python files below a folder of this project."""
    return sorted((ROOT / folder).rglob("*.py"))


def lines(path: Path) -> int:
    """How many lines a file has."""
    return path.read_bytes().count(b"\n")


def within(path: Path, folder: str) -> bool:
    """Whether a file lies below a folder of this project."""
    return path.is_relative_to(ROOT / folder)


def size(sizes: dict[Path, int], library: Sequence[Path]) -> list[Row]:
    """Lines and files."""
    tests = sum(count for path, count in sizes.items() if within(path, "tests"))
    return [
        ("kfp_katib", "now", "guide"),
        ("lines", f"{sum(sizes[path] for path in library):,}", "12,500"),
        ("files", str(len(library)), "115"),
        (f"files over {LONGEST_FILE} lines, tests and training too", str(len(too_long(sizes))), "0"),
        ("file names that occur twice in it", str(len(twice(library))), "0"),
        ("lines of tests for each of code", f"{tests / (sum(sizes.values()) - tests):.2f}", "1"),
    ]


def functions(library: Iterable[Path]) -> list[Row]:
    """How long functions are, from `def` to their last line."""
    found = sorted(
        (node.end_lineno or 0) - node.lineno + 1
        for path in library
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )
    return [
        ("a function's lines: median", f"{statistics.median(found):g}", "8"),
        ("a function's lines: nine in ten have at most", f"{statistics.quantiles(found, n=10)[-1]:g}", "25"),
        ("a function's lines: longest", str(found[-1]), "-"),
    ]


def waited() -> list[Row]:
    """How long a user waits."""
    return [
        (what, f"{taken:.2f} s", f"{LIMITS[what]:g} s") for what, taken in waits(repeats=5) if what in LIMITS
    ]


def rooms(library: Iterable[Path]) -> dict[str, list[Path]]:
    """The files of each folder of the library, those of the engines apart."""
    found = defaultdict(list)
    for path in library:
        parts = path.relative_to(ROOT / "kfp_katib").parts[:-1]
        found["/".join(parts[: 2 if parts[:1] == ("engines",) else 1]) or "(top)"].append(path)
    return found


def too_long(sizes: dict[Path, int]) -> list[str]:
    """Files that are too long to read at once."""
    return [f"{path.relative_to(ROOT)} {count}" for path, count in sizes.items() if count > LONGEST_FILE]


def twice(library: Iterable[Path]) -> list[str]:
    """File names that occur in more than one folder of the library."""
    found = defaultdict(list)
    for path in library:
        if not path.name.startswith("__"):
            found[path.name].append(str(path.parent.relative_to(ROOT)))
    return [f"{name}: {', '.join(folders)}" for name, folders in sorted(found.items()) if len(folders) > 1]


if __name__ == "__main__":
    main()
