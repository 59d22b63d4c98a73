# SPDX-License-Identifier: Apache-2.0
"""From an option to its feasible space: bounds around its default, and a scale that suits its name."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

from kfp_katib.proposal.option_names import Alone, Meaning, meaning
from kfp_katib.proposal.script_option import ScriptOption

_MOST_CHOICES = 8
_LEAST_VALUE, _MOST_VALUE = 1e-9, 2**30
"""Between them a default is something to build a range around; Optuna's service searches from 1e-10 on."""
_PLAIN_VALUE = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
"""What a shell hands on as it is: Katib puts values into a shell's line."""
_YES = ("true", "false")


@dataclass(frozen=True, slots=True)
class Space:
    """A feasible space.

    Attributes:
        type: Katib's parameterType.
        why: The reason for it, for a comment.
        low: The lower bound of a double or int.
        high: The upper bound.
        log: Whether it is searched on a logarithmic scale.
        values: The values of a discrete or categorical parameter.
        start: A value to try it out with.
        rank: Which are searched if there are many: 1 before 2 before 3.
    """

    type: Literal["double", "int", "discrete", "categorical"]
    why: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    values: tuple[str, ...] = ()
    start: str = ""
    rank: int = 1


@dataclass(frozen=True, slots=True)
class NoSpace:
    """Why an option is left alone."""

    why: str


def feasible(option: ScriptOption, *, wished: bool = False) -> Space | NoSpace:
    """The space of an option, or why it had better not be searched.

    Args:
        option: The option.
        wished: Whether the user has asked for it, whatever its name is.
    """
    if not _PLAIN_VALUE.fullmatch(option.flag):
        return NoSpace("its name holds characters that a shell would take apart")
    if option.takes == "several":
        return NoSpace("it takes several values; a parameter of Katib is one")
    about = meaning(option.plain, wished=wished)
    if isinstance(about, Alone):
        return NoSpace(about.why)
    if option.takes == "nothing":
        return NoSpace("a switch without a value; write it behind the script to have it in every trial")
    if option.takes == "either":
        return Space("categorical", "on or off", values=(option.flag, option.off), start=option.flag, rank=3)
    if option.choices:
        return _of_choices(option, about)
    if option.type in ("bool", "truthy"):
        return _of_bool(option)
    space = _of_number(option, about)
    return replace(space, rank=about.rank) if isinstance(space, Space) else space


def _of_choices(option: ScriptOption, about: Meaning) -> Space | NoSpace:
    choices = tuple(dict.fromkeys(option.choices))
    if len(choices) < 2:
        return NoSpace("it has one choice only")
    if not all(_PLAIN_VALUE.fullmatch(each) for each in choices):
        return NoSpace("its choices hold characters that a shell would take apart")
    numbers = option.type in ("int", "float") and all(map(_is_number, choices))
    start = option.default if option.default in choices else choices[0]
    if len(choices) > _MOST_CHOICES:
        whole = numbers and option.type == "int"
        values = sorted(map(int, choices)) if whole else []
        if not values or values != list(range(values[0], values[-1] + 1)):
            return NoSpace(f"{len(choices)} choices are more than a search of this size can try")
        return Space("int", "all of its choices", values[0], values[-1], start=str(start), rank=about.rank)
    kind: Literal["discrete", "categorical"] = "discrete" if numbers else "categorical"
    return Space(kind, "all of its choices", values=choices, start=str(start), rank=about.rank)


def _of_bool(option: ScriptOption) -> Space | NoSpace:
    """A switch with a value, unless Python's `bool` reads it, to which every text is true."""
    if option.type == "truthy":
        return NoSpace("type=bool takes every text for true, `False` too; use action=BooleanOptionalAction")
    return Space("categorical", "yes or no", values=_YES, start=_YES[0], rank=3)


def _of_number(option: ScriptOption, about: Meaning) -> Space | NoSpace:
    """Around the default where there is one that can be used, else where such values usually lie."""
    if option.type in ("str", "") and (about.shape == "guess" or (option.default and option.number is None)):
        return NoSpace("nothing says which values it takes; choices=[...] would")
    if about.shape == "choice":
        return NoSpace("its values are not known; choices=[...] in the script would name them")
    value = option.number
    if option.type == "int" and about.shape in ("rate", "fraction", "near one"):
        about = replace(about, shape="guess")
    if value and not _LEAST_VALUE <= value <= _MOST_VALUE:
        return NoSpace(f"its default, {option.default}, is no number to build a range around")
    if not value and about.shape == "guess":
        return NoSpace(f"its default is {option.default or 'not known'}, which says nothing about its range")
    return _SHAPES[about.shape](option, value or 0.0, about)


def _rate(option: ScriptOption, value: float, about: Meaning) -> Space:
    low, high = (value / 10, value * 10) if value else (about.low, about.high)
    around = f"from a tenth to ten times its default, {short(value)}" if value else _usual(option)
    start = value or math.sqrt(low * high)
    return Space("double", _joined(around, about.why), low, high, log=True, start=short(start))


def _power(option: ScriptOption, value: float, about: Meaning) -> Space:
    """Powers of two around the default, or between the usual bounds."""
    nearest = 2 ** round(math.log2(value)) if value >= 1 else 0
    return _doubled(option, nearest if nearest else value, about)


def _doubled(option: ScriptOption, value: float, about: Meaning) -> Space:
    """A quarter, half, and twice a whole number of some size."""
    if value and (value < 2 or option.type == "float" or value != int(value)):
        return _guess(option, value, about)
    low = max(1, int(value) // 4) if value else int(about.low)
    high = int(value) * 2 if value else int(about.high)
    values, each = list[int](), high
    while each >= low:
        values.insert(0, each)
        each //= 2
    around = f"around its default, {option.default}" if value else _usual(option)
    start = int(value) if value else values[len(values) // 2]
    texts = tuple(map(str, values))
    return Space("discrete", _joined(around, about.why), values=texts, start=str(start))


def _fraction(option: ScriptOption, value: float, about: Meaning) -> Space:
    if value >= 1:
        return _guess(option, value, about)
    high = about.high if value <= about.high else 1 - (1 - value) / 2
    return Space("double", about.why, about.low, high, start=short(value))


def _near_one(option: ScriptOption, value: float, about: Meaning) -> Space:
    if value > 1:
        return _guess(option, value, about)
    low = 0.0 if option.number == 0 else value / 2 if 0 < value < about.low else about.low
    high = max(about.high, value)
    return Space("double", about.why, low, high, start=short(value or (low + high) / 2))


def _count(option: ScriptOption, value: float, about: Meaning) -> Space:
    if value != int(value):
        return _guess(option, value, about)
    low, high = (max(1, int(value) // 2), max(2, int(value) * 2)) if value else (about.low, about.high)
    around = f"from half to twice its default, {short(value)}" if value else _usual(option)
    start = short(value or (low + high) // 2)
    return Space("int", around, low, high, log=low > 0 and high - low > 100, start=start)


def _guess(option: ScriptOption, value: float, about: Meaning) -> Space:
    if option.type == "int" and value == int(value):
        return _count(option, value, about)
    wide = not 0.01 <= value <= 100
    factor = 10 if wide else 2
    why = f"a guess: from {'a tenth to ten times' if wide else 'half to twice'} its default, {short(value)}"
    return Space("double", why, value / factor, value * factor, log=wide, start=short(value))


_SHAPES = {
    "rate": _rate,
    "power of two": _power,
    "doubled": _doubled,
    "fraction": _fraction,
    "near one": _near_one,
    "count": _count,
    "guess": _guess,
}


def _usual(option: ScriptOption) -> str:
    known = (
        "it has no default" if option.default is None else f"its default, {option.default}, gives no scale"
    )
    return f"{known}, so where such values usually lie"


def short(value: float) -> str:
    """A number as one would write it."""
    return str(int(value)) if value == int(value) else f"{value:.6g}"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _joined(around: str, why: str) -> str:
    return "; ".join(filter(None, (around, why)))


def suited(space: Space, algorithm: str) -> Space:
    """The space as an algorithm needs it: a grid as a few values, a Gaussian process above zero."""
    if algorithm == "grid" and not space.values:
        return _as_list(space)
    if algorithm == "bayesianoptimization" and space.type == "double" and space.low == 0:
        return replace(space, low=space.high / 100)
    return space


def _as_list(space: Space) -> Space:
    middle = math.sqrt(space.low * space.high) if space.log else (space.low + space.high) / 2
    numbers = [space.low, middle, space.high]
    texts = [short(int(each) if space.type == "int" else each) for each in numbers]
    return replace(space, type="discrete", values=tuple(dict.fromkeys(texts)), low=0.0, high=0.0, log=False)
