# SPDX-License-Identifier: Apache-2.0
"""Turn a manifest's text into exactly the Experiment that will run, without starting anything."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Protocol

from kfp_katib.engines import labels
from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError
from kfp_katib.experiment import Experiment, load, render
from kfp_katib.experiment.choices import choose
from kfp_katib.experiment.load import overriding, warnings_on
from kfp_katib.experiment.model import canonical
from kfp_katib.experiment.placeholders import used
from kfp_katib.experiment.pods import read_trial_pod
from kfp_katib.steps.arguments import as_sent
from kfp_katib.storage.addresses import absolute

LARGEST_MANIFEST = 100_000
"""Bytes. A step's arguments form one process argument, which Linux limits to 128 KiB."""

OVERRIDES = ("algorithm", "max_trials", "parallel_trials")

_STEM = 27
_DIGITS = 9  # Katib's counts have 32 bits
_log = logging.getLogger(__name__)


class Artifact(Protocol):
    """The part of a pipeline's artifact that matters here: where it is, and its metadata."""

    uri: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a manifest cannot know: the addresses of this run and the needs of this installation.

    Attributes:
        dataset: The address of the data, or the artifact that has it; None where the manifest names none.
        models: The root below which the trials write their models; empty where they write none.
        image: What `${pipeline.image}` stands for.
        trial_pod: What is merged into the trials' pods.
        s3_endpoint: The S3 service of the trials; empty means the dataset's own store.
    """

    dataset: str | Artifact | None = None
    models: str = ""
    image: str = ""
    _: KW_ONLY
    trial_pod: Mapping[str, Any] = field(default_factory=dict)
    s3_endpoint: str = ""

    @property
    def artifact(self) -> Artifact | None:
        """The artifact that has the data; None if they are given by address, or not at all."""
        return None if isinstance(self.dataset, str) else self.dataset

    @property
    def dataset_address(self) -> str:
        """Where the trials read the data: the artifact's own URI, or the address in its metadata.

        The latter is prepare_data's `destination`, a mounted folder. It cannot be the artifact's own URI:
        Kubeflow Pipelines 2.17 refuses a step whose artifact lies outside an object store.
        """
        if artifact := self.artifact:
            return absolute(str(artifact.metadata.get("address") or artifact.uri))
        return absolute(str(self.dataset or ""))

    @property
    def downloaded(self) -> Path | None:
        """Where Kubeflow Pipelines puts an artifact's data on this step's disk before it starts."""
        path = getattr(self.dataset, "path", "")
        return Path(path) if path else None

    def check(self) -> None:
        """Refuse an invalid address, and an artifact whose data are gone.

        Kubeflow Pipelines takes a step's outputs from its cache without checking that the store still has
        them, and silently copies nothing if they are gone.

        Raises:
            StorageError: The models' store needs a package that is not installed.
            InputError: An address cannot be used; or the data have neither a copy in this step nor another
                address.
        """
        if self.models:
            from kfp_katib.storage.places import check

            check(self.models, "the models")
        artifact, path = self.artifact, self.downloaded
        if artifact is None:
            absolute(str(self.dataset or ""), "dataset")
        elif path and not artifact.metadata.get("address") and not path.exists():
            raise InputError(
                f"dataset: the artifact {artifact.uri} is empty: nothing was copied to {path}. Perhaps "
                "its step was taken from the cache after the store had lost its data. Run the pipeline again "
                "with caching off, or give dataset_uri."
            )

    def with_local_data(self) -> RunContext:
        """The context for trials that run inside this step: they read an artifact's data from its disk.

        The store itself may require keys.
        """
        path = self.downloaded
        return replace(self, dataset=str(path)) if path and path.exists() else self

    @property
    def endpoint(self) -> str:
        """The S3 service for the trials, empty where none is known."""
        if self.s3_endpoint or not self.artifact:
            return self.s3_endpoint
        session = json.loads(self.artifact.metadata.get("store_session_info") or "{}")
        params = session.get("Params") or {}
        host = str(params.get("endpoint") or "")
        scheme = "http" if str(params.get("disableSSL")).lower() == "true" else "https"
        return f"{scheme}://{host}" if host and "://" not in host else host


@dataclass(frozen=True, slots=True)
class Plan:
    """What will run.

    Attributes:
        experiment: The Experiment, its name final and its placeholders filled.
        models: The root of its models, empty where there is none.
        expects_model: Whether the manifest says that its trials write models there.
        manifest_hash: SHA-256 of the manifest after overrides and before placeholders, as canonical JSON: the
            same in every run.
        reads_dataset: Whether the manifest says that its trials read `${pipeline.dataset}`.
    """

    experiment: Experiment
    models: str
    expects_model: bool
    manifest_hash: str = ""
    reads_dataset: bool = False


def received(context: RunContext) -> RunContext:
    """The context as it was sent."""
    return replace(context, **{each.name: as_sent(getattr(context, each.name)) for each in fields(context)})


def plan(
    manifest: str,
    context: RunContext,
    *,
    identity: Identity,
    overrides: Mapping[str, Any],
    labelled: bool = True,
    engine: str = "",
) -> Plan:
    """The Experiment that a manifest describes, in this context.

    Args:
        manifest: Its text.
        context: What it cannot know.
        identity: Whose search this is.
        overrides: Changes to it.
        labelled: Whether the Experiment says whose it is. A manifest that does is not loaded again.
        engine: What runs it, whose own warnings are logged as well.

    Raises:
        InputError: The text is too long, a placeholder has no value, or an override is unknown.
        ManifestError: The manifest has errors.
    """
    size = len(manifest.encode())
    if size > LARGEST_MANIFEST:
        raise InputError(
            f"The manifest has {size:,} bytes, more than {LARGEST_MANIFEST:,}: it would not fit beside a "
            "step's other arguments. Move data out of it, into the image or the dataset."
        )
    asked = load(manifest.encode(), change=overriding(**_known(overrides)))
    models = absolute(context.models)
    rendered = render(
        asked,
        dataset=context.dataset_address or None,
        models=models or None,
        image=context.image or None,
        run_id=identity.run_id or None,
        name=final_name(asked, identity),
        trial_pod=_trial_pod(context),
    )
    experiment = _labelled(rendered, identity) if labelled else rendered
    for warning in warnings_on(experiment, engine):
        _log.warning("%s", warning)
    digest = hashlib.sha256(asked.manifest_json.encode()).hexdigest()
    named = used(asked.manifest)
    return Plan(experiment, models, "models" in named, digest, "dataset" in named)


def final_name(experiment: Experiment, identity: Identity) -> str:
    """The name under which an Experiment runs, at most 40 characters.

    It is derived from the run, the step and the manifest, so that a restarted step finds its own search.
    Katib appends the algorithm's name to name a Service, which is limited to 63 characters.
    """
    digest = labels.digest(identity.run_id, identity.task_name, experiment.manifest_json)
    return f"{experiment.name[:_STEM].rstrip('-')}-{digest}"


def _labelled(experiment: Experiment, identity: Identity) -> Experiment:
    """The Experiment with the labels by which clean_up finds it; none if it belongs to no run.

    They are added after `load`, which refuses them in a manifest.
    """
    ours = {labels.RUN: identity.run_id, labels.TASK: identity.task_name}
    manifest = experiment.manifest
    given = {name: text for name, text in ours.items() if text}
    manifest["metadata"] = labels.marked(manifest["metadata"], given)
    return replace(experiment, manifest_json=canonical(manifest))


def _known(overrides: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(overrides, Mapping):  # JSON of another type, typed into a dashboard
        raise InputError(f"overrides is {overrides!r:.80}. Give a mapping of {', '.join(OVERRIDES)}.")
    given = {choose(name, OVERRIDES, "An override"): value for name, value in overrides.items()}
    return {
        name: value if name == "algorithm" else _whole(name, value) for name, value in given.items() if value
    }


def _whole(name: str, value: object) -> int:
    """A count; kfp turns a number that a pipeline puts into a dictionary into text."""
    text = str(value)
    if text.isdecimal() and len(text) <= _DIGITS:
        return int(text)
    raise InputError(f"The override {name} is {value!r:.80}. Give a whole number above 0.")


def _trial_pod(context: RunContext) -> dict[str, Any]:
    pod = read_trial_pod(context.trial_pod)
    if context.endpoint and context.dataset_address.startswith("s3://"):
        names = {variable.get("name") for variable in pod.get("env", [])}
        if "AWS_ENDPOINT_URL" not in names:
            pod["env"] = [*pod.get("env", []), {"name": "AWS_ENDPOINT_URL", "value": context.endpoint}]
    return pod
