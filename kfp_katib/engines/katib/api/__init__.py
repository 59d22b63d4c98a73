# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes API as this engine uses it: a client, watches, a cache that they fill, typed readers."""
