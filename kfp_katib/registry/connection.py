# SPDX-License-Identifier: Apache-2.0
"""One connection to a Model Registry: its answers, and patience with it.

Paths, fields and status codes are those of the registry's OpenAPI document,
https://github.com/kubeflow/hub/blob/main/api/openapi/model-registry.yaml.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

from kfp_katib.errors import InputError, ServiceError
from kfp_katib.registry.endpoint import TOKEN_VARIABLE, base_url, token

T = TypeVar("T")
Document = Mapping[str, Any]

APIS = ("v1", "v1alpha3")
"""The versions of its API, newest first: the server 0.3.8 speaks v1alpha3, the client 0.3.18 only v1."""

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between one attempt and the next."""

_TIMEOUTS = (10.0, 60.0)  # seconds: to connect, to answer
_PAGE = 100
_log = logging.getLogger(__name__)


class Connection:
    """A connection to a registry, in a `with` statement that finds out which API it speaks and closes it.

    Args:
        address: The registry's address; `http://` or `https://` may be missing.
        is_secure: Whether that means `https://` then.
        waits: Seconds between the attempts; their number plus one is the number of attempts.

    Raises:
        InputError: The address cannot be one, or the token that is named cannot be read.
    """

    def __init__(self, address: str, *, is_secure: bool = True, waits: Sequence[float] = WAITS) -> None:
        import requests  # takes a tenth of a second, and most commands never need it

        self.url = base_url(address, is_secure=is_secure)
        self._token = token(self.url)
        self._waits = waits
        self._session = requests.Session()
        self._session.auth = partial(_authorize, self._token)  # its own, else requests looks into ~/.netrc

    def __enter__(self) -> Connection:
        """Find the API.

        Raises:
            InputError: Its certificate is not trusted.
            ServiceError: There is no registry, or it does not answer.
        """
        self._api = self.patiently(self._find_api)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._session.close()

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask again while the registry is not there or not well; `ask` must be fit to be repeated.

        Raises:
            ServiceError: It refuses, or the last attempt failed too.
        """
        waits = iter(self._waits)
        while True:
            try:
                return ask()
            except ServiceError as error:
                if not _passing(error.status):
                    raise
                if (wait := next(waits, None)) is None:
                    mend = "Look whether it runs, then run this step again: it finds what it has registered."
                    raise ServiceError(f"{error} {mend}", status=error.status) from error
                _log.warning("%s Asking again in %g s.", error, wait)
            time.sleep(wait)

    def get(self, path: str, **query: str) -> Document | None:
        """Read a document, once; None where there is none.

        Raises:
            ServiceError: The registry refuses, or does not answer.
        """
        try:
            return self._ask("GET", f"{self._api}/{path}", params=query)
        except ServiceError as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str) -> Iterator[Document]:
        """Read a list to its end, page by page.

        Raises:
            ServiceError: The registry refuses, or does not answer.
        """
        query = {"pageSize": str(_PAGE)}
        while True:
            page = self._ask("GET", f"{self._api}/{path}", params=query)
            yield from page.get("items") or ()
            following = str(page.get("nextPageToken") or "")
            if following in ("", query.get("nextPageToken")):  # the same one again would go on for ever
                return
            query["nextPageToken"] = following

    def post(self, path: str, body: Document) -> Document:
        """Create something, once. Without an answer nobody knows whether it was created.

        Raises:
            ServiceError: The registry refuses (status 409: it is there already), or does not answer.
        """
        return self._ask("POST", f"{self._api}/{path}", json=body)

    def _find_api(self) -> str:
        for version in APIS:
            api = f"api/model_registry/{version}"
            try:
                self._ask("GET", f"{api}/registered_models", params={"pageSize": "1"})
                return api
            except ServiceError as error:
                if error.status != 404:
                    raise
        raise ServiceError(
            f"{self.url} is no Model Registry: it has neither {' nor '.join(APIS)} of "
            "/api/model_registry. Give the address of its REST service, such as "
            "http://model-registry-service.kubeflow.svc.cluster.local:8080.",
            status=404,
        )

    def _ask(self, method: str, path: str, **content: Any) -> Document:
        import requests

        what = f"Model Registry {self.url}: {method} /{path}"
        try:
            answer = self._session.request(
                method, f"{self.url}/{path}", timeout=_TIMEOUTS, allow_redirects=False, **content
            )
        except requests.RequestException as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise InputError(
                    f"{what} was not asked: the certificate is not trusted ({_cause(error)}). Name the file "
                    "of the authority that signed it in the variable REQUESTS_CA_BUNDLE."
                ) from error
            raise ServiceError(f"{what} got no answer ({_cause(error)}).") from error
        document = _json(answer)
        if answer.status_code in (200, 201) and isinstance(document, dict):
            return document
        status = answer.status_code
        seen = f"{what} was answered with {status}{_told(document, answer)}."
        raise ServiceError(f"{seen} {self._mend(status)}".rstrip(), status=status)

    def _mend(self, status: int) -> str:
        if status in (401, 403):
            return (
                "Give this step's service account the right to use the registry."
                if self._token
                else "No token was sent: that needs https. Give the registry's https:// address, "
                f"or name the token's file in the variable {TOKEN_VARIABLE}."
            )
        if _passing(status):
            return ""
        return "Give the address of the registry's REST service itself, or see its log."


def _authorize(token: str, request: Any) -> Any:
    if token:
        request.headers["Authorization"] = f"Bearer {token}"
    return request


def _passing(status: int) -> bool:
    """Whether this may be over soon: no answer, too many requests, or a fault of the server's own."""
    return status in (0, 429) or status >= 500


def _cause(error: BaseException) -> str:
    """The innermost reason: urllib3 and requests wrap it in others that repeat the address."""
    inner = error.args[0] if error.args else error
    inner = getattr(inner, "reason", None) or inner
    text = str(inner).rpartition("object at 0x")[2].partition(">: ")[2] or str(inner)
    return f"{type(error).__name__}: {text:.200}"


def _json(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _told(document: Any, answer: Any) -> str:
    """What an answer says for itself."""
    if location := answer.headers.get("Location"):
        return f", a redirection to {location:.200}"
    if isinstance(document, dict) and document.get("message"):
        return f": {document['message']!s:.300}".rstrip(".")
    text = " ".join(answer.text.split())
    return f" and no JSON object: {text:.100}" if text else " and nothing else"
