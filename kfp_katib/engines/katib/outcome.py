# SPDX-License-Identifier: Apache-2.0
"""From what a session knows to the Result that the user gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kfp_katib.engines.katib import read
from kfp_katib.engines.katib.blame import Event, warnings
from kfp_katib.engines.katib.session import Session
from kfp_katib.engines.katib.unavailable import explained
from kfp_katib.experiment import Experiment
from kfp_katib.results import KILLED, Condition, Result, Trial, conclude, trial_model_uri


def outcome(session: Session, *, notes: Sequence[str] = (), events: Sequence[Event] = ()) -> Result:
    """The Result so far, or the final one where Katib has given its verdict."""
    experiment = session.mirror.experiment
    verdict = read.verdict(experiment) if experiment else Condition("Created")
    return conclude(
        as_edited(session),
        [trial(session, each, events) for each in session.mirror.trials],
        replace(verdict, message=_with_suggestions_words(verdict.message, session)),
        notes=notes,
        katib_best=read.katib_best(experiment) if experiment else "",
    )


def as_edited(session: Session) -> Experiment:
    """The Experiment with the budget that it has by now: Katib lets people change that while it runs."""
    spec = (session.mirror.experiment or {}).get("spec") or {}
    counts = {
        "parallel_trial_count": "parallelTrialCount",
        "max_trial_count": "maxTrialCount",
        "max_failed_trial_count": "maxFailedTrialCount",
    }
    edited = {name: spec[field] for name, field in counts.items() if isinstance(spec.get(field), int)}
    return replace(session.experiment, **edited)


def final(session: Session, *, notes: Sequence[str] = ()) -> Result:
    """The Result at the end, with the evidence on what failed."""
    session.evidence.settle()
    result = outcome(session, notes=notes)
    if not result.count("Failed", "MetricsUnavailable"):
        return result
    events = warnings(session.cluster, session.submitted.name)
    return outcome(session, notes=(*notes, where_to_look(session)), events=events)


def where_to_look(session: Session) -> str:
    """The commands that show more."""
    name, namespace = session.submitted.name, session.cluster.namespace
    return (
        f"To look further: kubectl describe experiment {name} -n {namespace}; "
        f"kubectl get trials,pods -n {namespace} -l katib.kubeflow.org/experiment={name}; "
        f"kubectl get events -n {namespace} | grep {name}"
    )


def goes_on(session: Session) -> str:
    """That an Experiment without a verdict outlives its launcher, and how to end it."""
    name, namespace = session.submitted.name, session.cluster.namespace
    return (
        f"It goes on in the cluster unless experiment_cleanup deletes it; to end it: "
        f"kubectl delete experiment {name} -n {namespace}"
    )


def trial(session: Session, thing: read.Object, events: Sequence[Event] = ()) -> Trial:
    """One trial by what the session knows of it."""
    uri = trial_model_uri(session.models, session.submitted.name, read.name(thing))
    found = explained(session.experiment, session.evidence.of(read.trial(thing, model_uri=uri), events))
    if found.name in session.ended and not found.completed:
        return replace(found, state=KILLED.state, reason=KILLED.reason, message=KILLED.message)
    return found


def _with_suggestions_words(message: str, session: Session) -> str:
    """Katib's Experiment says `Suggestion has failed` and leaves the why in the Suggestion."""
    failure = read.true_conditions(session.mirror.suggestion or {}).get("Failed")
    if not failure or not failure.get("message"):
        return message
    return f"{message.rstrip('.')}: {failure['message']}"
