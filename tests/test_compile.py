# SPDX-License-Identifier: Apache-2.0
"""What compile.py writes: the committed YAML, the same every time, with the images that were asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from components._image import DEFAULTS
from tests.places import ROOT
from tests.support.compiling import compile_into, read, run_compile

GOLDEN = ROOT / "tests" / "golden"
LONGEST_ARGUMENT = 128 * 1024
"""Bytes of one process argument in Linux; kfp passes a component's source as one."""


def executors(text: str) -> dict[str, Any]:
    """The containers of a compiled pipeline or component, by name."""
    spec = next(yaml.safe_load_all(text))
    return {name: entry["container"] for name, entry in spec["deploymentSpec"]["executors"].items()}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that compile.py writes without options."""
    files = compile_into(tmp_path_factory.mktemp("build"))
    if os.environ.get("KFP_KATIB_GOLDEN") == "write":
        for name, text in files.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(text)
        for name in read(GOLDEN).keys() - files.keys():
            (GOLDEN / name).unlink()
    return files


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same for images of one's own."""
    options = ("--runtime-image", "mine:1", "--training-image", "ours:2")
    return compile_into(tmp_path_factory.mktemp("named"), *options)


def test_the_committed_files_are_what_is_compiled(compiled: dict[str, str]) -> None:
    """Whoever changes a component or the pipeline sees the change in its YAML, and rewrites it on purpose."""
    golden = read(GOLDEN)
    assert compiled.keys() == golden.keys()
    differing = [name for name in compiled if compiled[name] != golden[name]]
    assert not differing, "run `make golden` and read its diff"


def test_two_compiles_are_identical(compiled: dict[str, str], tmp_path: Path) -> None:
    """No hash seed, clock or folder reaches the YAML: a recompile alone never misses the cache."""
    assert compile_into(tmp_path / "again", PYTHONHASHSEED="1") == compiled


def test_the_pipeline_exists_for_every_storage(compiled: dict[str, str]) -> None:
    """One for a machine, volumes, object storage, both ways to EOS and Vertex AI; one component a step."""
    assert set(compiled) == {
        *(f"tune-{place}.yaml" for place in ("local", "pvc", "s3", "eos", "eos-token", "vertex")),
        *(
            f"components/{step}.yaml"
            for step in (
                "prepare_data",
                "launch_katib",
                "extract_best_model",
                "evaluate_model",
                "promote",
                "register_model",
                "clean_up",
                "register_model",
                "vertex_study",
                "vertex_result",
            )
        ),
    }


def test_without_googles_package_everything_else_is_written(compiled: dict[str, str], tmp_path: Path) -> None:
    """Whoever does not use Vertex AI installs nothing for it, and is told in one line what is left out."""
    hide = "import sys; sys.modules['google_cloud_pipeline_components'] = None"
    (tmp_path / "sitecustomize.py").write_text(hide)
    ran = run_compile(tmp_path / "build", PYTHONPATH=str(tmp_path))
    left_out, *_ = ran.stderr.splitlines()
    assert left_out == "tune-vertex.yaml is left out; for it, pip install 'kfp-katib[vertex]'"
    assert read(tmp_path / "build") == {n: text for n, text in compiled.items() if n != "tune-vertex.yaml"}


def test_the_command_line_names_the_images(named: dict[str, str]) -> None:
    """Whoever builds images of their own compiles for them without touching a file."""
    images = {name: box["image"] for name, box in executors(named["tune-s3.yaml"]).items()}
    assert images == {
        "exec-clean-up": "mine:1",
        "exec-launch-katib": "mine:1",
        "exec-prepare-data": "ours:2",
        "exec-extract-best-model": "ours:2",
        "exec-evaluate-model": "ours:2",
        "exec-promote": "ours:2",
        "exec-register-model": "mine:1",
    }
    spec = next(yaml.safe_load_all(named["tune-s3.yaml"]))
    assert spec["root"]["inputDefinitions"]["parameters"]["image"]["defaultValue"] == "ours:2"


def test_only_googles_launchers_keep_their_image(named: dict[str, str]) -> None:
    """The named images hold for Vertex AI's pipeline too; its operator and its upload bring their own."""
    kept = {
        name: box["image"]
        for name, box in executors(named["tune-vertex.yaml"]).items()
        if box["image"] not in ("mine:1", "ours:2")
    }
    assert set(kept) == {"exec-hyperparameter-tuning-job", "exec-upload-model"}
    assert len(set(kept.values())) == 1


def test_the_environment_names_the_images_too(tmp_path: Path) -> None:
    """The same choice for whoever compiles with kfp's own command line."""
    files = compile_into(tmp_path, KFP_KATIB_RUNTIME_IMAGE="mine:1", KFP_KATIB_TRAINING_IMAGE="ours:2")
    assert executors(files["components/launch_katib.yaml"])["exec-launch-katib"]["image"] == "mine:1"
    assert executors(files["components/promote.yaml"])["exec-promote"]["image"] == "ours:2"


def test_a_registry_is_where_both_images_are_pulled_from(tmp_path: Path) -> None:
    """Under the names and tags that `make image` gives them; one that is named itself is taken as it is."""
    files = compile_into(tmp_path, "--registry", "registry.example.org/you/", "--training-image", "ours:2")
    boxes = executors(files["tune-s3.yaml"])
    assert {box["image"] for box in boxes.values()} == {f"registry.example.org/you/{DEFAULTS[0]}", "ours:2"}


@pytest.mark.parametrize("text", ["https://registry.example.org", "", "my registry"])
def test_what_is_no_registry_is_refused_before_anything_is_written(tmp_path: Path, text: str) -> None:
    """No image's name begins so."""
    with pytest.raises(subprocess.CalledProcessError) as refused:
        run_compile(tmp_path / "build", "--registry", text)
    assert f"{text!r} is not the beginning of an image's name" in " ".join(refused.value.stderr.split())
    assert not (tmp_path / "build").exists()


def test_a_folder_that_cannot_be_made_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    """A file lies where it should be."""
    (tmp_path / "file").touch()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        run_compile(tmp_path / "file")
    assert refused.value.returncode == 1
    said = f"Error: {tmp_path}/file/components: Not a directory. Check the path and its permissions.\n"
    assert refused.value.stderr == said


def test_a_reader_that_has_seen_enough_gets_every_file(tmp_path: Path) -> None:
    """As in `python -m compile | head -1`: the files are wanted, not their names."""
    command = [sys.executable, str(ROOT / "compile.py"), "--output", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as compiling:
        assert compiling.stdout
        compiling.stdout.close()
        assert compiling.wait(120) == 0
    assert read(tmp_path).keys() == read(GOLDEN).keys()


BOTH = " and ".join(DEFAULTS)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), f"{BOTH} are the default names, which no cluster can pull. Push them to a registry"),
        (("--training-image", "ours:2"), f"{DEFAULTS[0]} is the default name, which no cluster can pull."),
        (("--runtime-image", "mine:1"), f"{DEFAULTS[1]} is the default name, which no cluster can pull."),
        (("--registry", "registry.example.org/you"), ""),
        (("--runtime-image", "mine:1", "--training-image", "ours:2"), ""),
    ],
    ids=["nothing is named", "no runtime image", "no training image", "a registry", "both images"],
)
def test_what_was_left_at_a_default_is_said_at_the_end(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    """A pipeline with such a name would be uploaded, and then its steps would wait for their image."""
    ran = run_compile(tmp_path, *options)
    assert ran.stderr.startswith(said)
    assert bool(ran.stderr) == bool(said)


def test_nothing_is_installed_when_a_pod_starts(compiled: dict[str, str]) -> None:
    """The images hold everything, so no step needs a package index."""
    for name, text in compiled.items():
        assert "pip install" not in text, name


def test_a_step_fits_into_one_process_argument(compiled: dict[str, str]) -> None:
    """A component's source is one argument; beyond 128 KiB the step could not start."""
    for name, text in compiled.items():
        for container in executors(text).values():
            assert max(len(part.encode()) for part in container["command"]) < LONGEST_ARGUMENT / 4, name
