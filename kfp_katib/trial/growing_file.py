# SPDX-License-Identifier: Apache-2.0
"""A file that another process still writes: what is new in it since the last look.

Nothing of it is held between two looks. What was not taken, such as half a line, is read again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.trial.plain_file import between, open_plain

_PIECE_BYTES = 1 << 16
"""Small enough that looking for metrics in it keeps no other thread waiting."""
_BEFORE_BYTES = 64


@dataclass(slots=True)
class GrowingFile:
    """A place in a file.

    A file that was replaced, or cut off and written anew, is read from its beginning: it is another one, it
    is shorter, or what stands before the place is not what stood there. So many bytes are compared that only
    a repetition is mistaken for the same.

    Attributes:
        path: The file, which need not exist yet.
        taken: Up to which byte it has been taken.
        size: How long it was at the last look.
    """

    path: Path
    taken: int = 0
    size: int = 0
    _before: bytes = b""
    _identity: tuple[int, int] = (0, 0)

    @contextmanager
    def opened(self) -> Iterator[Iterator[bytes]]:
        """Open it for one look; whoever reads the pieces counts in `taken` what need not come again.

        Raises:
            NotPlain: Something else is there.
            OSError: It is missing or cannot be read.
        """
        with open_plain(self.path) as file:
            status = os.fstat(file.fileno())
            identity = status.st_dev, status.st_ino
            if identity != self._identity or self._read_before(file.fileno()) != self._before:
                self.taken = 0
            self._identity, self.size = identity, status.st_size
            try:
                yield between(file, self.taken, self.size, _PIECE_BYTES)
            finally:  # also where the reader fails or stops: what it has taken stays taken
                self._before = self._read_before(file.fileno())

    def _read_before(self, descriptor: int) -> bytes:
        start = max(0, self.taken - _BEFORE_BYTES)
        return os.pread(descriptor, self.taken - start, start)
