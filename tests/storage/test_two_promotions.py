# SPDX-License-Identifier: Apache-2.0
"""Promotions to one prefix of an object store at once: each takes the other's files for leftovers."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import fsspec
import pytest

from kfp_katib.errors import KfpKatibError
from kfp_katib.storage import object_store
from kfp_katib.storage.checkpoint import copy_files, verified_at
from kfp_katib.storage.model_json import Checkpoint, parse
from kfp_katib.storage.places import Place, files_below, place
from tests.builders.model import listing

SAME = {
    "old": {"model.onnx": b"old", "only/old": b""},
    "a": {"model.onnx": b"a", "only/a": b""},
    "b": {"model.onnx": b"b", "only/b": b""},
    "c": {"model.onnx": b"c", "only/c": b""},
}
APART = {name: {f"{name}1": b"", f"{name}2": b""} for name in SAME}


class Slow(threading.Thread):
    """Promotes, and stands still before one of its changes, counted from 1, until it is let go."""

    def __init__(self, work: Callable[[], object], stops_before: int) -> None:
        super().__init__(daemon=True)
        self._work, self._left = work, stops_before
        self.stands_or_ended, self._goes_on = threading.Event(), threading.Event()
        self.stood = False
        self.error: KfpKatibError | None = None

    def run(self) -> None:
        """Do the work; others wait for the moment."""
        try:
            self._work()
        except KfpKatibError as err:
            self.error = err
        self.stands_or_ended.set()

    def change(self) -> None:
        """What this thread calls before each change."""
        self._left -= 1
        if self._left == 0:
            self.stood = True
            self.stands_or_ended.set()
            assert self._goes_on.wait(timeout=60)

    def go_on(self) -> None:
        """Let it go, and wait for its end."""
        self._goes_on.set()
        self.join(timeout=60)


@pytest.fixture(autouse=True)
def seen_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file that is written, copied or deleted is one change; nobody waits between attempts."""
    write, delete = Place.write, object_store.delete

    def change() -> None:
        if isinstance(thread := threading.current_thread(), Slow):
            thread.change()

    def written(place: Place, content: bytes) -> None:
        change()
        write(place, content)

    def copied(checkpoint: Checkpoint, source: Place, target: Place) -> None:
        for file in checkpoint.files:
            change()
            copy_files(replace(checkpoint, files=(file,)), source, target)

    def deleted(prefix: Place, names: Iterable[str]) -> None:
        for name in sorted(names):
            change()
            delete(prefix, [name])

    monkeypatch.setattr(Place, "write", written)
    monkeypatch.setattr(object_store, "copy_files", copied)
    monkeypatch.setattr(object_store, "delete", deleted)
    monkeypatch.setattr(object_store, "_PAUSE", 0.0)


@dataclass(frozen=True)
class Release:
    """Where models are promoted to, beside their sources."""

    root: Place

    def model(self, name: str, files: dict[str, bytes]) -> Checkpoint:
        """One to promote."""
        for file, content in files.items():
            (self.root / name / file).write(content)
        return parse(listing(files).encode(), (self.root / name).uri)

    def promote(self, checkpoint: Checkpoint) -> None:
        """Replace what is there."""
        object_store.replace(checkpoint, place_of(checkpoint, self.root), self.place)

    @property
    def place(self) -> Place:
        """The release itself."""
        return self.root / "release"


def place_of(checkpoint: Checkpoint, root: Place) -> Place:
    """Where a model's files are."""
    return root / checkpoint.uri.rpartition("/")[2]


def stands_still(release: Release, models: dict[str, dict[str, bytes]], others: str, moment: int) -> bool:
    """Promote `a`, and the others while it stands; whether it came to that change at all."""
    checkpoints = {name: release.model(name, files) for name, files in models.items()}
    release.promote(checkpoints["old"])
    slow = Slow(lambda: release.promote(checkpoints["a"]), moment)
    slow.start()
    assert slow.stands_or_ended.wait(timeout=60)
    for name in others:
        release.promote(checkpoints[name])
        assert verified_at(release.place).names == set(models[name])
    slow.go_on()
    assert slow.error is None
    verified_at(release.place)
    release.promote(checkpoints["old"])
    assert files_below(release.place) == {*models["old"], "model.json"}
    return slow.stood


@pytest.mark.parametrize("others", ["b", "bc"])
@pytest.mark.parametrize("models", [pytest.param(SAME, id="same names"), pytest.param(APART, id="others")])
def test_who_promotes_while_another_stands_still_is_not_refused(
    models: dict[str, dict[str, bytes]], others: str
) -> None:
    """Wherever it stands: all succeed, a whole model is there in the end, and the next leaves no other."""
    for moment in range(1, 100):
        root = Place(f"memory://{uuid.uuid4().hex}", None, fsspec.filesystem("memory"))
        if not stands_still(Release(root), models, others, moment):
            break
    assert 8 < moment < 99


def test_so_it_is_in_s3(s3_bucket: str, endpoint: str) -> None:
    """At the moment when model.json is about to name the copy, which the other has deleted with its list."""
    assert stands_still(Release(place(s3_bucket, endpoint)), SAME, "b", 4)
