# SPDX-License-Identifier: Apache-2.0
"""What Vertex AI tells a trial's entry point: the manifest, the parameters' values, where the record goes.

AIP_MODEL_DIR is in https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec, CLOUD_ML_TRIAL_ID
in `hypertune/hypertune.py` of https://github.com/GoogleCloudPlatform/cloudml-hypertune, CLOUD_ML_JOB_ID in
`google/cloud/aiplatform/training_utils/environment_variables.py` of
https://github.com/googleapis/python-aiplatform, where it is "the name given to the training job".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kfp_katib.errors import InputError
from kfp_katib.experiment.model import Experiment
from kfp_katib.vertex.buckets import bucket_uri, mounted
from kfp_katib.vertex.packed import unpack
from kfp_katib.vertex.record import FILE_NAME, record_path
from kfp_katib.vertex.space import katib_text

_ID = re.compile(r"[A-Za-z0-9_-]+")
_PACKED = "--packed="
_ELSEWHERE = (
    "Vertex AI sets it where it starts this program, once for each trial of a tuning job. To try it "
    "elsewhere, set CLOUD_ML_TRIAL_ID=1, AIP_MODEL_DIR=gs://bucket/folder/1/model/ and KFP_KATIB_GCS_MOUNT "
    "to a folder that has a folder `bucket`."
)


@dataclass(frozen=True, slots=True)
class TrialArguments:
    """One trial that Vertex AI asks for.

    Attributes:
        experiment: The Experiment.
        id: Vertex AI's number of the trial.
        parameters: Each search parameter's value, as Katib's text.
        record: Where the record goes.
        job: Vertex AI's id of the job that runs the trial, empty where it gives none.
    """

    experiment: Experiment
    id: str
    parameters: Mapping[str, str]
    record: Path
    job: str = ""

    @property
    def name(self) -> str:
        """The trial's name."""
        return f"{self.experiment.name}-{self.id}"


def trial_arguments(argv: Sequence[str], env: Mapping[str, str]) -> TrialArguments:
    """The trial that Vertex AI asks for, by the arguments and the environment of its entry point.

    Raises:
        InputError: They are not those of a trial on Vertex AI, or the bucket is not mounted.
    """
    trial_id = _variable("CLOUD_ML_TRIAL_ID", env)
    if not _ID.fullmatch(trial_id):
        raise InputError(f"CLOUD_ML_TRIAL_ID is {trial_id!r}, which is no trial's number. {_ELSEWHERE}")
    model = mounted(_variable("AIP_MODEL_DIR", env))
    if not argv or not argv[0].startswith(_PACKED):
        got = f"it is {argv[0]!r}" if argv else "there is none"
        raise InputError(
            f"The first argument has to be {_PACKED}..., the manifest as vertex_study packs it; {got}."
        )
    experiment = unpack(argv[0].removeprefix(_PACKED))
    parameters = assignments(experiment, argv[1:])
    bucket = bucket_uri(model).split("/")[2]
    path = record_path(Path(mounted(f"gs://{bucket}")), Path(model).with_name(FILE_NAME))
    return TrialArguments(experiment, trial_id, parameters, path, env.get("CLOUD_ML_JOB_ID", ""))


def _variable(name: str, env: Mapping[str, str]) -> str:
    if not env.get(name):
        raise InputError(f"The environment variable {name} is not set. {_ELSEWHERE}")
    return env[name]


def assignments(experiment: Experiment, words: Sequence[str]) -> dict[str, str]:
    """Each search parameter's value as Katib's text, in the manifest's order.

    Google's documentation shows `--lr 0.1`, users report `--lr=0.1`; what follows a name is its value, even
    where it begins with a dash or is empty.

    Args:
        experiment: The Experiment.
        words: The arguments that Vertex AI appends.

    Raises:
        InputError: A value is missing, or one parameter of the Experiment's, or there is another argument.
    """
    parameters, given, rest = {each.name: each for each in experiment.parameters}, {}, iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in parameters:
            raise InputError(f"The argument {word!r} is none of {_options(parameters)}.")
        following = value if equals else next(rest, None)
        if following is None:
            raise InputError(f"The argument {word!r} is the last one, and its value is missing.")
        given[name] = katib_text(parameters[name], following)
    if missing := [name for name in parameters if name not in given]:
        raise InputError(
            f"The arguments have no {_options(missing)}. Vertex AI appends a value for each parameter."
        )
    return {name: given[name] for name in parameters}


def _options(names: Iterable[str]) -> str:
    return ", ".join(f"--{name}" for name in names)
