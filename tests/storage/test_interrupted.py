# SPDX-License-Identifier: Apache-2.0
"""Killed at any moment, a promote leaves the earlier release or the new one, whole; the next one finishes."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from kfp_katib.errors import KfpKatibError, StorageError
from kfp_katib.storage import object_store, promote, prune, read_checkpoint, verify
from kfp_katib.storage.checkpoint import Disturbed
from tests.builders.model import TRIALS, contents, listing, write_files, write_model
from tests.support.gate import Gate

OLD = {"model.onnx": b"old", "only/old": b"1"}
NEW = {"model.onnx": b"new", "only/new": b"2"}


def held(release: str, endpoint: str = "") -> bytes:
    """The model of the release that is there: whole, or this fails."""
    found = read_checkpoint(release, endpoint_url=endpoint)
    verify(found, endpoint_url=endpoint)
    (name,) = (file.name for file in found.files if file.name.endswith("model.onnx"))
    return contents(release, endpoint)[name]


@pytest.mark.parametrize("way", ["at once", "two-steps"])
def test_a_kill_before_any_change_of_a_folder_leaves_a_whole_release(tmp_path: Path, way: str) -> None:
    """SIGKILL before each change to the disk; where folders change places at once, none is ever missing."""
    write_model(f"{tmp_path}/old", {"model.onnx": b"old"})
    write_model(f"{tmp_path}/new", {"model.onnx": b"new"})
    tried = subprocess.run(
        [sys.executable, "-m", "tests.storage.kill", tmp_path, way],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line.split() for line in tried.stdout.splitlines()]
    assert all(line[1:] == ["new", "new", "old", "release"] for line in lines)
    states = [line[0] for line in lines]
    assert states[0] == "old"
    assert states[-1] == "new"
    assert set(states) == {"old", "new"} | ({"gone"} if way == "two-steps" else set())
    assert states.count("gone") <= 1
    assert len(states) > 10


def refused(kind: str) -> Callable[[int], Callable[[int], bool]]:
    """Which requests are refused when the n-th is: it alone, or all that follow as after a kill."""
    return (lambda n: lambda i: i >= n) if kind == "all that follow" else (lambda n: lambda i: i == n)


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        pytest.param("all that follow", NEW, id="killed, same names"),
        pytest.param("all that follow", {"a.model.onnx": b"new"}, id="killed, other names"),
        pytest.param("it alone", NEW, id="refused once"),
    ],
)
def test_a_promote_to_a_store_that_fails_leaves_a_whole_release(
    bucket: str, endpoint: str, gate: Gate, tmp_path: Path, kind: str, new: dict[str, bytes]
) -> None:
    """At each change that it asks for in turn; the next one finishes and leaves nothing else."""
    write_model(f"{tmp_path}/new", new)
    final = contents(str(tmp_path / "new"))
    seen: list[bytes] = []
    for moment in range(1, 100):
        release = f"{bucket}/{moment}"
        write_model(release, OLD, endpoint)
        gate.reset(refused(kind)(moment))
        with suppress(KfpKatibError):
            promote(tmp_path / "new", release, endpoint_url=endpoint)
        last = gate.count < moment
        gate.reset()
        seen.append(held(release, endpoint))
        promote(tmp_path / "new", release, endpoint_url=endpoint)
        assert contents(release, endpoint) == final
        if last:
            break
    assert (seen[0], seen[-1]) == (b"old", b"new")
    assert len(seen) > 5


def folders_of(models: str, endpoint: str) -> set[str]:
    """The trials' folders that hold a file."""
    return {"/".join(name.split("/")[:2]) for name in contents(models, endpoint)}


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("kind", ["all that follow", "it alone"])
def test_a_prune_that_fails_leaves_the_rest_to_the_next(
    bucket: str, endpoint: str, gate: Gate, tmp_path: Path, kind: str, keep: int
) -> None:
    """Refused at each change in turn, it says so; the winner goes last, and nobody else's model at all."""
    write_model(f"{tmp_path}/copy")
    for moment in range(1, 30):
        models = f"{bucket}/{moment}"
        for name in ("tune/t1", "tune/t2", "tune/t3", "tune-2/t1"):
            write_model(f"{models}/{name}", endpoint_url=endpoint)
        gate.reset(refused(kind)(moment))
        with suppress(StorageError):
            prune(
                models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=keep, endpoint_url=endpoint
            )
        done = gate.count < moment
        gate.reset()
        held = folders_of(models, endpoint)
        assert held == {"tune-2/t1"} or {"tune-2/t1", "tune/t1"} <= held
        prune(models, "tune", "t1", trials=TRIALS, copy=tmp_path / "copy", keep=keep, endpoint_url=endpoint)
        assert folders_of(models, endpoint) == {"tune-2/t1"} | ({"tune/t1"} if keep else set())
        if done:
            return
    pytest.fail("it is never done")


@pytest.mark.parametrize("seed", range(3))
def test_of_two_promotes_at_once_one_is_whole_in_the_end(
    root: str, endpoint: str, tmp_path: Path, seed: int
) -> None:
    """Whichever; and nothing of the other is left once somebody promotes again."""
    sources = [tmp_path / name for name in ("a", "b")]
    for folder in sources:
        write_model(str(folder), {"model.onnx": folder.name.encode() * 1000, f"only/{folder.name}": b""})
    write_model(f"{tmp_path}/old", OLD)
    promote(tmp_path / "old", f"{root}/release", endpoint_url=endpoint)
    start = threading.Barrier(2)

    def at_once(source: Path) -> None:
        start.wait()
        threading.Event().wait(random.Random(f"{seed}{source.name}").uniform(0, 0.05))
        promote(source, f"{root}/release", endpoint_url=endpoint)

    threads = [threading.Thread(target=at_once, args=(source,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held(f"{root}/release", endpoint) in (b"a" * 1000, b"b" * 1000)
    promote(tmp_path / "old", f"{root}/release", endpoint_url=endpoint)
    assert contents(f"{root}/release", endpoint) == contents(str(tmp_path / "old"))


def test_a_store_that_loses_bytes_is_no_other_promote(
    bucket: str, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier release, which is whole, must not pass for what somebody else has just written."""

    def lose(*_: object) -> None:
        raise Disturbed("model.onnx has 2 bytes after 3 were sent.")

    write_model(f"{bucket}/release", OLD, endpoint)
    write_model(f"{tmp_path}/new", NEW)
    monkeypatch.setattr(object_store, "copy_files", lose)
    monkeypatch.setattr(object_store, "_PAUSE", 0.0)
    with pytest.raises(StorageError, match=r"not complete after 8 attempts: .* 2 bytes after 3 were sent"):
        promote(tmp_path / "new", f"{bucket}/release", endpoint_url=endpoint)
    assert held(f"{bucket}/release", endpoint) == b"old"


def test_leftovers_of_a_release_that_is_whole_go_with_the_next_call(
    bucket: str, endpoint: str, tmp_path: Path
) -> None:
    """Killed when all but the cleaning was done: the same model is there, so nothing else is written."""
    write_model(f"{tmp_path}/new", NEW)
    promote(tmp_path / "new", f"{bucket}/release", endpoint_url=endpoint)
    beside = f".{'0' * 12}.partial/model.onnx"
    left = {
        beside: b"old",
        "only/old": b"1",
        "model.json.partial": b'["only/old", "model.onnx"]',
        "only/": b"",
    }
    write_files(f"{bucket}/release", left, endpoint)
    promote(tmp_path / "new", f"{bucket}/release", endpoint_url=endpoint)
    assert contents(f"{bucket}/release", endpoint) == contents(str(tmp_path / "new"))


@pytest.mark.parametrize("content", [b"", b"[1, null]", b"{}", b"\xff", b"[" * 100_000])
def test_a_damaged_list_of_leftovers_claims_nothing(
    bucket: str, endpoint: str, tmp_path: Path, content: bytes
) -> None:
    """So what it might have named is somebody's, and the release is refused."""
    write_files(f"{bucket}/release", {"model.json.partial": content, "thesis.tex": b"years"}, endpoint)
    write_model(f"{tmp_path}/new", NEW)
    with pytest.raises(StorageError, match=r"'thesis\.tex', which belongs to no model"):
        promote(tmp_path / "new", f"{bucket}/release", endpoint_url=endpoint)


def test_a_folder_marker_is_no_file_of_somebody(bucket: str, endpoint: str, tmp_path: Path) -> None:
    """Consoles and other tools leave an empty key that ends in a slash for each folder that they make."""
    write_files(bucket, {"release/": b"", "release/sub/": b""}, endpoint)
    write_model(f"{tmp_path}/new", NEW)
    promote(tmp_path / "new", f"{bucket}/release", endpoint_url=endpoint)
    assert contents(f"{bucket}/release", endpoint)["model.json"] == listing(NEW).encode()
    assert "sub/" not in contents(f"{bucket}/release", endpoint)
