# SPDX-License-Identifier: Apache-2.0
"""Lists of files that nobody would write by hand: read, or refused in our own words, and cheaply.

KFP_KATIB_FUZZ is how many are made up, 300 where it is not set.
"""

from __future__ import annotations

import json
import os
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import KfpKatibError
from kfp_katib.storage import collect
from kfp_katib.storage.model_json import LARGEST, parse
from tests.builders.model import ENTRY, SHA, listing, nested
from tests.builders.result import result, trial
from tests.support.speed import longer

FUZZ = int(os.environ.get("KFP_KATIB_FUZZ", "300"))


def _listed(files: object) -> bytes:
    return json.dumps({"files": files}).encode()


def made_up(chance: random.Random) -> bytes:
    """A model.json as a broken program, or a bad one, could write it."""
    text = listing({f"w{index}": b"" for index in range(chance.randint(0, 4))}, metrics={"loss": 0.1})
    ways: list[Callable[[], bytes]] = [
        lambda: text.encode(chance.choice(["utf-8", "utf-16", "utf-32", "utf-7", "cp037"])),
        lambda: text[: chance.randint(0, len(text))].encode(),
        lambda: bytes(_mutated(bytearray(text.encode()), chance)),
        lambda: json.dumps(_data(chance, 4)).encode(),
        lambda: json.dumps({"files": _data(chance, 3), "metrics": _data(chance, 2)}).encode(),
        lambda: json.dumps({"files": {_name(chance): _entry(chance) for _ in range(3)}}).encode(),
        lambda: nested(chance.choice([10, 500, 900, 990, 1000, 5000, 100_000])),
        lambda: b'{"files": %s}' % (b"[" * chance.choice([10, 900, 980, 1000, 200_000])),
        lambda: chance.randbytes(chance.choice([1, 100, 10_000, LARGEST + 1])),
        lambda: _listed(
            {_name(chance) + str(index): ENTRY for index in range(chance.choice([10, 1000, 6000]))}
        ),
    ]
    return chance.choice(ways)()


def _mutated(content: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] = chance.choice(b'{}[]":,0e-\\u\x00\xff')
    return content


def _name(chance: random.Random) -> str:
    parts = [
        "w",
        "..",
        ".",
        "",
        "a" * 300,
        "\0",
        "\ud800",
        "\\",
        "C:",
        "model.json",
        "W",
        "ü",
        "u\u0308",
        "*",
        "\u202e",
    ]
    return "/".join(chance.choice(parts) for _ in range(chance.choice([1, 1, 2, 3, 400])))


def _entry(chance: random.Random) -> object:
    size: Any = chance.choice(
        [0, 1, -1, True, 1.0, 10**400, 2**63, "1", None, [], float("nan"), float("inf")]
    )
    return chance.choice(
        [{"sha256": chance.choice([SHA, "", SHA.upper(), None, 1, SHA + "\n"]), "bytes": size}, size]
    )


def _data(chance: random.Random, depth: int) -> object:
    plain: Any = chance.choice([None, True, -1, 10**400, float("nan"), 1e308, "", "\ud800", "x" * 1000])
    if depth == 0 or chance.random() < 0.3:
        return plain
    inner = [_data(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    names = ["files", "metrics", "epoch", "parameters", "w", "\ud800", "", "sha256", "bytes"]
    return inner if chance.random() < 0.3 else {chance.choice(names): item for item in inner}


@pytest.mark.usefixtures("untraced")
@pytest.mark.timeout(3600)
def test_any_list_is_read_or_refused_in_little_time(tmp_path: Path) -> None:
    """No other error than ours, no list takes a second, none takes 200 MB; and messages can be written."""
    chance = random.Random(1)
    path = tmp_path / "tune" / "tune-1" / "model.json"
    path.parent.mkdir(parents=True)
    for index in range(4):
        (path.parent / f"w{index}").touch()
    parse(_listed({"w": ENTRY}), "here")
    before, slowest, read = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0.0, 0
    for _ in range(FUZZ):
        path.write_bytes(made_up(chance))
        started = time.process_time()
        try:
            read += collect(result([trial(1, "0.3")]), tmp_path, tmp_path / "out").trial is not None
        except KfpKatibError as err:
            str(err).encode()
        slowest = max(slowest, time.process_time() - started)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{FUZZ} lists, {read} read, slowest {slowest:.3f} s, {grown:.0f} MB more at most")
    assert read
    assert not longer(slowest, than=1)
    assert grown < 200
