# SPDX-License-Identifier: Apache-2.0
"""The state of an unfinished training: whole or not there, and taken up by its own training alone."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from s3fs import S3FileSystem

from training.data.files import Place
from training.geometry import Mesh
from training.vae.fit import untrained
from training.vae.settings import Settings
from training.vae.state import NAME, Epoch, Progress, Store

BELONGS: dict[str, str | int | float] = {"lr": 1e-3, "data": "abc"}


def progress(seed: int) -> Progress:
    """A training in the middle of its third epoch."""
    settings = Settings(hidden=(4, 3), latent_dim=2, seed=seed)
    start = untrained(Mesh(2, 1, 3), settings)
    curve = (Epoch(1, 0.1 + 0.2, 1.0, 0.5), Epoch(2, 1.0, 1.0, 0.75))
    return replace(start, curve=curve, chunks=3, steps=17, loss=1.0 / 3.0)


NEW = progress(9)


def arrays(stand: Progress) -> list[jax.Array]:
    """Every array of it."""
    return jax.tree.leaves((stand.model, stand.optimizer, stand.best))


def words(stand: Progress) -> tuple[object, ...]:
    """Everything else."""
    return stand.curve, stand.chunks, stand.steps, stand.loss


@pytest.fixture(params=["folder", "local://", "s3://"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where the model of a trial goes to."""
    if request.param == "folder":
        yield tmp_path / "model"
    elif request.param == "local://":
        yield f"local://{tmp_path}/model"
    else:
        yield request.getfixturevalue("bucket") + "/model"


def test_a_state_is_read_back_to_the_last_bit(address: Place) -> None:
    """Arrays, curve and sums, over whatever lay there before."""
    for seed in (1, 2):
        Store(address, BELONGS, seconds=0.0).save_if_due(progress(seed))
    loaded = Store(address, BELONGS, seconds=0.0).load(progress(3))
    assert words(loaded) == words(progress(2))
    pairs = zip(arrays(loaded), arrays(progress(2)), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def test_nothing_is_left_of_it(address: Place) -> None:
    """Removed once, and again where there is nothing."""
    store = Store(address, BELONGS, seconds=0.0)
    store.save_if_due(progress(1))
    store.remove()
    store.remove()
    assert store.load(NEW) is NEW


def test_only_the_state_itself_lies_there(tmp_path: Path) -> None:
    """No half-written file beside it."""
    Store(tmp_path, BELONGS, seconds=0.0).save_if_due(progress(1))
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_a_training_that_never_ran_has_none(tmp_path: Path) -> None:
    """Nor does it make a folder by asking."""
    assert Store(tmp_path / "model", BELONGS, seconds=0.0).load(NEW) is NEW
    assert list(tmp_path.iterdir()) == []


def test_it_is_written_now_and_then(tmp_path: Path) -> None:
    """Short trials never write it."""
    Store(tmp_path, BELONGS, seconds=60.0).save_if_due(progress(1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("belongs", "message"),
    [
        ({"lr": 2e-3, "data": "abc"}, r"of another training \(lr 0.001 there, 0.002 here\): starting anew"),
        ({"lr": 1e-3, "data": "xyz"}, r"of another training \(data abc there, xyz here\): starting anew"),
        ({**BELONGS, "new": 1}, r"of another training \(new None there, 1 here\): starting anew"),
    ],
    ids=["setting", "data", "option"],
)
def test_another_training_starts_anew_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, belongs: dict[str, str | int | float], message: str
) -> None:
    """Other settings or data would not lead to the same result."""
    Store(tmp_path, BELONGS, seconds=0.0).save_if_due(progress(1))
    assert Store(tmp_path, belongs, seconds=0.0).load(NEW) is NEW
    (record,) = caplog.records
    assert re.search(message, record.getMessage())


def test_what_is_whole_beside_a_damaged_state_is_gone_on_with(tmp_path: Path) -> None:
    """A store that shows half a file has the whole one under the other name until that is done."""
    Store(tmp_path, BELONGS, seconds=0.0).save_if_due(progress(1))
    content = (tmp_path / NAME).read_bytes()
    (tmp_path / f"{NAME}.part").write_bytes(content)
    (tmp_path / NAME).write_bytes(content[:100])
    loaded = Store(tmp_path, BELONGS, seconds=0.0).load(progress(3))
    assert words(loaded) == words(progress(1))


@pytest.mark.parametrize("keep", [0, 20, 1000, -1], ids=["empty", "half a line", "no arrays", "a byte less"])
def test_a_damaged_state_is_not_gone_on_with(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, keep: int
) -> None:
    """The training starts anew and says so."""
    Store(tmp_path, BELONGS, seconds=0.0).save_if_due(progress(1))
    (tmp_path / NAME).write_bytes((tmp_path / NAME).read_bytes()[:keep])
    assert Store(tmp_path, BELONGS, seconds=0.0).load(NEW) is NEW
    assert "is damaged, or of an earlier version: starting anew" in caplog.text


def test_going_on_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In one line, with the epoch."""
    caplog.set_level(logging.INFO)
    store = Store(tmp_path, BELONGS, seconds=0.0)
    store.save_if_due(progress(1))
    store.load(progress(1))
    assert f"going on with epoch 3, from {tmp_path}/{NAME}" in caplog.text


def test_a_state_that_cannot_be_written_does_not_end_the_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that is full for a while costs the state, not the hours so far."""
    (tmp_path / "model").write_text("a file where the folder should be")
    Store(tmp_path / "model", BELONGS, seconds=0.0).save_if_due(progress(1))
    assert "the state of the training cannot be written: " in caplog.text


def test_a_store_that_asks_for_keys_in_the_middle_does_not_end_the_training(
    bucket: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Credentials run out during long trainings; S3's own errors for that are no OSError."""
    store = Store(f"{bucket}/model", BELONGS, seconds=0.0)
    S3FileSystem.clear_instance_cache()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", "/nowhere")
    store.save_if_due(progress(1))
    assert "the state of the training cannot be written: " in caplog.text
