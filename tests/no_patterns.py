# SPDX-License-Identifier: Apache-2.0
"""Names in a store are names: that fsspec reads `*`, `?` or `[` as a pattern is an error in these tests."""

from __future__ import annotations

import pytest


@pytest.fixture
def no_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything of fsspec that reads a name as a pattern fails."""
    from fsspec.asyn import AsyncFileSystem
    from fsspec.spec import AbstractFileSystem

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a name was read as a pattern")

    for kind, names in (
        (AbstractFileSystem, ("expand_path", "glob")),
        (AsyncFileSystem, ("_expand_path", "_glob")),
    ):
        for name in names:
            monkeypatch.setattr(kind, name, refuse)
