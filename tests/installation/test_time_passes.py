# SPDX-License-Identifier: Apache-2.0
"""A lock installs the same on a later day, by the oldest pip, the newest and uv.

On that day all that it names is withdrawn ("yanked"), everything has a newer version, and the newer build
backend builds nothing.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.installation.conftest import PIPS, Checkout
from tests.installation.future import Known, applies, described, index, installed, pins, relocked, version
from tests.places import ROOT
from tests.support.environments import environment, packages

# Those of pip and uv are installed by them for real whenever these tests begin.
BESIDE = ("locks/kfp-2.13.lock", "locks/katib.lock", "locks/kubeflow.lock")
LOCKS = ("requirements.lock", "requirements-dev.lock", *BESIDE)
BY = [(lock, pip) for lock in LOCKS for pip in PIPS] + [("requirements-dev.lock", "uv")]
PROJECT = {("kfp-katib", "0.2.0")}
IMAGES = {"deploy/Dockerfile": "deploy/runtime.lock", "training/Dockerfile": "training/training.lock"}


def named(lock: str) -> set[tuple[str, str]]:
    """The names and versions that a lock has for this Python."""
    return {
        (canonicalize_name(pin.name), version(pin)) for pin in pins((ROOT / lock).read_text()) if applies(pin)
    }


def there(place: Path) -> set[tuple[str, str]]:
    """What is installed in an environment, but for the pip that came with it."""
    return {each for each in installed(packages(place)) if each[0] != "pip"}


def settings(installer: str) -> dict[str, str]:
    """What lets setup.sh install by one of them."""
    return (
        {"INSTALLER": "pip"} if installer in PIPS else {"PATH": f"{environment('uv') / 'bin'}:/usr/bin:/bin"}
    )


@pytest.mark.parametrize(("lock", "installer"), BY)
def test_a_lock_installs_what_it_names(lock: str, installer: str, checkout: Checkout, known: Known) -> None:
    """No resolver looks at what has come out since, and no build takes another backend."""
    checkout.lock(lock, known)
    place = checkout.venv(".venv", installer if installer in PIPS else "pip-newest")
    done = checkout.run("./setup.sh", lock, ".venv", **settings(installer))
    assert done.returncode == 0, done.stderr + (place / "setup.log").read_text()
    expected = {each for each in named(lock) if each[0] != "pip"}
    assert there(place) == expected | (PROJECT if lock not in BESIDE else set())


@pytest.mark.parametrize("pip", PIPS)
def test_an_image_installs_what_its_lock_names(pip: str, checkout: Checkout, known: Known) -> None:
    """By the very lines of the Dockerfiles, the training image's on top of the runtime image's."""
    place = checkout.venv("opt", pip)
    python = shlex.quote(str(place / "bin" / "python"))
    for dockerfile, lock in IMAGES.items():
        checkout.lock(lock, known)
        for command in pip_lines(dockerfile, checkout.root):
            done = checkout.run("sh", "-ec", f'pip() {{ {python} -m pip "$@"; }}; {command}')
            assert done.returncode == 0, done.stdout + done.stderr
        assert there(place) == {each for each in named(lock) if each[0] != "setuptools"} | PROJECT


def pip_lines(dockerfile: str, root: Path) -> list[str]:
    """The commands by which a Dockerfile installs, with the checkout's files for what it copied."""
    text = (ROOT / dockerfile).read_text().replace("\\\n", " ")
    commands = re.findall(r"(?:^RUN|&&) +(pip (?:un)?install [^&\n]+)", text, re.MULTILINE)
    assert commands
    copied = re.findall(r"^COPY (\S+\.lock) (\S+)$", text, re.MULTILINE)
    for source, target in copied:
        path = target + Path(source).name if target.endswith("/") else target
        commands = [command.replace(path, shlex.quote(str(root / source))) for command in commands]
    return [re.sub(r"(?<= )/src(?= |$)", shlex.quote(str(root)), command) for command in commands]


# What stopped the way of before: a backend that was not locked, and an extra that the lock did not name.
STOPS = {
    "kfp-server-api": "build dependencies did not run successfully",
    "pytest-cov": "all requirements must have their versions pinned",
}
NEEDS = {
    "kfp-server-api": ("certifi", "python-dateutil", "setuptools", "six", "urllib3"),
    "pytest-cov": ("coverage", "iniconfig", "packaging", "pluggy", "pygments", "pytest"),
}


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="it was pip 23.0.1, which needs Python 3.11")
@pytest.mark.parametrize(("needed", "error"), STOPS.items())
def test_that_day_stops_a_resolver(needed: str, error: str, checkout: Checkout, known: Known) -> None:
    """As it did with the lock of before: so the checks above can fail."""
    packages = described((ROOT / "requirements-dev.lock").read_text(), known)
    wanted = [each for each in packages if each.name in (needed, *NEEDS[needed])]
    before = "".join(f"{each.name}=={each.version} \\\n" for each in wanted)
    (checkout.root / "before.lock").write_text(relocked(before, index(wanted, checkout.wheels)))
    python = checkout.venv(".venv", "pip-oldest") / "bin" / "python"
    done = checkout.run(str(python), "-m", "pip", "install", "--require-hashes", "-r", "before.lock")
    assert done.returncode != 0
    assert error in done.stderr
