# SPDX-License-Identifier: Apache-2.0
"""Decides what is searched: the options that have a space, at most six of them; the rest is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kfp_katib.errors import InputError
from kfp_katib.experiment.choices import hint
from kfp_katib.proposal.feasible import NoSpace, Space, feasible, short, suited
from kfp_katib.proposal.objective import Aim
from kfp_katib.proposal.script_option import Arguments, ScriptOption
from kfp_katib.proposal.typed import Typed, given

MOST_SEARCHED = 6
"""Each parameter more needs more trials; the rest are named, each with the reason."""
_LONGEST_NAME = 27  # the launcher adds 13 characters to a name, and Katib takes 40
_OUTPUT = re.compile(
    r"models|output|(models?|output|out|save|export|checkpoint|ckpt|job)_?(dir|directory|path|folder)"
)


_HAS_VALUE = "it has a value behind the script, the same in every trial; leave it out there to search it"
_HAS_FOLDER = "it gets a folder of its own for each trial"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asks for; None is left to us.

    Attributes:
        image: The trials' image.
        metric: The objective's metric.
        aim: Whether less or more of it is better.
        max_trials: The budget.
        parallel_trials: How many trials run at a time.
        algorithm: Katib's name of the algorithm.
        search: The names of the options that are searched, and no others; empty for our choice.
    """

    image: str | None = None
    metric: str | None = None
    aim: Aim | None = None
    max_trials: int = 20
    parallel_trials: int = 2
    algorithm: str = "tpe"
    search: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """A parameter: the option that gets its values, its name in the manifest, its space."""

    option: ScriptOption
    name: str
    space: Space


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """An option that is not searched, and why."""

    option: ScriptOption
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """All that the manifest says, and why.

    Attributes:
        name: The Experiment's.
        typed: The command line.
        wishes: What was asked for.
        searched: The parameters.
        left: The other options.
        kept: The options that the user gave a value.
        output: The option for the folder of a trial's model; None if there is none, or the user gave it.
    """

    name: str
    typed: Typed
    wishes: Wishes
    searched: tuple[Searched, ...]
    left: tuple[LeftAlone, ...]
    kept: Mapping[ScriptOption, str]
    output: ScriptOption | None = None

    @property
    def max_trials(self) -> int:
        """The budget; a grid has no more trials than cells."""
        if self.wishes.algorithm != "grid":
            return self.wishes.max_trials
        cells = 1
        for each in self.searched:
            cells *= len(each.space.values)
        return min(self.wishes.max_trials, cells)


def propose(typed: Typed, arguments: Arguments, wishes: Wishes) -> Proposal:
    """Choose what is searched.

    Raises:
        InputError: Nothing can be searched, or an argument is missing that is needed to start.
    """
    kept = given(typed, arguments)
    open_ = [option for option in arguments.options if option not in kept]
    output = next((each for each in open_ if each.takes == "one" and _OUTPUT.fullmatch(each.plain)), None)
    spaces = {
        option: _beside(option, kept) or feasible(option, wished=bool(wishes.search))
        for option in open_
        if option is not output
    }
    taken = dict.fromkeys(kept, _HAS_VALUE) | ({output: _HAS_FOLDER} if output else {})
    chosen = _wished(spaces, wishes.search, taken) if wishes.search else _chosen(spaces)
    left = tuple(
        LeftAlone(option, _why_left(option, space, chosen))
        for option, space in spaces.items()
        if option not in chosen
    )
    _check(typed, chosen, left, taken)
    searched = _named({option: suited(space, wishes.algorithm) for option, space in chosen.items()})
    return Proposal(_experiment_name(typed), typed, wishes, searched, left, kept, output)


def _beside(option: ScriptOption, others: Iterable[ScriptOption]) -> NoSpace | None:
    """Whether another option excludes this one."""
    rival = next((each for each in others if each.rivals is not None and each.rivals == option.rivals), None)
    return NoSpace(f"the script takes only one of it and {rival.flag}") if rival else None


def _chosen(spaces: Mapping[ScriptOption, Space | NoSpace]) -> dict[ScriptOption, Space]:
    """The most promising options, in the script's order."""
    found = {option: space for option, space in spaces.items() if isinstance(space, Space)}
    best: list[ScriptOption] = []
    for option in sorted(found, key=lambda option: (not option.required, found[option].rank)):
        if len(best) < MOST_SEARCHED and not _beside(option, best):
            best.append(option)
    return {option: space for option, space in found.items() if option in best}


def _why_left(option: ScriptOption, space: Space | NoSpace, chosen: Mapping[ScriptOption, Space]) -> str:
    excluded = _beside(option, chosen)
    if isinstance(space, Space) and excluded:
        return excluded.why
    return space.why if isinstance(space, NoSpace) else _too_many(space)


def _wished(
    spaces: Mapping[ScriptOption, Space | NoSpace],
    names: tuple[str, ...],
    taken: Mapping[ScriptOption, str],
) -> dict[ScriptOption, Space]:
    """The options that the user has named.

    Raises:
        InputError: One is not there, or has no space.
    """
    known = {option.plain: option for option in spaces}
    why_not = {option.plain: why for option, why in taken.items()}
    found: dict[ScriptOption, Space] = {}
    for name in names:
        plain = name.lstrip("-").replace("-", "_").lower()
        if plain in why_not:
            raise InputError(f"--search {name}: {why_not[plain]}.")
        if plain not in known:
            raise InputError(f"--search {name}: the script has no such option. {hint(plain, known)}")
        space = spaces[known[plain]]
        if isinstance(space, NoSpace):
            raise InputError(
                f"--search {name}: no space can be proposed for it: {space.why}. Change that in the script, "
                "or leave it out here and write its space into the manifest yourself."
            )
        found[known[plain]] = space
    return found


def _too_many(space: Space) -> str:
    return f"others look more promising; its space would be {described(space)}"


def described(space: Space) -> str:
    """A space in a few words."""
    if space.values:
        return f"one of {', '.join(space.values)}"
    return f"{space.type}, {short(space.low)} to {short(space.high)}{', logarithmic' * space.log}"


def with_value(option: ScriptOption, value: str) -> list[str]:
    """The words that give an option a value: joined by `=` where every parser understands that."""
    if option.takes == "either":
        return [value]
    return [f"{option.flag}={value}"] if option.flag.startswith("--") else [option.flag, value]


def _check(
    typed: Typed,
    chosen: Mapping[ScriptOption, Space],
    left: tuple[LeftAlone, ...],
    taken: Mapping[ScriptOption, str],
) -> None:
    missing = [each for each in left if each.option.required]
    if missing:
        names = ", ".join(each.option.flag for each in missing)
        flags = [f"{each.option.flag} {each.option.plain.upper()}" for each in missing]
        line = " ".join([typed.line, *flags])
        raise InputError(
            f"{typed.script} does not start without {names}, which cannot be searched ({missing[0].why}). "
            f"Give a value, which is the same in every trial: kfp-katib init -- {line}"
        )
    if not chosen:
        reasons = {**taken, **{each.option: each.why for each in left}}
        lines = [f"    {option.flag}: {why}" for option, why in reasons.items()]
        mend = (
            "Name one by --search, or give one in the script a type and a default (type=float, default=0.01)."
        )
        raise InputError("\n".join([f"{typed.script} has no option to search. {mend}", *lines]))


def _named(chosen: Mapping[ScriptOption, Space]) -> tuple[Searched, ...]:
    """Each with a name of its own that Katib's placeholders can hold."""
    found: dict[str, Searched] = {}
    for option, space in chosen.items():
        name = base = (
            re.sub(r"[^\w-]+", "_", option.flag.lstrip("-+/"), flags=re.ASCII)[:63].strip("_") or "x"
        )
        for number in range(2, len(chosen) + 2):
            if name not in (*found, "trial"):
                break
            name = f"{base}_{number}"
        found[name] = Searched(option, name, space)
    return tuple(found.values())


def _experiment_name(typed: Typed) -> str:
    """The script's name as Kubernetes takes it."""
    plain = re.sub(r"[^a-z0-9]+", "-", typed.name.lower())
    return re.sub(r"^[^a-z]+", "", plain)[:_LONGEST_NAME].strip("-") or "search"
