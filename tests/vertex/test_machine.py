# SPDX-License-Identifier: Apache-2.0
"""How many GPUs a trial has, the manifest says; of which kind, the caller."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kfp_katib.vertex.machine import Machine, machine_spec, misfits

T4 = Machine(accelerator_type="NVIDIA_TESLA_T4")


def asking(**limits: Any) -> dict[str, Any]:
    """A container with these limits; `gpu` is NVIDIA's."""
    return {
        "resources": {
            "limits": {"nvidia.com/gpu" if name == "gpu" else name: limits[name] for name in limits}
        }
    }


def test_a_trial_without_gpus_has_a_plain_machine() -> None:
    """Its cores and memory are the machine type's, whatever the manifest asks for."""
    plain = {"machine_type": "n1-standard-4"}
    assert machine_spec(Machine(), {}) == machine_spec(Machine(), asking(cpu="4", gpu="0")) == plain


@pytest.mark.parametrize("amount", ["2", 2])
def test_gpus_become_accelerators(amount: object) -> None:
    """As many as the manifest's limit says, as a whole number."""
    assert machine_spec(T4, asking(gpu=amount)) == {
        "machine_type": "n1-standard-4",
        "accelerator_type": "NVIDIA_TESLA_T4",
        "accelerator_count": 2,
    }


@pytest.mark.parametrize(
    ("machine", "container"),
    [
        (Machine(), {}),
        (Machine(), asking(cpu="1", gpu="0")),
        (Machine("g2-standard-8"), {}),
        (T4, asking(gpu=1)),
    ],
)
def test_what_fits_is_let_pass(machine: Machine, container: dict[str, Any]) -> None:
    """With GPUs a kind of accelerator, without them none."""
    assert list(misfits(machine, container, "c")) == []


@pytest.mark.parametrize(
    ("machine", "container", "words"),
    [
        (Machine(" "), {}, r"machine_type: machine_type is empty\. Give one"),
        (
            Machine(),
            asking(gpu="2"),
            r"c\.resources\.limits\.nvidia\.com/gpu: It is 2, .* Give accelerator_type",
        ),
        (T4, {}, r"accelerator_type: .*'NVIDIA_TESLA_T4', .* no nvidia\.com/gpu\. Leave it empty"),
        (T4, asking(gpu="0"), r"accelerator_type: .* no nvidia\.com/gpu"),
        (T4, asking(gpu="1k"), r"nvidia\.com/gpu: It is '1k'\. Write how many, as a whole number"),
        (Machine(), asking(**{"amd.com/gpu": "1"}), r"limits\.amd\.com/gpu: It is 1; .* Take it out"),
    ],
)
def test_what_does_not_fit_is_refused(machine: Machine, container: dict[str, Any], words: str) -> None:
    """By name, and in both directions: neither does a GPU get lost nor is one paid for in vain."""
    (found,) = misfits(machine, container, "c")
    assert re.search(words, f"{found.path}: {found.message} {found.fix}")
