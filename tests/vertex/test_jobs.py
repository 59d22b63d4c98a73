# SPDX-License-Identifier: Apache-2.0
"""A tuning job of Vertex AI is found and read, or the error says what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kfp_katib.errors import InputError, ServiceError
from kfp_katib.vertex import jobs
from tests.support.vertex import PARENT, Vertex
from tests.support.vertex.rest import RESET

NAME = "projects/1/locations/us-central1/hyperparameterTuningJobs/42"
URI = f"https://us-central1-aiplatform.googleapis.com/v1/{NAME}"


def resources(*uris: str) -> str:
    """The output gcp_resources of Google's component."""
    found = [{"resourceType": "HyperparameterTuningJob", "resourceUri": uri} for uri in uris]
    return json.dumps({"resources": found}) if found else "{}"


def put(vertex: Vertex, display_name: str = "tune", parent: str = PARENT, **document: Any) -> str:
    """Give Vertex AI a job; return the job's name."""
    return str(vertex.jobs.put(parent, {"displayName": display_name, **document}).document["name"])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pause before a request is repeated."""
    monkeypatch.setattr(jobs, "RETRIES", jobs.RETRIES.new(backoff_factor=0))


@pytest.mark.parametrize("project", ["1", "example.org:my-project"])
@pytest.mark.parametrize("location", ["us-central1", "europe-west4"])
def test_googles_component_says_which_job_it_was(project: str, location: str) -> None:
    """By its address, which ends in its name."""
    uri = URI.replace("projects/1", f"projects/{project}").replace("us-central1", location)
    assert jobs.from_resources(resources(uri)) == uri.partition("/v1/")[2]


@pytest.mark.parametrize("text", ["", "\n", "{}", '{"resources": []}'])
def test_a_component_that_failed_early_names_no_job(text: str) -> None:
    """Kubeflow Pipelines hands on an empty text, or Google's own empty message."""
    assert jobs.from_resources(text) == ""


@pytest.mark.parametrize(
    "uri",
    [
        URI.replace("https", "http"),
        URI.replace("googleapis.com", "example.com"),
        URI.replace("googleapis.com/", "googleapis.com.example.com/"),
        URI.replace("https://us-central1", "https://user@example.com/us-central1"),
        URI.replace("https://us-central1", "https://europe-west4"),
        URI.replace("us-central1", "example.com/x"),
        URI.replace("us-central1", "us-central1#"),
        URI.replace("/v1/", "/v1beta1/"),
        URI.replace("hyperparameterTuningJobs", "customJobs"),
        URI.replace("42", "42/../../43"),
        URI + ":cancel",
        URI + "\n",
        NAME,
        "",
    ],
)
def test_a_token_goes_nowhere_but_to_googles_own_tuning_jobs(uri: str) -> None:
    """Whatever a pipeline passes on: an address of any other form is refused before there is a request."""
    with pytest.raises(InputError, match="not one hyperparameter tuning job"):
        jobs.from_resources(resources(uri))


def test_two_jobs_are_not_one() -> None:
    """Which of them is meant cannot be known."""
    with pytest.raises(InputError, match="not one hyperparameter tuning job"):
        jobs.from_resources(resources(URI, URI))


@pytest.mark.parametrize("text", ["x", "[]", "1", '{"resources": 1}', '{"resources": [{}]}', "[" * 100_000])
def test_what_is_no_list_of_resources_is_refused(text: str) -> None:
    """The message quotes it, and says where the right one comes from."""
    with pytest.raises(InputError, match=r"gcp_resources is .*HyperparameterTuningJobRunOp"):
        jobs.from_resources(text)


def test_a_job_is_read_with_its_trials(vertex: Vertex) -> None:
    """As Vertex AI describes it."""
    name = put(vertex, trials=[{"id": "1", "state": "SUCCEEDED"}])
    assert jobs.get(name) == vertex.jobs.jobs[name].document


def test_a_job_is_found_by_its_display_name(vertex: Vertex) -> None:
    """Others of its place, and its namesakes in other places, do not matter."""
    name = put(vertex)
    put(vertex, "tune-2")
    put(vertex, parent="projects/project/locations/europe-west4")
    assert jobs.find("project", "us-central1", "tune") == (name,)


def test_of_several_jobs_the_newest_comes_first(vertex: Vertex) -> None:
    """By the time of creation, whatever the order of the list; a fraction of a second may be missing."""
    second = put(vertex, createTime="2026-01-02T03:04:05.5Z")
    third = put(vertex, createTime="2026-01-02T03:04:05.500001Z")
    first = put(vertex, createTime="2026-01-02T03:04:05Z")
    assert jobs.find("project", "us-central1", "tune") == (third, second, first)


def test_a_list_is_read_to_its_last_page(vertex: Vertex) -> None:
    """Vertex AI gives at most a hundred jobs at once."""
    names = {put(vertex) for _ in range(201)}
    assert set(jobs.find("project", "us-central1", "tune")) == names
    assert vertex.jobs.calls.count("ListHyperparameterTuningJobs") == 3


def test_a_job_that_is_not_there_is_told_with_where_it_was_looked_for(vertex: Vertex) -> None:
    """A typo in the project or the region is seen at once."""
    put(vertex, "another")
    with pytest.raises(InputError, match=r"named 'tune' in projects/project/locations/us-central1\."):
        jobs.find("project", "us-central1", "tune")


def test_a_name_with_quotes_stays_one_name(vertex: Vertex) -> None:
    """It cannot widen the filter."""
    put(vertex, "tune")
    with pytest.raises(ServiceError, match=r'400 for .*display_name="x\\+" OR display_name'):
        jobs.find("project", "us-central1", 'x" OR display_name="tune')


def test_a_wildcard_finds_no_other_job(vertex: Vertex) -> None:
    """Google's filter knows wildcards; a name has none."""
    listed = {"hyperparameterTuningJobs": [vertex.jobs.jobs[put(vertex, "tune")].document]}
    vertex.rest.answer = lambda *_: listed  # type: ignore[method-assign]
    with pytest.raises(InputError, match="no hyperparameter tuning job named 'tun\\*'"):
        jobs.find("project", "us-central1", "tun*")


@pytest.mark.parametrize(
    ("project", "location", "named"),
    [
        ("", "us-central1", "project is ''"),
        ("a/b", "us-central1", "project is 'a/b'"),
        ("project", "", "location is ''"),
        ("project", "example.com/x", "location is 'example.com/x'"),
        ("project", "us-central1\n", "location is"),
    ],
)
def test_a_place_that_cannot_be_one_is_refused(project: str, location: str, named: str) -> None:
    """The location is a part of the host that gets the token."""
    with pytest.raises(InputError, match=rf"^{named}.*'tune' cannot be looked for.*gcp_resources"):
        jobs.find(project, location, "tune")


@pytest.mark.parametrize("fault", [429, 500, 502, 503, 504, RESET])
def test_a_passing_fault_is_overcome(vertex: Vertex, fault: int) -> None:
    """A busy server, or a broken connection, costs a moment."""
    name = put(vertex)
    vertex.rest.faults.extend([fault] * 3)
    assert jobs.get(name)["displayName"] == "tune"


@pytest.mark.parametrize(("fault", "status"), [(503, 503), (RESET, 0)])
def test_a_lasting_fault_is_told(vertex: Vertex, fault: int, status: int) -> None:
    """After six requests; the error has the status, for whoever catches it."""
    name = put(vertex)
    vertex.rest.faults.extend([fault] * 20)
    with pytest.raises(ServiceError, match=r"[Rr]un this step again") as caught:
        jobs.get(name)
    assert caught.value.status == status
    assert len(vertex.rest.faults) == 20 - 6


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (400, r"400 for .*/1000: as the test asked for\. Run this step again"),
        (403, r"the right aiplatform\.hyperparameterTuningJobs\.get; .*roles/aiplatform\.viewer"),
        (404, r"It was deleted, or was never there"),
        (302, r"Vertex AI answers 302"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(vertex: Vertex, fault: int, message: str) -> None:
    """Google's own sentence, and the right that is missing; a redirection is not followed."""
    name = put(vertex)
    vertex.rest.faults.append(fault)
    with pytest.raises(ServiceError, match=message) as caught:
        jobs.get(name)
    assert caught.value.status == fault


def test_the_right_to_list_is_another_one(vertex: Vertex) -> None:
    """It is named where the job is looked for."""
    vertex.rest.faults.append(403)
    with pytest.raises(ServiceError, match=r"aiplatform\.hyperparameterTuningJobs\.list;"):
        jobs.find("project", "us-central1", "tune")


def test_an_expired_token_is_renewed(vertex: Vertex) -> None:
    """google-auth asks for another one."""
    name = put(vertex)
    vertex.rest.faults.append(401)
    assert jobs.get(name)["displayName"] == "tune"
    assert vertex.jobs.calls.count("token") == 2


def test_credentials_that_vertex_ai_does_not_know_are_told(vertex: Vertex) -> None:
    """A key of another installation, for example."""
    name = put(vertex)
    vertex.rest.faults.extend([401] * 10)
    with pytest.raises(ServiceError, match=r"401 for .*Renew the key or the login"):
        jobs.get(name)


def test_a_key_that_gives_no_token_is_told(vertex: Vertex) -> None:
    """It was revoked, or its account was deleted."""
    name = put(vertex)
    vertex.rest.token_faults.extend([400] * 10)
    with pytest.raises(ServiceError, match=r"no access token .*as the test asked for.*renew the key"):
        jobs.get(name)


@pytest.mark.parametrize("key", ["", "nothing.json"], ids=["none", "a file that is not there"])
def test_without_credentials_the_error_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """In every place where this may run."""
    for name in ("HOME", "CLOUDSDK_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", key and str(tmp_path / key))
    with pytest.raises(InputError, match=r"no credentials for Google Cloud.*gcloud auth application"):
        jobs.get(NAME)


def test_what_is_not_vertex_ai_is_told(vertex: Vertex) -> None:
    """A proxy's page, for example."""
    name = put(vertex)
    vertex.rest.answer = lambda *_: ["<html>"]  # type: ignore[method-assign, assignment]
    with pytest.raises(ServiceError, match=r"does not answer as Vertex AI does: .*<html>.*Check the proxy"):
        jobs.get(name)


def test_a_host_that_cannot_be_reached_is_told(vertex: Vertex, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the region's host, since a region with a typo has none."""
    assert vertex
    with pytest.raises(ServiceError, match=r"https://us-centrall-aiplatform\.googleapis\.com.*the location"):
        jobs.find("project", "us-centrall", "tune")
