# SPDX-License-Identifier: Apache-2.0
"""Files are read piece by piece, as blocks of whole lines; what is not a plain file is not opened."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfp_katib.trial import plain_file
from kfp_katib.trial.plain_file import LONGEST_LINE_BYTES, NotPlain, chunks, end_of, open_regular, whole_lines


@given(st.lists(st.binary(max_size=5) | st.sampled_from([b"\n", b"a\nb", b"\n\n"])))
def test_blocks_are_whole_lines(pieces: list[bytes]) -> None:
    """However a file arrives: only its last line may lack its end."""
    blocks = list(whole_lines(pieces, cut=len))
    assert b"".join(blocks) == b"".join(pieces)
    assert all(block.endswith(b"\n") for block in blocks[:-1])
    assert all(blocks)


def test_a_line_too_long_to_be_held_is_cut() -> None:
    """Where it is told to; the rest comes with what follows."""
    piece = b"x" * (LONGEST_LINE_BYTES // 2 + 1)
    blocks = list(whole_lines([piece, piece, b"y\nz"], cut=lambda part: len(part) - 1))
    assert [len(block) for block in blocks[:1]] == [len(piece) * 2 - 1]
    assert blocks[1:] == [b"xy\n", b"z"]


def test_a_growing_file_is_read_to_its_size_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that writes faster than it is read does not hold the engine up."""
    monkeypatch.setattr(plain_file, "CHUNK_BYTES", 2)
    path = tmp_path / "log"
    path.write_bytes(b"abc")
    found = []
    for chunk in chunks(path):
        found.append(chunk)
        with path.open("ab") as file:
            file.write(b"more")
    assert found == [b"ab", b"c"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (os.mkfifo, "a named pipe"),
        (os.mkdir, "a folder"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
    ],
    ids=["pipe", "folder", "link to a device"],
)
def test_what_is_not_a_plain_file(tmp_path: Path, make: Callable[[Path], object], says: str) -> None:
    """It is refused, or has no end to be shown; nothing is waited for."""
    make(tmp_path / "log")
    with pytest.raises(NotPlain, match=f"it is {says}, not a file"):
        next(chunks(tmp_path / "log"))
    assert end_of(tmp_path / "log", 5) == b""


def test_a_link_is_not_a_file_of_our_own(tmp_path: Path) -> None:
    """What it leads to stays as it is; a trial's own file may be one."""
    (tmp_path / "there").write_bytes(b"abc")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    with pytest.raises(NotPlain, match="it is a symbolic link"):
        open_regular(tmp_path / "link", os.O_WRONLY | os.O_TRUNC)
    assert end_of(tmp_path / "link", 2) == b"bc"
