# SPDX-License-Identifier: Apache-2.0
"""What Vertex AI appends to a trial's arguments is understood in both forms, whatever the values are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, load
from kfp_katib.vertex.packed import pack
from kfp_katib.vertex.trial_arguments import TrialArguments, assignments, trial_arguments
from tests.builders.manifest import double, experiment, job
from tests.builders.search import search
from tests.vertex.entry_point import LR, Place, start

ODD = ("", "-1", "--lr=0.5", "--", "=", "a=b", "a b", "--lr_decay", "true", "-", "${x}", "é")


def categories(name: str, *values: str) -> dict[str, Any]:
    """A categorical parameter."""
    return {"name": name, "parameterType": "categorical", "feasibleSpace": {"list": list(values)}}


def of(*parameters: dict[str, Any]) -> Experiment:
    """A random search over parameters."""
    words = [f"${{trialParameters.{each['name']}}}" for each in parameters]
    box = job({"image": "none", "command": ["echo", *words]})
    return load(experiment(box, name="tune", parameters=parameters))


ALIKE = of(
    double("lr", "-1", "1"), double("lr_decay", "0", "1"), categories("l", *ODD), categories("packed", *ODD)
)


@settings(deadline=None)
@given(
    values=st.tuples(
        st.sampled_from(["-0.5", "0.25", "1e-05"]),
        st.sampled_from(["0.5", "0.125"]),
        *[st.sampled_from(ODD)] * 2,
    ),
    order=st.permutations(range(4)),
    joined=st.tuples(*[st.booleans()] * 4),
)
def test_both_forms_and_any_order_give_the_same(
    values: tuple[str, ...], order: list[int], joined: tuple[bool, ...]
) -> None:
    """Names that begin alike are kept apart; a value may be empty, begin with dashes, or look like a name."""
    names = [each.name for each in ALIKE.parameters]
    words: list[str] = []
    for place in order:
        option = f"--{names[place]}"
        words += [f"{option}={values[place]}"] if joined[place] else [option, values[place]]
    found = assignments(ALIKE, words)
    assert list(found) == names
    assert tuple(found.values()) == values


def test_numbers_become_the_manifests_own_text() -> None:
    """A list of a pipeline, and Vertex AI itself, turn 16 into 16.0."""
    layers = {"name": "layers", "parameterType": "int", "feasibleSpace": {"min": "1", "max": "8"}}
    batch = {"name": "batch", "parameterType": "discrete", "feasibleSpace": {"list": ["16", "032", "6.4e1"]}}
    found = assignments(of(layers, batch), ["--layers=2.0", "--batch", "64.0"])
    assert found == {"layers": "2", "batch": "6.4e1"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--lr=0.3", "--rate=1"], "The argument '--rate=1' is none of --lr."),
        (["--lr=0.3", "0.4"], "The argument '0.4' is none of --lr."),
        (["lr=0.3"], "The argument 'lr=0.3' is none of --lr."),
        (["--lr"], "The argument '--lr' is the last one, and its value is missing."),
        ([], "The arguments have no --lr. Vertex AI appends a value for each parameter."),
    ],
)
def test_arguments_that_are_not_the_manifests(words: list[str], says: str) -> None:
    """They are named, so that a job made from another manifest is found out."""
    with pytest.raises(InputError, match=says):
        assignments(search("echo ${trialParameters.lr}"), words)


def told(place: Place, *words: str, **env: str) -> TrialArguments:
    """What the entry point makes of its arguments and variables."""
    return trial_arguments(words, place.env() | env)


def test_the_record_lies_beside_the_models_folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """AIP_MODEL_DIR is `<base_output_directory>/<id>/model/`."""
    (place.folder / "gcs/bucket").mkdir(parents=True)
    monkeypatch.setenv("KFP_KATIB_GCS_MOUNT", str(place.folder / "gcs"))
    found = told(place, f"--packed={pack(search('echo ${trialParameters.lr}'))}", "--lr=0.3")
    assert (found.name, found.id, found.record, found.job) == ("tune-7", "7", place.record, "")
    assert told(place, f"--packed={pack(found.experiment)}", "--lr=0.3", CLOUD_ML_JOB_ID="9").job == "9"
    assert found.record.parent.is_dir()


OUTSIDE: dict[str, tuple[dict[str, str | None], str]] = {
    "no trial": ({"CLOUD_ML_TRIAL_ID": None}, "variable CLOUD_ML_TRIAL_ID is not set. Vertex AI sets it"),
    "an empty one": ({"CLOUD_ML_TRIAL_ID": ""}, "variable CLOUD_ML_TRIAL_ID is not set. Vertex AI sets it"),
    "a path": ({"CLOUD_ML_TRIAL_ID": "../7"}, "CLOUD_ML_TRIAL_ID is '../7', which is no trial's number."),
    "no folder": ({"AIP_MODEL_DIR": None}, "variable AIP_MODEL_DIR is not set. Vertex AI sets it"),
    "another folder": ({"AIP_MODEL_DIR": "s3://b/1/model"}, "'s3://b/1/model' is no place in Google Cloud"),
}


@pytest.mark.parametrize(("env", "says"), OUTSIDE.values(), ids=OUTSIDE)
def test_started_by_a_person_it_says_who_starts_it(
    place: Place, env: dict[str, str | None], says: str
) -> None:
    """One sentence on what is missing, and how to try it."""
    done = place.run(search(f"{LR} echo loss=1"), "--lr=0.3", env=env)
    assert (done.code, done.out, done.record) == (1, b"", None)
    assert says in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("words", [[], ["--help"], ["--packed"], ["--packed=x"], ["--packed="]])
def test_arguments_without_a_manifest(place: Place, words: list[str]) -> None:
    """They are refused in a sentence, too."""
    with start(words, place.folder, place.env()) as process:
        out, err = process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert b"Traceback" not in err
    assert err.strip()


def test_what_was_given_is_held(tmp_path: Path) -> None:
    """The trial's name is the Experiment's and Vertex AI's number."""
    found = TrialArguments(search("echo ${trialParameters.lr}", name="mine"), "12", {}, tmp_path)
    assert found.name == "mine-12"
