# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Vertex AI on loopback, which Google's own, unmodified launcher takes for the real one.

It has a JobService for hyperparameter tuning jobs, by gRPC for the launcher and by REST for everybody else,
and runs each trial as a process of this machine. Only environment variables lead there, since Google's
launcher has no other way to name an endpoint: proxies that answer for Vertex AI's host, certificates for it,
and a service account whose tokens are made here.

It is our reading of the API's documentation, **not Google's behaviour**: what a test shows with it has still
to be tried on Vertex AI. The documentation is quoted where a file follows it; where it says nothing, the
file says what we chose.
"""

from tests.support.vertex.server import PARENT as PARENT
from tests.support.vertex.server import Vertex as Vertex
from tests.support.vertex.server import reach as reach
from tests.support.vertex.server import serve as serve
from tests.support.vertex.server import vertex as vertex
