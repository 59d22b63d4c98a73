# SPDX-License-Identifier: Apache-2.0
"""The first few numbers that a trial reported, in the order of their times."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.experiment.model import Collector
from kfp_katib.results import Metric
from kfp_katib.trial.metrics import collect
from kfp_katib.trial.metrics.first import FirstNumbers, first_numbers
from kfp_katib.trial.plain_file import CHUNK_BYTES, LONGEST_LINE_BYTES
from tests.builders.search import collector as spec
from tests.builders.search import search
from tests.trial.metrics.test_tfevents import write

TEXT = search("echo loss=${trialParameters.lr}").collector
JSON = search(
    "echo ${trialParameters.lr} > /out/m", metricsCollectorSpec=spec("File", "/out/m", format="JSON")
).collector
EVENTS = Collector("TensorFlowEvent", "", "", ())


def first(text: str, place: Path, *, collector: Collector = TEXT, most: int = 3) -> FirstNumbers:
    """What a file with this text reports first of `loss`."""
    file = place / "metrics.log"
    file.write_text(text)
    return first_numbers(collector, "loss", file, most)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("loss=1\nloss=2\nloss=3\nloss=4\n", [1, 2, 3]),
        ("loss=1\nval=9\n", [1]),
        ("loss=1 loss=2\n", [1, 2]),
        ("", []),
        (
            "2026-01-01T00:00:02Z loss=2\n2026-01-01T00:00:01Z loss=1\n2026-01-01T00:00:01Z loss=1.5\n"
            "2026-01-01T00:00:00Z loss=0\n",
            [0, 1, 1.5],
        ),
        ("2026-01-01T00:00:00Z loss=1\nloss=2\nloss=3\nloss=4\n", [2, 3, 4]),
    ],
    ids=["so many", "fewer", "in one line", "none", "by their times", "a line without a time comes first"],
)
def test_the_first_numbers(tmp_path: Path, text: str, numbers: list[float]) -> None:
    """In the order in which Katib's database would return them."""
    assert first(text, tmp_path).numbers == numbers


@pytest.mark.parametrize(
    ("text", "stray", "numbers"),
    [
        ("loss=1\nloss=2\nloss=3\nloss=nan\n", None, [1, 2, 3]),
        ("loss=1\nloss=nan\nloss=2\nloss=3\nloss=4\n", "", [1, 2, 3]),
        ("2026-01-01T00:00:00Z loss=1\n2026-01-01T00:00:01Z loss=oops\n", "", [1]),
    ],
    ids=["after them", "among them", "with times"],
)
def test_what_is_no_number_is_left_out(
    tmp_path: Path, text: str, stray: str | None, numbers: list[float]
) -> None:
    """It is told, if it came before the last of them. Katib's filter makes an empty text of a word."""
    found = first(text, tmp_path)
    assert (found.numbers, found.stray) == (numbers, stray)


def test_json_and_event_files(tmp_path: Path) -> None:
    """Each by its own collector."""
    lines = '{"loss": "1"}\n{"loss": 5}\n{"loss": "inf"}\n{"loss": "2"}\n'
    assert (first(lines, tmp_path, collector=JSON).numbers) == [1, 2]
    write(tmp_path / "b", "loss", 4, 5, at=100)
    write(tmp_path / "c", "loss", 1, 2, at=99)
    write(tmp_path / "d", "loss_val", 3, at=1000)
    assert first_numbers(EVENTS, "loss", tmp_path, 4).numbers == [1, 4, 2, 5]


TEXTS = st.lists(
    st.tuples(st.floats(-9, 9).map(str) | st.sampled_from(["", "nan", "x"]), st.integers(0, 3)), max_size=20
)


@given(TEXTS, st.integers(1, 5), st.integers(0, 20))
def test_they_are_the_head_of_all_in_order(texts: list[tuple[str, int]], most: int, cut: int) -> None:
    """Also where they come in two parts, as those of an event file's tags."""
    head, tail = FirstNumbers(most), FirstNumbers(most)
    for place, (text, second) in enumerate(texts):
        (head if place < cut else tail).add(text, datetime.fromtimestamp(second, UTC))
    head.merge(tail)
    numbers = [(second, float(text)) for text, second in texts if text not in ("", "nan", "x")]
    assert head.numbers == [value for _, value in sorted(numbers, key=lambda each: each[0])][:most]


@given(st.lists(st.sampled_from([b"1", b"2.5", b"", b"-3"]), max_size=12), st.integers(1, 4))
def test_many_at_once_are_as_one_by_one(texts: list[bytes], most: int) -> None:
    """What comes after the last one that can count is not looked at."""
    at_once, one_by_one = FirstNumbers(most), FirstNumbers(most)
    at_once.add_undated(texts)
    for text in texts:
        one_by_one.add(text.decode())
    assert (at_once.numbers, at_once.stray) == (one_by_one.numbers, one_by_one.stray)


def test_a_line_that_was_cut_off_is_none(tmp_path: Path) -> None:
    """Half of `loss=0.25` would be the best value of all."""
    file = tmp_path / "metrics.log"
    file.write_text("loss=0.5\nloss=0.")
    assert collect(TEXT, ["loss"], file, cut_off=True) == {"loss": Metric("0.5", "0.5", "0.5")}
    assert collect(TEXT, ["loss"], file)["loss"].min == "0"
    file.write_text('{"loss": "0.5"}\n{"loss": "0.')
    assert collect(JSON, ["loss"], file, cut_off=True) == {"loss": Metric("0.5", "0.5", "0.5")}


def test_half_a_value_of_an_endless_line_is_none(tmp_path: Path) -> None:
    """A progress bar without a newline is read in parts, which end where a word does."""
    file = tmp_path / "metrics.log"
    for cut in range(1, len("loss=0.25 ")):
        part = (LONGEST_LINE_BYTES // CHUNK_BYTES + 1) * CHUNK_BYTES  # after so many bytes it is cut
        bar = " loss=0.5".ljust(part - cut) + "loss=0.25 loss=0.1"
        file.write_text(bar)
        assert collect(TEXT, ["loss"], file, cut_off=True)["loss"].min in ("0.5", "0.25")
