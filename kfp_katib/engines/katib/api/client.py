# SPDX-License-Identifier: Apache-2.0
"""A connection to one namespace of a cluster, with time limits and retries on every request.

The official client signs and sends; we ask it for plain JSON, because its typed models hold neither
Katib's resources nor a watch's bookmarks, and turning 2,000 trials into objects takes seconds.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import kubernetes
import urllib3

from kfp_katib.engines.katib.api.kubeconfig import configured
from kfp_katib.engines.katib.api.refusals import no_answer, refusal
from kfp_katib.engines.katib.api.resources import PODS, Kind
from kfp_katib.errors import ClusterError

logger = logging.getLogger(__name__)

_CONNECT_SECONDS, _READ_SECONDS = 5.0, 30.0
_PAGE = 500
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_CONTENT = {"PATCH": "application/merge-patch+json"}


class _Quietly(urllib3.Retry):
    """Retries that urllib3 does not log: we report an outage that lasts, once and in a sentence."""


def _is_of_others(record: logging.LogRecord) -> bool:
    return not (isinstance(record.args, tuple) and record.args and isinstance(record.args[0], _Quietly))


# Every request may be repeated: if a create got through and its answer did not, the next one gets 409
# for our own deterministic name; a second delete gets 404.
RETRIES = _Quietly(
    total=6,
    backoff_factor=0.2,
    backoff_jitter=0.2,
    backoff_max=8,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
    respect_retry_after_header=True,
)
ONCE = _Quietly(0, raise_on_status=False)


class Cluster:
    """An open connection, to be used in a `with` statement."""

    def __init__(
        self,
        configuration: kubernetes.client.Configuration,
        namespace: str,
        home: str,
        *,
        retries: urllib3.Retry | None = None,
    ) -> None:
        """Nothing is sent yet.

        Args:
            configuration: Address and credentials.
            namespace: Where the Experiments live.
            home: The namespace of this process's pod, or of the kubeconfig's context.
            retries: How often a request is repeated; None for as often as a search needs.
        """
        configuration.retries = RETRIES if retries is None else retries
        logging.getLogger("urllib3.connectionpool").addFilter(_is_of_others)
        self.namespace = namespace
        self.home = home
        self._api = kubernetes.client.ApiClient(configuration)
        self._ahead = timedelta()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *exception: object) -> None:
        self._api.rest_client.pool_manager.clear()
        self._api.close()

    def another(self, retries: urllib3.Retry | None = None) -> Cluster:
        """A second connection to the same server, which shares nothing with the first."""
        return Cluster(self._api.configuration, self.namespace, self.home, retries=retries)

    def at(self, namespace: str) -> Cluster:
        """The same connection for another namespace; only the original needs closing."""
        other = copy.copy(self)
        other.namespace = namespace
        return other

    @property
    def address(self) -> str:
        """The API server's address."""
        return str(self._api.configuration.host)

    def now(self) -> datetime:
        """The API server's time, which its timestamps follow; our own before its first answer."""
        return datetime.now(UTC) + self._ahead

    def get(self, kind: Kind, name: str, *, only_metadata: bool = False) -> Mapping[str, Any]:
        """One object, or only its metadata, which keeps a Secret's content on the server."""
        accept = _METADATA if only_metadata else "application/json"
        return self._json("GET", kind.path(self.namespace, name), accept=accept)

    def list(self, kind: Kind, **query: str) -> tuple[list[dict[str, Any]], str]:
        """All objects that the selectors match, page by page, and the version that a watch starts from."""
        found: list[dict[str, Any]] = []
        query["limit"] = str(_PAGE)
        while True:
            page = self._json("GET", kind.path(self.namespace), query=query)
            found += page["items"]
            if not (more := page["metadata"].get("continue")):
                return found, str(page["metadata"].get("resourceVersion", ""))
            query["continue"] = more

    def create(self, kind: Kind, manifest: Mapping[str, Any], *, dry_run: bool = False) -> Mapping[str, Any]:
        """Create one object; with `dry_run` only ask the server and its webhooks."""
        query = {"dryRun": "All"} if dry_run else {}
        return self._json("POST", kind.path(self.namespace), query=query, body=manifest)

    def delete(self, kind: Kind, name: str, *, uid: str = "") -> bool:
        """Request an object's deletion, with its dependents in the background; False if it is gone already.

        Args:
            kind: Its kind.
            name: Its name.
            uid: If given, delete only this object and not a later one with its name.
        """
        precondition = {"preconditions": {"uid": uid}} if uid else {}
        body = {"propagationPolicy": "Background", **precondition}
        try:
            self._json("DELETE", kind.path(self.namespace, name), body=body)
        except ClusterError as error:
            if error.status == 404 or (uid and error.status == 409):
                return False
            raise
        return True

    def patch(self, kind: Kind, name: str, change: Mapping[str, Any]) -> Mapping[str, Any]:
        """Merge a change into one object; a null removes a field."""
        return self._json("PATCH", kind.path(self.namespace, name), body=change)

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Post a question that Kubernetes models as a creation, such as an access review."""
        return self._json("POST", path, body=body)

    def log(self, pod: str, container: str, *, lines: int) -> str:
        """The last lines that a container of a pod wrote."""
        query = {"container": container, "tailLines": str(lines)}
        return str(self._call("GET", PODS.path(self.namespace, pod, "log"), query=query, answer="str"))

    def stream(self, kind: Kind, query: Mapping[str, str], *, read_seconds: float) -> urllib3.HTTPResponse:
        """An open watch, whose lines are events; the caller closes it."""
        query = {**query, "watch": "true"}
        opened: urllib3.HTTPResponse = self._call(
            "GET", kind.path(self.namespace), query=query, read_seconds=read_seconds
        )
        return opened

    def _json(self, method: str, path: str, **request: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._call(method, path, answer="object", **request)
        return answer

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        accept: str = "application/json, */*",
        answer: str = "",
        read_seconds: float = _READ_SECONDS,
    ) -> Any:
        """Send one request; return an `answer` of that type (in the client's words), or the open response."""
        try:
            data, _, headers = self._api.call_api(
                path,
                method,
                query_params=list((query or {}).items()),
                header_params={"Accept": accept, "Content-Type": _CONTENT.get(method, "application/json")},
                body=body,
                auth_settings=["BearerToken"],
                response_type=answer,
                _preload_content=bool(answer),
                _request_timeout=(_CONNECT_SECONDS, read_seconds),
            )
        except kubernetes.client.ApiException as error:
            raise refusal(error, f"{method} {path}") from error
        except urllib3.exceptions.HTTPError as error:
            raise no_answer(error, f"{method} {path}", self.address) from error
        with suppress(TypeError, ValueError):  # no Date, or one that a proxy garbled: use our clock
            self._ahead = parsedate_to_datetime(headers.get("Date")) - datetime.now(UTC)
        return data


@contextmanager
def connect(namespace: str = "", *, own_pod: bool = False, instead: str = "") -> Iterator[Cluster]:
    """Open a connection with the pod's own service account, or with the kubeconfig.

    A KUBECONFIG in the environment comes first, so that a notebook's pod can work on another cluster.

    Args:
        namespace: Empty for the pod's own, or the one of the kubeconfig's current context.
        own_pod: Whether the connection is for asking about this pod, which only its own cluster knows.
        instead: What may be done without a cluster, for the error; empty if nothing.

    Raises:
        ClusterError: There is neither.
    """
    configuration, own = configured(own_pod=own_pod, instead=instead)
    with Cluster(configuration, namespace or own, own) as cluster:
        yield cluster
