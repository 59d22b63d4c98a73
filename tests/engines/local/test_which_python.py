# SPDX-License-Identifier: Apache-2.0
"""A script that needs a package of another environment finds it, from wherever this program is started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.builders.search import manifest
from tests.engines.local.pythons import SYSTEM, environment, only, tool, with_kfp_katib
from tests.support.environments import packages

SCRIPT = "import mine; print(mine.prefix); print('loss=${trialParameters.lr}')"
RUN = ("run", "experiment.yaml", "--max-trials", "1", "--json")
SH = Path(shutil.which("sh") or "/bin/sh")


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pipx keeps this program in; nobody has its `bin` on the PATH."""
    return with_kfp_katib(tmp_path_factory.mktemp("pipx") / "kfp-katib")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's environment, with the package that the script needs."""
    return environment(tmp_path_factory.mktemp("my work") / ".venv", "mine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the user is: a manifest whose trials run the script by `python`."""
    return asking(tmp_path, "python")


def asking(folder: Path, name: str) -> Path:
    """A folder with a manifest whose trials run the script by that name."""
    text = yaml.safe_dump(manifest(f'{name} -c "{SCRIPT}"'))
    (folder / "experiment.yaml").write_text(text)
    return folder


def path(*folders: Path | str) -> str:
    """A PATH."""
    return os.pathsep.join(map(str, folders))


def ran(done: subprocess.CompletedProcess[str], project: Path) -> bool:
    """Whether a trial found its package; says what went wrong where it did not."""
    assert done.returncode == 0, done.stdout + done.stderr
    return str(project) in done.stdout


def test_from_pipx_the_active_environment_runs_the_trials(tools: Path, project: Path, folder: Path) -> None:
    """The first words say which Python that is."""
    done = tool(tools / "bin/python", *RUN, cwd=folder, PATH=path(project / "bin", SYSTEM))
    assert ran(done, project)
    version = ".".join(map(str, sys.version_info[:3]))
    assert f"python in a trial is Python {version}, {project}/bin/python.\n" in done.stderr


def test_with_the_tools_own_folder_behind_the_active_one(tools: Path, project: Path, folder: Path) -> None:
    """Both are environments on the PATH: the first one wins."""
    both = path(project / "bin", tools / "bin", SYSTEM)
    assert ran(tool(tools / "bin/python", *RUN, cwd=folder, PATH=both), project)


def test_from_uvx_its_own_folder_does_not_count(tools: Path, project: Path, folder: Path) -> None:
    """`uvx` puts it first on the PATH, and activates nothing."""
    both = path(tools / "bin", project / "bin", SYSTEM)
    uv = {"UV": "/usr/bin/uv", "PATH": both}
    assert ran(tool(tools / "bin/python", *RUN, cwd=folder, **uv), project)
    assert tool(tools / "bin/python", *RUN, "--again", cwd=folder, PATH=both).returncode == 1
    active = {**uv, "VIRTUAL_ENV": str(tools)}
    assert tool(tools / "bin/python", *RUN, "--again", cwd=folder, **active).returncode == 1


def test_from_an_active_environment_that_has_both(tmp_path: Path) -> None:
    """This program and the package lie in one, as after `pip install kfp-katib`."""
    place = with_kfp_katib(tmp_path / ".venv")
    (packages(place) / "mine.py").write_text(f"prefix = {str(place)!r}\n")
    active = {"PATH": path(place / "bin", SYSTEM), "VIRTUAL_ENV": str(place)}
    assert ran(tool(place / "bin/python", *RUN, cwd=asking(tmp_path, "python3"), **active), place)


@pytest.mark.parametrize("name", ["python", "python3"])
def test_from_conda(tools: Path, project: Path, tmp_path: Path, name: str) -> None:
    """Its environment has `python` alone in front of a PATH with no other Python: both names are that one."""
    conda = tmp_path / "envs" / "x" / "bin"
    conda.mkdir(parents=True)
    (conda / "python").write_text(f'#!/bin/sh\nexec "{project}/bin/python" "$@"\n')
    (conda / "python").chmod(0o755)
    here = path(conda, only(tmp_path / "bin", sh=SH))
    assert ran(tool(tools / "bin/python", *RUN, cwd=asking(tmp_path, name), PATH=here), project)


def test_a_path_without_any_python_leaves_the_programs_own(tools: Path, tmp_path: Path) -> None:
    """The words say so."""
    script = "import sys; print(sys.prefix); print('loss=${trialParameters.lr}')"
    text = yaml.safe_dump(manifest(f'python3 -c "{script}"'))
    (tmp_path / "experiment.yaml").write_text(text)
    here = {"PATH": str(only(tmp_path / "bin", sh=SH))}
    done = tool(tools / "bin/python", *RUN, cwd=tmp_path, **here)
    assert ran(done, tools)
    assert f"{tools}/bin/python.\n" in done.stderr


@pytest.mark.parametrize("asked", ["{0}", "{0}/bin", "{0}/bin/python3", "../.venv"])
def test_an_environment_can_be_named(tools: Path, project: Path, folder: Path, asked: str) -> None:
    """By its folder or its interpreter; relative to where the user is, with a blank in the path."""
    if asked.startswith(".."):
        (folder.parent / ".venv").unlink(missing_ok=True)
        (folder.parent / ".venv").symlink_to(project)
    options = ("--python", asked.format(project))
    done = tool(tools / "bin/python", *RUN, *options, cwd=folder)
    assert ran(done, project)
    assert "/bin/python" in done.stderr


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("none/python", "--python is 'none/python': there is no such file"),
        ("experiment.yaml", "is 'experiment.yaml': that file is not a program"),
        (".", "that folder is no environment, it has no bin/python"),
        ("broken", "broken, which does not start as Python: it is broken"),
        ("python99", "--python is 'python99': there is no such file"),
    ],
)
def test_one_that_does_not_work_is_refused(tools: Path, folder: Path, asked: str, words: str) -> None:
    """By name, before anything runs."""
    (folder / "broken").write_text("#!/bin/sh\necho it is broken >&2; exit 1\n")
    (folder / "broken").chmod(0o755)
    done = tool(tools / "bin/python", *RUN, "--python", asked, cwd=folder)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (folder / "runs").exists()


def test_a_module_that_is_missing_says_where_it_was_looked_for(tools: Path, tmp_path: Path) -> None:
    """With the ways to have it."""
    bare = environment(tmp_path / "bare")
    done = tool(tools / "bin/python", *RUN, cwd=asking(tmp_path, "python"), PATH=path(bare / "bin", SYSTEM))
    assert done.returncode == 1
    assert "No module named 'mine': python in a trial is Python 3." in done.stderr
    assert f"{bare}/bin/python. Install it there, or choose" in done.stderr
    assert "--python" in done.stderr


def test_going_on_in_another_python_is_noted(tools: Path, project: Path, folder: Path) -> None:
    """Once, with the one of the trials before; afterwards the later one is remembered."""
    other = environment(folder / "other", "mine")
    first = tool(tools / "bin/python", *RUN, "--python", str(project), cwd=folder)
    assert "before" not in first.stderr
    two = ("run", "experiment.yaml", "--python", str(other), "--max-trials")
    done = tool(tools / "bin/python", *two, "2", cwd=folder)
    assert f"In the trials before, that was Python {'.'.join(map(str, sys.version_info[:3]))}, {project}" in (
        done.stderr
    )
    assert "In the trials before" not in tool(tools / "bin/python", *two, "3", cwd=folder).stderr


@pytest.mark.parametrize("asked", ["", ", python='PATH'"])
def test_a_script_that_calls_run_has_its_own_python(project: Path, tmp_path: Path, asked: str) -> None:
    """An environment that is not active is meant where its interpreter was started; `PATH` is a choice."""
    mine = with_kfp_katib(tmp_path / "mine")
    (packages(mine) / "mine.py").write_text(f"prefix = {str(mine)!r}\n")
    (asking(tmp_path, "python") / "tune.py").write_text(
        "from pathlib import Path\nfrom kfp_katib import load, run\n"
        f"result = run(load(Path('experiment.yaml')){asked})\nprint(result.trials[0].log_tail)"
    )
    done = subprocess.run(
        [mine / "bin/python", "tune.py"],
        cwd=tmp_path,
        env={"PATH": path(project / "bin", SYSTEM)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{project if asked else mine}\nloss=")


def test_a_notebook_has_its_kernels(tmp_path: Path) -> None:
    """Whatever the PATH of the server that started the kernel is."""
    client = pytest.importorskip("jupyter_client.manager", reason="needs jupyter_client and ipykernel")
    pytest.importorskip("ipykernel", reason="needs a kernel of Python")
    cell = (
        "from pathlib import Path\nfrom kfp_katib import load, run\n"
        "print(run(load(Path('experiment.yaml'))).trials[0].log_tail)"
    )
    script = "import sys; print(sys.prefix); print('loss=${trialParameters.lr}')"
    (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(manifest(f'python -c "{script}"')))
    env = {**os.environ, "PATH": SYSTEM}
    manager, kernel = client.start_new_kernel(cwd=str(tmp_path), env=env)
    try:
        said: list[str] = []
        kernel.execute_interactive(
            cell, timeout=60, output_hook=lambda message: said.append(message["content"].get("text", ""))
        )
    finally:
        manager.shutdown_kernel(now=True)
    assert "".join(said).startswith(f"{sys.prefix}\n")
