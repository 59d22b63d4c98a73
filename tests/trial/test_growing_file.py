# SPDX-License-Identifier: Apache-2.0
"""A place in a file that grows: what was taken does not come again, whatever becomes of the reader."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from kfp_katib.trial.growing_file import GrowingFile


def first_line(file: GrowingFile) -> Generator[bytes, None, None]:
    """A reader that takes one line of what is there, and then fails."""
    with file.opened() as pieces:
        content = b"".join(pieces)
        file.taken += content.index(b"\n") + 1
        yield content
        raise ValueError


@pytest.mark.parametrize("how", ["fails", "is closed"])
def test_what_a_reader_took_before_it_failed_does_not_come_again(tmp_path: Path, how: str) -> None:
    """The file is still the same one, so the next look goes on where the first one ended."""
    path = tmp_path / "m.log"
    path.write_bytes(b"first\nsecond\n")
    file = GrowingFile(path)
    reader = first_line(file)
    assert next(reader) == b"first\nsecond\n"
    if how == "fails":
        with pytest.raises(ValueError, match=r"^$"):
            next(reader)
    else:
        reader.close()
    with file.opened() as pieces:
        assert b"".join(pieces) == b"second\n"


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    """Also where the last reader failed."""
    path = tmp_path / "m.log"
    path.write_bytes(b"first\nsecond\n")
    file = GrowingFile(path)
    with pytest.raises(ValueError, match=r"^$"):
        list(first_line(file))
    path.write_bytes(b"other\nsecond\n")
    with file.opened() as pieces:
        assert b"".join(pieces) == b"other\nsecond\n"
