# SPDX-License-Identifier: Apache-2.0
"""Runs one trial of a proposal, for a bounded time, to see what it prints."""

from __future__ import annotations

import math
import re
import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping

from kfp_katib.errors import InputError
from kfp_katib.proposal.bounded import Ended, run
from kfp_katib.proposal.objective import Objective, measured
from kfp_katib.proposal.propose import Proposal, with_value
from kfp_katib.proposal.script_failure import why
from kfp_katib.results.brief import counted, duration

_SHORTEST_SECONDS = 2.0
"""Katib's collector looks for the trial's process once a second, and fails a trial that it does not see."""
_CORRECT_IT = (
    ", and so would each trial. Correct that; what it needs to be told stands behind the script, and is then "
    "the same in every trial."
)


def try_out(
    proposal: Proposal,
    *,
    env: Mapping[str, str],
    seconds: float,
    say: Callable[[str], None],
) -> Objective:
    """Run the script once, with values from the proposal's spaces, and find its metric.

    Args:
        proposal: What to run; its output folder is a temporary one.
        env: The script's environment.
        seconds: After how many it is ended, which is no failure if it has printed a metric by then.
        say: Gets a sentence about what happens.

    Raises:
        InputError: It failed, or printed nothing that could be a metric.
    """
    with tempfile.TemporaryDirectory(prefix="kfp-katib-") as folder:
        words = _words(proposal, folder)
        say(f"Trying for at most {seconds:g} s: {shlex.join([proposal.typed.words[0], *words[1:]])}")
        ended = run(words, env={**env, "PYTHONUNBUFFERED": "1"}, seconds=seconds)
    if ended.code not in (0, None):
        cause = why(proposal.typed, ended, otherwise=_CORRECT_IT)
        raise InputError(f"The trial run ended with exit code {ended.code}{cause}")
    wishes = proposal.wishes
    names = [each.name for each in proposal.searched]
    found = measured(f"{ended.printed}\n{ended.errors}", wishes.metric, wishes.aim, names)
    if not found:
        raise InputError(_nothing(ended, wishes.metric, seconds))
    for sentence in _duration(ended, proposal):
        say(sentence)
    return found


def _duration(ended: Ended, proposal: Proposal) -> Iterator[str]:
    """What the run's time means for the search."""
    count, at_a_time = proposal.max_trials, proposal.wishes.parallel_trials
    if ended.code is None:
        yield f"It was ended after {duration(ended.seconds)}, before its end; each trial takes longer."
        return
    trials = f"{counted(count, 'trial')}, {at_a_time} at a time"
    whole = duration(ended.seconds * math.ceil(count / at_a_time))
    yield f"It took {duration(ended.seconds)}: {trials}, will take {whole}."
    if ended.seconds < _SHORTEST_SECONDS:
        yield "On a cluster a trial has to run for some seconds, or Katib's collector does not see it."


def _words(proposal: Proposal, folder: str) -> list[str]:
    values = [(each.option, each.space.start) for each in proposal.searched]
    if proposal.output:
        values.append((proposal.output, f"{folder}/model"))
    return [
        *proposal.typed.to_start,
        *(word for option, value in values for word in with_value(option, value)),
    ]


def _nothing(ended: Ended, metric: str | None, seconds: float) -> str:
    what = f"no {metric!r} with a number" if metric else "nothing that looks like a metric"
    until = "by its end" if ended.code == 0 else f"within {seconds:g} s"
    name = metric or "loss"
    variable = re.sub(r"\W", "_", name)
    mend = f'Let it print its metric, such as print(f"{name}={{{variable}}}", flush=True)'
    longer = "; or give it more time: --try-seconds." if ended.code is None else "."
    return f"The trial run printed {what} {until}. {mend}{longer} It printed:\n{ended.tail or '    nothing'}"
