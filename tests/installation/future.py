# SPDX-License-Identifier: Apache-2.0
"""The package index of a later day: what a lock names is there, withdrawn, and a newer version of each.

The packages are empty but for their real requirements. The build backend is a real one, and the newer one is
empty, so that whatever a newer backend is asked to build fails.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

# It comes as source alone: a build is part of its installation.
SOURCES = {"kfp-server-api"}
WRITTEN_HERE = {"METADATA", "WHEEL", "RECORD", "INSTALLER", "REQUESTED"}
LINE = re.compile(r"^(?P<requirement>[A-Za-z0-9][^#\\\n]*?) \\$", re.MULTILINE)
Known = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True)
class Package:
    """One version of a package.

    Attributes:
        requires: As its metadata say it.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()

    @property
    def newer(self) -> Package:
        """A version that came out since; it satisfies whatever the older one does, but for `==`."""
        return Package(self.name, f"{Version(self.version).base_version}.post99", self.requires)

    @property
    def stem(self) -> str:
        """The beginning of its files' names."""
        return f"{self.name.replace('-', '_')}-{self.version}"

    @property
    def metadata(self) -> str:
        """What an installer reads."""
        extras = sorted(set(re.findall(r"extra == ['\"]([\w.-]+)['\"]", "\n".join(self.requires))))
        fields = [("Metadata-Version", "2.1"), ("Name", self.name), ("Version", self.version)]
        fields += [("Provides-Extra", extra) for extra in extras]
        fields += [("Requires-Dist", requirement) for requirement in self.requires]
        return "".join(f"{key}: {value}\n" for key, value in fields)


def pins(lock: str) -> list[Requirement]:
    """What a lock names, for whatever Python."""
    return [Requirement(found["requirement"]) for found in LINE.finditer(lock)]


def applies(pin: Requirement) -> bool:
    """Whether it is for this Python and this system."""
    return pin.marker is None or pin.marker.evaluate()


def version(pin: Requirement) -> str:
    """The one version that a pin allows."""
    (only,) = pin.specifier
    assert only.operator == "=="
    return only.version


def installed(*places: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """The requirements of every package that is installed here, or in folders, by name and version."""
    path = [str(place) for place in places] or sys.path
    return {
        (canonicalize_name(each.name), each.version): tuple(each.requires or ())
        for each in importlib.metadata.distributions(path=path)
    }


def described(lock: str, known: Known) -> list[Package]:
    """The packages of a lock for this Python, with the requirements of those that are installed somewhere.

    Of the others (the peers of `make bench-cluster`) the lock itself says what requires them.
    """
    told = _told(lock)
    return [
        Package(pin.name, version(pin), known.get((pin.name, version(pin)), tuple(told.get(pin.name, ()))))
        for pin in pins(lock)
        if applies(pin)
    ]


def _told(lock: str) -> dict[str, list[str]]:
    """Who requires what, from the lines `# via` of a lock."""
    told: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock):
        pin = LINE.match(block)
        for parent in re.findall(r"^    # (?:via|  ) ([a-z0-9-]+)$", block, re.MULTILINE):
            assert pin
            told.setdefault(parent, []).append(re.split("[ =]", pin["requirement"])[0])
    return told


def index(packages: Iterable[Package], folder: Path) -> dict[str, str]:
    """Fill a folder with each package, as it is and newer, and a page in which the former are withdrawn.

    Returns:
        The SHA-256 of each older file, by the package's name.
    """
    hashes, page = {}, []
    for package in packages:
        file = folder / _file(package)
        hashes[package.name] = hashlib.sha256(file.read_bytes() if file.exists() else _write(package, file))
        newer = folder / f"{package.newer.stem}-py3-none-any.whl"
        newer.write_bytes(_wheel(package.newer, {}))
        page += [
            f'<a href="{file.name}" data-yanked="too old">{file.name}</a>',
            f'<a href="{newer.name}">{newer.name}</a>',
        ]
    (folder / "index.html").write_text("<!doctype html>\n" + "\n".join(page))
    return {name: found.hexdigest() for name, found in hashes.items()}


def relocked(lock: str, hashes: Mapping[str, str]) -> str:
    """A lock with the hashes of these files in place of the real ones."""
    pinned = [found["requirement"] for found in LINE.finditer(lock)]
    of = [hashes.get(Requirement(pin).name, "0" * 64) for pin in pinned]
    return "".join(f"{pin} \\\n    --hash=sha256:{found}\n" for pin, found in zip(pinned, of, strict=True))


def _file(package: Package) -> str:
    return f"{package.stem}.tar.gz" if package.name in SOURCES else f"{package.stem}-py3-none-any.whl"


def _write(package: Package, file: Path) -> bytes:
    if package.name in SOURCES:
        data = _source(package)
    else:
        data = _wheel(package, dict(_backend()) if package.name == "setuptools" else {})
    file.write_bytes(data)
    return data


def _backend() -> Iterator[tuple[str, bytes]]:
    """The files of the setuptools that is installed here, its entry points included."""
    for path in importlib.metadata.distribution("setuptools").files or ():
        if ".." not in path.parts and path.suffix != ".pyc" and path.name not in WRITTEN_HERE:
            yield str(path), Path(str(path.locate())).read_bytes()


def _wheel(package: Package, files: dict[str, bytes]) -> bytes:
    about = f"{package.stem}.dist-info"
    files[f"{about}/METADATA"] = package.metadata.encode()
    files[f"{about}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{about}/RECORD")).encode()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def _source(package: Package) -> bytes:
    setup = f"from setuptools import setup\nsetup(name={package.name!r}, version={package.version!r}, "
    setup += f"install_requires={list(package.requires)!r}, py_modules=[])\n"
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in {"setup.py": setup, "PKG-INFO": package.metadata}.items():
            entry = tarfile.TarInfo(f"{package.stem}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
    return data.getvalue()
