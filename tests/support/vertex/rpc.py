# SPDX-License-Identifier: Apache-2.0
"""JobService by gRPC, with Google's own messages, for Google's launcher.

Importing the messages takes seconds, so it is done when a test first needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tests.support.certificates import Certificates
from tests.support.vertex.request import RequestRefused
from tests.support.vertex.tuning_jobs import TuningJobs

SERVICE = "google.cloud.aiplatform.v1.JobService"
PATIENCE = 60
"""Seconds for which an answer may wait for a job's end."""


@dataclass(frozen=True, slots=True)
class Rpc:
    """A server that runs, and its port."""

    server: Any
    port: int


def serve_rpc(jobs: TuningJobs, certificates: Certificates) -> Rpc:
    """Start the server, over TLS."""
    import grpc
    from google.cloud.aiplatform_v1.types import job_service as messages

    def create(request: Any) -> Any:
        return _job(jobs.create(request.parent, _json(request.hyperparameter_tuning_job)))

    def get(request: Any) -> Any:
        return _job(jobs.get(request.name, PATIENCE))

    handlers = {
        "CreateHyperparameterTuningJob": _method(messages.CreateHyperparameterTuningJobRequest, create),
        "GetHyperparameterTuningJob": _method(messages.GetHyperparameterTuningJobRequest, get),
    }
    server = grpc.server(ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    pair = (certificates.key.read_bytes(), certificates.certificate.read_bytes())
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    server.start()
    return Rpc(server, port)


def _method(request: Any, answer: Callable[[Any], Any]) -> Any:
    import grpc

    def call(asked: Any, context: Any) -> Any:
        try:
            return answer(asked)
        except RequestRefused as refused:
            return context.abort(getattr(grpc.StatusCode, refused.status), str(refused))

    return grpc.unary_unary_rpc_method_handler(
        call,
        request_deserializer=request.deserialize,
        response_serializer=lambda message: message.SerializeToString(),
    )


def _json(message: Any) -> Any:
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(type(message).pb(message))


def _job(document: Any) -> Any:
    from google.cloud.aiplatform_v1.types import HyperparameterTuningJob
    from google.protobuf.json_format import ParseDict

    return ParseDict(document, HyperparameterTuningJob.pb(HyperparameterTuningJob()))
