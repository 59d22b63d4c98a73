# SPDX-License-Identifier: Apache-2.0
"""Runs one trial of a proposal, for a bounded time, to see what it prints."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping

from kfp_katib.errors import InputError
from kfp_katib.proposal.bounded import Ended, run
from kfp_katib.proposal.objective import Objective, measured
from kfp_katib.proposal.propose import Proposal, with_value


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
        say(f"Trying for at most {seconds:g} s: {' '.join(words)}")
        ended = run(words, env={**env, "PYTHONUNBUFFERED": "1"}, seconds=seconds)
    if ended.code not in (0, None):
        raise InputError(f"The trial run ended with exit code {ended.code}:\n{ended.tail}")
    wishes = proposal.wishes
    names = [each.name for each in proposal.searched]
    found = measured(f"{ended.printed}\n{ended.errors}", wishes.metric, wishes.aim, names)
    if not found:
        raise InputError(_nothing(ended, wishes.metric, seconds))
    return found


def _words(proposal: Proposal, folder: str) -> list[str]:
    values = [(each.option, each.space.start) for each in proposal.searched]
    if proposal.output:
        values.append((proposal.output, f"{folder}/model"))
    return [*proposal.typed.words, *(word for option, value in values for word in with_value(option, value))]


def _nothing(ended: Ended, metric: str | None, seconds: float) -> str:
    what = f"no {metric!r} with a number" if metric else "nothing that looks like a metric"
    until = "by its end" if ended.code == 0 else f"within {seconds:g} s"
    name = metric or "loss"
    variable = re.sub(r"\W", "_", name)
    mend = f'Let it print its metric, such as print(f"{name}={{{variable}}}", flush=True)'
    longer = "; or give it more time: --try-seconds." if ended.code is None else "."
    return f"The trial run printed {what} {until}. {mend}{longer} It printed:\n{ended.tail or '    nothing'}"
