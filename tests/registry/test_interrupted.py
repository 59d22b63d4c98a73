# SPDX-License-Identifier: Apache-2.0
"""Whatever ends a registration half-way, the next one completes it: never two of anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from kfp_katib.errors import ServiceError
from kfp_katib.registry.connection import Connection
from kfp_katib.registry.entries import Entry, register
from tests.places import ROOT
from tests.support.registry import Dropped, Registry
from tests.support.registry_contents import Answer

REQUESTS = 7
"""Of a first registration: is there a registry; then look and create, three times."""

ENTRY = Entry("par04", "search-7f", "s3://bucket/release", properties={"value": 0.5})
ONCE = f"""
import sys
from kfp_katib.registry.connection import Connection
from kfp_katib.registry.entries import Entry, Run, register
with Connection(sys.argv[1]) as connection:
    register(connection, {ENTRY!r})
"""


def put(registry: Registry, waits: tuple[float, ...] = ()) -> str:
    """Register the entry."""
    with Connection(registry.url, waits=waits) as connection:
        return register(connection, ENTRY)


def test_a_first_registration_takes_seven_requests(registry: Registry) -> None:
    """So the tests below end it at every point."""
    put(registry)
    assert (len(registry.asked), registry.counts) == (REQUESTS, (1, 1, 1))


@pytest.mark.parametrize("done", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("at", range(1, REQUESTS + 1))
def test_a_step_that_fails_is_completed_by_the_next(registry: Registry, at: int, done: bool) -> None:
    """At every request, whether or not the registry has seen to it by then."""

    def fault(number: int) -> None:
        if number == at:
            raise Dropped

    registry.before, registry.after = (lambda _: None, fault) if done else (fault, lambda _: None)
    with pytest.raises(ServiceError, match="got no answer"):
        put(registry)
    assert put(registry) == registry.models[0]["id"]
    assert registry.counts == (1, 1, 1)


@pytest.mark.parametrize("done", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("answer", [None, 429, 500, 503], ids=["dropped", "429", "500", "503"])
def test_every_third_request_may_fail(registry: Registry, answer: int | None, done: bool) -> None:
    """One step gets through: what it asked for without an answer it looks for before it asks again."""

    def fault(number: int) -> Answer | None:
        if number % 3:
            return None
        if answer is None:
            raise Dropped
        return Answer(answer, "")

    registry.before, registry.after = (lambda _: None, fault) if done else (fault, lambda _: None)
    put(registry, waits=(0.0, 0.0, 0.0, 0.0))
    registry.before = registry.after = lambda _: None
    put(registry)
    assert registry.counts == (1, 1, 1)


@pytest.mark.parametrize("at", range(1, REQUESTS + 1))
def test_a_step_that_is_killed_is_completed_by_the_next(registry: Registry, at: int) -> None:
    """By SIGKILL, when the registry has done what it was asked for and before the step knows."""
    command = [sys.executable, "-c", ONCE, registry.url]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as step:

        def kill(number: int) -> None:
            if number == at:
                os.kill(step.pid, signal.SIGKILL)

        registry.after = kill
        _, said = step.communicate()
    assert step.returncode == -signal.SIGKILL, said.decode()
    registry.after = lambda _: None
    put(registry)
    assert registry.counts == (1, 1, 1)
