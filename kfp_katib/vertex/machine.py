# SPDX-License-Identifier: Apache-2.0
"""The machine of a trial: what a manifest says about GPUs, and what only the caller can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kfp_katib.experiment.problem import Finding
from kfp_katib.trial.template import GPU, limits


@dataclass(frozen=True, slots=True)
class Machine:
    """What a trial runs on.

    Attributes:
        type: A machine type of Compute Engine that Vertex AI takes for custom training
            (https://cloud.google.com/vertex-ai/docs/training/configure-compute).
        accelerator_type: The kind of its accelerators, such as NVIDIA_TESLA_T4; empty for none. How many,
            the manifest says.
    """

    type: str = "n1-standard-4"
    accelerator_type: str = ""


def machine_spec(machine: Machine, container: Mapping[str, Any]) -> dict[str, Any]:
    """The machine as Vertex AI's JSON, with as many accelerators as the container asks for GPUs."""
    spec: dict[str, Any] = {"machine_type": machine.type}
    if count := int(limits(container).get(GPU, 0)):
        spec |= {"accelerator_type": machine.accelerator_type, "accelerator_count": count}
    return spec


def other_resources(container: Mapping[str, Any]) -> list[str]:
    """What a container asks for beside GPUs, which the machine's type decides."""
    asked = {**((container.get("resources") or {}).get("requests") or {}), **limits(container)}
    return [name for name in asked if name != GPU]


def misfits(machine: Machine, container: Mapping[str, Any], path: str) -> Iterator[Finding]:
    """Why a container cannot run on the machine.

    Args:
        machine: The machine.
        container: The container, as in the manifest.
        path: Where the manifest has it.
    """
    if not machine.type.strip():
        yield Finding("machine_type", "machine_type is empty.", "Give one, such as n1-standard-4.")
    for name, amount in limits(container).items():
        field = f"{path}.resources.limits.{name}"
        if "/" in name and name != GPU:
            yield Finding(field, f"It is {amount}; here a trial gets {GPU} alone.", "Take it out.", amount)
    yield from _accelerators(machine, container, path)


def _accelerators(machine: Machine, container: Mapping[str, Any], path: str) -> Iterator[Finding]:
    count = str(limits(container).get(GPU, 0))
    field = f"{path}.resources.limits.{GPU}"
    if not count.isdecimal():
        yield Finding(field, f"It is {count!r}.", "Write how many, as a whole number.", count)
    elif int(count) and not machine.accelerator_type:
        fix = "Give accelerator_type, such as NVIDIA_TESLA_T4, or take the GPUs out of the manifest."
        yield Finding(field, f"It is {count}, but accelerator_type is empty.", fix, count)
    elif not int(count) and machine.accelerator_type:
        fix = f"Leave it empty, or write how many as {GPU} into the manifest's resources.limits."
        message = f"accelerator_type is {machine.accelerator_type!r}, but the manifest asks for no {GPU}."
        yield Finding("accelerator_type", message, fix, machine.accelerator_type)
