# SPDX-License-Identifier: Apache-2.0
"""The wheel holds the library with its components and nothing else; the source archive builds the same."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from sysconfig import get_path

import pytest

from tests.places import ROOT
from tests.support.blocks import blocks, succeeded, typed

LIBRARY = ("kfp_katib", "components")
INSIDE = re.compile(r"^components/")
FOLDERS = (*LIBRARY, "pipelines", "training", "examples")
FILES = ("compile.py", "CHANGELOG.md", "LICENSE", "MANIFEST.in", "pyproject.toml", "README.md")


def build(source: Path, to: Path, *kinds: str) -> None:
    """Builds with the setuptools that is installed, so without the network."""
    ran = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", to, source],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def sources(built: Path, *folders: str) -> set[str]:
    """The files of folders as they were when the wheel was built, without what Python leaves there."""
    checkout = built / "checkout"
    found = (path for folder in folders for path in (checkout / folder).rglob("*") if path.is_file())
    return {path.relative_to(checkout).as_posix() for path in found}


def wheel_files(wheel: Path) -> set[str]:
    """The files of a wheel that get installed beside each other, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source archive and, from it, a wheel, built in a copy so that the checkout stays clean."""
    to = tmp_path_factory.mktemp("built")
    copy = to / "checkout"
    copy.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    build(copy, to)
    return to


def test_the_wheel_is_the_library_and_its_components(built: Path) -> None:
    """File by file: no test, no training code, no pipeline, and no file of the library forgotten."""
    (wheel,) = built.glob("*.whl")
    assert wheel_files(wheel) == {
        INSIDE.sub("kfp_katib/components/", name) for name in sources(built, *LIBRARY)
    }


def test_the_wheel_tells_type_checkers_that_it_is_typed(built: Path) -> None:
    """PEP 561's marker is in it."""
    (wheel,) = built.glob("*.whl")
    assert "kfp_katib/py.typed" in wheel_files(wheel)


def test_the_wheel_brings_its_licence(built: Path) -> None:
    """The text, and its name for those who only read metadata."""
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        told = archive.read(metadata).decode().splitlines()
        text = archive.read(metadata.replace("METADATA", "licenses/LICENSE")).decode()
    assert {"License-Expression: Apache-2.0", "License-File: LICENSE"} <= set(told)
    assert text == (ROOT / "LICENSE").read_text()


def test_the_source_archive_holds_what_the_pipelines_need(built: Path) -> None:
    """The compiler, the pipelines and the examples, and no tests."""
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        names = {name.partition("/")[2] for name in packed.getnames() if not packed.getmember(name).isdir()}
    made = {"PKG-INFO", "setup.cfg"} | {name for name in names if ".egg-info/" in name}
    assert names - made == sources(built, *FOLDERS) | set(FILES)


def test_an_installed_wheel_works_from_anywhere(built: Path, tmp_path: Path) -> None:
    """The library, its data files and its components import without the checkout."""
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import importlib.resources, kfp_katib.components, kfp_katib.report.page; "
        "assert (importlib.resources.files('kfp_katib.report') / 'template' / 'page.css').read_text(); "
        "print(kfp_katib.components.__file__)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == str(tmp_path / "site" / "kfp_katib" / "components" / "__init__.py")


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed here, without this project: it stands for an index that has all that we need."""
    folder = tmp_path_factory.mktemp("around")
    for path in Path(get_path("purelib")).iterdir():
        if "kfp_katib" not in path.name and path.suffix != ".pth":
            (folder / path.name).symlink_to(path)
    return folder


@pytest.mark.parametrize("document", ["README.md", "docs/tutorial.md"])
def test_the_installation_works_as_it_is_printed(document: str, around: Path, tmp_path: Path) -> None:
    """Cloned, built and installed in an environment of its own, where the command then is."""
    shown = [block.code for block in blocks(document) if "test_packaging" in block.more]
    assert "git clone ADDRESS kfp-katib\n" in shown[0]
    script = "\n".join(shown).replace("ADDRESS", str(ROOT)) + "command -v kfp-katib\n"
    # Nothing is fetched: not even the build's own backend, which is the one that is installed here.
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHONPATH": str(around)}
    done = succeeded(typed(script, tmp_path, **offline))
    assert done.stdout.endswith(f"{tmp_path}/tuning/bin/kfp-katib\n")
    where = "import kfp_katib; print(kfp_katib.__file__)"
    installed = succeeded(typed(f"tuning/bin/python -c '{where}'", tmp_path, **offline)).stdout
    assert installed.startswith(f"{tmp_path}/tuning/lib/")
