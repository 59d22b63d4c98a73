# SPDX-License-Identifier: Apache-2.0
"""A manifest becomes a tuning job of Vertex AI, in one step that only plans; Google's component starts it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import astuple, replace
from typing import Any

from kfp_katib.engines.options import Identity
from kfp_katib.errors import InputError
from kfp_katib.steps.arguments import as_sent
from kfp_katib.steps.search.identity import check_identity
from kfp_katib.steps.search.plan import LARGEST_MANIFEST, Plan, RunContext, plan, received
from kfp_katib.storage.addresses import absolute
from kfp_katib.vertex.buckets import mounted
from kfp_katib.vertex.serving import check_serving
from kfp_katib.vertex.study import Machine, study
from kfp_katib.vertex.unsupported import notes

__all__ = ["Identity", "Machine", "RunContext", "check_serving", "vertex_study"]

_SHARED = ", so two searches would share one folder and one tuning job's name"
_log = logging.getLogger(__name__)


def vertex_study(
    manifest: str,
    context: RunContext,
    *,
    identity: Identity,
    machine: Machine = Machine(),  # noqa: B008  (frozen)
    overrides: Mapping[str, Any] | None = None,
) -> tuple[Any, ...]:
    """Plan the tuning job that runs an Experiment.

    Args:
        manifest: YAML or JSON as one would paste it into Katib's dashboard.
        context: Addresses at gs://; the trials see them as files.
        identity: Whose search this is.
        machine: What a trial runs on.
        overrides: `algorithm`, `max_trials`, `parallel_trials`.

    Returns:
        What the component returns, in its order: the plan as JSON for vertex_result, then the Study's fields.

    Raises:
        StorageError: The package for gs:// is not installed.
        InputError: An argument cannot be used.
        ManifestError: The manifest has errors, or Vertex AI cannot run it; the error carries every reason.
    """
    check_identity(identity, without=_SHARED)
    context = received(context)
    models = _in_bucket(context.models)
    context.check()
    data = _mounted_data(context.dataset_address)
    seen = replace(context, models=mounted(models), dataset=data or context.dataset_address)
    planned = plan(
        as_sent(manifest), seen, identity=identity, overrides=as_sent(overrides or {}), labelled=False
    )
    if planned.reads_dataset and not data:
        raise _unreadable(context.dataset_address)
    made, told = study(planned.experiment, models=models, machine=machine), notes(planned.experiment)
    for note in told:
        _log.info("%s", note)
    return (_as_json(planned, models, told), *astuple(made))


def _in_bucket(models: str) -> str:
    """The models' address, which Google's launcher puts between the quotes of its JSON as it is."""
    address = absolute(models, "models")
    if not address.startswith("gs://") or set('"\\') & set(address):
        raise InputError(
            f"models is {models!r}. Trials on Vertex AI write into Google Cloud Storage: give "
            "gs://bucket/folder, without quotes and backslashes."
        )
    return address


def _mounted_data(address: str) -> str:
    """The path of the data in a trial; empty where they are in no bucket."""
    try:
        return mounted(address)
    except InputError:
        return ""


def _unreadable(address: str) -> InputError:
    return InputError(
        f"The data are at {address}, where no trial on Vertex AI can read them, and the manifest uses "
        "${pipeline.dataset}. Give the pipeline a root at gs://, or dataset_uri a gs:// address."
    )


def _as_json(planned: Plan, models: str, told: tuple[str, ...]) -> str:
    """What vertex_result needs to know of the plan, in an argument of its own step."""
    text = json.dumps(
        {
            "manifest": planned.experiment.manifest,
            "models": models,
            "expects_model": planned.expects_model,
            "manifest_sha256": planned.manifest_hash,
            "notes": told,
        },
        ensure_ascii=False,
    )
    size = len(json.dumps(text).encode())
    if size > LARGEST_MANIFEST:
        raise InputError(
            f"As JSON the manifest and its notes have {size:,} bytes, more than {LARGEST_MANIFEST:,}: they "
            "would not fit beside the other arguments of vertex_result. Move data out of the manifest, into "
            "the image or the dataset."
        )
    return text
