# SPDX-License-Identifier: Apache-2.0
"""The exported decoder as Geant4's example Par04 uses it; it needs no JAX."""
