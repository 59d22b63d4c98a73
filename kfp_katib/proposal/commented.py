# SPDX-License-Identifier: Apache-2.0
"""Writes a proposal as YAML, with the reason beside every guess."""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator

from kfp_katib.proposal.feasible import Space, short
from kfp_katib.proposal.objective import Objective
from kfp_katib.proposal.propose import Proposal, Searched, with_value
from kfp_katib.proposal.script_option import ScriptOption

_WIDTH = 100
_MOST_HELP = 160
_MOST_FAILED = 3
_PLAIN = re.compile(r"(?:--?|\.\.?/)?[A-Za-z_/][\w./=-]*", re.ASCII)
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]+")
_MODEL = '"${pipeline.models}/${pipeline.experiment}/${trialParameters.trial}/"'


def to_text(proposal: Proposal, objective: Objective) -> str:
    """The manifest."""
    return "\n".join(
        [
            *_head(proposal),
            *_objective(objective),
            *_budget(proposal),
            *_parameters(proposal),
            *_collector(objective),
            *_template(proposal),
            "",
        ]
    )


def _head(proposal: Proposal) -> Iterator[str]:
    yield from _comment(
        0, f"Proposed by `kfp-katib init -- {proposal.typed.line}`. What the comments call a guess is one."
    )
    yield from _comment(0, "It is yours to change. Then: kfp-katib validate FILE; kfp-katib run FILE.")
    yield from (
        "apiVersion: kubeflow.org/v1beta1",
        "kind: Experiment",
        "metadata:",
        f"  name: {_text(proposal.name)}",
        "spec:",
    )


def _objective(objective: Objective) -> Iterator[str]:
    yield "  objective:"
    yield from _comment(4, _sentence(objective.why))
    yield f"    type: {objective.aim}"
    yield f"    objectiveMetricName: {_text(objective.metric)}"
    if objective.others:
        yield f"    additionalMetricNames: {_list(objective.others)}"


def _budget(proposal: Proposal) -> Iterator[str]:
    count = proposal.max_trials
    yield from ("  algorithm:", f"    algorithmName: {_text(proposal.wishes.algorithm)}")
    yield f"  maxTrialCount: {count} # the budget; `kfp-katib run --max-trials` goes on with a larger one"
    yield f"  parallelTrialCount: {min(proposal.wishes.parallel_trials, count)}"
    yield f"  maxFailedTrialCount: {min(_MOST_FAILED, count)} # so many failed trials end the search"


def _parameters(proposal: Proposal) -> Iterator[str]:
    yield "  parameters:"
    for each in proposal.searched:
        yield from _parameter(each)
    if proposal.left:
        yield from _comment(4, "Not searched (`init --search NAME` chooses):")
    for left in proposal.left:
        default = f" (default {left.option.default})" if left.option.default else ""
        yield from _comment(4, f"  {left.option.flag}{default}: {left.why}.", deeper="    ")


def _parameter(searched: Searched) -> Iterator[str]:
    option, space = searched.option, searched.space
    if option.help:
        yield from _comment(4, f"{option.flag}: {_short(option.help)}")
    yield from _comment(4, _sentence(space.why))
    yield f"    - name: {_text(searched.name)}"
    yield f"      parameterType: {space.type}"
    yield f"      feasibleSpace: {_feasible(space)}"


def _feasible(space: Space) -> str:
    if space.values:
        return f"{{list: {_list(space.values, quoted=True)}}}"
    scale = ", distribution: logUniform" * space.log
    return f'{{min: "{short(space.low)}", max: "{short(space.high)}"{scale}}}'


def _collector(objective: Objective) -> Iterator[str]:
    if not objective.filter:
        return
    yield "  metricsCollectorSpec:"
    yield "    collector: {kind: StdOut}"
    yield "    source:"
    yield "      filter:"
    yield from _comment(
        8, "Katib finds name=value by itself; for what this script prints it needs an expression."
    )
    yield "        metricsFormat:"
    yield f"          - {_text(objective.filter)}"


def _template(proposal: Proposal) -> Iterator[str]:
    yield "  trialTemplate:"
    yield "    primaryContainerName: training"
    yield "    trialParameters:"
    for each in proposal.searched:
        yield f"      - {{name: {_text(each.name)}, reference: {_text(each.name)}}}"
    if proposal.output:
        yield '      - {name: trial, reference: "${trialSpec.Name}"} # names the folder of a trial\'s model'
    yield from _JOB
    script = proposal.typed.script
    what = (
        f"On a cluster trials run in this image. {script} has to be in it, found from its working directory"
    )
    yield from _comment(16, f"{what} as it is here, with all that it imports.")
    if not proposal.wishes.image:
        yield from _comment(
            16, "Say which: kfp-katib run --engine katib --image IMAGE. On this machine it is not used."
        )
    yield f"                image: {_text(proposal.wishes.image or '${pipeline.image}')}"
    yield "                command:"
    yield from _command(proposal)
    yield from _RESOURCES


_JOB = """\
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        backoffLimit: 0 # a crashed trial would be repeated six times before it counts as failed
        template:
          metadata:
            labels:
              sidecar.istio.io/inject: "false" # a Job with a mesh's sidecar never completes
          spec:
            restartPolicy: Never
            containers:
              - name: training""".splitlines()
_RESOURCES = """\
                # What a trial needs on a cluster, for example:
                # resources:
                #   limits: {cpu: "2", memory: 4Gi, nvidia.com/gpu: 1}""".splitlines()


def _command(proposal: Proposal) -> Iterator[str]:
    at = proposal.typed.start
    yield from _items(map(shlex.quote, proposal.typed.words[:at]))
    if proposal.typed.arguments:
        yield from _comment(18, "As you gave them, the same in every trial:")
        yield from _items(map(shlex.quote, proposal.typed.arguments))
    yield from _comment(18, "Searched:")
    for each in proposal.searched:
        yield from _items(with_value(each.option, f"${{trialParameters.{each.name}}}"))
    if proposal.output:
        yield from _model_folder(proposal.output)


def _model_folder(option: ScriptOption) -> Iterator[str]:
    """The checkpoint contract."""
    yield from _comment(
        18,
        "Each trial's own folder. Where a script writes its model there, and model.json last, the best one "
        "comes out of the search: docs/how-to/checkpoints.md. It lies under runs/ unless --models says "
        "otherwise.",
    )
    yield from _items(with_value(option, _MODEL))


def _items(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield f"                  - {_text(word)}"


def _comment(indent: int, text: str, deeper: str = "") -> list[str]:
    """A comment, wrapped."""
    start = f"{' ' * indent}# "
    plain = _CONTROL.sub(" ", text)
    return textwrap.wrap(
        plain,
        _WIDTH,
        initial_indent=start,
        subsequent_indent=start + deeper,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _short(text: str) -> str:
    """The beginning of a help text, on one line."""
    return textwrap.shorten(_CONTROL.sub(" ", text), _MOST_HELP, placeholder=" ...")


def _list(values: Iterable[str], *, quoted: bool = False) -> str:
    return f"[{', '.join(_quoted(each) if quoted else _text(each) for each in values)}]"


def _text(text: str) -> str:
    """A text as a YAML scalar: bare where nothing could take it for something else."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if re.search(r"[\"\\]", text) and not _CONTROL.search(text):
        doubled = text.replace("'", "''")
        return f"'{doubled}'"
    return _quoted(text)


def _quoted(text: str) -> str:
    """A text in double quotes, whatever is in it."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _CONTROL.sub(lambda found: "".join(f"\\u{ord(each):04x}" for each in found[0]), quoted)
