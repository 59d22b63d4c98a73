# SPDX-License-Identifier: Apache-2.0
"""One trial on Vertex AI, `python3 -P -m kfp_katib.vertex.trial --packed=...`: Katib's, without Katib.

Vertex AI appends its values to the arguments and waits for an exit code and one measurement. Between the two
this program does what Katib does around a trial's container: it fills the template's placeholders, runs the
command line that Katib's webhook would write, reads the metrics, and judges. It ends

- with 0 where Katib says Succeeded. Without a finite objective no measurement is written: Vertex AI calls a
  trial that is done without one INFEASIBLE
  (https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.studies.trials), which never
  wins; so does Katib's verdict, in which such a trial has succeeded but does not compete.
- with 1 where Katib says Failed or MetricsUnavailable, where the record or the measurement cannot be written,
  and where the arguments or the environment are not those of a trial. The script's own code is in the record
  alone: Vertex AI takes some for transient (6, 11, 134, 139) and runs a job that ends so up to three times
  more, where a trial of Katib's has one attempt.
- with 128 and the signal's number where Vertex AI stops it.

Vertex AI starts a container that failed again, before it gives the job up or instead of that
(https://cloud.google.com/vertex-ai/docs/training/understanding-training-service). A trial that has ended does
not run a second time: it is reported again, by its record.

The script does not get Vertex AI's measurement file but one of its own, so that what it reports there by
itself does not count a second time.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kfp_katib.errors import InputError, KfpKatibError
from kfp_katib.experiment.model import Collector, Experiment
from kfp_katib.results import Trial, TrialCondition, objective_value
from kfp_katib.streams import let_go
from kfp_katib.trial.command_line import command_line, metrics_place
from kfp_katib.trial.outcome import examine, failed
from kfp_katib.trial.plain_file import remove
from kfp_katib.trial.processes import KILLED_BY_SIGNAL
from kfp_katib.trial.template import Container, container
from kfp_katib.trial.trial_folder import TrialFolder
from kfp_katib.vertex.measurement import VARIABLE, measurement_path, write_measurement
from kfp_katib.vertex.record import Record, read_record, write_record
from kfp_katib.vertex.trial_arguments import TrialArguments, trial_arguments
from kfp_katib.vertex.trial_process import Ended, Signals, followed, run

_STDOUT = 1
_FAILURE = 1
_STOPPED = TrialCondition(
    "Killed", "TrialKilled", "Vertex AI stopped the trial while it ran, or the tuning job was cancelled."
)


def main(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run one trial.

    Args:
        argv: This program's arguments, without its name.
        env: Its environment.

    Returns:
        The exit code.
    """
    signals = Signals()
    signals.handle()
    try:
        given = trial_arguments(argv, env)
    except KfpKatibError as err:
        _say(str(err))
        return _FAILURE
    try:
        trial, unwritten = _ended_before(given, env) or _carry_out(given, env, signals)
    except Exception as err:  # the boundary of the program: a record and a sentence, never a traceback
        trial = _broken(given, err)
        unwritten = _unwritten(given, trial)
    if objective_value(trial, given.experiment.objective) is None:
        _say(f"Trial '{trial.name}' is {trial.state}: {trial.message}")
    _say(unwritten)
    signals.ignore()
    return _exit_code(trial, signals) or (_FAILURE if unwritten else 0)


def _ended_before(given: TrialArguments, env: Mapping[str, str]) -> tuple[Trial, str] | None:
    """This very trial, measured again, where it has ended in an earlier start of its container."""
    found = read_record(given.record)
    if found is None or found.job != given.job or found.trial.state == "Killed":
        return None
    if (found.trial.name, found.trial.parameters) != (given.name, given.parameters):
        return None
    _say(f"Trial '{given.name}' has ended before and does not run again: {given.record} says how.")
    trial = _measured(given, found.trial, env)
    return trial, "" if trial == found.trial else _unwritten(given, trial)


def _carry_out(given: TrialArguments, env: Mapping[str, str], signals: Signals) -> tuple[Trial, str]:
    """Run a trial and leave its measurement and its record; the text says why there is no record.

    The record does not wait until everything that the trial printed is passed on.
    """
    folder = Path(tempfile.mkdtemp(prefix="trial-")).absolute()
    try:
        files = TrialFolder(folder / given.name)
        with followed(_outputs(given.experiment.collector, files), to=_STDOUT):
            trial = _measured(given, _run(given, files, env, signals), env)
            return trial, _unwritten(given, trial)
    finally:
        remove(folder)


def _unwritten(given: TrialArguments, trial: Trial) -> str:
    """Write the record; why that cannot be done, empty where it can."""
    try:
        write_record(Record(trial, given.job), given.record)
    except InputError as err:
        return str(err)
    return ""


def _broken(given: TrialArguments, err: Exception) -> Trial:
    """A trial that this program could not run to its end."""
    outcome = failed(f"Its entry point cannot go on ({type(err).__name__}: {err}).")
    return Trial(given.name, given.parameters, outcome.state, outcome.reason, outcome.message)


def _outputs(collector: Collector, files: TrialFolder) -> tuple[Path, ...]:
    """The files that get what the trial prints."""
    collected = (metrics_place(collector, files.metrics).path,) if collector.kind == "StdOut" else ()
    return files.log, *collected


def _run(given: TrialArguments, files: TrialFolder, env: Mapping[str, str], signals: Signals) -> Trial:
    started, code = datetime.now(UTC), None
    try:
        box = container(given.experiment, given.name, given.parameters)
        ended = _run_container(given.experiment, box, files, env, signals)
        code, outcome = ended.exit_code, _outcome(given.experiment, files, ended, box)
    except InputError as err:
        outcome = failed(str(err))
    return Trial(
        given.name,
        given.parameters,
        outcome.state,
        outcome.reason,
        outcome.message,
        outcome.metrics,
        started=started,
        ended=datetime.now(UTC),
        exit_code=code,
        log_tail=files.log_tail(),
    )


def _run_container(
    experiment: Experiment, box: Container, files: TrialFolder, env: Mapping[str, str], signals: Signals
) -> Ended:
    collector = experiment.collector
    line = command_line(box, collector, metrics_place(collector, files.metrics), env)
    cwd = box.folder(Path.cwd())
    own = {VARIABLE: str(files.path / "measurements")}
    return run(
        line.argv, files, cwd=cwd, env={**env, **own, **line.env}, deadline=box.deadline, signals=signals
    )


def _outcome(experiment: Experiment, files: TrialFolder, ended: Ended, box: Container) -> TrialCondition:
    if ended.why == "stopped":
        return _STOPPED
    if ended.why == "overdue" and box.deadline:
        return box.deadline.overdue
    return examine(experiment, files, ended.exit_code)


def _measured(given: TrialArguments, trial: Trial, env: Mapping[str, str]) -> Trial:
    """The trial, its finite objective written for Vertex AI; failed where that cannot be written."""
    objective = given.experiment.objective
    value = objective_value(trial, objective)
    if value is not None:
        try:
            write_measurement(measurement_path(env), given.id, objective.metric, value)
        except InputError as err:
            outcome = failed(str(err))
            return replace(trial, state=outcome.state, reason=outcome.reason, message=outcome.message)
    return trial


def _exit_code(trial: Trial, signals: Signals) -> int:
    if trial.state == "Succeeded":
        return 0
    if trial.state == "Killed":
        return KILLED_BY_SIGNAL + signals.numbers[0]
    return _FAILURE


def _say(sentence: str) -> None:
    if sentence:
        with suppress(OSError):  # nobody reads it any more, which is no reason to lose the trial's result
            print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    exit_code = main(sys.argv[1:], os.environ)
    let_go()
    sys.exit(exit_code)
