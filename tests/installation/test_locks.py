# SPDX-License-Identifier: Apache-2.0
"""Every lock is complete in itself, and says how it is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.installation.future import Known, Package, applies, described, pins
from tests.places import ROOT

PLACES = ("*.lock", "locks/*.lock", "deploy/*.lock", "training/*.lock")
LOCKS = [path for place in PLACES for path in sorted(ROOT.glob(place))]
EVERY = pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
IMAGES = {"runtime.lock", "training.lock"}
# deploy/uv.toml: a step runs kfp's executor alone, which needs nothing that kfp requires.
LEFT_OUT = {name: {"kfp"} for name in IMAGES}


def missing(package: Package, lock: list[Requirement]) -> Iterator[str]:
    """What a package requires here, with the extras that the lock names, and the lock does not have so."""
    here = {canonicalize_name(pin.name): pin for pin in lock if applies(pin)}
    for text in package.requires:
        wanted = Requirement(text)
        extras = here[canonicalize_name(package.name)].extras or {""}
        if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        pin = here.get(canonicalize_name(wanted.name))
        if not (
            pin and wanted.extras <= pin.extras and wanted.specifier.contains(only(pin), prereleases=True)
        ):
            yield f"{package.name} requires {text}"


def only(pin: Requirement) -> str:
    """The version of a pin."""
    return str(pin.specifier).removeprefix("==")


@EVERY
def test_it_has_all_that_it_requires_in_the_words_that_require_it(lock: Path, known: Known) -> None:
    """On this Python, extras too: where `coverage[toml]` is required, `coverage` does not stop a resolver."""
    text = lock.read_text()
    left_out = LEFT_OUT.get(lock.name, set())
    packages = [each for each in described(text, known) if each.name not in left_out]
    assert packages
    assert [line for each in packages for line in missing(each, pins(text))] == []


@EVERY
def test_it_brings_its_build_backend(lock: Path) -> None:
    """The training image builds nothing."""
    names = {pin.name for pin in pins(lock.read_text())}
    assert ("setuptools" in names) == (lock.name != "training.lock")


@EVERY
def test_every_version_is_one_with_its_hashes(lock: Path) -> None:
    """Nothing is left to whatever is newest."""
    text = re.sub(r"^ *#.*\n", "", lock.read_text(), flags=re.MULTILINE)
    assert pins(text)
    pin, digest = r"[\w.-]+(\[[\w, -]+\])?==\S+( ; [^\\\n]+)?", r"    --hash=sha256:\w{64}"
    assert re.fullmatch(rf"({pin}( \\\n{digest})+\n)+", text)


@EVERY
def test_its_first_lines_say_how_it_is_installed(lock: Path) -> None:
    """By a command that resolves nothing."""
    header = re.match(r"(#.*\n)+", lock.read_text())
    assert header
    path = lock.relative_to(ROOT)
    assert (f"./setup.sh {path} FOLDER" in header[0]) == (lock.name not in IMAGES)
    commands = re.findall(r"pip install .*", header[0])
    assert commands
    assert [line for line in commands if "--no-deps" not in line or "--require-hashes" not in line] == []


def test_make_run_needs_less_than_the_tests() -> None:
    """Its lock is a part of theirs, without what only they or other places need."""
    run, dev = (
        {(pin.name, only(pin)) for pin in pins((ROOT / lock).read_text())}
        for lock in ("requirements.lock", "requirements-dev.lock")
    )
    assert run < dev
    names = {name for name, _ in run}
    assert {"pytest", "moto", "mypy", "ruff", "s3fs", "boto3"} & names == set()
    assert {"kfp", "kfp-kubernetes", "jax", "optuna", "setuptools"} <= names


@pytest.mark.parametrize("wanted", sorted(ROOT.glob("locks/*.in")), ids=lambda path: path.name)
def test_what_was_asked_for_is_what_is_locked(wanted: Path) -> None:
    """Each locks/NAME.in has a lock that satisfies it."""
    lock = {pin.name: pin for pin in pins(wanted.with_suffix(".lock").read_text()) if applies(pin)}
    lines = (line.partition("#")[0].strip() for line in wanted.read_text().splitlines())
    for asked in (Requirement(line) for line in lines if line):
        if applies(asked):
            assert asked.specifier.contains(only(lock[asked.name]))
