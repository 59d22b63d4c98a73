# SPDX-License-Identifier: Apache-2.0
"""The end of a search on Vertex AI: from its tuning job and its trials' records to launch_katib's outputs."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kfp_katib.errors import InputError, NoCheckpoint, StorageError
from kfp_katib.experiment import load
from kfp_katib.steps.arguments import as_sent
from kfp_katib.steps.search.outputs import Files, SearchOutputs, delivered
from kfp_katib.steps.search.plan import Plan
from kfp_katib.storage.places import place
from kfp_katib.storage.stores import trouble
from kfp_katib.vertex import jobs
from kfp_katib.vertex.record import FILE_NAME, Record, from_record
from kfp_katib.vertex.result import result

__all__ = ["Files", "Job", "SearchOutputs", "deliver"]

_LARGEST_RECORD = 4 << 20  # bytes
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Which tuning job it was.

    Attributes:
        gcp_resources: Google's own word for it, empty where its step failed.
        project, location: Where to look for it then.
    """

    gcp_resources: str = ""
    project: str = ""
    location: str = ""


def deliver(planned: str, job: Job, files: Files) -> SearchOutputs:
    """Collect the best model of a search on Vertex AI.

    Args:
        planned: What vertex_study planned, as JSON.
        job: Which tuning job it became.
        files: Where the outputs go. The trials, the summary and the report are written for every job that was
            read, failed and cancelled ones included.

    Raises:
        InputError: There is no such job, or it is another search.
        ServiceError: Vertex AI refuses to show it, or does not answer.
        ExperimentFailed: The search failed; the message ends with the last failed trial's log.
        Unfinished: The job was cancelled, or has not ended.
        StorageError: The manifest says that trials write models, and no trial left one.
    """
    plan, notes = read_plan(planned)
    experiment, models = plan.experiment, plan.models
    name, more = _named(job, experiment.name)
    _log.info("Experiment %s: tuning job %s, models in %s", experiment.name, name, models)
    found = jobs.get(name)
    told = [*notes, *more]
    read = partial(_record, found)
    return delivered(plan, files, lambda: result(experiment, found, read, models=models, notes=told))


def read_plan(planned: str) -> tuple[Plan, Sequence[str]]:
    """What vertex_study planned, and its notes.

    Raises:
        InputError: It is something else.
    """
    try:
        document = json.loads(as_sent(planned))
        plan = Plan(
            load(document["manifest"]),
            document["models"],
            document["expects_model"],
            document["manifest_sha256"],
        )
        return plan, document["notes"]
    except (ValueError, LookupError, TypeError, RecursionError) as err:
        raise InputError(
            f"planned is {planned!r:.200}, not a plan ({type(err).__name__}: {err}). Pass on the output "
            "of that name of vertex_study."
        ) from err


def _named(job: Job, display_name: str) -> tuple[str, Sequence[str]]:
    """The name of the tuning job, and a note where it is not the only one."""
    if name := jobs.from_resources(job.gcp_resources):
        return name, ()
    names = jobs.find(job.project, job.location, display_name)
    if len(names) == 1:
        return names[0], ()
    return names[0], [
        f"{len(names)} tuning jobs are named '{display_name}'; this is the newest, {names[0]}. They write "
        "into the same folders: if another ran at the same time, or since, a model may be its."
    ]


def _record(job: Mapping[str, Any], id: str) -> Record | None:
    """The record of one of a job's trials, None where there is none.

    Raises:
        InputError: It is damaged, or too large to be one.
        StorageError: It is out of reach.
    """
    base = job["trialJobSpec"]["baseOutputDirectory"]["outputUriPrefix"].rstrip("/")
    record = place(f"{base}/{id}/{FILE_NAME}", what="the trials' records")
    with trouble(f"reading {record}", missing=StorageError):
        try:
            content = record.read(at_most=_LARGEST_RECORD)
        except FileNotFoundError:
            return None
        except NoCheckpoint as err:
            raise InputError(str(err)) from err
    return from_record(content.decode(errors="replace"))
