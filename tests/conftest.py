# SPDX-License-Identifier: Apache-2.0
"""Options of the test run, and fixtures that every folder may ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from tests.coverage_data import drop_damaged


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--record`: keep what a real Katib writes, for the replay (tests/engines/katib/replay)."""
    parser.addoption("--record", action="store_true", help="keep what a real Katib writes as recordings")


def pytest_configure() -> None:
    """The same on a machine that is busy, and on one whose variables change what Python does.

    What a test starts has Python's own buffers, as on a user's machine: without, less can be lost. And no
    example of hypothesis has failed because another program had the processor.
    """
    os.environ.pop("PYTHONUNBUFFERED", None)
    given = settings.get_profile(settings.get_current_profile_name())
    settings.register_profile("unhurried", given, deadline=None)
    settings.load_profile("unhurried")


@pytest.hookimpl(wrapper=True, trylast=True)  # within pytest-cov's, which combines what is left
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Leave out what a killed process had not written whole."""
    result = yield
    if not hasattr(session.config, "workerinput"):
        for file in drop_damaged(session.config.rootpath):
            session.config.issue_config_time_warning(
                pytest.PytestWarning(f"{file.name}: a killed process had not written it whole"), stacklevel=1
            )
    return result


@pytest.fixture
def untraced() -> Iterator[None]:
    """What is timed runs as it does for a user: coverage, which takes longer, does not trace this thread."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.fixture
def no_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in a store are names: what of fsspec reads `*`, `?` or `[` as a pattern is an error."""
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
