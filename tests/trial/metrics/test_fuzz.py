# SPDX-License-Identifier: Apache-2.0
"""Metric files that nobody would write: each is judged within a second, in bounded memory, without an error.

KFP_KATIB_FUZZ_METRICS says how many files are tried (5000 in the long run), KFP_KATIB_FUZZ_SEED which ones.
"""

from __future__ import annotations

import json
import os
import random
import resource
import struct
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.trial.outcome import examine
from kfp_katib.trial.trial_folder import TrialFolder
from tests.builders.search import collector, search
from tests.support.speed import longer

FILES = int(os.environ.get("KFP_KATIB_FUZZ_METRICS", "150"))
SEED = int(os.environ.get("KFP_KATIB_FUZZ_SEED", "1"))
MOST_SECONDS, MOST_MEGABYTES = 1.0, 200

WORDS = [
    *(
        b"loss",
        b"Loss",
        b"val_loss",
        b"acc",
        b"=",
        b":",
        b" = ",
        b"0.5",
        b"1e-3",
        b"nan",
        b"-inf",
        b"1e999",
        b"|-|",
    ),
    *(
        b"\n",
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"\t",
        b" ",
        b"\0",
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"\xe2\x80\xa8",
    ),
    *(b"\x1b[32m", b"\x1b]0;", b"2024-01-02T03:04:05Z ", b"2024-13-99T99:99:99Z ", "ä≈".encode(), b"9" * 400),
    *(b'{"loss": 0.5}', b'{"loss": "', b'"}', b"loss=0.25\n", b'{"loss": "0.5"}\n', b"x" * 3000),
]


def text(chance: random.Random) -> bytes:
    """Words and noise, at times many of them."""
    count = chance.choice([0, 1, 5, 50, 500, 3000])
    words = b"".join(chance.choices(WORDS, k=count)) + chance.randbytes(chance.choice([0, 0, 40]))
    return words * chance.choice([1, 1, 1, 1, 30, 60])


def value(chance: random.Random, depth: int = 0) -> Any:
    """Something that JSON can hold, or nearly."""
    plain = [
        None,
        True,
        0,
        -1.5,
        "0.5",
        "nan",
        "\ud800",
        10**400,
        float("inf"),
        "x" * 99_000,
        1.7e9,
        1e18,
        "\0",
    ]
    if depth > 3 or chance.random() < 0.7:
        return chance.choice([*plain, "2024-01-02T03:04:05Z"])
    if chance.random() < 0.5:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    keys = chance.choices(["loss", "acc", "timestamp", "Loss", "a\ud800", ""], k=3)
    return {key: value(chance, depth + 1) for key in keys}


EVIL = [
    "[" * 100_000,
    '{"a":' * 50_000,
    '{"loss": ' + "9" * 5000 + "}",
    "[1]",
    "{",
    "null",
    '{"loss": NaN}',
    " ",
]


def lines(chance: random.Random) -> bytes:
    """Lines of JSON, in half of the files all of them well formed."""
    made = [json.dumps(value(chance)) for _ in range(chance.choice([0, 0, 1]))]
    for _ in range(chance.choice([1, 10, 3000])):
        key, stamp = (
            chance.choice(["loss", "loss", "acc", "Loss"]),
            chance.choice([1.7e9, 3.5, "x", 1e300, None]),
        )
        made.append(
            json.dumps({key: chance.choice(["0.5", "nan", 0.5, "", "\ud800", [[]]]), "timestamp": stamp})
        )
    made += chance.choices([*EVIL, *[""] * 12], k=1)
    chance.shuffle(made)
    whole = "\n".join(made).encode(errors="surrogatepass")
    return broken(chance, whole) if chance.random() < 0.3 else whole


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(key: int, content: bytes) -> bytes:
    """A field of bytes."""
    return varint(key << 3 | 2) + varint(len(content)) + content


def tensor(chance: random.Random) -> bytes:
    """A tensor, at times of a shape that no memory holds."""
    sizes = chance.choice(
        [[], [1], [2, 3], [1 << 40], [1 << 62, 4], [-1], [1] * 40, [2] * 25, [0], [60_000_000], [9000]]
    )
    shape = b"".join(field(2, b"\x08" + varint(size)) for size in sizes)
    numbers = struct.pack("<3f", 0.1, 0.2, 0.3)[: chance.choice([0, 4, 4, 12])]
    key = chance.choice([4, 5, 6, 7, 10, 11])
    return (
        b"\x08" + varint(chance.choice([0, 1, 1, 2, 3, 7, 9, 10, 99])) + field(2, shape) + field(key, numbers)
    )


def events(chance: random.Random) -> bytes:
    """Records of an event file, in half of the files all of them well formed."""
    content, sound = b"", chance.random() < 0.5
    for _ in range(chance.choice([0, 1, 5, 200, 2000])):
        tag = chance.choice(
            [b"loss", b"loss_val", b"acc", b"%d" % chance.randrange(10**9), b"" if sound else b"\xff"]
        )
        number = b"\x15" + struct.pack("<f", chance.choice([0.5, float("nan"), float("inf")]))
        one = field(1, tag) + (number if sound or chance.random() < 0.5 else field(8, tensor(chance)))
        wall = struct.pack("<d", chance.choice([1.7e9] if sound else [1.7e9, 0.0, -1e9, 1e300, float("nan")]))
        event = b"\x09" + wall + field(5, field(1, one))
        size = len(event) if sound or chance.random() < 0.99 else chance.choice([0, 1, 1 << 25, 1 << 63])
        content += struct.pack("<Q4x", size) + event + b"\0" * 4
    return content if sound else broken(chance, content)


def broken(chance: random.Random, content: bytes) -> bytes:
    """The content, in half of the cases cut or with bytes changed."""
    damaged = bytearray(content)
    if damaged and chance.random() < 0.3:
        for _ in range(chance.randrange(1, 5)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    if damaged and chance.random() < 0.2:
        del damaged[chance.randrange(len(damaged)) :]
    return bytes(damaged)


KINDS: dict[str, tuple[dict[str, Any] | None, str, Callable[[random.Random], bytes]]] = {
    "text": (None, "metrics.log", text),
    "own filter": (
        collector("File", "/out/m", format="TEXT", filters=[r"(\w+)\s*[:=]\s*(\S+)", r"(?s)(loss)(.*)"]),
        "m",
        text,
    ),
    "json": (collector("File", "/out/m", format="JSON"), "m", lines),
    "events": (collector("TensorFlowEvent", "/logs"), "events.out.tfevents.1", events),
}


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_nobody_would_write(tmp_path: Path, kind: str) -> None:
    """Each trial gets its verdict, and a message that can be shown and stored."""
    spec, name, made = KINDS[kind]
    experiment = search("echo ${trialParameters.lr}", metricsCollectorSpec=spec)
    files = TrialFolder(tmp_path / "trial")
    files.clear()
    (files.metrics / "7.pid").write_text("completed\n")
    chance = random.Random(f"{SEED}/{kind}")
    before, slowest, states = peak_megabytes(), 0.0, Counter[str]()
    for _ in range(max(1, FILES // len(KINDS))):
        content = made(chance)
        (files.metrics / name).write_bytes(content)
        files.log.write_bytes(text(chance))
        began = time.thread_time()
        outcome = examine(experiment, files, 0)
        tail = files.log_tail()
        slowest = max(slowest, time.thread_time() - began)
        assert not longer(slowest, than=MOST_SECONDS), content[:500]
        assert outcome.state in ("Succeeded", "MetricsUnavailable", "Failed")
        assert "What it wrote cannot be read" not in outcome.message, (outcome.message, content[:500])
        assert outcome.message.isprintable(), outcome.message
        assert len(outcome.message) < 2000
        assert len(tail) < 40_000
        json.dumps([outcome.message, *map(repr, outcome.metrics.values())]).encode()
        states[outcome.state] += 1
    grown = peak_megabytes() - before
    print(f"{kind}: slowest {slowest:.2f} s, peak {grown:.0f} MB above the start; {dict(states)}")
    assert grown < MOST_MEGABYTES


def peak_megabytes() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
