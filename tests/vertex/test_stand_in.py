# SPDX-License-Identifier: Apache-2.0
"""The stand-in for Vertex AI does what the documentation says, as far as other tests rest on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import google.auth
import pytest
import requests
from google.auth.transport.requests import AuthorizedSession

from tests.support.vertex import PARENT, Vertex
from tests.support.vertex.rest import RESET
from tests.support.vertex.suggestions import suggestions
from tests.support.vertex.trials import Manner

BASE = f"https://us-central1-aiplatform.googleapis.com/v1/{PARENT}/hyperparameterTuningJobs"
LR = {
    "parameterId": "lr",
    "doubleValueSpec": {"minValue": 0.1, "maxValue": 10},
    "scaleType": "UNIT_LOG_SCALE",
}
LAYERS = {"parameterId": "layers", "integerValueSpec": {"minValue": "1", "maxValue": "2"}}
SIZE = {"parameterId": "size", "discreteValueSpec": {"values": [16, 32.5]}}
NAME = {"parameterId": "name", "categoricalValueSpec": {"values": ["a b", "-"]}}


def request(*parameters: Any, code: str = "", **more: Any) -> dict[str, Any]:
    """A tuning job whose trials run some Python, two at a time."""
    container = {
        "imageUri": "i:1",
        "command": ["python3", "-c", code],
        "env": [{"name": "MINE", "value": "x"}],
    }
    study = {"metrics": [{"metricId": "loss", "goal": "MINIMIZE"}], "parameters": list(parameters) or [LR]}
    job = {
        "displayName": "tune",
        "studySpec": study,
        "maxTrialCount": 4,
        "parallelTrialCount": 2,
        "trialJobSpec": {"workerPoolSpecs": [{"machineSpec": {}, "containerSpec": container}]},
    }
    return job | more


def reporting(*losses: float) -> str:
    """A trial that reports these."""
    rows = [json.dumps({"loss": str(loss), "global_step": str(n)}) for n, loss in enumerate(losses)]
    text = "".join(f"{row}\n" for row in rows)
    return f"import os; open(os.environ['CLOUD_ML_HP_METRIC_FILE'], 'w').write({text!r})"


@pytest.fixture
def client(vertex: Vertex) -> Iterator[AuthorizedSession]:
    """A client of Google's, by the environment alone."""
    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    with AuthorizedSession(credentials) as session:  # type: ignore[no-untyped-call]
        yield session


def ended(vertex: Vertex, client: AuthorizedSession, job: dict[str, Any]) -> dict[str, Any]:
    """The job after its end."""
    answer = client.post(BASE, json=job)
    assert answer.status_code == 200, answer.text
    return vertex.jobs.get(answer.json()["name"], patience=60)


@pytest.mark.parametrize(
    ("selection", "value", "step"), [("BEST_MEASUREMENT", 0.5, "1"), ("LAST_MEASUREMENT", 0.75, "2")]
)
def test_a_trials_measurement_is_the_best_or_the_last(
    vertex: Vertex, client: AuthorizedSession, selection: str, value: float, step: str
) -> None:
    """The study says which; a whole job ends with maxTrialCount trials."""
    asked = request(code=reporting(2, 0.5, 0.75))
    asked["studySpec"]["measurementSelectionType"] = selection
    job = ended(vertex, client, asked)
    assert job["state"] == "JOB_STATE_SUCCEEDED"
    assert [trial["id"] for trial in job["trials"]] == ["1", "2", "3", "4"]
    measured = {"stepCount": step, "metrics": [{"metricId": "loss", "value": value}]}
    assert [trial["finalMeasurement"] for trial in job["trials"]] == [measured] * 4


@pytest.mark.parametrize(
    ("manner", "flags"),
    [
        (Manner(), ["--layers=1.0", "--size=16.0", "--name=a b"]),
        (Manner("--name value", "16"), ["--layers", "1", "--size", "16", "--name", "a b"]),
    ],
)
def test_a_grid_is_walked_once_and_a_value_is_an_argument(
    vertex: Vertex, client: AuthorizedSession, manner: Manner, flags: list[str]
) -> None:
    """It ends before maxTrialCount; both forms of arguments that users see can be had."""
    vertex.jobs.manner = manner
    show = "import sys, os; print([*sys.argv[1:], os.environ['MINE'], 'https_proxy' in os.environ]);"
    asked = request(LAYERS, SIZE, NAME, code=show + reporting(1), maxTrialCount=100)
    asked["studySpec"]["algorithm"] = "GRID_SEARCH"
    job = ended(vertex, client, asked)
    points = [tuple(each["value"] for each in trial["parameters"]) for trial in job["trials"]]
    assert points == [(n, size, name) for n in (1, 2) for size in (16, 32.5) for name in ("a b", "-")]
    (running,) = vertex.jobs.jobs.values()
    assert (running.place(job["trials"][0]) / "log").read_text() == f"{[*flags, 'x', False]}\n"


def test_the_same_seed_draws_the_same_values() -> None:
    """Within their ranges, on both scales and for each kind."""
    drawn = suggestions({"parameters": [LR, LAYERS, SIZE, NAME]}, seed=1)
    again = suggestions({"parameters": [LR, LAYERS, SIZE, NAME]}, seed=1)
    for _ in range(50):
        values = next(drawn)
        assert values == next(again)
        assert 0.1 <= float(values["lr"]) <= 10
        assert values["layers"] in (1, 2)
        assert values["size"] in (16, 32.5)
        assert values["name"] in ("a b", "-")


@pytest.mark.parametrize(
    ("code", "limit", "state", "trials", "reason"),
    [
        ("raise SystemExit(3)", 2, "JOB_STATE_FAILED", 2, "status of 3"),
        ("raise SystemExit(3)", 0, "JOB_STATE_FAILED", 4, "status of 3"),
        ("", 2, "JOB_STATE_FAILED", 2, "No metric"),
    ],
)
def test_failed_trials_fail_a_job(
    vertex: Vertex, client: AuthorizedSession, code: str, limit: int, state: str, trials: int, reason: str
) -> None:
    """At maxFailedTrialCount no further trial starts."""
    job = ended(vertex, client, request(code=code, maxFailedTrialCount=limit, parallelTrialCount=1))
    assert job["state"] == state
    assert [trial["state"] for trial in job["trials"]] == ["INFEASIBLE"] * trials
    assert reason in job["trials"][0]["infeasibleReason"]
    assert job["error"]["code"] == 3


def test_a_container_that_fails_is_started_again(vertex: Vertex, client: AuthorizedSession) -> None:
    """In the same place, as often as a test wants; what it leaves the last time counts."""
    vertex.jobs.restarts = 2
    code = f"print('start', flush=True); n = len(open('log').readlines()); n < 3 and exit(3); {reporting(1)}"
    job = ended(vertex, client, request(code=code, maxTrialCount=1))
    (running,) = vertex.jobs.jobs.values()
    assert (running.place(job["trials"][0]) / "log").read_text() == "start\n" * 3
    assert job["trials"][0]["state"] == "SUCCEEDED"


def test_no_more_trials_run_than_asked_for_and_a_cancel_ends_them(
    vertex: Vertex, client: AuthorizedSession
) -> None:
    """And the job is CANCELLED, with the error that the documentation names."""
    job = client.post(BASE, json=request(code="import signal; signal.pause()")).json()
    running = vertex.jobs.jobs[job["name"]]
    assert vertex.jobs.until(lambda: len(running.processes) == 2)
    processes = [*running.processes.values()]
    assert len(vertex.jobs.get(job["name"])["trials"]) == 2
    url = BASE.rpartition("/projects/")[0] + f"/{job['name']}"
    assert client.post(f"{url}:cancel").json() == {}
    assert vertex.jobs.until(lambda: running.state == "JOB_STATE_CANCELLED")
    assert all(process.poll() is not None for process in processes)
    assert client.get(url).json()["error"]["code"] == 1
    assert vertex.jobs.calls[-2:] == ["CancelHyperparameterTuningJob", "GetHyperparameterTuningJob"]


def test_jobs_are_listed_by_display_name_and_page(vertex: Vertex, client: AuthorizedSession) -> None:
    """Of one location."""
    for name in ("a", "b", "a", "a"):
        vertex.jobs.put(PARENT, {"displayName": name})
    vertex.jobs.put(PARENT.replace("us-central1", "europe-west4"), {"displayName": "a"})
    query = {"filter": 'display_name="a"', "pageSize": "2"}
    first = client.get(BASE, params=query).json()
    second = client.get(BASE, params={**query, "pageToken": first["nextPageToken"]}).json()
    found = first["hyperparameterTuningJobs"] + second["hyperparameterTuningJobs"]
    assert [job["name"][-4:] for job in found] == ["1003", "1002", "1000"]
    assert "nextPageToken" not in second
    assert client.get(BASE, params={"filter": 'displayName="c"'}).json() == {}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"displayName": ""}, "displayName"),
        ({"maxTrialCount": 0}, "maxTrialCount is required"),
        ({"parallelTrialCount": 0}, "parallelTrialCount is required"),
        ({"trialJobSpec": {}}, "imageUri is required"),
        ({"studySpec": {}}, "studySpec.metrics is required; studySpec.parameters is required"),
        ({"parameters": [{"parameterId": "a"}]}, "parameter a: it has no value spec"),
        ({"parameters": [{**SIZE, "discreteValueSpec": {"values": [2, 1]}}]}, "increasing order"),
        ({"parameters": [{**SIZE, "discreteValueSpec": {"values": [*range(1001)]}}]}, "1001 values"),
        ({"parameters": [{**LR, "doubleValueSpec": {"maxValue": 1}}]}, "above 0"),
        ({"parameters": [LR], "algorithm": "GRID_SEARCH"}, "GRID_SEARCH has no DOUBLE"),
        ({"parameters": [{**LR, "doubleValueSpec": {"minValue": 2, "maxValue": 1}}]}, "above maxValue"),
    ],
)
def test_what_the_documentation_excludes_is_refused(
    vertex: Vertex, client: AuthorizedSession, change: dict[str, Any], why: str
) -> None:
    """With 400, and nothing is made."""
    study = {name: change.pop(name) for name in ("parameters", "algorithm") if name in change}
    asked = request(**change)
    asked["studySpec"] |= study
    answer = client.post(BASE, json=asked)
    assert answer.status_code == 400
    assert why in answer.json()["error"]["message"]
    assert not vertex.jobs.jobs


def test_a_request_without_a_token_is_refused(vertex: Vertex) -> None:
    """As everywhere at Google."""
    assert requests.get(BASE, timeout=10).status_code == 401


def test_a_host_that_is_not_vertex_ais_is_not_reached(vertex: Vertex) -> None:
    """A test of ours cannot ask the real Google by mistake."""
    with pytest.raises(requests.exceptions.ProxyError, match="403 Forbidden"):
        requests.get("https://storage.googleapis.com/", timeout=10)


def test_requests_fail_as_a_test_wants(vertex: Vertex, client: AuthorizedSession) -> None:
    """In this order: a status each, or a connection that is reset; then they are answered again."""
    vertex.rest.faults.extend([500, RESET])
    assert client.get(BASE).status_code == 500
    with pytest.raises(requests.exceptions.ConnectionError):
        client.get(BASE)
    assert client.get(BASE).json() == {}
