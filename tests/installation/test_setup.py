# SPDX-License-Identifier: Apache-2.0
"""What `make run` says on a machine that lacks something: one sentence, and how to go on."""

from __future__ import annotations

import hashlib
import importlib.metadata
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from tests.installation.conftest import Checkout
from tests.installation.future import Known, Package, index, installed, relocked
from tests.support.environments import environment, packages

NEEDED = ("pure==1.0", "compiled==1.0")
LOCK = "".join(f"{name} \\\n    --hash=sha256:{'0' * 64}\n" for name in NEEDED)
INDEX = "http://127.0.0.1:9/simple"  # the port that discards: nobody listens
EXTENSION = """
from setuptools import Extension, setup
setup(name="compiled", version="1.0", ext_modules=[Extension("compiled", ["compiled.c"])])
"""


def stub(checkout: Checkout, name: str, code: str) -> str:
    """A Python that is this one, but for a few lines that run before what it is given by `-c`."""
    program = checkout.root / name
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *-c*) ;; *) exec {sys.executable} "$@" ;; esac\n'
        f"exec {sys.executable} -I -c '{code}; exec(sys.argv[-1])' \"$@\"\n"
    )
    program.chmod(0o755)
    return str(program)


def told(checkout: Checkout, **environment: str) -> str:
    """The one sentence with which `make run` ends, and nothing beside it but what make itself says."""
    done = checkout.run("make", "run", **{"INSTALLER": "pip"} | environment)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
    *started, sentence = [line.removeprefix("setup: ") for line in lines]
    assert started in ([], ["installing what requirements.lock names into .venv"])
    assert done.stdout == ""
    return sentence


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (2, 7)])
def test_a_python_that_is_too_old_or_too_new_is_named(version: tuple[int, int], checkout: Checkout) -> None:
    """With how to name another."""
    number = f"{version[0]}.{version[1]}"
    python = stub(checkout, "python-other", f"import sys; sys.version_info = ({version[0]}, {version[1]}, 0)")
    expected = f"'{python}' is CPython {number}. Name a CPython 3.11 to 3.13: make PYTHON=python3.12 ..."
    assert told(checkout, PYTHON=python) == expected


def test_a_python_that_is_no_cpython_is_named(checkout: Checkout) -> None:
    """There are no packages for PyPy."""
    python = stub(checkout, "pypy", 'import platform, sys; platform.python_implementation = lambda: "PyPy"')
    assert told(checkout, PYTHON=python).startswith(f"'{python}' is PyPy 3.")


def test_a_python_that_is_not_there_is_named(checkout: Checkout) -> None:
    """With what installs one."""
    assert told(checkout, PYTHON="python3.99") == (
        "'python3.99' is not installed. Install Python 3.11 to 3.13: apt-get install python3 python3-venv"
    )


def test_a_python_that_does_not_run_is_named(checkout: Checkout) -> None:
    """As a version manager's link to a version that is gone."""
    program = checkout.root / "python-gone"
    program.write_text("#!/bin/sh\necho 'pyenv: version 3.12 is not installed' >&2\nexit 1\n")
    program.chmod(0o755)
    expected = f"'{program}' does not run: pyenv: version 3.12 is not installed"
    assert told(checkout, PYTHON=str(program)) == expected


@pytest.mark.parametrize(
    ("lock", "folder", "sentence"),
    [
        ("nothing.lock", ".venv", "there is no nothing.lock"),
        ("requirements.lock", "setup.sh", "setup.sh is not a writable folder"),
        ("requirements.lock", "a:b", "a:b could not be installed: Error: Refusing to create a venv in "),
    ],
)
def test_what_no_environment_can_be_made_of_is_named(
    lock: str, folder: str, sentence: str, checkout: Checkout
) -> None:
    """A lock that is not there, a file in the folder's place, a path that no venv may have."""
    done = checkout.run("./setup.sh", lock, folder, INSTALLER="pip", PYTHON=sys.executable)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"setup: {sentence}")
    assert len(done.stderr.splitlines()) <= 2


def test_a_python_without_venv_is_told_its_package(checkout: Checkout) -> None:
    """Debian's python3 has venv, but not what fills an environment."""
    checkout.lock("requirements.lock", {})
    python = stub(checkout, "python-bare", 'import sys; sys.modules["ensurepip"] = None')
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    expected = f"'{python}' cannot make environments. Install its venv module: apt-get install {package}"
    assert told(checkout, PYTHON=python) == expected


def test_an_index_out_of_reach_is_told(checkout: Checkout) -> None:
    """Instead of a warning for each attempt, and an error about a version."""
    checkout.lock("requirements.lock", {})
    checkout.venv(".venv", "pip-newest")
    offline = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": INDEX, "PIP_RETRIES": "1"}
    assert told(checkout, **offline).startswith("the package index cannot be reached. Go online, or name")


def test_an_index_out_of_reach_is_told_by_uv_as_well(checkout: Checkout) -> None:
    """Whichever of them installs."""
    checkout.lock("requirements.lock", {})
    uv = {"INSTALLER": "", "PATH": f"{environment('uv') / 'bin'}:/usr/bin:/bin", "PYTHON": sys.executable}
    offline = {"UV_OFFLINE": "0", "UV_FIND_LINKS": "", "UV_DEFAULT_INDEX": INDEX, "UV_HTTP_RETRIES": "0"}
    assert told(checkout, **uv, **offline).startswith(
        "the package index cannot be reached. Go online, or name"
    )


@pytest.fixture
def small(checkout: Checkout) -> Checkout:
    """A checkout that needs two packages, both of which are there."""
    hashes = index([Package("pure", "1.0"), Package("compiled", "1.0")], checkout.wheels)
    (checkout.root / "requirements.lock").write_text(relocked(LOCK, hashes))
    checkout.venv(".venv", "pip-newest")
    return checkout


def test_a_package_that_is_not_made_for_this_machine_is_named(small: Checkout) -> None:
    """With the machine: its system, processor and Python."""
    for file in (*small.wheels.glob("compiled*"), small.wheels / "index.html"):
        file.unlink()
    sentence = told(small, PIP_FIND_LINKS=str(small.wheels))
    assert sentence.startswith("there is no compiled==1.0 for this machine (Linux ")


def test_a_package_that_is_another_than_the_locked_one_is_refused(small: Checkout) -> None:
    """By its hash."""
    (small.root / "requirements.lock").write_text(LOCK)
    sentence = told(small)
    assert sentence.startswith("the package index delivered something other than requirements.lock names")


@pytest.mark.parametrize("pip", ["pip-oldest", "pip-newest"])
def test_a_missing_compiler_is_told_with_what_needs_it(small: Checkout, pip: str) -> None:
    """Where a package comes as source alone for a machine."""
    shutil.rmtree(small.root / ".venv")
    backend = small.venv(".venv", pip)
    lock_with_source(small)
    assert backend.exists()
    assert told(small, CC="/nowhere/cc").startswith("compiled must be compiled on this machine (Linux ")
    assert "apt-get install build-essential python3." in told(small, CC="/nowhere/cc")


def lock_with_source(checkout: Checkout) -> None:
    """Let one of the packages come as source, with a part in C; the build backend is locked as always."""
    backend = Package("setuptools", importlib.metadata.version("setuptools"))
    hashes = index([backend, Package("pure", "1.0")], checkout.wheels)
    for file in checkout.wheels.glob("compiled*"):
        file.unlink()
    source = checkout.wheels / "source"
    source.mkdir()
    (source / "setup.py").write_text(EXTENSION)
    (source / "compiled.c").write_text("int compiled;\n")
    archive = checkout.wheels / "compiled-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(source, "compiled-1.0")
    hashes["compiled"] = hashlib.sha256(archive.read_bytes()).hexdigest()
    page = checkout.wheels / "index.html"
    page.write_text(page.read_text() + f'<a href="{archive.name}">{archive.name}</a>')
    needed = f"setuptools=={backend.version} \\\n    --hash=sha256:{'0' * 64}\n"
    (checkout.root / "requirements.lock").write_text(relocked(needed + LOCK, hashes))


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout, known: Known) -> None:
    """After the system's Python was replaced by the next one, for example."""
    checkout.lock("locks/uv.lock", known)
    python = checkout.venv("folder", "pip-newest") / "bin" / "python"
    for link in python.parent.glob("python*"):
        link.unlink()
    python.symlink_to("/nowhere/python3")
    done = checkout.run("./setup.sh", "locks/uv.lock", "folder", INSTALLER="pip", PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    assert ("uv", "0.13.9") in installed(packages(checkout.root / "folder"))


def test_another_python_that_is_named_gets_another_environment(checkout: Checkout) -> None:
    """`make PYTHON=...` is not answered with the environment that is there; without it, that one stays."""
    (checkout.root / "requirements.lock").touch()
    checkout.venv(".venv", "pip-newest")
    (checkout.root / ".venv" / ".ready").touch()
    assert "setup.sh" not in checkout.run("make", "-n", "run").stdout
    assert "setup.sh" not in checkout.run("make", "-n", "run", f"PYTHON={sys.executable}").stdout
    other = stub(checkout, "python-other", "")
    Path(other).write_text("#!/bin/sh\necho Python 3.12.99\n")
    assert f'PYTHON="{other}" ./setup.sh requirements.lock .venv' in (
        checkout.run("make", "-n", "run", f"PYTHON={other}").stdout
    )
