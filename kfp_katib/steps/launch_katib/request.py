# SPDX-License-Identifier: Apache-2.0
"""What a launch is asked for, in groups that belong together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, cast, get_args

from kfp_katib.engines.options import Cleanup, OnTimeout, RunOptions
from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import choose
from kfp_katib.storage.addresses import absolute


class Artifact(Protocol):
    """The part of a pipeline's artifact that matters here: where it is, and what is told about it."""

    uri: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Files:
    """Where the outputs are written: a folder for the best model, and three files."""

    model: str | Path
    trials: str | Path
    summary: str | Path
    report: str | Path


@dataclass(frozen=True, slots=True)
class Surroundings:
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
    def dataset_address(self) -> str:
        """Where the trials read the data: at an artifact's own place, or where its metadata say they are.

        That is prepare_data's `destination`, a mounted folder. It cannot be the artifact's own address:
        Kubeflow Pipelines 2.17 refuses a step whose artifact lies outside of an object store.
        """
        if self.dataset is None or isinstance(self.dataset, str):
            return absolute(self.dataset or "")
        return absolute(str(self.dataset.metadata.get("address") or self.dataset.uri))

    def check(self) -> None:
        """Refuse addresses that are none, and an artifact whose data are gone.

        Kubeflow Pipelines takes a step's outputs from its cache without asking whether the store still has
        them, and copies what it does not find as nothing.

        Raises:
            StorageError: The models' store needs a package that is not installed.
            InputError: An address is none; or neither the copy that this step should have got nor another
                address of the data is there.
        """
        if self.models:
            from kfp_katib.storage.places import place

            place(self.models, what="the models")
        absolute(self.dataset if isinstance(self.dataset, str) else "", "dataset")
        if self.dataset is None or isinstance(self.dataset, str) or self.dataset.metadata.get("address"):
            return
        path = str(getattr(self.dataset, "path", ""))
        if path and not Path(path).exists():
            raise InputError(
                f"dataset: the artifact {self.dataset.uri} is empty: nothing was copied to {path}. Its step "
                "was perhaps taken from the cache after the store had lost its data. Run the pipeline again "
                "with caching off, or give dataset_uri."
            )

    def at_hand(self) -> Surroundings:
        """The same for trials that run in this very step: they read an artifact's data from its disk.

        Kubeflow Pipelines has put them there before the step began; the store itself may ask for keys.
        """
        path = str(getattr(self.dataset, "path", ""))
        return replace(self, dataset=path) if path and Path(path).exists() else self

    @property
    def endpoint(self) -> str:
        """The S3 service for the trials, empty where none is known."""
        if self.s3_endpoint or self.dataset is None or isinstance(self.dataset, str):
            return self.s3_endpoint
        session = json.loads(self.dataset.metadata.get("store_session_info") or "{}")
        params = session.get("Params") or {}
        host = str(params.get("endpoint") or "")
        scheme = "http" if str(params.get("disableSSL")).lower() == "true" else "https"
        return f"{scheme}://{host}" if host and "://" not in host else host


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds, and what then: `fail` or `best_so_far`."""

    timeout_seconds: float | None = RunOptions().timeout_seconds
    stall_timeout_seconds: float = RunOptions().stall_timeout_seconds
    on_timeout: str = RunOptions().on_timeout

    def options(self, cleanup: str) -> RunOptions:
        """The same as an engine takes it.

        Raises:
            InputError: A time is not positive, or a word is no such policy.
        """
        choose(self.on_timeout, get_args(OnTimeout), "on_timeout")
        choose(cleanup, get_args(Cleanup), "experiment_cleanup")
        return RunOptions(
            timeout_seconds=self.timeout_seconds,
            stall_timeout_seconds=self.stall_timeout_seconds,
            on_timeout=cast("OnTimeout", self.on_timeout),
            cleanup=cast("Cleanup", cleanup),
        )
