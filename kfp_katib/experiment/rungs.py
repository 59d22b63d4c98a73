# SPDX-License-Identifier: Apache-2.0
"""Hyperband's plan: how many trials each rung of each bracket has, and how much of the resource each gets.

The formulas are those of the paper (Li and others, JMLR 18, 2018, https://arxiv.org/abs/1603.06560), with
Katib's ceilings where the paper rounds the number of trials down. Here they are computed exactly: Katib's
floats find one bracket too few for r_l 243 and eta 3, and its rounding on the way makes 1, 3, 9 of r_l 10.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from kfp_katib.experiment.parts import Algorithm, FeasibleSpace, Parameter

MANY = 10**9
"""No plan is counted beyond that."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Trials that get the same amount of the resource, and are compared when all have ended.

    Attributes:
        bracket: How many rungs follow the bracket's first, as in the paper: the first bracket has the most.
        number: Which of the bracket's rungs it is, from 0.
        trials: How many trials it has, at most as many as have a value in the rung before.
        resource: What each gets.
    """

    bracket: int
    number: int
    trials: int
    resource: int


def rungs(settings: Mapping[str, str]) -> Iterator[Rung]:
    """The rungs of a search in the order in which they run, for valid settings of hyperband."""
    most, eta = _exact(settings["r_l"]), _eta(settings)
    last = 0
    while eta ** (last + 1) <= most:
        last += 1
    for bracket in range(last, -1, -1):
        first = math.ceil((last + 1) * eta**bracket / (bracket + 1))
        for number in range(bracket + 1):
            resource = math.floor(most / eta ** (bracket - number))
            yield Rung(bracket, number, math.ceil(first / eta**number), resource)


def planned(settings: Mapping[str, str]) -> int:
    """How many trials all rungs have together; `MANY` where there are more."""
    count = 0
    for rung in rungs(settings):
        count += rung.trials
        if count > MANY:
            return MANY
    return count


def shown(count: int) -> str:
    """A number of planned trials, for people."""
    return f"more than {MANY}" if count == MANY else str(count)


def whole_resource(algorithm: Algorithm) -> dict[str, str]:
    """What a trial of hyperband's last rungs gets, as an assignment; empty for another algorithm."""
    if algorithm.name != "hyperband":
        return {}
    return {algorithm.settings["resource_name"]: str(math.floor(_exact(algorithm.settings["r_l"])))}


def searched(parameter: Parameter, algorithm: Algorithm) -> Parameter:
    """A parameter as its algorithm takes it.

    Hyperband's resource is a whole number up to r_l; its type and feasible space mean nothing, as in Katib.
    """
    most = whole_resource(algorithm).get(parameter.name)
    return parameter if most is None else Parameter(parameter.name, "int", FeasibleSpace("1", most))


def _eta(settings: Mapping[str, str]) -> Fraction:
    """Of how many trials one is promoted; Katib takes what is zero or less for 3, the default."""
    text = settings.get("eta", "3")
    return _exact(text) if float(text) > 0 else Fraction(3)


def _exact(text: str) -> Fraction:
    """The number that Katib reads, as its shortest decimal: 0.1 is a tenth."""
    return Fraction(repr(float(text)))
