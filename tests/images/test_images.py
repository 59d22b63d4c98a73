# SPDX-License-Identifier: Apache-2.0
"""What is in the images, and what is not."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.images.docker import Image, build
from tests.places import ROOT
from tests.support.blocks import blocks

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]

MEGABYTES = {"runtime": 600, "training": 1250}
"""The most that an image may take on its default base, of `docker image inspect`'s 10**6 bytes."""
DEFAULT_BASE_MEGABYTES = 130
"""An estimate of `python:3.11-slim-bookworm`. On Debian 12, which takes 239, the two add 443 and 956."""
BASE = "kfp-katib-test-base"
FILES = {block.file: block.code for block in blocks() if block.file}


def test_steps_run_as_another_user_than_root(image: Image) -> None:
    """By number, which is what a cluster's `runAsNonRoot` can check; the working folder may be written."""
    assert image.about()["Config"]["User"] == "1000"
    assert image.run("sh", "-c", "id -u && touch file && pwd").stdout.split() == ["1000", "/app"]


def test_a_platform_may_choose_the_user(image: Image) -> None:
    """Some give each pod a number of their own choice in group 0, which may write here and at home."""
    done = image.run("sh", "-c", "id -u; touch file ~/file && echo written", options=["--user", "1234567"])
    assert done.stdout.split() == ["1234567", "written"]


def test_whoever_runs_it_keeps_what_jax_compiles(images: dict[str, Image]) -> None:
    """A user of no known group either; what cannot be kept would be compiled again for each evaluation."""
    compile_something = "import jax; jax.jit(lambda x: x * 2)(1.0)"
    script = f"python -c '{compile_something}' && ls /tmp/jax"
    options = ["--user", "1234567:5678", "-e", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0"]
    done = images["training"].run("sh", "-c", script, options=options)
    assert "jit__lambda" in done.stdout, done.stderr
    assert done.stderr == ""


def test_the_training_image_is_built_for_root_where_a_platform_asks_for_it(images: dict[str, Image]) -> None:
    """`make image RUN_AS=0`, as docs/how-to/eos.md has it for CERN's token injection."""
    root = Image(f"{images['training'].name}-root")
    names = {"KFP_KATIB_RUNTIME_IMAGE": images["runtime"].name, "KFP_KATIB_TRAINING_IMAGE": root.name}
    built = subprocess.run(["make", "image", "RUN_AS=0"], cwd=ROOT, env=os.environ | names, check=False)
    assert built.returncode == 0
    assert root.run("id", "-u").stdout.split() == ["0"]


def test_it_says_what_it_is(image: Image) -> None:
    """The labels of the Open Container Initiative."""
    labels = image.about()["Config"]["Labels"]
    for name in ("title", "description", "version", "revision", "licenses"):
        assert labels[f"org.opencontainers.image.{name}"]


def test_nothing_of_the_build_is_left(image: Image) -> None:
    """No caches of pip or apt, no sources, no build tools of Python."""
    left = "ls -d /src /root/.cache /home/kfp/.cache /var/lib/apt/lists/*debian* /tmp/*.lock"
    assert image.run("sh", "-c", f"{left} 2>/dev/null").stdout == ""
    assert image.run("python", "-c", "import setuptools").returncode != 0


@pytest.mark.parametrize("name", MEGABYTES)
def test_the_size_stays_small(images: dict[str, Image], name: str) -> None:
    """What an image adds to the base that it is built on here leaves room for the default base."""
    build(Path(__file__).with_name("base.Dockerfile"), BASE)
    size, base = (image.about()["Size"] / 1e6 for image in (images[name], Image(BASE)))
    print(f"{name}: {size:.0f} MB, of which its base {base:.0f}; {size - base:.0f} MB are its own")
    assert 0 < size - base <= MEGABYTES[name] - DEFAULT_BASE_MEGABYTES


def test_no_bytecode_is_missing(image: Image) -> None:
    """Whoever runs a step may not write it, so each start would compile again."""
    script = "find /opt/venv/lib -path '*/__pycache__/*.pyc' | wc -l; find /opt/venv/lib -name '*.py' | wc -l"
    compiled, modules = map(int, image.run("sh", "-c", script).stdout.split())
    assert compiled == modules > 1000


@pytest.mark.parametrize(("name", "lock"), [("runtime", "deploy/runtime"), ("training", "training/training")])
def test_the_versions_are_the_locked_ones(images: dict[str, Image], name: str, lock: str) -> None:
    """Every package of the lock is there in its version, and nothing else but pip and ourselves."""
    frozen = dict(re.findall(r"^(\S+)==(\S+)$", images[name].run("pip", "freeze").stdout, re.MULTILINE))
    locked = re.findall(
        r"^([\w.-]+)(?:\[\S+\])?==(\S+?)(?: ;.*)? \\$", (ROOT / f"{lock}.lock").read_text(), re.MULTILINE
    )
    there = {key.lower().replace("_", "-"): version for key, version in frozen.items()}
    allowed = {(key, version) for key, version in locked}
    assert {(key, version) for key, version in there.items() if key != "kfp-katib"} <= allowed
    assert there["kfp"] == "2.17.0"
    assert "kfp-server-api" not in there  # what kfp depends on is not


def test_the_readmes_search_runs_in_the_runtime_image(images: dict[str, Image], tmp_path: Path) -> None:
    """Who has Docker and nothing else can check and run a manifest."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    tmp_path.chmod(0o777)
    checked = images["runtime"].run("kfp-katib", "validate", "experiment.yaml", folder=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    done = images["runtime"].run("kfp-katib", "run", "experiment.yaml", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "my-search" in done.stdout


def test_the_training_image_trains_where_it_starts(images: dict[str, Image]) -> None:
    """The manifest's command works in the image's own folder."""
    done = images["training"].run("python", "-m", "training.train", "--help")
    assert done.returncode == 0, done.stderr
    assert "--batch_size" in done.stdout
