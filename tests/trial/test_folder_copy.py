# SPDX-License-Identifier: Apache-2.0
"""A copy of a folder that a trial wrote: the same files, and nothing that leads out of it or never ends."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from kfp_katib.trial import folder_copy
from kfp_katib.trial.folder_copy import copy_folder
from kfp_katib.trial.plain_file import NotPlain
from tests.support.full_disk import files_no_longer_than


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of a trial."""
    (tmp_path / "parent" / "checkpoint").mkdir(parents=True)
    return tmp_path / "parent" / "checkpoint"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """The folder of the copy."""
    (tmp_path / "child" / "checkpoint").mkdir(parents=True)
    return tmp_path / "child" / "checkpoint"


def test_files_and_folders_come_with_modes_and_times(source: Path, target: Path) -> None:
    """Some look for the checkpoint that was written last; a folder that may not be written is no obstacle."""
    (source / "step" / "deep").mkdir(parents=True)
    (source / "step" / "deep" / "w.bin").write_bytes(bytes(range(256)) * 100)
    (source / "run.sh").write_text("#!/bin/sh\n")
    (source / "run.sh").chmod(0o755)
    os.utime(source / "run.sh", ns=(1, 5_000_000_000))
    os.utime(source / "step", ns=(1, 7_000_000_000))
    (source / "step" / "deep").chmod(0o555)
    copy_folder(source, target)
    assert (target / "step" / "deep" / "w.bin").read_bytes() == bytes(range(256)) * 100
    assert stat.S_IMODE((target / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((target / "step" / "deep").stat().st_mode) == 0o555
    assert (target / "run.sh").stat().st_mtime_ns == 5_000_000_000
    assert (target / "step").stat().st_mtime_ns == 7_000_000_000


def test_the_copy_is_another_file(source: Path, target: Path) -> None:
    """A child that appends to its checkpoint leaves its parent's as it is, by another name of it too."""
    (source / "a").write_text("parent")
    os.link(source / "a", source / "b")
    copy_folder(source, target)
    (target / "a").write_text("child")
    assert [(source / name).read_text() for name in "ab"] == ["parent", "parent"]


@pytest.mark.parametrize(
    ("leads", "copied"),
    [
        ("step_2", "step_2"),
        ("/etc/hostname", "/etc/hostname"),
        ("../../secret", "../../secret"),
        ("{source}/step_2", "{target}/step_2"),
        ("{source}", "{target}"),
        ("{source}-2/x", "{source}-2/x"),
        ("latest", "latest"),
    ],
)
def test_links_stay_links(source: Path, target: Path, leads: str, copied: str) -> None:
    """None is followed; one that leads into the folder by its whole path leads into the copy."""
    (source / "latest").symlink_to(leads.format(source=source))
    copy_folder(source, target)
    assert str((target / "latest").readlink()) == copied.format(source=source, target=target)


def test_a_link_by_the_real_path_leads_into_the_copy(tmp_path: Path, source: Path, target: Path) -> None:
    """The folder of the runs may be a link itself, which a script has resolved."""
    (tmp_path / "runs").symlink_to(tmp_path / "parent")
    (source / "latest").symlink_to(source / "step_2")
    copy_folder(tmp_path / "runs" / "checkpoint", target)
    assert (target / "latest").readlink() == target / "step_2"


def test_what_is_no_file_is_left_out(source: Path, target: Path) -> None:
    """A named pipe would wait for ever; a socket is nothing without its process."""
    os.mkfifo(source / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        here = os.open(source, os.O_RDONLY)
        sock.bind(f"/proc/self/fd/{here}/socket" if Path("/proc/self/fd").exists() else str(source / "s"))
        os.close(here)
    (source / "weights").write_text("w")
    copy_folder(source, target)
    assert [path.name for path in target.iterdir()] == ["weights"]


@pytest.mark.parametrize("by_kernel", [True, False])
def test_holes_stay_holes(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, by_kernel: bool
) -> None:
    """A file of a terabyte that is empty but for two words takes no terabyte."""
    if not by_kernel:
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    with (source / "sparse").open("wb") as file:
        file.write(b"begin")
        file.seek(1 << 36)
        file.write(b"end")
        file.truncate(1 << 40)
    copy_folder(source, target)
    found = (target / "sparse").stat()
    assert (found.st_size, found.st_blocks < 10_000) == (1 << 40, True)
    with (target / "sparse").open("rb") as file:
        assert file.read(5) == b"begin"
        file.seek(1 << 36)
        assert file.read(3) == b"end"


def test_pieces_are_counted_and_may_be_the_last(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is told of them can end the copying."""
    monkeypatch.setattr(folder_copy, "_PIECE_BYTES", 1000)
    (source / "w").write_bytes(b"x" * 2500)
    seen: list[int] = []
    copy_folder(source, target, seen.append)
    assert [size for size in seen if size] == [1000, 1000, 500]

    def enough(size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_folder(source, target.parent, enough)


@pytest.mark.parametrize("there", ["nothing", "a file", "a link"])
def test_what_is_no_folder_is_not_copied(source: Path, target: Path, there: str) -> None:
    """A trial may have put anything there."""
    source.rmdir()
    if there == "a file":
        source.write_text("")
    elif there == "a link":
        source.symlink_to("/")
    with pytest.raises(NotPlain, match="not there" if there == "nothing" else "not a folder"):
        copy_folder(source, target)


def test_a_full_disk_names_the_file(source: Path, target: Path) -> None:
    """With the number by which a full disk is told from a file that cannot be read."""
    (source / "weights").write_bytes(b"x" * 10_000)
    with files_no_longer_than(5_000), pytest.raises(OSError, match="weights") as caught:
        copy_folder(source, target)
    assert caught.value.errno == errno.EFBIG
