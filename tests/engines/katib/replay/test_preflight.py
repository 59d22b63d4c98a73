# SPDX-License-Identifier: Apache-2.0
"""What the API server and Katib's webhooks say against an Experiment, and what that means."""

from __future__ import annotations

import pytest

from kfp_katib.engines.katib.api.client import connect
from kfp_katib.engines.katib.preflight import check
from kfp_katib.errors import ClusterError, InputError
from tests.engines.katib.live.manifests import small
from tests.engines.katib.replay.server import Api, Serve

MANIFEST = small("x", "image:1")
JOB = {"metadata": {"name": "x-00000000"}}
MANIFEST["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["serviceAccountName"] = "trials"


@pytest.fixture
def api() -> Api:
    """A cluster that has what the manifest refers to."""
    made = Api()
    made.store.put("serviceaccounts", {"metadata": {"name": "trials", "uid": "s"}})
    return made


def test_nothing_is_missing(api: Api, serve: Serve) -> None:
    """And nothing was created."""
    serve(api)
    with connect() as cluster:
        assert check(cluster, MANIFEST) == ()
    assert api.created == []


@pytest.mark.parametrize(
    ("status", "message", "meaning"),
    [
        (404, "the server could not find the requested resource", "Katib is not installed"),
        (
            500,
            "Internal error occurred: failed calling webhook: connection refused",
            "is the pod katib-controller running",
        ),
        (
            400,
            'the namespace lacks label "katib.kubeflow.org/metrics-collector-injection: enabled"',
            "kubectl label namespace team",
        ),
        (400, "spec.objective: Required value: must be specified", "must be specified"),
        (403, "exceeded quota: count/experiments", "exceeded quota"),
    ],
)
def test_a_refusal_is_explained(status: int, message: str, meaning: str, api: Api, serve: Serve) -> None:
    """In the server's words, and with what to do."""
    api.refuse["experiments"] = (status, message)
    serve(api)
    with connect() as cluster, pytest.raises(InputError, match=meaning) as error:
        check(cluster, MANIFEST)
    assert message in str(error.value)


def test_an_experiment_that_is_there_already_is_no_fault(api: Api, serve: Serve) -> None:
    """Whose it is, is found out next."""
    api.store.put("experiments", {"metadata": {"name": "x", "uid": "x"}})
    serve(api)
    with connect() as cluster:
        assert check(cluster, MANIFEST) == ()


def test_a_missing_right_to_create_is_said_once(api: Api, serve: Serve) -> None:
    """By the access review, not by the dry run as well."""
    api.refuse["experiments"] = (
        403,
        "experiments.kubeflow.org is forbidden: User cannot create resource experiments",
    )
    api.rules["resourceRules"] = []
    serve(api)
    with connect() as cluster, pytest.raises(InputError) as error:
        check(cluster, MANIFEST)
    assert "cannot create resource" not in str(error.value)
    assert "no right to create experiments.kubeflow.org" in str(error.value)


def test_rights_that_one_can_do_without_are_told_in_the_log(
    api: Api, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """The search runs; it explains less."""
    api.rules["resourceRules"] = [{"verbs": ["*"], "apiGroups": ["kubeflow.org"], "resources": ["*"]}]
    serve(api)
    with connect() as cluster:
        assert {right.resource for right in check(cluster, MANIFEST)} == {
            "pods",
            "pods/log",
            "events",
            "jobs",
            "deployments",
        }
    assert "no right to get pods/log" in caplog.text


def test_what_may_not_be_looked_at_is_not_called_missing(api: Api, serve: Serve) -> None:
    """Few service accounts may read Secrets; the kubelet tells when one is absent."""
    api.store.remove("serviceaccounts", "trials")
    api.forbidden = {"serviceaccounts"}
    serve(api)
    with connect() as cluster:
        assert check(cluster, MANIFEST) == ()


def test_a_server_that_cannot_answer_is_no_absence(api: Api, serve: Serve) -> None:
    """Nothing is concluded from an error."""
    api.broken = {"serviceaccounts"}
    serve(api)
    with connect() as cluster, pytest.raises(ClusterError, match="500"):
        check(cluster, MANIFEST)


def test_a_refused_trial_is_told_beside_everything_else(api: Api, serve: Serve) -> None:
    """Katib would create the Experiment, and never say why no trial starts."""
    words = 'Job.batch "x-00000000" is invalid: spec.template.spec.containers[0].resources.requests: Invalid'
    api.refuse["jobs"] = (422, words)
    api.store.remove("serviceaccounts", "trials")
    serve(api)
    with connect() as cluster, pytest.raises(InputError, match="refuse every trial's Job") as error:
        check(cluster, MANIFEST, JOB)
    assert words in str(error.value)
    assert "the trials refer to serviceaccounts/trials" in str(error.value)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        pytest.param(403, "jobs.batch is forbidden: User cannot create resource jobs", id="no right to ask"),
        pytest.param(400, 'admission webhook "x" does not support dry run: true', id="nobody to ask"),
    ],
)
def test_what_cannot_be_asked_about_a_trial_is_no_fault(
    status: int, message: str, api: Api, serve: Serve
) -> None:
    """It is Katib that creates the trials, not we."""
    api.refuse["jobs"] = (status, message)
    serve(api)
    with connect() as cluster:
        assert check(cluster, MANIFEST, JOB) == ()
