# SPDX-License-Identifier: Apache-2.0
"""A running trial's reports, followed as they are written: each once, in order, whatever the trial does."""

from __future__ import annotations

import os
import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboardX import SummaryWriter

from kfp_katib.experiment.defaults import DEFAULT_FILTER
from kfp_katib.experiment.model import Collector
from kfp_katib.trial.follower import Follower, Observation
from kfp_katib.trial.metrics import collect
from tests.support.speed import within

TEXT = Collector("File", "/out/m.log", "TEXT", (DEFAULT_FILTER,))
OWN = Collector("File", "/out/m.log", "TEXT", (r"(loss|acc): ([0-9.]+)é",))
JSON = Collector("File", "/out/m.json", "JSON", (DEFAULT_FILTER,))
EVENTS = Collector("TensorFlowEvent", "/tb", "", ())


def seen(follower: Follower, *, ended: bool = False) -> list[tuple[str, str, int]]:
    """One look."""
    return [(each.metric, each.value, each.step) for each in follower.look(ended=ended)]


def append(path: Path, content: bytes) -> None:
    """What a trial does."""
    with path.open("ab") as file:
        file.write(content)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file that a trial writes."""
    return tmp_path / "m.log"


def test_each_report_is_seen_once(path: Path) -> None:
    """A step is the number of a metric's report, whatever else is reported between."""
    follower = Follower(TEXT, ("loss", "acc"), path)
    append(path, b"loss=0.5 acc=0.1\nnothing\n")
    assert list(follower.look()) == [Observation("loss", "0.5", 1), Observation("acc", "0.1", 1)]
    assert seen(follower) == []
    append(path, b"loss=0.4\nloss=0.3 acc=nan\n")
    assert seen(follower) == [("loss", "0.4", 2), ("loss", "0.3", 3), ("acc", "", 2)]


def test_a_file_may_appear_late(path: Path) -> None:
    """Until then there is nothing to see."""
    follower = Follower(TEXT, ("loss",), path)
    assert seen(follower) == []
    append(path, b"loss=1\n")
    assert seen(follower) == [("loss", "1", 1)]


@pytest.mark.parametrize(
    ("collector", "content"),
    [
        (TEXT, b"2024-01-02T03:04:05Z loss=0.25\nloss=2e-3 loss=7\n\nacc=1\rloss=3\n"),
        (OWN, "loss: 0.25é acc: 1é\nloss: 7e\nloss: 8é\n".encode()),
        (JSON, '{"loss": "0.25é", "acc": "1"}\n\n{"loss": 3}\n{"loss": "7"}\n'.encode()),
    ],
    ids=["text", "own filter", "json"],
)
def test_a_line_may_come_byte_by_byte(path: Path, collector: Collector, content: bytes) -> None:
    """Half a line, or half a character, is no report yet; in the end it is as if all came at once."""
    whole = path.with_name("whole")
    append(whole, content)
    expected = seen(Follower(collector, ("loss", "acc"), whole))
    follower = Follower(collector, ("loss", "acc"), path)
    found: list[tuple[str, str, int]] = []
    for byte in content:
        append(path, bytes([byte]))
        found += seen(follower)
    assert found == expected
    assert len(found) >= 3


@settings(deadline=None)
@given(
    lines=st.lists(st.sampled_from(["loss=0.5", "acc=1 loss=2", "x", "", "loss=-1e3 loss=4"])), data=st.data()
)
def test_what_is_followed_is_what_is_collected(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: st.DataObject
) -> None:
    """In any pieces: the last report, the smallest and the largest are those of the reading at the end."""
    path = tmp_path_factory.mktemp("f") / "m.log"
    content = "\n".join(lines).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    follower = Follower(TEXT, ("loss",), path)
    values: list[str] = []
    path.touch()
    for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
        append(path, content[start:end])
        values += [each.value for each in follower.look()]
    values += [each.value for each in follower.look(ended=True)]
    metric = collect(TEXT, ("loss",), path)["loss"]
    numbers = sorted(values, key=float)
    assert (metric.min, metric.max, metric.latest) == (
        (numbers[0], numbers[-1], values[-1]) if values else ("unavailable",) * 3
    )


def test_the_last_line_needs_no_newline_when_the_trial_has_ended(path: Path) -> None:
    """As the collector reads it then."""
    append(path, b"loss=1\nloss=2")
    follower = Follower(TEXT, ("loss",), path)
    assert seen(follower) == [("loss", "1", 1)]
    assert seen(follower, ended=True) == [("loss", "2", 2)]


@pytest.mark.parametrize("how", ["truncated", "longer", "replaced", "same size"])
def test_a_file_that_begins_anew_is_read_anew(path: Path, how: str) -> None:
    """What was reported stays reported, and the new reports are counted on."""
    append(path, b"loss=1\nloss=2\n")
    follower = Follower(TEXT, ("loss",), path)
    assert len(seen(follower)) == 2
    content = {"truncated": b"loss=3\n", "same size": b"loss=3\nacc=12\n"}.get(
        how, b"loss=3\n" + b"x" * 99 + b"\n"
    )
    if how == "replaced":
        path.rename(path.with_name("m.log.1"))
    path.write_bytes(content)
    assert seen(follower) == [("loss", "3", 3)]
    append(path, b"loss=4\n")
    assert seen(follower) == [("loss", "4", 4)]


@pytest.mark.parametrize(
    "what", ["pipe", "folder", "device", "link to a device", "link to itself", "unreadable"]
)
def test_what_is_no_plain_file_is_not_read(path: Path, what: str) -> None:
    """Nothing there can hang or flood who looks; a file that takes its place is read."""
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to({"link to itself": path.name, "unreadable": "nowhere/m.log"}.get(what, "/dev/zero"))
    follower = Follower(TEXT, ("loss",), path)
    assert seen(follower) == []
    path.rmdir() if what == "folder" else path.unlink()
    append(path, b"loss=1\n")
    assert seen(follower) == [("loss", "1", 1)]


def test_a_link_to_a_plain_file_is_followed(path: Path) -> None:
    """The collector reads it as well."""
    path.symlink_to("there")
    append(path.with_name("there"), b"loss=1\n")
    assert seen(Follower(TEXT, ("loss",), path)) == [("loss", "1", 1)]


def test_what_makes_the_collector_fail_ends_the_following(path: Path) -> None:
    """The trial will fail for it; until then what it reported stands."""
    append(path, b'{"loss": "1"}\nEpoch 2\n{"loss": "2"}\n')
    follower = Follower(JSON, ("loss",), path)
    assert seen(follower) == [("loss", "1", 1)]
    append(path, b'{"loss": "3"}\n')
    assert seen(follower) == []


def test_a_line_without_end_is_followed(path: Path) -> None:
    """Of a progress bar that never ends its line, all but the last mebibyte is seen."""
    append(path, b"".join(b"\rloss=%d" % number for number in range(300_000)))
    found = [value for _, value, _ in seen(Follower(TEXT, ("loss",), path))]
    assert found == [str(number) for number in range(len(found))]
    assert len(found) > 150_000


def test_a_look_ends_when_it_is_enough(path: Path) -> None:
    """What is left comes with the next looks, and nothing of it is held meanwhile."""
    append(path, b"loss=0.5\n" * 1_000_000)
    follower = Follower(TEXT, ("loss",), path)
    tracemalloc.start()
    with within(1):
        first = sum(1 for _ in follower.look(lambda: True))
    assert 1000 < first < 20_000
    rest = sum(1 for _ in follower.look())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert first + rest == 1_000_000
    assert peak < 2_000_000


def test_event_files_are_followed_record_by_record(tmp_path: Path) -> None:
    """Half a record is no report yet; one too large to be a number is passed over when it is whole."""
    source, folder = tmp_path / "source", tmp_path / "tb" / "train"
    with SummaryWriter(str(source)) as writer:
        for step, value in enumerate((0.5, 0.25, 0.125)):
            writer.add_scalar("loss", value, step)
    content = next(source.glob("*tfevents*")).read_bytes()
    folder.mkdir(parents=True)
    file = folder / "events.out.tfevents.1"
    follower = Follower(EVENTS, ("train/loss", "test/loss"), folder.parent)
    large = struct.pack("<Q4x", 1 << 25) + bytes((1 << 25) + 4)
    append(file, large[:100_000])
    assert seen(follower) == []
    append(file, large[100_000:])
    found: list[tuple[str, str, int]] = []
    for at in range(0, len(content), 7):
        append(file, content[at : at + 7])
        found += seen(follower)
    assert found == [("train/loss", "0.5", 1), ("train/loss", "0.25", 2), ("train/loss", "0.125", 3)]


def test_a_damaged_event_file_is_left_and_others_are_followed(tmp_path: Path) -> None:
    """As the collector goes on with the next file."""
    (tmp_path / "a.tfevents").write_bytes(struct.pack("<Q4x", 8) + b"\xff" * 12)
    (tmp_path / "b.tfevents").mkdir()
    os.mkfifo(tmp_path / "c.tfevents")
    follower = Follower(EVENTS, ("loss",), tmp_path)
    assert seen(follower) == []
    for step, folder in enumerate(("y", "z"), 1):
        with SummaryWriter(str(tmp_path / folder)) as writer:
            writer.add_scalar("loss", step, step)
        assert seen(follower) == [("loss", f"{step}.0", step)]
