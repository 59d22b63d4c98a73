# SPDX-License-Identifier: Apache-2.0
"""`make fresh` does in an empty folder what the README tells; here, with two commands that only speak."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT
from tests.support.environments import bare

COMMANDS = """
run test:
	@echo "$@ $(PYTHON) $(INSTALLER) $(VIRTUAL_ENV) at $$(git rev-parse HEAD) in $(CURDIR)"
	@ls; test ! -e fails-at-$@
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one commit, and a file that is in none."""
    place = tmp_path / "project"
    place.mkdir()
    shutil.copy(ROOT / "fresh.sh", place)
    (place / "Makefile").write_text(COMMANDS)
    git(place, "init", "-q")
    commit(place)
    (place / "not-committed").touch()
    return place


def git(place: Path, *words: str) -> str:
    """Run git in a repository of a test, as somebody."""
    somebody = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    command = ["git", "-C", str(place), *somebody, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(place: Path) -> None:
    """Commit everything that is there."""
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "All that is needed")


def fresh(project: Path, temporary: Path) -> subprocess.CompletedProcess[str]:
    """Run it, with an environment active and a make around it."""
    temporary.mkdir()
    around = bare(PYTHON=sys.executable, TMPDIR=str(temporary), VIRTUAL_ENV="/active", MAKEFLAGS="--silent")
    command = [str(project / "fresh.sh")]
    return subprocess.run(command, env=around, capture_output=True, text=True, check=False)


def test_both_commands_run_in_a_clone_of_the_commit(project: Path, tmp_path: Path) -> None:
    """By its own pip, with the Python that was named, and without what is not committed; nothing is left."""
    done = fresh(project, tmp_path / "temporary")
    assert done.returncode == 0, done.stderr
    first, *_, last = (line for line in done.stdout.splitlines() if " at " in line)
    place = first.rpartition(" in ")[2]
    head = git(project, "rev-parse", "HEAD")
    assert first == f"run {sys.executable} pip  at {head} in {place}"
    assert last == f"test {sys.executable} pip  at {head} in {place}"
    assert "not-committed" not in done.stdout
    assert "fresh: uncommitted changes are not included" in done.stderr
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_checkout_without_a_branch_is_cloned_as_well(project: Path, tmp_path: Path) -> None:
    """Which is how CI often has it; the commit counts, not where a branch has gone since."""
    old = git(project, "rev-parse", "HEAD")
    commit(project)
    git(project, "checkout", "-q", "--detach", old)
    assert f" at {old} in " in fresh(project, tmp_path / "temporary").stdout


@pytest.mark.parametrize(("goal", "reached"), [("run", ["run"]), ("test", ["run", "test"])])
def test_a_command_that_fails_is_the_last(
    goal: str, reached: list[str], project: Path, tmp_path: Path
) -> None:
    """`make fresh` fails with it."""
    (project / f"fails-at-{goal}").touch()
    commit(project)
    done = fresh(project, tmp_path / "temporary")
    assert done.returncode != 0
    assert [line.split()[0] for line in done.stdout.splitlines() if " at " in line] == reached


def test_ci_is_what_a_newcomer_does_and_the_tests_are_not() -> None:
    """CI makes the checks and a fresh clone; `make test`, which that runs, does not begin it again."""
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make check shape fresh"
    command = ["make", "-n", "test"]
    planned = subprocess.run(command, cwd=ROOT, env=bare(), capture_output=True, text=True, check=True).stdout
    assert "pytest" in planned
    assert "fresh" not in planned.replace(str(ROOT), "")
