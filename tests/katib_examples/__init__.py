# SPDX-License-Identifier: Apache-2.0
"""The example manifests of Katib's own repository: what `validate`, the local engine and Katib make of each.

They are read from a checkout that the caller has, since what decides is often in the very file: a template
that uses a parameter of another name, an operation without parameters. The table is recorded in the
documents, with Katib's version.
"""
