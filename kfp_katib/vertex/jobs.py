# SPDX-License-Identifier: Apache-2.0
"""Hyperparameter tuning jobs of Vertex AI, found and read by Google's REST API.

Google's component starts the job, waits for it and writes down which it was, but hands on none of its
trials. A token goes with every request, so requests go to Google's own hosts and nowhere else: the host is
derived from the job's name, and no redirection is followed. The API:
https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.hyperparameterTuningJobs
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import google.auth
import requests
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from kfp_katib.errors import InputError, ServiceError

RETRIES = Retry(
    total=5,
    backoff_factor=1,  # seconds: with these five it is over after half a minute
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("GET",),
    raise_on_status=False,
    respect_retry_after_header=False,  # a server may name hours
)
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_SECONDS = (10, 60)  # to connect, and between two parts of an answer
_KIND = "hyperparameterTuningJobs"
_PROJECT, _LOCATION = "[a-z0-9.:-]+", "[a-z0-9-]+"
_JOB = re.compile(f"projects/{_PROJECT}/locations/({_LOCATION})/{_KIND}/[0-9]+")
_EXCERPT = 500  # characters of an answer that a message quotes


def from_resources(gcp_resources: str) -> str:
    """The name of the job that Google's component wrote down, empty where it wrote none.

    Args:
        gcp_resources: Its output of that name, a GcpResources message as JSON:
            https://github.com/kubeflow/pipelines/blob/master/components/google-cloud/google_cloud_pipeline_components/proto/README.md.

    Raises:
        InputError: It is something else, or names anything but one tuning job at Google's own address.
    """
    if not gcp_resources.strip():
        return ""
    try:
        uris = [str(each["resourceUri"]) for each in json.loads(gcp_resources).get("resources", [])]
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as err:
        raise InputError(
            f"gcp_resources is {gcp_resources!r:.200}, which is no list of Google Cloud resources. Pass on "
            "the output of that name of HyperparameterTuningJobRunOp, or leave it empty."
        ) from err
    names = [uri.partition("/v1/")[2] for uri in uris]
    if len(uris) > 1 or any(not uri or uri != _uri(name) for name, uri in zip(names, uris, strict=True)):
        raise InputError(
            f"gcp_resources names {', '.join(uris)!r:.300}, not one hyperparameter tuning job: that would be "
            f"https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION/{_KIND}/NUMBER."
        )
    return "".join(names)


def find(project: str, location: str, display_name: str) -> tuple[str, ...]:
    """The names of the jobs with this display name, the newest first.

    Args:
        project: Google Cloud's project, by its id or number.
        location: The region, such as us-central1.
        display_name: The display name, which is the Experiment's name.

    Raises:
        InputError: The project or the location cannot be one; or there is no such job.
        ServiceError: Vertex AI refuses to say, or does not answer.
    """
    for what, text, form in (("project", project, _PROJECT), ("location", location, _LOCATION)):
        if not re.fullmatch(form, text):
            raise InputError(
                f"{what} is {text!r}, so the tuning job '{display_name}' cannot be looked for. Google's step "
                f"left no gcp_resources; give the {what} that it used."
            )
    parent = f"projects/{project}/locations/{location}"
    found = [each for each in _listed(parent, location, display_name) if _is_named(each, display_name)]
    if not found:
        raise InputError(
            f"There is no hyperparameter tuning job named '{display_name}' in {parent}. Read the log of the "
            "step that should have created it; if it ran elsewhere, give its project and location."
        )
    return tuple(each["name"] for each in sorted(found, key=_created, reverse=True))


def get(name: str) -> Mapping[str, Any]:
    """A job as Vertex AI describes it, with its trials.

    Args:
        name: `projects/.../locations/.../hyperparameterTuningJobs/...`.

    Raises:
        InputError: There are no credentials.
        ServiceError: Vertex AI refuses, or does not answer.
    """
    with _session() as session:
        return _asked(session, _uri(name), {}, f"{_KIND}.get", name)


def _uri(name: str) -> str:
    """Where a job is read, empty where this is no job's name."""
    match = _JOB.fullmatch(name)
    return f"{_service(match[1])}/{name}" if match else ""


def _service(location: str) -> str:
    return f"https://{location}-aiplatform.googleapis.com/v1"


def _listed(parent: str, location: str, display_name: str) -> Iterator[Mapping[str, Any]]:
    """Jobs without their trials, page by page."""
    query = {"filter": f"display_name={json.dumps(display_name)}", "pageSize": "100"}
    with _session() as session:
        while True:
            page = _asked(session, f"{_service(location)}/{parent}/{_KIND}", query, f"{_KIND}.list", parent)
            yield from page.get(_KIND, [])
            if not page.get("nextPageToken"):
                return
            query["pageToken"] = page["nextPageToken"]


def _is_named(job: Mapping[str, Any], display_name: str) -> bool:
    """Whether it has exactly this name: `*` is a wildcard in Google's filter."""
    return job.get("displayName") == display_name and bool(_uri(str(job.get("name"))))


def _created(job: Mapping[str, Any]) -> str:
    """When a job was created, in a form that sorts: fractions of a second come in 0, 3, 6 or 9 digits."""
    whole, _, fraction = str(job.get("createTime", "")).removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


@contextmanager
def _session() -> Iterator[AuthorizedSession]:
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except DefaultCredentialsError as err:
        raise InputError(
            "There are no credentials for Google Cloud here. Inside Google Cloud run this step as a service "
            "account; elsewhere mount a key and name its file in GOOGLE_APPLICATION_CREDENTIALS, or run "
            f"`gcloud auth application-default login`. ({err})"
        ) from err
    with AuthorizedSession(credentials) as session:  # type: ignore[no-untyped-call]
        session.mount("https://", HTTPAdapter(max_retries=RETRIES))
        yield session


def _asked(
    session: AuthorizedSession, uri: str, query: Mapping[str, str], permission: str, resource: str
) -> Mapping[str, Any]:
    try:
        answer = session.get(uri, params=query, timeout=_SECONDS, allow_redirects=False)
    except GoogleAuthError as err:
        raise ServiceError(
            f"Google gives no access token for the credentials of this step: {err!s:.500}. Check the network "
            "first; if it works, renew the key or the login."
        ) from err
    except requests.RequestException as err:
        raise ServiceError(
            f"Vertex AI cannot be reached at {uri.partition('/v1/')[0]}: {err!s:.500}. Check the network, "
            "the proxy and the location, then run this step again."
        ) from err
    if answer.status_code != requests.codes.ok:
        raise ServiceError(_refusal(answer, permission, resource), status=answer.status_code)
    return _document(answer)


def _refusal(answer: requests.Response, permission: str, resource: str) -> str:
    todo = {
        401: "Renew the key or the login of this step.",
        403: f"Grant this step's account the right aiplatform.{permission}; the role Vertex AI Viewer "
        "(roles/aiplatform.viewer) has it.",
        404: "It was deleted, or was never there: check the project and the location.",
    }
    otherwise = "Run this step again; if that does not help, read what Vertex AI says."
    said = f"Vertex AI answers {answer.status_code} for {resource}: {_said(answer)}"
    return f"{said} {todo.get(answer.status_code, otherwise)}"


def _said(answer: requests.Response) -> str:
    """Google's own message: https://cloud.google.com/apis/design/errors."""
    try:
        text = str(answer.json()["error"]["message"])
    except (ValueError, LookupError, TypeError):
        text = answer.text
    return f"{' '.join(text.split())[:_EXCERPT].rstrip('.') or answer.reason}."


def _document(answer: requests.Response) -> Mapping[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ServiceError(
            f"{answer.url} does not answer as Vertex AI does: {answer.text!r:.200}. Check the proxy.",
            status=answer.status_code,
        )
    return document
