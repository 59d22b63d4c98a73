# SPDX-License-Identifier: Apache-2.0
"""How the environments are made: on a later day, by an older pip, on a machine that lacks something."""
