# SPDX-License-Identifier: Apache-2.0
"""The components as kfp sees and runs them."""
