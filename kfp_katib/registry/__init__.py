# SPDX-License-Identifier: Apache-2.0
"""Kubeflow's Model Registry, spoken to by its REST API: one connection, and what is written through it.

The registry's own Python client would bring an event loop, a generated API of a hundred classes and a second
of import time for the few requests that a registration takes, and it cannot complete one that was killed.
"""
