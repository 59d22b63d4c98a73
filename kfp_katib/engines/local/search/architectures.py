# SPDX-License-Identifier: Apache-2.0
"""The searches for neural architectures, darts and enas: what Katib's services hand to each trial, as text.

Such a search has no parameters. Its assignments are Python's JSON with `'` for `"`, so that the manifest can
put them between double quotes; the trial turns them back (`pkg/suggestion/v1beta1/nas` in Katib).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kfp_katib.engines.local.search.algorithms import Proposal, Search
from kfp_katib.experiment.lattice import lattice
from kfp_katib.experiment.parts import NasConfig, Operation, Parameter

_DARTS: Mapping[str, object] = {
    "num_epochs": 50,
    "w_lr": 0.025,
    "w_lr_min": 0.001,
    "w_momentum": 0.9,
    "w_weight_decay": 3e-4,
    "w_grad_clip": 5.0,
    "alpha_lr": 3e-4,
    "alpha_weight_decay": 1e-3,
    "batch_size": 128,
    "num_workers": 4,
    "init_channels": 16,
    "print_step": 50,
    "num_nodes": 4,
    "stem_multiplier": 3,
}
"""What a trial of darts is told where the manifest says nothing, in the order in which it is told."""


def propose_darts(search: Search) -> Callable[[int], Proposal]:
    """The algorithm `darts`: each trial is told the same, and searches by itself inside one large network."""
    texts = darts_assignments(_nas(search), search.settings)
    return lambda _: Proposal({}, texts=texts)


def propose_enas(search: Search) -> Callable[[int], Proposal]:
    """The algorithm `enas`: each layer has any operation with equal chance, and inputs from earlier layers.

    The distribution is that of Katib's controller, a network that cannot learn from the trials: each of its
    training steps draws a new architecture and rewards it with the mean of all trials (katib#2494). So its
    operations stay equally likely; only its penalty on inputs from earlier layers has an effect, `_inputs`.
    """
    nas = _nas(search)
    count = sum(_variants(each) for each in nas.operations)

    def propose(number: int) -> Proposal:
        chance, share = search.random(number), _inputs(search, number)
        layers = [
            [chance.randrange(count), *(int(chance.random() < share) for _ in range(layer))]
            for layer in range(nas.layers)
        ]
        return Proposal({}, texts=enas_assignments(nas, layers))

    return propose


def _nas(search: Search) -> NasConfig:
    if search.nas is None:
        raise ValueError("a search for architectures needs a nasConfig")
    return search.nas


def _inputs(search: Search, number: int) -> float:
    """How likely a layer's output is an input of a later layer.

    Half of them at first, and for ever without controller_skip_weight. Katib trains its controller before
    each request but the first, which is for parallelTrialCount trials. What it is taught is mostly noise as
    long as its baseline, from 0, has not come near the mean value; then its penalty draws the share to where
    that is least. With the default settings and values about 1 that is around the 1,500th step, whatever the
    number of layers; with larger values it is later, and that difference is not followed. The penalty takes
    the logits (-q, q) for those of two sigmoids with the target's shares, so that exp(q) = t / (1 - t), and
    what is drawn has the share 1 / (1 + exp(-2 q)).
    """
    given = search.settings
    if given.get("controller_skip_weight") == "None":
        return 0.5
    steps = max(0, number + 1 - search.parallel) * int(given.get("controller_train_steps", "50"))
    target = float(given.get("controller_skip_target", "0.4"))
    least = target**2 / (target**2 + (1 - target) ** 2)
    return 0.5 + (least - 0.5) / (1 + math.exp((1500 - min(steps, 3000)) / 60))


def darts_assignments(nas: NasConfig, settings: Mapping[str, str]) -> dict[str, str]:
    """The assignments of each trial: given settings are texts, the others numbers, and `None` is null."""
    given = {name: None if text == "None" else text for name, text in settings.items()}
    return {
        "algorithm-settings": _argument({**_DARTS, **given}),
        "search-space": _argument([name for each in nas.operations for name in _named(each)]),
        "num-layers": str(nas.layers),
    }


def _named(operation: Operation) -> Iterator[str]:
    """`max_pooling_3x3` for each value in the list of the operation's first parameter."""
    if operation.type == "skip_connection":
        yield operation.type
        return
    for size in operation.parameters[0].space.list:
        yield f"{operation.type}_{size}x{size}"


def enas_assignments(nas: NasConfig, layers: Sequence[Sequence[int]]) -> dict[str, str]:
    """The assignments of one architecture: for each layer its operation, and one bit per earlier layer."""
    config = {
        "num_layers": nas.layers,
        "input_sizes": nas.input_sizes,
        "output_sizes": nas.output_sizes,
        "embedding": {layer[0]: _operation(nas, layer[0]) for layer in layers},
    }
    return {"architecture": _argument(layers), "nn_config": _argument(config)}


def _argument(data: Any) -> str:
    return json.dumps(data).replace('"', "'")


def _operation(nas: NasConfig, number: int) -> dict[str, object]:
    """One of the operations, which are numbered through all kinds; the last parameter changes fastest."""
    place = number
    for each in nas.operations:
        if place < (count := _variants(each)):
            break
        place -= count
    parameters: dict[str, object] = {}
    for parameter in reversed(each.parameters):
        size, value = _values(parameter)
        place, at = divmod(place, size)
        parameters = {parameter.name: value(at), **parameters}
    return {"opt_id": number, "opt_type": each.type, "opt_params": parameters}


def _variants(operation: Operation) -> int:
    return math.prod(_values(each)[0] for each in operation.parameters)


def _values(parameter: Parameter) -> tuple[int, Callable[[int], object]]:
    """How many values a parameter of an operation has, and the value at an index: text, or a number."""
    if parameter.type in ("categorical", "discrete"):
        return len(parameter.space.list), parameter.space.list.__getitem__
    values = lattice(parameter)
    return values.count or 0, values.nth


def damage(nas: NasConfig, parameters: Mapping[str, str]) -> str:
    """Why the assignments of a trial are none that enas makes; empty if they are."""
    try:
        layers = json.loads(parameters["architecture"].replace("'", '"'))
        fits = [len(layer) for layer in layers] == [*range(1, nas.layers + 1)]
        return "" if fits and enas_assignments(nas, layers) == parameters else "has another architecture"
    except (ValueError, TypeError, IndexError, KeyError, RecursionError):
        return "has no architecture"
