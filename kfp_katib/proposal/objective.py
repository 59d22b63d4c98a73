# SPDX-License-Identifier: Apache-2.0
"""What a script could be tuned for: the metric that it prints, and whether less of it is better."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Aim = Literal["minimize", "maximize"]

NUMBER = r"([+-]?\d*\.?\d+(?:[Ee][+-]?\d+)?)"
"""A number; that of Katib's default filter would find an empty one too."""
_BLANKS = r"\s+"
_AROUND = 50
_VALUE = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d+)?"
_ASSIGNED = re.compile(rf"([\w|-]+)\s*=\s*({_VALUE})(?![\w.])", re.ASCII)
_TOLD = re.compile(rf"([A-Za-z][\w@/.-]*)(['\"]?\s*:\s*['\"]?|\s+)({_VALUE})(?![\w])", re.ASCII)
_LOW = """loss error err mse mae rmse nll perplexity ppl bpb wer cer distance fid regret cost deviance mape
    logloss cross_entropy"""
_HIGH = """accuracy acc auc auroc f1 precision recall r2 iou map ap bleu rouge score reward return psnr ssim
    dice top1 top5"""
_LESS, _MORE = (
    re.compile(rf"(?:^|[^a-z]|val|test|eval)(?:{'|'.join(words.split())})(?:[^a-z]|$)", re.IGNORECASE)
    for words in (_LOW, _HIGH)
)
_VALIDATION = re.compile(r"(?:^|[^a-z])(?:val|valid|validation|test|eval|dev)", re.IGNORECASE)
_NO_METRIC = re.compile(
    r"epochs?|steps?|iter\w*|batch\w*|lr|learning_rate|time|seconds|eta|seed|rank|device|gpu|params|samples?|size"
    r"|version|port|pid|memory|throughput",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Objective:
    """What is optimized.

    Attributes:
        metric: Its name.
        aim: Whether less or more of it is better.
        why: How it was found, for a comment.
        filter: An expression for metricsFormat; empty where Katib's default filter finds the metric.
        others: Metrics that were printed besides, and are collected too.
    """

    metric: str
    aim: Aim
    why: str
    filter: str = ""
    others: tuple[str, ...] = ()


class _Printed(NamedTuple):
    """A name and a number in a line."""

    name: str
    between: str
    value: str
    line: str


def aim_of(metric: str) -> Aim:
    """Whether less of a metric is better, or more, as its name tells."""
    return "maximize" if _MORE.search(metric) and not _LESS.search(metric) else "minimize"


def guessed(metric: str | None, aim: Aim | None, source: str = "") -> Objective:
    """The objective where nothing was run.

    Args:
        metric: Its name, None if the user has not named it.
        aim: As the user says, None for what the name tells.
        source: The script's own text, in which the names that it prints are looked for.
    """
    if metric:
        return Objective(
            metric, aim or aim_of(metric), f"{_direction(metric, aim)}{_printed(metric, source)}"
        )
    if printed := _in_source(source):
        metric, why = printed, f"a guess: the script seems to print `{printed}=`; --try finds out"
    else:
        metric, why = "loss", "a guess: the script has to print lines such as loss=0.25; --try finds out"
    return Objective(metric, aim or aim_of(metric), why)


def _direction(metric: str, aim: Aim | None) -> str:
    """Where the direction comes from that a named metric is searched in."""
    if aim:
        return "as you said; "
    other = "--maximize" if aim_of(metric) == "minimize" else "--minimize"
    known = _LESS.search(metric) or _MORE.search(metric)
    return (
        f"{'as its name tells' if known else 'a guess, as its name tells nothing'} ({other} turns it round); "
    )


def _printed(metric: str, source: str) -> str:
    if re.search(rf"(?<![\w-]){re.escape(metric)}\s*=\s*[{{%]", source):
        return f"the script seems to print `{metric}=`"
    return f"the script has to print lines such as {metric}=0.25; --try finds out"


def _in_source(source: str) -> str:
    """The most promising name that a script's text prints as `name={...}` or `name=%f`; empty if none."""
    names = re.findall(r"([A-Za-z][\w-]*)=(?:\{|%[\d.]*[fgs])", source)
    return max((name for name in names if _rank(name)[0]), key=_rank, default="")


def measured(output: str, metric: str | None, aim: Aim | None, searched: Collection[str]) -> Objective | None:
    """The objective that a trial has printed, None if it printed none that could be one.

    Args:
        output: What the trial printed.
        metric: Its name, if the user has named it.
        aim: As the user says, None for what the name tells.
        searched: The names of parameters, which are printed often, and are no metrics.
    """
    lines = re.split(r"[\r\n]+", output)
    for found, filtered in ((_assigned(lines), False), (_told(lines), True)):
        hits = [
            each for each in found if (each.name == metric if metric else _could_be(each, searched, filtered))
        ]
        if hits:
            return _objective(hits, aim, filtered)
    return None


def _objective(hits: list[_Printed], aim: Aim | None, filtered: bool) -> Objective:
    counts = Counter(each.name for each in hits)
    best = max(hits, key=lambda each: (*_rank(each.name, each.line), counts[each.name])).name
    last = next(each for each in reversed(hits) if each.name == best)
    shown = _around(last)
    times = "once, in" if counts[best] == 1 else f"{counts[best]} times, most recently in"
    others = [] if filtered else [name for name in counts if name != best and _rank(name)[0]]
    known = aim or _rank(best)[0]
    why = f"{'' if known else _direction(best, aim)}found in a trial run {times}: {shown}"
    return Objective(best, aim or aim_of(best), why, _filter(last) if filtered else "", tuple(others[:5]))


def _around(found: _Printed) -> str:
    """The line, without what is far from the number."""
    at = found.line.find(found.name + found.between + found.value)
    shown = found.line[max(0, at - _AROUND) : at + _AROUND]
    return " ".join(shown.split())


def _rank(name: str, line: str = "") -> tuple[bool, bool, bool, bool]:
    """A known metric before an unknown one, of validation before of training, a loss before others."""
    known, loss = bool(_LESS.search(name) or _MORE.search(name)), bool(_LESS.search(name))
    return known, bool(_VALIDATION.search(name)), bool(_VALIDATION.search(line)), loss


def _is_metric(name: str) -> bool:
    return not _NO_METRIC.fullmatch(name)


def _could_be(found: _Printed, searched: Collection[str], filtered: bool) -> bool:
    """Whether this may be a metric. Where no `=` says so, the name has to."""
    ours = found.name.replace("-", "_") in {name.replace("-", "_") for name in searched}
    return _is_metric(found.name) and not ours and (_rank(found.name)[0] or not filtered)


def _assigned(lines: list[str]) -> Iterator[_Printed]:
    """What Katib's default filter finds."""
    for line in lines:
        yield from (_Printed(name, "=", value, line) for name, value in _ASSIGNED.findall(line))


def _told(lines: list[str]) -> Iterator[_Printed]:
    """Numbers behind a name and a colon or a blank: `Average loss: 0.3`, `{'eval_loss': 0.3}`, `Loss 0.3`."""
    for line in lines:
        yield from (_Printed(name, between, value, line) for name, between, value in _TOLD.findall(line))


def _filter(found: _Printed) -> str:
    """An expression that finds this; the word before it may tell it apart from others of its name."""
    between = r"\s*".join(map(re.escape, ["", *found.between.split(), ""]))
    before = re.search(rf"([A-Za-z]+ ){re.escape(found.name + found.between)}", found.line)
    start = before[1] if before else r"\b"
    return f"{start}({re.escape(found.name)}){between if found.between.split() else _BLANKS}{NUMBER}"
